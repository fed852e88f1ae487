"""Log in and out."""

from aiohttp import web

from hotspot.hub.api.login import verified
from hotspot.hub.api.operations import Call
from hotspot.hub.api.problems import TooMany, Unauthorized
from hotspot.hub.console import entrance
from hotspot.hub.console.pages import CREDENTIALS, Page
from hotspot.hub.console.visits import Visit
from hotspot.hub.console.web import cookie_name, local
from hotspot.hub.store import people, sessions
from hotspot.hub.store.sessions import Stage


async def show(visit: Visit) -> web.StreamResponse:
    """Name and password."""
    if visit.known and visit.session.stage is Stage.FULL:
        return visit.redirect(local(visit.query.get("next", "/")))
    return visit.page("login.html", name="", wrong="", next=local(visit.query.get("next", "/")))


async def log_in(visit: Visit) -> web.StreamResponse:
    """A session for whoever knows a name and its password."""
    name, goal = visit.form.text("name"), local(visit.form.text("next", "/"))
    try:
        stored = await verified(Call(visit.hub, None, {}, None, None, visit.source), name, visit.form.raw("password"))
    except TooMany as error:
        wrong = visit.text("Too many attempts. Please wait %(seconds)s seconds.", seconds=round(error.seconds) or 1)
        return visit.page("login.html", status=429, name=name, wrong=wrong, next=goal)
    except Unauthorized:
        wrong = visit.text("Name or password is wrong.")
        return visit.page("login.html", status=401, name=name, wrong=wrong, next=goal)
    async with visit.hub.store.transaction() as connection:
        user = await people.user(connection, name, lock=True)
        if user is None or await people.password_hash(connection, user.name) != stored:
            raise Unauthorized("name, password: expected those of a user who may log in")
        stage = entrance.stage_of(user)
        secret = await entrance.begin(visit, connection, user, stage, "password")
    return entrance.lead(visit, secret, stage, goal)


async def log_out(visit: Visit) -> web.StreamResponse:
    """The session is over."""
    async with visit.hub.store.transaction() as connection:
        await sessions.end(connection, visit.session.user_id, visit.session.id)
    response = visit.redirect("/login")
    response.del_cookie(
        cookie_name(visit.hub, visit.request), path="/", secure=visit.hub.encrypted(visit.request), httponly=True, samesite="Lax"
    )
    return response


PAGES = (
    Page(name="login", method="GET", path="/login", permission=None, handler=show, stage=None),
    Page(name="login.password", method="POST", path="/login", permission=None, handler=log_in, stage=None, largest=CREDENTIALS),
    Page(name="logout", method="POST", path="/logout", permission=None, handler=log_out, stage=Stage.PASSWORD),
)
