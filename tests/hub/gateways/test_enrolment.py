"""Tokens, and what a gateway gets for one."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hotspot import wire
from hotspot.hub import hub as hubs
from hotspot.hub.hub import Hub
from hotspot.hub.store import credentials
from tests.hub import town
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, enrolled, hall, token, value

pytestmark = pytest.mark.hub


async def test_a_gateway_enrols(api: Api, hub: Hub) -> None:
    """The token is printed with the line for the box; with it the box gets a name and a credential, and is listed."""
    place = await hall(api)
    status, made = await api("POST", f"/halls/{place}/enrolments", {})
    assert status == 201
    assert made["line"] == f"hotspot enrol --config /etc/hotspot/portal.toml {made['token']}"
    assert (made["enrolment"]["state"], made["enrolment"]["created_by"]) == ("open", "user admin")
    stranger = Box(api.http, api.base, "", "")
    answer = await stranger.post(wire.ENROL, wire.Enrol(token=made["token"], software="1.2", zones=("public", "council")), wire.Enrolled)
    assert (answer.gateway, answer.hall) == ("kleinheim-rathaus-1", place)
    assert await stranger.with_(answer.credential).poll(seconds=0) == wire.News()
    status, listed = await api("GET", "/gateways")
    assert (status, [(one["name"], one["hall"], one["state"], one["software"]) for one in listed]) == (
        200,
        [("kleinheim-rathaus-1", place, "new", "1.2")],
    )
    (used,) = (await api("GET", f"/halls/{place}/enrolments"))[1]
    assert (used["state"], used["gateway"], used["replaces"]) == ("used", "kleinheim-rathaus-1", None)
    assert await value(hub, "SELECT string_agg(name, ' ' ORDER BY name) FROM zones") == "council public"
    assert (await enrolled(api, place)).name == "kleinheim-rathaus-2"


async def test_secrets_are_nowhere(api: Api, hub: Hub) -> None:
    """Neither token nor credential is in the database, only what cannot be turned back."""
    place = await hall(api)
    secret = await token(api, place)
    answer = await Box(api.http, api.base, "", "").post(wire.ENROL, wire.Enrol(token=secret), wire.Enrolled)
    for table in ("enrolments", "credentials", "audit", "gateways"):
        text = await value(hub, f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
        assert secret not in text
        assert answer.credential not in text


async def test_a_token_works_once(api: Api, hub: Hub) -> None:
    """The second use is refused with a reason, and staff find out."""
    place = await hall(api)
    secret = await token(api, place)
    stranger = Box(api.http, api.base, "", "")
    first = await stranger.post(wire.ENROL, wire.Enrol(token=secret), wire.Enrolled)
    status, problem = await stranger.refused(wire.ENROL, wire.Enrol(token=secret))
    assert (status, problem.code) == (400, "token")
    assert "it was used already" in problem.message
    assert await town.findings(hub) == [(first.gateway, "token_reused")]
    assert (await api("GET", f"/halls/{place}/enrolments"))[1][0]["tried_again_at"] is not None
    assert await stranger.with_(first.credential).poll(seconds=0) == wire.News()


async def test_a_token_works_once_even_at_the_same_time(api: Api, hub: Hub) -> None:
    """Of many that show the same token together, one gets in."""
    secret = await token(api, await hall(api))
    stranger = Box(api.http, api.base, "", "")
    answers = await asyncio.gather(*(stranger.raw("POST", wire.ENROL, wire.encode(wire.Enrol(token=secret))) for _ in range(8)))
    assert sorted(status for status, *_ in answers) == [200] + 7 * [400]
    assert await value(hub, "SELECT count(*) FROM gateways") == 1


async def test_an_answer_that_was_lost_is_given_again(api: Api, hub: Hub) -> None:
    """The same attempt gets the same credential until it is used, also twice at a time; another attempt, and whoever shows the token alone,
    is refused and told. There is one gateway all the time, and one entry of it in the audit log."""
    place = await hall(api)
    secret, attempt = await token(api, place), "attempt-of-this-very-box-0001"
    stranger = Box(api.http, api.base, "", "")
    said = wire.Enrol(token=secret, software="1.2", attempt=attempt)
    first, second = await asyncio.gather(*(stranger.post(wire.ENROL, said, wire.Enrolled) for _ in range(2)))
    third = await stranger.post(wire.ENROL, said, wire.Enrolled)
    assert first == second == third
    assert await town.findings(hub) == []
    for other in (wire.Enrol(token=secret), wire.Enrol(token=secret, attempt="attempt-of-another-box-0002")):
        assert (await stranger.refused(wire.ENROL, other))[1].code == "token"
    assert await town.findings(hub) == [(first.gateway, "token_reused")]
    assert await stranger.with_(first.credential).poll(seconds=0) == wire.News()
    status, problem = await stranger.refused(wire.ENROL, said)
    assert (status, problem.code, "it was used already" in problem.message) == (400, "token", True)
    assert await stranger.with_(first.credential).poll(seconds=0) == wire.News()
    counts = [await value(hub, f"SELECT count(*) FROM {table}") for table in ("gateways", "credentials")]
    assert (counts, await value(hub, "SELECT count(*) FROM audit WHERE action = 'gateway.enrol'")) == ([1, 1], 1)
    for table in ("enrolments", "credentials", "audit", "gateways"):
        assert attempt not in await value(hub, f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")


async def test_an_answer_is_not_given_again_to_a_box_that_is_shut_out(api: Api, hub: Hub) -> None:
    """Revoked, replaced, or of a hall that has closed: what was lost stays lost."""
    place = await hall(api)
    stranger = Box(api.http, api.base, "", "")
    said = wire.Enrol(token=await token(api, place), attempt="attempt-of-this-very-box-0001")
    name = (await stranger.post(wire.ENROL, said, wire.Enrolled)).gateway
    new = await enrolled(api, place, replaces=name)
    assert (await stranger.refused(wire.ENROL, said))[0] == 400
    assert await new.poll(seconds=0) == wire.News()
    more = wire.Enrol(token=await token(api, place), attempt="attempt-of-this-very-box-0003")
    await stranger.post(wire.ENROL, more, wire.Enrolled)
    async with hub.store.connection() as connection:
        await connection.execute("UPDATE halls SET closed_at = now()")
    assert (await stranger.refused(wire.ENROL, more))[0] == 400


async def test_other_tokens_do_not_work(api: Api, hub: Hub) -> None:
    """Unknown, withdrawn, expired, of a closed hall: each is refused with its reason."""
    place = await hall(api)
    stranger = Box(api.http, api.base, "", "")

    async def why(secret: str) -> str:
        status, problem = await stranger.refused(wire.ENROL, wire.Enrol(token=secret))
        assert (status, problem.code) == (400, "token")
        return problem.message.partition(": ")[2].partition(":")[0]

    withdrawn, expired, closed = [await token(api, place, seconds=60) for _ in range(3)]
    names = [one["name"] for one in (await api("GET", f"/halls/{place}/enrolments"))[1]]
    status, answer = await api("DELETE", f"/halls/{place}/enrolments/{names[2]}")
    assert (status, answer["state"]) == (200, "withdrawn")
    assert await why("hse_" + 43 * "x") == "it is not known"
    assert await why("something-quite-different") == "expected a token as the hub printed it, beginning with hse_"
    assert await why(withdrawn) == "it was withdrawn"
    hub.now = lambda: hubs.now() + timedelta(seconds=61)
    assert (await why(expired)).startswith("it expired")
    hub.now = hubs.now
    async with hub.store.connection() as connection:
        await connection.execute("UPDATE halls SET closed_at = now()")
    assert await why(closed) == "its hall is closed, or its town has left"
    assert await value(hub, "SELECT count(*) FROM gateways") == 0


async def test_a_box_is_replaced(api: Api, hub: Hub) -> None:
    """The new box goes on under the old name; the old box is shut out, and its next word is told to staff."""
    place = await hall(api)
    old = await enrolled(api, place)
    assert await old.poll(seconds=0) == wire.News()
    new = await enrolled(api, place, replaces=old.name)
    assert new.name == old.name
    assert await new.poll(seconds=0) == wire.News()
    assert (await old.refused(wire.POLL, wire.Poll(seconds=0)))[0] == 401
    async with asyncio.timeout(5):
        while not await town.findings(hub):  # the signal may be on its way: until it is there a poll is only cut off
            assert (await old.refused(wire.POLL, wire.Poll(seconds=0)))[0] == 401
    assert await town.findings(hub) == [(old.name, "stale_credential")]
    status, problem = await api("POST", f"/halls/{place}/enrolments", {"replaces": "nobody"})
    assert (status, problem["detail"]) == (404, f"replaces = 'nobody': expected the name of a gateway of {place}")


async def test_tokens_for_a_place_that_is_taken(api: Api, hub: Hub) -> None:
    """Two were made for one box, one of them is used: whoever has the other one does not put out the box that is there."""
    place = await hall(api)
    old = await enrolled(api, place)
    lost, fresh = await token(api, place), await token(api, place)
    printed = await token(api, place, replaces=old.name)
    new = await enrolled(api, place, replaces=old.name)
    stranger = Box(api.http, api.base, "", "")
    status, problem = await stranger.refused(wire.ENROL, wire.Enrol(token=printed))
    assert (status, problem.code, "it was withdrawn" in problem.message) == (400, "token", True)
    assert await new.poll(seconds=0) == wire.News()
    for secret in (lost, fresh):  # for further boxes of the hall: they take nobody's place
        assert (await stranger.post(wire.ENROL, wire.Enrol(token=secret), wire.Enrolled)).gateway != new.name


async def test_rotation(api: Api, hub: Hub) -> None:
    """The old credential goes on until the new one is used; a lost answer to a rotation does no harm."""
    place = await hall(api)
    old = await enrolled(api, place)
    lost = await old.post(wire.ROTATE, wire.Rotate(), wire.Rotated)
    found = await old.post(wire.ROTATE, wire.Rotate(), wire.Rotated)
    assert await old.poll(seconds=0) == wire.News()
    new = old.with_(found.credential)
    assert await new.poll(seconds=0) == wire.News()
    for ended in (old, old.with_(lost.credential)):
        status, problem = await ended.refused(wire.POLL, wire.Poll(seconds=0))
        assert (status, problem.code) == (401, "credential")
    assert await town.findings(hub) == [(old.name, "stale_credential")]
    shown = (await api("GET", f"/gateways/{old.name}"))[1]
    assert [(one["why"], one["ended"] is None) for one in shown["credentials"]] == [("", True), ("rotated", False), ("rotated", False)]


async def test_rotations_without_end(api: Api, hub: Hub) -> None:
    """A gateway that asks for credentials again and again has a handful at most, and keeps the one that works."""
    box = await enrolled(api, await hall(api))
    assert await box.poll(seconds=0) == wire.News()
    for _ in range(10):
        await box.post(wire.ROTATE, wire.Rotate(), wire.Rotated)
    assert await value(hub, "SELECT count(*) FROM credentials WHERE ended_at IS NULL") == 4
    assert await box.poll(seconds=0) == wire.News()


async def receipt(box: Box) -> wire.Receipt:
    """The answer to a delivery of nothing."""
    now = hubs.now().timestamp()
    return await box.post(wire.REPORTS, wire.Delivery(sent=wire.Moment(now, 1.0, "b")), wire.Receipt)


async def test_who_is_to_rotate(api: Api, hub: Hub) -> None:
    """A credential that is old, and one of which staff want another, is told so in the receipt; a fresh one is not."""
    box = await enrolled(api, await hall(api))
    assert (await receipt(box)).rotate is False
    status, answer = await api("POST", f"/gateways/{box.name}/rotate")
    assert (status, answer["rotates"]) == (200, True)
    async with asyncio.timeout(5):
        while not (await receipt(box)).rotate:  # the signal is on its way
            pass
    box = box.with_((await box.post(wire.ROTATE, wire.Rotate(), wire.Rotated)).credential)
    assert (await receipt(box)).rotate is False
    hub.now = lambda: hubs.now() + timedelta(days=91)
    assert (await receipt(box)).rotate is True


async def test_what_is_done_is_on_record(api: Api, hub: Hub) -> None:
    """Tokens, enrolments and first uses of credentials are in the audit log."""
    place = await hall(api)
    box = await enrolled(api, place)
    await box.poll(seconds=0)
    await api("POST", f"/gateways/{box.name}/revoke")

    async def entries() -> list[tuple[Any, ...]]:
        async with hub.store.connection() as connection:
            rows = await connection.fetch("SELECT actor, action FROM audit WHERE hall = $1 ORDER BY id", place)
        return [tuple(row) for row in rows]

    assert (await entries())[1:] == [
        ("user admin", "enrolment.create"),
        (f"gateway {box.name}", "gateway.enrol"),
        (f"gateway {box.name}", "credential.begin"),
        ("user admin", "gateway.revoke"),
    ]


async def test_a_hall_that_is_being_closed(api: Api, hub: Hub) -> None:
    """A box that shows its token while its hall is being closed does not get in behind the one who closes it."""
    place = await hall(api)
    secret = await token(api, place)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.TaskGroup() as group, hub.store.transaction() as connection:
        await connection.execute("UPDATE halls SET closed_at = now() WHERE name = $1", place)
        asking = group.create_task(Box(api.http, api.base, "", "").refused(wire.ENROL, wire.Enrol(token=secret)))
        async with asyncio.timeout(5):
            while not await value(hub, f"SELECT count(*) FROM ({waiting}) x (n), pg_sleep(0.01) WHERE n > 0"):
                pass
    status, problem = asking.result()
    assert (status, problem.message) == (400, "token: its hall is closed, or its town has left")


async def test_a_gateway_that_rotates_without_end(api: Api, hub: Hub) -> None:
    """Credentials that nobody used are forgotten but for the newest; the one in use stays."""
    box = await enrolled(api, await hall(api))
    for _ in range(40):
        await box.post(wire.ROTATE, wire.Rotate(), wire.Rotated)
    assert await value(hub, "SELECT count(*) FROM credentials") == 1 + credentials.MOST_UNUSED + credentials.MOST_SUPERSEDED
    assert await box.poll(seconds=0) == wire.News()
