"""Voucher codes: batches of a hall, made, printed, shown and withdrawn. Codes are secrets: they are in no address and in no cache."""

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import figures, halls, networks, policy_halls, policy_items, printing
from hotspot.hub.api.halls import Hall
from hotspot.hub.api.policy_items import Batch
from hotspot.hub.api.problems import BadRequest, Conflict, Fault, NotFound, Unprocessable
from hotspot.hub.console import voucher_words
from hotspot.hub.console.formats import VISITORS
from hotspot.hub.console.pages import Page
from hotspot.hub.console.print_faults import PRINTER, words_of
from hotspot.hub.console.together import together
from hotspot.hub.console.visits import Visit
from hotspot.session.quantities import parse_seconds

SECRET: Final = {"Cache-Control": "no-store"}
FEW: Final = 40
"""Halls that are shown at once; of more of them the towns are folded."""
USE_DAYS: Final = 30
"""For which the use of voucher plans is shown."""


async def choose(visit: Visit) -> web.StreamResponse:
    """All halls, to go on to one of them."""
    everywhere, towns, batches = await together(
        visit.ask(halls.list_halls), visit.ask(halls.list_partners), visit.ask(policy_items.list_all_batches)
    )
    count: dict[str, int] = {}
    for batch in batches:
        count[batch.hall] = count.get(batch.hall, 0) + 1
    search = visit.query.get("q", "").strip()[:100]
    titles = {town.name: town.title for town in towns}
    found = [
        hall
        for hall in everywhere
        if hall.closed_at is None and search.casefold() in f"{hall.title} {hall.name} {titles.get(hall.partner, '')}".casefold()
    ]
    groups = [
        (titles.get(name, name), [hall for hall in found if hall.partner == name]) for name in dict.fromkeys(h.partner for h in found)
    ]
    return visit.page("vouchers.html", groups=sorted(groups, key=lambda one: one[0]), count=count, search=search, few=len(found) <= FEW)


async def _hall(visit: Visit) -> Hall:
    return await visit.ask(halls.show_hall, hall=visit.path["hall"])


def _today(visit: Visit, hall: Hall) -> date:
    return visit.hub.now().astimezone(ZoneInfo(hall.time_zone)).date()


async def show(visit: Visit) -> web.StreamResponse:
    """The batches of a hall."""
    hall = await _hall(visit)
    everything = visit.query.get("all") == "yes"
    since = (visit.hub.now() - timedelta(days=USE_DAYS)).isoformat()
    batches, policy, used = await together(
        visit.ask(policy_items.list_batches, query={"withdrawn": "true"}, hall=hall.name),
        visit.ask(policy_halls.explain, hall=hall.name),
        visit.ask(figures.hall_figures, query={"from": since, "step": "day", "by": "plan"}, hall=hall.name),
    )
    everyone = voucher_words.all_plans_of(policy, visit.language)
    plans = [plan for plan in everyone if plan.offered]
    today, names = _today(visit, hall), {plan.name for plan in plans}
    shown = [(batch, voucher_words.standing(batch, today)) for batch in batches if everything or batch.withdrawn_at is None]
    return visit.page(
        "hall_vouchers.html",
        hall=hall,
        tab="vouchers",
        batches=shown,
        hidden=len(batches) - len(shown),
        everything=everything,
        plans=plans,
        asleep=[plan for plan in everyone if not plan.offered],
        titles={plan.name: plan.title for plan in everyone},
        used=sum(point.visits for point in used.points if point.name in names),
        days=USE_DAYS,
        seconds=parse_seconds,
        iso=date.fromisoformat,
        person=voucher_words.person,
    )


async def show_form(visit: Visit) -> web.StreamResponse:
    """What codes are wanted."""
    hall = await _hall(visit)
    everyone = voucher_words.all_plans_of(await visit.ask(policy_halls.explain, hall=hall.name), visit.language)
    plans = [plan for plan in everyone if plan.offered]
    return _form(visit, hall, everyone, {**voucher_words.BLANK, "plan": plans[0].name if plans else ""}, {})


def _form(
    visit: Visit, hall: Hall, everyone: list[voucher_words.Plan], fields: dict[str, str], wrong: dict[str, str], refused: str = "",
    status: int = 200,
) -> web.Response:  # fmt: skip
    told = {name: visit.text(words) for name, words in wrong.items()}
    return visit.page(
        "voucher_new.html", status, hall=hall, plans=[plan for plan in everyone if plan.offered], fields=fields, wrong=told,
        asleep=[plan for plan in everyone if not plan.offered], refused=refused, units=voucher_words.UNITS,
    )  # fmt: skip


async def make(visit: Visit) -> web.StreamResponse:
    """A batch is made."""
    hall = await _hall(visit)
    everyone = voucher_words.all_plans_of(await visit.ask(policy_halls.explain, hall=hall.name), visit.language)
    asked = voucher_words.asked(visit.form, [plan for plan in everyone if plan.offered], _today(visit, hall))
    if asked.wrong:
        return _form(visit, hall, everyone, asked.fields, asked.wrong, status=400)
    try:
        batch = await visit.ask(policy_items.make_batch, asked.batch, hall=hall.name)
    except (BadRequest, Conflict, Unprocessable) as fault:
        return _form(visit, hall, everyone, asked.fields, {}, str(fault), fault.status)
    done = visit.text("The vouchers are made (batch %(number)s). Print them now, or download them as a table.", number=batch.number)
    return visit.redirect(f"/halls/{hall.name}/vouchers/{batch.id}", done)


async def _found(visit: Visit) -> tuple[Hall, Batch]:
    """The batch of the path. Raises ``NotFound``."""
    hall = await _hall(visit)
    batches = await visit.ask(policy_items.list_batches, query={"withdrawn": "true"}, hall=hall.name)
    for batch in batches:
        if batch.id == visit.path["batch"]:
            return hall, batch
    raise NotFound(f"batch = {visit.path['batch']!r}: expected the id of a batch of this hall")


async def show_batch(visit: Visit) -> web.StreamResponse:
    """One batch, with all that can be done with it."""
    hall, batch = await _found(visit)
    return await _batch(visit, hall, batch)


async def _batch(visit: Visit, hall: Hall, batch: Batch, fault: Fault | None = None, why: str = "", unsure: bool = False) -> web.Response:
    policy, known = await together(visit.ask(policy_halls.explain, hall=hall.name), visit.ask(networks.list_networks, hall=hall.name))
    plans = voucher_words.plans_of(policy, visit.language)
    language, zone = (visit.form.text(name, default) for name, default in (("language", visit.language), ("zone", "")))
    response = visit.page(
        "voucher.html",
        fault.status if fault else 400 if unsure else 200,
        hall=hall,
        batch=batch,
        standing=voucher_words.standing(batch, _today(visit, hall)),
        plan=next((plan for plan in plans if plan.name == batch.plan), None),
        networks=known,
        zones=[(one.zone, f"{one.ssid} ({one.zone})") for one in known],
        tongues=list(VISITORS.items()),
        tongue=language,
        zone=zone,
        parts=printing.parts(batch.count),
        on_a_part=printing.ON_A_PART,
        refused=words_of(visit, fault) if fault else "",
        installed=visit.hub.printer.installed,
        why=why,
        unsure=unsure,
        seconds=parse_seconds(batch.valid),
        iso=date.fromisoformat,
        person=voucher_words.person,
    )
    if fault is not None and fault.status == 503:
        response.headers["Retry-After"] = f"{round(fault.seconds)}"
    return response


async def print_tickets(visit: Visit) -> web.StreamResponse:
    """The codes as tickets, PDF."""
    hall, batch = await _found(visit)
    query = {"language": visit.form.text("language"), "part": visit.form.text("part", "1")}
    if zone := visit.form.text("zone"):
        query["zone"] = zone
    try:
        reply = await visit.ask(printing.print_tickets, query=query, hall=hall.name, batch=batch.id)
    except (*PRINTER, BadRequest, Conflict, Unprocessable) as fault:
        return await _batch(visit, hall, batch, fault)
    return _secret(await visit.file(reply))


async def export(visit: Visit) -> web.StreamResponse:
    """The codes as a table for a spreadsheet."""
    return _secret(await visit.file(await visit.ask(policy_items.export_codes, hall=visit.path["hall"], batch=visit.path["batch"])))


async def show_codes(visit: Visit) -> web.StreamResponse:
    """The codes on the screen."""
    hall, batch = await _found(visit)
    codes = await visit.ask(policy_items.show_codes, hall=hall.name, batch=batch.id)
    return _secret(visit.page("voucher_codes.html", hall=hall, batch=batch, codes=codes.codes))


def _secret(response: web.StreamResponse) -> web.StreamResponse:
    response.headers.update(SECRET)
    return response


async def withdraw(visit: Visit) -> web.StreamResponse:
    """No code of a batch is good any more."""
    hall, batch = await _found(visit)
    why = visit.form.text("why")
    if not visit.form.has("sure"):
        return await _batch(visit, hall, batch, why=why, unsure=True)
    try:
        await visit.ask(policy_items.withdraw_batch, {"why": why}, hall=hall.name, batch=batch.id)
    except (BadRequest, Conflict, Unprocessable) as fault:
        return await _batch(visit, hall, batch, fault, why=why)
    return visit.redirect(f"/halls/{hall.name}/vouchers", visit.text("Batch %(number)s is withdrawn.", number=batch.number))


_SEE, _EDIT, _BATCH = Permission.SEE, Permission.EDIT, "/halls/{hall}/vouchers/{batch}"
PAGES = (
    Page(name="vouchers", method="GET", path="/vouchers", permission=_SEE, handler=choose),
    Page(name="hall.vouchers", method="GET", path="/halls/{hall}/vouchers", permission=_SEE, handler=show),
    Page(name="hall.vouchers.new", method="GET", path="/halls/{hall}/vouchers/new", permission=_EDIT, handler=show_form),
    Page(name="hall.vouchers.make", method="POST", path="/halls/{hall}/vouchers/new", permission=_EDIT, handler=make),
    Page(name="hall.voucher", method="GET", path=_BATCH, permission=_SEE, handler=show_batch),
    Page(name="hall.voucher.print", method="POST", path=f"{_BATCH}/print", permission=_EDIT, handler=print_tickets),
    Page(name="hall.voucher.export", method="POST", path=f"{_BATCH}/export", permission=_EDIT, handler=export),
    Page(name="hall.voucher.codes", method="POST", path=f"{_BATCH}/codes", permission=_EDIT, handler=show_codes),
    Page(name="hall.voucher.withdraw", method="POST", path=f"{_BATCH}/withdraw", permission=_EDIT, handler=withdraw),
)
