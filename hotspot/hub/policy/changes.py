"""Changing documents: looked at, applied, taken back. Rule 1: nothing is stored that the gateway of any hall would refuse. Rule 2: whoever
edited an older version than there is now is told so. Rule 3: while a change has not reached all of its halls, no other one goes to them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hotspot.hub import validation
from hotspot.hub.policy import publishing, rollouts
from hotspot.hub.policy.difference import Difference, differences
from hotspot.hub.policy.documents import objections, trespasses
from hotspot.hub.policy.merge import without_secrets
from hotspot.hub.policy.publishing import Ids
from hotspot.hub.policy.rollout import Stage, plan
from hotspot.hub.policy.scopes import Level, Scope, meet, parse
from hotspot.hub.policy.sources import Effective, Sources, scope_in
from hotspot.hub.store import Connection, audit, policies, policy_files, policy_items, policy_rollouts, tenants
from hotspot.hub.store.policies import Hall, Place


class NotValid(Exception):
    """What was asked for would be refused by gateways, or by the rules of the hub."""

    def __init__(self, objections: Sequence[str]) -> None:
        super().__init__("; ".join(objections[:10]) + (f"; and {len(objections) - 10} more" if len(objections) > 10 else ""))
        self.objections = tuple(objections)


class Outdated(Exception):
    """It cannot be done as things are now: somebody else has changed something, or a roll-out is not finished."""


class Wanted(Struct, frozen=True, kw_only=True):
    """A new version of a document."""

    scope: Scope
    """With its partner."""
    place: Place
    base: int | None
    """Serial of the version that was edited; None: whatever there is."""
    document: dict[str, Any]
    files: dict[str, str]


class HallChecked(Struct, frozen=True, kw_only=True):
    """What a change would do to one hall."""

    hall: str
    partner: str
    objection: str = ""
    """Why its gateway would refuse: key, value and what was expected; "": it would not."""
    differences: tuple[Difference, ...] = ()


class Checked(Struct, frozen=True, kw_only=True):
    """What a change would do."""

    objections: tuple[str, ...]
    """To the documents themselves."""
    conflict: str
    """Why it could not be applied now, though it may be valid; "": it could."""
    halls: tuple[HallChecked, ...]
    """Those that would be given something else, and those that object."""

    @property
    def all_objections(self) -> tuple[str, ...]:
        """With those of the halls."""
        return (*self.objections, *(f"hall {one.hall}: {one.objection}" for one in self.halls if one.objection))


class Applied(Struct, frozen=True, kw_only=True):
    """A change was made."""

    serial: int
    halls: int
    """That it is for."""
    given: int
    """That have something else now."""
    rollout: bool


class _Prepared(Struct, frozen=True):
    halls: list[Hall]
    before: dict[str, Effective]
    after: dict[str, Effective]
    objections: list[str]
    by_hall: dict[str, str]


class _Version(Struct, frozen=True):
    """A document that is not stored yet."""

    scope: str
    document: dict[str, Any]
    files: dict[str, str]


async def check(connection: Connection, wanted: Sequence[Wanted]) -> Checked:
    """What would happen. Nothing is stored."""
    prepared = await _prepare(connection, wanted)
    conflict = await _conflict(connection, [one.scope for one in wanted]) or await _outdated(connection, wanted)
    halls = []
    for hall in prepared.halls:
        objection = prepared.by_hall.get(hall.name, "")
        found = differences(_whole(prepared.before[hall.name]), _whole(prepared.after[hall.name]))
        if found or objection:
            halls.append(HallChecked(hall=hall.name, partner=hall.partner, objection=objection, differences=found))
    return Checked(objections=tuple(prepared.objections), conflict=conflict, halls=tuple(halls))


async def effect(connection: Connection, hall: Hall, wanted: Sequence[Wanted]) -> Effective:
    """What one hall would be given; without anything wanted what it is given now. Whether its gateway would take it, nobody has asked.
    Raises ``NotValid`` for documents that are none."""
    found = [each for one in wanted for each in objections(one.scope, one.document)]
    if found:
        raise NotValid(found)
    if not wanted:
        return (await publishing.present(connection, [hall]))[hall.name]
    new = {one.scope.text: _Version(one.scope.text, one.document, one.files) for one in wanted}
    stored = await policies.documents(connection, None, [hall.partner_id], [hall.id])
    documents: list[policies.Document | _Version] = [*(one for one in stored if one.scope not in new), *new.values()]
    return Sources(documents, await policy_items.wanted(connection, [hall.partner_id], [hall.id])).of(hall.name, hall.partner)


def _whole(effective: Effective) -> dict[str, Any]:
    settings = without_secrets(effective.settings)
    return {**settings, "files": effective.files} if effective.files else settings


async def _prepare(connection: Connection, wanted: Sequence[Wanted]) -> _Prepared:
    ids = Ids(
        tuple(one.place.partner_id for one in wanted if one.scope.level is Level.PARTNER and one.place.partner_id is not None),
        tuple(one.place.hall_id for one in wanted if one.place.hall_id is not None),
    )
    halls = await publishing.reached(connection, [one.scope for one in wanted], ids)
    found = [each for one in wanted for each in objections(one.scope, one.document)]
    for one in wanted:
        for digest in await policy_files.missing(connection, one.files.values()):
            name = next(name for name, value in one.files.items() if value == digest)
            found.append(f"{one.scope.text}: files.{name} = {digest!r}: expected the SHA-256 of a file that was brought before")
    found += _strange_zones(wanted, halls)
    before = await publishing.present(connection, halls)
    if found:
        return _Prepared(halls, before, before, found, {})
    new = {one.scope.text: _Version(one.scope.text, one.document, one.files) for one in wanted}
    partners, hall_ids = sorted({hall.partner_id for hall in halls} | set(ids.partners)), [hall.id for hall in halls]
    stored = await policies.documents(connection, None, partners, hall_ids)
    documents: list[policies.Document | _Version] = [*(one for one in stored if one.scope not in new), *new.values()]
    found += trespasses(_by_scope(documents, halls))
    versions = Sources(documents, await policy_items.wanted(connection, partners, hall_ids))
    after = {hall.name: versions.of(hall.name, hall.partner) for hall in halls}
    return _Prepared(halls, before, after, found, await _objections(connection, halls, before, after))


def _strange_zones(wanted: Iterable[Wanted], halls: Iterable[Hall]) -> list[str]:
    """A gateway passes over what is said of a zone that it has not: here a mistyped name is noticed."""
    zones = {hall.name: hall.zones for hall in halls if hall.zones}
    return [
        f"{one.scope.text}: expected one of the zones that the hall's gateway has: {', '.join(zones[one.scope.hall])}"
        for one in wanted
        if one.document and one.scope.zone and one.scope.zone not in zones.get(one.scope.hall, (one.scope.zone,))
    ]


def _by_scope(documents: Iterable[policies.Document | _Version], halls: Iterable[Hall]) -> dict[Scope, dict[str, Any]]:
    partners = {hall.name: hall.partner for hall in halls}
    return {scope: one.document for one in documents if (scope := scope_in(one.scope, partners)) is not None}


async def _objections(
    connection: Connection, halls: Iterable[Hall], before: dict[str, Effective], after: dict[str, Effective]
) -> dict[str, str]:
    """By hall what its gateway would say."""

    async def contents(digests: Iterable[str]) -> dict[str, bytes]:
        return await policy_files.contents(connection, digests)

    candidates = [validation.Candidate(hall.name, hall.zones, after[hall.name]) for hall in halls]
    return await validation.objections(candidates, before.values(), contents)


async def apply(
    connection: Connection,
    wanted: Sequence[Wanted],
    author: str,
    note: str,
    at: datetime,
    stages: Sequence[Stage] | None = None,
    wait: float | None = None,
    rolls_back: int | None = None,
) -> Applied:
    """Store and bring it to the halls, at once or in stages (``wait``: seconds before the next one begins by itself). In a transaction.
    Raises ``NotValid`` and ``Outdated``; then the transaction is to be rolled back."""
    await policies.lock(connection)
    scopes = [one.scope for one in wanted]
    why = await _conflict(connection, scopes, rolls_back) or await _outdated(connection, wanted)
    if why:
        raise Outdated(why)
    prepared = await _prepare(connection, wanted)
    found = [*prepared.objections, *(f"hall {hall}: {objection}" for hall, objection in prepared.by_hall.items())]
    if found:
        raise NotValid(found)
    serial = await policies.next_serial(connection)
    owner = _owner(wanted)
    kind = "documents" if rolls_back is None else "rollback"
    await policies.add_change(connection, serial, author, kind, note, at, owner, rolls_back)
    for one in wanted:
        await policies.add_document(connection, serial, one.scope.text, one.place, one.document, one.files)
    await _write_down(connection, wanted, author, serial, note, rolls_back)
    if stages is not None:
        try:
            planned = plan(serial, [hall.name for hall in prepared.halls], stages)
        except ValueError as error:
            raise NotValid([str(error)]) from None
        named = {hall.name: hall.id for hall in prepared.halls}
        await policy_rollouts.add(connection, serial, owner, [[named[name] for name in names] for names in planned], wait)
        fresh = await rollouts.release(connection, serial, 1, serial, at)
    else:
        through = dict.fromkeys(prepared.after, serial)
        fresh = await publishing.give(connection, prepared.halls, prepared.after, through, serial, at)
    return Applied(serial=serial, halls=len(prepared.halls), given=fresh, rollout=stages is not None)


async def roll_back(connection: Connection, serial: int, author: str, note: str, at: datetime) -> Applied:
    """Put the documents of a change back to what they were before it, in all halls at once; a roll-out of it ends. In a transaction.
    Raises ``NotValid`` and ``Outdated``."""
    await policies.lock(connection)
    found = await policies.documents_of(connection, serial)
    if not found:
        raise NotValid([f"serial = {serial}: expected a change of documents; vouchers and blocks are withdrawn one by one"])
    wanted = []
    for changed, before in found:
        newest = await policies.document(connection, changed.scope)
        if newest is not None and newest.serial != serial:
            raise Outdated(
                f"{changed.scope} was changed again by {newest.serial}: expected the last change of it: roll that one back first"
            )
        scope, place = await locate(connection, parse(changed.scope))
        wanted.append(
            Wanted(
                scope=scope,
                place=place,
                base=serial,
                document={} if before is None else before.document,
                files={} if before is None else before.files,
            )
        )
    applied = await apply(connection, wanted, author, note, at, rolls_back=serial)
    if await policy_rollouts.rollout(connection, serial) is not None:
        await policy_rollouts.set_state(connection, serial, "rolled-back", f"rolled back by {applied.serial}")
    return applied


class Unknown(Exception):
    """There is no such partner or hall."""


async def locate(connection: Connection, scope: Scope) -> tuple[Scope, Place]:
    """A scope with its partner, and where its rows belong. Raises ``Unknown``."""
    if scope.level is Level.HOST:
        return scope, Place()
    if scope.level is Level.PARTNER:
        partner = await tenants.partner(connection, scope.partner)
        if partner is None:
            raise Unknown(scope.text)
        return scope, Place(partner.id)
    hall = await tenants.hall(connection, scope.hall)
    if hall is None:
        raise Unknown(scope.text)
    return replace(scope, partner=hall.partner), Place(hall.partner_id, hall.id, scope.zone)


def _owner(wanted: Iterable[Wanted]) -> int | None:
    """The partner that alone is concerned; None: the host, or several."""
    owners = {one.place.partner_id for one in wanted}
    return owners.pop() if len(owners) == 1 else None


async def _write_down(
    connection: Connection, wanted: Sequence[Wanted], author: str, serial: int, note: str, rolls_back: int | None
) -> None:
    partners, halls = {one.scope.partner for one in wanted}, {one.scope.hall for one in wanted}
    await audit.write(
        connection,
        author,
        "policy.change" if rolls_back is None else "policy.rollback",
        partner=(partners.pop() or None) if len(partners) == 1 else None,
        hall=(halls.pop() or None) if len(halls) == 1 else None,
        subject=str(serial),
        detail={"scopes": [one.scope.text for one in wanted], "note": note, "rolls_back": rolls_back},
    )


async def _conflict(connection: Connection, scopes: Sequence[Scope], but: int | None = None) -> str:
    """Why nothing can be changed there now."""
    for rollout in await policy_rollouts.rollouts(connection, True):
        if rollout.serial == but:
            continue
        theirs = [(await locate(connection, parse(text)))[0] for text in rollout.scopes]
        shared = [one.text for one in theirs if meet([one], scopes)]  # others are none of this user's business
        if shared:
            return (
                f"the roll-out of change {rollout.serial} ({', '.join(shared)}) has not reached all of its halls: "
                "advance it to its end or roll it back first"
            )
    return ""


async def _outdated(connection: Connection, wanted: Iterable[Wanted]) -> str:
    """Who was quicker."""
    for one in wanted:
        newest = await policies.document(connection, one.scope.text)
        serial = 0 if newest is None else newest.serial
        if one.base is not None and one.base != serial:
            by = f" by {newest.author}" if newest is not None else ""
            return f"base = {one.base}: {one.scope.text} was changed meanwhile{by}: expected {serial}: look at it and change that version"
    return ""
