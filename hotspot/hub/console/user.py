"""One user: what they may, how they get in, where they are logged in, and the end of all that."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import halls, identities, people, people_sessions
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound, TooMany
from hotspot.hub.console import new_password, users
from hotspot.hub.console.account_tokens import PERMISSIONS
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """All of it on one page."""
    return await _shown(visit)


async def _shown(
    visit: Visit, given: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None, status: int = 200
) -> web.Response:
    name = visit.path["user"]
    user = await visit.ask(people.show_user, user=name)
    titles = {town.name: town.title for town in await visit.ask(halls.list_partners) if town.left_at is None or town.name == user.partner}
    stored = {"full_name": user.full_name, "email": user.email, "role": user.role.value, "partner": user.partner or ""}
    settings = visit.hub.settings.oidc
    return visit.page(
        "user.html", status=status, user=user, given=given or stored, wrong=wrong or {}, towns=titles,
        identity=await visit.ask(identities.show_identity, user=name) if user.provider else None,
        follows=user.provider and settings is not None and bool(settings.roles),
        sessions=await visit.ask(people_sessions.list_sessions, user=name), tokens=await visit.ask(people.list_tokens, user=name),
        own=name == visit.who.user, permissions=PERMISSIONS,
    )  # fmt: skip


async def change(visit: Visit) -> web.StreamResponse:
    """Another name, address, role or town."""
    given = {name: visit.form.text(name) for name in ("full_name", "email", "role", "partner")}
    wrong = users.person_faults(visit, given)
    if wrong:
        return await _shown(visit, given, wrong, 400)
    before = await visit.ask(people.show_user, user=visit.path["user"])
    body: dict[str, Any] = {**given, "partner": given["partner"] or None}
    changed = {name: value for name, value in body.items() if value != getattr(before, name)}
    if "role" in changed or "partner" in changed:
        changed |= {"role": body["role"], "partner": body["partner"]}
    if not changed:
        return visit.redirect(_address(visit))
    try:
        await visit.ask(people.change_user, changed, user=visit.path["user"])
    except Conflict:
        said = visit.text("This is the last administrator. Make somebody else administrator first.")
        return await _shown(visit, given, {"role": said}, 409)
    except (BadRequest, NotFound) as error:
        return await _shown(visit, given, {"partner": visit.text("That cannot be stored: %(why)s", why=str(error))}, 400)
    return visit.redirect(_address(visit), visit.text("The changes are stored."))


def _address(visit: Visit) -> str:
    return f"/users/name/{visit.path['user']}"


# The password and the provider ----------------------------------------------------------------------------------------------------------


async def password(visit: Visit) -> web.StreamResponse:
    """Made up, or typed."""
    return await _password(visit)


async def _password(visit: Visit, wrong: str = "", status: int = 200) -> web.Response:
    user = await visit.ask(people.show_user, user=visit.path["user"])
    return visit.page("user_password.html", status=status, user=user, wrong=wrong, way=visit.form.text("way", "make"))


async def set_password(visit: Visit) -> web.StreamResponse:
    """Another password; all that was open ends. One that was made up is shown in the answer and never again."""
    name, made = visit.path["user"], visit.form.text("way") != "type"
    chosen = users.made_up() if made else visit.form.raw("password")
    fault = new_password.wrong(visit, chosen, name)
    if fault:
        return await _password(visit, fault, 400)
    try:
        await visit.ask(people.set_password, {"password": chosen}, user=name)
    except TooMany as error:
        return await _password(
            visit, visit.text("Too many attempts. Please wait %(seconds)s seconds.", seconds=round(error.seconds) or 1), 429
        )
    if made:
        return visit.page("user_password_made.html", name=name, password=chosen, fresh=False)
    return visit.redirect(_address(visit), visit.text("The new password works from now on. Sessions with the old one have ended."))


async def provider(visit: Visit) -> web.StreamResponse:
    """Who they are at the provider."""
    return await _provider(visit)


async def _provider(visit: Visit, wrong: str = "", status: int = 200) -> web.Response:
    if visit.hub.settings.oidc is None:
        raise NotFound("oidc: there is no OpenID provider in the hub's settings")
    user = await visit.ask(people.show_user, user=visit.path["user"])
    identity = await visit.ask(identities.show_identity, user=user.name) if user.provider else None
    given = visit.form.text("subject", identity.subject if identity else "")[:300]
    return visit.page("user_provider.html", status=status, user=user, identity=identity, subject=given, wrong=wrong)


async def link(visit: Visit) -> web.StreamResponse:
    """They are somebody there from now on."""
    try:
        await visit.ask(identities.link_user, {"subject": visit.form.text("subject")}, user=visit.path["user"])
    except BadRequest:
        return await _provider(visit, visit.text("Please enter how the person is known at the city's login."), 400)
    except Conflict:
        return await _provider(visit, visit.text("Another user is connected with that account."), 409)
    return visit.redirect(_address(visit), visit.text("The user can log in with the account of the city now."))


# What ends ------------------------------------------------------------------------------------------------------------------------------


class Act(Struct, frozen=True):
    """Something that takes somebody something: asked for on a page of its own, with a box to tick."""

    title: str
    words: tuple[str, ...]
    """What will happen."""
    button: str
    done: str


ACTS: Final[Mapping[str, Act]] = {
    "disable": Act(
        N_("Disable “%(name)s”"),
        (
            N_("The person can no longer log in, and is logged out everywhere at once."),
            N_("Programs that use this account stop working: their tokens end for good."),
            N_("The account stays in the list and can be enabled again."),
        ),
        N_("Disable"),
        N_("“%(name)s” can no longer log in."),
    ),
    "factors": Act(
        N_("Reset the second factor of “%(name)s”"),
        (
            N_("Apps, passkeys and recovery codes of this account are gone, and the person is logged out everywhere."),
            N_("Until a new one is set up, the password alone protects the account."),
            N_("Make sure that it is really this person who asks."),
        ),
        N_("Reset the second factor"),
        N_("The second factor is gone. A new one is set up at the next login."),
    ),
    "sessions": Act(
        N_("Log “%(name)s” out everywhere"),
        (N_("All sessions in browsers and at the command line end at once. The person can log in again."),),
        N_("Log out everywhere"),
        N_("“%(name)s” is logged out everywhere."),
    ),
    "unlink": Act(
        N_("Disconnect “%(name)s” from the city's login"),
        (
            N_("The person can no longer log in here with the account of the city, and is logged out everywhere."),
            N_("Without a password for this console they cannot get in at all."),
        ),
        N_("Disconnect"),
        N_("The account of the city lets “%(name)s” in no more."),
    ),
}
"""By the last word of its address."""


async def ask_act(visit: Visit) -> web.StreamResponse:
    """What will happen."""
    return await _asked(visit)


async def _asked(visit: Visit, wrong: str = "", status: int = 200) -> web.Response:
    act = _act(visit)
    user = await visit.ask(people.show_user, user=visit.path["user"])
    return visit.page("user_act.html", status=status, user=user, act=act, wrong=wrong)


def _act(visit: Visit) -> Act:
    act = ACTS.get(visit.path["act"])
    if act is None:
        raise NotFound(f"act = {visit.path['act'][:40]!r}: expected one of {', '.join(ACTS)}")
    return act


async def carry_out(visit: Visit) -> web.StreamResponse:
    """It happens."""
    act, name = _act(visit), visit.path["user"]
    if not visit.form.has("sure"):
        return await _asked(visit, visit.text("Please tick the box if you are sure."), 400)
    try:
        match visit.path["act"]:
            case "disable":
                await visit.ask(people.change_user, {"disabled": True}, user=name)
            case "factors":
                await visit.ask(people_sessions.reset_factors, user=name)
            case "sessions":
                await visit.ask(people_sessions.end_sessions, user=name)
            case "unlink":
                await visit.ask(identities.unlink_user, user=name)
    except Conflict:
        return await _asked(visit, visit.text("This is the last administrator. Make somebody else administrator first."), 409)
    return visit.redirect(_address(visit), visit.text(act.done, name=name))


async def enable(visit: Visit) -> web.StreamResponse:
    """They may log in again."""
    try:
        await visit.ask(people.change_user, {"disabled": False}, user=visit.path["user"])
    except NotFound:
        said = visit.text("Their town does not take part any more: choose another one first.")
        return await _shown(visit, None, {"partner": said}, 409)
    return visit.redirect(_address(visit), visit.text("“%(name)s” can log in again.", name=visit.path["user"]))


async def ask_revoke(visit: Visit) -> web.StreamResponse:
    """What happens without the token."""
    return await _revocation(visit)


async def _revocation(visit: Visit, wrong: str = "", status: int = 200) -> web.Response:
    name = visit.path["user"]
    token = next((one for one in await visit.ask(people.list_tokens, user=name) if one.name == visit.path["token"]), None)
    if token is None:
        raise NotFound(f"token = {visit.path['token'][:100]!r}: expected the name of a token in force")
    return visit.page("user_token.html", status=status, name=name, token=token, wrong=wrong)


async def revoke(visit: Visit) -> web.StreamResponse:
    """It is of no use any more."""
    if not visit.form.has("sure"):
        return await _revocation(visit, visit.text("Please tick the box if you are sure."), 400)
    await visit.ask(people.revoke_token, user=visit.path["user"], token=visit.path["token"])
    return visit.redirect(_address(visit), visit.text("The token “%(name)s” can no longer be used.", name=visit.path["token"]))


_ADMIN, _ONE = Permission.ADMIN, "/users/name/{user}"
PAGES = (
    Page(name="user", method="GET", path=_ONE, permission=_ADMIN, handler=show, host_only=True),
    Page(name="user.change", method="POST", path=_ONE, permission=_ADMIN, handler=change, host_only=True),
    Page(name="user.password", method="GET", path=f"{_ONE}/password", permission=_ADMIN, handler=password, host_only=True),
    Page(name="user.password.set", method="POST", path=f"{_ONE}/password", permission=_ADMIN, handler=set_password, host_only=True),
    Page(name="user.provider", method="GET", path=f"{_ONE}/provider", permission=_ADMIN, handler=provider, host_only=True),
    Page(name="user.provider.link", method="POST", path=f"{_ONE}/provider", permission=_ADMIN, handler=link, host_only=True),
    Page(name="user.enable", method="POST", path=f"{_ONE}/enable", permission=_ADMIN, handler=enable, host_only=True),
    Page(name="user.token", method="GET", path=f"{_ONE}/tokens/{{token}}", permission=_ADMIN, handler=ask_revoke, host_only=True),
    Page(name="user.token.revoke", method="POST", path=f"{_ONE}/tokens/{{token}}", permission=_ADMIN, handler=revoke, host_only=True),
    Page(name="user.end", method="GET", path=f"{_ONE}/end/{{act}}", permission=_ADMIN, handler=ask_act, host_only=True),
    Page(name="user.end.now", method="POST", path=f"{_ONE}/end/{{act}}", permission=_ADMIN, handler=carry_out, host_only=True),
)
