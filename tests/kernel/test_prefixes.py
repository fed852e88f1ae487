"""Where the clients' IPv6 prefix is from: of the line, which may change it while people are online, or a private one that is translated."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.daemons import Peer, grant, running
from tests.kernel.wires import GATEWAY6, INTERNET6, Wires, client_ip

NEW, PRIVATE = "2001:db8:7:", "fd00:5eed:1:"


@pytest.fixture
def on_the_way(wires: Wires) -> Iterator[list[tuple[str, ...]]]:
    """Commands that undo what a test has done to the small hall: they run last first."""
    undo: list[tuple[str, ...]] = []
    yield undo
    for place, *command in reversed(undo):
        wires.run(place, *command)
    wires.run("gw", "nft", "flush", "ruleset")
    for interface in ("lan0", "wan0"):
        wires.run("gw", "tc", "qdisc", "del", "dev", interface, "root", check=False)


@contextlib.contextmanager
def serving(wires: Wires, folder: Path, **zone: object) -> Iterator[Peer]:
    """A daemon with such a zone."""
    folder.chmod(0o755)
    with running(wires, folder, "", **zone) as (_, peer):
        yield peer


def move_in(wires: Wires, prefix: str, undo: list[tuple[str, ...]], number: int = 1) -> str:
    """The gateway and a client get addresses of a prefix, and the client goes out through it."""
    own = f"{prefix}:{number:x}1"
    for place, address in (("gw", f"{prefix}:1/64"), (f"c{number}", f"{own}/64")):
        interface = "lan0" if place == "gw" else "eth0"
        wires.run(place, "ip", "addr", "add", address, "dev", interface, "nodad")
        undo.append((place, "ip", "addr", "del", address, "dev", interface))
    wires.run(f"c{number}", "ip", "route", "replace", "default", "via", f"{prefix}:1")
    undo.append((f"c{number}", "ip", "route", "replace", "default", "via", GATEWAY6))
    return own


def out(wires: Wires, source: str, number: int = 1) -> bool:
    """Whether the Internet answers a client that asks from this address."""
    asked = wires.run(f"c{number}", "ping", "-c1", "-W1", "-n", "-I", source, INTERNET6, check=False)
    return asked.returncode == 0


def test_a_delegated_prefix_may_change(wires: Wires, tmp_path: Path, on_the_way: list[tuple[str, ...]]) -> None:
    """What the line delegates counts from the moment that the kernel has it and no longer than that; nobody has to tell the daemon, and
    nothing else gets out."""
    with serving(wires, tmp_path, addresses=["198.18.0.1/20"], prefix6="delegated") as peer:
        assert not out(wires, client_ip(1, 6)), "captive"
        peer.allow(grant(1))
        assert out(wires, client_ip(1, 6))
        new = move_in(wires, NEW, on_the_way)
        assert not out(wires, new), "the Internet does not know the way back yet"
        wires.run("wan", "ip", "route", "add", f"{NEW}:/64", "via", "2001:db8:f::2")
        on_the_way.append(("wan", "ip", "route", "del", f"{NEW}:/64"))
        assert out(wires, new)
        assert out(wires, client_ip(1, 6)), "both prefixes are the line's for a while"
        before = peer.status().counts["spoofed"]
        wires.run("gw", "ip", "addr", "del", f"{GATEWAY6}/64", "dev", "lan0")
        on_the_way.append(("gw", "ip", "addr", "add", f"{GATEWAY6}/64", "dev", "lan0", "nodad"))
        fresh = "2001:db8:1::a:1"
        wires.run("c1", "ip", "addr", "add", f"{fresh}/128", "dev", "eth0", "nodad")
        on_the_way.append(("c1", "ip", "addr", "del", f"{fresh}/128", "dev", "eth0"))
        assert not out(wires, fresh), "a prefix that has gone"
        assert not out(wires, client_ip(1, 6)), "an address of it that was in use"
        assert peer.status().counts["spoofed"] == before + 2
        assert out(wires, new)
        assert (peer.status().drift, wires.ping("c1", "198.51.100.10")) == ({}, True)


def test_a_private_prefix_is_translated(wires: Wires, tmp_path: Path, on_the_way: list[tuple[str, ...]]) -> None:
    """Behind the gateway's one address, counted and ended as any other; a prefix that is not the zone's does not get out."""
    with serving(wires, tmp_path, addresses=["198.18.0.1/20", f"{PRIVATE}:1/64"], prefix6="translated") as peer:
        own = move_in(wires, PRIVATE, on_the_way)
        assert not out(wires, own), "captive"
        peer.allow(grant(1))
        before = peer.usages()[grant(1).session]
        assert out(wires, own), "the Internet has no way to a private address, so it saw the gateway's"
        after = peer.usages()[grant(1).session]
        echo = 8 + 56 + 40
        assert (after.bytes_up - before.bytes_up, after.bytes_down - before.bytes_down) == (echo, echo)
        assert not out(wires, client_ip(1, 6)), "not of this zone"
        assert not out(wires, client_ip(2, 6), 2), "nobody let this one in"
        peer.revoke(grant(1).session)
        assert not out(wires, own)
        assert peer.status().drift == {}
