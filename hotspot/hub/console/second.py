"""The second step of logging in: a code or a passkey; for whoever needs one and has none, setting it up."""

import segno
from aiohttp import web

from hotspot.hub.api.problems import TooMany, Unauthorized
from hotspot.hub.console import entrance
from hotspot.hub.console.clients import described
from hotspot.hub.console.pages import Page
from hotspot.hub.console.visits import Visit
from hotspot.hub.console.web import local
from hotspot.hub.factors import own, passkeys, second
from hotspot.hub.factors.own import NotRight
from hotspot.hub.factors.passkeys import Place
from hotspot.hub.store import Connection, factors, people, sessions
from hotspot.hub.store.factors import Kind
from hotspot.hub.store.sessions import Stage


def place(visit: Visit) -> Place:
    """Where passkeys work: at the hub's own address, else at the one that was asked."""
    scheme = "https" if visit.hub.encrypted(visit.request) else "http"
    return passkeys.place(visit.hub.settings.url, f"{scheme}://{visit.request.host}")


def picture(address: str) -> str:
    """A QR code, as the address of a picture."""
    return segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")


def _elsewhere(visit: Visit, goal: str) -> web.Response:
    """Somebody opens a step that is not theirs: who is in goes on, who is halfway to the right step."""
    pages = {Stage.PASSWORD: "/login/second", Stage.ENROL: "/login/enrol"}
    stage = visit.session.stage
    return visit.redirect(goal if stage is Stage.FULL else entrance.forward(pages[stage], goal))


# A code, or a passkey -----------------------------------------------------------------------------------------------------------------


async def ask(visit: Visit) -> web.StreamResponse:
    """What somebody has: an app, passkeys, recovery codes."""
    goal = local(visit.query.get("next", "/"))
    if visit.session.stage is not Stage.PASSWORD:
        return _elsewhere(visit, goal)
    return await _asked(visit, goal)


async def _asked(visit: Visit, goal: str, wrong: str = "", status: int = 200) -> web.Response:
    async with visit.hub.store.transaction() as connection:
        mine = await factors.of_user(connection, visit.session.user_id)
        known = [one.credential_id for one in mine if one.credential_id]
        challenge = await own.challenge(connection, visit.session) if known else b""
    options = passkeys.to_use(place(visit), challenge, known) if known else None
    has_app = any(one.kind is Kind.TOTP for one in mine)
    given = {"code": visit.form.text("code"), "recovery": visit.form.text("recovery")}
    return visit.page("login_second.html", status=status, options=options, has_app=has_app, given=given, wrong=wrong, next=goal)


async def check(visit: Visit) -> web.StreamResponse:
    """In, when it is right; each code and each answer of a passkey once."""
    goal = local(visit.form.text("next", "/"))
    if visit.session.stage is not Stage.PASSWORD:
        return _elsewhere(visit, goal)
    async with visit.hub.store.connection() as connection:
        user = await people.user(connection, visit.session.user)
    if user is None:
        raise Unauthorized("session: expected one of a user")
    try:
        if visit.form.has("credential"):
            answer = visit.form.raw("credential")
            how = await second.by_passkey(visit.hub, user, visit.session.id, place(visit), answer, visit.source)
        else:
            how = await second.by_code(visit.hub, user, visit.form.text("code") or visit.form.text("recovery"), visit.source)
    except TooMany as error:
        wrong = visit.text("Too many attempts. Please wait %(seconds)s seconds.", seconds=round(error.seconds) or 1)
        return await _asked(visit, goal, wrong, 429)
    except Unauthorized:
        return await _asked(visit, goal, _why(visit), 401)
    async with visit.hub.store.transaction() as connection:
        user = await _still(visit, connection)
        secret = await entrance.begin(visit, connection, user, Stage.FULL, how)
        left = await factors.codes_left(connection, user.id)
    return entrance.lead(visit, secret, Stage.FULL, goal, _used_up(visit, left) if how == second.RECOVERY else "")


def _why(visit: Visit) -> str:
    if visit.form.has("credential"):
        return visit.text("That was not your passkey. Please try again.")
    if visit.form.text("recovery"):
        return visit.text("That is not one of your recovery codes, or you have used it before.")
    return visit.text("That code is wrong, too old, or was used before. Please type the one that your app shows now.")


def _used_up(visit: Visit, left: int) -> str:
    if left:
        return visit.text(
            "This recovery code is used up; %(left)s are left. Is your device lost? Then remove it in your account.", left=left
        )
    return visit.text("That was your last recovery code. Please get new ones in your account now.")


async def _still(visit: Visit, connection: Connection) -> people.User:
    """The user, locked, when they may go on: the step before is used up by that. Raises ``Unauthorized``."""
    user = await people.user(connection, visit.session.user, lock=True)
    if user is None or user.disabled_at is not None or not await sessions.end(connection, user.id, visit.session.id):
        raise Unauthorized("session: expected one that lasts: log in again")
    return user


# Setting one up -----------------------------------------------------------------------------------------------------------------------


async def offer(visit: Visit) -> web.StreamResponse:
    """An app or a passkey."""
    goal = local(visit.query.get("next", "/"))
    if visit.session.stage is not Stage.ENROL:
        return _elsewhere(visit, goal)
    return await _offered(visit, goal)


async def _offered(visit: Visit, goal: str, wrong: str = "", at: str = "", status: int = 200) -> web.Response:
    async with visit.hub.store.transaction() as connection:
        setup = await own.app(connection, visit.session, place(visit))
        challenge = await own.challenge(connection, visit.session)
    session = visit.session
    options = passkeys.to_make(place(visit), session.user_id, session.user, session.full_name, challenge, [])
    return visit.page(
        "login_enrol.html", status=status, setup=setup, picture=picture(setup.address), options=options, next=goal, wrong=wrong, at=at,
        code=visit.form.text("code"),
    )  # fmt: skip


async def enrol(visit: Visit) -> web.StreamResponse:
    """It works: recovery codes are shown, and they are in."""
    goal = local(visit.form.text("next", "/"))
    if visit.session.stage is not Stage.ENROL:
        return _elsewhere(visit, goal)
    now, how = visit.hub.now(), second.PASSKEY if visit.form.has("credential") else second.APP
    async with visit.hub.store.transaction() as connection:
        asked = await factors.take_challenge(connection, visit.session.id) if how == second.PASSKEY else None
    try:
        async with visit.hub.store.transaction() as connection:
            user = await people.user(connection, visit.session.user, lock=True)
            if user is None or user.second_factor:
                await sessions.end(connection, visit.session.user_id, visit.session.id)
                return visit.redirect("/login")  # set up meanwhile, elsewhere: this session has not shown that one
            if how == second.PASSKEY:
                name = described(visit.request.headers.get("User-Agent", ""))
                await own.add_passkey(connection, visit.session, place(visit), name, asked, visit.form.raw("credential"), now)
            else:
                await own.add_app(connection, visit.session, visit.form.text("code"), now)
            codes = await own.fresh_codes(connection, visit.session, now)
            user = await _still(visit, connection)
            await sessions.end_all(connection, user.id)  # others that had come as far without it
            secret = await entrance.begin(visit, connection, user, Stage.FULL, how)
    except NotRight:
        if how == second.PASSKEY:
            return await _offered(visit, goal, visit.text("The passkey could not be set up. Please try again."), "passkey", 400)
        wrong = visit.text("That code is not right. Please type the one that your app shows now.")
        return await _offered(visit, goal, wrong, "code", 400)
    visit.secret = secret
    return entrance.take(visit, visit.page("recovery_codes.html", codes=codes, next=goal, first=True), secret)


PAGES = (
    Page(name="login.second", method="GET", path="/login/second", permission=None, handler=ask, stage=Stage.PASSWORD),
    Page(name="login.second.check", method="POST", path="/login/second", permission=None, handler=check, stage=Stage.PASSWORD),
    Page(name="login.enrol", method="GET", path="/login/enrol", permission=None, handler=offer, stage=Stage.PASSWORD),
    Page(name="login.enrol.done", method="POST", path="/login/enrol", permission=None, handler=enrol, stage=Stage.PASSWORD),
)
