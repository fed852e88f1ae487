"""The visitor's path: splash page, acceptance, time left, leaving; and what the device's own system asks (RFC 8908)."""

from typing import Final

import msgspec
from aiohttp import web

from hotspot.portal import capport
from hotspot.portal.desk import Refusal
from hotspot.portal.door import DOOR
from hotspot.portal.face import Access, Ask, Face, OpenRoute, Route
from hotspot.portal.pages import More
from hotspot.portal.texts import ENDED, ENDED_BY, OFFLINE, SPLASH
from hotspot.portal.town_pages import wifi4eu_policy
from hotspot.session import probes, visitor_check
from hotspot.session.forms import parse_accept, parse_extend, parse_leave
from hotspot.session.states import State

KEEP = "public, max-age=31536000, immutable"
"""Caching of a file whose name changes with its content."""
MEDIA_SECONDS = 600.0
"""Time for a video, which is longer than any page takes."""
LOOK_SECONDS = 20
"""An open online page asks so often how much is left."""

_json: Final = msgspec.json.Encoder()


async def start(face: Face, ask: Ask) -> web.Response:
    """``/``: the page that fits the visitor's state."""
    visitor, desk = ask.visitor, face.desk
    if visitor.state is State.ONLINE:
        return _online(face, ask)
    if visitor.state is State.BLOCKED:
        return face.page(face.pages.blocked(ask.reader, desk.hall, visitor.code, visitor.reason))
    offers, message = desk.offers(visitor), desk.settings.internet.message
    if offers.barrier is not None:
        ended = ENDED_BY.get(visitor.reason) if visitor.state is State.ENDED else None
        vouchers = desk.has_vouchers(face.zone) and offers.barrier.code in ("pause", "daily")
        return face.page(face.pages.wait(ask.reader, desk.hall, offers.barrier, offers.now, visitor.code, ended, message, vouchers))
    if not desk.internet(face.zone):
        kind = OFFLINE
    elif visitor.state is State.ENDED:
        kind = ENDED_BY.get(visitor.reason, ENDED)
    else:
        kind = SPLASH
    closing = None if offers.closes is None else (offers.closes, offers.now)
    mould = face.pages.captive(kind, ask.reader, desk.hall, desk.terms, offers.plans, closing, message, desk.has_vouchers(face.zone))
    policy = wifi4eu_policy(desk.hall, ask.reader.language) if kind is SPLASH else {}
    return face.filled(ask.request, mould, {"token": desk.token(visitor), "code": visitor.code}, **policy)


def _online(face: Face, ask: Ask) -> web.Response:
    visitor = ask.visitor
    text = face.pages.online(
        ask.reader,
        face.hall,
        code=visitor.code,
        token=face.desk.token(visitor),
        seconds_left=visitor.seconds_left or 0,
        bytes_left=visitor.bytes_left,
        internet=face.desk.internet(face.zone),
        message=face.desk.settings.internet.message,
        address=face.address,
        now=face.desk.now,
        more=More(
            extension=visitor.plan.extension if visitor.can_extend else 0,
            step=visitor.extended,
            fast_left=visitor.fast_left,
            slow=visitor.plan.slow,
            vouchers=face.desk.has_vouchers(face.zone) and not visitor.plan.voucher,
        ),
    )
    return face.page(text, script_src=face.pages.live_source, connect_src="'self'")


async def online(face: Face, ask: Ask) -> web.Response:
    """``/online``: where an acceptance leads; a full navigation, so that Apple's sheet asks again whether it is online."""
    return _online(face, ask) if ask.visitor.state is State.ONLINE else face.to("/" + ask.reader.query)


async def left(face: Face, ask: Ask) -> web.Response:
    """``/left``: what the script of the online page shows, in the words of the page; 409 when the session is over."""
    visitor = ask.visitor
    if visitor.state is not State.ONLINE or visitor.seconds_left is None:
        return face.silence(409)
    parts = face.pages.left(ask.reader, face.hall, visitor.seconds_left, visitor.bytes_left, visitor.fast_left, face.desk.now)
    wait = min(LOOK_SECONDS, visitor.seconds_left + 1)
    return web.Response(body=_json.encode({"wait": wait, "texts": parts}), content_type="application/json", headers=face.headers())


async def accept(face: Face, ask: Ask) -> web.Response:
    """``POST /accept``: the button."""
    form = parse_accept(ask.body)
    family = probes.device(ask.request.headers.get("User-Agent", ""))
    proof = ask.request.headers.get(visitor_check.HEADER, "")
    outcome = await face.desk.accept(ask.visitor, form, ask.reader.language, family, proof)
    if isinstance(outcome, Refusal):
        return face.refused(ask, outcome.code)
    return face.to("/online" + ask.reader.query)


async def leave(face: Face, ask: Ask) -> web.Response:
    """``POST /leave``: the other button."""
    outcome = await face.desk.leave(ask.visitor, parse_leave(ask.body).token)
    if isinstance(outcome, Refusal):
        return face.refused(ask, outcome.code)
    return face.to("/" + ask.reader.query)


async def extend(face: Face, ask: Ask) -> web.Response:
    """``POST /extend``: the button for more time."""
    outcome = await face.desk.extend(ask.visitor, parse_extend(ask.body))
    if isinstance(outcome, Refusal):
        return face.refused(ask, outcome.code)
    return face.to("/online" + ask.reader.query)


async def captivity(face: Face, ask: Ask) -> web.Response:
    """RFC 8908."""
    answer = capport.captivity(ask.visitor, face.url, face.hall.venue_info_url or f"{face.url}town")
    headers = {**face.headers(), "Cache-Control": capport.CACHING}
    return web.Response(body=capport.encode(answer), content_type=capport.MEDIA_TYPE, headers=headers)


async def back(face: Face, request: web.Request) -> web.Response:
    """A form's address opened as a page."""
    return face.to("/" + face.reader(request).query)


async def icon(face: Face, request: web.Request) -> web.Response:
    """Browsers ask for an icon by themselves; there is none."""
    return web.Response(status=204, headers=face.headers())


async def brand(face: Face, request: web.Request) -> web.StreamResponse:
    """``/brand/<name>``: logo, photo and video of the hall's theme."""
    asset = face.hall.theme.assets.get(request.match_info["name"])
    if asset is None:
        return face.silence(404)
    # A drawing opened by itself is a document: it runs nothing.
    headers = {**face.headers(style_src="'unsafe-inline'", sandbox=""), "Cache-Control": KEEP, "Content-Type": asset.media_type}
    if asset.path is None:
        return web.Response(body=asset.content, headers=headers)
    request.app[DOOR].arrived(request.transport, MEDIA_SECONDS)
    return web.FileResponse(asset.path, headers=headers)


async def sign_language(face: Face, request: web.Request) -> web.Response:
    """``/sign-language``: the video, where the theme has one."""
    reader = face.reader(request)
    if face.hall.theme.sign_language is None:
        return face.problem(reader, "not_found")
    return face.page(face.pages.render("sign_language.html", reader, face.hall), media_src="'self'")


ROUTES: Final[tuple[Route | OpenRoute, ...]] = (
    Route("GET", "/", start, Access.VISITOR),
    Route("GET", "/online", online, Access.VISITOR),
    Route("GET", "/left", left, Access.SYSTEM),
    Route("POST", "/accept", accept, Access.FORM),
    Route("POST", "/leave", leave, Access.FORM),
    Route("POST", "/extend", extend, Access.FORM),
    Route("GET", capport.PATH, captivity, Access.SYSTEM),
    OpenRoute("GET", "/accept", back),
    OpenRoute("GET", "/leave", back),
    OpenRoute("GET", "/extend", back),
    OpenRoute("GET", "/favicon.ico", icon),
    OpenRoute("GET", "/brand/{name}", brand),
    OpenRoute("GET", "/sign-language", sign_language),
)
