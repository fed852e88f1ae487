"""The users of the console and the API: who there is, and somebody new."""

import secrets
from typing import Any, Final

import msgspec
from aiohttp import web

from hotspot.hub.access import Permission, Role
from hotspot.hub.api import halls, identities, people
from hotspot.hub.api.login import UserName
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound, TooMany
from hotspot.hub.console import new_password
from hotspot.hub.console.pages import Page
from hotspot.hub.console.visits import Visit

AT_ONCE: Final = 100
"""Users on a page."""
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""For passwords that are read to somebody on the telephone: nothing that looks like something else."""


def made_up() -> str:
    """A password of 79 random bits: ``k7fm-3qxw-9hnp-t4vd``."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def fits(value: str, kind: Any) -> bool:
    """Would the API take it for that?"""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


async def towns(visit: Visit) -> dict[str, str]:
    """Names and titles of those that take part."""
    return {town.name: town.title for town in await visit.ask(halls.list_partners) if town.left_at is None}


async def show(visit: Visit) -> web.StreamResponse:
    """All users, or those that were looked for."""
    wanted = {name: visit.query.get(name, "").strip()[:100] for name in ("search", "role", "partner")}
    query = {name: value for name, value in wanted.items() if value}
    found = await visit.ask(people.list_users, query={**query, "after": visit.query.get("after", "")[:40], "limit": AT_ONCE + 1})
    titles = {town.name: town.title for town in await visit.ask(halls.list_partners)}
    return visit.page(
        "users.html", users=found[:AT_ONCE], more=len(found) > AT_ONCE, towns=titles, wanted=wanted, filtered=bool(query),
        after=visit.query.get("after", ""),
    )  # fmt: skip


# Somebody new -------------------------------------------------------------------------------------------------------------------------


async def new(visit: Visit) -> web.StreamResponse:
    """Who they are, what they may, and how they get in."""
    given = {"role": Role.PARTNER_EDITOR.value, "way": "make", **visit.query}
    return await _form(visit, given)


async def _form(visit: Visit, given: dict[str, str], wrong: dict[str, str] | None = None, status: int = 200) -> web.Response:
    values = {name: given.get(name, "")[:300] for name in ("name", "full_name", "email", "role", "partner", "way", "subject")}
    return visit.page("user_new.html", status=status, given=values, wrong=wrong or {}, towns=await towns(visit))


async def create(visit: Visit) -> web.StreamResponse:
    """Made, and let in by the way that was chosen. A password that the console made up is shown in the answer and never again."""
    form = visit.form
    given = {name: form.text(name) for name in ("name", "full_name", "email", "role", "partner", "way", "subject")}
    password = made_up() if given["way"] == "make" else form.raw("password")
    wrong = _faults(visit, given, password)
    if wrong:
        return await _form(visit, given, wrong, 400)
    body = {name: given[name] for name in ("name", "full_name", "email", "role")} | {"partner": given["partner"] or None}
    try:
        await visit.ask(people.create_user, body)
    except Conflict:
        return await _form(visit, given, {"name": visit.text("There is a user of that name already.")}, 409)
    except (BadRequest, NotFound) as error:
        return await _form(visit, given, {"partner": visit.text("That cannot be stored: %(why)s", why=str(error))}, 400)
    return await _let_in(visit, given["name"], given["way"], given["subject"], password)


def _faults(visit: Visit, given: dict[str, str], password: str) -> dict[str, str]:
    """What is wrong, by field."""
    wrong = person_faults(visit, given)
    if not fits(given["name"], UserName):
        wrong["name"] = visit.text("Please use small letters without accents, digits, dots and dashes: at most 40, for example k.klein")
    if given["way"] == "type" and (fault := new_password.wrong(visit, password, given["name"])):
        wrong["password"] = fault
    if given["way"] == "provider" and not fits(given["subject"], identities.Subject):
        wrong["subject"] = visit.text("Please enter how the person is known at the city's login.")
    return wrong


def person_faults(visit: Visit, given: dict[str, str]) -> dict[str, str]:
    """The same for what can be changed later."""
    wrong = {}
    if not fits(given["full_name"], people.FullName):
        wrong["full_name"] = visit.text("That is too long: at most 200 letters.")
    if not fits(given["email"], people.Email):
        wrong["email"] = visit.text("That is no e-mail address.")
    if not fits(given["role"], Role):
        wrong["role"] = visit.text("Please choose a role.")
    elif Role(given["role"]).of_partner and not given["partner"]:
        wrong["partner"] = visit.text("This role is for people of a town: please choose which.")
    elif not Role(given["role"]).of_partner and given["partner"]:
        wrong["partner"] = visit.text("This role is for the city's own people: please choose no town.")
    return wrong


async def _let_in(visit: Visit, name: str, way: str, subject: str, password: str) -> web.StreamResponse:
    address, done = f"/users/name/{name}", visit.text("The user “%(name)s” is there.", name=name)
    if way in ("make", "type"):
        try:
            await visit.ask(people.set_password, {"password": password}, user=name)
        except TooMany:
            return visit.redirect(f"{address}/password", visit.text("The user is there, but has no password yet. Please give one here."))
        if way == "make":
            return visit.page("user_password_made.html", name=name, password=password, fresh=True)
    if way == "provider":
        try:
            await visit.ask(identities.link_user, {"subject": subject}, user=name)
        except Conflict:
            words = visit.text("The user is there, but could not be connected: somebody else is connected with that account.")
            return visit.redirect(f"{address}/provider", words)
    return visit.redirect(address, done)


_ADMIN = Permission.ADMIN
PAGES = (
    Page(name="users", method="GET", path="/users", permission=_ADMIN, handler=show, host_only=True),
    Page(name="users.new", method="GET", path="/users/new", permission=_ADMIN, handler=new, host_only=True),
    Page(name="users.create", method="POST", path="/users/new", permission=_ADMIN, handler=create, host_only=True),
)
