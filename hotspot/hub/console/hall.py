"""One hall: how it is now, and who used it on a day, in a month or in a year."""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import figures, halls
from hotspot.hub.api.halls import Hall
from hotspot.hub.api.problems import BadRequest
from hotspot.hub.console.alarm_words import meaning, means
from hotspot.hub.console.gateway_words import SEVERITIES
from hotspot.hub.console.hall_looks import FIRST, TITLES, looks_of
from hotspot.hub.console.hall_now import moment_of
from hotspot.hub.console.hall_past import past_of
from hotspot.hub.console.hall_spans import Look, look
from hotspot.hub.console.hall_words import line
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.together import together
from hotspot.hub.console.visits import Visit

_WORDS: Final[Mapping[str, Any]] = {"severities": SEVERITIES, "meaning": meaning, "means": means, "line": line, "of_looks": TITLES}
"""For alarms."""
SPANS: Final = {"day": N_("Day"), "month": N_("Month"), "year": N_("Year")}


async def show(visit: Visit) -> web.StreamResponse:
    """The page."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    looked = _looked(visit, hall)
    moment, past = await together(moment_of(visit, hall), past_of(visit, hall, looked))
    town = await visit.ask(halls.show_partner, partner=hall.partner)
    values: dict[str, Any] = {"hall": hall, "town": town, "tab": "overview", "moment": moment, "past": past, "spans": SPANS}
    values["looks"] = await looks_of(visit, [box.gateway for box in moment.boxes])
    values["shown_first"] = FIRST
    return visit.page("hall.html", **_WORDS, **values)


async def show_now(visit: Visit) -> web.StreamResponse:
    """The part of the page that is about this moment, for a page that is open."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    return visit.page("hall_now.html", hall=hall, moment=await moment_of(visit, hall), **_WORDS)


async def export(visit: Visit) -> web.StreamResponse:
    """The figures of the time as a table for a spreadsheet."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    looked = _looked(visit, hall)
    return await visit.file(await visit.ask(figures.hall_figures_csv, query=looked.query, hall=hall.name))


def _looked(visit: Visit, hall: Hall) -> Look:
    today = visit.hub.now().astimezone(ZoneInfo(hall.time_zone)).date()
    try:
        return look(visit.query.get("span", ""), visit.query.get("at", ""), today)
    except ValueError as error:
        raise BadRequest(str(error)) from None


PAGES = (
    Page(name="hall", method="GET", path="/halls/{hall}", permission=Permission.SEE, handler=show),
    Page(name="hall.now", method="GET", path="/halls/{hall}/now", permission=Permission.SEE, handler=show_now, is_file=True),
    Page(name="hall.figures", method="GET", path="/halls/{hall}/figures.csv", permission=Permission.SEE, handler=export, is_file=True),
)
