"""What phones are told, against the settings."""

from pathlib import Path

import msgspec
import pytest

from hotspot.doctor import servers
from hotspot.doctor.dnsmasq import options
from hotspot.doctor.served import judge
from hotspot.looks.values import Finding
from tests.hotspot.doctor.gateways import DNSMASQ, RADVD, dnsmasq, inspected, portal, subject, zone

URL = "https://portal.hall.example/api/captive"


def found(folder: Path, text: str = DNSMASQ, radvd: str = RADVD, certificate: bool = False, more: str = "") -> list[Finding]:
    """What is amiss; with a certificate the portal is at https."""
    settings = portal(folder, "http://", "https://" if certificate else "http://", more)
    settings = msgspec.structs.replace(settings, certificate=Path("/c") if certificate else None)
    return list(judge(subject(settings, servers=(dnsmasq(text), servers.Server(servers.RADVD, text=radvd)))))


def test_what_is_right(tmp_path: Path) -> None:
    """Without a certificate no option 114, with one the API's address."""
    assert found(tmp_path) == []
    assert found(tmp_path, f"{DNSMASQ}dhcp-option=114,{URL}\n", certificate=True) == []


@pytest.mark.parametrize(
    ("text", "certificate", "kind"),
    [
        (DNSMASQ, True, "option114-missing"),
        (f"{DNSMASQ}dhcp-option=114,{URL}/\n", True, "option114-differs"),
        (f"{DNSMASQ}dhcp-option-force=option:captive-portal,{URL}\n", False, "option114-without-certificate"),
        (DNSMASQ.replace("router,198.18.0.1", "router,198.18.0.9"), False, "router-wrong"),
        (DNSMASQ.replace("dns-server,198.18.0.1", "dns-server,9.9.9.9"), False, "name-server-wrong"),
    ],
)
def test_options(tmp_path: Path, text: str, certificate: bool, kind: str) -> None:
    """Each option that leads phones elsewhere."""
    assert [finding.kind for finding in found(tmp_path, text, certificate=certificate)] == [kind]


@pytest.mark.parametrize(
    ("radvd", "kinds"),
    [
        ("interface eth9 { };", ["advertisements-missing"]),
        (RADVD.replace("db8:1::/64", "db8:2::/64"), ["prefix-wrong"]),
        (RADVD.replace("RDNSS 2001:db8:1::1 { };", ""), ["rdnss-missing"]),
        (RADVD.replace("2001:db8:1::/64", "::/64"), []),
    ],
)
def test_advertisements(tmp_path: Path, radvd: str, kinds: list[str]) -> None:
    """Interface, prefix, name server; ``::/64`` stands for the interface's own prefix."""
    assert [finding.kind for finding in found(tmp_path, radvd=radvd)] == kinds


def test_option_37(tmp_path: Path) -> None:
    """It must be option 114's, to the byte."""
    text = f"{DNSMASQ}dhcp-option=114,{URL}\n"
    for url, kinds in ((URL, []), (f"{URL}/", ["option37-differs"])):
        radvd = RADVD.replace("prefix", f'AdvCaptivePortalAPI "{url}"; prefix', 1)
        assert [finding.kind for finding in found(tmp_path, text, radvd, certificate=True)] == kinds


def test_the_block_list(tmp_path: Path) -> None:
    """Every dnsmasq of the zone reads it."""
    settings = portal(tmp_path, "state_dir", 'blocked_names = "/names"\nstate_dir')
    reading = dnsmasq(f"{DNSMASQ}servers-file=/names/public.servers\n")
    for several, kinds in (((reading, reading), []), ((reading, dnsmasq("interface=lan0\nport=5300\n")), ["blocklist-not-read"])):
        assert [finding.kind for finding in judge(subject(settings, servers=several))] == kinds


def test_options_as_dnsmasq_has_them() -> None:
    """By number, by name, quoted; with tags for who has them, before those for everybody; those for IPv6, for one make of device or within
    another option are others."""
    told = dnsmasq(
        "dhcp-option=3,198.18.0.1\ndhcp-option=tag:x,option:dns-server,1.2.3.4,5.6.7.8\ndhcp-option=option6:dns-server,[::]\n"
        "dhcp-option=6,198.18.0.1\ndhcp-option=tag:!x,42,9.9.9.9\ndhcp-option=vendor:MSFT,114,no\ndhcp-option=encap:175,3,no\n"
        'dhcp-option=114,"https://portal.hall.example/ #a"\n'
    ).values("dhcp-option")
    own = ("198.18.0.1",)
    assert options(told) == {3: own, 6: own, 42: ("9.9.9.9",), 114: ("https://portal.hall.example/ #a",)}
    assert options(told, {"x"}) == {3: own, 6: ("1.2.3.4", "5.6.7.8"), 114: ("https://portal.hall.example/ #a",)}


COUNCIL = """interface=lan0,lan1
dhcp-range=set:guests,198.18.1.0,198.18.14.255,1h
dhcp-range=set:council,198.18.17.0,198.18.30.255,1h
dhcp-leasefile=/var/leases
dhcp-option=tag:guests,option:router,198.18.0.1
dhcp-option=tag:council,option:router,198.18.16.1
dhcp-option=tag:lan0,option:dns-server,198.18.0.1
dhcp-option=tag:lan1,option:dns-server,198.18.16.1
"""


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ("", "", []),
        ("tag:guests,option:router,198.18.0.1", "tag:guests,option:router,198.18.0.9", [("router-wrong", "public")]),
        ("tag:lan1,option:dns-server,198.18.16.1", "tag:lan1,option:dns-server,9.9.9.9", [("name-server-wrong", "council")]),
        ("tag:council,option:router,198.18.16.1", "tag:printers,option:router,9.9.9.9", []),  # not everybody is a printer
    ],
)
def test_two_zones_by_one_name_server(old: str, new: str, kinds: list[tuple[str, str]]) -> None:
    """What is for one zone's range or interface is judged for that zone alone."""
    zones = {"public": zone(), "council": zone(lan="lan1", addresses=("198.18.16.1/20",))}
    several = (dnsmasq(COUNCIL.replace(old, new)),)
    assert [(found.kind, found.zone) for found in judge(subject(firewall=inspected(zones), servers=several))] == kinds
