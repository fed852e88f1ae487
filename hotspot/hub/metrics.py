"""What the hub tells Prometheus (pure): of every gateway and zone, of alarms, of itself and its machine; never of a device.

Names and labels are those of partners, halls, gateways, zones and kinds of alarms: a bounded number of series for each hall. Counters of
zones outlive retention; counters of gateways begin again when a portal is started anew, as Prometheus expects of counters.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from msgspec import Struct

from hotspot import wire

T = TypeVar("T")
MOST_ZONES: Final = 32
"""Of one gateway, so that one that tells rubbish fills no memory."""
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Labels(Struct, frozen=True, gc=False):
    """Names and values of one series, with their text made once for all metrics that have them."""

    pairs: tuple[tuple[str, str], ...]
    text: str
    """As ``partner="x",hall="y"``."""

    def plus(self, name: str, value: str) -> "Labels":
        """The same with one more."""
        return Labels(
            (*self.pairs, (name, value)), f'{self.text},{name}="{_escaped(value)}"' if self.text else f'{name}="{_escaped(value)}"'
        )


def labels(**pairs: str) -> Labels:
    """Labels of that order."""
    return Labels(tuple(pairs.items()), ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs.items()))


class Family(Struct, frozen=True):
    """All series of one name."""

    name: str
    kind: str
    """``gauge`` or ``counter``."""
    help: str
    samples: list[tuple[Labels, float]]


class GatewayNow(Struct, frozen=True, kw_only=True):
    """One gateway as the database has it."""

    partner: str
    hall: str
    gateway: str
    seen_at: datetime
    report_at: datetime | None
    clock_offset: float
    policy_serial: int
    health: wire.Health
    visit_at: datetime | None = None
    """When the last synthetic visit ended; None: there was none."""
    visit_ok: bool = False
    """It found nothing that is worth an alarm."""
    visited: Mapping[str, bool] = {}
    """The same for each zone that was visited."""


class ZoneTotal(Struct, frozen=True, kw_only=True):
    """All that a zone ever had."""

    partner: str
    hall: str
    zone: str
    visits: float
    seconds: float
    bytes_up: float
    bytes_down: float


class AlarmNow(Struct, frozen=True, kw_only=True):
    """How many alarms of a kind there are; hall and gateway are "" for the hub's own."""

    partner: str
    hall: str
    gateway: str
    kind: str
    severity: str
    number: int


class HubNow(Struct, frozen=True, kw_only=True):
    """The hub itself."""

    halls: int
    gateways: int
    """That are in use, whether they have spoken or not."""
    database_bytes: int
    events_waiting: int
    """That channels have not been told yet."""
    channels_failing: int
    remote_write_failures: int
    """In a row."""
    starts: int
    """Of its processes, as far as they came to serve."""
    backup: "BackupNow"


class BackupNow(Struct, frozen=True, kw_only=True):
    """The hub's backups."""

    at: datetime | None = None
    """When the last good one was made; None: none so far."""
    size: int = 0
    """Bytes of it."""
    failed: bool = False
    """The last one that was tried at night: it was not made, or not carried away."""


class MachineNow(Struct, frozen=True, kw_only=True):
    """The machine of the hub process that answers; what is not known is None."""

    software: str
    certificate_until: float | None = None
    """Wall clock, as all moments here."""
    disks: Mapping[str, tuple[int, int]] = {}
    """``database``, ``backups`` -> bytes free and bytes in all."""
    updated: float | None = None
    restart: float | None = None
    """As ``hotspot.debian`` has them."""


HUB: Final[Sequence[tuple[str, str, str]]] = (
    ("hotspot_hub_halls", "halls", "Halls that take part"),
    ("hotspot_hub_gateways", "gateways", "Gateways in use, whether they have spoken or not"),
    ("hotspot_hub_database_bytes", "database_bytes", "Size of the database"),
    ("hotspot_hub_events_waiting", "events_waiting", "Alarms that somebody has not been told of yet"),
    ("hotspot_hub_channels_failing", "channels_failing", "Channels whose last message did not arrive"),
    ("hotspot_hub_remote_write_failures", "remote_write_failures", "Attempts to push metrics that failed in a row"),
)


def hub_families(now: HubNow, machine: MachineNow) -> list[Family]:
    """What is told of the hub itself, which is the same from all of its processes, and of the machine of this one."""
    found = [Family(name, "gauge", text, [(labels(), float(getattr(now, field)))]) for name, field, text in HUB]
    found.append(Family("hotspot_hub_starts_total", "counter", "Processes that began to serve", [(labels(), float(now.starts))]))
    backed_up = None if now.backup.at is None else now.backup.at.timestamp()
    failed = "1 when the last backup that was tried was not made, or not carried away"
    moments = (
        ("hotspot_hub_backup_failed", failed, float(now.backup.failed)),
        ("hotspot_hub_backup_timestamp_seconds", "When the last good backup was made", backed_up),
        ("hotspot_hub_backup_bytes", "Size of it", None if backed_up is None else float(now.backup.size)),
        ("hotspot_hub_certificate_end_timestamp_seconds", "End of the hub's own certificate", machine.certificate_until),
        ("hotspot_hub_updated_timestamp_seconds", "When Debian's security updates last went well", machine.updated),
        ("hotspot_hub_restart_wanted_timestamp_seconds", "Since when they wait for a restart of the machine", machine.restart),
    )
    found += [Family(name, "gauge", text, [] if value is None else [(labels(), value)]) for name, text, value in moments]
    disks = [(labels(disk=name), free, size) for name, (free, size) in machine.disks.items()]
    return [
        *found,
        Family("hotspot_hub_disk_free_bytes", "gauge", "Free on its disks", [(label, float(free)) for label, free, _ in disks]),
        Family("hotspot_hub_disk_size_bytes", "gauge", "Size of those disks", [(label, float(size)) for label, _, size in disks]),
        Family("hotspot_hub_info", "gauge", "Which software it runs", [(labels(software=machine.software), 1.0)]),
    ]


_OfGateway = Callable[[GatewayNow], float | None]
GATEWAY: Final[Sequence[tuple[str, str, str, _OfGateway]]] = (
    ("hotspot_gateway_seen_timestamp_seconds", "gauge", "When the gateway last spoke to the hub", lambda g: g.seen_at.timestamp()),
    (
        "hotspot_gateway_report_timestamp_seconds", "gauge", "When it last delivered reports",
        lambda g: None if g.report_at is None else g.report_at.timestamp(),
    ),
    ("hotspot_gateway_start_timestamp_seconds", "gauge", "Since when its portal runs, by its clock", lambda g: g.health.started),
    ("hotspot_gateway_firewall_up", "gauge", "1 while its firewall runs", lambda g: float(g.health.firewall)),
    ("hotspot_gateway_journal_ok", "gauge", "1 while acceptances can be written down", lambda g: float(g.health.journal)),
    ("hotspot_gateway_internet_up", "gauge", "1 when its last check reached the Internet", lambda g: float(g.health.internet)),
    ("hotspot_gateway_faults", "gauge", "What is amiss", lambda g: float(len(g.health.faults))),
    ("hotspot_gateway_warnings", "gauge", "What somebody should see to", lambda g: float(len(g.health.warnings))),
    ("hotspot_gateway_accepts_total", "counter", "Accept forms since the portal's start", lambda g: float(g.health.accepts)),
    (
        "hotspot_gateway_accept_errors_total", "counter", "Accept forms that failed for a reason of ours",
        lambda g: float(g.health.accept_errors),
    ),
    ("hotspot_gateway_drift_total", "counter", "Times that kernel and journal disagreed", lambda g: float(g.health.drift)),
    ("hotspot_gateway_disk_free_bytes", "gauge", "Free on the disk of the journal", lambda g: _disk(g, g.health.disk_free)),
    ("hotspot_gateway_disk_size_bytes", "gauge", "Size of that disk", lambda g: _disk(g, g.health.disk_size)),
    (
        "hotspot_gateway_certificate_end_timestamp_seconds", "gauge", "End of the portal's certificate",
        lambda g: g.health.certificate_until,
    ),
    ("hotspot_gateway_updated_timestamp_seconds", "gauge", "When Debian's security updates last went well", lambda g: g.health.updated),
    (
        "hotspot_gateway_restart_wanted_timestamp_seconds", "gauge", "Since when they wait for a restart of the machine",
        lambda g: g.health.restart_wanted,
    ),
    ("hotspot_gateway_reports_waiting", "gauge", "Reports in the gateway's outbox", lambda g: float(g.health.backlog)),
    ("hotspot_gateway_reports_lost_total", "counter", "Reports that were given up", lambda g: float(g.health.lost)),
    ("hotspot_gateway_clock_offset_seconds", "gauge", "By how much its clock is ahead of the hub's", lambda g: g.clock_offset),
    ("hotspot_gateway_policy_serial_wanted", "gauge", "Policy that it should have", lambda g: float(g.policy_serial)),
    ("hotspot_gateway_policy_serial", "gauge", "Policy in force", lambda g: float(g.health.policy)),
    ("hotspot_gateway_policy_refused", "gauge", "1 while it cannot apply that", lambda g: float(bool(g.health.policy_refused))),
    (
        "hotspot_hall_visit_timestamp_seconds", "gauge", "When the last synthetic visit ended",
        lambda g: None if g.visit_at is None else g.visit_at.timestamp(),
    ),
)  # fmt: skip
_OfZone = Callable[[wire.ZoneHealth], float | None]
ZONE: Final[Sequence[tuple[str, str, str, _OfZone]]] = (
    ("hotspot_zone_online", "gauge", "Sessions in progress", lambda z: float(z.online)),
    ("hotspot_zone_open", "gauge", "1 during opening hours", lambda z: float(z.open)),
    ("hotspot_zone_pool_used", "gauge", "Addresses that are leased", lambda z: float(z.pool_used) if z.pool_size else None),
    ("hotspot_zone_pool_size", "gauge", "Addresses that there are", lambda z: float(z.pool_size) if z.pool_size else None),
)


def _disk(gateway: GatewayNow, value: int) -> float | None:
    return float(value) if gateway.health.disk_size else None


def families(gateways: Sequence[GatewayNow], totals: Sequence[ZoneTotal], alarms: Sequence[AlarmNow]) -> list[Family]:
    """Everything that is told of halls."""
    named = [(labels(partner=each.partner, hall=each.hall, gateway=each.gateway), each) for each in gateways]
    zones = [(label.plus("zone", zone.zone), zone) for label, each in named for zone in each.health.zones[:MOST_ZONES]]
    found = [_family(name, kind, text, read, named) for name, kind, text, read in GATEWAY]
    found += [_family(name, kind, text, read, zones) for name, kind, text, read in ZONE]
    visits = [(label.plus("zone", zone), float(ok)) for label, each in named for zone, ok in list(each.visited.items())[:MOST_ZONES]]
    found.append(
        Family("hotspot_hall_visit_ok", "gauge", "1 when it found nothing that is worth an alarm and got online, or should not", visits)
    )
    info = [(label.plus("software", each.health.software), 1.0) for label, each in named]
    found.append(Family("hotspot_gateway_info", "gauge", "Which software it runs", info))
    whole = [(labels(partner=each.partner, hall=each.hall, zone=each.zone), each) for each in totals]
    ways = [(label.plus("direction", "up"), each.bytes_up) for label, each in whole]
    ways += [(label.plus("direction", "down"), each.bytes_down) for label, each in whole]
    found += [
        _family("hotspot_zone_visits_total", "counter", "Sessions begun", lambda each: each.visits, whole),
        _family("hotspot_zone_online_seconds_total", "counter", "Time online, over all sessions", lambda each: each.seconds, whole),
        Family("hotspot_zone_bytes_total", "counter", "Layer-3 bytes of visitors", ways),
        Family("hotspot_alarms", "gauge", "Alarms in force", [(_of_alarm(each), float(each.number)) for each in alarms]),
    ]
    return found


def _family(name: str, kind: str, text: str, read: Callable[[T], float | None], named: Iterable[tuple[Labels, T]]) -> Family:
    samples = [(label, value) for label, each in named if (value := read(each)) is not None]
    return Family(name, kind, text, samples)


def _of_alarm(alarm: AlarmNow) -> Labels:
    return labels(partner=alarm.partner, hall=alarm.hall, gateway=alarm.gateway, kind=alarm.kind, severity=alarm.severity)


def exposition(found: Iterable[Family]) -> bytes:
    """The text format of Prometheus; families without a series are left out."""
    lines: list[str] = []
    for family in found:
        if not family.samples:
            continue
        lines.append(f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n")
        name = family.name
        lines += [
            f"{name}{{{label.text}}} {_number(value)}\n" if label.text else f"{name} {_number(value)}\n" for label, value in family.samples
        ]
    return "".join(lines).encode()


def _number(value: float) -> str:
    """Whole numbers without a point: they are most, and shorter."""
    return str(int(value)) if value == int(value) else repr(value)


def _escaped(value: str) -> str:
    if "\\" in value or '"' in value or "\n" in value:  # hardly ever, and this is asked ten thousand times for each scrape
        return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return value
