"""Thousands who come at once are online at once: their classes are made afterwards, and meanwhile they share one."""

import re

from msgspec import structs

from firewall import api
from tests.kernel.daemons import Firewall, Peer, eventually, grant
from tests.kernel.wires import INTERNET4, Wires

MANY = 1_500


def _boarded_packets(wires: Wires, device: str) -> int:
    """Packets that went through the class of those who wait for their own."""
    shown = wires.run("gw", "tc", "-s", "class", "show", "dev", device, "classid", "1:fffc").stdout
    found = re.search(r"Sent \d+ bytes (\d+) pkt", shown)
    assert found is not None, shown
    return int(found[1])


def _classes(wires: Wires, device: str) -> dict[str, str]:
    """Class of each client -> its ceiling, as tc shows it."""
    shown = wires.run("gw", "tc", "class", "show", "dev", device).stdout
    found = re.findall(r"^class htb 1:([0-9a-f]+) parent 1:1 .* ceil (\S+)", shown, re.MULTILINE)
    return {minor: ceil for minor, ceil in found if not minor.startswith("fff")}


def _come_at_once(peer: Peer) -> None:
    """``MANY`` clients, number 1 last, in requests that do not wait for each other's answer."""
    others = (
        structs.replace(grant(1, session=f"{number:016x}"), mac=f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}")
        for number in range(2, MANY + 1)
    )
    peer.send(b"".join(api.encode(api.Allow(1, each)) for each in (*others, grant(1))))
    assert {type(peer.next()) for _ in range(MANY)} == {api.Allowed}


def test_who_waits_for_a_class_is_online(wires: Wires, both: tuple[Firewall, Peer]) -> None:
    """A rush: the last one's traffic passes at once, through the common class; soon each has one of its own, with the plan's rates, and
    traffic goes through that."""
    _, peer = both
    _come_at_once(peer)
    assert peer.status().counts["boarding"] > MANY
    assert wires.ping("c1", INTERNET4)
    boarded = [_boarded_packets(wires, device) for device in ("wan0", "lan0")]
    assert min(boarded) >= 1
    eventually(lambda: peer.status().counts["boarding"] == 0, 20)
    ceilings = [_classes(wires, device) for device in ("wan0", "lan0")]
    assert [(len(each), set(each.values())) for each in ceilings] == [(MANY, {"2018Kbit"}), (MANY, {"10093Kbit"})]
    boarded = [_boarded_packets(wires, device) for device in ("wan0", "lan0")]
    assert wires.ping("c1", INTERNET4)
    assert [_boarded_packets(wires, device) for device in ("wan0", "lan0")] == boarded


def test_deleted_qdisc_of_a_full_hall(wires: Wires, both: tuple[Firewall, Peer]) -> None:
    """Everybody is online again long before a thousand classes are made anew."""
    _, peer = both
    _come_at_once(peer)
    eventually(lambda: peer.status().counts["boarding"] == 0, 20)
    for device in ("wan0", "lan0"):
        wires.run("gw", "tc", "qdisc", "del", "dev", device, "root")
    eventually(lambda: peer.status().counts["boarding"] > 0, 5)
    assert wires.ping("c1", INTERNET4)
    eventually(lambda: peer.status().counts["boarding"] == 0, 20)
    assert [len(_classes(wires, device)) for device in ("wan0", "lan0")] == [MANY, MANY]


def test_a_packet_without_a_grant_has_no_class(wires: Wires, both: tuple[Firewall, Peer]) -> None:
    """What is sent past the rules of who is online is dropped by the shaper itself, also when every rule is gone."""
    firewall, peer = both
    peer.allow(grant(1))
    assert wires.ping("c1", INTERNET4)
    firewall.end()
    wires.run("gw", "nft", "flush", "ruleset")
    assert not wires.ping("c1", INTERNET4)
    shown = wires.run("gw", "tc", "-s", "class", "show", "dev", "wan0", "classid", "1:fffd").stdout
    dropped = re.search(r"dropped (\d+)", shown)
    assert dropped is not None
    assert int(dropped[1]) > 0
