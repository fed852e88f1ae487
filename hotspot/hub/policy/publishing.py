"""What halls are given: made from documents and items when one of them changes, so that a gateway's question is one row."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec

from hotspot.hub.policy.scopes import Scope, reaches
from hotspot.hub.policy.sources import Effective, Sources, scope_in
from hotspot.hub.store import Connection, policies, policy_items, policy_rollouts
from hotspot.hub.store.policies import Hall, Publication
from hotspot.hub.store.pool import notify

SIGNAL = "policy"
"""Notification: some halls are given something else. Which, polls find out in one query."""

AT_ONCE = 100
"""Halls whose policy is written in one statement: more of them at once would only take memory."""


async def reached(connection: Connection, scopes: Sequence[Scope], ids: "Ids") -> list[Hall]:
    """The halls that scopes reach. ``ids``: of their partners and halls."""
    if any(scope.text == "host" for scope in scopes):
        return await policies.halls(connection)
    return await policies.halls(connection, ids.partners, ids.halls)


class Ids(msgspec.Struct, frozen=True):
    """Of partners and of single halls."""

    partners: tuple[int, ...] = ()
    halls: tuple[int, ...] = ()


async def sources(connection: Connection, halls: Sequence[Hall], through: int | None = None) -> Sources:
    """What goes for these halls with documents up to a change (None: with all)."""
    partners, ids = sorted({hall.partner_id for hall in halls}), [hall.id for hall in halls]
    return Sources(
        await policies.documents(connection, through, partners, ids),
        await policy_items.wanted(connection, partners, ids),
    )


async def starts(connection: Connection, halls: Iterable[Hall]) -> dict[str, int]:
    """By hall up to which change documents go for it. A hall that is new begins with all there is, but with what a roll-out has not brought
    to all of its halls."""
    last = await policies.last_document_serial(connection)
    unfinished = await policy_rollouts.rollouts(connection, True)
    result = {}
    for hall in halls:
        open_ones = [one.serial for one in unfinished if reaches_hall(one.scopes, hall)]
        result[hall.name] = min([last, *(serial - 1 for serial in open_ones)]) if hall.through is None else hall.through
    return result


def reaches_hall(scopes: Iterable[str], hall: Hall) -> bool:
    """Does one of these scopes go for a hall, or for a zone of it?"""
    partners = {hall.name: hall.partner}
    target = scope_in(f"hall/{hall.name}", partners)
    assert target is not None
    found = [scope for text in scopes if (scope := scope_in(text, partners)) is not None]
    return any(reaches(scope, target) or scope.hall == hall.name for scope in found)


async def present(connection: Connection, halls: Sequence[Hall]) -> dict[str, Effective]:
    """By hall what goes for it now."""
    result: dict[str, Effective] = {}
    begins = await starts(connection, halls)
    for through in sorted(set(begins.values())):
        there = [hall for hall in halls if begins[hall.name] == through]
        found = await sources(connection, there, through)
        result.update({hall.name: found.of(hall.name, hall.partner) for hall in there})
    return result


async def give(
    connection: Connection, halls: Sequence[Hall], wanted: dict[str, Effective], through: dict[str, int], serial: int, at: datetime
) -> int:
    """Give each hall what is wanted for it; how many have had something else. Gateways are told when the transaction is committed."""
    fresh = 0
    for first in range(0, len(halls), AT_ONCE):
        some = [_publication(hall, wanted[hall.name]) for hall in halls[first : first + AT_ONCE]]
        fresh += len(await policies.publish(connection, serial, at, some))
    for number in sorted(set(through.values())):
        await policies.see_through(connection, [hall.id for hall in halls if through[hall.name] == number], number)
    if fresh:
        await notify(connection, SIGNAL)
    return fresh


def _publication(hall: Hall, wanted: Effective) -> Publication:
    settings, files = msgspec.json.encode(wanted.settings), msgspec.json.encode(wanted.files)
    return Publication(hall.id, sha256(settings + b"\0" + files).digest(), settings, files)


async def begin(connection: Connection, hall_id: int, at: datetime) -> None:
    """A hall that has not been given anything yet is given what there is, when there is anything at all. In a transaction."""
    await policies.lock(connection)
    halls = await policies.halls(connection, (), (hall_id,))
    if not halls or halls[0].through is not None:
        return  # it is closed, or somebody else was quicker
    through = await starts(connection, halls)
    await give(connection, halls, await present(connection, halls), through, await policies.next_serial(connection), at)
