"""Whoever sits at somebody else's open session shall not make themselves a key to it: new second factors and tokens want a session in which
the password was typed only just now, and other changes the password itself."""

from datetime import timedelta
from typing import Final
from urllib.parse import quote

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api.login import verified
from hotspot.hub.api.operations import Call
from hotspot.hub.api.problems import TooMany, Unauthorized
from hotspot.hub.console import entrance
from hotspot.hub.console.pages import CREDENTIALS, Handler, Page
from hotspot.hub.console.visits import Visit
from hotspot.hub.console.web import local
from hotspot.hub.store import logins as attempts
from hotspot.hub.store import people
from hotspot.hub.store.sessions import Stage

RECENT: Final = timedelta(minutes=15)
"""How long a password counts as just typed."""
FILLED: Final = timedelta(minutes=15)
"""What filling in the form may take on top of it."""


async def has_password(visit: Visit) -> bool:
    """None: a provider knows them."""
    async with visit.hub.store.connection() as connection:
        user = await people.user(connection, visit.who.user)
    return user is not None and user.has_password


async def wrong_password(visit: Visit) -> str:
    """What is wrong with the field ``password`` of the form; ``""``: nothing."""
    try:
        await verified(Call(visit.hub, visit.who, {}, None, None, visit.source), visit.who.user, visit.form.raw("password"))
    except TooMany as error:
        return visit.text("Too many attempts. Please wait %(seconds)s seconds.", seconds=round(error.seconds) or 1)
    except Unauthorized:
        return visit.text("That is not your password.")
    async with visit.hub.store.transaction() as connection:
        await attempts.passed(connection, visit.who.user, visit.source)
    return ""


def recent(handler: Handler) -> Handler:
    """The page, for whoever has typed their password only just now; others type it first. Who has none comes from their provider."""

    async def guarded(visit: Visit) -> web.StreamResponse:
        age = visit.hub.now() - visit.session.created_at
        if age > (RECENT if visit.request.method != "POST" else RECENT + FILLED) and await has_password(visit):
            return visit.redirect(f"/account/confirm?next={quote(visit.request.path)}")
        return await handler(visit)

    return guarded


async def show(visit: Visit) -> web.StreamResponse:
    """The password."""
    return visit.page("account_confirm.html", wrong="", next=local(visit.query.get("next", "/account")))


async def confirm(visit: Visit) -> web.StreamResponse:
    """The session begins anew, with another secret: one that was stolen before is over."""
    goal = local(visit.form.text("next", "/account"))
    wrong = await wrong_password(visit)
    if wrong:
        return visit.page("account_confirm.html", status=400, wrong=wrong, next=goal)
    async with visit.hub.store.transaction() as connection:
        user = await people.user(connection, visit.who.user, lock=True)
        if user is None or user.disabled_at is not None:
            raise Unauthorized("session: expected one of a user who may log in")
        secret = await entrance.begin(visit, connection, user, Stage.FULL, "password again")
    return entrance.lead(visit, secret, Stage.FULL, goal)


_SEE = Permission.SEE
PAGES = (
    Page(name="account.confirm", method="GET", path="/account/confirm", permission=_SEE, handler=show),
    Page(name="account.confirm.done", method="POST", path="/account/confirm", permission=_SEE, handler=confirm, largest=CREDENTIALS),
)
