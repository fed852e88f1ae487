"""Who may do what: one table, and every operation tried as everybody against it."""

import re
from typing import Any, Final

import pytest

from hotspot import wire
from hotspot.hub.access import Permission, Role
from hotspot.hub.api import metrics
from hotspot.hub.api.operations import Operation
from hotspot.hub.api.table import ALL
from hotspot.hub.hub import Hub
from hotspot.hub.store import feedback
from tests.hub import town
from tests.hub.conftest import Api, token_of

pytestmark = pytest.mark.hub

ANYBODY = "-MVEOA"
KNOWN = "MVEOA"
SEE, OPERATE, EDIT, ADMIN, METRICS = "VEOA", "EOA", "EOA", "A", "MVEOA"
TABLE: Final = {
    "describe": ANYBODY, "login": ANYBODY,
    "logout": KNOWN, "me": KNOWN,
    "changeMyPassword": SEE, "listMyTokens": SEE, "createMyToken": SEE, "revokeMyToken": SEE,
    "listUsers": ADMIN, "createUser": ADMIN, "showUser": ADMIN, "changeUser": ADMIN, "setPassword": ADMIN,
    "listTokens": ADMIN, "createToken": ADMIN, "revokeToken": ADMIN,
    "listMySessions": SEE, "endMySession": SEE, "endMySessions": SEE, "listSessions": ADMIN, "endSessions": ADMIN, "resetFactors": ADMIN,
    "showIdentity": ADMIN, "linkUser": ADMIN, "unlinkUser": ADMIN,
    "listAudit": EDIT, "exportAudit": EDIT,
    "listPartners": SEE, "showPartner": SEE, "createPartner": ADMIN, "changePartner": ADMIN, "partnerLeaves": ADMIN,
    "listHalls": SEE, "showHall": SEE, "showHallHealth": SEE, "createHall": ADMIN, "changeHall": ADMIN, "closeHall": ADMIN,
    "listGateways": SEE, "showGateway": SEE, "revokeGateway": ADMIN, "rotateGateway": ADMIN,
    "listCertificates": SEE, "showCertificate": SEE, "putCertificate": ADMIN, "nameCertificate": ADMIN, "requestCertificate": ADMIN,
    "revokeCertificate": ADMIN,
    "createEnrolment": ADMIN, "listEnrolments": ADMIN, "withdrawEnrolment": ADMIN, "giveOrder": OPERATE, "showOrder": OPERATE,
    "showOverview": SEE,
    "showFiguresNow": SEE, "showHallFigures": SEE, "exportHallFigures": SEE, "showHallDevices": SEE,
    "showPartnerFigures": SEE, "exportPartnerFigures": SEE, "showHallNow": SEE, "showHallShares": SEE,
    "showPolicyDocument": SEE, "listPolicyChanges": SEE, "showPolicyChange": SEE, "explainHallPolicy": SEE, "listPolicyInForce": SEE,
    "showPreview": SEE, "drawPreview": SEE,
    "listRollouts": SEE, "showRollout": SEE, "downloadPolicyFile": SEE,
    "checkPolicy": EDIT, "changePolicy": EDIT, "rollBackPolicy": EDIT, "uploadPolicyFile": EDIT,
    "advanceRollout": EDIT, "stopRollout": EDIT,
    "listPolicyDocuments": SEE, "listZones": SEE,
    "listVoucherBatches": SEE, "makeVoucherBatch": EDIT, "showVoucherCodes": EDIT, "exportVoucherCodes": EDIT, "withdrawVoucherBatch": EDIT,
    "listAllVoucherBatches": SEE, "printVoucherCodes": EDIT, "exportBlocks": SEE, "countFeedback": SEE,
    "listNetworks": SEE, "setNetwork": EDIT, "drawPoster": SEE, "printPoster": SEE,
    "listBlocks": SEE, "addBlock": EDIT, "withdrawBlock": EDIT,
    "listAlarms": SEE, "listPastAlarms": SEE, "showAlarm": SEE, "acknowledgeAlarm": OPERATE,
    "listChannels": SEE, "showChannel": SEE, "createChannel": EDIT, "deleteChannel": EDIT, "testChannel": EDIT,
    "listMonthlyReports": SEE, "showMonthlyReport": SEE, "exportMonthlyReport": SEE, "printMonthlyReport": SEE,
    "showChecklist": SEE, "tickChecklistStep": EDIT,
    "listFeedback": SEE, "exportFeedback": SEE, "showFeedback": SEE, "setFeedback": OPERATE,
    "listInventory": SEE, "exportPartner": ADMIN, "exportHall": ADMIN, "erasePartner": ADMIN, "eraseHall": ADMIN, "listErased": "OA",
    "showMetrics": METRICS,
}  # fmt: skip
"""Operation -> who may: - without a token, M a token for metrics alone, V viewer and E editor of the partner, O operator and A
administrator of the host."""
LATER: Final = ("revokeGateway", "exportHall", "eraseHall", "erasePartner", "closeHall", "partnerLeaves")
"""After these the world is another one."""
ROLES: Final = {"V": Role.PARTNER_VIEWER, "E": Role.PARTNER_EDITOR, "O": Role.HOST_OPERATOR, "A": Role.HOST_ADMIN}


async def tried(api: Api, token: str, operation: Operation, things: dict[str, str], **query: str) -> tuple[int, str]:
    """Status and text of a request about things that are there; its body, where one is wanted, is empty."""
    path = re.sub(r"\{(\w+)\}", lambda match: things.get(match[1], "1"), operation.path)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body: dict[str, Any] | None = None if operation.body in (None, bytes) else {}
    async with api.http.request(operation.method, f"{api.base}/api/v1{path}", json=body, headers=headers, params=query) as response:
        return response.status, (await response.read()).decode(errors="replace")


async def made(api: Api, path: str, body: dict[str, Any]) -> Any:
    """Something new."""
    status, answer = await api("POST", path, body)
    assert status == 201, answer
    return answer


async def world(api: Api, hub: Hub) -> dict[str, str]:
    """Two towns; of the first one of many things, by the names that they have in paths."""
    gateways = [await town.gateway(hub, "grossdorf-rathaus"), await town.gateway(hub, "kleinheim-rathaus")]
    async with hub.store.transaction() as connection:
        for gateway in gateways:
            await connection.execute("INSERT INTO zones (hall_id, name) VALUES ($1, 'public')", gateway.hall_id)
        item = wire.Feedback("0123456789abcdef", 1_700_000_000.0, "public", "praise", "de", "of kleinheim")
        assert await feedback.insert(connection, gateways[1].hall_id, [item]) == 1
        number = await connection.fetchval("SELECT number FROM feedback")
    await made(api, "/channels", {"name": "mail", "partner": "kleinheim", "kind": "mail", "recipients": ["it@kleinheim.example"]})
    plan = {"down": "10 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}
    plans = {"free": plan, "guest": {**plan, "voucher": True}}
    for_all = {"plans": plans, "terms": {"version": "1"}, "zones": {"public": {"plans": ["free", "guest"]}}}
    await made(api, "/policy/changes", {"documents": [{"scope": "host", "document": for_all}]})
    longer = {"scope": "partner/kleinheim", "document": {"plans": {"free": {"time": "3 h"}}}}
    change = await made(api, "/policy/changes", {"documents": [longer], "note": "of kleinheim"})
    batch = await made(api, "/halls/kleinheim-rathaus/vouchers", {"plan": "guest", "count": 1, "valid": "1 d"})
    court = {"scope": "partner/kleinheim", "what": "kleinheim.example", "reason": "court", "case_number": "1"}
    block = await made(api, "/blocks", court)
    enrolment = await made(api, "/halls/kleinheim-rathaus/enrolments", {})
    order = await made(api, f"/gateways/{gateways[1].name}/orders", {"order": "status", "wait": 0})
    return {
        "enrolment": enrolment["enrolment"]["name"], "order": order["id"],
        "partner": "kleinheim", "hall": "kleinheim-rathaus", "gateway": gateways[1].name, "user": "e", "token": "none", "channel": "mail",
        "serial": f"{change['serial']}", "batch": batch["id"], "block": block["id"], "message": f"{number}", "sha256": "0" * 64,
        "scope": "partner:kleinheim",
    }  # fmt: skip


async def test_every_operation_has_a_row() -> None:
    """A new operation is in the table, or this fails."""
    assert sorted(operation.name for operation in (*ALL, *metrics.OPERATIONS)) == sorted(TABLE)


async def test_the_table_is_what_happens(api: Api, hub: Hub) -> None:
    """Each operation, as everybody: 401 without a token, 403 for those who may not, anything else for those who may."""
    things = await world(api, hub)
    tokens = {who: await token_of(hub, who.lower(), role, "kleinheim" if role.of_partner else None) for who, role in ROLES.items()}
    tokens["M"] = await token_of(hub, "m", Role.HOST_ADMIN, permissions=frozenset({Permission.METRICS}))
    tokens["-"] = ""
    happened = {}
    for operation in sorted(ALL, key=lambda one: LATER.index(one.name) + 1 if one.name in LATER else 0):
        allowed = ""
        for who in ANYBODY:
            token = tokens[who]
            if operation.name == "logout" and token:
                token = await token_of(hub, f"leaving-{who.lower()}", ROLES.get(who, Role.HOST_ADMIN), "kleinheim" if who in "VE" else None)
            status, answer = await tried(api, token, operation, things)
            assert status < 500, (operation.name, who, answer)
            if status != (401 if who == "-" else 403):
                allowed += who
        happened[operation.name] = allowed
    assert happened == {name: who for name, who in TABLE.items() if name in happened}


async def test_a_wrong_token_opens_nothing(api: Api, hub: Hub) -> None:
    """One that nobody has, one that ended, and things that are no token at all."""
    things = await world(api, hub)
    ended = await token_of(hub, "otto", Role.HOST_ADMIN)
    assert (await api.as_(ended)("POST", "/logout"))[0] == 204
    for operation in ALL:
        if TABLE[operation.name] != ANYBODY:
            for token in (ended, f"hst_{'x' * 43}", "x"):
                assert (await tried(api, token, operation, things))[0] == 401, operation.name


async def test_another_partner_finds_nothing(api: Api, hub: Hub) -> None:
    """For a partner's editor everything of another partner is not there: 404 by its name, and in no list."""
    things = await world(api, hub)
    theirs = await token_of(hub, "gerda", Role.PARTNER_EDITOR, "grossdorf")
    looked = 0
    for operation in ALL:
        if "E" in TABLE[operation.name] and TABLE[operation.name] not in (ANYBODY, KNOWN) and "/me" not in operation.path:
            status, answer = await tried(api, theirs, operation, things)
            if "{" in operation.path:  # a body that is wrong is refused before anything is looked for
                assert status == 404 or (status == 400 and operation.body is not None), (operation.name, status, answer)
            elif operation.method == "GET":
                assert "kleinheim" not in answer, (operation.name, answer)
            looked += 1
    assert looked > 40


async def test_names_of_others_are_not_taken(api: Api, hub: Hub) -> None:
    """Asked for by name in a query or a body, another partner's things are refused too."""
    things = await world(api, hub)
    theirs = await token_of(hub, "gerda", Role.PARTNER_EDITOR, "grossdorf")
    looked = 0
    for operation in ALL:
        if "E" in TABLE[operation.name] and operation.method == "GET" and "{" not in operation.path:
            for key, value in (("partner", "kleinheim"), ("hall", "kleinheim-rathaus"), ("scope", "partner/kleinheim")):
                if key in operation.query.__struct_fields__:
                    status, answer = await tried(api, theirs, operation, things, **{key: value})
                    told = answer.replace("partner = 'kleinheim'", "").replace("partner/kleinheim", "")  # what was asked for, repeated
                    assert status in (403, 404) or (status == 200 and "kleinheim" not in told), (operation.name, key, status, answer)
                    looked += 1
    assert looked > 10
