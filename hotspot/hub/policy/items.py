"""What goes to the halls one by one and at once: batches of vouchers, entries of the block list. A roll-out in progress does not hold them
up, and a rollback of documents does not touch them."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from msgspec import Struct

from hotspot.hub import validation
from hotspot.hub.hub import Hub
from hotspot.hub.policy import publishing
from hotspot.hub.policy.changes import NotValid, Outdated
from hotspot.hub.policy.documents import locks
from hotspot.hub.policy.publishing import Ids
from hotspot.hub.policy.scopes import Scope, parse, reaches
from hotspot.hub.policy.sources import Effective
from hotspot.hub.store import Connection, audit, drafts, policies, policy_files, policy_items
from hotspot.hub.store.policies import Hall, Place
from hotspot.hub.store.policy_items import Item
from hotspot.session.quantities import parse_seconds
from hotspot.session.voucher_codes import are_distinct, code_table, codes

SLACK: Final = timedelta(days=2)
"""For which something stays in the policy when it is over: gateways end it by their own clocks and time zones."""
UNUSED_FILES: Final = timedelta(days=1)
"""After which a file that no document has named is forgotten."""

log = structlog.get_logger("policy")


class Author(Struct, frozen=True):
    """Who does it, and when."""

    actor: str
    """As the audit log writes it."""
    name: str
    """As gateways and their staff read it."""
    at: datetime


class NewBatch(Struct, frozen=True, kw_only=True):
    """A batch of vouchers as it is asked for; fields as in ``hotspot.session.vouchers.Batch``."""

    plan: str
    count: int
    devices: int
    valid: str | float
    not_before: date | None
    not_after: date | None
    note: str


async def make_batch(connection: Connection, scope: Scope, place: Place, time_zone: str, new: NewBatch, author: Author) -> Item:
    """A batch for a hall, with a key that nobody has chosen. In a transaction. Raises ``NotValid``."""
    try:
        seconds = parse_seconds(new.valid)
    except ValueError as error:
        raise NotValid([f"valid = {new.valid!r}: {error}"]) from None
    _refuse_past("not_after", new.not_after, author.at.astimezone(ZoneInfo(time_zone)).date())
    item: dict[str, Any] = {"plan": new.plan, "count": new.count, "devices": new.devices, "valid": new.valid, "by": author.name}
    for key, value in (("not_before", new.not_before), ("not_after", new.not_after)):
        if value is not None:
            item[key] = value.isoformat()
    if new.note:
        item["note"] = new.note
    await policies.lock(connection)
    others = [
        code_table(bytes.fromhex(one.item["key"]), one.item["count"])
        for one in await policy_items.wanted(connection, [], [] if place.hall_id is None else [place.hall_id])
        if one.section == "vouchers"
    ]
    item["key"] = secrets.token_hex(16)
    while not are_distinct([*others, await asyncio.to_thread(code_table, bytes.fromhex(item["key"]), new.count)]):
        item["key"] = secrets.token_hex(16)
    ends = None
    if new.not_after is not None:
        ends = datetime.combine(new.not_after, time.max, ZoneInfo(time_zone)).astimezone(UTC)
        ends = min(ends, datetime.max.replace(tzinfo=UTC) - timedelta(days=1_000)) + timedelta(seconds=min(seconds, 400 * 86_400.0)) + SLACK
    return await _add(connection, "vouchers", scope, place, item, ends, author)


def _refuse_past(key: str, day: date | None, today: date) -> None:
    if day is not None and day < today:
        raise NotValid([f"{key} = {day.isoformat()!r}: expected a day to come"])


def codes_of(batch: Item) -> tuple[str, ...]:
    """The codes of a batch as they are printed; gateways find the same ones."""
    return codes(bytes.fromhex(batch.item["key"]), batch.item["count"])


class NewBlock(Struct, frozen=True, kw_only=True):
    """An entry of the block list as it is asked for; fields as in ``hotspot.session.blocklist``."""

    what: str
    reason: str
    case_number: str
    service: str | None
    zone: str | None
    until: date | None


async def block(connection: Connection, scope: Scope, place: Place, new: NewBlock, author: Author) -> Item:
    """An entry for the host, a partner or a hall. In a transaction. Raises ``NotValid``."""
    _refuse_past("until", new.until, author.at.date() - timedelta(days=1))  # where it is still yesterday
    item: dict[str, Any] = {"what": new.what, "reason": new.reason, "case_number": new.case_number, "by": author.name}
    for key, value in (("service", new.service), ("zone", new.zone), ("until", None if new.until is None else new.until.isoformat())):
        if value is not None:
            item[key] = value
    ends = None if new.until is None else datetime.combine(min(new.until, date(9_000, 1, 1)), time.max, UTC) + SLACK
    await policies.lock(connection)
    return await _add(connection, "blocklist", scope, place, item, ends, author)


async def _add(
    connection: Connection, section: str, scope: Scope, place: Place, item: dict[str, Any], ends: datetime | None, author: Author
) -> Item:
    """Under the lock."""
    halls = await _halls(connection, scope, place)
    await _refuse_locked(connection, section, scope, place)
    before = await publishing.present(connection, halls)
    number = await policy_items.next_number(connection, section, scope.text)
    serial = await policies.next_serial(connection)
    new = Item(
        id=f"{section[0]}-{secrets.token_hex(6)}",
        section=section,
        number=number,
        scope=scope.text,
        partner_id=place.partner_id,
        hall_id=place.hall_id,
        item=item,
        serial=serial,
        made_by=author.actor,
        made_at=author.at,
        ends_at=ends,
        withdrawn_by="",
        withdrawn_at=None,
        withdrawn_why="",
    )
    note = f"{section} {new.id} added"
    await policies.add_change(connection, serial, author.actor, "item", note, author.at, place.partner_id)
    await policy_items.add(connection, new, place)
    after = await publishing.present(connection, halls)
    await _refuse_invalid(connection, halls, before, after)
    await publishing.give(connection, halls, after, await publishing.starts(connection, halls), serial, author.at)
    await _write_down(connection, f"policy.{section}.add", new, author, scope, {key: item[key] for key in item if key != "key"})
    return new


async def withdraw(connection: Connection, item: Item, scope: Scope, why: str, author: Author) -> None:
    """It is wanted no longer, at once. In a transaction. Raises ``Outdated`` when it was withdrawn before."""
    await policies.lock(connection)
    now = await policy_items.item(connection, item.section, item.id)
    if now is None or now.withdrawn_at is not None:
        raise Outdated(f"{item.id} was withdrawn before")
    await _withdraw(connection, [item], why, author)
    await _write_down(connection, f"policy.{item.section}.withdraw", item, author, scope, {"why": why})


async def _withdraw(connection: Connection, items: Sequence[Item], why: str, author: Author) -> None:
    serial = await policies.next_serial(connection)
    owners = {item.partner_id for item in items}
    note = f"{', '.join(item.id for item in items[:20])} withdrawn"
    await policies.add_change(connection, serial, author.actor, "item", note, author.at, owners.pop() if len(owners) == 1 else None)
    await policy_items.withdraw(connection, [item.id for item in items], serial, author.actor, author.at, why)
    everywhere = any(item.partner_id is None for item in items)
    partners = tuple(item.partner_id for item in items if item.partner_id is not None and item.hall_id is None)
    ids = Ids(partners, tuple(item.hall_id for item in items if item.hall_id is not None))
    halls = await (policies.halls(connection) if everywhere else policies.halls(connection, ids.partners, ids.halls))
    through = await publishing.starts(connection, halls)
    await publishing.give(connection, halls, await publishing.present(connection, halls), through, serial, author.at)


async def _halls(connection: Connection, scope: Scope, place: Place) -> list[Hall]:
    partners = (place.partner_id,) if place.partner_id is not None and place.hall_id is None else ()
    return await publishing.reached(connection, [scope], Ids(partners, () if place.hall_id is None else (place.hall_id,)))


async def _refuse_locked(connection: Connection, section: str, scope: Scope, place: Place) -> None:
    """Raises ``NotValid`` when somebody above keeps the section for themselves."""
    partners = [] if place.partner_id is None else [place.partner_id]
    for document in await policies.documents(connection, None, partners, []):
        if document.scope != scope.text and reaches(parse(document.scope), scope) and (section,) in locks(document.document):
            raise NotValid([f"{scope.text}: {section}: expected nothing, {document.scope} has locked {section}"])


async def _refuse_invalid(connection: Connection, halls: Sequence[Hall], before: dict[str, Effective], after: dict[str, Effective]) -> None:
    candidates = [validation.Candidate(hall.name, hall.zones, after[hall.name]) for hall in halls]
    found = await validation.objections(candidates, before.values(), lambda digests: policy_files.contents(connection, digests))
    if found:
        raise NotValid([f"hall {hall}: {why}" for hall, why in found.items()])


async def _write_down(connection: Connection, action: str, item: Item, author: Author, scope: Scope, detail: dict[str, Any]) -> None:
    partner, hall = scope.partner or None, scope.hall or None
    await audit.write(connection, author.actor, action, partner=partner, hall=hall, subject=item.id, detail=detail)


async def clear(hub: Hub) -> None:
    """Withdraw what is over, and forget files that nobody named."""
    now = hub.now()
    async with hub.store.transaction() as connection:
        await policies.lock(connection)
        over = await policy_items.over(connection, now)
        if over:
            await _withdraw(connection, over, "its time is over", Author("hub", "hub", now))
            await audit.write(connection, "hub", "policy.over", detail={"ids": [one.id for one in over[:100]], "count": len(over)})
            log.info("policy entries are over", count=len(over))
        await drafts.forget(connection, now)
        await policy_files.drop_unused(connection, now - UNUSED_FILES)
