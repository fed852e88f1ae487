"""What a client cannot do, on the real kernel: get out with an address of somebody else, take more than its share, go where nobody may."""

import contextlib
import signal
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firewall import api
from tests.kernel.daemons import Firewall, Peer, eventually, grant, running
from tests.kernel.wires import GATEWAY4, INTERNET4, INTERNET6, Wires, client_ip, client_mac

WATCH = """
table inet watch {
  counter out4 { }
  counter out6 { }
  chain seen { type filter hook prerouting priority raw; policy accept;
    iifname eth0 ip daddr 198.51.100.10 counter name out4
    iifname eth0 ip6 daddr 2001:db8:80::10 counter name out6
  }
}
"""


@pytest.fixture
def watched(wires: Wires) -> Iterator[Wires]:
    """The Internet counts every packet that reaches its server."""
    wires.run("wan", "nft", WATCH)
    yield wires
    wires.run("wan", "nft", "delete", "table", "inet", "watch")


def _arrived(wires: Wires, version: int = 4) -> int:
    words = wires.run("wan", "nft", "reset", "counter", "inet", "watch", f"out{version}").stdout.split()
    return int(words[words.index("packets") + 1])


def _send(wires: Wires, place: str, source: str, count: int = 1, port: int = 9, source_port: int = 0) -> None:
    """UDP from an address to the Internet's server; from a socket of its own each."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    for _ in range(count):
        with wires.open(place, family, socket.SOCK_DGRAM) as sender:
            sender.bind((source, source_port))
            sender.sendto(b"x", (INTERNET6 if ":" in source else INTERNET4, port))


def _spoofed(peer: Peer) -> int:
    return peer.status().counts["spoofed"]


@pytest.fixture
def leases(tmp_path: Path) -> Path:
    """A file of leases as dnsmasq writes it, with client 1 and 2 in it."""
    path = tmp_path / "leases"
    path.write_text("".join(f"1790000000 {client_mac(n)} {client_ip(n)} phone{n} 01:{client_mac(n)}\n" for n in (1, 2)), encoding="utf-8")
    return path


@pytest.fixture
def bound(wires: Wires, tmp_path: Path, leases: Path) -> Iterator[tuple[Firewall, Peer]]:
    """A daemon that knows the leases."""
    tmp_path.chmod(0o755)
    with running(wires, tmp_path, leases=str(leases)) as both:
        yield both
    wires.run("gw", "nft", "flush", "ruleset")
    for device in ("lan0", "wan0"):
        wires.run("gw", "tc", "qdisc", "del", "dev", device, "root", check=False)


def test_ipv4_only_from_the_leased_address(watched: Wires, bound: tuple[Firewall, Peer]) -> None:
    """A client in session gets nothing through with a neighbour's address or one that it made up; each packet is counted."""
    _, peer = bound
    peer.allow(grant(1))
    peer.allow(grant(2))
    made_up = "198.18.0.77"
    for address in (client_ip(2), made_up):
        watched.run("c1", "ip", "addr", "add", f"{address}/32", "dev", "eth0")
    try:
        _arrived(watched)
        for source in (client_ip(1), client_ip(2), made_up):
            _send(watched, "c1", source)
        assert (_arrived(watched), _spoofed(peer)) == (1, 2)
    finally:
        for address in (client_ip(2), made_up):
            watched.run("c1", "ip", "addr", "del", f"{address}/32", "dev", "eth0")


def test_leases_that_change_are_followed(watched: Wires, bound: tuple[Firewall, Peer], leases: Path) -> None:
    """A renewed lease with another address is usable within two seconds, and the one that another client got no more."""
    _, peer = bound
    peer.allow(grant(1))
    new = "198.18.0.78"
    watched.run("c1", "ip", "addr", "add", f"{new}/20", "dev", "eth0")
    try:
        leases.write_text(leases.read_text().replace(f" {client_ip(1)} ", f" {new} "), encoding="utf-8")

        def through() -> bool:
            _send(watched, "c1", new)
            return _arrived(watched) > 0

        eventually(through, 2)
    finally:
        watched.run("c1", "ip", "addr", "del", f"{new}/20", "dev", "eth0")


def test_a_second_device_with_the_same_mac_is_told(bound: tuple[Firewall, Peer], leases: Path) -> None:
    """The clone shares the victim's grant, and an alarm names the session."""
    _, peer = bound
    peer.allow(grant(1))
    peer.ask(api.Watching, api.Watch)
    leases.write_text(leases.read_text().replace("phone1 01:", "laptop ff:"), encoding="utf-8")
    alarm = peer.next()
    assert alarm == api.Alarm("clone", "public", client_mac(1), grant(1).session)
    assert (peer.status().counts["clones"], len(peer.usages())) == (1, 1)


def test_sixteen_ipv6_addresses_and_none_of_a_neighbour(watched: Wires, peer: Peer) -> None:
    """A client gets 16 addresses of the zone's prefix, no other prefix, and none that a neighbour uses."""
    peer.allow(grant(1))
    peer.allow(grant(2))
    _send(watched, "c2", client_ip(2, 6))
    many = [f"2001:db8:1::aa:{number:x}" for number in range(20)]
    outside = "2001:db8:2::1"
    for address in (*many, outside, client_ip(2, 6)):
        watched.run("c1", "ip", "addr", "add", f"{address}/128", "dev", "eth0", "nodad")
    try:
        _arrived(watched, 6)
        _send(watched, "c1", client_ip(2, 6))
        _send(watched, "c1", outside)
        assert _arrived(watched, 6) == 0
        for address in many:
            _send(watched, "c1", address)
        assert _arrived(watched, 6) == 16
        for address in many[:16]:
            _send(watched, "c1", address)
        assert _arrived(watched, 6) == 16
    finally:
        for address in (*many, outside, client_ip(2, 6)):
            watched.run("c1", "ip", "addr", "del", f"{address}/128", "dev", "eth0")


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
    said = peer.say(api.SetBlocked, "public", (api.BlockedPlace("nowhere"),))
    assert isinstance(said, api.Refused)
    assert "places[0].network 'nowhere'" in said.message


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
    _arrived(watched)
    with watched.open("c1", socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for _ in range(10):
            watched.run("gw", "nft", "flush", "ruleset")
            for _ in range(200):
                try:
                    sender.sendto(b"x", (INTERNET4, 9))
                except OSError:  # the answer to an earlier one: refused
                    continue
            eventually(lambda: peer.status().ready, 2)
    assert _arrived(watched) == 0
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


@pytest.mark.parametrize("answered", [False, True])
def test_nobody_goes_on_with_a_neighbours_connection(watched: Wires, bound: tuple[Firewall, Peer], answered: bool) -> None:
    """A client in session sends into the open connection of another one, with that one's address and port: nothing gets through, over IPv4
    and IPv6, whether or not the Internet has answered; and the connection goes on."""
    _, peer = bound
    peer.allow(grant(1))
    peer.allow(grant(2))
    port = 6_000 + answered
    for version, server in ((4, INTERNET4), (6, INTERNET6)):
        family, victim = socket.AF_INET if version == 4 else socket.AF_INET6, client_ip(1, version)
        with watched.open("wan", family, socket.SOCK_DGRAM) as answering, watched.open("c1", family, socket.SOCK_DGRAM) as own:
            answering.bind((server, 5_000))
            answering.settimeout(5)
            own.bind((victim, port))
            own.settimeout(5)
            own.sendto(b"x", (server, 5_000))
            _, sender = answering.recvfrom(10)
            if answered:
                answering.sendto(b"y", sender)
                own.recvfrom(10)
            assert _arrived(watched, version) == 1
            address = f"{victim}/{32 if version == 4 else 128}"
            watched.run("c2", "ip", "addr", "add", address, "dev", "eth0", "nodad")
            try:
                _send(watched, "c2", victim, 3, port=5_000, source_port=port)
                assert _arrived(watched, version) == 0
            finally:
                watched.run("c2", "ip", "addr", "del", address, "dev", "eth0")
                watched.run("gw", "ip", "neigh", "flush", "dev", "lan0")  # it may believe that the second is the first
            own.sendto(b"x", (server, 5_000))
            answering.recvfrom(10)
            assert _arrived(watched, version) == 1


def test_nobody_draws_a_neighbours_downloads_to_itself(wires: Wires, bound: tuple[Firewall, Peer]) -> None:
    """A client that says by ARP that a neighbour's address is its own is not believed by the gateway; the neighbour is, and each lie is
    counted."""
    _, peer = bound
    peer.allow(grant(1))
    assert wires.ping("c1", INTERNET4)
    liar, victim = bytes.fromhex(client_mac(2).replace(":", "")), socket.inet_aton(client_ip(1))
    with wires.open("c2", socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("eth0", 0))
        for kind in (1, 2):  # as a question and as an answer that nobody asked for
            said = struct.pack(">HHBBH", 1, 0x0800, 6, 4, kind) + liar + victim + b"\0" * 6 + socket.inet_aton(GATEWAY4)
            sender.send(b"\xff" * 6 + liar + b"\x08\x06" + said)
    eventually(lambda: _spoofed(peer) == 2, 2)
    assert client_mac(1) in wires.run("gw", "ip", "neigh", "show", client_ip(1), "dev", "lan0").stdout
    assert wires.ping("c1", INTERNET4)


def test_connections_go_on_under_the_next_grant(watched: Wires, bound: tuple[Firewall, Peer]) -> None:
    """A client whose grant was lost, with all rules and while nobody looked, gets another one: its open connection goes on under that."""
    firewall, peer = bound
    peer.allow(grant(1))
    with watched.open("wan", socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((INTERNET4, 5_000))
        server.settimeout(5)
        _send(watched, "c1", client_ip(1), port=5_000, source_port=6_000)
        _, before = server.recvfrom(10)
        server.sendto(b"y", before)
        firewall.end(signal.SIGKILL)
        watched.run("gw", "nft", "flush", "ruleset")
        with contextlib.closing(firewall.start()) as again:
            again.allow(grant(1, session="00000000000000ff"))
            _send(watched, "c1", client_ip(1), port=5_000, source_port=6_000)
            _, after = server.recvfrom(10)
            assert after == before
            assert again.usages()["00000000000000ff"].bytes_up > 0


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
