"""What the portal says by its control socket, where the visit is made on the gateway: why a page has no button, how full the line is."""

from hotspot import control
from hotspot.ask import PortalUnavailable, ask
from hotspot.session import visitor_check
from hotspot.visitor.choices import Choices

_SECONDS = 3.0


def status(choices: Choices) -> control.StatusIs | None:
    """None: there is no portal on this machine that would answer."""
    said = _asked(choices, control.Status())
    return said if isinstance(said, control.StatusIs) else None


def hub_away(choices: Choices) -> bool:
    """Does the portal miss its hub?"""
    said = status(choices)
    return said is not None and any(line.startswith("hub away") for line in (*said.faults, *said.warnings))


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


def moved(choices: Choices, way: str) -> int | None:
    """Bytes that all sessions have moved until now, ``down`` or ``up``; None: nobody says."""
    rows = _sessions(choices)
    return None if rows is None else sum(row.bytes_down if way == "down" else row.bytes_up for row in rows)


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
