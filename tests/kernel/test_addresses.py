"""Whose address it is, on the real kernel: what a client sends, claims or copies of a neighbour does not get through."""

import contextlib
import signal
import socket
import struct
from pathlib import Path

import pytest

from firewall import api
from tests.kernel.daemons import Firewall, Peer, eventually, grant
from tests.kernel.watching import arrived, send, spoofed
from tests.kernel.wires import GATEWAY4, INTERNET4, INTERNET6, Wires, client_ip, client_mac, inside


def test_ipv4_only_from_the_leased_address(watched: Wires, bound: tuple[Firewall, Peer]) -> None:
    """A client in session gets nothing through with a neighbour's address or one that it made up; each packet is counted."""
    _, peer = bound
    peer.allow(grant(1))
    peer.allow(grant(2))
    made_up = "198.18.0.77"
    for address in (client_ip(2), made_up):
        watched.run("c1", "ip", "addr", "add", f"{address}/32", "dev", "eth0")
    try:
        arrived(watched)
        for source in (client_ip(1), client_ip(2), made_up):
            send(watched, "c1", source)
        assert (arrived(watched), spoofed(peer)) == (1, 2)
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
            send(watched, "c1", new)
            return arrived(watched) > 0

        eventually(through, 2)
    finally:
        watched.run("c1", "ip", "addr", "del", f"{new}/20", "dev", "eth0")


def test_how_many_addresses_are_leased(bound: tuple[Firewall, Peer], leases: Path) -> None:
    """The daemon tells how full the pool is, before phones find out."""
    _, peer = bound
    held = len(leases.read_text().splitlines())
    (zone,) = peer.status().zones
    assert (zone.leased, zone.pool) == (held, 2**12 - 3)
    with leases.open("a", encoding="utf-8") as file:
        file.write("2000000000 02:00:00:00:00:77 198.18.0.79 phone77 *\n")
    eventually(lambda: peer.status().zones[0].leased == held + 1, 3)


def test_a_restart_takes_nobodys_address(watched: Wires, bound: tuple[Firewall, Peer], leases: Path) -> None:
    """The daemon starts while the file of leases is empty: who is in session goes on with the address that it has."""
    firewall, peer = bound
    peer.allow(grant(1))
    firewall.end(signal.SIGKILL)
    leases.write_text("", encoding="utf-8")
    with contextlib.closing(firewall.start()) as again:
        eventually(lambda: again.status().ready, 5)
        arrived(watched)
        send(watched, "c1", client_ip(1))
        assert (arrived(watched), again.status().drift) == (1, {})


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
    send(watched, "c2", client_ip(2, 6))
    many = [f"2001:db8:1::aa:{number:x}" for number in range(20)]
    outside = "2001:db8:2::1"
    for address in (*many, outside, client_ip(2, 6)):
        watched.run("c1", "ip", "addr", "add", f"{address}/128", "dev", "eth0", "nodad")
    try:
        arrived(watched, 6)
        send(watched, "c1", client_ip(2, 6))
        send(watched, "c1", outside)
        assert arrived(watched, 6) == 0
        for address in many:
            send(watched, "c1", address)
        assert arrived(watched, 6) == 16
        for address in many[:16]:
            send(watched, "c1", address)
        assert arrived(watched, 6) == 16
    finally:
        for address in (*many, outside, client_ip(2, 6)):
            watched.run("c1", "ip", "addr", "del", f"{address}/128", "dev", "eth0")


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
            assert arrived(watched, version) == 1
            address = f"{victim}/{32 if version == 4 else 128}"
            watched.run("c2", "ip", "addr", "add", address, "dev", "eth0", "nodad")
            try:
                send(watched, "c2", victim, 3, port=5_000, source_port=port)
                assert arrived(watched, version) == 0
            finally:
                watched.run("c2", "ip", "addr", "del", address, "dev", "eth0")
                watched.run("gw", "ip", "neigh", "flush", "dev", "lan0")  # it may believe that the second is the first
            own.sendto(b"x", (server, 5_000))
            answering.recvfrom(10)
            assert arrived(watched, version) == 1


def test_an_error_message_takes_no_connection_over(watched: Wires, bound: tuple[Firewall, Peer]) -> None:
    """A client in session sends an ICMP error about a neighbour's connection: it does not get through, and the connection stays the
    neighbour's, whose bytes are counted as its own."""
    _, peer = bound
    peer.allow(grant(1))
    peer.allow(grant(2))
    with watched.open("wan", socket.AF_INET, socket.SOCK_DGRAM) as server, watched.open("c1", socket.AF_INET, socket.SOCK_DGRAM) as own:
        server.bind((INTERNET4, 5_000))
        server.settimeout(5)
        own.bind((client_ip(1), 6_100))
        own.settimeout(5)
        own.sendto(b"x", (INTERNET4, 5_000))
        _, sender = server.recvfrom(10)
        assert arrived(watched) == 1
        inner = struct.pack(">BBHHHBBH", 0x45, 0, 29, 0, 0, 64, 17, 0) + socket.inet_aton(INTERNET4) + socket.inet_aton(client_ip(1))
        about = _with_checksum(inner, 10) + struct.pack(">HHHH", 5_000, 6_100, 9, 0)
        lie = _with_checksum(struct.pack(">BBHI", 3, 3, 0, 0) + about, 2)
        before = peer.usages()
        with inside(watched.namespace("c2"), lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)) as liar:
            for _ in range(3):
                liar.sendto(lie, (INTERNET4, 0))
        server.sendto(b"y" * 1_000, sender)
        own.recvfrom(1_500)
        after = peer.usages()
    assert arrived(watched) == 0
    used = [after[grant(n).session].bytes_down - before[grant(n).session].bytes_down for n in (1, 2)]
    assert used == [1_028, 0]


def _with_checksum(header: bytes, place: int) -> bytes:
    """The same bytes with the Internet checksum at ``place``."""
    padded = header + b"\0" * (len(header) % 2)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return header[:place] + struct.pack(">H", ~total & 0xFFFF) + header[place + 2 :]


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
    eventually(lambda: spoofed(peer) == 2, 2)
    assert client_mac(1) in wires.run("gw", "ip", "neigh", "show", client_ip(1), "dev", "lan0").stdout
    assert wires.ping("c1", INTERNET4)


def test_connections_go_on_under_the_next_grant(watched: Wires, bound: tuple[Firewall, Peer]) -> None:
    """A client whose grant was lost, with all rules and while nobody looked, gets another one: its open connection goes on under that."""
    firewall, peer = bound
    peer.allow(grant(1))
    with watched.open("wan", socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((INTERNET4, 5_000))
        server.settimeout(5)
        send(watched, "c1", client_ip(1), port=5_000, source_port=6_000)
        _, before = server.recvfrom(10)
        server.sendto(b"y", before)
        firewall.end(signal.SIGKILL)
        watched.run("gw", "nft", "flush", "ruleset")
        with contextlib.closing(firewall.start()) as again:
            again.allow(grant(1, session="00000000000000ff"))
            send(watched, "c1", client_ip(1), port=5_000, source_port=6_000)
            _, after = server.recvfrom(10)
            assert after == before
            assert again.usages()["00000000000000ff"].bytes_up > 0
