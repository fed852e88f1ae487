"""Figures: how many visitors came, how long they stayed, what they moved. Bytes are bytes, times are seconds, moments ISO 8601.

Numbers are exact when they are asked for, also those of the present hour, and numbers of a hall that was away are entered where they belong
when it comes back. Quarters of an hour, hours and days are kept as long as ``[retention]`` of the hub's settings says.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from hotspot.hub import spans
from hotspot.hub.access import Permission
from hotspot.hub.api.export import MEDIA_TYPE, csv_bytes
from hotspot.hub.api.halls import Name
from hotspot.hub.api.operations import Call, Operation, Raw
from hotspot.hub.api.problems import BadRequest, NotFound
from hotspot.hub.store import Connection, figures, tenants

MOST_POINTS: Final = 20_000
Step = Literal["quarter", "hour", "day", "month"]
When = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?$(?!\n)",
        description="A day such as 2027-01-31, which begins at midnight in the hall, or a moment with an offset.",
    ),
]


class Wanted(Struct, frozen=True, kw_only=True):
    """Which figures of a hall."""

    from_: When | None = msgspec.field(default=None, name="from")
    """Without it: a day of quarters, a week of hours, a month of days, a year of months."""
    to: When | None = None
    """Not part of it; without it: up to now."""
    step: Step = "day"
    by: Literal["none", "zone", "plan", "language", "family"] = "none"
    """What to tell apart. By language and device family there are visits only."""


class WantedOfPartner(Wanted, frozen=True, kw_only=True):
    """Which figures of a town."""

    by: Literal["none", "hall", "zone", "plan", "language", "family"] = "none"  # type: ignore[assignment]  # one more than above


class Point(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The figures of one step (and name)."""

    time: datetime
    """Its beginning."""
    name: str = ""
    """Zone, plan, language, device family or hall; "" when nothing is told apart."""
    visits: int
    """Sessions begun."""
    ended: int | None = None
    """Sessions ended. Missing by language and family, as all below."""
    seconds: int | None = None
    """Time online, over all sessions."""
    bytes_up: int | None = None
    """From visitors to the Internet."""
    bytes_down: int | None = None
    peak: int | None = None
    """Most sessions in progress at once in any one zone and plan."""


class Figures(Struct, frozen=True, kw_only=True):
    """Figures over a time."""

    of: str
    """Hall or partner."""
    time_zone: str
    """Whose days and months these are; a partner's day is the sum of its halls' days."""
    step: str
    by: str
    from_: datetime = msgspec.field(name="from")
    to: datetime
    points: list[Point]
    """By time and name; a step in which nothing happened is missing."""


class Days(Struct, frozen=True, kw_only=True):
    """From when until when."""

    from_: When | None = msgspec.field(default=None, name="from")
    """Without it: a month."""
    to: When | None = None
    """Not part of it; without it: up to today."""


class DevicesOfDay(Struct, frozen=True, kw_only=True):
    """How many different devices came."""

    day: date
    devices: int
    """Counted in the hall, by pseudonyms that end with the day; only the number leaves it. A hall with two gateways counts a device that
    used both twice."""


class OfPartner(Struct, frozen=True, kw_only=True):
    """Which halls."""

    partner: Name | None = None
    """None: of all partners."""


class Now(Struct, frozen=True, kw_only=True):
    """A hall at this moment."""

    hall: str
    title: str
    partner: str
    state: figures.Condition
    """``new``: no gateway, or one that never spoke; ``silent``: not heard of for three minutes; ``faulty``: firewall, journal or Internet
    of a gateway fails, or it tells of another fault."""
    seen_at: datetime | None
    """When its gateway last spoke; of several, the one that has been silent longest."""
    online: int
    """Sessions in progress when it last spoke."""
    warnings: int
    """How many the gateways tell."""
    visits_today: int
    """Sessions begun today, by the calendar of the hall."""
    seconds_today: int
    bytes_up_today: int
    bytes_down_today: int


async def _figures(
    call: Call, connection: Connection, of: str, halls: Sequence[tenants.Hall], zone: ZoneInfo, names: Mapping[str, str]
) -> Figures:
    wanted: Wanted = call.query
    try:
        span = spans.span(wanted.from_, wanted.to, wanted.step, zone, call.hub.now())
    except ValueError as error:
        raise BadRequest(str(error)) from None
    found = await figures.points(connection, [hall.id for hall in halls], span, wanted.step, wanted.by, MOST_POINTS)
    if len(found) > MOST_POINTS:
        raise BadRequest(f"by = {wanted.by!r}: expected at most {MOST_POINTS} points: take larger steps, or less time")
    points = [
        Point(
            time=spans.beginning(point.at, zone),
            name=names.get(point.key, point.key),
            visits=point.visits,
            ended=point.ended,
            seconds=point.seconds,
            bytes_up=point.bytes_up,
            bytes_down=point.bytes_down,
            peak=point.peak,
        )
        for point in found
    ]
    begins, ends = span.begins.astimezone(zone), span.ends.astimezone(zone)
    return Figures(of=of, time_zone=zone.key, step=wanted.step, by=wanted.by, from_=begins, to=ends, points=points)


async def hall_figures(call: Call) -> Figures:
    """Over a time, of one hall."""
    async with call.hub.store.connection() as connection:
        hall = await call.hall(connection)
        return await _figures(call, connection, hall.name, [hall], ZoneInfo(hall.time_zone), {})


async def partner_figures(call: Call) -> Figures:
    """Over a time, of all halls of a town."""
    async with call.hub.store.connection() as connection:
        partner = await call.partner(connection)
        halls = await tenants.halls(connection, partner.name)
        zone = ZoneInfo(halls[0].time_zone if halls else "Europe/Berlin")
        names = {str(hall.id): hall.name for hall in halls} if call.query.by == "hall" else {}
        return await _figures(call, connection, partner.name, halls, zone, names)


def _csv(found: Figures) -> Raw:
    heads = ["time", found.by if found.by != "none" else "name", *Point.__struct_fields__[2:]]
    rows = [[getattr(point, name) for name in Point.__struct_fields__] for point in found.points]
    return Raw(csv_bytes([heads, *rows]), MEDIA_TYPE, f"{found.of}-{found.step}-{found.from_:%Y%m%d}.csv")


async def hall_figures_csv(call: Call) -> Raw:
    """The same for a spreadsheet."""
    return _csv(await hall_figures(call))


async def partner_figures_csv(call: Call) -> Raw:
    """The same for a spreadsheet."""
    return _csv(await partner_figures(call))


async def hall_devices(call: Call) -> list[DevicesOfDay]:
    """By day."""
    wanted: Days = call.query
    async with call.hub.store.connection() as connection:
        hall = await call.hall(connection)
        try:
            span = spans.span(wanted.from_, wanted.to, "day", ZoneInfo(hall.time_zone), call.hub.now())
        except ValueError as error:
            raise BadRequest(str(error)) from None
        found = await figures.devices(connection, hall.id, span.first, span.last)
    return [DevicesOfDay(day=one.day, devices=one.devices) for one in found]


def now_of(hall: tenants.Hall, day: figures.Today | None, gateways: figures.Seen | None, now: datetime) -> Now:
    """A hall with its day so far and what its gateways said last."""
    return Now(
        hall=hall.name,
        title=hall.title,
        partner=hall.partner,
        state=gateways.condition(now) if gateways else "new",
        seen_at=gateways.seen_at if gateways else None,
        online=gateways.online if gateways else 0,
        warnings=gateways.warnings if gateways else 0,
        visits_today=day.visits if day else 0,
        seconds_today=day.seconds if day else 0,
        bytes_up_today=day.bytes_up if day else 0,
        bytes_down_today=day.bytes_down if day else 0,
    )


async def now_figures(call: Call) -> list[Now]:
    """All halls that this user may see, by name."""
    query: OfPartner = call.query
    now = call.hub.now()
    async with call.hub.store.transaction(snapshot=True) as connection:
        partner = call.within(query.partner)
        if partner is not None and await tenants.partner(connection, partner) is None:
            raise NotFound(f"partner = {partner!r}: expected the name of a partner")
        halls = [hall for hall in await tenants.halls(connection, partner) if hall.closed_at is None]
        ids = [hall.id for hall in halls]
        today, seen = await figures.today(connection, ids, now), await figures.seen(connection, ids)
    return [now_of(hall, today.get(hall.id), seen.get(hall.id), now) for hall in halls]


_SEE = Permission.SEE
OPERATIONS = (
    Operation(
        name="showFiguresNow", method="GET", path="/figures/now", summary="All halls at this moment", subject="figures",
        permission=_SEE, handler=now_figures, query=OfPartner, reply=list[Now],
    ),
    Operation(
        name="showHallFigures", method="GET", path="/halls/{hall}/figures", summary="Figures of a hall over a time", subject="figures",
        permission=_SEE, handler=hall_figures, query=Wanted, reply=Figures,
    ),
    Operation(
        name="exportHallFigures", method="GET", path="/halls/{hall}/figures.csv", summary="The same as CSV", subject="figures",
        permission=_SEE, handler=hall_figures_csv, query=Wanted, reply=Raw, media_type=MEDIA_TYPE,
    ),
    Operation(
        name="showHallDevices", method="GET", path="/halls/{hall}/devices", summary="Different devices of a hall by day", subject="figures",
        permission=_SEE, handler=hall_devices, query=Days, reply=list[DevicesOfDay],
    ),
    Operation(
        name="showPartnerFigures", method="GET", path="/partners/{partner}/figures", summary="Figures of a town over a time",
        subject="figures", permission=_SEE, handler=partner_figures, query=WantedOfPartner, reply=Figures,
    ),
    Operation(
        name="exportPartnerFigures", method="GET", path="/partners/{partner}/figures.csv", summary="The same as CSV", subject="figures",
        permission=_SEE, handler=partner_figures_csv, query=WantedOfPartner, reply=Raw, media_type=MEDIA_TYPE,
    ),
)  # fmt: skip
