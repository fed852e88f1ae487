"""Monthly reports: a town's month for people who decide, as values, as a table and as a document to be printed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.export import MEDIA_TYPE, csv_bytes
from hotspot.hub.api.operations import Call, Operation, Raw
from hotspot.hub.api.printing import PDF, Busy, NotInstalled, PrintFailed, TookTooLong, printed
from hotspot.hub.api.problems import NotFound
from hotspot.hub.reports import making, months
from hotspot.hub.reports.availability import SERVING, Stretch, Trouble, together
from hotspot.hub.reports.making import DayRow, HallRow, Judged
from hotspot.hub.reports.months import Days, Month
from hotspot.hub.reports.values import ComparedWith, CountedByName, FeedbackOfReport, MonthlyReport, SumsOfDays, VisitsOfMonth
from hotspot.hub.store import Connection, monthly, tenants
from hotspot.printing.prints import PagePrint

LANGUAGES: Final = 8
"""Told by name; the others are one."""
TREND: Final = 13
"""Months that are shown side by side."""


class ReportedMonth(Struct, frozen=True, kw_only=True):
    """A month that there is a report of."""

    month: str
    """As ``2026-10``."""
    partial: bool
    """It is not over: the report ends with yesterday."""


class ReportLanguage(Struct, frozen=True, kw_only=True):
    """In which language."""

    language: Literal["de", "en"] = "de"


async def list_reports(call: Call) -> list[ReportedMonth]:
    """The months of a town, the newest first: as far back as figures are kept."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        town = await _town(call, connection)
    return [ReportedMonth(month=str(month), partial=month.last >= town.today) for month in town.months]


async def show_report(call: Call) -> MonthlyReport:
    """One month, of which a day at least is over; of the month that goes on, the days up to yesterday."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        town = await _town(call, connection)
        month = months.parsed(call.path["month"])
        if month not in town.months:
            kept = f", one of {town.months[-1]} to {town.months[0]}" if town.months else ": there are no figures yet"
            raise NotFound(f"month = {call.path['month']!r}: expected a month with a day that is over and figures{kept}")
        return await _Making(call, connection, town, month).report()


async def export_report(call: Call) -> Raw:
    """One line for each hall and, at last, one for the town. Availability is a share from 0 to 1; times are seconds, sizes bytes."""
    report = await show_report(call)
    last = ("", report.title, report.sums, report.availability)
    lines = [(hall.hall, hall.title, hall.sums, hall.availability) for hall in report.halls]
    names = SumsOfDays.__struct_fields__
    rows: list[Sequence[object]] = [
        ("partner", "month", "from", "to", "hall", "title", *names, "availability", "measured_seconds", "away_seconds", "outages")
    ]
    for hall, title, sums, share in (*lines, last):
        known = (None,) * 4 if share is None else (round(share.share, 6), share.measured, share.away, share.outages)
        days = (report.from_.isoformat(), report.to.isoformat())
        rows.append((report.partner, report.month, *days, hall, title, *(getattr(sums, name) for name in names), *known))
    return Raw(csv_bytes(rows), MEDIA_TYPE, f"{report.partner}-{report.month}.csv")


async def print_report(call: Call) -> Raw:
    """The report in words and pictures, as a tagged PDF."""
    from hotspot.hub.console import report_document  # it draws pages, and pages ask operations

    wanted: ReportLanguage = call.query
    document = report_document.html(await show_report(call), wanted.language)
    content = await printed(call, PagePrint(html=document, variant="pdf/ua-1"))
    return Raw(content, PDF, f"{call.path['partner']}-{call.path['month']}.pdf")


class _Town(Struct, frozen=True, kw_only=True):
    """Whose report it is."""

    partner: tenants.Partner
    halls: tuple[HallRow, ...]
    zone: ZoneInfo
    """Whose calendar it is: that of its first hall."""
    today: date
    first: date | None
    """The first day with figures that is still kept."""
    months: tuple[Month, ...]
    """With a report, the newest first."""

    @property
    def ids(self) -> list[int]:
        """Of its halls."""
        return [hall.id for hall in self.halls]

    def moments(self, days: Days) -> Stretch:
        """The days from midnight to midnight."""
        begins, ends = (datetime.combine(day, time(), self.zone).astimezone(UTC) for day in (days.first, days.after))
        return Stretch(begins, ends)


async def _town(call: Call, connection: Connection) -> _Town:
    partner = await call.partner(connection)
    halls = await tenants.halls(connection, partner.name)
    zone = ZoneInfo(halls[0].time_zone if halls else "Europe/Berlin")
    today = call.hub.now().astimezone(zone).date()
    first = await monthly.first_day(connection, [hall.id for hall in halls])
    rows = tuple(HallRow(**{name: getattr(hall, name) for name in HallRow.__struct_fields__}) for hall in halls)
    return _Town(partner=partner, halls=rows, zone=zone, today=today, first=first, months=tuple(months.there(first, today)))


class _Making:
    """One report in the making, all of it of one snapshot."""

    def __init__(self, call: Call, connection: Connection, town: _Town, month: Month) -> None:
        self._now, self._kept = call.hub.now(), call.hub.settings.retention
        self._connection, self._town, self._month = connection, town, month
        self._days = months.days_of(month, town.today)
        self._whole = town.moments(self._days)

    async def report(self) -> MonthlyReport:
        town, days = self._town, self._days
        where = self._connection, town.ids, days, self._whole
        rows = await monthly.days(*where)
        devices = await monthly.devices(self._connection, town.ids, days)
        troubles = await monthly.troubles(self._connection, town.ids, self._whole) if self._is_kept(self._kept.alarms) else None
        judged = {} if troubles is None else await self._judged(troubles)
        of_hall: dict[int, list[DayRow]] = {}
        for row in rows:
            of_hall.setdefault(row.hall_id, []).append(row)
        outages = sorted((each for one in judged.values() for each in one.outages), key=lambda one: (one.begins, one.hall))
        return MonthlyReport(
            partner=town.partner.name,
            title=town.partner.title,
            month=str(self._month),
            from_=days.first,
            to=days.last,
            partial=days.last < self._month.last,
            time_zone=town.zone.key,
            made_at=self._now,
            sums=making.summed(rows, sum(devices.values())),
            before=await self._compared(self._month.before),
            year_before=await self._compared(self._month.year_before),
            days=making.by_day(rows, days),
            months=await self._trend(),
            hours=await monthly.hours_of_week(*where) if self._is_kept(self._kept.hours) else None,
            languages=making.ranked(await monthly.visits_by(*where, "language"), LANGUAGES),
            families=making.ranked(await monthly.visits_by(*where, "family")),
            halls=making.halls_of(town.halls, of_hall, devices, judged, days),
            availability=together(one.availability for one in judged.values()),
            outages=None if troubles is None else outages,
            other_alarms=_others(troubles or ()),
            feedback=await self._feedback(),
        )

    def _is_kept(self, seconds: float) -> bool:
        """Is all of the month younger than that?"""
        return (self._now - self._whole.begins).total_seconds() <= seconds

    async def _judged(self, troubles: Sequence[Trouble]) -> dict[int, Judged]:
        presences = await monthly.presences(self._connection, self._town.ids)
        return {
            hall.id: making.judged(
                hall,
                [each for each in presences if each.hall_id == hall.id],
                [each for each in troubles if each.hall_id == hall.id],
                self._days,
                self._now,
            )
            for hall in self._town.halls
        }

    async def _compared(self, month: Month) -> ComparedWith | None:
        days = months.compared(self._days, month)
        if self._town.first is None or days.first < self._town.first:
            return None
        rows = await monthly.days(self._connection, self._town.ids, days, self._town.moments(days))
        devices = await monthly.devices(self._connection, self._town.ids, days)
        return making.comparison(str(month), days, making.summed(rows, sum(devices.values())), self._town.first)

    async def _trend(self) -> list[VisitsOfMonth]:
        """This month and those before it, as far as there are figures."""
        assert self._town.first is not None  # there is a report
        wanted = [self._month]
        while len(wanted) < TREND and wanted[0] > months.of(self._town.first):
            wanted.insert(0, wanted[0].before)
        days = Days(wanted[0].first, self._days.last)
        found = await monthly.visits_by_month(self._connection, self._town.ids, days, self._town.moments(days))
        return [VisitsOfMonth(month=str(month), visits=found.get(month.first, 0)) for month in wanted]

    async def _feedback(self) -> FeedbackOfReport | None:
        if not self._is_kept(self._kept.feedback):
            return None
        return making.feedback(await monthly.feedback(self._connection, self._town.ids, self._whole))


def _others(troubles: Sequence[Trouble]) -> list[CountedByName]:
    """Alarms that visitors did not notice, without notices."""
    counts: dict[str, int] = {}
    for trouble in troubles:
        if trouble.kind not in SERVING and trouble.severity != "notice":
            counts[trouble.kind] = counts.get(trouble.kind, 0) + 1
    return making.ranked(counts)


_SUBJECT, _SEE = "reports", Permission.SEE
_PATH = "/partners/{partner}/reports/{month}"
OPERATIONS = (
    Operation(
        name="listMonthlyReports", method="GET", path="/partners/{partner}/reports", summary="The months of a town", subject=_SUBJECT,
        permission=_SEE, handler=list_reports, reply=list[ReportedMonth],
    ),
    Operation(
        name="showMonthlyReport", method="GET", path=_PATH, summary="A town's month", subject=_SUBJECT,
        permission=_SEE, handler=show_report, reply=MonthlyReport,
    ),
    Operation(
        name="exportMonthlyReport", method="GET", path=f"{_PATH}/csv", summary="The same as CSV, by hall", subject=_SUBJECT,
        permission=_SEE, handler=export_report, reply=Raw, media_type=MEDIA_TYPE,
    ),
    Operation(
        name="printMonthlyReport", method="GET", path=f"{_PATH}/pdf", summary="The same as PDF, in words and pictures", subject=_SUBJECT,
        permission=_SEE, handler=print_report, query=ReportLanguage, reply=Raw, media_type=PDF,
        faults=(Busy, TookTooLong, PrintFailed, NotInstalled),
    ),
)  # fmt: skip
