"""The end of a town's or a hall's part: what it takes along, that it leaves, and that everything of it is erased."""

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import data, gateways, halls, people
from hotspot.hub.api.problems import BadRequest, Conflict
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

_TYPE_TOWN = N_("Please type the short name of the town: %(name)s")
_TYPE_HALL = N_("Please type the short name of the hall: %(name)s")


async def ask_leave(visit: Visit) -> web.StreamResponse:
    """What would happen."""
    return await _leave(visit)


async def leave(visit: Visit) -> web.StreamResponse:
    """The agreement has ended, when the town's name was typed."""
    name = visit.path["partner"]
    town = await visit.ask(halls.show_partner, partner=name)
    if visit.form.text("name") != name:
        return await _leave(visit, 400, visit.form.text("name"), visit.text(_TYPE_TOWN, name=name))
    try:
        left = await visit.ask(halls.leave, partner=name)
    except Conflict:
        return visit.redirect(f"/partners/{name}/leave", done=visit.text("This town had left before."))
    values = {"town": town.title, "halls": len(left.halls), "gateways": len(left.gateways), "users": len(left.users)}
    said = visit.text(
        "%(town)s takes part no more: closed halls %(halls)s, shut-out gateways %(gateways)s, locked users %(users)s.", **values
    )
    return visit.redirect(f"/partners/{name}", done=said)


async def _leave(visit: Visit, status: int = 200, typed: str = "", wrong: str = "") -> web.Response:
    name = visit.path["partner"]
    town = await visit.ask(halls.show_partner, partner=name)
    there = [hall for hall in await visit.ask(halls.list_halls, query={"partner": name}) if hall.closed_at is None]
    boxes = [box for box in await visit.ask(gateways.list_gateways, query={"partner": name}) if box.revoked_at is None]
    users = [user for user in await visit.ask(people.list_users, query={"partner": name}) if user.disabled_at is None]
    return visit.page(
        "partner_leave.html", status=status, area="partners", town=town, halls=there, gateways=boxes, users=users, typed=typed, wrong=wrong
    )


async def export(visit: Visit) -> web.StreamResponse:
    """Everything of the town as a ZIP file."""
    return await visit.file(await visit.ask(data.export_partner, partner=visit.path["partner"]))


async def ask_erase(visit: Visit) -> web.StreamResponse:
    """What would be gone."""
    town = await visit.ask(halls.show_partner, partner=visit.path["partner"])
    return visit.page("partner_erase.html", area="partners", town=town, typed="", wrong="")


async def erase(visit: Visit) -> web.StreamResponse:
    """For good, when the town's name was typed."""
    name = visit.path["partner"]
    town = await visit.ask(halls.show_partner, partner=name)
    typed = visit.form.text("name")
    try:
        gone = await visit.ask(data.erase_partner, {"confirm": typed}, partner=name)
    except BadRequest:
        wrong = visit.text(_TYPE_TOWN, name=name)
        return visit.page("partner_erase.html", status=400, area="partners", town=town, typed=typed, wrong=wrong)
    except Conflict:
        wrong = visit.text("This town takes part. It has to leave first.")
        return visit.page("partner_erase.html", status=409, area="partners", town=town, typed=typed, wrong=wrong)
    said = visit.text(
        "Everything of %(town)s was erased: %(rows)s rows.", town=town.title, rows=visit.formats.number(sum(gone.rows.values()))
    )
    return visit.redirect("/partners", done=said)


# One hall ---------------------------------------------------------------------------------------------------------------------------------


async def show_hall(visit: Visit) -> web.StreamResponse:
    """What can be taken along of a hall, and erased."""
    return await _hall(visit)


async def export_hall(visit: Visit) -> web.StreamResponse:
    """Everything of the hall as a ZIP file."""
    return await visit.file(await visit.ask(data.export_hall, hall=visit.path["hall"]))


async def erase_hall(visit: Visit) -> web.StreamResponse:
    """For good, when the hall's name was typed."""
    name = visit.path["hall"]
    hall = await visit.ask(halls.show_hall, hall=name)
    typed = visit.form.text("name")
    try:
        gone = await visit.ask(data.erase_hall, {"confirm": typed}, hall=name)
    except BadRequest:
        return await _hall(visit, 400, typed, visit.text(_TYPE_HALL, name=name))
    except Conflict:
        return await _hall(visit, 409, typed, visit.text("This hall takes part. It has to be closed first."))
    said = visit.text(
        "Everything of %(hall)s was erased: %(rows)s rows.", hall=hall.title, rows=visit.formats.number(sum(gone.rows.values()))
    )
    return visit.redirect(f"/partners/{hall.partner}", done=said)


async def _hall(visit: Visit, status: int = 200, typed: str = "", wrong: str = "") -> web.Response:
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    town = await visit.ask(halls.show_partner, partner=hall.partner)
    return visit.page("hall_data.html", status=status, area="partners", hall=hall, town=town, typed=typed, wrong=wrong)


_ADMIN = Permission.ADMIN
_TOWN, _HALL = "/partners/{partner}", "/halls/{hall}"
PAGES = (
    Page(name="partner.leave", method="GET", path=f"{_TOWN}/leave", permission=_ADMIN, handler=ask_leave, host_only=True),
    Page(name="partner.left", method="POST", path=f"{_TOWN}/leave", permission=_ADMIN, handler=leave, host_only=True),
    Page(name="partner.export", method="POST", path=f"{_TOWN}/export", permission=_ADMIN, handler=export, host_only=True, is_file=True),
    Page(name="partner.erase", method="GET", path=f"{_TOWN}/erase", permission=_ADMIN, handler=ask_erase, host_only=True),
    Page(name="partner.erased", method="POST", path=f"{_TOWN}/erase", permission=_ADMIN, handler=erase, host_only=True),
    Page(name="hall.data", method="GET", path=f"{_HALL}/data", permission=_ADMIN, handler=show_hall, host_only=True),
    Page(name="hall.export", method="POST", path=f"{_HALL}/export", permission=_ADMIN, handler=export_hall, host_only=True, is_file=True),
    Page(name="hall.erase", method="POST", path=f"{_HALL}/data", permission=_ADMIN, handler=erase_hall, host_only=True),
)
