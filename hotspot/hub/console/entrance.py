"""Whoever has shown who they are gets a session: by a password, by a provider, and then by a second factor. Each step has a secret of its
own, so that one that was seen or planted before is worth nothing after it."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from hotspot.hub.console.clients import described
from hotspot.hub.console.visits import Visit
from hotspot.hub.console.web import keep, local
from hotspot.hub.factors import second
from hotspot.hub.store import Connection, audit, people, sessions
from hotspot.hub.store import logins as attempts
from hotspot.hub.store.sessions import Stage
from hotspot.hub.tokens import hashed, make

_PAGES: Final = {Stage.PASSWORD: "/login/second", Stage.ENROL: "/login/enrol"}


def stage_of(user: people.User, *, strong: bool = False) -> Stage:
    """How far the first step leads: what is still to come is a second factor, or setting one up. ``strong``: it was more than a password,
    as a provider says that has asked for two factors itself."""
    if strong or (not user.second_factor and not user.role.needs_second_factor):
        return Stage.FULL
    return Stage.PASSWORD if user.second_factor else Stage.ENROL


async def begin(visit: Visit, connection: Connection, user: people.User, stage: Stage, how: str) -> str:
    """A session in this stage; the one of before is over. Returns its secret. ``how``: for the audit log."""
    if visit.known:
        await sessions.end(connection, visit.session.user_id, visit.session.id)
    now, secret = visit.hub.now(), make("session")
    await sessions.begin(connection, user.id, hashed(secret), stage, described(visit.request.headers.get("User-Agent", "")), now)
    if stage is Stage.FULL:
        await second.succeeded(connection, user.name, visit.source, now)
        detail = {"at": "console", "by": how}
        await audit.write(connection, f"user {user.name}", "user.login", partner=user.partner, subject=user.name, detail=detail)
    else:
        await attempts.passed(connection, user.name, visit.source)
    return secret


def lead(visit: Visit, secret: str, stage: Stage, goal: str, done: str = "") -> web.Response:
    """To where they wanted, or to the step that is still to come; with the new secret."""
    goal = local(goal)
    if stage is not Stage.FULL:
        goal = forward(_PAGES[stage], goal)
    return take(visit, visit.redirect(goal, done), secret)


def take(visit: Visit, response: web.Response, secret: str) -> web.Response:
    """The browser gets the new secret with this answer."""
    return keep(response, visit.hub, visit.request, secret)


def forward(page: str, goal: str) -> str:
    """A page that leads on to a goal."""
    return page if goal == "/" else f"{page}?next={quote(goal)}"
