"""What cannot be true at once in the settings of a gateway is said before anything is touched: key, value, expectation."""

from typing import Any

import pytest

from tests.deploy.machines.rendered import plugin

WAN = {"interface": "wan0", "addresses": ["203.0.113.2/24", "2001:db8:f::2/64"], "routers": ["203.0.113.1"]}
MANAGEMENT = {"interface": "mgmt0", "addresses": ["10.20.0.2/24"]}
_POOL, _SIX = {"first": "198.18.1.0", "last": "198.18.14.255"}, {"ipv6": "fixed", "address6": "2001:db8:1::1/64"}
PUBLIC = {"name": "public", "bridge": "guests", "members": ["lan1", "lan2"], "address": "198.18.0.1/20", **_POOL, **_SIX}
_SMALL = {"first": "198.18.16.10", "last": "198.18.16.200"}
COUNCIL = {"name": "council", "bridge": "council", "members": ["lan3"], "address": "198.18.16.1/24", **_SMALL}


def said(zones: list[dict[str, Any]], wan: dict[str, Any] | None = None, management: dict[str, Any] | None = None) -> list[str]:
    """What the plugin says, as Ansible loads it: from its file."""
    found: list[str] = plugin("contradictions")["contradictions"](zones, wan or WAN, management)
    return found


def test_two_zones_a_line_and_a_management_network_that_fit() -> None:
    """Nothing is said."""
    assert said([PUBLIC, COUNCIL], management=MANAGEMENT) == []
    given = {"interface": "wan0", "dhcp": True}
    assert said([PUBLIC], given) == []
    assert said([{**PUBLIC, "ipv6": "translated", "address6": "fd12:3456:789a:1::1/64"}], given) == []
    assert said([{**PUBLIC, "ipv6": "delegated", "address6": ""}], given) == []


def test_what_the_line_has_given_out_is_looked_at() -> None:
    """A line by DHCP is known only on the spot: a network that visitors have as well is said, with what comes second on the interface; one
    apart from theirs is not. Without DHCP the inventory alone counts, and a line without an address says nothing."""
    own = plugin("contradictions")["contradictions"]
    given = {"interface": "wan0", "dhcp": True}
    home = {"device": "wan0", "ipv4": {"address": "198.18.3.7", "netmask": "255.255.255.0", "network": "198.18.3.0"}}
    apart = {"ipv4": {"address": "100.64.9.7", "netmask": "255.192.0.0"}}
    (sentence,) = own([PUBLIC], given, {}, home)
    assert sentence.startswith("gateway_wan, by DHCP, has 198.18.3.0/24 and gateway_zones, public has 198.18.0.0/20, which overlap")
    assert len(own([PUBLIC], given, {}, {**apart, "ipv4_secondaries": [home["ipv4"]]})) == 1
    assert own([PUBLIC], given, {}, apart) == own([PUBLIC], given, {}, {}) == own([PUBLIC], given, {}, {"ipv4": {}}) == []
    assert own([PUBLIC], WAN, {}, home) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"bridge": "wan0"}, "interface wan0 is used by gateway_wan and by gateway_zones, public; expected one use of each interface"),
        ({"members": ["lan1", "mgmt0"]}, "interface mgmt0 is used by gateway_management and by gateway_zones, public; expected one use"),
        ({"members": ["lan3"]}, "interface lan3 is used by gateway_zones, public and by gateway_zones, council; expected one use"),
        ({"name": "council"}, "gateway_zones has council 2 times; expected each name once"),
        ({"address": "198.18.0.1"}, "gateway_zones, public: first 198.18.1.0 to last 198.18.14.255 is no range of 198.18.0.1/32"),
        ({"address": "198.18.0.300/20"}, "gateway_zones, public: Octet 300 (> 255) not permitted in '198.18.0.300'; expected address"),
        ({"first": "198.18.15.0"}, "gateway_zones, public: first 198.18.15.0 to last 198.18.14.255 is no range of 198.18.0.0/20"),
        ({"last": "198.18.15.255"}, "gateway_zones, public: first 198.18.1.0 to last 198.18.15.255 holds the first or last address of"),
        (
            {"first": "198.18.0.1"},
            "gateway_zones, public: address 198.18.0.1 lies between first 198.18.0.1 and last 198.18.14.255; expected",
        ),
        ({"ipv6": "off"}, "gateway_zones, public: ipv6 is off and address6 is '2001:db8:1::1/64'; expected no address6 with off"),
        ({"address6": ""}, "gateway_zones, public: ipv6 is fixed and address6 is ''; expected an address6 with fixed"),
        ({"ipv6": "nat"}, "gateway_zones, public: ipv6 is nat; expected one of fixed, delegated, translated, off"),
        (
            {"ipv6": "delegated", "address6": ""},
            "gateway_zones, public: ipv6 is delegated and gateway_wan has no dhcp: true; expected a line",
        ),
        ({"ipv6": "translated"}, "gateway_zones, public: ipv6 is translated and address6 is 2001:db8:1::1/64; expected a private one"),
        ({"address6": "fd00:1::1/64"}, "gateway_zones, public: ipv6 is fixed and address6 is fd00:1::1/64; expected one that the Internet"),
        ({"address6": "2001:db8:1::1/56"}, "gateway_zones, public: address6 2001:db8:1::1/56 has a prefix of 56 bits; expected 64"),
        ({"address6": "2001:db8:f::9/64"}, "gateway_wan has 2001:db8:f::/64 and gateway_zones, public has 2001:db8:f::/64, which overlap"),
        (
            {"address": "10.20.0.1/16", "first": "10.20.1.0", "last": "10.20.2.0"},
            "gateway_management has 10.20.0.0/24 and gateway_zones, public has 10.20.0.0/16, which overlap; expected networks",
        ),
        (
            {"address": "198.18.16.1/20", "first": "198.18.17.0", "last": "198.18.18.0"},
            "gateway_zones, public has 198.18.16.0/20 and gateway_zones, council has 198.18.16.0/24, which overlap; expected networks",
        ),
        ({"name": "Public"}, "gateway_zones, name is 'Public'; expected at most 15 letters a-z, digits and _, a letter first"),
        ({"name": "management"}, "gateway_zones, name is 'management'; expected another one than wan, management, vlan, trunk"),
        ({"members": []}, "gateway_zones, public: members is empty; expected an interface towards the access points, or wifi"),
        ({"members": ["enx0123456789abc"]}, "gateway_zones, public: interface 'enx0123456789abc'; expected at most 15 letters, digits"),
        ({"members": ["lan1/2"]}, "gateway_zones, public: interface 'lan1/2'; expected at most 15 letters, digits, points, - and _"),
        ({"bridge": "guests.1"}, "gateway_zones, public: bridge is guests.1; expected a name without a point: VLANs are members of it"),
        ({"members": ["lan1.0"]}, "gateway_zones, public: interface lan1.0 is VLAN 0; expected one from 1 to 4094"),
        ({"members": ["lan1.4095"]}, "gateway_zones, public: interface lan1.4095 is VLAN 4095; expected one from 1 to 4094"),
        ({"members": ["lan1.2.3"]}, "gateway_zones, public: interface lan1.2.3 is a VLAN in a VLAN; expected one of an interface, such as"),
        (
            {"members": ["lan3.30"]},
            "gateway_zones, public: interface lan3.30 is a VLAN of lan3, which is in gateway_zones, council as a whole; expected VLANs",
        ),
        ({"pool": 5000}, "gateway_zones, public: pool is 5000; expected at most 3584, as from 198.18.1.0 to 198.18.14.255, or none"),
        (
            {"wifi": [{"interface": "lan3"}]},
            "interface lan3 is used by gateway_zones, public and by gateway_zones, council; expected one use of each interface",
        ),
    ],
)
def test_one_thing_that_cannot_be(change: dict[str, Any], sentence: str) -> None:
    """One sentence, which names the keys, the values and what was expected."""
    found = said([{**PUBLIC, **change}, COUNCIL], management=MANAGEMENT)
    assert [each[: len(sentence)] for each in found] == [sentence]


def test_a_gateway_without_visitors_or_without_a_line() -> None:
    """Both are said."""
    assert said([]) == ["gateway_zones is empty; expected at least one network of visitors"]
    bare = plugin("contradictions")["contradictions"]([PUBLIC], None)  # the key without a value
    assert bare == ["gateway_wan has interface ''; expected the interface of the line, such as eth0"]
    found = said([PUBLIC], {"interface": "wan0"})
    assert found == ["gateway_wan has neither dhcp: true nor addresses and routers; expected one of both"]


@pytest.mark.parametrize(
    ("wan", "management", "sentence"),
    [
        ({"dhcp": True}, {}, "gateway_wan has interface ''; expected the interface of the line, such as eth0"),
        ({**WAN, "dhcp": "no"}, {}, "gateway_wan has dhcp 'no'; expected true or false, without quotes"),
        ({**WAN, "dhcp": True}, {}, "gateway_wan has dhcp: true and addresses or routers; expected one of both"),
        (
            {**WAN, "routers": ["192.0.2.1"]},
            {},
            "gateway_wan: router 192.0.2.1 is in none of 203.0.113.0/24, 2001:db8:f::/64; expected one on",
        ),
        ({**WAN, "routers": ["router"]}, {}, "gateway_wan: 'router' does not appear to be an IPv4 or IPv6 address; expected addresses as"),
        (WAN, {"interface": "mgmt0"}, "gateway_management is {'interface': 'mgmt0'}; expected interface and addresses, or {} for a way in"),
        (WAN, {**MANAGEMENT, "interface": "wan0"}, "interface wan0 is used by gateway_wan and by gateway_management; expected one use"),
        (
            WAN,
            {**MANAGEMENT, "addresses": ["mgmt"]},
            "gateway_management: 'mgmt' does not appear to be an IPv4 or IPv6 interface; expected",
        ),
        (WAN, {**MANAGEMENT, "addresses": ["203.0.113.9/24"]}, "gateway_wan has 203.0.113.0/24 and gateway_management has 203.0.113.0/24"),
        (
            WAN,
            {**MANAGEMENT, "routes": [{"to": "198.18.0.0/16", "by": "10.20.0.1"}]},
            "gateway_management, routes has 198.18.0.0/16 and gateway_zones, public has 198.18.0.0/20, which overlap; expected networks",
        ),
    ],
)
def test_a_line_or_a_way_of_the_staff_that_cannot_be(wan: dict[str, Any], management: dict[str, Any], sentence: str) -> None:
    """One sentence as well."""
    assert [each[: len(sentence)] for each in said([PUBLIC], wan, management)] == [sentence]


def test_vlans_of_one_interface() -> None:
    """Line, management and networks of visitors on one cable: nothing is said. A router may be link-local."""
    management = {**MANAGEMENT, "interface": "eth0.40", "routes": [{"to": "10.20.0.0/24", "by": "10.20.0.1"}]}
    zones = [{**PUBLIC, "members": ["eth0.30"]}, {**COUNCIL, "members": ["eth0.31"]}]
    assert said(zones, {**WAN, "interface": "eth0.7", "routers": ["203.0.113.1", "fe80::1"]}, management) == []
    assert said([{**PUBLIC, "members": [], "wifi": [{"interface": "wlan0"}]}]) == []
