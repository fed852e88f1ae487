"""How the gateway is, as the hub is told with every delivery. Faults and warnings are words for people, and name no client."""

from collections import Counter

from hotspot import wire
from hotspot.looks.leaving import cut
from hotspot.portal.alarms import Told
from hotspot.portal.office import Office
from hotspot.portal.settings import Zone
from hotspot.portal.vitals import SOFTWARE, Pool
from hotspot.session.visitor_check import is_check

MOST_LINES = 30
"""Faults or warnings; further ones say nothing new."""
MOST_TEXT, MOST_ERROR = 500, 2_000
"""Characters, by the contract."""
ALARM_SECONDS = 86_400.0
"""Alarms of so long are told."""


def health(office: Office) -> wire.Health:
    """At this moment."""
    register, uplink, vitals, settings = office.register, office.uplink, office.vitals, office.settings
    online = Counter(session.zone for session in register.in_progress() if not is_check(session))
    accepts, errors = office.metrics.accept_forms()
    return wire.Health(
        software=SOFTWARE,
        started=_unix(office.started),
        firewall=office.gate.up,
        journal=office.journal.ok,
        internet=office.internet_up,
        zones=tuple(_zone(office, zone, online[zone.name]) for zone in settings.zones.values()),
        faults=_lines(office.faults()),
        warnings=_lines(office.warnings()),
        alarms=_alarms(office.alarms.all(), office.now().unix),
        accepts=accepts,
        accept_errors=errors,
        drift=vitals.drift,
        disk_free=vitals.disk_free,
        disk_size=vitals.disk_size,
        certificate_until=None if vitals.certificate_until is None else _unix(vitals.certificate_until),
        updated=None if vitals.upkeep.updated is None else _unix(vitals.upkeep.updated),
        restart_wanted=None if vitals.upkeep.restart is None else _unix(vitals.upkeep.restart),
        backlog=uplink.backlog,
        lost=uplink.lost,
        policy=0 if settings.policy is None else settings.policy.serial,
        policy_refused=uplink.refused,
        policy_error=uplink.error[:MOST_ERROR],
        looks=tuple(cut(seen.look) for seen in office.looks.values() if seen.look is not None),
        looking=None if office.looking is None else tuple(by.value for by in office.looking),
    )


def _zone(office: Office, zone: Zone, online: int) -> wire.ZoneHealth:
    pool = office.vitals.pools.get(zone.name, Pool())
    return wire.ZoneHealth(zone=zone.name, online=online, open=office.opening(zone.name).open, pool_used=pool.used, pool_size=pool.size)


def _alarms(told: tuple[Told, ...], unix: float) -> tuple[wire.Alarm, ...]:
    """Without the devices: several of one kind in one zone are one alarm here."""
    out: dict[tuple[str, str], wire.Alarm] = {}
    for one in told:
        if unix - one.last > ALARM_SECONDS:
            continue
        key = (one.kind, one.zone)
        known = out.get(key, wire.Alarm(one.kind, one.zone, _unix(one.first), _unix(one.last), 0))
        first, last = min(known.first, _unix(one.first)), max(known.last, _unix(one.last))
        out[key] = wire.Alarm(one.kind, one.zone, first, last, known.times + one.times)
    return tuple(out.values())


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text[:MOST_TEXT] for text in texts[:MOST_LINES])


def _unix(moment: float) -> float:
    """A wall clock that the contract can say."""
    return min(max(0.0, moment), 4_102_444_800.0)
