"""The overview: all halls at a glance, as the console's first page shows them."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.halls import Name
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.board import AlarmNow, HallNow


class OfPartner(Struct, frozen=True, kw_only=True):
    """Which halls."""

    partner: Name | None = None
    """None: of all partners that this user may see."""


class Overview(Struct, frozen=True, kw_only=True):
    """All halls at one moment, not long ago."""

    number: str
    """Of this glance: it changes with every one."""
    at: datetime
    halls: tuple[HallNow, ...]
    """The worst first."""
    towns: Mapping[str, str]
    """Titles of their partners by name."""
    hub: tuple[AlarmNow, ...]
    """Alarms of the hub itself, which are the host's people's business."""


async def show_overview(call: Call) -> Overview:
    """A few seconds old at most; made once for all who ask."""
    query: OfPartner = call.query
    partner = call.within(query.partner)
    glance = await call.hub.board.latest()
    return Overview(
        number=glance.number,
        at=glance.at,
        halls=glance.of(partner),
        towns=glance.towns if partner is None else {name: title for name, title in glance.towns.items() if name == partner},
        hub=glance.own if call.who.partner is None else (),
    )


OPERATIONS = (
    Operation(
        name="showOverview", method="GET", path="/overview", summary="All halls at a glance", subject="figures",
        permission=Permission.SEE, handler=show_overview, query=OfPartner, reply=Overview,
    ),
)  # fmt: skip
