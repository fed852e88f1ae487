"""More zones of a hall: names and addresses of their own."""

import ipaddress

import pytest

from hotspot.lab import layout as at
from hotspot.lab.layout import Layout
from hotspot.lab.options import Options
from hotspot.lab.zones import MOST, Extra, cables


def test_addresses() -> None:
    """The first one besides ``public``."""
    council = Extra("council", 1)
    actual = (council.lan, council.bridge, str(council.network), council.gateway, str(council.prefix), council.gateway6, council.portal_url)
    expected = ("lan1", "br1", "198.18.16.0/20", "198.18.16.1", "2001:db8:2::/64", "2001:db8:2::1", "http://council.hall.example/")
    assert actual == expected


def test_zones_do_not_overlap() -> None:
    """Neither with each other nor with what else the hall has."""
    extras = [Extra(f"zone{number}", number) for number in range(1, MOST + 1)]
    taken = (at.LAN_NET, at.LAN_PREFIX, at.LINK_PREFIX, f"{at.SITE}/32", f"{at.SITE6}/128", f"{at.NAMESERVER6}/128", "203.0.113.0/24")
    networks = [ipaddress.ip_network(each) for each in taken] + [net for extra in extras for net in (extra.network, extra.prefix)]
    pairs = [(one, other) for at_one, one in enumerate(networks) for other in networks[at_one + 1 :] if one.version == other.version]
    assert [(one, other) for one, other in pairs if one.overlaps(other)] == []


@pytest.mark.parametrize(("name", "number"), [("public", 1), ("Council", 1), ("", 1), ("a-b", 1), ("council", 0), ("council", MOST + 1)])
def test_zones_that_cannot_be(name: str, number: int) -> None:
    """Names that the services would refuse, and numbers without addresses."""
    with pytest.raises(ValueError, match="cannot make zone"):
        Extra(name, number)


def test_cables() -> None:
    """A pair between gateway and access point, a bridge of its own, both addresses, and the way back from the Internet."""
    made = cables(Layout("town"), Options(), Extra("council", 2))
    assert made == {
        "": ["link add lan2 netns town-gw type veth peer name uplink2 netns town-ap"],
        "town-ap": [
            "link add br2 type bridge forward_delay 0 mcast_snooping 0",
            "link set uplink2 master br2",
            "link set uplink2 up",
            "link set br2 up",
        ],
        "town-gw": ["link set lan2 up gso_max_segs 1", "addr add 198.18.32.1/20 dev lan2", "addr add 2001:db8:3::1/64 dev lan2"],
        "town-wan": ["route add 2001:db8:3::/64 via 2001:db8:f::2"],
    }
