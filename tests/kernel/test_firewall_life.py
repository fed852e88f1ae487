"""The firewall daemon's life: killed, restarted, its tables, classes and links damaged or gone; what visitors notice of it."""

import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.kernel.daemons import Firewall, Peer, eventually, grant
from tests.kernel.wires import (
    INTERNET4,
    INTERNET6,
    Wires,
    attach_lan,
    attach_wan,
    client_mac,
)


def test_kernel_ends_by_itself_when_the_daemon_is_dead(wires: Wires, both: tuple[Firewall, Peer]) -> None:
    """With every process of ours killed, visitors stay online and leave on time."""
    firewall, peer = both
    peer.allow(grant(1, seconds=2.0))
    firewall.end(signal.SIGKILL)
    assert wires.ping("c1", INTERNET4)
    took = eventually(lambda: not wires.ping("c1", INTERNET4), 6)
    assert took < 4.5


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_restart_is_invisible(wires: Wires, both: tuple[Firewall, Peer], kill: int) -> None:
    """A killed or stopped daemon leaves visitors online; the next one adopts grants, usage, time left, plan and volume."""
    firewall, peer = both
    wanted = grant(1, volume=10_000_000, idle=900.0)
    peer.allow(wanted)
    wires.run("c1", "ping", "-c2", "-i0.05", "-n", INTERNET4)
    before = peer.usages()[wanted.session]
    peer.close()
    firewall.end(kill)
    assert wires.ping("c1", INTERNET4)
    ids = wires.run("gw", "nft", "list", "map", "inet", "hotspot_public", "ids").stdout
    start = time.monotonic()
    again = firewall.start()
    assert time.monotonic() - start < 2.0
    try:
        after = again.usages()[wanted.session]
        assert (after.plan, after.mac, after.zone) == (before.plan, before.mac, before.zone)
        assert (after.bytes_up, after.bytes_down) == (before.bytes_up + 84, before.bytes_down + 84)
        assert before.seconds_left - 10 < after.seconds_left < before.seconds_left
        assert again.allow(wanted).session == wanted.session
        marks = [line.split()[-2] for line in ids.splitlines() if "volume" in line]
        assert marks == [
            line.split()[-2]
            for line in wires.run("gw", "nft", "list", "map", "inet", "hotspot_public", "ids").stdout.splitlines()
            if "volume" in line
        ]
        assert again.status().drift == {}
    finally:
        again.close()


DAMAGE = {
    "flush ruleset": ("nft", "flush", "ruleset"),
    "zone table deleted": ("nft", "delete", "table", "inet", "hotspot_public"),
    "guard deleted": ("nft", "delete", "table", "inet", "hotspot_guard"),
    "map flushed": ("nft", "flush", "map", "inet", "hotspot_public", "up"),
    "element deleted": ("nft", "delete", "element", "inet", "hotspot_public", "ids", "{", client_mac(1), "}"),
    "rule added": ("nft", "insert", "rule", "inet", "hotspot_public", "upload", "drop"),
    "chain added": ("nft", "add", "chain", "inet", "hotspot_public", "extra", "{ type filter hook forward priority -5; policy drop; }"),
    "lan qdisc deleted": ("tc", "qdisc", "del", "dev", "lan0", "root"),
    "wan qdisc deleted": ("tc", "qdisc", "del", "dev", "wan0", "root"),
    "class changed": (
        "tc",
        "class",
        "change",
        "dev",
        "wan0",
        "parent",
        "1:1",
        "classid",
        "1:10",
        "htb",
        "rate",
        "8kbit",
        "quantum",
        "1500",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_mended_within_a_second(wires: Wires, both: tuple[Firewall, Peer], damage: str) -> None:
    """Whatever somebody changes is put right within a second, counted, and usage goes on from where it was."""
    firewall, peer = both
    peer.allow(grant(1))
    wires.run("c1", "ping", "-c1", "-n", INTERNET4)
    used = peer.usages()[grant(1).session]
    golden = _kernel_text(wires)
    wires.run("gw", *DAMAGE[damage])
    eventually(lambda: peer.status().drift != {} and peer.status().ready, 1)
    eventually(lambda: _kernel_text(wires) == golden, 1)
    assert wires.ping("c1", INTERNET4)
    assert not wires.ping("c2", INTERNET4)
    after = peer.usages()[grant(1).session]
    assert (after.bytes_up - used.bytes_up, after.bytes_down - used.bytes_down) == (84, 84)
    assert "drift_mended" in firewall.log() or "table_loaded" in firewall.log()


def _kernel_text(wires: Wires) -> str:
    """Rules, and the classes and leaves of both trees, as text."""
    tables = sorted(wires.run("gw", "nft", "list", "tables").stdout.splitlines())
    # A table that is put in place is listed before it is there, and a name in another family that it makes sure of while that goes again.
    parts = [wires.run("gw", "nft", "-s", "-t", "list", *table.split(), check=False).stdout for table in tables]
    for device in ("lan0", "wan0"):
        shown = wires.run("gw", "tc", "class", "show", "dev", device).stdout + wires.run("gw", "tc", "qdisc", "show", "dev", device).stdout
        parts.append("\n".join(sorted(line.replace("refcnt 2 ", "").replace("refcnt 3 ", "") for line in shown.splitlines())))
    return "\n".join(parts)


def test_damage_is_mended_in_a_rush(wires: Wires, both: tuple[Firewall, Peer]) -> None:
    """While clients come and go as fast as they can, somebody adds a rule: it is gone soon, and the daemon goes on."""
    firewall, peer = both
    rushing = Peer(firewall.folder / "firewall.sock")
    over = threading.Event()

    def rush() -> None:
        while not over.is_set():
            rushing.allow(grant(2))
            rushing.revoke(grant(2).session)

    worker = threading.Thread(target=rush)
    worker.start()
    try:
        for _ in range(5):
            before = peer.status().drift.get("ruleset", 0)
            wires.run("gw", "nft", "insert", "rule", "inet", "hotspot_public", "upload", "drop")
            eventually(lambda before=before: peer.status().drift.get("ruleset", 0) > before and peer.status().ready, 3)  # type: ignore[misc]
    finally:
        over.set()
        worker.join()
        rushing.close()
    assert peer.usages() == {}


@pytest.mark.parametrize("link", ["lan0", "wan0"])
def test_link_gone_and_back(wires: Wires, peer: Peer, link: str) -> None:
    """An interface that is deleted and made again is shaped again, and the visitor is online again, without doing anything."""
    peer.allow(grant(1))
    assert wires.ping("c1", INTERNET4)
    wires.run("gw", "ip", "link", "del", link)
    eventually(lambda: not peer.status().ready, 1)
    (attach_lan if link == "lan0" else attach_wan)(wires)
    eventually(lambda: peer.status().ready, 1)
    wires.run("c1", "ip", "neigh", "flush", "all")
    eventually(lambda: wires.ping("c1", INTERNET4), 3)
    assert "1:10" in wires.run("gw", "tc", "class", "show", "dev", link).stdout


def test_guard_alone_is_closed(wires: Wires, both: tuple[Firewall, Peer]) -> None:
    """With the daemon dead and the zone's table gone, the guard lets nothing through, also not for who was online."""
    firewall, peer = both
    peer.allow(grant(1))
    firewall.end(signal.SIGKILL)
    wires.run("gw", "nft", "delete", "table", "inet", "hotspot_public")
    assert [wires.ping("c1", INTERNET4), wires.ping("c1", INTERNET6)] == [False, False]


def test_show_changes_nothing_and_remove_takes_all_away(wires: Wires, both: tuple[Firewall, Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    """``--show`` prints nft and tc text; ``--remove`` leaves no table and no qdisc of ours."""
    firewall, peer = both
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    peer.allow(grant(1))
    before = _kernel_text(wires)
    shown = wires.run("gw", sys.executable, "-P", "-m", "firewall", "--config", str(firewall.config), "--show").stdout
    assert ("table inet hotspot_public" in shown, "tc qdisc add dev lan0 root" in shown, _kernel_text(wires) == before) == (
        True,
        True,
        True,
    )
    peer.close()
    firewall.end()
    wires.run("gw", sys.executable, "-P", "-m", "firewall", "--config", str(firewall.config), "--remove")
    assert wires.run("gw", "nft", "list", "ruleset").stdout == ""
    assert "htb" not in wires.run("gw", "tc", "qdisc", "show").stdout
