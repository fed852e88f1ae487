"""What a gateway's links are called, and which files belong to a hall's settings."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.deploy.machines import town
from tests.deploy.machines.rendered import plugin

LINKS = plugin("links")
ZONES: list[dict[str, Any]] = [
    {"name": "public", "bridge": "guests", "members": ["eth1.30", "eth2"], "first": "10.0.0.10", "last": "10.0.0.250"},
    {"name": "council", "bridge": "council", "members": ["eth1.31"], "wifi": [{"interface": "wlan0", "ssid": "Rat"}]},
]


def test_vlans_are_found_wherever_an_interface_is_named() -> None:
    """Line, management and members, each once."""
    found = LINKS["vlans"](ZONES, {"interface": "eth0.7"}, {"interface": "eth1.40"})
    assert found == [
        {"name": "eth0.7", "parent": "eth0", "id": 7},
        {"name": "eth1.40", "parent": "eth1", "id": 40},
        {"name": "eth1.30", "parent": "eth1", "id": 30},
        {"name": "eth1.31", "parent": "eth1", "id": 31},
    ]
    assert LINKS["trunks"](ZONES, {"interface": "eth0.7"}, {"interface": "eth1.40"}) == ["eth0", "eth1"]
    assert LINKS["trunks"](ZONES, {"interface": "eth0"}, {"interface": "eth1"}) == []
    assert LINKS["vlans"](town.settings(1)["gateway_zones"], {"interface": "wan0"}, {}) == []


def test_files_that_belong_to_a_hall() -> None:
    """All that the machines of these tests get, by the names that they have there; and those of VLANs."""
    hall = town.settings(1)
    files = LINKS["network_files"](hall["gateway_zones"], hall["gateway_wan"], hall["gateway_management"])
    folder = "/etc/systemd/network/"
    assert {folder + name for name in files} == {path for path in town.files(hall) if path.startswith(folder)}
    names = {f"/etc/dnsmasq-hotspot/{name}" for name in LINKS["name_files"](hall["gateway_zones"])}
    assert names == {path for path in town.files(hall) if path.startswith("/etc/dnsmasq-hotspot/")}
    assert LINKS["network_files"](ZONES, {"interface": "eth0"}, {}) == [
        "20-hotspot-wan.network",
        "20-hotspot-public.netdev",
        "20-hotspot-public.network",
        "20-hotspot-public-eth1.30.network",
        "20-hotspot-public-eth2.network",
        "20-hotspot-council.netdev",
        "20-hotspot-council.network",
        "20-hotspot-council-eth1.31.network",
        "20-hotspot-vlan-eth1.30.netdev",
        "20-hotspot-vlan-eth1.31.netdev",
        "20-hotspot-trunk-eth1.network",
    ]


def test_radios_know_their_network() -> None:
    """Each with its zone and bridge."""
    assert LINKS["radios"](ZONES) == [{"interface": "wlan0", "ssid": "Rat", "zone": "council", "bridge": "council"}]


def test_addresses_are_counted_where_nobody_has() -> None:
    """From the first to the last."""
    assert LINKS["pool"](ZONES[0]) == 241
    assert LINKS["pool"]({**ZONES[0], "pool": "200"}) == 200
    assert LINKS["pool"]({"first": "198.18.1.0", "last": "198.18.14.255"}) == 3_584


@given(st.lists(st.integers(0, 255), min_size=6, max_size=6))
def test_a_sister_is_another_address_of_the_same_radio(numbers: list[int]) -> None:
    """One bit differs, and it says that nobody but us gave it."""
    address = ":".join(f"{number:02x}" for number in numbers)
    other = LINKS["sister"](address)
    first, second = int(address[:2], 16), int(other[:2], 16)
    assert (second & 2, first ^ second, other[2:]) == (2, 4 if first & 2 else 2, address[2:])
