"""What staff see of the hub."""

from hotspot import control
from hotspot.portal.office import Office


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
        closes=office.hub_closes(office.now()),
    )
