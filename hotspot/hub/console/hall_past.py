"""A hall on a day, in a month or in a year: its figures as charts, and who its visitors were."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from hotspot.hub.api import figures, hall_figures
from hotspot.hub.api.halls import Hall
from hotspot.hub.console import hall_charts
from hotspot.hub.console.gateway_words import FAMILIES
from hotspot.hub.console.hall_charts import Series
from hotspot.hub.console.hall_plans import plan_titles
from hotspot.hub.console.hall_spans import Look, steps
from hotspot.hub.console.texts import N_
from hotspot.hub.console.together import together
from hotspot.hub.console.visits import Visit

TITLES: Final = {"visits": N_("Visits"), "peak": N_("Most online at once"), "volume": N_("Volume")}


class Chart(Struct, frozen=True, kw_only=True):
    """One chart with its words."""

    series: Series
    title: str
    summary: str
    picture: hall_charts.Picture
    words: list[str]
    """Each value; "" of a step that has not begun."""
    scale: tuple[str, str, str]
    """At the upper edge, half-way, and at the bottom."""


class Past(Struct, frozen=True, kw_only=True):
    """The figures of the time that somebody looks at."""

    look: Look
    title: str
    at: date
    """Today when it is part of that time, else the first day: where another span leads to."""
    before: date | None
    after: date | None
    charts: list[Chart]
    labels: list[str]
    """Of each step, short."""
    names: list[str]
    """Of each step, whole."""
    marks: tuple[int, ...]
    visits: int
    seconds: int
    volume: int
    days: list[date]
    """Of each step, its first day."""
    devices: dict[date, int]
    shares: list[tuple[str, list[tuple[str, int, float]]]]

    @property
    def data(self) -> dict[str, Any]:
        """For the script that draws the charts."""
        charts = {
            chart.series.name: {
                "values": chart.series.values,
                "words": chart.words,
                "scale": chart.scale,
                "ceiling": chart.picture.ceiling,
            }
            for chart in self.charts
        }
        return {"labels": self.labels, "names": self.names, "marks": self.marks, "charts": charts}


async def past_of(visit: Visit, hall: Hall, looked: Look) -> Past:
    """The figures of that time, with their charts."""
    zone, now = ZoneInfo(hall.time_zone), visit.hub.now()
    query = looked.query
    found, apart, devices, plans = await together(
        visit.ask(figures.hall_figures, query=query, hall=hall.name),
        visit.ask(hall_figures.show_shares, query=query, hall=hall.name),
        visit.ask(figures.hall_devices, query={"from": query["from"], "to": query["to"]}, hall=hall.name),
        plan_titles(visit, hall.name),
    )
    begins = steps(looked, zone)
    labels, names = _named(visit, looked, begins)
    today = now.astimezone(zone).date()
    return Past(
        look=looked,
        title=_title(visit, looked),
        at=today if looked.first <= today < looked.last else looked.first,
        before=looked.before,
        after=looked.after(today),
        charts=[_chart(visit, one, names) for one in hall_charts.series(found.points, begins, now)],
        labels=labels,
        names=names,
        marks=hall_charts.labelled(len(labels)),
        visits=sum(point.visits for point in found.points),
        seconds=sum(point.seconds or 0 for point in found.points),
        volume=sum((point.bytes_up or 0) + (point.bytes_down or 0) for point in found.points),
        days=[begin.date() for begin in begins],
        devices={one.day: one.devices for one in devices},
        shares=_shares(visit, apart, plans),
    )


def _title(visit: Visit, looked: Look) -> str:
    match looked.span:
        case "day":
            return visit.formats.weekday(looked.first)
        case "month":
            return visit.formats.month(looked.first)
    return str(looked.first.year)


def _named(visit: Visit, looked: Look, begins: list[datetime]) -> tuple[list[str], list[str]]:
    """Short and whole names of steps."""
    formats = visit.formats
    match looked.step:
        case "hour":
            ends = [*begins[1:], datetime.combine(looked.last, time(), begins[0].tzinfo)]
            whole = [f"{begin:%H:%M}–{end:%H:%M}" for begin, end in zip(begins, ends, strict=True)]
            return [f"{begin:%H}" for begin in begins], whole
        case "day":
            return [f"{begin.day}." if visit.language == "de" else str(begin.day) for begin in begins], [
                formats.short_weekday(begin.date()) for begin in begins
            ]
    return [formats.short_month(begin.date()) for begin in begins], [formats.month(begin.date()) for begin in begins]


def _chart(visit: Visit, one: Series, names: list[str]) -> Chart:
    formats = visit.formats
    said = formats.size if one.unit == "size" else formats.number
    drawn = hall_charts.picture(one)
    if not one.top:
        summary = visit.text(N_("None in this time."))
    else:
        values = {"total": said(one.total), "top": said(one.top), "when": names[one.top_at]}
        text = N_("The most: %(top)s (%(when)s).") if one.name == "peak" else N_("%(total)s in all; the most: %(top)s (%(when)s).")
        summary = visit.text(text, **values)
    return Chart(
        series=one,
        title=visit.text(TITLES[one.name]),
        summary=summary,
        picture=drawn,
        words=["" if value is None else said(value) for value in one.values],
        scale=(said(drawn.ceiling), said(drawn.ceiling // 2), "0"),
    )


def _shares(visit: Visit, apart: hall_figures.Shares, plans: dict[str, str]) -> list[tuple[str, list[tuple[str, int, float]]]]:
    """Heading, and rows of name, visits and percent."""

    def rows(found: list[hall_figures.Share], name: Callable[[str], str]) -> list[tuple[str, int, float]]:
        whole = sum(one.visits for one in found)
        return [(name(one.name), one.visits, hall_charts.share(one.visits, whole)) for one in found]

    say, formats = visit.text, visit.formats
    unknown = say(N_("not known"))
    return [
        (say(N_("By zone")), rows(apart.zones, str)),
        (say(N_("By plan")), rows(apart.plans, lambda name: plans.get(name, name))),
        (
            say(N_("By language of the page")),
            rows(apart.languages, lambda code: unknown if code in ("?", "und") else formats.language_name(code)),
        ),
        (say(N_("By kind of device")), rows(apart.families, lambda name: say(FAMILIES.get(name, name)))),
    ]
