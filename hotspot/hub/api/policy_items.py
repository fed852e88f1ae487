"""Batches of vouchers and entries of the block list: added and withdrawn one by one, in force in the halls at once."""

from collections.abc import Awaitable
from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.export import MEDIA_TYPE, csv_bytes
from hotspot.hub.api.operations import Call, Operation, Raw
from hotspot.hub.api.policy import ScopeText, resolved
from hotspot.hub.api.problems import Conflict, NotFound, Unprocessable
from hotspot.hub.policy import changes, items
from hotspot.hub.store import Connection, audit, policy_items
from hotspot.hub.store.policy_items import Item
from hotspot.session.voucher_codes import MOST_CODES

Line = Annotated[str, Meta(pattern=r"\S", max_length=100)]
Named = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$(?!\n)")]


class Batch(Struct, frozen=True, kw_only=True):
    """Voucher codes that were made together; the codes themselves are asked for one batch at a time."""

    id: str
    number: int
    """In its hall, for people."""
    hall: str
    plan: str
    count: int
    devices: int
    """That one code lets in."""
    valid: str | float
    """From a code's first use on."""
    not_before: str | None
    not_after: str | None
    """Last day of a first use, in the hall's time zone."""
    note: str
    made_by: str
    made_at: datetime
    withdrawn_by: str
    withdrawn_at: datetime | None
    withdrawn_why: str


class NewVoucherBatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Codes that are to be made."""

    plan: Named
    """A plan with ``voucher = true`` that the hall's policy has."""
    count: Annotated[int, Meta(ge=1, le=MOST_CODES)]
    valid: Annotated[str, Meta(max_length=40)] | Annotated[float, Meta(ge=10, le=31_622_400)]
    """From a code's first use on: ``7 d``, or seconds."""
    devices: Annotated[int, Meta(ge=1, le=100)] = 1
    not_before: date | None = None
    not_after: date | None = None
    note: Annotated[str, Meta(max_length=200)] = ""
    """For whom, for what: for staff only."""


class Codes(Struct, frozen=True, kw_only=True):
    """The codes of a batch, as they are printed."""

    id: str
    codes: list[str]


class WithdrawnToo(Struct, frozen=True, kw_only=True):
    """Which ones."""

    withdrawn: bool = False
    """Also those that are no longer in force."""


class OfTown(WithdrawnToo, frozen=True, kw_only=True):
    """Which batches."""

    partner: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)")] | None = None
    """None: of all partners."""


class Withdrawal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why something is withdrawn."""

    why: Annotated[str, Meta(max_length=500)] = ""


class Block(Struct, frozen=True, kw_only=True):
    """An entry of the block list."""

    id: str
    scope: str
    what: str
    """Domain, address or network."""
    service: str | None
    zone: str | None
    """None: in all zones."""
    reason: str
    case_number: str
    until: str | None
    """Its last day."""
    made_by: str
    made_at: datetime
    withdrawn_by: str
    withdrawn_at: datetime | None
    withdrawn_why: str


class NewBlock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be blocked, and why."""

    scope: ScopeText = "host"
    """``host`` | ``partner/<name>`` | ``hall/<name>``; one zone of it by ``zone``."""
    what: Annotated[str, Meta(pattern=r"\S", max_length=300)]
    """Domain, address or network."""
    reason: Annotated[str, Meta(pattern=r"\S", max_length=500)]
    case_number: Line
    service: Annotated[str, Meta(max_length=100)] | None = None
    """As ``tcp/443``; left out: everything."""
    zone: Named | None = None
    until: date | None = None
    """Its last day; left out: until it is withdrawn."""


class WhichBlocks(WithdrawnToo, frozen=True, kw_only=True):
    """Which entries."""

    scope: ScopeText | None = None
    """Those that were made there; left out: all that this user may see."""


async def _refusing(work: Awaitable[Any]) -> Any:
    """What comes of it, with the policy's refusals as faults of the API."""
    try:
        return await work
    except changes.NotValid as error:
        raise Unprocessable(str(error)) from None
    except changes.Outdated as error:
        raise Conflict(str(error)) from None


def _author(call: Call) -> items.Author:
    return items.Author(call.actor, call.who.user, call.hub.now())


# Vouchers -----------------------------------------------------------------------------------------------------------------------------


async def list_batches(call: Call) -> list[Batch]:
    """The newest first, without the codes."""
    query: WithdrawnToo = call.query
    async with call.hub.store.connection() as connection:
        hall = await call.hall(connection)
        return [_batch(one) for one in await policy_items.listed(connection, "vouchers", f"hall/{hall.name}", None, query.withdrawn)]


async def list_all_batches(call: Call) -> list[Batch]:
    """Of all halls, the newest first, without the codes; the newest 5,000."""
    query: OfTown = call.query
    async with call.hub.store.connection() as connection:
        return [_batch(one) for one in await policy_items.listed(connection, "vouchers", None, call.within(query.partner), query.withdrawn)]


async def make_batch(call: Call) -> Batch:
    """A batch for one hall; its gateway lets the codes in as soon as it has the policy, within seconds when it is connected."""
    body: NewVoucherBatch = call.body
    new = items.NewBatch(
        plan=body.plan,
        count=body.count,
        devices=body.devices,
        valid=body.valid,
        not_before=body.not_before,
        not_after=body.not_after,
        note=" ".join(body.note.split()),
    )
    async with call.hub.store.transaction() as connection:
        hall = await call.hall(connection)
        scope, place = await resolved(call, connection, f"hall/{hall.name}", edit=True)
        return _batch(await _refusing(items.make_batch(connection, scope, place, hall.time_zone, new, _author(call))))


async def show_codes(call: Call) -> Codes:
    """The codes, to be printed. Whoever has one is let in."""
    batch = await read_codes(call)
    return Codes(id=batch.id, codes=list(items.codes_of(batch)))


async def export_codes(call: Call) -> Raw:
    """The same as CSV."""
    batch = await read_codes(call)
    heads = ["number", "code", "batch", "plan", "devices", "valid", "note"]
    shown = _batch(batch)
    rows = [
        [number, code, shown.number, shown.plan, shown.devices, shown.valid, shown.note]
        for number, code in enumerate(items.codes_of(batch), 1)
    ]
    return Raw(csv_bytes([heads, *rows]), MEDIA_TYPE, f"vouchers-{batch.id}.csv")


async def read_codes(call: Call) -> Item:
    """A batch whose codes somebody is about to read, which is written down."""
    async with call.hub.store.transaction() as connection:
        hall = await call.hall(connection)
        batch = await _found_batch(call, connection)
        await audit.write(connection, call.actor, "policy.vouchers.codes", partner=hall.partner, hall=hall.name, subject=batch.id)
        return batch


async def withdraw_batch(call: Call) -> Batch:
    """No code of it lets anybody in any more; sessions on it end."""
    body: Withdrawal = call.body
    async with call.hub.store.transaction() as connection:
        batch = await _found_batch(call, connection)
        scope, _ = await resolved(call, connection, batch.scope, edit=True)
        await _refusing(items.withdraw(connection, batch, scope, body.why, _author(call)))
        return _batch(await _found_batch(call, connection))


async def _found_batch(call: Call, connection: Connection) -> Item:
    hall = await call.hall(connection)
    found = await policy_items.item(connection, "vouchers", call.path["batch"])
    if found is None or found.hall_id != hall.id:
        raise NotFound(f"batch = {call.path['batch']!r}: expected the id of a batch of this hall")
    return found


def _batch(found: Item) -> Batch:
    item = found.item
    return Batch(
        id=found.id,
        number=found.number,
        hall=found.scope.partition("/")[2],
        plan=item["plan"],
        count=item["count"],
        devices=item["devices"],
        valid=item["valid"],
        not_before=item.get("not_before"),
        not_after=item.get("not_after"),
        note=item.get("note", ""),
        made_by=found.made_by,
        made_at=found.made_at,
        withdrawn_by=found.withdrawn_by,
        withdrawn_at=found.withdrawn_at,
        withdrawn_why=found.withdrawn_why,
    )


# Block list ---------------------------------------------------------------------------------------------------------------------------


async def list_blocks(call: Call) -> list[Block]:
    """Entries that were added one by one; documents of the policy may have others."""
    query: WhichBlocks = call.query
    async with call.hub.store.connection() as connection:
        if query.scope is not None:
            await resolved(call, connection, query.scope)
        found = await policy_items.listed(connection, "blocklist", query.scope, call.who.partner, query.withdrawn)
        return [_block(one) for one in found]


async def export_blocks(call: Call) -> Raw:
    """The same as CSV, for the file on a case: who decided what and when, and when it ended."""
    found = await list_blocks(call)
    heads = [name for name in Block.__struct_fields__ if name != "id"]
    rows = [[getattr(one, name) for name in heads] for one in found]
    return Raw(csv_bytes([heads, *rows]), MEDIA_TYPE, "blocklist.csv")


async def add_block(call: Call) -> Block:
    """In force in all halls of the scope as soon as their gateways have it, within seconds when they are connected."""
    body: NewBlock = call.body
    new = items.NewBlock(
        what=body.what.strip(),
        reason=" ".join(body.reason.split()),
        case_number=" ".join(body.case_number.split()),
        service=body.service,
        zone=body.zone,
        until=body.until,
    )
    async with call.hub.store.transaction() as connection:
        scope, place = await resolved(call, connection, body.scope, edit=True)
        if scope.zone:
            raise Unprocessable(f"scope = {body.scope!r}: expected the hall, with its zone as zone = {scope.zone!r}")
        return _block(await _refusing(items.block(connection, scope, place, new, _author(call))))


async def withdraw_block(call: Call) -> Block:
    """It is not blocked any longer."""
    body: Withdrawal = call.body
    async with call.hub.store.transaction() as connection:
        found = await policy_items.item(connection, "blocklist", call.path["block"])
        if found is None:
            raise NotFound(f"block = {call.path['block']!r}: expected the id of an entry of the block list")
        scope, _ = await resolved(call, connection, found.scope, edit=True)
        await _refusing(items.withdraw(connection, found, scope, body.why, _author(call)))
        after = await policy_items.item(connection, "blocklist", found.id)
    assert after is not None
    return _block(after)


def _block(found: Item) -> Block:
    item = found.item
    return Block(
        id=found.id,
        scope=found.scope,
        what=item["what"],
        service=item.get("service"),
        zone=item.get("zone"),
        reason=item["reason"],
        case_number=item["case_number"],
        until=item.get("until"),
        made_by=found.made_by,
        made_at=found.made_at,
        withdrawn_by=found.withdrawn_by,
        withdrawn_at=found.withdrawn_at,
        withdrawn_why=found.withdrawn_why,
    )


_SEE, _EDIT = Permission.SEE, Permission.EDIT
OPERATIONS = (
    Operation(
        name="listVoucherBatches", method="GET", path="/halls/{hall}/vouchers", summary="Batches of vouchers", subject="vouchers",
        permission=_SEE, handler=list_batches, query=WithdrawnToo, reply=list[Batch],
    ),
    Operation(
        name="listAllVoucherBatches", method="GET", path="/vouchers", summary="Batches of vouchers of all halls", subject="vouchers",
        permission=_SEE, handler=list_all_batches, query=OfTown, reply=list[Batch],
    ),
    Operation(
        name="makeVoucherBatch", method="POST", path="/halls/{hall}/vouchers", summary="Make a batch of vouchers", subject="vouchers",
        permission=_EDIT, handler=make_batch, body=NewVoucherBatch, reply=Batch, status=201, faults=(Conflict, Unprocessable),
    ),
    Operation(
        name="showVoucherCodes", method="GET", path="/halls/{hall}/vouchers/{batch}/codes", summary="The codes of a batch",
        subject="vouchers", permission=_EDIT, handler=show_codes, reply=Codes,
    ),
    Operation(
        name="exportVoucherCodes", method="GET", path="/halls/{hall}/vouchers/{batch}/codes.csv", summary="The codes of a batch as CSV",
        subject="vouchers", permission=_EDIT, handler=export_codes, reply=Raw, media_type=MEDIA_TYPE,
    ),
    Operation(
        name="withdrawVoucherBatch", method="POST", path="/halls/{hall}/vouchers/{batch}/withdraw", summary="Withdraw a batch",
        subject="vouchers", permission=_EDIT, handler=withdraw_batch, body=Withdrawal, reply=Batch, faults=(Conflict, Unprocessable),
    ),
    Operation(
        name="listBlocks", method="GET", path="/blocks", summary="The block list", subject="blocks",
        permission=_SEE, handler=list_blocks, query=WhichBlocks, reply=list[Block], faults=(NotFound,),
    ),
    Operation(
        name="exportBlocks", method="GET", path="/blocks.csv", summary="The block list as CSV", subject="blocks",
        permission=_SEE, handler=export_blocks, query=WhichBlocks, reply=Raw, media_type=MEDIA_TYPE, faults=(NotFound,),
    ),
    Operation(
        name="addBlock", method="POST", path="/blocks", summary="Block something", subject="blocks",
        permission=_EDIT, handler=add_block, body=NewBlock, reply=Block, status=201, faults=(NotFound, Conflict, Unprocessable),
    ),
    Operation(
        name="withdrawBlock", method="POST", path="/blocks/{block}/withdraw", summary="Block something no longer", subject="blocks",
        permission=_EDIT, handler=withdraw_block, body=Withdrawal, reply=Block, faults=(Conflict, Unprocessable),
    ),
)  # fmt: skip
