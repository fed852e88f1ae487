"""What visitor, doctor and guard found in the city's hall with a fault."""

from datetime import datetime

from hotspot.hub.store import Connection, looks
from hotspot.looks.values import By, Finding, Look, Result, Severity, Step

VISIT = (
    Step(name="dhcp", zone="public", family=4, result=Result.PASSED, seconds=0.4),
    Step(name="address6", zone="public", family=6, result=Result.PASSED, seconds=1.1),
    Step(name="probe-ios", zone="public", family=4, result=Result.PASSED, seconds=0.1),
    Step(name="certificate", zone="public", family=4, result=Result.FAILED, seconds=0.2, why="certificate-name"),
    Step(name="online", zone="public", family=4, result=Result.FAILED, seconds=5.0, why="internet-down"),
    Step(name="download", zone="public", family=4, result=Result.SKIPPED),
)


async def fill(connection: Connection, hall_id: int, gateway_id: int, now: datetime) -> None:
    """A visit that failed, a box with more to see to than fits at once, and a foreign DHCP server."""
    unix = now.timestamp() - 90
    visit = (
        Finding(kind="internet-down", severity=Severity.URGENT, zone="public", first=unix - 1_500, times=5),
        Finding(kind="certificate-name", severity=Severity.URGENT, zone="public", values={"name": "portal.bergdorf.example"}),
    )
    found: dict[str, dict[str, str]] = {
        "upstream-dns-away": {"count": "2"},
        "route-missing": {},
        "sysctl-wrong": {"key": "net.ipv4.conf.all.rp_filter", "value": "2", "wanted": "1"},
        "offload-lro": {"interface": "enp3s0"},
        "unit-failed": {"unit": "hotspot-names.path"},
        "interface-down": {"interface": "enp4s0"},
        "mtu-too-small": {"interface": "enp3s0", "mtu": "1200"},
    }
    doctor = tuple(
        Finding(kind=kind, severity=Severity.WARNING if number else Severity.URGENT, values=values)
        for number, (kind, values) in enumerate(found.items())
    )
    heard = {"port": "lan3", "interface": "br-public", "network": "192.168.178.0/24", "times": "41"}
    guard = (Finding(kind="rogue-dhcp", severity=Severity.URGENT, zone="public", values=heard, first=unix - 600, times=41),)
    told = (
        Look(by=By.VISIT, at=unix, seconds=38.0, software="0.1.0", findings=visit, steps=VISIT),
        Look(by=By.DOCTOR, at=unix, findings=doctor),
        Look(by=By.GUARD, at=unix, findings=guard),
    )
    await looks.write(connection, {(gateway_id, look.by): (hall_id, look.at, look) for look in told})
