"""Monthly reports: choose a town and a month; read it, print it, take it along."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import figures, halls, reports
from hotspot.hub.console import report_view
from hotspot.hub.console.formats import TIME_ZONE
from hotspot.hub.console.pages import Page
from hotspot.hub.console.report_words import neighbour
from hotspot.hub.console.visits import Visit
from hotspot.hub.reports import months


async def choose(visit: Visit) -> web.StreamResponse:
    """The months of a town; of several towns the first one unless the query says which."""
    towns = sorted(await visit.ask(halls.list_partners), key=lambda each: (each.left_at is not None, each.title.casefold()))
    wanted = visit.query.get("partner", "")
    town = next((each for each in towns if each.name == wanted), towns[0] if towns else None)
    if wanted and town is not None and town.name != wanted:
        await visit.ask(halls.show_partner, partner=wanted)  # says why not
    found = [] if town is None else await visit.ask(reports.list_reports, partner=town.name)
    today = [] if town is None or found else await visit.ask(figures.now_figures, query={"partner": town.name})
    dated = [(each, months.parsed(each.month).first) for each in found]
    return visit.page(
        "reports.html", towns=towns, town=town, choices=[(each.name, each.title) for each in towns], reports=dated,
        today=today, tomorrow=_tomorrow(visit, [each.hall for each in today], await visit.ask(halls.list_halls)) if today else None,
    )  # fmt: skip


def _tomorrow(visit: Visit, names: Sequence[str], there: Sequence[halls.Hall]) -> date:
    """The first day on which there can be a report: by the calendar of the town's first hall, as reports go."""
    zone = next((hall.time_zone for hall in there if hall.name in names), TIME_ZONE)
    return visit.hub.now().astimezone(ZoneInfo(zone)).date() + timedelta(days=1)


async def show(visit: Visit) -> web.StreamResponse:
    """One month."""
    partner = visit.path["partner"]
    report = await visit.ask(reports.show_report, partner=partner, month=visit.path["month"])
    others = [each.month for each in await visit.ask(reports.list_reports, partner=partner)]
    before, after = (neighbour(others, report.month, step) for step in (-1, 1))
    return visit.page("report.html", area="reports", before=before, after=after, **report_view.values(report, visit.language))


async def download_pdf(visit: Visit) -> web.StreamResponse:
    """In the reader's language."""
    partner, month = visit.path["partner"], visit.path["month"]
    return await visit.file(await visit.ask(reports.print_report, query={"language": visit.language}, partner=partner, month=month))


async def download_csv(visit: Visit) -> web.StreamResponse:
    """Hall by hall."""
    return await visit.file(await visit.ask(reports.export_report, partner=visit.path["partner"], month=visit.path["month"]))


async def download_days(visit: Visit) -> web.StreamResponse:
    """Every day of every hall."""
    partner = visit.path["partner"]
    report = await visit.ask(reports.show_report, partner=partner, month=visit.path["month"])
    span = {"from": report.from_.isoformat(), "to": months.Days(report.from_, report.to).after.isoformat()}
    return await visit.file(await visit.ask(figures.partner_figures_csv, query={**span, "step": "day", "by": "hall"}, partner=partner))


_SEE = Permission.SEE
_REPORT = "/reports/{partner}/{month}"
PAGES = (
    Page(name="reports", method="GET", path="/reports", permission=_SEE, handler=choose),
    Page(name="report", method="GET", path=_REPORT, permission=_SEE, handler=show),
    Page(name="report.pdf", method="GET", path=f"{_REPORT}/pdf", permission=_SEE, handler=download_pdf, is_file=True),
    Page(name="report.csv", method="GET", path=f"{_REPORT}/csv", permission=_SEE, handler=download_csv, is_file=True),
    Page(name="report.days", method="GET", path=f"{_REPORT}/days", permission=_SEE, handler=download_days, is_file=True),
)
