"""One hall, as its page at the console shows it: how it is now, and who its visitors of some time were."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from hotspot.hub import spans
from hotspot.hub.access import Permission
from hotspot.hub.api.figures import Now, Step, When, now_of
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest
from hotspot.hub.store import figures, shares

MOST: Final = 100
"""Names of a kind that are told apart; the others are in the sum ``visits`` only."""


class Over(Struct, frozen=True, kw_only=True):
    """Over which time; the same as for figures of that step."""

    from_: When | None = msgspec.field(default=None, name="from")
    to: When | None = None
    """Not part of it; without it: up to now."""
    step: Step = "day"


class Share(Struct, frozen=True, kw_only=True):
    """How many of the visits have a name."""

    name: str
    """Zone, plan, language (``?``: not known) or device family."""
    visits: int


class Shares(Struct, frozen=True, kw_only=True):
    """Visits of a time by what they have in common, the most frequent first."""

    of: str
    from_: datetime = msgspec.field(name="from")
    to: datetime
    visits: int
    """All of them."""
    zones: list[Share]
    plans: list[Share]
    languages: list[Share]
    families: list[Share]


async def show_now(call: Call) -> Now:
    """One hall; also one that is closed."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        hall = await call.hall(connection)
        today = await figures.today(connection, [hall.id], call.hub.now())
        seen = await figures.seen(connection, [hall.id])
    return now_of(hall, today.get(hall.id), seen.get(hall.id), call.hub.now())


async def show_shares(call: Call) -> Shares:
    """By zone, plan, language and device family at once."""
    wanted: Over = call.query
    async with call.hub.store.connection() as connection:
        hall = await call.hall(connection)
        zone = ZoneInfo(hall.time_zone)
        try:
            span = spans.span(wanted.from_, wanted.to, wanted.step, zone, call.hub.now())
        except ValueError as error:
            raise BadRequest(str(error)) from None
        found = await shares.of_hall(connection, hall.id, span, wanted.step, MOST)
    kinds = {kind: [Share(name=one.name, visits=one.visits) for one in found if one.kind == kind] for kind in shares.KINDS}
    return Shares(
        of=hall.name,
        from_=span.begins.astimezone(zone),
        to=span.ends.astimezone(zone),
        visits=sum(one.visits for one in found if one.kind == "all"),
        zones=kinds["zone"],
        plans=kinds["plan"],
        languages=kinds["language"],
        families=kinds["family"],
    )


OPERATIONS = (
    Operation(
        name="showHallNow", method="GET", path="/halls/{hall}/now", summary="One hall at this moment", subject="figures",
        permission=Permission.SEE, handler=show_now, reply=Now,
    ),
    Operation(
        name="showHallShares", method="GET", path="/halls/{hall}/figures/shares", summary="A hall's visits by zone, plan, language, device",
        subject="figures", permission=Permission.SEE, handler=show_shares, query=Over, reply=Shares,
    ),
)  # fmt: skip
