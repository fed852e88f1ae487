"""One's own API tokens: for programs, shown once."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import login
from hotspot.hub.api.problems import BadRequest, Conflict, Forbidden, NotFound
from hotspot.hub.console.account_confirm import recent
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

PERMISSIONS: Final[Mapping[Permission, str]] = {
    Permission.METRICS: N_("Read metrics (Prometheus, Grafana)"),
    Permission.SEE: N_("See halls, figures, alarms, settings and feedback"),
    Permission.OPERATE: N_("Give orders, acknowledge alarms, deal with feedback"),
    Permission.EDIT: N_("Change settings"),
    Permission.ADMIN: N_("Manage towns, halls, gateways and users"),
}
"""What a token can do, in words."""
DAYS: Final = (30, 90, 180, 365)


async def new(visit: Visit) -> web.StreamResponse:
    """What it is for, what it can do, until when."""
    return _form(visit)


def _form(visit: Visit, status: int = 200, **wrong: str) -> web.Response:
    mine = [(one.value, visit.text(words)) for one, words in PERMISSIONS.items() if visit.who.may(one)]
    given = {"name": visit.form.text("name"), "permissions": visit.form.all("permission"), "days": visit.form.text("days", "90")}
    return visit.page("account_token.html", status=status, permissions=mine, days=DAYS, given=given, wrong=wrong)


async def make(visit: Visit) -> web.StreamResponse:
    """The token, once."""
    name, days = visit.form.text("name"), visit.form.text("days")
    if not visit.form.all("permission"):
        return _form(visit, 400, permissions=visit.text("Tick at least one."))
    body = {"name": name, "permissions": list(visit.form.all("permission")), "days": int(days) if days in map(str, DAYS) else 0}
    try:
        made = await visit.ask(login.create_my_token, body)
    except Conflict:
        return _form(visit, 409, name=visit.text("You have a token of that name already."))
    except (BadRequest, Forbidden):
        wrong = visit.text("Please use letters without accents, digits, spaces, dots and dashes: at most 60, and a letter or digit first.")
        return _form(visit, 400, name=wrong)
    return visit.page("account_token_made.html", made=made)


async def revoke(visit: Visit) -> web.StreamResponse:
    """What happens without it."""
    return await _revocation(visit)


async def _revocation(visit: Visit, status: int = 200) -> web.Response:
    found = next((one for one in await visit.ask(login.list_my_tokens) if one.name == visit.path["token"]), None)
    if found is None:
        raise NotFound(f"token = {visit.path['token'][:100]!r}: expected the name of one of yours")
    return visit.page("account_token_revoke.html", status=status, token=found)


async def revoked(visit: Visit) -> web.StreamResponse:
    """It is of no use any more."""
    if not visit.form.has("sure"):
        return await _revocation(visit, 400)
    await visit.ask(login.revoke_my_token, token=visit.path["token"])
    return visit.redirect("/account", visit.text("The token “%(name)s” can no longer be used.", name=visit.path["token"]))


_SEE = Permission.SEE
PAGES = (
    Page(name="account.token", method="GET", path="/account/tokens/new", permission=_SEE, handler=recent(new)),
    Page(name="account.token.make", method="POST", path="/account/tokens/new", permission=_SEE, handler=recent(make)),
    Page(name="account.token.revoke", method="GET", path="/account/tokens/{token}/revoke", permission=_SEE, handler=revoke),
    Page(name="account.token.revoked", method="POST", path="/account/tokens/{token}/revoke", permission=_SEE, handler=revoked),
)
