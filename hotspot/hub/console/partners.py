"""Towns and halls: who takes part, set up and changed."""

from collections import Counter
from typing import Any, Final

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import audit, checklist, figures, halls, people, retention
from hotspot.hub.api.halls import Hall, Partner
from hotspot.hub.api.problems import BadRequest, Conflict
from hotspot.hub.console import names
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import GUIDE, Visit
from hotspot.hub.console.web import local

RESERVED: Final = frozenset({"new", "erased"})
"""Addresses below ``/partners`` that are no towns."""
STATES: Final = {
    "well": ("good", N_("All well")),
    "faulty": ("warn", N_("Fault")),
    "silent": ("bad", N_("No contact")),
    "new": ("quiet", N_("Not set up yet")),
}
TITLE, CONTACT = 200, 500
"""Letters."""
_TITLE: Final = N_("Please give a title of at most 200 letters.")
_CONTACT: Final = N_("Please use at most 500 letters.")
_NAME: Final = N_("Please use small letters, digits and dashes only, at most 40, and begin with a letter or a digit.")
_TAKEN: Final = N_("This short name is taken. Please choose another one.")


async def listed(visit: Visit) -> web.StreamResponse:
    """All towns with their halls; a town's own people see theirs at once."""
    if visit.who.partner is not None:
        return visit.redirect(f"/partners/{visit.who.partner}")
    towns = await visit.ask(halls.list_partners)
    there = await visit.ask(halls.list_halls)
    counts = Counter(hall.partner for hall in there if hall.closed_at is None)
    wanted = visit.query.get("q", "").strip()[:100]
    if wanted:
        found = {hall.partner for hall in there if wanted.casefold() in f"{hall.name} {hall.title}".casefold()}
        towns = [town for town in towns if wanted.casefold() in f"{town.name} {town.title}".casefold() or town.name in found]
    in_order = sorted(towns, key=lambda town: (town.left_at is not None, town.title.casefold()))
    return _unguided(visit.page("partners.html", towns=in_order, counts=counts, wanted=wanted, may_create=visit.may(halls.create_partner)))


async def show(visit: Visit) -> web.StreamResponse:
    """One town."""
    name = visit.path["partner"]
    town = await visit.ask(halls.show_partner, partner=name)
    now = {each.hall: each for each in await visit.ask(figures.now_figures, query={"partner": name})}
    there = sorted(await visit.ask(halls.list_halls, query={"partner": name}), key=lambda hall: (hall.closed_at is not None, hall.title))
    users = await visit.ask(people.list_users, query={"partner": name}) if visit.may(people.list_users) else None
    steps = await visit.ask(checklist.show_checklist, partner=name)
    shown = [(hall, now.get(hall.name), STATES[now[hall.name].state] if hall.name in now else None) for hall in there]
    may_change = visit.may(halls.change_partner)
    values: dict[str, Any] = {"town": town, "halls": shown, "users": users, "checklist": steps, "may_change": may_change}
    return _unguided(visit.page("partner.html", area="partners", **values))


def _unguided(response: web.Response) -> web.Response:
    """Whoever looks at towns as such has put the checklist away."""
    response.del_cookie(GUIDE, path="/")
    return response


# A town joins -----------------------------------------------------------------------------------------------------------------------------


async def ask_new(visit: Visit) -> web.StreamResponse:
    """The beginning of the checklist."""
    return _new(visit)


async def create(visit: Visit) -> web.StreamResponse:
    """A town, with its first hall if wanted; the checklist goes on from there."""
    form = visit.form
    typed = {key: form.text(key) for key in ("title", "name", "contact", "hall_title", "hall_name")} | {"agreement": form.has("agreement")}
    name = form.text("name") or names.of_town(form.text("title"))
    hall_title = form.text("hall_title")
    hall_name = form.text("hall_name") or names.of_hall(name, hall_title)
    wrong = _wrong_town(visit, form.text("title"), name, form.text("contact"))
    if hall_title:
        taken = {hall.name for hall in await visit.ask(halls.list_halls)}
        if not form.text("hall_name"):
            hall_name = names.free(hall_name, taken)
        wrong |= {f"hall_{key}": text for key, text in _wrong_hall(visit, hall_title, hall_name, taken).items()}
    if wrong:
        return _new(visit, 400, typed, wrong)
    try:
        await visit.ask(halls.create_partner, {"name": name, "title": form.text("title"), "contact": form.text("contact")})
    except Conflict:
        return _new(visit, 409, typed | {"name": name}, {"name": visit.text(_TAKEN)})
    if hall_title:
        await visit.ask(halls.create_hall, {"partner": name, "name": hall_name, "title": hall_title})
    if form.has("agreement"):
        await visit.ask(checklist.tick_step, {"done": True}, partner=name, step="agreement")
    return visit.redirect(
        f"/partners/{name}/checklist", done=visit.text("%(town)s is set up. The list says what comes next.", town=form.text("title"))
    )


def _new(visit: Visit, status: int = 200, typed: dict[str, Any] | None = None, wrong: dict[str, str] | None = None) -> web.Response:
    empty = {"title": "", "name": "", "contact": "", "hall_title": "", "hall_name": "", "agreement": False}
    return visit.page("partner_new.html", status=status, area="partners", typed=typed or empty, wrong=wrong or {})


def _wrong_town(visit: Visit, title: str, name: str, contact: str) -> dict[str, str]:
    wrong = {}
    if not title or len(title) > TITLE:
        wrong["title"] = visit.text(_TITLE)
    elif not names.is_name(name) or name in RESERVED:
        wrong["name"] = visit.text(_NAME)
    if len(contact) > CONTACT:
        wrong["contact"] = visit.text(_CONTACT)
    return wrong


def _wrong_hall(visit: Visit, title: str, name: str, taken: set[str]) -> dict[str, str]:
    if not title or len(title) > TITLE:
        return {"title": visit.text(_TITLE)}
    if not names.is_name(name):
        return {"name": visit.text(_NAME)}
    return {"name": visit.text(_TAKEN)} if name in taken else {}


# Changed ----------------------------------------------------------------------------------------------------------------------------------


async def ask_change(visit: Visit) -> web.StreamResponse:
    """Title and contact."""
    return _change(visit, await visit.ask(halls.show_partner, partner=visit.path["partner"]))


async def change(visit: Visit) -> web.StreamResponse:
    """Another title or contact."""
    town = await visit.ask(halls.show_partner, partner=visit.path["partner"])
    typed = {"title": visit.form.text("title"), "contact": visit.form.text("contact")}
    wrong = _wrong_town(visit, typed["title"], town.name, typed["contact"])
    if wrong:
        return _change(visit, town, 400, typed, wrong)
    await visit.ask(halls.change_partner, typed, partner=town.name)
    return visit.redirect(_back(visit, f"/partners/{town.name}"), done=visit.text("Saved."))


def _change(
    visit: Visit, town: Partner, status: int = 200, typed: dict[str, str] | None = None, wrong: dict[str, str] | None = None
) -> web.Response:
    known = {"title": town.title, "contact": town.contact}
    return visit.page(
        "partner_change.html", status=status, area="partners", town=town, typed=typed or known, wrong=wrong or {}, back=_back(visit, "")
    )


async def ask_hall(visit: Visit) -> web.StreamResponse:
    """A further hall."""
    return _hall(visit, await visit.ask(halls.show_partner, partner=visit.path["partner"]))


async def create_hall(visit: Visit) -> web.StreamResponse:
    """A hall is set up."""
    town = await visit.ask(halls.show_partner, partner=visit.path["partner"])
    form, taken = visit.form, {hall.name for hall in await visit.ask(halls.list_halls)}
    typed = {key: form.text(key) for key in ("title", "name", "time_zone")}
    name = form.text("name") or names.free(names.of_hall(town.name, form.text("title")), taken)
    wrong = _wrong_hall(visit, form.text("title"), name, taken)
    if town.left_at is not None:
        wrong["title"] = visit.text("This town takes part no more. It cannot have another hall.")
    if wrong:
        return _hall(visit, town, 400, typed, wrong)
    body = {"partner": town.name, "name": name, "title": form.text("title"), "time_zone": form.text("time_zone") or "Europe/Berlin"}
    try:
        made: Hall = await visit.ask(halls.create_hall, body)
    except Conflict:
        return _hall(visit, town, 409, typed, {"name": visit.text(_TAKEN)})
    except BadRequest:
        said = visit.text("There is no such time zone. Write it as in “Europe/Berlin”.")
        return _hall(visit, town, 400, typed, {"time_zone": said})
    return visit.redirect(_back(visit, f"/partners/{town.name}"), done=visit.text("%(hall)s is set up.", hall=made.title))


def _hall(
    visit: Visit, town: Partner, status: int = 200, typed: dict[str, str] | None = None, wrong: dict[str, str] | None = None
) -> web.Response:
    empty = {"title": "", "name": "", "time_zone": "Europe/Berlin"}
    return visit.page(
        "partner_hall.html", status=status, area="partners", town=town, typed=typed or empty, wrong=wrong or {}, back=_back(visit, "")
    )


def _back(visit: Visit, otherwise: str) -> str:
    """Where somebody came from, as the checklist says in its links; of the form when there is one."""
    said = visit.form.text("back") or visit.query.get("back", "")
    return local(said) if said else otherwise


# What is gone -----------------------------------------------------------------------------------------------------------------------------


async def erased(visit: Visit) -> web.StreamResponse:
    """What was erased by hand, and what because its time was up."""
    by_hand: list[audit.Entry] = []
    if visit.may(audit.list_audit):
        for action in ("partner.erase", "hall.erase"):
            by_hand += (await visit.ask(audit.list_audit, query={"action": action})).entries
    in_time = await visit.ask(retention.list_erased, query={"limit": 200})
    newest = sorted(by_hand, key=lambda entry: entry.at, reverse=True)
    return visit.page("partners_erased.html", area="partners", by_hand=newest, in_time=in_time)


_ADMIN, _SEE = Permission.ADMIN, Permission.SEE
PAGES = (
    Page(name="partners", method="GET", path="/partners", permission=_SEE, handler=listed),
    Page(name="partner.new", method="GET", path="/partners/new", permission=_ADMIN, handler=ask_new, host_only=True),
    Page(name="partner.create", method="POST", path="/partners/new", permission=_ADMIN, handler=create, host_only=True),
    Page(name="partners.erased", method="GET", path="/partners/erased", permission=_SEE, handler=erased, host_only=True),
    Page(name="partner", method="GET", path="/partners/{partner}", permission=_SEE, handler=show),
    Page(name="partner.change", method="GET", path="/partners/{partner}/change", permission=_ADMIN, handler=ask_change, host_only=True),
    Page(name="partner.changed", method="POST", path="/partners/{partner}/change", permission=_ADMIN, handler=change, host_only=True),
    Page(name="partner.hall", method="GET", path="/partners/{partner}/halls/new", permission=_ADMIN, handler=ask_hall, host_only=True),
    Page(
        name="partner.hall.create",
        method="POST",
        path="/partners/{partner}/halls/new",
        permission=_ADMIN,
        handler=create_hall,
        host_only=True,
    ),
)
