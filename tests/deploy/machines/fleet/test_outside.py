"""A hall and the hub, looked at from outside: which ports answer whom. From the visitors' network, the line, and management."""

import concurrent.futures
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import Struct

from hotspot.lab import layout as at
from tests.deploy.machines import hub as city
from tests.deploy.machines import town
from tests.deploy.machines.fleet.fleet import NUMBERS, OFFICE, PARTNERS, PORT, Fleet, hall_of, management, online
from tests.deploy.machines.machine import host

SCAN = Path(__file__).with_name("scan.py")
HALL, OTHER = PARTNERS
UDP = "53,67,68,69,111,123,137,138,161,162,389,443,500,514,520,547,1194,1701,1812,1900,2049,3478,4500,5300,5353,5355,51820"
"""DNS, DHCP, TFTP, portmapper, NTP, NetBIOS, SNMP, LDAP, QUIC, IKE, syslog, RIP, DHCPv6, VPNs, RADIUS, SSDP, NFS, STUN, our own."""
SOME = "1-1200,1433,1521,1723,1883,2049,2375,3000,3128,3306,3389,5000,5300,5432,5900,6379,8000,8080-8099,8443,8700,9000-9200,9464"


class Answers(Struct, frozen=True):
    """Ports that answer: TCP, UDP; and UDP ports that say nothing, as somebody does who listens and does not care for the question."""

    tcp: frozenset[int]
    udp: frozenset[int] = frozenset()
    silent: frozenset[int] = frozenset()


VISITORS = Answers(frozenset({53, 80}), frozenset({53}), frozenset({67}))
"""DNS, the portal, DHCP; the hall of this test has no certificate (443) and no chrony (123)."""
VISITORS6 = Answers(frozenset({53, 80}), frozenset({53}))
PORTAL, PORTAL6 = Answers(frozenset({80}), silent=frozenset({67})), Answers(frozenset({80}))
"""What who is online finds at the gateway's other addresses: its page, and DHCP once more."""
NOTHING = Answers(frozenset())
"""Each question is told that nobody is there."""
SILENCE = Answers(frozenset(), silent=frozenset(map(int, UDP.split(","))) - {68})
"""No question is answered, but where a DHCP client of the gateway would hear: nobody is there."""


def scan(space: str, kind: str, source: str, target: str, ports: str, pace: float) -> dict[str, list[int]]:
    """``scan.py`` in a namespace."""
    words = ("ip", "netns", "exec", space, sys.executable, "-P", str(SCAN), kind, source, target, ports, str(pace))
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    return dict(json.loads(done.stdout))


class View(Struct, frozen=True):
    """Who looks, from where, at what."""

    space: str
    source: str
    target: str
    ports: str = SOME
    pace: float = 0.01
    whole: bool = False
    """Nobody stands between: each port says whether it is open or shut."""
    slow: bool = False
    """Its kernel says "unreachable" once a second only, as kernels do: who says nothing is not looked at."""

    def look(self) -> Answers:
        """Ask TCP, then UDP, in turn: what limits one of them does not concern the other."""
        tcp = scan(self.space, "tcp", self.source, self.target, self.ports, self.pace)
        udp = scan(self.space, "udp", self.source, self.target, UDP, self.pace)
        if self.whole:
            low, _, high = self.ports.partition("-")
            assert len(tcp["open"]) + len(tcp["shut"]) == int(high) - int(low) + 1, self
        silent = set() if self.slow else {int(port) for port in UDP.split(",")} - {*udp["open"], *udp["shut"]}
        return Answers(frozenset(tcp["open"]), frozenset(udp["open"]), frozenset(silent))


def addresses(space: str, interface: str) -> dict[str, str]:
    """The first of each kind that it has: ``4``, ``6``, ``link`` (with its interface)."""
    found: dict[str, str] = {}
    for line in host("ip", "-n", space, "-o", "address", "show", "dev", interface).splitlines():
        family, address = re.findall(r"(inet6?) (\S+)/", line)[0]
        link = "scope link" in line and family == "inet6"
        found.setdefault("link" if link else family[4:] or "4", f"{address}%{interface}" if link else address)
    return found


@pytest.fixture(scope="module")
def gateway(fleet: Fleet) -> dict[str, str]:
    """Addresses of a hall's gateway: towards visitors ``4``, ``6``, ``link``; the others by name."""
    number, space = NUMBERS[HALL], fleet.halls[HALL].network
    there = addresses(space, "guests") | {"management": management(HALL)}
    assert (there["4"], there["6"]) == (f"198.18.{16 * number - 16}.1", f"2001:db8:{number}::1")
    return there | {"line": town.line(number).partition("/")[0], "line6": town.line6(number).partition("/")[0]}


def looked(views: dict[str, View]) -> dict[str, Answers]:
    """All of them beside each other; those of one namespace in turn, because what one phone may ask is limited."""
    by_space: dict[str, list[str]] = {}
    for name, view in views.items():
        by_space.setdefault(view.space, []).append(name)

    def in_turn(names: list[str]) -> dict[str, Answers]:
        return {name: views[name].look() for name in names}

    with concurrent.futures.ThreadPoolExecutor(max_workers=3) as threads:
        return {name: seen for some in threads.map(in_turn, by_space.values()) for name, seen in some.items()}


def test_what_answers_whom(fleet: Fleet, gateway: dict[str, str]) -> None:
    """All TCP ports and the well-known UDP ports of the gateway, over both families, as somebody whom it has not let in, as staff, and from
    the line: towards visitors DNS, DHCP and the portal, towards management the metrics, on the line not even that nobody is there."""
    new, net, every = fleet.phones[f"{HALL}-new"].space, fleet.net, "1-65535"
    phone, staff = addresses(new, "eth0"), f"10.20.{NUMBERS[HALL]}.1"
    link, hub6 = gateway["link"].replace("%guests", "%eth0"), town.line6(city.NUMBER).partition("/")[0]
    seen = looked(
        {
            "phone": View(new, phone["4"], gateway["4"], every),
            "phone, IPv6": View(new, phone["6"], gateway["6"], every),
            "phone, link": View(new, phone["link"], link),
            "line": View(net, at.LINK_WAN, gateway["line"], every, 0.003),
            "line, IPv6": View(net, at.LINK_WAN6, gateway["line6"], every, 0.003),
            "line, hub": View(net, at.LINK_WAN, city.ADDRESS, every, 0.003, whole=True, slow=True),
            "line, hub, IPv6": View(net, at.LINK_WAN6, hub6, every, 0.003, whole=True, slow=True),
            "staff": View(fleet.office, staff, gateway["management"], every, 0.003, whole=True),
        }
    )
    assert seen == {
        "phone": VISITORS,
        "phone, IPv6": VISITORS6,
        "phone, link": VISITORS6,
        "line": SILENCE,
        "line, IPv6": SILENCE,
        "line, hub": Answers(frozenset({8700})),
        "line, hub, IPv6": Answers(frozenset({8700})),
        "staff": Answers(frozenset({PORT})),
    }


def test_other_addresses_from_the_visitors_network(fleet: Fleet, gateway: dict[str, str]) -> None:
    """Whoever is not in is answered by the gateway whatever they ask, with names and the portal. Whoever is in finds the portal at each of
    its addresses and nothing else: not the metrics of management, nor staff behind it; of the other hall what the Internet finds."""
    new, inside = (fleet.phones[key].space for key in (f"{HALL}-new", HALL))
    captive, accepted = addresses(new, "eth0"), addresses(inside, "eth0")
    other = town.line(NUMBERS[OTHER]).partition("/")[0]
    views = {}
    for who, space, own in (("new", new, captive), ("in", inside, accepted)):
        for what, target in (("line", gateway["line"]), ("management", gateway["management"]), ("staff", f"10.20.{NUMBERS[HALL]}.1")):
            views[f"{who}, {what}"] = View(space, own["4"], target)
        views[f"{who}, line6"] = View(space, own["6"], gateway["line6"])
        views[f"{who}, other hall"] = View(space, own["4"], other)
    views["in, office"] = View(inside, accepted["4"], town.line(OFFICE).partition("/")[0], slow=True)
    assert looked(views) == {
        "new, line": VISITORS,
        "new, management": VISITORS,
        "new, staff": VISITORS6,
        "new, line6": VISITORS6,
        "new, other hall": VISITORS6,
        "in, line": PORTAL,
        "in, management": PORTAL,
        "in, staff": NOTHING,
        "in, line6": PORTAL6,
        "in, other hall": SILENCE,
        "in, office": NOTHING,
    }


def test_the_scans_have_harmed_nobody(fleet: Fleet) -> None:
    """Who was online is online, here and at the hub."""
    wanted = {hall_of(partner): 1 for partner in PARTNERS}
    assert all(fleet.phones[partner].online() for partner in PARTNERS)
    assert online(fleet, wanted) == wanted
