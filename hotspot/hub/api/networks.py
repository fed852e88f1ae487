"""What the Wi-Fi of a hall is called, and where its visitors' page is: for what is printed. The access points know it, the hub is told."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest
from hotspot.hub.store import audit, networks
from hotspot.hub.store.networks import Network as Stored

MOST_SSID = 32
"""Bytes (IEEE 802.11)."""
_HOST = r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]"
Address = Annotated[str, Meta(pattern=rf"^https?://({_HOST})(:[0-9]{{1,5}})?/$(?!\n)", max_length=200)]
Ssid = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,32}$(?!\n)")]
WifiPassword = Annotated[str, Meta(pattern=r"^[\x20-\x7e]{8,63}$(?!\n)")]
"""WPA's bounds."""


class Network(Struct, frozen=True, kw_only=True):
    """The Wi-Fi of one zone."""

    zone: str
    ssid: str
    """Its name."""
    password: str | None
    """As it stands on the poster; null: an open network."""
    address: str
    """Of the visitors' page."""
    changed_at: datetime
    changed_by: str


class NewNetwork(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the Wi-Fi is called from now on."""

    ssid: Ssid
    """At most 32 bytes, as the access points have it."""
    password: WifiPassword | None = None
    address: Address
    """Of the visitors' page as the gateway has it (``portal_url``), as ``http://portal.hall.example/``."""


def _network(found: Stored) -> Network:
    return Network(**{name: getattr(found, name) for name in Network.__struct_fields__})


async def list_networks(call: Call) -> list[Network]:
    """Those that were told, by zone."""
    async with call.hub.store.connection() as connection:
        hall = await call.hall(connection)
        return [_network(found) for found in await networks.networks(connection, hall.id)]


async def set_network(call: Call) -> Network:
    """Tell what the Wi-Fi of a zone is called. Nothing changes in the hall: posters and vouchers that are printed from now on say it."""
    body: NewNetwork = call.body
    if len(body.ssid.encode()) > MOST_SSID:
        raise BadRequest(f"ssid = {body.ssid!r}: expected at most {MOST_SSID} bytes, which are fewer letters when there are umlauts in it")
    new = Stored(
        zone=call.path["zone"], ssid=body.ssid, password=body.password, address=body.address, changed_at=call.hub.now(),
        changed_by=call.actor,
    )  # fmt: skip
    async with call.hub.store.transaction() as connection:
        hall = await call.hall(connection)
        await networks.put(connection, hall.id, new)
        detail = {"zone": new.zone, "ssid": new.ssid, "address": new.address, "open": new.password is None}
        await audit.write(connection, call.actor, "network.set", partner=hall.partner, hall=hall.name, subject=new.zone, detail=detail)
    return _network(new)


OPERATIONS = (
    Operation(
        name="listNetworks", method="GET", path="/halls/{hall}/networks", summary="What the Wi-Fi of a hall is called",
        subject="printing", permission=Permission.SEE, handler=list_networks, reply=list[Network],
    ),
    Operation(
        name="setNetwork", method="PUT", path="/halls/{hall}/networks/{zone}", summary="Tell what the Wi-Fi of a zone is called",
        subject="printing", permission=Permission.EDIT, handler=set_network, body=NewNetwork, reply=Network,
    ),
)  # fmt: skip
