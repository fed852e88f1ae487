"""A change on its way to the halls, in stages: who has it, who has not, who refuses it, and what can be done."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import policy, policy_halls
from hotspot.hub.api.operations import Call
from hotspot.hub.api.problems import Conflict
from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import faults, history
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.scopes import Level, parse

STATES: Final = {
    "running": ("warn", N_("on its way")),
    "stopped": ("bad", N_("stopped")),
    "finished": ("good", N_("everywhere")),
    "rolled-back": ("quiet", N_("taken back")),
}
"""Of a roll-out: sign and words."""
TAKEN: Final = {
    "in force": ("good", N_("has it")),
    "waiting": ("warn", N_("has not answered yet")),
    "refused": ("bad", N_("refuses it")),
    "none wanted": ("quiet", N_("is told nothing")),
    "no gateway": ("quiet", N_("has no gateway")),
}
"""Of a hall that it has reached."""
MOST: Final = 200
"""Halls that are listed, those with trouble first."""
ORDER: Final = ("refused", "waiting", "no gateway", "none wanted", "in force")


class Reached(Struct, frozen=True, kw_only=True):
    """A hall that has been told."""

    hall: str
    gateway: str
    state: str
    error: faults.Objection | None


async def show(visit: Visit) -> web.StreamResponse:
    """Everything about one of them."""
    return await _page(visit, await visit.ask(policy_halls.show_rollout, serial=visit.path["serial"]))


async def _page(visit: Visit, rollout: policy_halls.PolicyRollout, status: int = 200, wrong: str = "") -> web.Response:
    change = await visit.ask(policy.show_change, serial=str(rollout.serial))
    there = set(rollout.halls)
    taken = [one for one in await visit.ask(policy_halls.list_in_force) if one.hall in there]
    reached = [
        Reached(hall=one.hall, gateway=one.gateway or "", state=one.state, error=faults.read(visit, one.error) if one.error else None)
        for one in sorted(taken, key=lambda one: (ORDER.index(one.state), one.hall))
    ]
    return visit.page(
        "settings/rollout.html", status, rollout=rollout, change=change, reached=reached, states=STATES, taken=TAKEN, wrong=wrong,
        hall_titles=await history.hall_titles(visit), titles=await history.titles(visit), may=may(visit, rollout),
        most=MOST, parts_=await history.parts(visit, change),
    )  # fmt: skip


def may(visit: Visit, rollout: policy_halls.PolicyRollout) -> bool:
    """May this user bring it on, stop it or take it back?"""
    mine = visit.who.partner is None or all(parse(text).level is not Level.HOST for text in rollout.scopes)
    return visit.who.may(Permission.EDIT) and mine


async def _do(visit: Visit, handler: Callable[[Call], Awaitable[policy_halls.PolicyRollout]], done: str) -> web.StreamResponse:
    serial = visit.path["serial"]
    try:
        await visit.ask(handler, serial=serial)
    except Conflict as error:
        return await _page(visit, await visit.ask(policy_halls.show_rollout, serial=serial), 409, wrong=str(error))
    return visit.redirect(f"/settings/rollouts/{serial}", done=done)


async def advance(visit: Visit) -> web.StreamResponse:
    """The next stage."""
    return await _do(visit, policy_halls.advance_rollout, visit.text("The next halls are told now."))


async def stop(visit: Visit) -> web.StreamResponse:
    """No further stage."""
    return await _do(visit, policy_halls.stop_rollout, visit.text("Stopped: no further hall is told by itself."))


def _row(name: str, method: Any, permission: Permission, handler: Any, below: str = "") -> Page:
    return Page(name=name, method=method, path=f"/settings/rollouts/{{serial}}{below}", permission=permission, handler=handler)


PAGES: Final = (
    _row("settings.rollout", "GET", Permission.SEE, show),
    _row("settings.rollout.advance", "POST", Permission.EDIT, advance, "/advance"),
    _row("settings.rollout.stop", "POST", Permission.EDIT, stop, "/stop"),
)
