"""Which scopes say something, which zones there are, which halls a roll-out has still to reach; how long drafts and their files last."""

from datetime import timedelta

import pytest

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.policy import items
from hotspot.hub.store import drafts, people, policies, policy_files
from hotspot.hub.store.policies import Place
from tests.hub.conftest import Api, token_of
from tests.hub.test_policy import HOST, town

pytestmark = pytest.mark.hub


async def test_which_scopes_say_something(api: Api, hub: Hub) -> None:
    """Those with a document that is not empty, by section; a town's people see the host's and their own, and no hall that is closed."""
    await town(api, hub, "kleinheim-rathaus", "kleinheim-bad")
    await town(api, hub, "grossdorf-rathaus")
    gerda = api.as_(await token_of(hub, "gerda", Role.PARTNER_VIEWER, "grossdorf"))
    said = {
        "host": HOST, "partner/kleinheim": {"hall": {"town": "K"}}, "hall/kleinheim-bad": {"plans": {"free": {"time": "1 h"}}},
        "zone/kleinheim-rathaus/public": {"plans": ["free"]}, "partner/grossdorf": {"hours": {}},
    }  # fmt: skip
    change = {"documents": [{"scope": scope, "document": document} for scope, document in said.items()], "note": "Anfang"}
    assert (await api("POST", "/policy/changes", change))[0] == 201
    found = {one["scope"]: one["sections"] for one in (await api("GET", "/policy/documents"))[1]}
    assert found == {
        "host": ["plans", "terms", "locked", "retention"], "partner/kleinheim": ["hall"], "hall/kleinheim-bad": ["plans"],
        "zone/kleinheim-rathaus/public": ["plans"], "partner/grossdorf": [],
    }  # fmt: skip
    assert [one["scope"] for one in (await gerda("GET", "/policy/documents"))[1]] == ["host", "partner/grossdorf"]
    assert (await gerda("GET", "/policy/documents", partner="kleinheim"))[0] == 403
    status, zones = await api("GET", "/zones", partner="kleinheim")
    assert (status, [(one["hall"], one["zones"]) for one in zones]) == (
        200,
        [("kleinheim-bad", ["public"]), ("kleinheim-rathaus", ["public"])],
    )
    assert [one["hall"] for one in (await gerda("GET", "/zones"))[1]] == ["grossdorf-rathaus"]
    assert (await api("POST", "/halls/kleinheim-bad/close"))[0] == 200
    assert "hall/kleinheim-bad" not in {one["scope"] for one in (await api("GET", "/policy/documents"))[1]}


async def test_halls_that_are_still_to_come(api: Api, hub: Hub) -> None:
    """By stage; a town's people see their own."""
    await town(api, hub, "kleinheim-rathaus", "kleinheim-bad")
    await town(api, hub, "grossdorf-rathaus")
    gerda = api.as_(await token_of(hub, "gerda", Role.PARTNER_VIEWER, "grossdorf"))
    stages = [{"halls": ["kleinheim-bad"]}, {"halls": ["grossdorf-rathaus"]}]
    _, done = await api("POST", "/policy/changes", {"documents": [{"scope": "host", "document": HOST}], "stages": stages})
    path = f"/policy/rollouts/{done['serial']}"
    assert (await api("GET", path))[1]["to_come"] == [["grossdorf-rathaus"], ["kleinheim-rathaus"]]
    assert (await gerda("GET", path))[1]["to_come"] == [["grossdorf-rathaus"]]
    assert (await api("POST", f"{path}/advance"))[1]["to_come"] == [["kleinheim-rathaus"]]
    assert (await api("POST", f"{path}/advance"))[1]["to_come"] == []


async def test_files_last_as_long_as_the_draft_that_names_them(hub: Hub) -> None:
    """A file that nobody names goes after a day, that of a draft when the draft goes: a week after its last change."""
    start = hub.now()
    async with hub.store.transaction() as connection:
        user = await people.add_user(connection, "karl", Role.HOST_ADMIN, None)
        for digest in ("a" * 64, "b" * 64):
            await policy_files.put(connection, digest, digest.encode(), start)
        kept = await drafts.keep(connection, "1" * 32, user, "host", Place(), 0, {"theme": {}}, {"logo.svg": "a" * 64}, start)
        again = await drafts.keep(connection, "2" * 32, user, "host", Place(), 0, {"theme": {}}, {"logo.svg": "a" * 64}, start)
    assert kept == again == "1" * 32
    for days, there in ((2, {"a" * 64}), (6, {"a" * 64}), (8, set())):
        hub.now = lambda days=days: start + timedelta(days=days)  # type: ignore[misc]
        await items.clear(hub)
        async with hub.store.connection() as connection:
            assert set(await policy_files.contents(connection, ["a" * 64, "b" * 64])) == there
            assert (await drafts.find(connection, user, kept, hub.now()) is not None) == bool(there)


async def test_drafts_change_nothing(hub: Hub) -> None:
    """Whoever asks for the policy is told nothing of them."""
    async with hub.store.transaction() as connection:
        user = await people.add_user(connection, "karl", Role.HOST_ADMIN, None)
        await drafts.keep(connection, "1" * 32, user, "host", Place(), 0, {"plans": {}}, {}, hub.now())
        assert await policies.document(connection, "host") is None
        assert not await policies.is_any(connection)
        assert await drafts.drop(connection, user, "1" * 32) and not await drafts.drop(connection, user, "1" * 32)
