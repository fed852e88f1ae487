"""Visitors' sessions in a hall, by device code: which there are, and what is to become of one. All of it is asked of the gateway live.

Device codes are in forms and on pages only: no address, no log and no entry of the audit log has one. What a gateway answers is found again
by the number of the order, for five minutes.
"""

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import gateways, halls, health, orders
from hotspot.hub.api.gateways import Gateway
from hotspot.hub.api.halls import Hall
from hotspot.hub.api.orders import Order
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound, TooMany
from hotspot.hub.console.hall_now import used
from hotspot.hub.console.hall_plans import plan_titles
from hotspot.hub.console.pages import Page
from hotspot.hub.console.session_words import ACTIONS, DONE, REFUSED, TIMES
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

WAIT: Final = 4.0
"""Seconds in which a gateway that is there has answered; after that the page says that it waits."""
AWAY: Final = 0.2
"""The same for one that has been silent."""
ENDED: Final = ("done", "refused", "expired")


async def show(visit: Visit) -> web.StreamResponse:
    """Where one can ask for the sessions, or name a device."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    return await _asking(visit, hall)


async def ask(visit: Visit) -> web.StreamResponse:
    """Ask the gateway for its sessions."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    return await _given(visit, hall, {"order": "sessions"})


async def device(visit: Visit) -> web.StreamResponse:
    """What can be done about one device of the list."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    code, _, zone = visit.form.text("device").partition(" ")
    return await _asking(visit, hall, typed={"code": code, "zone": zone, "gateway": visit.form.text("gateway")}, chosen=True)


async def act(visit: Visit) -> web.StreamResponse:
    """End a session, block a device, let one in, or lift a block."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    form = visit.form
    action, code, zone = form.text("action"), form.text("code"), form.text("zone")
    if form.has("end"):
        action, (code, _, zone) = "end", form.text("end").partition(" ")
    typed = {name: form.text(name) for name in ("reason", "lasts", "until", "plan", "gateway")} | {
        "code": code,
        "zone": zone,
        "action": action,
    }
    if action not in ACTIONS:
        return await _asking(visit, hall, 422, typed, {"action": visit.text(N_("Please choose what is to be done."))})
    body: dict[str, Any] = {"order": action, "code": code}
    if zone:
        body["zone"] = zone
    if action == "block":
        body["reason"] = form.text("reason")
    if action == "allow" and form.text("plan"):
        body["plan"] = form.text("plan")
    if action in ("block", "allow"):
        try:
            body["seconds"] = _seconds(form.text("lasts"), form.text("until") if action == "block" else "", hall, visit.hub.now())
        except ValueError:
            return await _asking(visit, hall, 422, typed, {"until": visit.text(N_("Please choose a day from today on, within one year."))})
    return await _given(visit, hall, body, typed)


def _seconds(lasts: str, until: str, hall: Hall, now: datetime) -> float | None:
    """How long, from now; None: until it is lifted, or as long as the plan says. Raises ``ValueError``."""
    if until:
        zone = ZoneInfo(hall.time_zone)
        day, today = date.fromisoformat(until), now.astimezone(zone).date()
        if not today <= day < today + timedelta(days=365):
            raise ValueError(until)
        return max(1.0, (datetime.combine(day + timedelta(days=1), time(), zone) - now).total_seconds())
    return float(lasts) if lasts in TIMES and lasts else None


async def _given(visit: Visit, hall: Hall, body: dict[str, Any], typed: dict[str, str] | None = None) -> web.StreamResponse:
    """Give the order, then show what becomes of it; or the form again."""
    there = [one for one in await _gateways(visit, hall) if one.revoked_at is None]
    wanted = visit.form.text("gateway")
    gateway = next((one for one in there if one.name == wanted), there[0] if there else None)
    if gateway is None:
        return await _asking(visit, hall, 409, typed, {"gateway": visit.text(N_("This hall has no gateway that could be asked."))})
    wait = AWAY if gateway.state in ("silent", "new") else WAIT
    try:
        order = await visit.ask(orders.give_order, {**body, "wait": wait}, gateway=gateway.name)
    except BadRequest:
        said = visit.text(N_("That is no device code. It has six letters and digits, as K7F-3QX, and stands on the visitor's screen."))
        if body["order"] == "block" and len(body["reason"]) > 200:
            return await _asking(visit, hall, 422, typed, {"reason": visit.text(N_("Please write at most 200 letters."))})
        return await _asking(visit, hall, 422, typed, {"code": said})
    except (Conflict, TooMany) as error:
        said = visit.text(N_("The gateway has too much to do at the moment. Please try again in half a minute."))
        return await _asking(visit, hall, error.status, typed, {"gateway": said})
    return visit.redirect(f"/halls/{hall.name}/sessions/{order.id}")


async def _gateways(visit: Visit, hall: Hall) -> list[Gateway]:
    return used(await visit.ask(gateways.list_gateways, query={"hall": hall.name}))


async def _asking(
    visit: Visit,
    hall: Hall,
    status: int = 200,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    chosen: bool = False,
) -> web.Response:
    town = await visit.ask(halls.show_partner, partner=hall.partner)
    there = [one for one in await _gateways(visit, hall) if one.revoked_at is None]
    told = (await visit.ask(health.show_hall_health, hall=hall.name)).gateways
    zones = list(dict.fromkeys(zone.zone for one in told for zone in one.zones))
    return visit.page(
        "hall_sessions.html",
        status=status,
        hall=hall,
        town=town,
        tab="sessions",
        gateways=there,
        zones=zones,
        plans=await plan_titles(visit, hall.name),
        typed=typed or {},
        wrong=wrong or {},
        chosen=chosen,
        actions=ACTIONS,
        times=TIMES,
    )


async def show_order(visit: Visit) -> web.StreamResponse:
    """What became of an order: it waits, or was answered. A part of the page asks again by itself while it waits."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    town = await visit.ask(halls.show_partner, partner=hall.partner)
    try:
        order: Order | None = await visit.ask(orders.show_order, order=visit.path["order"])
    except NotFound:
        order = None  # it is erased after a while
    there = await visit.ask(gateways.list_gateways, query={"hall": hall.name})
    gateway = next((one for one in there if order is not None and one.name == order.gateway), None)
    if gateway is None:
        order = None
    answer = order.answer or {} if order is not None else {}
    sessions = sorted(answer.get("sessions", ()), key=lambda row: (-row["accepted_at"], row["code"]))
    waits = order is not None and order.state not in ENDED
    kind, said = ("quiet", "") if order is None else _said(visit, order)
    return visit.page(
        "hall_order.html",
        status=404 if order is None else 200,
        hall=hall,
        town=town,
        tab="sessions",
        gateway=gateway,
        order=order,
        waits=waits,
        kind=kind,
        said=said,
        why=str(answer.get("message", "")) if order is not None and order.state == "refused" else "",
        sessions=[(row, _since(visit, hall, row["accepted_at"])) for row in sessions],
        plans=await plan_titles(visit, hall.name) if sessions else {},
    )


def _since(visit: Visit, hall: Hall, unix: float) -> str:
    """As short as is clear: of today the time alone."""
    zone = ZoneInfo(hall.time_zone)
    when = datetime.fromtimestamp(unix, zone)
    today = visit.hub.now().astimezone(zone).date()
    return visit.formats.clock(when, hall.time_zone) if when.date() == today else visit.formats.moment(when, hall.time_zone)


def _said(visit: Visit, order: Order) -> tuple[str, str]:
    """How it went, in one sentence."""
    say, answer = visit.text, order.answer or {}
    match order.state:
        case "done":
            left = answer.get("seconds_left")
            code = str(answer.get("code", ""))
            if order.order == "allow" and left:
                said = say(N_("%(code)s is online, for another %(left)s."), code=code, left=visit.formats.duration(left))
            else:
                said = say(DONE.get(order.order, ""), code=code) if order.order in DONE else ""
            return "good", said
        case "refused":
            return "bad", say(REFUSED.get(str(answer.get("code")), N_("The box did not do it.")))
        case "expired":
            return "bad", say(N_("The gateway did not answer within a minute: it is away. Nothing was changed."))
    return "quiet", say(N_("Waiting for the gateway in the hall …"))


_OPERATE: Final = Permission.OPERATE
PAGES = (
    Page(name="hall.sessions", method="GET", path="/halls/{hall}/sessions", permission=_OPERATE, handler=show),
    Page(name="hall.sessions.ask", method="POST", path="/halls/{hall}/sessions", permission=_OPERATE, handler=ask),
    Page(name="hall.sessions.device", method="POST", path="/halls/{hall}/sessions/device", permission=_OPERATE, handler=device),
    Page(name="hall.sessions.act", method="POST", path="/halls/{hall}/sessions/act", permission=_OPERATE, handler=act),
    Page(name="hall.order", method="GET", path="/halls/{hall}/sessions/{order}", permission=_OPERATE, handler=show_order),
)
