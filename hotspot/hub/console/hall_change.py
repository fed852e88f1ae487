"""What an administrator changes about a hall: its title, its time zone, and that it takes part no more."""

from typing import Any

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import gateways, halls
from hotspot.hub.api.problems import BadRequest, Conflict
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """The form."""
    return await _shown(visit)


async def change(visit: Visit) -> web.StreamResponse:
    """Another title or time zone."""
    title, time_zone = visit.form.text("title"), visit.form.text("time_zone")
    typed = {"title": title, "time_zone": time_zone}
    if not title or len(title) > 200:
        return await _shown(visit, 422, typed, title=visit.text(N_("Please give the hall a name of at most 200 letters.")))
    try:
        await visit.ask(halls.change_hall, typed, hall=visit.path["hall"])
    except BadRequest:
        said = visit.text(N_("There is no such time zone. Write it as in “Europe/Berlin”."))
        return await _shown(visit, 400, typed, time_zone=said)
    except Conflict:
        said = visit.text(N_("The hall has reported already: its days were counted in the time zone from before, which stays."))
        return await _shown(visit, 409, typed, time_zone=said)
    return visit.redirect(f"/halls/{visit.path['hall']}/change", done=visit.text(N_("Saved.")))


async def ask_close(visit: Visit) -> web.StreamResponse:
    """What would happen."""
    return await _closing(visit)


async def close(visit: Visit) -> web.StreamResponse:
    """The hall takes part no more, when its name was typed."""
    name = visit.path["hall"]
    if visit.form.text("name") != name:
        return await _closing(
            visit, 422, visit.form.text("name"), visit.text(N_("Please type the short name of the hall: %(name)s"), name=name)
        )
    try:
        await visit.ask(halls.close, hall=name)
    except Conflict:
        return await _closing(visit, 409, name, visit.text(N_("This hall has been closed already.")))
    return visit.redirect(f"/halls/{name}", done=visit.text(N_("The hall is closed, and its gateways are shut out.")))


async def _shown(visit: Visit, status: int = 200, typed: dict[str, str] | None = None, **wrong: str) -> web.Response:
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    town = await visit.ask(halls.show_partner, partner=hall.partner)
    there = await visit.ask(gateways.list_gateways, query={"hall": hall.name})
    filled = {"title": hall.title, "time_zone": hall.time_zone} if typed is None else typed
    values: dict[str, Any] = {"hall": hall, "town": town, "tab": "manage", "typed": filled, "wrong": wrong}
    return visit.page("hall_change.html", status=status, gateways=there, **values)


async def _closing(visit: Visit, status: int = 200, typed: str = "", wrong: str = "") -> web.Response:
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    there = await visit.ask(gateways.list_gateways, query={"hall": hall.name})
    in_use = [one for one in there if one.revoked_at is None]
    return visit.page("hall_close.html", status=status, hall=hall, gateways=in_use, typed=typed, wrong=wrong)


_ADMIN = Permission.ADMIN
PAGES = (
    Page(name="hall.change", method="GET", path="/halls/{hall}/change", permission=_ADMIN, handler=show, host_only=True),
    Page(name="hall.changed", method="POST", path="/halls/{hall}/change", permission=_ADMIN, handler=change, host_only=True),
    Page(name="hall.close", method="GET", path="/halls/{hall}/close", permission=_ADMIN, handler=ask_close, host_only=True),
    Page(name="hall.closed", method="POST", path="/halls/{hall}/close", permission=_ADMIN, handler=close, host_only=True),
)
