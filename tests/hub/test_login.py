"""Logging in, one's own password and tokens, and what stops those who guess."""

import asyncio
from datetime import timedelta
from ipaddress import ip_network

import pytest
from aiohttp import ClientSession, TCPConnector
from msgspec import structs

from hotspot.hub import logins, passwords
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store import logins as attempts
from tests.hub.conftest import Api, token_of

pytestmark = pytest.mark.hub

GOOD = "Rote Rüben im Rathaus"
OTHER = "Blaue Birnen im Bauamt"


async def anna(api: Api) -> None:
    """A user with a password, which is enough for a town's people."""
    assert (await api("POST", "/partners", {"name": "kleinheim", "title": "Gemeinde Kleinheim"}))[0] == 201
    user = {"name": "anna", "role": "partner-editor", "partner": "kleinheim", "full_name": "Anna Muster"}
    assert (await api("POST", "/users", user))[0] == 201
    assert (await api("PUT", "/users/anna/password", {"password": GOOD}))[0] == 204


async def login(api: Api, password: str, name: str = "anna") -> tuple[int, str]:
    """Status, and the token or the code of what was wrong."""
    status, answer = await api.as_("")("POST", "/login", {"name": name, "password": password})
    return status, answer.get("token") or answer["code"]


async def test_from_password_to_token_and_out(api: Api) -> None:
    """A login gives a token with all that the role may; after logging out it is of no use."""
    await anna(api)
    status, token = await login(api, GOOD)
    assert status == 200
    me = {"user": "anna", "full_name": "Anna Muster", "role": "partner-editor", "partner": "kleinheim"}
    mine = api.as_(token)
    everything = ["edit", "metrics", "operate", "see"]
    assert await mine("GET", "/me") == (200, {**me, "permissions": everything})
    assert [(one["login"], one["permissions"]) for one in (await mine("GET", "/me/tokens"))[1]] == [(True, everything)]
    assert await mine("POST", "/logout") == (204, None)
    assert (await mine("GET", "/me"))[0] == 401
    actions = [(one["actor"], one["action"]) for one in (await api("GET", "/audit", actor="user anna"))[1]["entries"]]
    assert actions == [("user anna", "user.logout"), ("user anna", "user.login")]


async def test_who_may_not_log_in(api: Api) -> None:
    """A wrong password, an unknown name, somebody without a password and somebody disabled are told the same."""
    await anna(api)
    assert (await api("POST", "/users", {"name": "program", "role": "host-operator"}))[0] == 201
    wrong = [await login(api, OTHER), await login(api, GOOD, "nobody"), await login(api, "", "program"), await login(api, GOOD, "' OR 1=1")]
    assert (await api("PATCH", "/users/anna", {"disabled": True}))[0] == 200
    assert [*wrong, await login(api, GOOD)] == [(401, "unauthorized")] * 5


async def test_guessing_is_slow_and_the_office_gets_in(api: Api, hub: Hub) -> None:
    """After five failures from one source the next attempt waits, longer each time; from another source the owner gets in at once, and from
    this one after the wait."""
    await anna(api)
    now = hub.now()
    hub.now = lambda: now
    assert [await login(api, OTHER) for _ in range(6)] == [(401, "unauthorized")] * 5 + [(429, "too_many")]
    assert await login(api, GOOD) == (429, "too_many")
    slowed = (await api("GET", "/audit", action="user.login_slowed"))[1]["entries"]
    assert [(one["actor"], one["subject"], one["detail"]) for one in slowed] == [("hub", "anna", {"failures": 5})]
    async with ClientSession(connector=TCPConnector(local_addr=("127.0.0.2", 0))) as elsewhere:
        assert (await login(Api(elsewhere, api.base, ""), GOOD))[0] == 200
    now += timedelta(seconds=2)
    assert (await login(api, OTHER), (await login(api, GOOD))[0]) == ((401, "unauthorized"), 429)
    now += timedelta(seconds=4)
    assert (await login(api, GOOD))[0] == 200
    assert [await login(api, OTHER) for _ in range(6)] == [(401, "unauthorized")] * 5 + [(429, "too_many")]


async def test_a_source_that_tries_many_names_stops_for_new_ones_only(api: Api, hub: Hub) -> None:
    """A hundred failures from one address: names that have logged in from there before still can, others wait."""
    await anna(api)
    assert (await login(api, GOOD))[0] == 200
    async with hub.store.transaction() as connection:
        for number in range(logins.OF_SOURCE):
            await attempts.failed(connection, f"name {number}", "127.0.0.1", hub.now(), hub.now() - logins.WINDOW)
    assert (await login(api, GOOD))[0] == 200
    assert await login(api, GOOD, "berta") == (429, "too_many")


async def test_what_does_not_count_any_more_is_forgotten(api: Api, hub: Hub) -> None:
    """Old failures, sources long not seen and logins that ended are deleted; what counts stays."""
    await anna(api)
    await login(api, OTHER)
    assert (await login(api, GOOD))[0] == 200
    await login(api, OTHER, "nobody")

    async def rows() -> tuple[int, int]:
        async with hub.store.connection() as connection:
            attempts = await connection.fetchval("SELECT count(*) FROM login_attempts")
            tokens = await connection.fetchval("SELECT count(*) FROM api_tokens WHERE login")
        return attempts, tokens

    before = hub.now()
    counted = []
    for later in (timedelta(0), timedelta(hours=1), timedelta(days=2), timedelta(days=91)):
        hub.now = lambda later=later: before + later  # type: ignore[misc]
        await logins.forget(hub)
        counted.append(await rows())
    assert counted == [(3, 1), (3, 1), (2, 0), (0, 0)]  # of anna two: for passwords, and for codes


async def test_another_password(api: Api) -> None:
    """The old one is asked for, the new one has to be good, other logins end and this one goes on."""
    await anna(api)
    other, mine = (await login(api, GOOD))[1], api.as_((await login(api, GOOD))[1])
    status, problem = await mine("PUT", "/me/password", {"old": OTHER, "new": OTHER})
    assert (status, problem["detail"]) == (403, "old: expected your password")
    faults = {"kurz": "12 to 200 characters", "aaaaaaaaaaaaaaa": "at least 5 different characters"}
    for new, words in {**faults, "anna ist toll": "one that is not made of the name 'anna'"}.items():
        status, problem = await mine("PUT", "/me/password", {"old": GOOD, "new": new})
        assert (status, problem["detail"]) == (400, f"new: expected {words}")
    assert (await mine("PUT", "/me/password", {"old": GOOD, "new": OTHER}))[0] == 204
    assert ((await mine("GET", "/me"))[0], (await api.as_(other)("GET", "/me"))[0]) == (200, 401)
    assert (await login(api, GOOD), (await login(api, OTHER))[0]) == ((401, "unauthorized"), 200)


async def test_tokens_for_programs(api: Api, hub: Hub) -> None:
    """A token has what was asked for and no more, not more than the token that makes it, a name once, and an end."""
    mine = api.as_(await token_of(hub, "otto", Role.HOST_OPERATOR))
    status, made = await mine("POST", "/me/tokens", {"name": "grafana", "permissions": ["metrics", "metrics", "see"], "days": 2})
    assert (status, made["name"], made["permissions"]) == (201, "grafana", ["metrics", "see"])
    program = api.as_(made["token"])
    assert (await program("GET", "/me"))[1]["permissions"] == ["metrics", "see"]
    assert (await program("POST", "/alarms/1/acknowledge", {}))[0] == 403
    status, problem = await mine("POST", "/me/tokens", {"name": "more", "permissions": ["admin"]})
    assert (status, problem["detail"]) == (
        403, "permissions: expected no more than role host-operator and your own token have: not admin",
    )  # fmt: skip
    for method, path, body in (("POST", "/me/tokens", {"name": "more", "permissions": ["see"]}), ("DELETE", "/me/tokens/test", None)):
        status, problem = await program(method, path, body)
        assert (status, problem["detail"]) == (403, "this token may only a part of what you may: log in to manage tokens")
    again = {"name": "grafana", "permissions": ["see"]}
    assert (await mine("POST", "/me/tokens", again))[0] == 409
    assert (await mine("POST", "/me/tokens", {**again, "days": 367}))[0] == 400
    assert [(one["name"], one["login"]) for one in (await mine("GET", "/me/tokens"))[1]] == [("test", False), ("grafana", False)]
    assert (await mine("DELETE", "/me/tokens/grafana"))[0] == 204
    assert ((await program("GET", "/me"))[0], (await mine("DELETE", "/me/tokens/grafana"))[0]) == (401, 404)
    assert (await mine("POST", "/me/tokens", again))[0] == 201


async def test_tokens_end(api: Api, hub: Hub) -> None:
    """On the moment, and their name is free again."""
    assert (await api("POST", "/me/tokens", {"name": "short", "permissions": ["see"], "days": 1}))[0] == 201
    _, made = await api("POST", "/me/tokens", {"name": "long", "permissions": ["see", "edit"], "days": 2})
    before = hub.now()
    hub.now = lambda: before + timedelta(days=1, seconds=1)
    program = api.as_(made["token"])
    assert [one["name"] for one in (await program("GET", "/me/tokens"))[1]] == ["long"]
    hub.now = lambda: before + timedelta(days=2, seconds=1)
    assert (await program("GET", "/me"))[0] == 401


async def test_too_many_at_once_come_back_later(api: Api, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the queue of passwords is full nobody is checked, and that says so."""
    await anna(api)
    monkeypatch.setattr(passwords, "WAITING", -passwords.AT_ONCE)
    assert await login(api, GOOD) == (429, "too_many")


async def test_behind_our_own_proxy(api: Api, hub: Hub) -> None:
    """What it says of the source counts, so that who guesses through it does not keep others out; nobody else is believed."""
    await anna(api)
    moment = hub.now()
    hub.now = lambda: moment  # the pause after the fifth guess is a second

    async def tried(password: str, source: str) -> int:
        body, headers = {"name": "anna", "password": password}, {"X-Forwarded-For": f"10.9.9.9, {source}"}
        async with api.http.post(f"{api.base}/api/v1/login", json=body, headers=headers) as response:
            return response.status

    assert [await tried(OTHER, f"192.0.2.{number}") for number in range(6)] == [401] * 5 + [429]
    hub.settings = structs.replace(hub.settings, proxies=(ip_network("127.0.0.1"),))
    assert [await tried(OTHER, "192.0.2.66") for _ in range(6)] == [401] * 5 + [429]
    assert await tried(GOOD, "192.0.2.7") == 200


async def test_guesses_at_the_same_time_are_counted_one_by_one(api: Api, hub: Hub) -> None:
    """Forty guesses at one moment: as many are looked at as of forty one after the other."""
    await anna(api)
    moment = hub.now()
    hub.now = lambda: moment
    answers = await asyncio.gather(*(login(api, OTHER) for _ in range(40)))
    assert sorted(answers) == [(401, "unauthorized")] * logins.FREE + [(429, "too_many")] * (40 - logins.FREE)
