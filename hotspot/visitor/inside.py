"""What the portal says by its control socket, where the visit is made on the gateway: why a page has no button, how full the line is."""

import re
from typing import Final

from hotspot import control
from hotspot.ask import PortalUnavailable, ask
from hotspot.session import visitor_check
from hotspot.visitor.choices import Choices

HUB_AWAY: Final = "hub away: "
"""Begins what the portal says of it, among its faults where it lets nobody new in, else among its warnings."""
_OF_ZONE: Final = re.compile(r"zone (?P<zone>\S+) is not served")
_SECONDS = 3.0


def status(choices: Choices) -> control.StatusIs | None:
    """None: there is no portal on this machine that would answer."""
    said = _asked(choices, control.Status())
    return said if isinstance(said, control.StatusIs) else None


def hub_away(choices: Choices) -> bool:
    """Does the portal let nobody new in because its hub is away? One that only misses it serves as ever."""
    said = status(choices)
    return said is not None and any(line.startswith(HUB_AWAY) for line in said.faults)


def faults(said: control.StatusIs, zone: str) -> list[str]:
    """Those of the portal that are not of another zone alone."""
    others = [found for line in said.faults if (found := _OF_ZONE.match(line)) and zone and found["zone"] != zone]
    return [line for line in said.faults if line not in {found.string for found in others}]


def closed(choices: Choices) -> bool:
    """Are the opening hours of the zone over?"""
    said = status(choices)
    zones = [] if said is None else [zone for zone in said.zones if zone.zone == choices.zone or not choices.zone]
    return bool(zones) and not any(zone.open for zone in zones)


def ours(choices: Choices) -> bool | None:
    """Is a visit of the hall's own online in the zone? None: nobody says."""
    rows = _sessions(choices)
    zone = choices.zone
    return None if rows is None else any(row.plan == visitor_check.PLAN and row.zone in (zone, zone or row.zone) for row in rows)


Moved = dict[tuple[str, str, float], int]
"""Bytes by session: its zone, the code of its device, when it began."""


def moved(choices: Choices, way: str) -> Moved | None:
    """What each session in progress has moved until now, ``down`` or ``up``; None: nobody says."""
    rows = _sessions(choices)
    if rows is None:
        return None
    return {(row.zone, row.code, row.accepted_at): row.bytes_down if way == "down" else row.bytes_up for row in rows}


def between(before: Moved | None, after: Moved | None) -> int | None:
    """Bytes that all have moved in between; None: nobody knows, as when a session has ended since, and its last bytes with it."""
    if before is None or after is None or not before.keys() <= after.keys():
        return None
    return sum(number - before.get(session, 0) for session, number in after.items())


def _sessions(choices: Choices) -> tuple[control.SessionRow, ...] | None:
    said = _asked(choices, control.Sessions())
    return said.sessions if isinstance(said, control.SessionsAre) else None


def _asked(choices: Choices, request: control.AnyRequest) -> control.AnyReply | None:
    if choices.control is None:
        return None
    try:
        return ask(choices.control, request, _SECONDS)
    except PortalUnavailable:
        return None
