"""How a hall's gateways are, as they said last: for checks by Icinga and Checkmk."""

from datetime import datetime

from msgspec import Struct

from hotspot import wire
from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.metrics import GatewayNow
from hotspot.hub.store import alarms, certificates, monitoring


class ZoneNow(Struct, frozen=True, kw_only=True):
    """One zone when its gateway last spoke."""

    zone: str
    online: int
    open: bool
    """By its opening hours."""
    pool_used: int
    pool_size: int
    """0: not known."""


class GatewayHealth(Struct, frozen=True, kw_only=True):
    """One gateway when it last spoke."""

    gateway: str
    seen_at: datetime
    silent_seconds: float
    """Since then."""
    software: str
    firewall: bool
    journal: bool
    internet: bool
    faults: list[str]
    warnings: list[str]
    zones: list[ZoneNow]
    accepts: int
    """Accept forms since its portal's start."""
    accept_errors: int
    drift: int
    disk_free: int
    disk_size: int
    """0: not known."""
    certificate_until: datetime | None
    certificate_failure: str
    """Why there was no other one to be had, or why what the gateway asks for is refused; "": nothing failed."""
    backlog: int
    lost: int
    clock_offset: float
    policy_wanted: int
    policy: int
    policy_refused: bool
    visit_at: datetime | None
    """When the last synthetic visit ended; null: there was none."""
    visit_ok: bool
    """It found nothing that is worth an alarm, and got online unless the hall was closed; of the moment ``visit_at``, however long ago."""


class HallHealth(Struct, frozen=True, kw_only=True):
    """One hall."""

    hall: str
    partner: str
    closed: bool
    gateways: list[GatewayHealth]
    """Those in use that have spoken."""
    alarms: dict[str, int]
    """Alarms in force by severity."""


async def show_hall_health(call: Call) -> HallHealth:
    """What the gateways said last, and how many alarms there are."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        hall = await call.hall(connection)
        found = await monitoring.gateways(connection, hall.partner, hall.name)
        failures = {row.gateway: row.trouble for row in await certificates.listed(connection, hall.partner)}
        in_force = await alarms.in_force(connection, alarms.Wanted(partner=hall.partner, hall=hall.name))
    severities = [alarm.severity for alarm in in_force]
    return HallHealth(
        hall=hall.name,
        partner=hall.partner,
        closed=hall.closed_at is not None,
        gateways=[_gateway(each, call.hub.now(), failures.get(each.gateway, "")) for each in found],
        alarms={severity: severities.count(severity) for severity in ("urgent", "warning", "notice")},
    )


def _gateway(now: GatewayNow, at: datetime, failure: str) -> GatewayHealth:
    health = now.health
    until = health.certificate_until
    return GatewayHealth(
        gateway=now.gateway,
        seen_at=now.seen_at,
        silent_seconds=max(0.0, (at - now.seen_at).total_seconds()),
        software=health.software,
        firewall=health.firewall,
        journal=health.journal,
        internet=health.internet,
        faults=list(health.faults),
        warnings=list(health.warnings),
        zones=[_zone(zone) for zone in health.zones],
        accepts=health.accepts,
        accept_errors=health.accept_errors,
        drift=health.drift,
        disk_free=health.disk_free,
        disk_size=health.disk_size,
        certificate_until=None if until is None else datetime.fromtimestamp(until, at.tzinfo),
        certificate_failure=failure,
        backlog=health.backlog,
        lost=health.lost,
        clock_offset=now.clock_offset,
        policy_wanted=now.policy_serial,
        policy=health.policy,
        policy_refused=bool(health.policy_refused),
        visit_at=now.visit_at,
        visit_ok=now.visit_ok,
    )


def _zone(zone: wire.ZoneHealth) -> ZoneNow:
    return ZoneNow(zone=zone.zone, online=zone.online, open=zone.open, pool_used=zone.pool_used, pool_size=zone.pool_size)


OPERATIONS = (
    Operation(
        name="showHallHealth", method="GET", path="/halls/{hall}/health", summary="How a hall is", subject="halls",
        permission=Permission.SEE, handler=show_hall_health, reply=HallHealth,
    ),
)  # fmt: skip
