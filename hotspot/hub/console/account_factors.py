"""One's own second factors: an app, passkeys, and codes for emergencies."""

from typing import Final

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api.problems import Conflict, NotFound
from hotspot.hub.api.web import path_of
from hotspot.hub.console.account_confirm import has_password, recent, wrong_password
from hotspot.hub.console.clients import described
from hotspot.hub.console.pages import Page
from hotspot.hub.console.second import picture, place
from hotspot.hub.console.visits import Visit
from hotspot.hub.factors import own, passkeys
from hotspot.hub.factors.own import NotRight
from hotspot.hub.store import factors
from hotspot.hub.store.factors import Factor, Kind

NAME: Final = 60
"""Characters of a passkey's name."""


async def _mine(visit: Visit) -> list[Factor]:
    async with visit.hub.store.connection() as connection:
        return await factors.of_user(connection, visit.session.user_id)


# An app -------------------------------------------------------------------------------------------------------------------------------


async def app(visit: Visit) -> web.StreamResponse:
    """A key for it; nothing changes until a code of it was right."""
    if any(one.kind is Kind.TOTP for one in await _mine(visit)):
        return visit.redirect("/account", visit.text("You have an app already. Remove it before you set up another one."))
    return await _app(visit)


async def _app(visit: Visit, wrong: str = "", status: int = 200) -> web.Response:
    async with visit.hub.store.transaction() as connection:
        setup = await own.app(connection, visit.session, place(visit))
    return visit.page(
        "account_app.html", status=status, setup=setup, picture=picture(setup.address), code=visit.form.text("code"), wrong=wrong
    )


async def add_app(visit: Visit) -> web.StreamResponse:
    """Its first code."""
    now = visit.hub.now()
    try:
        async with visit.hub.store.transaction() as connection:
            await own.add_app(connection, visit.session, visit.form.text("code"), now)
            codes = await own.first_codes(connection, visit.session, now)
    except NotRight:
        return await _app(visit, visit.text("That code is not right. Please type the one that your app shows now."), 400)
    if codes:
        return visit.page("recovery_codes.html", codes=codes, next="/account", first=True)
    return visit.redirect("/account", visit.text("The app is set up."))


# A passkey ----------------------------------------------------------------------------------------------------------------------------


async def passkey(visit: Visit) -> web.StreamResponse:
    """The browser makes it."""
    return await _passkey(visit)


async def _passkey(visit: Visit, wrong: str = "", status: int = 200) -> web.Response:
    known = [one.credential_id for one in await _mine(visit) if one.credential_id]
    async with visit.hub.store.transaction() as connection:
        challenge = await own.challenge(connection, visit.session)
    session = visit.session
    options = passkeys.to_make(place(visit), session.user_id, session.user, session.full_name, challenge, known)
    name = visit.form.text("name") or described(visit.request.headers.get("User-Agent", ""))
    return visit.page("account_passkey.html", status=status, options=options, name=name, wrong=wrong)


async def add_passkey(visit: Visit) -> web.StreamResponse:
    """It has shown what it is."""
    now, name = visit.hub.now(), visit.form.text("name")[:NAME]
    async with visit.hub.store.transaction() as connection:
        asked = await factors.take_challenge(connection, visit.session.id)
    try:
        async with visit.hub.store.transaction() as connection:
            await own.add_passkey(connection, visit.session, place(visit), name, asked, visit.form.raw("credential"), now)
            codes = await own.first_codes(connection, visit.session, now)
    except NotRight:
        return await _passkey(visit, visit.text("The passkey could not be set up. Please try again."), 400)
    except Conflict:
        return await _passkey(visit, visit.text("This device has a passkey for you already."), 409)
    if codes:
        return visit.page("recovery_codes.html", codes=codes, next="/account", first=True)
    return visit.redirect("/account", visit.text("The passkey is set up."))


# Taking one away, and other recovery codes ----------------------------------------------------------------------------------------------


async def _confirmed(visit: Visit) -> str:
    """What is wrong with the password that confirms it; ``""``: nothing. Who has none, because a provider knows them, ticks a box."""
    if await has_password(visit):
        return await wrong_password(visit)
    return "" if visit.form.has("sure") else visit.text("Tick the box when you are sure.")


async def _factor(visit: Visit) -> tuple[Factor, bool]:
    """The one of the path, and whether it is the last. Raises ``NotFound``."""
    number = int(path_of({"factor": visit.path["factor"]})["factor"])
    mine = await _mine(visit)
    for one in mine:
        if one.id == number:
            return one, len(mine) == 1
    raise NotFound(f"factor = {number}: expected the number of one of yours")


async def factor(visit: Visit) -> web.StreamResponse:
    """What happens without it."""
    return await _removal(visit)


async def _removal(visit: Visit, wrong: str = "", status: int = 200) -> web.Response:
    found, last = await _factor(visit)
    needed = last and visit.who.role.needs_second_factor
    asks = await has_password(visit)
    return visit.page("account_factor.html", status=status, factor=found, last=last, needed=needed, asks=asks, wrong=wrong)


async def remove(visit: Visit) -> web.StreamResponse:
    """It is gone."""
    found, _ = await _factor(visit)
    wrong = await _confirmed(visit)
    if wrong:
        return await _removal(visit, wrong, 400)
    async with visit.hub.store.transaction() as connection:
        await own.remove(connection, visit.session, found.id)
    return visit.redirect("/account", visit.text("It is removed, and can no longer be used for logging in."))


async def codes(visit: Visit) -> web.StreamResponse:
    """What new codes mean."""
    return await _codes(visit)


async def _codes(visit: Visit, wrong: str = "", status: int = 200) -> web.Response:
    if not await _mine(visit):
        return visit.redirect("/account", visit.text("Recovery codes are for whoever has a second factor. Set one up first."))
    async with visit.hub.store.connection() as connection:
        left = await factors.codes_left(connection, visit.session.user_id)
    return visit.page("account_codes.html", status=status, left=left, asks=await has_password(visit), wrong=wrong)


async def make_codes(visit: Visit) -> web.StreamResponse:
    """Ten others, shown once."""
    if not await _mine(visit):
        return await _codes(visit)
    wrong = await _confirmed(visit)
    if wrong:
        return await _codes(visit, wrong, 400)
    async with visit.hub.store.transaction() as connection:
        made = await own.fresh_codes(connection, visit.session, visit.hub.now())
    return visit.page("recovery_codes.html", codes=made, next="/account", first=False)


_SEE = Permission.SEE
PAGES = (
    Page(name="account.app", method="GET", path="/account/app", permission=_SEE, handler=recent(app)),
    Page(name="account.app.add", method="POST", path="/account/app", permission=_SEE, handler=recent(add_app)),
    Page(name="account.passkey", method="GET", path="/account/passkey", permission=_SEE, handler=recent(passkey)),
    Page(name="account.passkey.add", method="POST", path="/account/passkey", permission=_SEE, handler=recent(add_passkey)),
    Page(name="account.factor", method="GET", path="/account/factors/{factor}/remove", permission=_SEE, handler=factor),
    Page(name="account.factor.remove", method="POST", path="/account/factors/{factor}/remove", permission=_SEE, handler=remove),
    Page(name="account.codes", method="GET", path="/account/codes", permission=_SEE, handler=codes),
    Page(name="account.codes.make", method="POST", path="/account/codes", permission=_SEE, handler=make_codes),
)
