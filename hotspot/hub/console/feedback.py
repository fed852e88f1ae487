"""Citizens' feedback: an inbox of what visitors told the town, what was done about it and by whom, and all of it as a table."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import feedback, halls
from hotspot.hub.api.problems import BadRequest
from hotspot.hub.console.formats import TIME_ZONE, VISITORS
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.together import together
from hotspot.hub.console.visits import Visit
from hotspot.hub.store.feedback import Message

KINDS: Final = {"idea": N_("Idea"), "complaint": N_("Complaint"), "damage": N_("Damage")}
STATES: Final = {"new": N_("New"), "done": N_("Done"), "all": N_("All")}
_DONE: Final = {"new": "false", "done": "true"}
ON_A_PAGE: Final = 50
LATE: Final = timedelta(hours=1)
"""By which a message came so much later than it was written that it is worth saying."""
GLIMPSE: Final = 400
"""Characters of a message in the list."""
_MAIL: Final = re.compile(r"[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,5}")


class Filter(Struct, frozen=True, kw_only=True):
    """What is wanted, as the address says it; "" and ``all``: everything."""

    state: str = "new"
    partner: str = ""
    hall: str = ""
    kind: str = ""
    language: str = ""
    since: str = ""
    until: str = ""

    def address(self, **other: str) -> str:
        """As part of an address, with something else in it."""
        said = {name: getattr(self, name) for name in self.__struct_fields__} | other
        return urlencode({name: value for name, value in said.items() if value})

    def narrowed(self) -> bool:
        """Is there more to it than the state?"""
        return any(getattr(self, name) for name in self.__struct_fields__ if name != "state")


def _filter(visit: Visit) -> Filter:
    """Raises ``BadRequest``."""
    wanted = Filter(**{name: visit.query[name].strip() for name in Filter.__struct_fields__ if name in visit.query})
    if wanted.state not in STATES:
        raise BadRequest(f"state = {wanted.state[:20]!r}: expected one of {', '.join(STATES)}")
    return wanted


def _query(wanted: Filter) -> dict[str, str]:
    """For the API, without the state. Raises ``BadRequest``."""
    query = {name: value for name in ("partner", "hall", "kind", "language") if (value := getattr(wanted, name))}
    for name in ("since", "until"):
        if text := getattr(wanted, name):
            query[name] = _moment(name, text, timedelta(days=name == "until")).isoformat()
    return query


def _moment(name: str, text: str, later: timedelta) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text) + later, time.min, ZoneInfo(TIME_ZONE))
    except (ValueError, OverflowError):
        raise BadRequest(f"{name} = {text[:20]!r}: expected a day such as 2027-01-31") from None


def _with_state(query: Mapping[str, str], state: str) -> dict[str, str]:
    return {**query, "done": _DONE[state]} if state in _DONE else dict(query)


class Shown(Struct, frozen=True, kw_only=True):
    """A message in the list."""

    message: Message
    text: str
    cut: bool


async def show(visit: Visit) -> web.StreamResponse:
    """The inbox."""
    wanted = _filter(visit)
    query = _query(wanted)
    listed: dict[str, Any] = {**_with_state(query, wanted.state), "limit": ON_A_PAGE + 1}
    if before := visit.query.get("before", ""):
        listed["before"] = before
    found, counts, places, towns = await together(
        visit.ask(feedback.list_feedback, query=listed),
        visit.ask(feedback.count_feedback, query=query),
        visit.ask(halls.list_halls),
        visit.ask(halls.list_partners),
    )
    number = {state: sum(one.messages for one in counts if state == "all" or one.done == (state == "done")) for state in STATES}
    kinds = {kind: sum(one.messages for one in counts if one.kind == kind and not one.done) for kind in KINDS}
    languages = sorted({one.language for one in counts} | {wanted.language} - {""})
    return visit.page(
        "feedback.html",
        wanted=wanted,
        messages=[Shown(message=one, text=one.text[:GLIMPSE], cut=len(one.text) > GLIMPSE) for one in found[:ON_A_PAGE]],
        older=found[ON_A_PAGE - 1].number if len(found) > ON_A_PAGE else None,
        later=bool(before),
        number=number,
        open_kinds=kinds,
        states=STATES,
        kinds=KINDS,
        written=languages,
        halls={hall.name: hall.title for hall in places},
        towns={town.name: town.title for town in towns},
        days=round(visit.hub.settings.retention.feedback / 86_400),
        zones={hall.name: hall.time_zone for hall in places},
    )


async def export(visit: Visit) -> web.StreamResponse:
    """What the filter finds, as a table."""
    wanted = _filter(visit)
    return await visit.file(await visit.ask(feedback.export_feedback, query=_with_state(_query(wanted), wanted.state)))


async def show_message(visit: Visit) -> web.StreamResponse:
    """One message."""
    found = await visit.ask(feedback.show_feedback, message=visit.path["message"])
    return await _message(visit, found, found.note)


async def _message(visit: Visit, message: Message, note: str, wrong: str = "") -> web.Response:
    hall, town = await together(visit.ask(halls.show_hall, hall=message.hall), visit.ask(halls.show_partner, partner=message.partner))
    return visit.page(
        "feedback_message.html",
        400 if wrong else 200,
        message=message,
        hall=hall,
        town=town,
        kinds=KINDS,
        note=note,
        wrong=wrong,
        own_name=VISITORS.get(message.language, ""),
        late=abs(message.at - message.written_at) > LATE,
        mail=message.contact if _MAIL.fullmatch(message.contact) else "",
        erased=message.at + timedelta(seconds=visit.hub.settings.retention.feedback),
    )


async def set_status(visit: Visit) -> web.StreamResponse:
    """It was dealt with, or was not; and what was done."""
    message, note = await visit.ask(feedback.show_feedback, message=visit.path["message"]), visit.form.text("note")
    wanted = visit.form.text("status")
    if wanted not in ("done", "new"):
        raise BadRequest(f"status = {wanted[:20]!r}: expected 'done' or 'new'")
    if len(note) > 500:
        return await _message(visit, message, note, visit.text("Enter at most 500 characters; these are %(count)s.", count=len(note)))
    await visit.ask(feedback.set_feedback, {"done": wanted == "done", "note": note}, message=visit.path["message"])
    if wanted == "done" and message.done_at is None:
        return visit.redirect("/feedback", visit.text("Message %(number)s is done.", number=message.number))
    return visit.redirect(f"/feedback/{message.number}", visit.text("Saved."))


_SEE = Permission.SEE
PAGES = (
    Page(name="feedback", method="GET", path="/feedback", permission=_SEE, handler=show),
    Page(name="feedback.export", method="GET", path="/feedback.csv", permission=_SEE, handler=export, is_file=True),
    Page(name="feedback.message", method="GET", path="/feedback/{message}", permission=_SEE, handler=show_message),
    Page(name="feedback.set", method="POST", path="/feedback/{message}", permission=Permission.OPERATE, handler=set_status),
)
