"""The codec against the real kernel: what ``nft list`` reads back equals what was meant."""

import json
from collections.abc import Iterator

import pytest

from firewall.api import Grant, Rates
from firewall.elements import Change, Element
from firewall.grants import Held, closing, opening, up_key
from firewall.kernel.netlink import NETLINK_NETFILTER, KernelRefused, Netlink
from firewall.kernel.nft import Elements
from tests.kernel.wires import Wires, inside, raised

TABLE = """
table inet hotspot_public {
  map ids { typeof ether saddr : ct mark; flags timeout; }
  map up { typeof ether saddr . ct mark : meta priority; flags timeout; }
  map down { typeof ct mark : meta priority; flags timeout; }
}
"""


@pytest.fixture
def wires() -> Iterator[Wires]:
    """A namespace with the three maps."""
    with raised(clients=0) as up:
        up.run("gw", "nft", TABLE)
        yield up


@pytest.fixture
def elements(wires: Wires) -> Iterator[Elements]:
    """A netlink socket in it."""
    with inside(wires.namespace("gw"), lambda: Netlink(NETLINK_NETFILTER)) as netlink:
        yield Elements(netlink)


def _held(number: int, volume: int | None = None) -> Held:
    rates = Rates(64_000, 10_000_000, 64_000, 2_000_000)
    grant = Grant("public", f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}", f"{number:016x}", "visitor", rates, 600.0, volume)
    return Held(grant, 0x10 + number, 7, 600.0)


def _listed(wires: Wires, name: str) -> list[object]:
    """The elements of a map in nft's own JSON, without what moves by itself."""
    shown = json.loads(wires.run("gw", "nft", "-j", "list", "map", "inet", "hotspot_public", name).stdout)
    (found,) = [each["map"] for each in shown["nftables"] if "map" in each]
    out: list[object] = []
    for key, value in found.get("elem", []):
        elem = key["elem"]
        assert 590 <= elem.pop("expires") <= 602
        out.append((elem, value))
    return out


def test_nft_reads_what_was_meant(wires: Wires, elements: Elements) -> None:
    """A grant with a volume, in nft's words: keys, classes, mark, timeout, counters where they start, quota, comment."""
    held = _held(1, volume=10_000_000)
    elements.apply(opening(held, 0.0, 1_000, 2_000, (3, 4)))
    mark = 7 * 65_536 + 0x11
    assert _listed(wires, "ids") == [
        (
            {
                "val": held.grant.mac,
                "timeout": 602,
                "comment": f"{1:016x} visitor volume 10000000 idle - down 64000-10000000 up 64000-2000000",
            },
            mark,
        )
    ]
    text = wires.run("gw", "nft", "list", "table", "inet", "hotspot_public").stdout
    assert f"02:00:00:00:00:01 . 0x{mark:08x} counter packets 3 bytes 1000 quota 11998000 bytes used 1000 bytes timeout 10m2s" in text
    assert "counter packets 4 bytes 2000 quota 11999000 bytes used 2000 bytes timeout 10m2s" in text
    assert text.count(": 1:11") == 2
    assert f"0x{mark:08x} counter" in text


def test_our_reader_agrees_with_nft(wires: Wires, elements: Elements) -> None:
    """A thousand grants written in one transaction are read back one by one, with and without a volume."""
    grants = [_held(number, volume=10**9 if number % 3 == 0 else None) for number in range(1, 1_001)]
    changes: dict[str, list[Element]] = {"up": [], "down": [], "ids": []}
    for held in grants:
        for change in opening(held, 0.0, held.slot, 2 * held.slot):
            changes[change.map].extend(change.elements)
    elements.apply([Change("hotspot_public", name, tuple(listed)) for name, listed in changes.items()])
    for name, wanted in changes.items():
        found = elements.read("hotspot_public", name)
        assert {key: each._replace(expires_ms=0) for key, each in found.items()} == {each.key: each for each in wanted}
        assert len(_listed(wires, name)) == 1_000


def test_deletion_echoes_the_final_counters(wires: Wires, elements: Elements) -> None:
    """What is deleted comes back as it was, and is gone."""
    held = _held(1, volume=10**6)
    elements.apply(opening(held, 0.0, 111, 222))
    final = elements.apply(closing(held))
    assert {name: element.byte_count for (_, name, _), element in final.items()} == {"ids": 0, "up": 111, "down": 222}
    assert [_listed(wires, name) for name in ("ids", "up", "down")] == [[], [], []]


def test_a_transaction_is_all_or_nothing(wires: Wires, elements: Elements) -> None:
    """One bad change, and nothing of the others is there; the error names what the kernel did not like, and the socket goes on."""
    with pytest.raises(KernelRefused, match="No such file"):
        elements.apply([*opening(_held(1), 0.0, 0, 0), Change("hotspot_public", "nowhere", (Element(b"\0" * 6),))])
    with pytest.raises(KernelRefused, match="No such file"):
        elements.apply([*opening(_held(1), 0.0, 0, 0), *closing(_held(2))])
    assert _listed(wires, "up") == []
    elements.apply(opening(_held(3), 0.0, 0, 0))
    key = up_key(_held(3))
    assert [each.key for each in elements.get("hotspot_public", "up", [key])] == [key]
