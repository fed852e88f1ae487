"""A box is connected to the hub: a token that is good for once, the command for the box, and what became of it."""

from typing import Any, Final

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import gateways, halls
from hotspot.hub.api.gateways import DAY, Enrolment, Gateway, Token
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound
from hotspot.hub.console.gateway_words import STATES
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.console.web import local

LASTS: Final = {1: N_("1 day"), 7: N_("7 days"), 30: N_("30 days"), 90: N_("90 days")}
"""Days for which a token can be used."""
TOKEN_STATES: Final = {
    "open": ("going", N_("not used yet")),
    "used": ("good", N_("used")),
    "withdrawn": ("quiet", N_("withdrawn")),
    "expired": ("quiet", N_("expired")),
}


async def choose(visit: Visit) -> web.StreamResponse:
    """Which hall a box is for."""
    there = [hall for hall in await visit.ask(halls.list_halls) if hall.closed_at is None]
    wanted = visit.query.get("hall", "")[:200].strip()
    if wanted:
        words = wanted.casefold().split()
        there = [hall for hall in there if all(word in f"{hall.name} {hall.title} {hall.partner}".casefold() for word in words)]
        exact = [hall for hall in there if wanted.casefold() in (hall.name, hall.title.casefold())]
        if len(there) == 1 or len(exact) == 1:
            return visit.redirect(f"/halls/{(exact or there)[0].name}/enrol")
    return visit.page("enrol_choose.html", halls=there[:100], count=len(there), wanted=wanted)


async def show(visit: Visit) -> web.StreamResponse:
    """The steps, and the tokens that there are."""
    return await _shown(visit, back=visit.query.get("back", ""), replaces=visit.query.get("replaces", ""))


async def make(visit: Visit) -> web.StreamResponse:
    """A token; it is shown in the answer and never again, so this is no redirect."""
    form = visit.form
    lasts, replaces, back = form.text("lasts", "7"), form.text("replaces"), form.text("back")
    days = int(lasts) if lasts in map(str, LASTS) else 7
    body: dict[str, Any] = {"seconds": days * DAY}
    if replaces:
        body["replaces"] = replaces
    try:
        made = await visit.ask(gateways.create_enrolment, body, hall=visit.path["hall"])
    except (BadRequest, NotFound) as error:
        if not replaces:
            raise
        said = visit.text(N_("There is no gateway of that name in this hall: %(why)s"), why=str(error))
        return await _shown(visit, error.status, wrong=said, back=back, lasts=days)
    except Conflict as error:
        said = visit.text(N_("This hall does not take part any more."))
        return await _shown(visit, error.status, wrong=said, back=back, lasts=days, replaces=replaces)
    return await _shown(visit, made=made, back=back, lasts=days)


async def watch(visit: Visit) -> web.StreamResponse:
    """Tokens and gateways of the hall, for a page that is open."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    return visit.page("enrol_watch.html", hall=hall, **await _known(visit))


async def withdraw(visit: Visit) -> web.StreamResponse:
    """A token is worth nothing any more."""
    name = visit.path["enrolment"]
    try:
        await visit.ask(gateways.withdraw_enrolment, hall=visit.path["hall"], enrolment=name)
    except Conflict as error:
        return await _shown(
            visit, error.status, wrong=visit.text(N_("That token has been used: revoke the gateway if it should not be there."))
        )
    return visit.redirect(f"/halls/{visit.path['hall']}/enrol", done=visit.text(N_("The token is worth nothing any more.")))


async def _shown(
    visit: Visit, status: int = 200, *, made: Token | None = None, wrong: str = "", back: str = "", lasts: int = 7, replaces: str = ""
) -> web.Response:
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    town = await visit.ask(halls.show_partner, partner=hall.partner)
    known = await _known(visit)
    values: dict[str, Any] = {"hall": hall, "town": town, "tab": "manage", "made": made, "wrong": wrong, "lasts": lasts, "choices": LASTS}
    return visit.page(
        "enrol.html",
        status=status,
        url=visit.hub.settings.url,
        replaces=replaces,
        back=local(back) if back else "",
        **values,
        **known,
    )


async def _known(visit: Visit) -> dict[str, Any]:
    enrolments: list[Enrolment] = await visit.ask(gateways.list_enrolments, hall=visit.path["hall"])
    there: list[Gateway] = await visit.ask(gateways.list_gateways, query={"hall": visit.path["hall"]})
    return {"enrolments": enrolments, "gateways": there, "states": STATES, "token_states": TOKEN_STATES}


_ADMIN = Permission.ADMIN
PAGES = (
    Page(name="enrol.choose", method="GET", path="/enrol", permission=_ADMIN, handler=choose, host_only=True),
    Page(name="enrol", method="GET", path="/halls/{hall}/enrol", permission=_ADMIN, handler=show, host_only=True),
    Page(name="enrol.make", method="POST", path="/halls/{hall}/enrol", permission=_ADMIN, handler=make, host_only=True),
    Page(
        name="enrol.watch", method="GET", path="/halls/{hall}/enrol/watch", permission=_ADMIN, handler=watch, host_only=True, is_file=True
    ),
    Page(
        name="enrol.withdraw",
        method="POST",
        path="/halls/{hall}/enrol/{enrolment}/withdraw",
        permission=_ADMIN,
        handler=withdraw,
        host_only=True,
    ),
)
