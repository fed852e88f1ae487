"""Alarms: what is amiss now and who sees to it, and what was amiss before."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import alarms, overview
from hotspot.hub.api.problems import BadRequest, Conflict
from hotspot.hub.console.alarm_words import meaning, means
from hotspot.hub.console.gateway_words import SEVERITIES
from hotspot.hub.console.hall_words import line, number
from hotspot.hub.console.kinds import KINDS
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

PAGE: Final = 50
"""Alarms on one page."""
PAST: Final = 25
"""The same of past ones."""
SPANS: Final = {7: N_("Last 7 days"), 30: N_("Last 30 days"), 90: N_("Last 90 days"), 365: N_("Last year")}
"""Days of past alarms that can be chosen."""
SPAN: Final = 30
NOTE: Final = 500
"""Letters of a note."""


class Trouble(Struct, frozen=True):
    """What was wrong with a form about one alarm."""

    alarm: int
    note: str
    """As it was typed."""
    wrong: str


async def show(visit: Visit) -> web.StreamResponse:
    """Those in force."""
    return await _in_force(visit)


async def _in_force(visit: Visit, trouble: Trouble | None = None, status: int = 200) -> web.Response:
    seen = await visit.ask(overview.show_overview)
    chosen = _chosen(visit, seen)
    found = await visit.ask(alarms.list_alarms, query=_asked(chosen))
    first = _first(visit.query.get("from", ""), len(found))
    counts = [
        (sign, visit.text(words), number(sum(1 for alarm in found if alarm.severity == key), visit.language))
        for key, (sign, words) in SEVERITIES.items()
    ]
    return visit.page(
        "alarms.html",
        status=status,
        **_shared(visit, seen, chosen),
        alarms=found[first : first + PAGE],
        counts=counts,
        before=_address("/alarms", chosen, first - PAGE) if first else "",
        after=_address("/alarms", chosen, first + PAGE) if first + PAGE < len(found) else "",
        trouble=trouble,
        may_acknowledge=visit.may(alarms.acknowledge_alarm),
        meaning=meaning,
        means=means,
    )


async def acknowledge(visit: Visit) -> web.StreamResponse:
    """Somebody sees to it."""
    number_, note = visit.path["alarm"], visit.form.text("note")
    try:
        await visit.ask(alarms.acknowledge_alarm, {"note": note}, alarm=number_)
    except Conflict:
        wrong = visit.text("This alarm has ended meanwhile: there is nothing left to do.")
        return await _in_force(visit, Trouble(0, "", wrong), status=409)
    except BadRequest:
        wrong = visit.text("Please use at most %(most)s letters.", most=NOTE)
        return await _in_force(visit, Trouble(int(number_), note, wrong), status=400)
    return visit.redirect("/alarms", done=visit.text("Noted: you see to it."))


async def past(visit: Visit) -> web.StreamResponse:
    """Those that have ended."""
    seen = await visit.ask(overview.show_overview)
    chosen = _chosen(visit, seen)
    days = next((days for days in SPANS if f"{days}" == visit.query.get("days")), SPAN)
    query: dict[str, Any] = {**_asked(chosen), "since": visit.hub.now() - timedelta(days=days), "limit": PAST + 1}
    before = visit.query.get("before", "")
    if before.isascii() and before.isdecimal() and int(before[:18]) > 0:
        query["before"] = int(before[:18])
    found = await visit.ask(alarms.list_past_alarms, query=query)
    more = {**chosen, "days": f"{days}", "before": f"{found[PAST - 1].id}"} if len(found) > PAST else {}
    return visit.page(
        "alarms_past.html",
        **_shared(visit, seen, chosen),
        alarms=found[:PAST],
        days=f"{days}",
        spans=[(f"{each}", visit.text(words)) for each, words in SPANS.items()],
        newest="before" not in query,
        after=f"/alarms/past?{urlencode({key: value for key, value in more.items() if value})}" if more else "",
    )


def _chosen(visit: Visit, seen: overview.Overview) -> dict[str, str]:
    """Town and kind that the address names; what is not there is left out."""
    kind, town = visit.query.get("kind", ""), visit.query.get("town", "")
    return {"kind": kind if kind in KINDS else "", "town": town if visit.who.partner is None and town in seen.towns else ""}


def _asked(chosen: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in (("kind", chosen["kind"]), ("partner", chosen["town"])) if value}


def _shared(visit: Visit, seen: overview.Overview, chosen: Mapping[str, str]) -> dict[str, Any]:
    towns = sorted(seen.towns.items(), key=lambda one: one[1].casefold()) if visit.who.partner is None else []
    kinds: Sequence[tuple[str, str]] = sorted(((key, visit.text(words)) for key, words in KINDS.items()), key=lambda one: one[1].casefold())
    return {
        "chosen": chosen,
        "glance": seen.number,
        "titles": {hall.hall: hall.title for hall in seen.halls},
        "towns": [("", visit.text("All towns")), *towns] if towns else [],
        "kinds": [("", visit.text("All kinds")), *kinds],
        "kind_names": dict(kinds),
        "severities": SEVERITIES,
        "line": lambda alarm: line(alarm.kind, alarm.detail, alarm.subject, visit.language),
    }


def _first(text: str, count: int) -> int:
    first = int(text[:9]) // PAGE * PAGE if text.isascii() and text.isdecimal() else 0
    return first if first < count else 0


def _address(path: str, chosen: Mapping[str, str], first: int) -> str:
    given = {key: value for key, value in {**chosen, "from": f"{first}" if first else ""}.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


PAGES = (
    Page(name="alarms", method="GET", path="/alarms", permission=Permission.SEE, handler=show),
    Page(
        name="alarms.acknowledge", method="POST", path="/alarms/{alarm}/acknowledge", permission=Permission.OPERATE, handler=acknowledge,
    ),
    Page(name="alarms.past", method="GET", path="/alarms/past", permission=Permission.SEE, handler=past),
)  # fmt: skip
