"""Which alarms there are (pure): what is known of gateways -> what is amiss -> what has to be raised, made graver or ended.

Three things keep alarms quiet. A condition has two limits, one to raise the alarm and an easier one to let it go on. It must hold for a
while before it is told (``DELAY``), and must be gone for a while before it ends (``HOLD``); that while doubles with each time that the same
alarm ended lately. And of a gateway that says nothing only that is told: what it said last stays as it was.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hotspot import wire
from hotspot.hub.look_alarms import Looked, raised

HUB = 0
"""In the place of a gateway's id: the hub itself."""


class Severity(StrEnum):
    """How grave an alarm is."""

    NOTICE = "notice"
    """To be looked at when there is time."""
    WARNING = "warning"
    """To be seen to today."""
    URGENT = "urgent"
    """Visitors are not served, or somebody abuses the hall: at any hour."""

    @property
    def rank(self) -> int:
        """The graver, the higher."""
        return list(Severity).index(self)


NOTICE, WARNING, URGENT = Severity


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an alarm is raised."""

    silent: float = 180.0
    """Seconds without a word from a gateway."""
    pool: float = 90.0
    """Percent of a zone's addresses that are leased."""
    disk: float = 10.0
    """Percent of a gateway's disk that is free."""
    certificate: float = 14 * 86_400.0
    """Seconds until a gateway's certificate ends."""


RETURN = 420.0
"""Seconds that gateways have to come back after the hub itself was away: they wait up to five minutes between attempts."""
DELAY: Final = {
    "wan_down": 60.0,
    "firewall_down": 30.0,
    "journal": 30.0,
    "fault": 120.0,
    "policy_late": 1_800.0,
    "backlog": 300.0,
    "visit_missing": 1_800.0,  # a box, or a hub, that was away has the next visit soon after it is back
    "doctor_missing": 4_500.0,  # … and looks at itself within the hour
    "guard_missing": 600.0,
}
"""Seconds that a condition holds before it is told; 0 for the others."""
HOLD: Final = 60.0
"""Seconds that a condition must be gone before its alarm ends …"""
HOLD_MOST: Final = 3_600.0
"""… doubled with each time that it ended lately, up to this."""
EVENT_SECONDS: Final = 86_400.0
"""How long an alarm stays that tells of an event, not of a state; an acknowledgement ends it."""
CLONE_SECONDS: Final = 3_600.0
ERRORS, ERRORS_URGENT, ERRORS_SECONDS = 5, 30, 900.0
"""Accept forms that failed for a reason of ours, and within how many seconds."""
DRIFTS, DRIFT_SECONDS = 3, 3_600.0
BACKLOG, BACKLOG_WELL = 60, 5
"""Reports that wait although the gateway reaches the hub."""
CLOCK_SECONDS = 600.0
CERTIFICATE_SECONDS: Final = 7_200.0
"""For which getting a certificate fails until that is told: authorities are away now and then, and it is tried again."""
UPDATES_SECONDS, RESTART_SECONDS = 4 * 86_400.0, 7 * 86_400.0
"""Since Debian's security updates went well, and for which they wait for a restart of the machine."""
MOST_SUBJECTS = 32
"""Alarms of one kind and one gateway: a gateway that tells of a thousand zones raises no thousand alarms."""


class Key(Struct, frozen=True):
    """What there is one alarm of at most."""

    hall_id: int
    gateway_id: int
    kind: str
    subject: str = ""


class Found(Struct, frozen=True):
    """Something is amiss, or (``raises`` False) not well enough to end the alarm that there is."""

    severity: Severity
    detail: Mapping[str, str | float]
    raises: bool = True


class Memory(Struct, frozen=True, kw_only=True):
    """What must be remembered of a gateway between two looks: counters, and when they grew lately, as (unix, by how much)."""

    started: float
    errors: int
    drift: int
    lost: int
    errors_at: tuple[tuple[float, int], ...] = ()
    drift_at: tuple[tuple[float, int], ...] = ()
    lost_at: float = 0.0


class Finding(Struct, frozen=True):
    """What the hub noticed itself about a gateway: ``restored``, ``twin`` …"""

    kind: str
    last: float
    times: int = 1
    text: str = ""


class Gateway(Struct, frozen=True, kw_only=True):
    """All that is known of one gateway; moments are seconds since 1970 by the hub's clock."""

    hall_id: int
    id: int
    seen: float
    health: wire.Health
    clock_offset: float = 0.0
    policy_wanted: int = 0
    memory: Memory | None = None
    findings: tuple[Finding, ...] = ()
    looks: tuple[Looked, ...] = ()
    """The last ones of visitor, doctor and LAN guard."""
    certificate_failing: tuple[float, str] | None = None
    """Since when, and why, it gets no certificate (the authority, its own request) or none is revoked; None: nothing failed."""


class Open(Struct, frozen=True, kw_only=True):
    """An alarm that there is, told (``raised``) or not yet."""

    severity: Severity
    detail: Mapping[str, str | float]
    since: float
    raised: float | None = None
    well_since: float | None = None
    acknowledged: float | None = None
    ended_lately: int = 0
    """How often the same alarm ended in the last hours."""


class Verdict(StrEnum):
    """What becomes of an alarm."""

    BEGIN = "begin"
    """It is there now, but not told yet."""
    RAISE = "raise"
    WORSEN = "worsen"
    """Told again, because it is graver than it was."""
    CHANGE = "change"
    """Its numbers are others, or it began or ceased to be well."""
    END = "end"
    DROP = "drop"
    """It was never told and is over."""


class Change(Struct, frozen=True):
    """One verdict; ``open`` is the alarm as it is then."""

    key: Key
    verdict: Verdict
    open: Open


EVENTS: Final[Mapping[str, Severity]] = {
    "restored": WARNING,
    "twin": URGENT,
    "stale_credential": URGENT,
    "token_reused": WARNING,
    "refused": WARNING,
    "clock": WARNING,
    "names": NOTICE,
    "gaps": WARNING,
    "streams": WARNING,
}
"""What the hub notices itself; a kind that is not here is a warning."""


def remembered(gateway: Gateway, now: float) -> Memory:
    """What to remember from this look on. Counters of a portal that was started anew begin at 0."""
    health, before = gateway.health, gateway.memory
    if before is None:
        lost_at = gateway.seen if health.lost else 0.0
        return Memory(started=health.started, errors=health.accept_errors, drift=health.drift, lost=health.lost, lost_at=lost_at)
    again = health.started != before.started
    errors = health.accept_errors - (0 if again else before.errors)
    drift = health.drift - (0 if again else before.drift)
    return Memory(
        started=health.started,
        errors=health.accept_errors,
        drift=health.drift,
        lost=health.lost,
        errors_at=_lately(before.errors_at, gateway.seen, errors, now - ERRORS_SECONDS),
        drift_at=_lately(before.drift_at, gateway.seen, drift, now - DRIFT_SECONDS),
        lost_at=gateway.seen if health.lost > before.lost else before.lost_at,
    )


def _lately(before: tuple[tuple[float, int], ...], at: float, more: int, since: float) -> tuple[tuple[float, int], ...]:
    return tuple(each for each in (*before, *([(at, more)] if more > 0 else [])) if each[0] >= since)[-60:]


def amiss(
    gateway: Gateway, now: float, limits: Limits, watching_since: float, acknowledged: Mapping[Key, float]
) -> dict[Key, Found] | None:
    """What is amiss at a gateway that has been looked at (``memory`` is of this look). None: it says nothing any more.

    ``watching_since``: since when the hub itself is there; ``acknowledged``: alarms that staff saw, and when: that ends those of an event.
    """
    if _silent(gateway, now, limits, watching_since):
        return None
    found: dict[Key, Found] = {}
    for kind, last, what in _events(gateway):
        key = Key(gateway.hall_id, gateway.id, kind)
        if matters(key, last, now, acknowledged):
            found[key] = what
    for kind, subject, state in (*_states(gateway, limits, now), *_zones(gateway, limits), *_counted(gateway, now), *_told(gateway, now)):
        if state is not None:
            found[Key(gateway.hall_id, gateway.id, kind, subject)] = state
    for one in raised(gateway.looks, now, gateway.health.started - gateway.clock_offset, gateway.health.looking or ()):
        key = Key(gateway.hall_id, gateway.id, one.kind, one.subject)
        found[key] = Found(Severity(one.severity), one.detail, one.raises)
    return found


def silence(gateway: Gateway) -> dict[Key, Found]:
    """The alarm of a gateway that says nothing."""
    return {Key(gateway.hall_id, gateway.id, "silent"): Found(URGENT, {"seen": gateway.seen})}


def _silent(gateway: Gateway, now: float, limits: Limits, watching_since: float) -> bool:
    if gateway.seen >= watching_since:
        return now - gateway.seen > limits.silent
    return now - watching_since > max(limits.silent, RETURN)


_Each = tuple[str, str, Found | None]


def _states(gateway: Gateway, limits: Limits, now: float) -> Iterable[_Each]:
    """What a gateway is or is not."""
    health = gateway.health
    yield "wan_down", "", None if health.internet else Found(URGENT, {})
    yield "firewall_down", "", None if health.firewall else Found(URGENT, {})
    yield "journal", "", None if health.journal else Found(URGENT, {})
    if health.faults and health.internet and health.firewall and health.journal:
        yield "fault", "", Found(WARNING, {"text": clean(health.faults[0]), "count": len(health.faults)})
    if health.disk_size:
        free = 100.0 * health.disk_free / health.disk_size
        yield "disk", "", below(free, limits.disk, limits.disk / 3, limits.disk * 1.5, {"percent": round(free, 1)})
    if health.certificate_until is not None:
        left = health.certificate_until - now
        days = {"days": round(left / 86_400, 1)}
        yield "certificate", "", below(left, limits.certificate, limits.certificate * 3 / 14, limits.certificate + 86_400, days)
    if gateway.certificate_failing is not None:
        since, why = gateway.certificate_failing
        ends_soon = health.certificate_until is not None and health.certificate_until - now <= limits.certificate
        severity = URGENT if ends_soon else WARNING  # what the hall has will not last until somebody looks by chance
        yield "certificate_failed", "", Found(severity, {"text": clean(why)}, now - since >= CERTIFICATE_SECONDS)
    yield from ((kind, "", what) for kind, what in upkeep(health.updated, health.restart_wanted, now + gateway.clock_offset))
    if health.backlog > BACKLOG_WELL:
        yield "backlog", "", Found(WARNING, {"count": health.backlog}, health.backlog >= BACKLOG)
    if health.policy_refused:
        yield "policy_refused", "", Found(WARNING, {"serial": health.policy_refused, "text": clean(health.policy_error)})
    elif gateway.policy_wanted > health.policy:
        yield "policy_late", "", Found(WARNING, {"serial": gateway.policy_wanted, "has": health.policy})
    if abs(gateway.clock_offset) > CLOCK_SECONDS / 2:
        yield "clock", "", Found(WARNING, {"seconds": round(gateway.clock_offset)}, abs(gateway.clock_offset) > CLOCK_SECONDS)


def upkeep(updated: float | None, restart: float | None, now: float) -> Iterable[tuple[str, Found]]:
    """Of Debian's updates of a machine, whose clock says ``now``."""
    for kind, since, most in (("updates_late", updated, UPDATES_SECONDS), ("restart_wanted", restart, RESTART_SECONDS)):
        if since is not None and now - since > most:
            yield kind, Found(WARNING, {"days": round((now - since) / 86_400)})


def clean(text: str) -> str:
    """Words of a gateway as people may read them: one line, and nothing that a terminal would obey."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:500]).split())


def below(value: float, warn: float, urgent: float, well: float, detail: Mapping[str, str | float]) -> Found | None:
    """Of a value that should be high."""
    if value >= well:
        return None
    return Found(URGENT if value <= urgent else WARNING, detail, value <= warn)


def _zones(gateway: Gateway, limits: Limits) -> Iterable[_Each]:
    for zone in gateway.health.zones[:MOST_SUBJECTS]:
        if not zone.pool_size:
            continue
        used = 100.0 * zone.pool_used / zone.pool_size
        free = below(100.0 - used, 100.0 - limits.pool, (100.0 - limits.pool) / 5, 1.5 * (100.0 - limits.pool), {"percent": round(used, 1)})
        yield "pool", zone.zone, free


def _counted(gateway: Gateway, now: float) -> Iterable[_Each]:
    """What grew lately."""
    memory = gateway.memory
    if memory is None:
        return
    errors = sum(number for at, number in memory.errors_at if at >= now - ERRORS_SECONDS)
    if errors:
        grave = URGENT if errors >= ERRORS_URGENT else WARNING
        yield "accept_errors", "", Found(grave, {"count": errors, "minutes": ERRORS_SECONDS / 60}, errors >= ERRORS)
    drift = sum(number for at, number in memory.drift_at if at >= now - DRIFT_SECONDS)
    if drift:
        yield "drift", "", Found(WARNING, {"count": drift}, drift >= DRIFTS)


def _told(gateway: Gateway, now: float) -> Iterable[_Each]:
    """What the gateway's own alarms say. Their moments are by its clock, whose error is known."""
    for alarm in gateway.health.alarms[-MOST_SUBJECTS:]:
        if now + gateway.clock_offset - alarm.last <= CLONE_SECONDS:
            # A kind that this hub does not know is one with all others: a box that makes up kinds makes no more alarms by that.
            if alarm.kind == "clone":
                yield "clone", clean(alarm.zone), Found(WARNING, {"times": alarm.times})
            else:
                yield "told", "", Found(WARNING, {"times": alarm.times, "text": alarm.kind})


def _events(gateway: Gateway) -> Iterable[tuple[str, float, Found]]:
    """What happened, and when last."""
    for finding in gateway.findings:
        yield finding.kind, finding.last, noticed(finding)
    if gateway.memory is not None and gateway.memory.lost_at:
        yield "lost", gateway.memory.lost_at, Found(WARNING, {"count": gateway.memory.lost})


def noticed(finding: Finding) -> Found:
    """What the hub noticed, as something that is amiss."""
    return Found(EVENTS.get(finding.kind, WARNING), {"times": finding.times, "text": finding.text})


def matters(key: Key, last: float, now: float, acknowledged: Mapping[Key, float]) -> bool:
    """Is an event, which happened last at that moment, still worth an alarm?"""
    return last > now - EVENT_SECONDS and acknowledged.get(key, -1.0) < last


def judge(found: Mapping[Key, Found], opened: Mapping[Key, Open], now: float) -> list[Change]:
    """What changes, when ``found`` is all that is amiss now with those whose alarms are ``opened``."""
    changes = [_begun(key, what, now) for key, what in found.items() if what.raises and key not in opened]
    for key, alarm in opened.items():
        change = _ended(key, alarm, now) if key not in found else _going_on(key, found[key], alarm, now)
        if change is not None:
            changes.append(change)
    return changes


def _begun(key: Key, found: Found, now: float) -> Change:
    at_once = not DELAY.get(key.kind)
    alarm = Open(severity=found.severity, detail=found.detail, since=now, raised=now if at_once else None)
    return Change(key, Verdict.RAISE if at_once else Verdict.BEGIN, alarm)


def _going_on(key: Key, found: Found, alarm: Open, now: float) -> Change | None:
    graver = found.severity.rank > alarm.severity.rank
    # It is never made less grave: that would only be told as another alarm.
    after = replace(alarm, severity=found.severity if graver else alarm.severity, detail=found.detail, well_since=None)
    if alarm.raised is None:
        if not found.raises:
            return Change(key, Verdict.DROP, alarm)
        if now - alarm.since >= DELAY.get(key.kind, 0.0):
            return Change(key, Verdict.RAISE, replace(after, raised=now))
    elif graver:
        return Change(key, Verdict.WORSEN, replace(after, acknowledged=None))
    return None if after == alarm else Change(key, Verdict.CHANGE, after)


def _ended(key: Key, alarm: Open, now: float) -> Change | None:
    if alarm.raised is None:
        return Change(key, Verdict.DROP, alarm)
    well_since = now if alarm.well_since is None else alarm.well_since
    if now - well_since >= hold(alarm.ended_lately):
        return Change(key, Verdict.END, alarm)
    return None if alarm.well_since is not None else Change(key, Verdict.CHANGE, replace(alarm, well_since=well_since))


def hold(ended_lately: int) -> float:
    """Seconds that a condition must be gone before its alarm ends."""
    return float(min(HOLD * 2 ** min(ended_lately, 10), HOLD_MOST))
