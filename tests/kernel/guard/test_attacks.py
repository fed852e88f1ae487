"""Real attacks on a real bridge: each is found as what it is, at the port where it comes from."""

import subprocess
import sys
from pathlib import Path

import pytest
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import DUID_LL, DHCP6_Advertise, DHCP6OptServerId
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_RA, ICMPv6NDOptDstLLAddr, IPv6, IPv6ExtHdrDestOpt
from scapy.layers.l2 import ARP, LLC, STP, Dot3, Ether
from scapy.layers.vrrp import VRRP
from scapy.packet import Packet
from scapy.volatile import RandMAC

from hotspot.looks.leaving import identifies
from tests.kernel.guard.guarded import BRIDGE, GATEWAY4, GATEWAY6, QUIET, Guarded, attach_quiet, dhcp_server, guest_mac

THIEF = guest_mac(4)
GATEWAY_MAC = "02:00:00:00:00:fe"
EVERYBODY = "ff:ff:ff:ff:ff:ff"


def _discover(source: str, client: str) -> Packet:
    chaddr = bytes.fromhex(client.replace(":", ""))
    asked = BOOTP(op=1, chaddr=chaddr, xid=int.from_bytes(chaddr[2:])) / DHCP(options=[("message-type", "discover"), "end"])
    return Ether(src=source, dst=EVERYBODY) / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) / asked


def _arp(claimed: str, mac: str, to: str = EVERYBODY) -> Packet:
    return Ether(src=mac, dst=to) / ARP(op=2, hwsrc=mac, psrc=claimed, pdst=GATEWAY4)


def _claim6(address: str, mac: str) -> Packet:
    said = ICMPv6ND_NA(tgt=address, R=0, S=0, O=1) / ICMPv6NDOptDstLLAddr(lladdr=mac)
    return Ether(src=mac, dst="33:33:00:00:00:01") / IPv6(src=address, dst="ff02::1") / said


def _saw_only(hall: Guarded, *kinds: str) -> None:
    """Nothing else was seen than what was done."""
    assert {kind for kind, _ in hall.seen} == set(kinds)


def test_guests_who_join_are_no_danger(hall: Guarded, tmp_path: Path) -> None:
    """Two guests with real DHCP clients; they talk to the gateway and to each other."""
    one, two = (hall.join(number, tmp_path) for number in (1, 2))
    for number, other in ((1, two), (2, one)):
        for address in (GATEWAY4, other, GATEWAY6):
            hall.run(f"c{number}", "ping", "-c1", "-W2", "-n", address)
    assert (hall.seen, hall.look().findings) == ([], ())


def test_foreign_dhcp_server(hall: Guarded, tmp_path: Path) -> None:
    """A real one, which answers one guest only, by unicast past everybody else."""
    hall.run("c3", "ip", "addr", "add", "192.168.178.1/24", "dev", "eth0")
    try:
        with hall.program("c3", *dhcp_server("eth0", "192.168.178.20,192.168.178.200,255.255.255.0", tmp_path)):
            hall.join(2, tmp_path)
            assert hall.find("rogue-dhcp", "p3").values["network"] == "192.168.178.0/24"
        _saw_only(hall, "rogue-dhcp")
        _says_it_in_words(hall)
    finally:
        for guest in ("c2", "c3"):
            hall.run(guest, "ip", "-4", "addr", "flush", "dev", "eth0")


def _says_it_in_words(hall: Guarded) -> None:
    """``hotspot guard --show``: German first, with the port, and no device's address in it."""
    words = [sys.executable, "-P", "-m", "hotspot", "guard", "--show", "--looks", str(hall.looks)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "Ein fremdes Gerät verteilt im Gäste-WLAN Adressen aus 192.168.178.0/24 (Port p3" in done.stdout
    told = [value for one in hall.look().findings for value in one.values.values()]
    assert [value for value in told if identifies(value)] == []
    assert BRIDGE in told


def test_foreign_dhcp6_server(hall: Guarded) -> None:
    """To one guest only."""
    said = DHCP6_Advertise(trid=5) / DHCP6OptServerId(duid=DUID_LL(lladdr=guest_mac(3)))
    hall.send(3, Ether(src=guest_mac(3), dst=guest_mac(1)) / IPv6(src="fe80::3", dst="fe80::1") / UDP(sport=547, dport=546) / said)
    hall.find("rogue-dhcp6", "p3")
    _saw_only(hall, "rogue-dhcp6")


def test_foreign_router(hall: Guarded) -> None:
    """Behind an extension header, as tools do that fool switches."""
    hall.send(
        3, Ether(src=guest_mac(3), dst="33:33:00:00:00:01") / IPv6(src="fe80::3", dst="ff02::1") / IPv6ExtHdrDestOpt() / ICMPv6ND_RA()
    )
    hall.find("rogue-ra", "p3")
    _saw_only(hall, "rogue-ra")


@pytest.mark.parametrize("version", [4, 6])
def test_the_gateways_address(hall: Guarded, version: int) -> None:
    """Somebody says to all guests that it is theirs."""
    number = 2 if version == 6 else 4
    claim = _arp(GATEWAY4, guest_mac(number)) if version == 4 else _claim6(GATEWAY6, guest_mac(number))
    hall.send(number, claim)
    hall.find("gateway-address", f"p{number}")
    _saw_only(hall, "gateway-address")


def test_the_gateways_mac(hall: Guarded) -> None:
    """What it said comes back in a loop; and what somebody else says with its MAC from outside is found at the first frame."""
    announced = Ether(src=GATEWAY_MAC, dst="33:33:00:00:00:01") / IPv6(src="fe80::fe", dst="ff02::1") / ICMPv6ND_RA()
    hall.say(announced)
    hall.send(4, *[announced] * 3)
    hall.find("gateway-mac", "?")
    _saw_only(hall, "gateway-mac")
    hall.send(4, Ether(src=GATEWAY_MAC, dst="33:33:00:00:00:01") / IPv6(src="fe80::fe", dst="ff02::1") / ICMPv6ND_RA(routerlifetime=9000))
    hall.find("rogue-ra", "?")
    _saw_only(hall, "gateway-mac", "rogue-ra")


def test_a_guests_lease(hall: Guarded, tmp_path: Path) -> None:
    """As arpspoof does: to the gateway alone, again and again."""
    victim = hall.join(1, tmp_path)
    hall.send(4, *[_arp(victim, THIEF, GATEWAY_MAC)] * 3)
    hall.find("address-spoofed", "p4")
    _saw_only(hall, "address-spoofed")


def test_a_guests_ipv6_address(hall: Guarded) -> None:
    """Nobody knows whose it is, but two say so by turns."""
    for _ in range(5):
        hall.send(1, _claim6("2001:db8:1::11", guest_mac(1)))
        hall.send(3, _claim6("2001:db8:1::11", guest_mac(3)))
    hall.find("address-spoofed", "p3")
    _saw_only(hall, "address-spoofed")


def test_a_cloned_device(hall: Guarded) -> None:
    """Two devices with one MAC talk at two ports: the bridge itself tells of it, whatever they say."""
    frame = Ether(src=guest_mac(2), dst=EVERYBODY) / IP(src="198.18.1.77", dst="198.18.15.255") / UDP(dport=5353)
    for _ in range(10):
        hall.send(2, frame)
        hall.send(4, frame)
    hall.find("mac-cloned", "p4")
    _saw_only(hall, "mac-cloned")


def test_all_addresses_are_taken(hall: Guarded) -> None:
    """In the names of devices that do not exist: at once when one asks for all, after seconds when each has a face of its own."""
    hall.send(4, *(_discover(THIEF, str(RandMAC("02:*:*:*:*:*"))) for _ in range(40)))
    hall.find("dhcp-starvation", "p4")
    hall.send(3, *(_discover(mac, mac) for mac in (str(RandMAC("02:*:*:*:*:*")) for _ in range(300))))
    hall.find("dhcp-starvation", "p3")
    _saw_only(hall, "dhcp-starvation")


def test_the_towns_network_among_the_guests(hall: Guarded) -> None:
    """Its routers talk to each other, and its switches have a tree of their own."""
    router = (
        Ether(src="00:00:5e:00:01:07", dst="01:00:5e:00:00:12")
        / IP(src="10.1.20.2", dst="224.0.0.18", proto=112)
        / VRRP(addrlist=["10.1.20.1"])
    )
    hall.send(2, router, router)
    assert hall.find("lan-bridged", "p2").values["sign"] == "VRRP"
    for _ in range(5):
        for number in (1, 3):
            tree = STP(rootid=0x8000, rootmac=guest_mac(number), bridgeid=0x8000, bridgemac=guest_mac(number))
            hall.send(number, Dot3(src=guest_mac(number), dst="01:80:c2:00:00:00") / LLC(dsap=0x42, ssap=0x42, ctrl=3) / tree)
    assert hall.find("lan-bridged", "p3").values["sign"] == "STP"
    _saw_only(hall, "lan-bridged")


def test_the_interface_comes_back(hall: Guarded) -> None:
    """It is deleted and made anew: the guard listens again, although it could not open another socket."""
    hall.run("gw", "ip", "link", "del", QUIET)
    attach_quiet(hall)
    announced = Ether(src=THIEF, dst="33:33:00:00:00:01") / IPv6(src="fe80::4", dst="ff02::1") / ICMPv6ND_RA()
    hall.send(4, announced, device="loud0")
    hall.find("rogue-ra", QUIET, "quiet")
