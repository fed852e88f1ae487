"""Configuration of the hall's servers."""

import ipaddress
from pathlib import Path

import pytest

from hotspot.lab.layout import GUESTS, LAN_NET, LAN_PREFIX, LINK_PREFIX
from hotspot.lab.options import Options
from hotspot.lab.probes import PROBES, SITE_NAMES
from hotspot.lab.servers import (
    RADVD_WITH_OPTION_37,
    api_url,
    captive_dnsmasq_conf,
    chrony_conf,
    dnsmasq_conf,
    radvd_conf,
    radvd_version,
    root_zone,
)
from hotspot.lab.zones import MOST, Extra


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(), []),
        (Options(tls=True), ["dhcp-option=114,https://portal.hall.example/api/captive"]),
        (Options(option_114="https://x.example/"), ["dhcp-option=114,https://x.example/"]),
    ],
)
def test_option_114_only_when_its_name_works(options: Options, expected: list[str]) -> None:
    """Phones that hear of an API that does not answer fare worse than those that hear of none, so it comes with the certificate."""
    lines = dnsmasq_conf(Path("/x"), options).splitlines()
    assert [line for line in lines if line.startswith("dhcp-option=114")] == expected


def test_router_advertisements_tell_the_same_address() -> None:
    """Option 37 is DHCP's option 114 to the byte (RFC 8910); without a certificate there is none."""
    url = api_url(Options(tls=True))
    assert f"dhcp-option=114,{url}" in dnsmasq_conf(Path("/x"), Options(tls=True)).splitlines()
    told = [[line.strip() for line in radvd_conf(each).splitlines() if "Captive" in line] for each in (url, api_url(Options()))]
    assert told == [[f'AdvCaptivePortalAPI "{url}";'], []]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Version: 2.19\n\nCompiled in settings:\n", False),
        ("Version: 2.20\n", True),
        ("Version: 2.20_rc1\n", True),
        ("Version: 3.0\n", True),
        ("radvd: not a word of it\n", False),
    ],
)
def test_only_a_radvd_that_knows_option_37_is_told_of_it(said: str, expected: bool) -> None:
    """An older one takes it for a syntax error and serves nobody."""
    assert (radvd_version(said) >= RADVD_WITH_OPTION_37) is expected


def test_every_guest_may_ask_for_the_time_and_nobody_else() -> None:
    """The LANs of all zones are in what the time server allows, the gateway's line is not; and phones are told of it."""
    assert [line for line in chrony_conf(Path("/x")).splitlines() if line.startswith("allow")] == [f"allow {network}" for network in GUESTS]
    extras = [Extra("council", number) for number in (1, MOST)]
    lans = [LAN_NET, LAN_PREFIX, *(str(extra.network) for extra in extras), *(str(extra.prefix) for extra in extras)]
    allowed = [any(_within(lan, network) for network in GUESTS) for lan in (*lans, LINK_PREFIX)]
    assert allowed == [True] * len(lans) + [False]
    assert "dhcp-option=option:ntp-server,198.18.0.1" in dnsmasq_conf(Path("/x"), Options()).splitlines()


def _within(one: str, other: str) -> bool:
    inner, outer = ipaddress.ip_network(one), ipaddress.ip_network(other)
    if isinstance(inner, ipaddress.IPv4Network):
        return isinstance(outer, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, ipaddress.IPv6Network) and inner.subnet_of(outer)


def test_foreign_names_are_not_answered_by_the_gateway() -> None:
    """RFC 8952: no forged answers; the portal's own name is the only one that dnsmasq knows."""
    lines = dnsmasq_conf(Path("/x"), Options()).splitlines()
    own = [line for line in lines if line.startswith(("address=", "host-record=", "addn-hosts="))]
    assert own == ["host-record=portal.hall.example,198.18.0.1,2001:db8:1::1"]


def test_ipv6_names_have_no_ipv4_address() -> None:
    """Windows asks ``ipv6.…`` to learn about IPv6 alone."""
    zone = root_zone(["www.town.example", "ipv6.msftconnecttest.com"]).splitlines()
    assert zone[-3:] == [
        "ipv6.msftconnecttest.com. AAAA 2001:db8:80::10",
        "www.town.example. A 198.51.100.10",
        "www.town.example. AAAA 2001:db8:80::10",
    ]


def test_every_probe_has_a_name_and_one_answer() -> None:
    """No host and path stand in the table twice, and the Internet of the hall knows each host."""
    questions = [(probe.host, probe.path) for probe in PROBES]
    assert len(set(questions)) == len(questions)
    assert {host for host, _ in questions} <= SITE_NAMES


def test_garden_and_delegated_names_are_in_both_name_servers() -> None:
    """Who has accepted asks another server than who has not; for both the garden's addresses go into the zone's sets."""
    options = Options(services=False, garden=("help.town.example",), delegated=(("t1.town.example", "198.51.100.66"),))
    expected = [
        "server=/t1.town.example/198.51.100.66",
        "max-cache-ttl=10",
        "nftset=/help.town.example/4#inet#hotspot_public#garden4,6#inet#hotspot_public#garden6",
    ]
    texts = [dnsmasq_conf(Path("/x"), options), captive_dnsmasq_conf(Path("/x"), options)]
    assert [text.splitlines()[-3:] for text in texts] == [expected, expected]
    assert "nftset" not in captive_dnsmasq_conf(Path("/x"), Options(services=False))


def test_names_of_the_garden_are_at_addresses_of_their_own() -> None:
    """Otherwise everything on the site would be in the garden with them."""
    assert root_zone([], ["help.town.example"]).splitlines()[-2:] == [
        "help.town.example. A 198.51.100.20",
        "help.town.example. AAAA 2001:db8:80::20",
    ]


@pytest.mark.parametrize("name", ["*.town.example", ".town.example", "example", "town.example/x", "Town.example", ""])
def test_no_pattern_is_a_name(name: str) -> None:
    """A pattern in the garden would open more than anybody meant."""
    with pytest.raises(ValueError, match="cannot use name"):
        Options(garden=(name,))
