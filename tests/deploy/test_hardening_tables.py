"""What judges a booted machine (machines/fleet/hardening.py) sees what should not be; pure, so that it is tried in every run."""

from typing import Any

import pytest

from tests.deploy.machines.fleet import hardening
from tests.deploy.machines.fleet.hardening import HALL, HALL_MAY_READ, SHUT, Unit, caps, faults, may_read, sockets, units
from tests.systemd.test_units import EXPOSURE, HUB

UNITS = {1: "init.scope", 7: "dnsmasq-hotspot@public.service", 8: "hotspot-portal.service", 9: "postgresql@15-main.service"}
PLACES = {"guests": "guests", "mgmt0": "management", "203.0.113.2": "line"}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('udp UNCONN 0 0 127.0.0.1:53 0.0.0.0:* users:(("dnsmasq",pid=7,fd=8))', ("udp", "loopback", 53, UNITS[7])),
        ('tcp LISTEN 0 32 [fe80::1%eth]%guests:53 [::]:* users:(("dnsmasq",pid=7,fd=8))', ("tcp", "guests", 53, UNITS[7])),
        ('tcp LISTEN 0 9 0.0.0.0%guests:80 0.0.0.0:* users:(("x",pid=8,fd=1),("systemd",pid=1,fd=7))', ("tcp", "guests", 80, UNITS[8])),
        ('tcp LISTEN 0 9 203.0.113.2:22 0.0.0.0:* users:(("x",pid=8,fd=1))', ("tcp", "line", 22, UNITS[8])),
        ('tcp LISTEN 0 9 *:22 *:* users:(("x",pid=8,fd=1))', ("tcp", "anywhere", 22, UNITS[8])),
        ('tcp LISTEN 0 9 [::1]:5432 [::]:* users:(("x",pid=9,fd=1))', ("tcp", "loopback", 5432, "postgresql")),
        ('raw UNCONN 0 0 *:58 *:* users:(("x",pid=8,fd=1))', ("raw", "anywhere", 58, UNITS[8])),
        ('p_raw UNCONN 0 0 [35020]:mgmt0 * users:(("x",pid=8,fd=1))', ("packet", "management", 35_020, UNITS[8])),
        ('p_raw UNCONN 0 0 *:guests * users:(("x",pid=8,fd=1))', ("packet", "guests", 0, UNITS[8])),
    ],
)
def test_a_socket_is_known_by_place_and_owner(line: str, wanted: hardening.Socket) -> None:
    """Each kind of line of ss(8)."""
    assert sockets(line.replace("%eth", ""), UNITS, PLACES) == {wanted}


def _file(**more: Any) -> dict[str, Any]:
    return {"path": "/etc/hotspot/x", "kind": "f", "mode": 0o640, "user": "root", "group": "hotspot-portal", "capability": False} | more


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        (_file(), []),
        (_file(mode=0o666, group="root"), ["/etc/hotspot/x is writable for everybody"]),
        (_file(mode=0o660), ["/etc/hotspot/x is writable for hotspot-portal"]),
        (_file(mode=0o4755), ["/etc/hotspot/x gives rights: 4755"]),
        (_file(capability=True), ["/etc/hotspot/x gives rights: 640"]),
        (_file(user="hotspot-portal"), ["/etc/hotspot/x is hotspot-portal's"]),
        (_file(path="/var/lib/hotspot-portal/x", user="hotspot-portal"), []),
        (_file(path="/var/lib/hotspot-portal/x", user="games"), ["/var/lib/hotspot-portal/x is the stranger games's"]),
        (_file(path="/run/hotspot-portal/control.sock", mode=0o666, user="hotspot-portal"), []),
    ],
)
def test_each_fault_of_a_file_is_told(file: dict[str, Any], wanted: list[str]) -> None:
    """And nothing of a file that is as it should be."""
    assert faults([file], {"hotspot-portal"}) == wanted


def test_rights_are_those_in_force() -> None:
    """A process with a capability more, another user or another place to write is another unit than the one that is wanted."""
    held = {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0}
    one = {"unit": "hotspot-portal.service", "user": "hotspot-portal", "gids": [5], "spaces": ["mnt", "uts"], "caps": held}
    one["writable"] = ["/run", "/run/hotspot-portal", "/var/cache/hotspot-portal", "/var/lib/hotspot-portal"]
    wanted = {"hotspot-portal.service": {HALL["hotspot-portal.service"]}}
    assert units([one]) == wanted
    worse: list[dict[str, Any]] = [{"user": "root"}, {"caps": {**held, "CapBnd": caps("net_raw")}}, {"writable": ["/"]}, {"gids": [5, 6]}]
    assert all(units([{**one, **more}]) != wanted for more in worse)
    both = units([one, {**one, "user": "root"}])["hotspot-portal.service"]
    assert both == {HALL["hotspot-portal.service"], Unit("root", writes=HALL["hotspot-portal.service"].writes)}


def test_who_may_read_is_by_the_first_row() -> None:
    """Settings of the firewall are not the portal's; what is in no row is nobody's."""
    assert may_read("/etc/hotspot/firewall.toml", HALL_MAY_READ) == {"hotspot-firewall", "hotspot-guard"}
    assert may_read("/etc/hotspot/portal.toml", HALL_MAY_READ) == {"hotspot-portal", "hotspot-guard"}
    assert may_read("/etc/shadow", HALL_MAY_READ) == set()


def test_every_service_that_stays_is_in_a_table() -> None:
    """A new service of ours is missed here before it is on a machine: those that run on have a row, the others run for a moment."""
    moment = {"hotspot-doctor", "hotspot-guard", "hotspot-hub-backup", "hotspot-names", "hotspot-visit", "hotspot-visit-plug"}
    stays = {name.removesuffix(".service") for table in (hardening.HALL, hardening.HUB) for name in table if name.startswith("hotspot-")}
    assert set(EXPOSURE) == stays | moment
    assert {*HUB} & moment == {"hotspot-hub-backup"}
    assert "NoNewPrivileges" in SHUT
