"""The audit log by the API: filtered, page by page, as CSV, and only one's own."""

from typing import Any

import pytest

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store import audit
from tests.hub.conftest import Api, token_of

pytestmark = pytest.mark.hub


async def written(hub: Hub, *entries: dict[str, Any]) -> None:
    """Entries, each in a transaction of its own, so that they have moments of their own."""
    for entry in entries:
        async with hub.store.transaction() as connection:
            await audit.write(connection, **{"actor": "user anna", "action": "hall.create", **entry})


async def test_page_by_page(api: Api, hub: Hub) -> None:
    """Every entry once, the newest first, also when others come in between, and when many have the same moment."""
    async with hub.store.transaction() as connection:
        for number in range(7):
            await audit.write(connection, "hub", "test", subject=f"{number}")
    found: list[str] = []
    query: dict[str, str] = {"limit": "3"}
    while True:
        status, page = await api("GET", "/audit", **query)
        assert status == 200
        found += [entry["subject"] for entry in page["entries"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
        await written(hub, {"subject": "later"})
    assert found == [f"{number}" for number in range(6, -1, -1)]
    for cursor in ("x", "1-", "99999999999999999-1"):
        assert (await api("GET", "/audit", cursor=cursor))[0] == 400


async def test_filters(api: Api, hub: Hub) -> None:
    """By time, partner, hall, actor, and action or kind of action."""
    await written(
        hub,
        {"partner": "kleinheim", "hall": "kleinheim-rathaus", "subject": "1"},
        {"action": "hall.close", "partner": "grossdorf", "subject": "2"},
        {"actor": "hub", "action": "hallway", "subject": "3"},
    )
    entries = (await api("GET", "/audit"))[1]["entries"]
    cases = {
        "21": {"action": "hall."},
        "2": {"action": "hall.close"},
        "3": {"actor": "hub"},
        "": {"hall": "other"},
        "32": {"since": entries[1]["at"]},
        "1": {"until": entries[1]["at"], "hall": "kleinheim-rathaus"},
    }
    for subjects, query in cases.items():
        found = (await api("GET", "/audit", **query))[1]["entries"]
        assert "".join(entry["subject"] for entry in found) == subjects, query
    assert entries[2] == {
        "at": entries[2]["at"], "actor": "user anna", "action": "hall.create", "partner": "kleinheim", "hall": "kleinheim-rathaus",
        "subject": "1", "detail": {},
    }  # fmt: skip


async def test_as_csv(api: Api, hub: Hub) -> None:
    """All of them, however many; no cell is a formula."""
    await written(hub, *({"subject": f"{number}", "detail": {"a": 1}} for number in range(3)), {"subject": '=cmd|"x"'})
    async with hub.store.transaction() as connection:
        for _ in range(2_000):
            await audit.write(connection, "hub", "many")
    headers = {"Authorization": f"Bearer {api.token}"}
    async with api.http.get(f"{api.base}/api/v1/audit.csv", headers=headers) as response:
        lines = (await response.text()).splitlines()
        assert (response.status, response.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
        assert response.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert (len(lines), lines[0]) == (2_005, "at,actor,action,partner,hall,subject,detail")
    assert [line.partition(",")[2] for line in lines[-4:]] == [
        'user anna,hall.create,,,"\'=cmd|""x""",{}',
        *(f'user anna,hall.create,,,{number},"{{""a"":1}}"' for number in (2, 1, 0)),
    ]


async def test_a_partner_sees_its_own(api: Api, hub: Hub) -> None:
    """A partner's editor reads what was done to the partner, and nothing of others."""
    for name in ("kleinheim", "grossdorf"):
        await api("POST", "/partners", {"name": name, "title": name})
    theirs = api.as_(await token_of(hub, "karl", Role.PARTNER_EDITOR, "kleinheim"))
    assert [(one["action"], one["partner"]) for one in (await theirs("GET", "/audit"))[1]["entries"]] == [("partner.create", "kleinheim")]
    assert (await theirs("GET", "/audit", partner="grossdorf"))[0] == 403


async def test_nobody_changes_it(api: Api, hub: Hub) -> None:
    """Not even the hub itself: rows are neither changed nor deleted."""
    await written(hub, {})
    for sql in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(Exception, match="rows of audit"):
            async with hub.store.transaction() as connection:
                await connection.execute(sql)
