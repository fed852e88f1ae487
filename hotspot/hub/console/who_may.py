"""Who may what, in words: a table made of the API's own rules, so that it cannot say anything else than what happens."""

from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import ALLOWED, Permission, Principal, Role
from hotspot.hub.api import metrics
from hotspot.hub.api.operations import Operation
from hotspot.hub.api.table import ALL
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

Kind = tuple[str, Permission | None, bool]
"""Subject, permission, for the city's people only: operations of one kind are one line."""
_SEE, _OPERATE, _EDIT, _ADMIN = Permission.SEE, Permission.OPERATE, Permission.EDIT, Permission.ADMIN

WORDS: Final[Mapping[Kind, str]] = {
    ("figures", _SEE, False): N_("See how the halls are doing, with all figures"),
    ("halls", _SEE, False): N_("See halls and what is reported about them"),
    ("gateways", _SEE, False): N_("See gateways"),
    ("alarms", _SEE, False): N_("See alarms"),
    ("alarms", _OPERATE, False): N_("Acknowledge alarms"),
    ("alarms", _EDIT, False): N_("Choose who is told of alarms"),
    ("orders", _OPERATE, False): N_("See who is online by device code, let a device in or out"),
    ("feedback", _SEE, False): N_("Read and export the citizens' feedback"),
    ("feedback", _OPERATE, False): N_("Mark feedback as done"),
    ("reports", _SEE, False): N_("Read and print monthly reports"),
    ("policy", _SEE, False): N_("See settings and their history"),
    ("policy", _EDIT, False): N_("Change settings, and roll them back"),
    ("vouchers", _SEE, False): N_("See which vouchers there are"),
    ("vouchers", _EDIT, False): N_("Make, print and withdraw vouchers"),
    ("blocks", _SEE, False): N_("See the block list"),
    ("blocks", _EDIT, False): N_("Block addresses of the Internet, and unblock them"),
    ("printing", _SEE, False): N_("Print posters"),
    ("printing", _EDIT, False): N_("Say what the Wi-Fi is called on posters"),
    ("partners", _SEE, False): N_("See towns, and how far a new one has come"),
    ("partners", _EDIT, False): N_("Tick off steps of the checklist for new towns"),
    ("partners", _ADMIN, True): N_("Add, change and sign off towns"),
    ("halls", _ADMIN, True): N_("Add, change and close halls"),
    ("gateways", _ADMIN, True): N_("Connect, renew, replace and revoke gateways"),
    ("certificates", _SEE, False): N_("See the certificates of the halls"),
    ("certificates", _ADMIN, True): N_("Name, renew and revoke certificates of halls"),
    ("users", _ADMIN, True): N_("Manage users, their passwords and second factors"),
    ("audit", _EDIT, False): N_("Read and export the audit log"),
    ("data protection", _SEE, False): N_("See what is stored about whom"),
    ("data protection", _SEE, True): N_("See what was erased"),
    ("data protection", _ADMIN, True): N_("Export and erase the data of a hall or town"),
    ("metrics", Permission.METRICS, False): N_("Have programs such as Grafana read metrics"),
    ("me", _SEE, False): N_("Change the own password, end own sessions, make tokens for programs"),
}
"""In the order in which they are read."""
OPEN: Final = frozenset({"description", "me"})
"""Subjects of operations that need no permission: the description of the API, logging in and out."""


class Line(Struct, frozen=True):
    """Something that some may."""

    words: str
    roles: frozenset[Role]
    own: bool
    """A town's people may only for their own town."""


def kinds(operations: Iterable[Operation]) -> dict[Kind, list[str]]:
    """Names of operations by kind, without those that are open to everybody."""
    found: dict[Kind, list[str]] = {}
    for one in operations:
        if one.permission is not None:
            found.setdefault((one.subject, one.permission, one.host_only), []).append(one.name)
    return found


def lines() -> list[Line]:
    """What there is in the API, by kind."""
    there = kinds((*ALL, *metrics.OPERATIONS))
    return [Line(words, _roles(kind), kind[0] != "me") for kind, words in WORDS.items() if kind in there]


def _roles(kind: Kind) -> frozenset[Role]:
    _, permission, host_only = kind
    return frozenset(role for role in Role if (permission in ALLOWED[role]) and not (host_only and _somebody(role).partner is not None))


def _somebody(role: Role) -> Principal:
    return Principal(user="x", role=role, partner="x" if role.of_partner else None, permissions=ALLOWED[role])


async def show(visit: Visit) -> web.StreamResponse:
    """The table."""
    return visit.page("users_roles.html", lines=lines(), columns=list(Role))


PAGES = (Page(name="users.roles", method="GET", path="/users/roles", permission=_ADMIN, handler=show, host_only=True),)
