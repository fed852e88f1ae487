"""One's own account: who I am, my password, and where I am logged in."""

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import halls, login, people_sessions
from hotspot.hub.api.problems import BadRequest, Forbidden, TooMany
from hotspot.hub.console import new_password
from hotspot.hub.console.account_tokens import PERMISSIONS
from hotspot.hub.console.pages import Page
from hotspot.hub.console.visits import Visit
from hotspot.hub.store import factors, people


async def show(visit: Visit) -> web.StreamResponse:
    """All of it on one page."""
    me = await visit.ask(login.me)
    town = "" if me.partner is None else (await visit.ask(halls.show_partner, partner=me.partner)).title
    async with visit.hub.store.connection() as connection:
        user = await people.user(connection, visit.who.user)
        mine = await factors.of_user(connection, visit.session.user_id)
        left = await factors.codes_left(connection, visit.session.user_id)
    return visit.page(
        "account.html", me=me, town=town, has_password=user is not None and user.has_password, factors=mine, codes_left=left,
        sessions=await visit.ask(people_sessions.list_my_sessions), tokens=await visit.ask(login.list_my_tokens), permissions=PERMISSIONS,
    )  # fmt: skip


# The password -------------------------------------------------------------------------------------------------------------------------


async def password(visit: Visit) -> web.StreamResponse:
    """The old one and a new one."""
    return visit.page("account_password.html", wrong={})


async def change_password(visit: Visit) -> web.StreamResponse:
    """Another password; all other sessions are over."""
    old, new, again = (visit.form.raw(name) for name in ("old", "new", "again"))
    fault = new_password.wrong(visit, new, visit.who.user)
    if fault:
        return _password(visit, 400, new=fault)
    if new != again:
        return _password(visit, 400, again=visit.text("The two new passwords are not the same."))
    try:
        await visit.ask(login.change_password, {"old": old, "new": new})
    except TooMany as error:
        said = visit.text("Too many attempts. Please wait %(seconds)s seconds.", seconds=round(error.seconds) or 1)
        return _password(visit, 429, old=said)
    except (BadRequest, Forbidden):
        return _password(visit, 400, old=visit.text("That is not your password."))
    return visit.redirect("/account", visit.text("Your password is changed. All your other sessions have ended."))


def _password(visit: Visit, status: int, **wrong: str) -> web.Response:
    return visit.page("account_password.html", status=status, wrong=wrong)


# Sessions -----------------------------------------------------------------------------------------------------------------------------


async def end_session(visit: Visit) -> web.StreamResponse:
    """One session is over."""
    await visit.ask(people_sessions.end_my_session, session=visit.path["session"])
    return visit.redirect("/account", visit.text("The session has ended."))


async def end_sessions(visit: Visit) -> web.StreamResponse:
    """All others are over."""
    ended = await visit.ask(people_sessions.end_my_sessions)
    return visit.redirect("/account", visit.text("All other sessions have ended: %(count)s.", count=ended.sessions + ended.logins))


PAGES = (
    Page(name="account", method="GET", path="/account", permission=Permission.SEE, handler=show),
    Page(name="account.password", method="GET", path="/account/password", permission=Permission.SEE, handler=password),
    Page(name="account.password.change", method="POST", path="/account/password", permission=Permission.SEE, handler=change_password),
    Page(name="account.session.end", method="POST", path="/account/sessions/{session}/end", permission=Permission.SEE, handler=end_session),
    Page(name="account.sessions.end", method="POST", path="/account/sessions/end", permission=Permission.SEE, handler=end_sessions),
)
