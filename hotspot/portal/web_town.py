"""The town's front door, before and after acceptance: the hall, the directory of services, and telling the town something."""

from typing import Final

from aiohttp import web

from hotspot.portal import formats, town_pages
from hotspot.portal.desk import Refusal, TooMany
from hotspot.portal.face import Access, Ask, Face, OpenRoute, Route
from hotspot.portal.gate import GateError
from hotspot.session.states import State
from hotspot.town.feedback import MAX_BODY, Form, Mistake, message_of, parse_form


async def town(face: Face, request: web.Request) -> web.Response:
    """``/town``: the hall and where to go from here."""
    return face.page(town_pages.town(face.pages, face.reader(request), face.desk.settings, face.desk.now))


async def services(face: Face, request: web.Request) -> web.Response:
    """``/services``: the directory, or what ``q`` finds in it."""
    reader, directory = face.reader(request), face.desk.settings.services
    if not directory:
        return face.problem(reader, "not_found")
    question, group = request.query.get("q", ""), request.query.get("group", "")
    page = town_pages.directory_page(face.pages, reader, face.hall, directory, question, group)
    return face.page(page) if isinstance(page, str) else face.filled(request, page, {})


async def service(face: Face, request: web.Request) -> web.Response:
    """``/services/<id>``: one of them."""
    reader, settings = face.reader(request), face.desk.settings
    entry = settings.services.entries.get(request.match_info["id"])
    if entry is None:
        return face.problem(reader, "not_found")
    return face.page(town_pages.service(face.pages, reader, settings, entry, face.desk.now, online=await _online(face, request)))


async def _online(face: Face, request: web.Request) -> bool:
    """Can whoever asks open links that lead out? Nobody has to be known to read."""
    try:
        visitor = await face.visitor(request)
    except GateError:
        return False
    return visitor is not None and visitor.state is State.ONLINE


async def tell(face: Face, ask: Ask) -> web.Response:
    """``/tell``: the form."""
    if face.desk.settings.feedback is None:
        return face.problem(ask.reader, "not_found")
    return _form(face, ask, Form())


def _form(face: Face, ask: Ask, form: Form, status: int = 200, field: str = "", wrong: str = "") -> web.Response:
    """The form with a fresh token and what was typed."""
    fresh = Form(face.desk.token(ask.visitor), form.kind, form.place, form.text, form.contact)
    return face.page(town_pages.tell(face.pages, ask.reader, face.hall, fresh, ask.visitor.code, field=field, wrong=wrong), status)


async def take(face: Face, ask: Ask) -> web.Response:
    """``POST /tell``: the message. Whatever is wrong, the typed text comes back."""
    if face.desk.settings.feedback is None:
        return face.problem(ask.reader, "not_found")
    form, language = parse_form(ask.body), ask.reader.language
    try:
        message = message_of(form)
    except Mistake as mistake:
        wrong = town_pages.mistake(face.pages, language, mistake.field, mistake.why)
        return _form(face, ask, form, 400, mistake.field, wrong)
    outcome = await face.desk.tell(ask.visitor, form.token, message, language)
    if outcome is None or isinstance(outcome, int):
        return face.to("/told" + ask.reader.query)
    status, text = town_pages.REFUSED[outcome.code if isinstance(outcome, Refusal) else "too_many"]
    wrong = face.pages.text(language, text)
    if isinstance(outcome, TooMany):
        now = face.desk.now
        wrong %= {"moment": formats.moment(now + outcome.seconds + 59, now, face.hall.time_zone, language)}
    return _form(face, ask, form, status, wrong=wrong)


async def told(face: Face, ask: Ask) -> web.Response:
    """``/told``: thanks, with the number of the last message of whoever asks; the address says nothing."""
    if face.desk.settings.feedback is None:
        return face.problem(ask.reader, "not_found")
    return face.page(town_pages.told(face.pages, ask.reader, face.desk.settings, face.desk.told(ask.visitor)))


ROUTES: Final[tuple[Route | OpenRoute, ...]] = (
    OpenRoute("GET", "/town", town),
    OpenRoute("GET", "/services", services),
    OpenRoute("GET", "/services/{id}", service),
    Route("GET", "/tell", tell, Access.VISITOR),
    Route("POST", "/tell", take, Access.FORM, MAX_BODY),
    Route("GET", "/told", told, Access.VISITOR),
)
