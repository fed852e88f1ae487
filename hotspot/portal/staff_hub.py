"""What staff see of the hub, and of the programs that look for faults."""

from hotspot import control
from hotspot.looks.values import Result
from hotspot.looks.verdict import outcomes
from hotspot.looks.words import gravest_first
from hotspot.portal.office import Office

MOST_SHOWN = 10
"""Findings of one look."""


def hub_status(office: Office) -> control.HubStatus | None:
    """None: the hall has no hub."""
    if office.settings.hub is None:
        return None
    uplink, policy = office.uplink, office.settings.policy
    return control.HubStatus(
        connected_since=uplink.connected_since,
        away_since=uplink.away_since,
        trouble=uplink.trouble,
        policy=0 if policy is None else policy.serial,
        refused=uplink.refused,
        error=uplink.error,
        backlog=uplink.backlog,
        lost=uplink.lost,
        lost_at=uplink.lost_at,
        closes=office.hub_closes(office.now()),
    )


def looks_status(office: Office) -> tuple[control.LookStatus, ...]:
    """What visitor, doctor and LAN guard found last."""
    unix = office.now().unix
    return tuple(
        control.LookStatus(
            by=by.value,
            at=seen.look.at,
            old=seen.old(unix),
            findings=tuple((one.severity.value, one.kind) for one in gravest_first(seen.look.findings)[:MOST_SHOWN]),
            steps=sum(step.result is not Result.SKIPPED for step in seen.look.steps),
            failed=sum(step.result is Result.FAILED for step in seen.look.steps),
            visited=tuple((zone, one.value) for zone, one in outcomes(seen.look).items()),
        )
        for by, seen in office.looks.items()
        if seen.look is not None
    )
