"""Vouchers and block list entries: in the halls at once, beside documents and roll-outs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.policy import items
from hotspot.session.voucher_codes import code_table, find, parse_voucher
from tests.hub.conftest import Api, token_of
from tests.hub.test_policy import HOST, PLAN, changed, given, town

pytestmark = pytest.mark.hub

GUESTS = {**HOST, "plans": {"free": PLAN, "guest": {**PLAN, "voucher": True}}, "zones": {"public": {"plans": ["free", "guest"]}}}
BATCH = {"plan": "guest", "count": 20, "valid": "7 d", "note": "Tagung"}
BLOCK = {"what": "evil.example", "reason": "Anordnung", "case_number": "12 O 3/26"}


async def test_a_batch_from_key_to_code(api: Api, hub: Hub) -> None:
    """The codes that the hub prints are those that a gateway finds with the key of its policy; its key is shown nowhere else."""
    await town(api, hub, "klein-a", "klein-b")
    await changed(api, {"host": GUESTS})
    status, batch = await api("POST", "/halls/klein-a/vouchers", {**BATCH, "not_after": "2100-01-31"})
    assert (status, batch["number"], batch["not_after"], batch["made_by"]) == (201, 1, "2100-01-31", "user admin")
    _, printed = await api("GET", f"/halls/klein-a/vouchers/{batch['id']}/codes")
    wanted = (await given(hub, "klein-a")).settings["vouchers"][batch["id"]]
    key = wanted.pop("key")
    assert wanted == {
        "plan": "guest",
        "count": 20,
        "devices": 1,
        "valid": "7 d",
        "not_after": "2100-01-31",
        "note": "Tagung",
        "by": "admin",
    }
    table = code_table(bytes.fromhex(key), 20)
    assert [find(table, parse_voucher(code)) for code in printed["codes"]] == list(range(20))
    assert "vouchers" not in (await given(hub, "klein-b")).settings
    for path in ("/halls/klein-a/policy", "/halls/klein-a/vouchers", "/policy/changes", "/audit"):
        assert key not in str(await api("GET", path))
    viewer = api.as_(await token_of(hub, "vera", Role.PARTNER_VIEWER, "klein"))
    assert (await viewer("GET", "/halls/klein-a/vouchers"))[1] == [batch]
    assert (await viewer("GET", f"/halls/klein-a/vouchers/{batch['id']}/codes"))[0] == 403
    assert (await api("GET", f"/halls/klein-b/vouchers/{batch['id']}/codes"))[0] == 404


async def test_codes_as_csv(api: Api, hub: Hub) -> None:
    """The table of a batch has a line for each code, and asking for it is in the audit log."""
    await town(api, hub, "klein-a")
    await changed(api, {"host": GUESTS})
    _, batch = await api("POST", "/halls/klein-a/vouchers", {**BATCH, "count": 2})
    _, printed = await api("GET", f"/halls/klein-a/vouchers/{batch['id']}/codes")
    headers = {"Authorization": f"Bearer {api.token}"}
    async with api.http.get(f"{api.base}/api/v1/halls/klein-a/vouchers/{batch['id']}/codes.csv", headers=headers) as response:
        assert (await response.text()).splitlines() == [
            "number,code,batch,plan,devices,valid,note",
            f"1,{printed['codes'][0]},1,guest,1,7 d,Tagung",
            f"2,{printed['codes'][1]},1,guest,1,7 d,Tagung",
        ]
    _, log = await api("GET", "/audit", action="policy.vouchers.codes")
    assert [one["subject"] for one in log["entries"]] == [batch["id"], batch["id"]]


async def test_a_batch_that_no_gateway_would_take(api: Api, hub: Hub) -> None:
    """A plan without vouchers, a time that is none: said before anything is stored."""
    await town(api, hub, "klein-a")
    await changed(api, {"host": GUESTS})
    status, problem = await api("POST", "/halls/klein-a/vouchers", {**BATCH, "plan": "free"})
    assert (status, ".plan = 'free': expected one of the plans for vouchers: guest" in problem["detail"]) == (422, True)
    status, problem = await api("POST", "/halls/klein-a/vouchers", {**BATCH, "valid": "soon"})
    assert (status, problem["detail"].startswith("valid = 'soon'")) == (422, True)
    status, problem = await api("POST", "/halls/klein-a/vouchers", {**BATCH, "not_after": "2020-01-31"})
    assert (status, problem["detail"]) == (422, "not_after = '2020-01-31': expected a day to come")
    assert (await api("GET", "/halls/klein-a/vouchers", withdrawn="true"))[1] == []


async def test_withdrawn(api: Api, hub: Hub) -> None:
    """A withdrawn batch leaves the policy, stays on record, and cannot be withdrawn twice; a rollback brings it not back."""
    await town(api, hub, "klein-a")
    serial = await changed(api, {"host": GUESTS})
    later = await changed(api, {"host": {**GUESTS, "retention": "6 h"}})
    _, batch = await api("POST", "/halls/klein-a/vouchers", BATCH)
    path = f"/halls/klein-a/vouchers/{batch['id']}/withdraw"
    status, reply = await api("POST", path, {"why": "verloren"})
    assert (status, reply["withdrawn_by"], reply["withdrawn_why"]) == (200, "user admin", "verloren")
    assert (await api("POST", path, {}))[0] == 409
    assert (await api("GET", "/halls/klein-a/vouchers"))[1] == []
    assert (await api("GET", "/halls/klein-a/vouchers", withdrawn="true"))[1] == [reply]
    assert (await api("POST", f"/policy/changes/{later}/rollback", {}))[0] == 201
    found = await given(hub, "klein-a")
    assert (found.settings.get("vouchers", {}), found.settings["retention"], found.serial > serial) == ({}, "24 h", True)


async def test_a_block_during_a_roll_out(api: Api, hub: Hub) -> None:
    """An entry of the block list reaches every hall at once while a change of documents is only in some of them."""
    await town(api, hub, "klein-a", "klein-b")
    await town(api, hub, "gross-a")
    await changed(api, {"host": HOST})
    await changed(api, {"host": {**HOST, "retention": "6 h"}}, stages=[{"halls": ["klein-a"]}])
    status, block = await api("POST", "/blocks", {**BLOCK, "scope": "partner/klein"})
    assert (status, block["scope"], block["withdrawn_at"]) == (201, "partner/klein", None)
    found = [(await given(hub, hall)).settings for hall in ("klein-a", "klein-b", "gross-a")]
    entry = {block["id"]: {**BLOCK, "by": "admin"}}
    assert [(one["retention"], one.get("blocklist")) for one in found] == [("6 h", entry), ("24 h", entry), ("24 h", None)]
    _, explained = await api("GET", "/halls/klein-b/policy")
    assert {one["scope"] for one in explained["values"] if one["key"].startswith("blocklist.")} == {"partner/klein"}
    other = api.as_(await token_of(hub, "gerda", Role.PARTNER_EDITOR, "gross"))
    assert (await other("GET", "/blocks"))[1] == []
    assert (await other("POST", f"/blocks/{block['id']}/withdraw", {}))[0] == 404
    assert (await other("POST", "/blocks", BLOCK))[0] == 403
    assert (await api("POST", f"/blocks/{block['id']}/withdraw", {"why": "aufgehoben"}))[1]["withdrawn_why"] == "aufgehoben"
    assert (await given(hub, "klein-b")).settings.get("blocklist", {}) == {}


async def test_a_locked_block_list(api: Api, hub: Hub) -> None:
    """What the host keeps for itself no partner can add to."""
    await town(api, hub, "klein-a")
    await changed(api, {"host": {**HOST, "locked": ["blocklist", "vouchers"]}})
    theirs = api.as_(await token_of(hub, "karl", Role.PARTNER_EDITOR, "klein"))
    status, problem = await theirs("POST", "/blocks", {**BLOCK, "scope": "hall/klein-a"})
    assert (status, problem["detail"]) == (422, "hall/klein-a: blocklist: expected nothing, host has locked blocklist")
    assert (await api("POST", "/blocks", {**BLOCK, "until": "2020-01-31"}))[0] == 422
    assert (await api("POST", "/blocks", BLOCK))[0] == 201


async def test_what_is_over_goes_by_itself(api: Api, hub: Hub) -> None:
    """Entries whose last day is past leave the policy some days later, by the job; the others stay."""
    await town(api, hub, "klein-a")
    await changed(api, {"host": HOST})
    until = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    _, short = await api("POST", "/blocks", {**BLOCK, "until": until})
    _, long = await api("POST", "/blocks", {**BLOCK, "what": "198.51.100.0/24"})

    async def listed() -> set[Any]:
        return set((await given(hub, "klein-a")).settings["blocklist"])

    await items.clear(hub)
    assert await listed() == {short["id"], long["id"]}
    over = datetime.now(UTC) + timedelta(days=7)
    hub.now = lambda: over
    await items.clear(hub)
    assert await listed() == {long["id"]}
