"""What a monthly report shows, on the page and on paper: words, tiles, tables and pictures, from its values."""

from typing import Any, Final

from msgspec import Struct

from hotspot.hub.console.report_words import FAMILIES, FEEDBACK, OTHER_WARNING, OUTAGES, WARNINGS, ReportWords, shared
from hotspot.hub.reports import charts, months
from hotspot.hub.reports.values import CountedByName, MonthlyReport, SumsOfDays

LONGEST: Final = 500
"""Letters of a note."""
MOST_OUTAGES: Final = 60
"""That are told one by one; the longest ones."""


class Cell(Struct, frozen=True):
    """An hour of the week."""

    visits: int
    shade: int


class Week(Struct, frozen=True):
    """When visitors come: hours across, weekdays down."""

    hours: tuple[int, ...]
    days: tuple[tuple[str, tuple[Cell, ...]], ...]


class Part(Struct, frozen=True):
    """A named part of a whole."""

    words: str
    number: int
    share: float
    of_most: float
    """Its part of the largest one, from 0 to 1."""


def values(report: MonthlyReport, language: str, *, printed: bool = False) -> dict[str, Any]:
    """Everything that the template ``report_body.html`` needs."""
    margins = charts.ROOM if printed else charts.NONE
    words = ReportWords(language)
    outages = report.outages or []
    told = sorted(sorted(outages, key=lambda one: -one.seconds)[:MOST_OUTAGES], key=lambda one: (one.begins, one.hall))
    return {
        "report": report,
        "words": words,
        "month": words.month(report.month),
        "period": words.period(report),
        "sentences": words.sentences(report),
        "printed": printed,
        "days": _days(report, margins),
        "trend": _trend(report, words, margins),
        "week": None if report.hours is None else week(report, words),
        "spoken": _parts(report.languages, words.language),
        "families": _families(report.families, words),
        "feedback": [] if report.feedback is None else _parts(report.feedback.kinds, lambda name: words.by_table(FEEDBACK, name)),
        "outages": [(each, words.by_table(OUTAGES, each.kind), cut(each.note)) for each in told],
        "more_outages": len(outages) - len(told),
        "warnings": [(words.by_table(WARNINGS, each.name, OTHER_WARNING), each.number) for each in report.other_alarms],
        "others": [each for each in (report.before, report.year_before) if each is not None],
        "compared": _compared(report, words),
        "percent_of": lambda share: "" if share is None else words.formats.percent(share.share, 2),
    }


def cut(text: str) -> str:
    """A note that is longer than anybody could have written ends in dots."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _days(report: MonthlyReport, margins: charts.Margins) -> charts.Bars:
    visits = [one.visits for one in report.days]
    most = visits.index(max(visits)) if any(visits) else None
    return charts.bars(visits, [f"{one.day.day}" for one in report.days], most, margins)


def _trend(report: MonthlyReport, words: ReportWords, margins: charts.Margins) -> charts.Bars | None:
    if len(report.months) < 3:
        return None
    firsts = [months.parsed(one.month).first for one in report.months]
    labels = [words.formats.short_month(first) for first in firsts]
    return charts.bars([one.visits for one in report.months], labels, len(labels) - 1, margins)


def week(report: MonthlyReport, words: ReportWords) -> Week | None:
    """Only the hours from the first to the last in which somebody came; None: nobody came."""
    if not report.hours:
        return None
    visits = {(one.weekday, one.hour): one.visits for one in report.hours}
    hours = tuple(range(min(hour for _, hour in visits), max(hour for _, hour in visits) + 1))
    most = max(visits.values())
    days = []
    for weekday in range(1, 8):
        cells = (visits.get((weekday, hour), 0) for hour in hours)
        days.append((words.formats.day_of_week(weekday - 1), tuple(Cell(each, charts.shade(each, most)) for each in cells)))
    return Week(hours, tuple(days))


def _parts(counts: list[CountedByName], named: Any) -> list[Part]:
    most = max((one.number for one in counts), default=1)
    return [Part(named(name), number, share, number / most) for name, number, share in shared(counts)]


def _families(counts: list[CountedByName], words: ReportWords) -> list[Part]:
    """Families that have the same words are one."""
    found: dict[str, int] = {}
    for one in counts:
        name = words.by_table(FAMILIES, one.name, FAMILIES["other"])
        found[name] = found.get(name, 0) + one.number
    merged = sorted((CountedByName(name=name, number=number) for name, number in found.items()), key=lambda one: -one.number)
    return _parts(merged, str)


def _compared(report: MonthlyReport, words: ReportWords) -> list[tuple[str, list[str]]]:
    """Rows of a table: what it is, then this month, the month before and the year before with their changes; those that there are."""
    formats = words.formats
    others = [each for each in (report.before, report.year_before) if each is not None]
    kinds = (
        ("visits", formats.number),
        ("devices", formats.number),
        ("seconds", lambda seconds: formats.number(round(seconds / 3_600))),
        ("bytes", formats.size),
        ("peak", formats.number),
    )
    rows = []
    for name, shown in kinds:
        now = _figure(report.sums, name)
        cells = [shown(now)]
        for other in others:
            then = _figure(other.sums, name)
            cells += [shown(then), words.change(now, then)]
        rows.append((name, cells))
    return rows if others else []


def _figure(sums: SumsOfDays, name: str) -> int:
    return sums.bytes_up + sums.bytes_down if name == "bytes" else int(getattr(sums, name))
