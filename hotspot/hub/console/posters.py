"""The poster of a hall: looked at, printed; and what its Wi-Fi is called, which only the town knows."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import halls, networks, policy_scopes, printing
from hotspot.hub.api.halls import Hall
from hotspot.hub.api.problems import BadRequest, Conflict, Fault, NotFound, Unprocessable
from hotspot.hub.console.formats import VISITORS
from hotspot.hub.console.pages import Page
from hotspot.hub.console.print_faults import PRINTER, words_of
from hotspot.hub.console.texts import N_
from hotspot.hub.console.together import together
from hotspot.hub.console.visits import Visit
from hotspot.hub.console.web import local
from hotspot.printing.poster import MOST_LANGUAGES

USUAL: Final = tuple(printing.LANGUAGES.split(","))
SIZES: Final = {"A4": N_("A4 (office printer)"), "A3": N_("A3 (twice as large)")}
PICTURE: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""Content security policy of the picture of a poster: what a logo may hold does nothing, also when it is opened by itself."""


def _choice(visit: Visit) -> dict[str, str]:
    """What the address says, as the API takes it; what is not there is as usual."""
    main = visit.query.get("first", USUAL[0])
    others = visit.request.query.getall("language", []) if "first" in visit.query else list(USUAL)
    languages = dict.fromkeys(code for code in (main, *others) if code in VISITORS)
    chosen = {"languages": ",".join(languages) or USUAL[0], "size": visit.query.get("size", "A4")}
    return {**chosen, "zone": zone} if (zone := visit.query.get("zone", "")) else chosen


async def show(visit: Visit) -> web.StreamResponse:
    """The choices, and what comes of them."""
    return await _page(visit, await visit.ask(halls.show_hall, hall=visit.path["hall"]))


async def _page(visit: Visit, hall: Hall, fault: Fault | None = None) -> web.Response:
    known = await visit.ask(networks.list_networks, hall=hall.name)
    chosen = _choice(visit)
    languages = chosen["languages"].split(",")
    response = visit.page(
        "poster.html",
        fault.status if fault else 200,
        hall=hall,
        networks=known,
        network=next((one for one in known if one.zone == chosen.get("zone", one.zone)), None),
        tongues=list(VISITORS.items()),
        chosen=languages,
        most=MOST_LANGUAGES,
        too_many=len(languages) > MOST_LANGUAGES,
        sizes=SIZES,
        size=chosen["size"],
        picture=f"/halls/{hall.name}/poster.svg?{urlencode(_address(chosen))}",
        refused=words_of(visit, fault) if fault else "",
        installed=visit.hub.printer.installed,
    )
    if fault is not None and fault.status == 503:
        response.headers["Retry-After"] = f"{round(fault.seconds)}"
    return response


def _address(chosen: Mapping[str, str]) -> list[tuple[str, str]]:
    """The choice as an address says it."""
    main, *others = chosen["languages"].split(",")
    said = [("first", main), *(("language", code) for code in others), ("size", chosen["size"])]
    return [*said, ("zone", chosen["zone"])] if "zone" in chosen else said


async def draw(visit: Visit) -> web.StreamResponse:
    """The picture."""
    reply = await visit.ask(printing.draw_poster, query=_choice(visit), hall=visit.path["hall"])
    return web.Response(body=reply.content, headers={"Content-Type": reply.media_type, "Content-Security-Policy": PICTURE})


async def print_poster(visit: Visit) -> web.StreamResponse:
    """The PDF."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    try:
        return await visit.file(await visit.ask(printing.print_poster, query=_choice(visit), hall=hall.name))
    except (*PRINTER, BadRequest, Conflict, Unprocessable) as fault:
        return await _page(visit, hall, fault)


# The network --------------------------------------------------------------------------------------------------------------------------


async def show_network(visit: Visit) -> web.StreamResponse:
    """What the Wi-Fi of a zone is called."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    zones, known = await _zones(visit, hall)
    zone = visit.query.get("zone") or zones[0]
    if zone not in zones:
        raise NotFound(f"zone = {zone[:40]!r}: expected one of {', '.join(zones)}")
    told = known.get(zone)
    fields = {"zone": zone, "ssid": "", "password": "", "address": ""}
    if told is not None:
        fields |= {"ssid": told.ssid, "password": told.password or "", "address": told.address}
    elif known:
        fields["address"] = next(iter(known.values())).address
    return _network_form(visit, hall, zones, fields, {}, local(visit.query.get("back", f"/halls/{hall.name}/poster")))


async def _zones(visit: Visit, hall: Hall) -> tuple[list[str], dict[str, networks.Network]]:
    """Zones of the hall, and what is known of their networks."""
    everywhere, known = await together(
        visit.ask(policy_scopes.list_zones, query={"partner": hall.partner}), visit.ask(networks.list_networks, hall=hall.name)
    )
    told = next((one.zones for one in everywhere if one.hall == hall.name), [])
    zones = list(dict.fromkeys([*told, *(one.zone for one in known)])) or ["public"]
    return zones, {one.zone: one for one in known}


def _network_form(
    visit: Visit, hall: Hall, zones: list[str], fields: Mapping[str, str], wrong: dict[str, str], back: str, status: int = 200
) -> web.Response:
    return visit.page(
        "network.html",
        status,
        hall=hall,
        zones=zones,
        fields=fields,
        back=back,
        wrong={name: visit.text(words) for name, words in wrong.items()},
    )


async def set_network(visit: Visit) -> web.StreamResponse:
    """Write it down."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    zones, _ = await _zones(visit, hall)
    back = local(visit.form.text("back", f"/halls/{hall.name}/poster"))
    fields = {name: visit.form.text(name) for name in ("zone", "ssid", "password", "address")}
    fields["password"] = visit.form.raw("password")
    wrong = {} if fields["zone"] in zones else {"zone": N_("Choose one of the networks.")}
    address = fields["address"] if "://" in fields["address"] else f"http://{fields['address']}"
    body: dict[str, Any] = {"ssid": fields["ssid"], "address": address if address.endswith("/") else f"{address}/"}
    if fields["password"]:
        body["password"] = fields["password"]
    if not wrong:
        try:
            await visit.ask(networks.set_network, body, hall=hall.name, zone=fields["zone"])
        except BadRequest as fault:
            wrong = _faults(str(fault))
    if wrong:
        return _network_form(visit, hall, zones, fields, wrong, back, 400)
    return visit.redirect(back, visit.text("The name of the Wi-Fi is saved."))


def _faults(said: str) -> dict[str, str]:
    """At which field, and in words for people."""
    if "address" in said:
        return {"address": N_("Enter an address such as portal.rathaus.example, without anything behind it.")}
    if "password" in said:
        return {"password": N_("A password of a Wi-Fi has 8 to 63 letters, digits or signs, without umlauts.")}
    return {"ssid": N_("The name of a Wi-Fi has 1 to 32 characters; umlauts count twice.")}


_SEE, _EDIT = Permission.SEE, Permission.EDIT
PAGES = (
    Page(name="hall.poster", method="GET", path="/halls/{hall}/poster", permission=_SEE, handler=show),
    Page(name="hall.poster.picture", method="GET", path="/halls/{hall}/poster.svg", permission=_SEE, handler=draw, is_file=True),
    Page(name="hall.poster.print", method="GET", path="/halls/{hall}/poster.pdf", permission=_SEE, handler=print_poster, is_file=True),
    Page(name="hall.network", method="GET", path="/halls/{hall}/network", permission=_EDIT, handler=show_network),
    Page(name="hall.network.set", method="POST", path="/halls/{hall}/network", permission=_EDIT, handler=set_network),
)
