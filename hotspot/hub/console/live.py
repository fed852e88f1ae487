"""What has changed at the halls, to pages that are open: server-sent events, one stream for each.

All streams of a process live on the same glances (``hotspot.hub.board``), and those of one scope and language get the same bytes. A stream
ends when its session does, when its reader is too slow, and when the process stops; browsers come back by themselves and say what they saw
last.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zlib import crc32

import msgspec
from aiohttp import web

from hotspot.hub.api.problems import BadRequest, TooMany
from hotspot.hub.board import LEVELS, Crowded, Glance, HallNow
from hotspot.hub.console.formats import TIME_ZONE, formats_of
from hotspot.hub.console.hall_words import MOST, SIGNS, amiss, line_of, number, of_several, state
from hotspot.hub.console.texts import N_, text
from hotspot.hub.console.visits import Visit

HEARTBEAT: Final = 15.0
"""Seconds after which something is said even when nothing has changed: proxies cut connections that say nothing."""
SLOW: Final = 10.0
"""Seconds in which a reader has to take what it is sent."""
DEAF: Final = 50.0
"""Seconds without a look at the sessions after which a stream ends: within a minute of the end of its session, whatever happens."""
RETRY: Final = b"retry: 3000\n\n"
BEAT: Final = b": \n\n"
OVER: Final = b"event: over\ndata: {}\n\n"
HEADERS: Final = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_WORSE: Final = N_("%(title)s: %(state)s")


async def stream(visit: Visit) -> web.StreamResponse:
    """Everything that changes from what ``since`` (or a browser that comes back) says it has seen."""
    request = visit.request
    if request.method != "GET" or "text/event-stream" not in request.headers.get("Accept", ""):
        raise BadRequest("Accept: expected text/event-stream: this address is for scripts")
    board = visit.hub.board
    try:
        with board.listening(visit.session.id):
            seen = board.known(request.headers.get("Last-Event-ID", "") or visit.query.get("since", ""))
            glance = await board.latest()
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(request)
            await _told(visit, response, seen, glance)
    except Crowded:
        raise TooMany("live: there are too many windows open that keep themselves up to date") from None
    return response


async def _told(visit: Visit, response: web.StreamResponse, seen: Glance | None, glance: Glance) -> None:
    """Until it is over."""
    board, who, clock = visit.hub.board, visit.who, asyncio.get_running_loop().time
    looked = said = clock()
    parts = RETRY
    try:
        while parts != OVER:
            parts += changes(seen, glance, who.partner, visit.language)
            if parts or clock() - said >= HEARTBEAT:
                await _written(response, parts or BEAT)
                said = clock()
            seen, glance, parts = glance, await board.newer(glance), b""
            if glance is not seen:
                looked = clock()
            if glance is not seen and glance.standing.get(visit.session.id) != (who.role, who.partner):
                parts = OVER
            transport = visit.request.transport
            if visit.hub.signals.stopping or transport is None or transport.is_closing() or clock() - looked > DEAF:
                return
        await _written(response, OVER)
    except (ConnectionError, TimeoutError):
        if visit.request.transport is not None:
            visit.request.transport.abort()


async def _written(response: web.StreamResponse, content: bytes) -> None:
    """Raises ``TimeoutError`` when the reader does not take it."""
    async with asyncio.timeout(SLOW):
        await response.write(content)


def changes(old: Glance | None, new: Glance, partner: str | None, language: str) -> bytes:
    """An event with what is different; all there is without an old one; nothing when nothing is."""
    if old is new:
        return b""
    return new.once(("changes", old and old.number, partner, language), lambda: _event(old, new, partner, language))


def _event(old: Glance | None, new: Glance, partner: str | None, language: str) -> bytes:
    halls = new.of(partner)
    before = {} if old is None else {hall.hall: hall for hall in old.of(partner)}
    told: dict[str, Any] = {}
    if different := [hall for hall in halls if not _same(before.get(hall.hall), hall)]:
        told["halls"] = {hall.hall: cells(hall, language) for hall in different}
        told["worse"] = _worse(before, different, language)
        if partner is None:
            touched = {hall.partner for hall in different}
            told["towns"] = _towns([hall for hall in halls if hall.partner in touched], language)
    for name, of in (("sums", sums), ("amiss", amiss)):
        if old is None or of(old, partner, language) != of(new, partner, language):
            told[name] = of(new, partner, language)
    if old is None or names(old, partner) != names(new, partner):
        told["names"] = names(new, partner)
    if not told and old is not None and moment(old.at) == moment(new.at):
        return b""
    told["at"] = moment(new.at)
    return b"id: %s\nevent: change\ndata: %s\n\n" % (new.number.encode(), msgspec.json.encode(told))


def _same(old: HallNow | None, new: HallNow) -> bool:
    """For whoever looks: a hall that has only spoken again has not changed."""
    return (
        old is not None
        and (old.online, old.visits_today, old.level, old.condition) == (new.online, new.visits_today, new.level, new.condition)
        and old.alarms == new.alarms
    )


def _worse(before: Mapping[str, HallNow], different: list[HallNow], language: str) -> list[str]:
    """What a screen reader says: halls that have become worse."""
    worse = [
        hall
        for hall in different
        if hall.hall in before and LEVELS.index(hall.level) < LEVELS.index(before[hall.hall].level) and hall.level in ("bad", "warn")
    ]
    return [text(language, _WORSE) % {"title": hall.title[:80], "state": state(hall, language)} for hall in worse[:MOST]]


def cells(hall: HallNow, language: str) -> tuple[str, ...]:
    """What stands in the row of a hall: sign, state, line, online, visits."""
    return SIGNS[hall.level], state(hall, language), line_of(hall, language), online(hall, language), number(hall.visits_today, language)


def online(hall: HallNow, language: str) -> str:
    """How many; a dash when nobody can know."""
    return number(hall.online, language) if hall.condition in ("well", "faulty") else "–"


def _towns(halls: list[HallNow], language: str) -> dict[str, tuple[str, ...]]:
    """What stands at the head of each group."""
    of_town: dict[str, list[HallNow]] = {}
    for hall in halls:
        of_town.setdefault(hall.partner, []).append(hall)
    return {
        name: (
            *of_several(some, language),
            number(sum(hall.online for hall in some), language),
            number(sum(hall.visits_today for hall in some), language),
        )
        for name, some in of_town.items()
    }


def sums(glance: Glance, partner: str | None, language: str) -> dict[str, str]:
    """The figures at the top of the page."""

    def make() -> dict[str, str]:
        halls = glance.of(partner)
        levels = [hall.level for hall in halls]
        return {
            "well": number(levels.count("good"), language),
            "attention": number(levels.count("bad") + levels.count("warn"), language),
            "online": number(sum(hall.online for hall in halls), language),
            "visits": number(sum(hall.visits_today for hall in halls), language),
            "volume": formats_of(language).size(sum(hall.bytes_today for hall in halls)),
        }

    return glance.once(("sums", partner, language), make)


def names(glance: Glance, partner: str | None) -> int:
    """Changes when halls come or go."""
    return glance.once(("names", partner), lambda: crc32(" ".join(sorted(hall.hall for hall in glance.of(partner))).encode()))


def moment(at: datetime) -> str:
    """``14:03``."""
    return formats_of("de").clock(at, TIME_ZONE)
