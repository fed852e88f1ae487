"""What a client cannot do, on the real kernel: get out with an address of somebody else, take more than its share, go where nobody may."""

import contextlib
import errno
import socket
import time
from pathlib import Path

import pytest

from firewall import api
from tests.kernel.daemons import Peer, eventually, grant, running
from tests.kernel.watching import arrived, send
from tests.kernel.wires import GATEWAY4, INTERNET4, INTERNET6, Wires, client_ip


def test_a_limit_of_connections(wires: Wires, tmp_path: Path) -> None:
    """One client opens as many connections as the settings say and no more; its neighbour does not notice."""
    tmp_path.chmod(0o755)
    with running(wires, tmp_path, connections=20) as (_, peer):
        peer.allow(grant(1))
        peer.allow(grant(2))
        with wires.open("wan", socket.AF_INET) as server:
            server.bind((INTERNET4, 8002))
            server.listen(100)
            held = []
            refused = 0
            for _ in range(30):
                client = wires.open("c1", socket.AF_INET)
                client.settimeout(2)
                held.append(client)
                try:
                    client.connect((INTERNET4, 8002))
                except OSError:
                    refused += 1
            with wires.open("c2", socket.AF_INET) as neighbour:
                neighbour.settimeout(2)
                neighbour.connect((INTERNET4, 8002))
            for client in held:
                client.close()
        assert refused == 10
    wires.run("gw", "nft", "flush", "ruleset")
    for device in ("lan0", "wan0"):
        wires.run("gw", "tc", "qdisc", "del", "dev", device, "root", check=False)


@pytest.mark.parametrize("target", ["10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.1.1", "100.64.0.1", "fd00::1"])
def test_town_networks_are_never_reachable(wires: Wires, peer: Peer, target: str) -> None:
    """A client in session is refused at once where the town's own machines may be."""
    peer.allow(grant(1))
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    prefix = "128" if ":" in target else "32"
    wires.run("wan", "ip", "addr", "add", f"{target}/{prefix}", "dev", "lo")
    try:
        with wires.open("wan", family) as server, wires.open("c1", family) as client:
            server.bind((target, 8003))
            server.listen()
            client.settimeout(2)
            start = time.monotonic()
            with pytest.raises(OSError, match=r"refused|unreachable|prohibited|denied"):
                client.connect((target, 8003))
            assert time.monotonic() - start < 0.3
    finally:
        wires.run("wan", "ip", "addr", "del", f"{target}/{prefix}", "dev", "lo")


def _connects(wires: Wires, address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with wires.open("wan", family) as server, wires.open("c1", family) as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen()
        client.settimeout(2)
        try:
            client.connect((address, port))
        except OSError:
            return False
        return True


def test_block_list_and_mail(wires: Wires, peer: Peer) -> None:
    """Port 25 is shut by default; what is on the block list is shut by address, by network, by port, until it expires or is lifted."""
    peer.allow(grant(1))
    assert [_connects(wires, INTERNET4, port) for port in (25, 587)] == [False, True]
    places = (api.BlockedPlace(INTERNET4, "tcp/8005"), api.BlockedPlace("2001:db8:80::/64"))
    peer.ask(api.BlockedSet, api.SetBlocked, "public", places)
    shut = [_connects(wires, address, port) for address, port in ((INTERNET4, 8005), (INTERNET4, 8006), (INTERNET6, 8005))]
    assert shut == [False, True, False]
    peer.ask(api.BlockedSet, api.SetBlocked, "public", (api.BlockedPlace(INTERNET4, None, 1.0),))
    assert [_connects(wires, INTERNET4, 8006), _connects(wires, INTERNET6, 8005)] == [False, True]
    eventually(lambda: _connects(wires, INTERNET4, 8006), 3)
    said = peer.say(api.SetBlocked, "public", (api.BlockedPlace("1.2.3.4.5"),))
    assert isinstance(said, api.Refused)
    assert "places[0].network '1.2.3.4.5'" in said.message


def test_block_list_survives_a_flush(wires: Wires, peer: Peer) -> None:
    """Somebody flushes the ruleset: the list is back with the rest."""
    peer.allow(grant(1))
    peer.ask(api.BlockedSet, api.SetBlocked, "public", (api.BlockedPlace(INTERNET4, "tcp/8005"),))
    wires.run("gw", "nft", "flush", "ruleset")
    eventually(lambda: peer.status().drift != {} and peer.status().ready, 1)
    eventually(lambda: _connects(wires, INTERNET4, 8006), 2)
    assert not _connects(wires, INTERNET4, 8005)


def test_a_flushed_ruleset_opens_nothing(watched: Wires, peer: Peer) -> None:
    """While a captive client keeps sending, the whole ruleset is flushed ten times, guard included: not one packet gets out."""
    peer.allow(grant(2))
    arrived(watched)
    with watched.open("c1", socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.bind((client_ip(1), 68))  # as the DHCP client's on the line, which passes by the rules
        for _ in range(10):
            watched.run("gw", "nft", "flush", "ruleset")
            for _ in range(200):
                try:
                    sender.sendto(b"x", (INTERNET4, 9))
                except OSError:  # the answer to an earlier one: refused
                    continue
            eventually(lambda: peer.status().ready, 2)
    assert arrived(watched) == 0
    eventually(lambda: watched.ping("c2", INTERNET4), 2)


def test_the_garden_is_reachable_and_small(wires: Wires, tmp_path: Path) -> None:
    """A captive client reaches what is in the garden, until its bytes there are used up; nothing else; and nothing without an entry."""
    tmp_path.chmod(0o755)
    with running(wires, tmp_path, garden_bytes=50_000) as (_, peer):
        assert not _connects(wires, INTERNET4, 443)
        wires.run("gw", "nft", "add", "element", "inet", "hotspot_public", "garden4", "{", INTERNET4, "timeout", "60s", "}")
        eventually(lambda: peer.status().ready, 1)
        with wires.open("wan", socket.AF_INET) as server, wires.open("c1", socket.AF_INET) as client:
            server.bind((INTERNET4, 443))
            server.listen()
            client.settimeout(2)
            client.connect((INTERNET4, 443))
            accepted, _ = server.accept()
            accepted.settimeout(2)
            accepted.sendall(b"y" * 200_000)
            got = 0
            with pytest.raises(TimeoutError):
                while True:
                    got += len(client.recv(65_536))
            accepted.close()
        assert 20_000 < got <= 50_000
        assert not _connects(wires, INTERNET6, 443)
    wires.run("gw", "nft", "flush", "ruleset")
    for device in ("lan0", "wan0"):
        wires.run("gw", "tc", "qdisc", "del", "dev", device, "root", check=False)


def test_a_captive_client_sends_from_its_own_address(watched: Wires, peer: Peer) -> None:
    """Into the garden too: neither with a prefix that is not the zone's nor with an address that somebody uses."""
    watched.run("gw", "nft", "add", "element", "inet", "hotspot_public", "garden6", f"{{ {INTERNET6} }}")
    peer.allow(grant(2))
    send(watched, "c2", client_ip(2, 6))
    foreign = "2001:db8:2::1"
    for address in (foreign, client_ip(2, 6)):
        watched.run("c1", "ip", "addr", "add", f"{address}/128", "dev", "eth0", "nodad")
    try:
        arrived(watched, 6)
        for address in (foreign, client_ip(2, 6)):
            send(watched, "c1", address)
        assert arrived(watched, 6) == 0
        send(watched, "c1", client_ip(1, 6))
        assert arrived(watched, 6) == 1
    finally:
        for address in (foreign, client_ip(2, 6)):
            watched.run("c1", "ip", "addr", "del", f"{address}/128", "dev", "eth0")


def test_nobody_on_the_line_gets_into_another_network(wires: Wires, peer: Peer) -> None:
    """The gateway forwards; who begins from the line is dropped by the guard, and what another network has begun is answered."""
    assert peer.status().ready
    wires.run("gw", "ip", "link", "add", "mgmt0", "type", "veth", "peer", "name", "mgmt1", "netns", wires.namespace("c3"))
    try:
        wires.run("gw", "ip", "addr", "add", "10.20.0.1/24", "dev", "mgmt0")
        wires.run("gw", "ip", "link", "set", "mgmt0", "up")
        wires.run("c3", "ip", "addr", "add", "10.20.0.2/24", "dev", "mgmt1")
        wires.run("c3", "ip", "link", "set", "mgmt1", "up")
        wires.run("c3", "ip", "route", "add", f"{INTERNET4}/32", "via", "10.20.0.1")
        wires.run("wan", "ip", "route", "add", "10.20.0.0/24", "via", "203.0.113.2")
        assert not wires.ping("wan", "10.20.0.2")
        wires.run("gw", "tc", "qdisc", "del", "dev", "wan0", "root")  # what is nobody's has no class there
        assert wires.ping("c3", INTERNET4)
        assert not wires.ping("wan", "10.20.0.2")
    finally:
        wires.run("gw", "ip", "link", "del", "mgmt0")
        wires.run("wan", "ip", "route", "del", "10.20.0.0/24")


def test_nobody_on_the_line_begins_anything_with_the_gateway(wires: Wires, peer: Peer) -> None:
    """A clock that hears all interfaces hears visitors, and of the line only answers; SSH and the DHCP client hear the line."""
    assert peer.status().ready
    with contextlib.ExitStack() as opened:

        def bound(place: str, address: str, port: int, kind: int = socket.SOCK_DGRAM) -> socket.socket:
            sock = opened.enter_context(wires.open(place, socket.AF_INET, kind))
            sock.settimeout(5)
            sock.bind((address, port))
            return sock

        clock, dhcp, asks = (bound("gw", "0.0.0.0", port) for port in (123, 68, 40_123))
        shell, metrics = (bound("gw", "0.0.0.0", port, socket.SOCK_STREAM) for port in (22, 9_464))
        line, visitor, server = bound("wan", "0.0.0.0", 0), bound("c1", "0.0.0.0", 0), bound("wan", "203.0.113.1", 123)
        for port in (123, 68):  # in this order: when the second is there, the first is not on its way any more
            line.sendto(b"line", ("203.0.113.2", port))
        assert dhcp.recv(100) == b"line"
        visitor.sendto(b"visitor", (GATEWAY4, 123))
        assert clock.recv(100) == b"visitor"
        asks.sendto(b"what time is it", ("203.0.113.1", 123))
        _, asker = server.recvfrom(100)
        server.sendto(b"late", asker)
        assert asks.recv(100) == b"late"
        for listener in (shell, metrics):
            listener.listen()
        refused, staff = (opened.enter_context(wires.open("wan", socket.AF_INET)) for _ in range(2))
        refused.setblocking(False)
        assert refused.connect_ex(("203.0.113.2", 9_464)) == errno.EINPROGRESS
        staff.settimeout(5)
        staff.connect(("203.0.113.2", 22))
        shell.accept()[0].close()
        metrics.setblocking(False)
        with pytest.raises(BlockingIOError):
            metrics.accept()


def test_one_zone_of_questions(wires: Wires, peer: Peer) -> None:
    """A captive client that asks without end gets its burst and then ten small questions a second at most through to the name server."""
    with wires.open("gw", socket.AF_INET, socket.SOCK_DGRAM) as server, wires.open("c1", socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.bind((GATEWAY4, 5300))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        server.setblocking(False)
        start = time.monotonic()
        while time.monotonic() - start < 3:
            client.sendto(b"q" * 60, ("192.0.2.53", 53))
        got = 0
        try:
            while server.recv(2_048):
                got += 1
        except BlockingIOError:
            pass
    assert 150 <= got <= 220 + 10 * 4


def test_unanswered_packets_are_one_connection(watched: Wires, tmp_path: Path) -> None:
    """A stream of UDP that nobody answers costs one new connection, not one for each packet."""
    tmp_path.chmod(0o755)
    with running(watched, tmp_path, new_connections=5) as (_, peer), watched.open("c1", socket.AF_INET, socket.SOCK_DGRAM) as sender:
        peer.allow(grant(1))
        for _ in range(200):
            sender.sendto(b"x", (INTERNET4, 5_000))
        eventually(lambda: _arrived_in_all(watched) == 200, 5)
    watched.run("gw", "nft", "flush", "ruleset")
    for device in ("lan0", "wan0"):
        watched.run("gw", "tc", "qdisc", "del", "dev", device, "root", check=False)


def _arrived_in_all(wires: Wires) -> int:
    words = wires.run("wan", "nft", "list", "counter", "inet", "watch", "out4").stdout.split()
    return int(words[words.index("packets") + 1])
