"""How a portal is, for people: what ``hotspot status`` prints in the hall, and ``hotspot hub order status`` of a hall far away."""

from typing import Final

from hotspot import control
from hotspot.console import clock, table

_STOPPED: Final = {"stuck": "NOT ONLINE", "open": "OPEN WITHOUT ACCEPTANCE", "unknown": "NOT KNOWN"}
"""What a visit says about visitors where it did not get online (``hotspot.looks.verdict.Outcome``)."""


def portal_status(reply: control.StatusIs) -> str:
    """One line for each thing there is to say."""
    parts = (("firewall", reply.firewall, "connected", "NOT CONNECTED"), ("journal", reply.journal, "well", "UNWELL"))
    rows = [[name, good if well else bad] for name, well, good, bad in (*parts, ("internet", reply.internet, "reachable", "DOWN"))]
    rows += [["hub", line] for line in _hub(reply.hub)]
    rows += [[f"zone {zone.zone}", f"{zone.online} online, plans: {', '.join(zone.plans)}{_closed(zone)}"] for zone in reply.zones]
    rows += [["fault", fault] for fault in reply.faults]
    rows += [["warning", warning] for warning in reply.warnings]
    rows += [["block list", f"{reply.blocked} {'entry' if reply.blocked == 1 else 'entries'} in force"]]
    rows += [["alarm", _alarm(alarm)] for alarm in reply.alarms]
    rows += [[look.by, _look(look)] for look in reply.looks]
    return table(["portal", "ok" if reply.ok else "DEGRADED"], rows)


def _closed(zone: control.ZoneStatus) -> str:
    """What to add about a zone that is closed."""
    if zone.open:
        return ""
    return f", closed until {clock(zone.closed_until)}" if zone.closed_until is not None else ", closed until further notice"


def _alarm(alarm: control.Alarm) -> str:
    """One alarm in words."""
    what = {"clone": "another device uses the identity of"}.get(alarm.kind, alarm.kind)
    times = f", {alarm.times} times since {clock(alarm.first)}" if alarm.times > 1 else ""
    return f"{clock(alarm.last)}: {what} {alarm.code} in zone {alarm.zone}{times}"


def _look(look: control.LookStatus) -> str:
    """What a program that looks for faults found, and when."""
    stuck = any(outcome in _STOPPED for _, outcome in look.visited)
    parts = [f"{zone or 'visit'} {_STOPPED.get(outcome, outcome)}" for zone, outcome in look.visited]
    parts += [f"{look.steps - look.failed} of {look.steps} steps passed"] if look.steps else []
    parts += [f"{severity}: {kind}" for severity, kind in look.findings] or ([] if stuck else ["nothing amiss"])
    return f"{clock(look.at)}{' (OLD)' if look.old else ''}: {', '.join(parts)}"


def _hub(hub: control.HubStatus | None) -> list[str]:
    """How it stands with the hub, in lines."""
    if hub is None:
        return []
    if hub.connected_since is not None:
        lines = [f"connected since {clock(hub.connected_since)}"]
    else:
        lines = [f"AWAY since {clock(hub.away_since or 0)}" + (f": {hub.trouble}" if hub.trouble else "")]
    lines += ["nobody new is let in"] if hub.closes else []
    lines += [f"policy {hub.policy} in force" if hub.policy else "no policy yet"]
    lines += [f"policy {hub.refused} refused: {hub.error}"] if hub.refused else []
    lines += [f"{hub.backlog} {'report waits' if hub.backlog == 1 else 'reports wait'}"]
    return lines + ([f"{hub.lost} {'report' if hub.lost == 1 else 'reports'} LOST"] if hub.lost else [])
