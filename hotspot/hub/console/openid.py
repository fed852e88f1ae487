"""Log in with an account of the city's OpenID provider: there and back again.

It begins by following a link, not by sending a form: the content security policy lets no form lead anywhere else. Logging out is ours only:
whoever is still logged in at the provider stays so there, and the page says it.
"""

import secrets
from typing import Final
from urllib.parse import quote, unquote

import structlog
from aiohttp import web

from hotspot.hub.api.problems import NotFound
from hotspot.hub.console import entrance
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.console.web import local
from hotspot.hub.oidc import claims as said
from hotspot.hub.oidc.arrival import Refusal, arrive
from hotspot.hub.oidc.flow import Declined, Refused
from hotspot.hub.oidc.provider import Provider, ProviderAway
from hotspot.hub.store.sessions import Stage

LASTS: Final = 600
"""Seconds for logging in at the provider."""
_REFUSALS: Final = {
    Refusal.UNKNOWN: N_("Your account is not allowed to use this console. Please ask the city's IT department."),
    Refusal.NO_ROLE: N_("Your account is not allowed to use this console any more. Please ask the city's IT department."),
    Refusal.NO_PARTNER: N_("Your account belongs to a town that does not take part. Please ask the city's IT department."),
    Refusal.DISABLED: N_("Your account here is disabled. Please ask the city's IT department."),
}

log = structlog.get_logger("openid")


async def begin(visit: Visit) -> web.StreamResponse:
    """Off to the provider."""
    provider, goal = _provider(visit), local(visit.query.get("next", "/"))[:500]
    if visit.known and visit.session.stage is Stage.FULL:
        return visit.redirect(goal)
    secret = secrets.token_urlsafe(32)
    try:
        address = await provider.address(secret, visit.hub.now())
    except ProviderAway as error:
        return _away(visit, error)
    response = web.Response(status=303, headers={"Location": address})
    response.set_cookie(
        _cookie(visit),
        f"{secret}.{quote(goal, safe='')}",
        max_age=LASTS,
        path="/",
        httponly=True,
        samesite="Lax",  # not Strict: the way back begins at the provider
        secure=visit.hub.encrypted(visit.request),
    )
    return response


async def come_back(visit: Visit) -> web.StreamResponse:
    """And back, with what proves who somebody is; the cookie of the way there is used up, whatever comes of it."""
    response = await _arrived(visit, _provider(visit))
    response.del_cookie(_cookie(visit), path="/", secure=visit.hub.encrypted(visit.request), httponly=True, samesite="Lax")
    return response


async def _arrived(visit: Visit, provider: Provider) -> web.Response:
    secret, _, goal = visit.request.cookies.get(_cookie(visit), "").partition(".")
    now = visit.hub.now()
    try:
        claims = await provider.claims(visit.query, secret, now)
    except ProviderAway as error:
        return _away(visit, error)
    except Declined as error:
        log.info("declined", why=str(error))
        return _refused(visit, 401, visit.text("Nobody was logged in."), "")
    except Refused as error:
        log.warning("refused", why=str(error))
        return _refused(visit, 400, visit.text("That did not work, or it took too long. Please begin again."), "")
    async with visit.hub.store.transaction() as connection:
        user = await arrive(connection, provider.settings, claims, now)
        if not isinstance(user, Refusal):
            stage = entrance.stage_of(user, strong=said.strong(provider.settings, claims))
            return entrance.lead(visit, await entrance.begin(visit, connection, user, stage, "provider"), stage, unquote(goal))
    log.warning("refused", why=user.value)
    return _refused(visit, 403, visit.text(_REFUSALS[user]), claims["sub"] if user is Refusal.UNKNOWN else "")


def _provider(visit: Visit) -> Provider:
    if visit.hub.openid is None:
        raise NotFound("oidc: there is no OpenID provider in the hub's settings")
    return visit.hub.openid


def _cookie(visit: Visit) -> str:
    return "__Host-openid" if visit.hub.encrypted(visit.request) else "openid"


def _away(visit: Visit, error: ProviderAway) -> web.Response:
    log.warning("provider away", why=str(error))
    response = visit.page("openid.html", status=503, away=True, words="", subject="")
    response.headers["Retry-After"] = "30"
    return response


def _refused(visit: Visit, status: int, words: str, subject: str) -> web.Response:
    return visit.page("openid.html", status=status, away=False, words=words, subject=subject)


PAGES = (
    Page(name="login.openid", method="GET", path="/login/oidc", permission=None, handler=begin, stage=None),
    Page(name="login.openid.back", method="GET", path="/login/oidc/callback", permission=None, handler=come_back, stage=None),
)
