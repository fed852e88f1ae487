"""Policy by the API: inherited, checked, changed, taken back, explained; on a real PostgreSQL."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession

from hotspot import wire
from hotspot.hub import policy
from hotspot.hub.access import Role
from hotspot.hub.api.policy_halls import MOST_FILE
from hotspot.hub.hub import Hub
from hotspot.hub.store import tenants
from hotspot.portal.uplink.link import LARGEST_FILE
from tests.hub.conftest import Api, token_of

pytestmark = pytest.mark.hub

PLAN = {"down": "10 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}
HOST = {"plans": {"free": PLAN}, "terms": {"version": "2026-11"}, "locked": ["retention"], "retention": "24 h"}


async def town(api: Api, hub: Hub, *halls: str) -> None:
    """A partner, named as its halls begin, with halls that have a gateway and the zone ``public`` each."""
    partner = halls[0].partition("-")[0]
    assert (await api("POST", "/partners", {"name": partner, "title": partner}))[0] == 201
    for hall in halls:
        assert (await api("POST", "/halls", {"name": hall, "partner": partner, "title": hall}))[0] == 201
        await gateway(hub, hall)


async def gateway(hub: Hub, hall: str) -> None:
    """A box in a hall, as enrolment makes it."""
    async with hub.store.transaction() as connection:
        found = await tenants.hall(connection, hall)
        assert found is not None
        await connection.execute("INSERT INTO gateways (hall_id, name) VALUES ($1, $2)", found.id, f"{hall}-1")
        await connection.execute("INSERT INTO zones (hall_id, name) VALUES ($1, 'public')", found.id)


async def given(hub: Hub, hall: str) -> wire.Policy:
    """What the gateway of a hall gets."""
    async with hub.store.connection() as connection:
        found = await tenants.gateway(connection, f"{hall}-1")
        assert found is not None
        assert (await policy.serials(connection, [found.id])) == {found.id: await policy.serial(connection, found)}
        return await policy.for_gateway(connection, found)


async def change(api: Api, documents: dict[str, Any], **more: Any) -> tuple[int, Any]:
    """Change documents by scope."""
    body = {"documents": [{"scope": scope, "document": document} for scope, document in documents.items()], **more}
    return await api("POST", "/policy/changes", body)


async def changed(api: Api, documents: dict[str, Any], **more: Any) -> int:
    """The same when it works; the serial."""
    status, reply = await change(api, documents, **more)
    assert status == 201, reply
    found: int = reply["serial"]
    return found


async def test_inherited_downwards(api: Api, hub: Hub) -> None:
    """What host, partner, hall and zone say lies over each other, ``null`` removes, and only halls that it concerns get another serial."""
    await town(api, hub, "klein-rathaus", "klein-bad")
    await town(api, hub, "gross-rathaus")
    assert await given(hub, "klein-bad") == wire.Policy(serial=0)
    first = await changed(api, {"host": HOST})
    expected = {"plans": {"free": PLAN}, "terms": {"version": "2026-11"}, "retention": "24 h"}
    assert await given(hub, "klein-rathaus") == wire.Policy(serial=first, settings=expected)
    second = await changed(
        api,
        {
            "partner/klein": {"plans": {"free": {"time": "3 h"}}, "hours": {"hall": {"open": ["Mon-Fri 08:00-18:00"]}}},
            "hall/klein-bad": {"hall": {"name": "Hallenbad"}},
            "zone/klein-bad/public": {"hours": "hall"},
        },
    )
    bad = {
        "plans": {"free": {**PLAN, "time": "3 h"}},
        "terms": {"version": "2026-11"},
        "retention": "24 h",
        "hours": {"hall": {"open": ["Mon-Fri 08:00-18:00"]}},
        "hall": {"name": "Hallenbad"},
        "zones": {"public": {"hours": "hall"}},
    }
    assert await given(hub, "klein-bad") == wire.Policy(serial=second, settings=bad)
    assert (await given(hub, "klein-rathaus")).serial == second
    assert (await given(hub, "gross-rathaus")).serial == first
    third = await changed(api, {"zone/klein-bad/public": {"hours": None}})
    assert (await given(hub, "klein-bad")).settings == {**bad, "zones": {"public": {}}}
    assert ((await given(hub, "klein-bad")).serial, (await given(hub, "klein-rathaus")).serial) == (third, second)


async def test_dry_run_changes_nothing(api: Api, hub: Hub) -> None:
    """A check names the difference of every hall that it touches, and leaves everything as it was."""
    await town(api, hub, "klein-rathaus")
    await changed(api, {"host": HOST})
    before = await given(hub, "klein-rathaus")
    body = {"documents": [{"scope": "host", "document": {"plans": {"free": {**PLAN, "down": "20 Mbit/s", "idle": "30 min"}}}}]}
    status, reply = await api("POST", "/policy/check", body)
    assert (status, reply) == (
        200,
        {
            "valid": True,
            "objections": [],
            "conflict": "",
            "halls": [
                {
                    "hall": "klein-rathaus",
                    "partner": "klein",
                    "objection": "",
                    "differences": [
                        {"key": "plans.free.down", "kind": "changed", "before": "10 Mbit/s", "after": "20 Mbit/s"},
                        {"key": "plans.free.idle", "kind": "added", "after": "30 min"},
                        {"key": "retention", "kind": "removed", "before": "24 h"},
                        {"key": "terms.version", "kind": "removed", "before": "2026-11"},
                    ],
                }
            ],
        },
    )
    assert await given(hub, "klein-rathaus") == before
    assert [one["serial"] for one in (await api("GET", "/policy/changes"))[1]] == [before.serial]


async def test_what_gateways_would_refuse_is_refused_here(api: Api, hub: Hub) -> None:
    """The gateways' own reader says what is wrong, with hall, key, value and what was expected; nothing is stored."""
    await town(api, hub, "klein-rathaus")
    wrong = {"plans": {"free": {**PLAN, "down": "fast"}}}
    status, problem = await change(api, {"hall/klein-rathaus": wrong})
    assert (status, problem["code"]) == (422, "not_valid")
    assert problem["detail"].startswith("hall klein-rathaus: plans.free.down = 'fast': expected a rate")
    status, reply = await api("POST", "/policy/check", {"documents": [{"scope": "host", "document": {"state_dir": "/tmp"}}]})
    assert not reply["valid"]
    assert reply["halls"][0]["objection"].startswith("state_dir = '/tmp': only the gateway itself can know this")
    status, problem = await change(api, {"zone/klein-rathaus/pubic": {"hours": None}})
    expected = "zone/klein-rathaus/pubic: expected one of the zones that the hall's gateway has: public"
    assert (status, problem["detail"]) == (422, expected)
    assert await given(hub, "klein-rathaus") == wire.Policy(serial=0)
    assert (await api("GET", "/policy/changes"))[1] == []


async def test_locks(api: Api, hub: Hub) -> None:
    """What the host keeps for itself nobody below can say, neither can the host lock what somebody below says already."""
    await town(api, hub, "klein-rathaus")
    await changed(api, {"host": {**HOST, "locked": ["plans.free", "terms"]}})
    status, problem = await change(api, {"partner/klein": {"plans": {"free": {"time": "9 h"}, "long": PLAN}}})
    assert (status, problem["detail"]) == (
        422,
        "partner/klein: plans.free.time = '9 h': expected nothing, host has locked plans.free",
    )
    status, problem = await change(api, {"hall/klein-rathaus": {"plans": None}})
    assert (status, problem["detail"]) == (422, "hall/klein-rathaus: plans = None: expected nothing, host has locked plans.free")
    await changed(api, {"partner/klein": {"plans": {"long": PLAN}}})
    status, problem = await change(api, {"host": {**HOST, "locked": ["plans"]}})
    assert (status, problem["code"]) == (422, "not_valid")
    assert "partner/klein: plans.long.down = '10 Mbit/s': expected nothing, host has locked plans" in problem["detail"]


async def test_who_was_quicker(api: Api, hub: Hub) -> None:
    """Whoever edited an older version is told who changed it, and changes nothing."""
    await town(api, hub, "klein-rathaus")
    first = await changed(api, {"host": HOST})
    entry = {"scope": "host", "base": first, "document": {**HOST, "retention": "12 h"}}
    assert (await api("POST", "/policy/changes", {"documents": [entry]}))[0] == 201
    status, problem = await api("POST", "/policy/changes", {"documents": [{**entry, "document": HOST}]})
    assert status == 409
    assert problem["detail"].startswith(f"base = {first}: host was changed meanwhile by user admin")
    assert (await given(hub, "klein-rathaus")).settings["retention"] == "12 h"


async def test_two_at_the_same_time(api: Api, hub: Hub) -> None:
    """Of two changes of one version one is made and the other is told so; changes of different documents are both made."""
    await town(api, hub, "klein-rathaus", "klein-bad")
    first = await changed(api, {"host": HOST})
    entries = [{"scope": "host", "base": first, "document": {**HOST, "retention": f"{hours} h"}} for hours in (1, 2, 3)]
    done = await asyncio.gather(*(api("POST", "/policy/changes", {"documents": [entry]}) for entry in entries))
    assert sorted(status for status, _ in done) == [201, 409, 409]
    done = await asyncio.gather(*(change(api, {f"hall/{hall}": {"hall": {"name": hall}}}) for hall in ("klein-rathaus", "klein-bad")))
    assert [status for status, _ in done] == [201, 201]
    assert [(await given(hub, hall)).settings["hall"]["name"] for hall in ("klein-rathaus", "klein-bad")] == ["klein-rathaus", "klein-bad"]


async def test_rollback_is_exact(api: Api, hub: Hub) -> None:
    """A change taken back leaves every document as before it, under a new serial; only the last change of a document can be taken back."""
    await town(api, hub, "klein-rathaus")
    first = await changed(api, {"host": HOST, "hall/klein-rathaus": {"hall": {"name": "A"}}})
    before = await given(hub, "klein-rathaus")
    second = await changed(api, {"host": {**HOST, "retention": "6 h"}, "partner/klein": {"hall": {"town": "Klein"}}})
    status, problem = await api("POST", f"/policy/changes/{first}/rollback", {})
    assert (status, problem["code"]) == (409, "conflict")
    status, reply = await api("POST", f"/policy/changes/{second}/rollback", {"note": "zu kurz"})
    assert (status, reply["halls"], reply["given"]) == (201, 1, 1)
    after = await given(hub, "klein-rathaus")
    assert (after.settings, after.serial) == (before.settings, reply["serial"])
    _, document = await api("GET", "/policy/document", scope="host")
    assert document["document"] == HOST
    _, history = await api("GET", "/policy/changes")
    assert [(one["serial"], one["kind"], one["rolls_back"]) for one in history] == [
        (reply["serial"], "rollback", second),
        (second, "documents", None),
        (first, "documents", None),
    ]
    assert history[0]["documents"] == [
        {"scope": "host", "differences": [{"key": "retention", "kind": "changed", "before": "6 h", "after": "24 h"}]},
        {"scope": "partner/klein", "differences": [{"key": "hall.town", "kind": "removed", "before": "Klein"}]},
    ]


async def test_where_each_value_comes_from(api: Api, hub: Hub) -> None:
    """One call names for every value scope, serial and author, and what it hides."""
    await town(api, hub, "klein-rathaus")
    first = await changed(api, {"host": {"plans": {"free": PLAN}}})
    second = await changed(api, {"partner/klein": {"plans": {"free": {"time": "1 h"}}}})
    status, reply = await api("GET", "/halls/klein-rathaus/policy")
    assert (status, reply["serial"], reply["through"], reply["files"]) == (200, second, second, [])
    found = {one["key"]: one for one in reply["values"]}
    assert {key: (one["scope"], one["serial"], one["author"], one["value"]) for key, one in found.items()} == {
        "plans.free.down": ("host", first, "user admin", "10 Mbit/s"),
        "plans.free.time": ("partner/klein", second, "user admin", "1 h"),
        "plans.free.up": ("host", first, "user admin", "2 Mbit/s"),
    }
    assert [(one["scope"], one["serial"], one["value"]) for one in found["plans.free.time"]["hides"]] == [("host", first, "2 h")]


async def test_partners_apart(api: Api, hub: Hub) -> None:
    """A partner's editor changes what is theirs, reads what the host says, and finds nothing of the others."""
    await town(api, hub, "klein-rathaus")
    await town(api, hub, "gross-rathaus")
    await changed(api, {"host": HOST, "partner/gross": {"hall": {"town": "Gross"}}}, note="geheim")
    theirs = api.as_(await token_of(hub, "karl", Role.PARTNER_EDITOR, "klein"))
    serial = await changed(theirs, {"hall/klein-rathaus": {"hall": {"name": "Unseres"}}})
    assert (await given(hub, "klein-rathaus")).settings["hall"] == {"name": "Unseres"}
    assert (await change(theirs, {"host": HOST}))[0] == 403
    for scope in ("partner/gross", "hall/gross-rathaus", "zone/gross-rathaus/public", "hall/nirgends"):
        assert (await change(theirs, {scope: {}}))[0] == 404
        assert (await theirs("GET", "/policy/document", scope=scope))[0] == 404
    assert (await theirs("GET", "/halls/gross-rathaus/policy"))[0] == 404
    assert (await theirs("GET", "/policy/document", scope="host"))[1]["document"] == HOST
    _, history = await theirs("GET", "/policy/changes")
    assert [(one["serial"], one["scopes"], one["note"]) for one in history] == [
        (serial, ["hall/klein-rathaus"], ""),
        (history[1]["serial"], ["host"], ""),
    ]
    assert [one["hall"] for one in (await theirs("GET", "/policy/halls"))[1]] == ["klein-rathaus"]


async def test_files(api: Api, hub: Hub, base: str) -> None:
    """A file is brought once, named by a document, reaches the gateways of the halls that it is for, and no others."""
    await town(api, hub, "klein-rathaus")
    await town(api, hub, "gross-rathaus")
    logo = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"></svg>'
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/octet-stream"}
    async with ClientSession() as http, http.post(f"{base}/api/v1/policy/files", data=logo, headers=headers) as response:
        brought = await response.json()
        assert (response.status, brought["size"]) == (201, len(logo))
    digest = brought["sha256"]
    entry = {"scope": "partner/klein", "document": {"theme": {"logo": {"file": "wappen.svg"}}}}
    status, problem = await api("POST", "/policy/changes", {"documents": [entry]})
    assert (status, "theme.logo.file = 'wappen.svg': expected the name of one of the files" in problem["detail"]) == (422, True)
    unknown = {**entry, "files": {"wappen.svg": "0" * 64}}
    status, problem = await api("POST", "/policy/changes", {"documents": [unknown]})
    assert (status, "partner/klein: files.wappen.svg = '0000" in problem["detail"]) == (422, True)
    assert (await api("POST", "/policy/changes", {"documents": [{**entry, "files": {"übrig.svg": digest}}]}))[0] == 400
    assert (await api("POST", "/policy/changes", {"documents": [{**entry, "files": {"wappen.svg": digest, "alt.svg": digest}}]}))[0] == 201
    assert (await given(hub, "klein-rathaus")).files == {"wappen.svg": digest}
    async with hub.store.connection() as connection:
        own, other = [await tenants.gateway(connection, f"{hall}-rathaus-1") for hall in ("klein", "gross")]
        assert own is not None
        assert other is not None
        assert await policy.file(connection, own, digest) == logo
        assert await policy.file(connection, other, digest) is None
        assert (await policy.file_size(connection, own, digest), await policy.file_size(connection, other, digest)) == (len(logo), None)
        parts = [await policy.file_part(connection, own, digest, start, 20) for start in range(0, 100, 20)]
        assert (b"".join(parts), parts[-1], await policy.file_part(connection, other, digest, 0, 20)) == (logo, b"", b"")
    stranger = api.as_(await token_of(hub, "gerda", Role.PARTNER_VIEWER, "gross"))
    assert (await stranger("GET", f"/policy/files/{digest}"))[0] == 404


def test_what_the_hub_takes_gateways_fetch() -> None:
    """The largest file that can be brought is the largest that gateways read."""
    assert MOST_FILE == LARGEST_FILE


async def test_a_new_hall_inherits(api: Api, hub: Hub) -> None:
    """A hall that is set up later has the policy of host and partner from its first question on."""
    await town(api, hub, "klein-rathaus")
    await changed(api, {"host": HOST})
    await api("POST", "/halls", {"name": "klein-neu", "partner": "klein", "title": "Neu"})
    await gateway(hub, "klein-neu")
    found, *others = await asyncio.gather(*(given(hub, "klein-neu") for _ in range(5)))
    assert others == [found] * 4
    assert found.settings == (await given(hub, "klein-rathaus")).settings
    assert found.serial > 0


async def test_a_zone_that_no_portal_can_have(api: Api, hub: Hub) -> None:
    """A gateway that was taken over tells of a zone with a name that no policy fits: the city still changes its policy."""
    await town(api, hub, "kleinheim-rathaus")
    async with hub.store.connection() as connection:
        await connection.execute("INSERT INTO zones (hall_id, name) SELECT id, '0-is-no-name-of-a-zone' FROM halls")
    await changed(api, {"host": HOST})
    assert (await given(hub, "kleinheim-rathaus")).settings["plans"] == {"free": PLAN}


async def test_a_change_that_is_of_others_too(api: Api, hub: Hub) -> None:
    """A partner's people see their own part of a change of two partners; they cannot take it back, nor learn whose the rest is."""
    await town(api, hub, "kleinheim-rathaus")
    await town(api, hub, "grossheim-rathaus")
    await changed(api, {"host": HOST})
    names = {f"partner/{name}": {"hall": {"town": name}} for name in ("kleinheim", "grossheim")}
    serial = await changed(api, names, stages=[{"percent": 50}])
    mine = api.as_(await token_of(hub, "karla", Role.PARTNER_EDITOR, "kleinheim"))
    answers = [
        await mine("GET", f"/policy/changes/{serial}"),
        await mine("POST", f"/policy/changes/{serial}/rollback", {}),
        await mine("POST", f"/policy/rollouts/{serial}/advance"),
        await mine("POST", f"/policy/rollouts/{serial}/stop"),
        await change(mine, {"partner/kleinheim": {"hall": {"town": "K"}}}),
    ]
    assert [status for status, _ in answers] == [200, 403, 403, 403, 409]
    assert "grossheim" not in str(answers)
