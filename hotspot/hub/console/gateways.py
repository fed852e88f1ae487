"""The boxes in the halls: all of them, one of them, and shutting one out or giving it new credentials."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import gateways, halls, health, policy_halls
from hotspot.hub.api.gateways import Gateway
from hotspot.hub.api.problems import Conflict
from hotspot.hub.console import gateway_checks
from hotspot.hub.console.gateway_words import STATES, Kind
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

SHOWN: Final = 100
"""On one page of the list."""
_WORST: Final = ("silent", "degraded", "new", "ok", "revoked")
POLICIES: Final[dict[str, tuple[Kind, str]]] = {
    "in force": ("good", N_("up to date")),
    "waiting": ("warn", N_("on the way")),
    "refused": ("bad", N_("refused")),
    "none wanted": ("quiet", N_("its own")),
}
ENDINGS: Final = {
    "rotated": N_("replaced by the next one"),
    "superseded": N_("never used"),
    "replaced": N_("the box was replaced"),
    "revoked": N_("revoked"),
}
"""Why credentials have ended."""


class Row(Struct, frozen=True, kw_only=True):
    """One gateway of the list."""

    gateway: Gateway
    hall: str
    """Title."""
    kind: Kind
    state: str
    policy: tuple[Kind, str]
    certificate: Kind


async def show_all(visit: Visit) -> web.StreamResponse:
    """The list, those first that somebody should see to."""
    rows = await _rows(visit)
    counts = {state: sum(row.gateway.state == state for row in rows) for state in _WORST}
    words, state = visit.query.get("q", "")[:100].strip(), visit.query.get("state", "")
    found = [row for row in rows if (not state or row.gateway.state == state) and _matches(row, words)]
    number = visit.query.get("page", "1")
    pages = max(1, -(-len(found) // SHOWN))
    page = min(max(1, int(number)), pages) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
    shown = found[(page - 1) * SHOWN : page * SHOWN]
    return visit.page(
        "gateways.html",
        rows=shown,
        counts=counts,
        states=STATES,
        found=len(found),
        whole=len(rows),
        q=words,
        state=state,
        page=page,
        pages=pages,
    )


def _matches(row: Row, words: str) -> bool:
    text = f"{row.gateway.name} {row.gateway.hall} {row.hall} {row.gateway.partner} {row.gateway.software}".casefold()
    return all(word in text for word in words.casefold().split())


async def _rows(visit: Visit) -> list[Row]:
    there: list[Gateway] = []
    while len(part := await visit.ask(gateways.list_gateways, query={"after": there[-1].name if there else ""})) == 1_000:
        there += part
    there += part
    titles = {hall.name: hall.title for hall in await visit.ask(halls.list_halls)}
    policies = {one.gateway: one.state for one in await visit.ask(policy_halls.list_in_force)}
    rows = [
        Row(
            gateway=one,
            hall=titles.get(one.hall, one.hall),
            kind=STATES[one.state][0],
            state=STATES[one.state][1],
            policy=POLICIES.get(policies.get(one.name, ""), ("quiet", "")),
            certificate=_certificate(one.certificate_until, visit.hub.now()),
        )
        for one in there
    ]
    return sorted(rows, key=lambda row: (_WORST.index(row.gateway.state), row.hall.casefold(), row.gateway.name))


def _certificate(until: datetime | None, now: datetime) -> Kind:
    if until is None:
        return "quiet"
    left = (until - now).total_seconds()
    limit = gateway_checks.LIMITS.certificate
    return "bad" if left <= limit / 5 else "warn" if left <= limit else "good"


async def show(visit: Visit) -> web.StreamResponse:
    """One gateway, point by point."""
    return await _shown(visit)


async def _shown(visit: Visit, status: int = 200, wrong: str = "") -> web.StreamResponse:
    found = await visit.ask(gateways.show_gateway, gateway=visit.path["gateway"])
    gateway = found.gateway
    hall = await visit.ask(halls.show_hall, hall=gateway.hall)
    told = (await visit.ask(health.show_hall_health, hall=gateway.hall)).gateways
    own = next((one for one in told if one.gateway == gateway.name), None)
    kind, state = STATES[gateway.state]
    started = found.health.get("started")
    return visit.page(
        "gateway.html",
        status=status,
        gateway=gateway,
        hall=hall,
        kind=kind,
        state=visit.text(state),
        checks=gateway_checks.checks(visit.text, visit.formats, gateway, own, visit.hub.now()),
        faults=gateway_checks.own_words(visit.text, own.faults if own else []),
        warnings=gateway_checks.own_words(visit.text, own.warnings if own else []),
        zones=own.zones if own else [],
        credentials=found.credentials,
        endings=ENDINGS,
        started=datetime.fromtimestamp(started, ZoneInfo("UTC")) if isinstance(started, int | float) and started else None,
        wrong=wrong,
    )


async def rotate(visit: Visit) -> web.StreamResponse:
    """It gets other credentials."""
    name = visit.path["gateway"]
    try:
        await visit.ask(gateways.rotate_gateway, gateway=name)
    except Conflict:
        return await _shown(visit, 409, visit.text(N_("This gateway is revoked: it gets no credentials any more.")))
    done = visit.text(N_("%(gateway)s gets new credentials with its next report, within a minute."), gateway=name)
    return visit.redirect(f"/gateways/{name}", done=done)


async def ask_revoke(visit: Visit) -> web.StreamResponse:
    """What would happen."""
    found = await visit.ask(gateways.show_gateway, gateway=visit.path["gateway"])
    hall = await visit.ask(halls.show_hall, hall=found.gateway.hall)
    return visit.page("gateway_revoke.html", gateway=found.gateway, hall=hall, wrong="")


async def revoke(visit: Visit) -> web.StreamResponse:
    """It is shut out, when the box is ticked."""
    name = visit.path["gateway"]
    found = await visit.ask(gateways.show_gateway, gateway=name)
    if not visit.form.has("sure"):
        hall = await visit.ask(halls.show_hall, hall=found.gateway.hall)
        wrong = visit.text(N_("Please tick the box if you are sure."))
        return visit.page("gateway_revoke.html", status=422, gateway=found.gateway, hall=hall, wrong=wrong)
    await visit.ask(gateways.revoke_gateway, gateway=name)
    return visit.redirect(f"/gateways/{name}", done=visit.text(N_("%(gateway)s is shut out."), gateway=name))


_SEE, _ADMIN = Permission.SEE, Permission.ADMIN
PAGES = (
    Page(name="gateways", method="GET", path="/gateways", permission=_SEE, handler=show_all),
    Page(name="gateway", method="GET", path="/gateways/{gateway}", permission=_SEE, handler=show),
    Page(name="gateway.rotate", method="POST", path="/gateways/{gateway}/rotate", permission=_ADMIN, handler=rotate, host_only=True),
    Page(name="gateway.revoke", method="GET", path="/gateways/{gateway}/revoke", permission=_ADMIN, handler=ask_revoke, host_only=True),
    Page(name="gateway.revoked", method="POST", path="/gateways/{gateway}/revoke", permission=_ADMIN, handler=revoke, host_only=True),
)
