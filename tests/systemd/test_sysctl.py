"""The kernel settings that deployment installs: those under which the lab's gateway is tested, and room for 5,000 clients."""

import re
from pathlib import Path

from hotspot.lab.links import SYSCTLS
from hotspot.portal.capture import Limits
from hotspot.portal.door import Door

ROOT = Path(__file__).parents[2]
MOST_CLIENTS, ADDRESSES6 = 5_000, 4
"""Clients of one gateway, and the IPv6 addresses that each has in use."""
MOST_ZONES = 8


def _installed() -> dict[str, str]:
    lines = (ROOT / "systemd" / "hotspot.sysctl").read_text(encoding="utf-8").splitlines()
    return dict(re.fullmatch(r"(net\.\S+) = (\S+)", line).groups() for line in lines if line and not line.startswith("#"))  # type: ignore[union-attr,misc]


def test_the_lab_sets_nothing_that_a_real_gateway_lacks() -> None:
    """What the tests need of the kernel is in the file, with the same value."""
    wanted = {f"net.{key.replace('/', '.')}": str(value) for key, value in SYSCTLS.items()}
    assert {key: value for key, value in _installed().items() if ".neigh." not in key} == wanted


def test_security_names_each_of_them() -> None:
    """docs/security.md says which settings the gateway's defence rests on."""
    told = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rest_on = {f"net.{key.replace('/', '.')}={value}" for key, value in SYSCTLS.items() if "forward" not in key}
    assert {each for each in rest_on if f"`{each}`" not in told} == set()


def test_neighbours_have_room() -> None:
    """Every client has its addresses in the kernel's table, and each limit is above the one before."""
    limits = {v: [int(_installed()[f"net.ipv{v}.neigh.default.gc_thresh{n}"]) for n in (1, 2, 3)] for v in (4, 6)}
    assert {v: sorted(set(several)) for v, several in limits.items()} == limits
    assert (limits[4][1] >= MOST_CLIENTS, limits[6][1] >= MOST_CLIENTS * ADDRESSES6) == (True, True)


def test_descriptors_are_enough() -> None:
    """The portal may hold all connections that its limits let in, of all zones, twice; the firewall has few."""
    given = {}
    for name in ("firewall", "portal"):
        unit = (ROOT / "systemd" / f"hotspot-{name}.service").read_text(encoding="utf-8")
        given[name] = [int(number) for number in re.findall(r"^LimitNOFILE=(\d+)$", unit, re.MULTILINE)]
    assert (len(given["portal"]), given["firewall"]) == (1, [4_096])
    assert given["portal"][0] >= 2 * MOST_ZONES * (Door.TOTAL + Limits().total) >= MOST_CLIENTS
