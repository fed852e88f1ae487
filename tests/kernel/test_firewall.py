"""The firewall daemon on the real kernel: what passes, what is refused, what is counted, when it ends."""

import re
import socket
import time
from typing import Any

import pytest

from firewall import api
from firewall.grants import BACKSTOP_SECONDS
from tests.kernel.daemons import RATES, Firewall, Peer, eventually, grant
from tests.kernel.wires import (
    GATEWAY4,
    INTERNET4,
    INTERNET6,
    Wires,
    client_ip,
    client_mac,
    wait_for_carriers,
)


def _connect(wires: Wires, place: str, address: str, port: int) -> tuple[str, float]:
    """Name of the error of a TCP connect ("" if it succeeds), and how long it took."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with wires.open(place, family) as client:
        client.settimeout(3)
        start = time.monotonic()
        try:
            client.connect((address, port))
        except OSError as error:
            return type(error).__name__, time.monotonic() - start
        return "", time.monotonic() - start


@pytest.mark.parametrize("address", [INTERNET4, INTERNET6])
def test_captive_is_refused_at_once(wires: Wires, peer: Peer, address: str) -> None:
    """A captive client's TCP is reset and its UDP gets an ICMP error, within 300 ms, on both stacks."""
    error, seconds = _connect(wires, "c1", address, 443)
    assert (error, seconds < 0.3) == ("ConnectionRefusedError", True)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with wires.open("c1", family, socket.SOCK_DGRAM) as client:
        client.settimeout(0.3)
        client.connect((address, 443))
        client.send(b"quic")
        with pytest.raises(OSError, match="refused|denied|unreachable|No route|Permission|host"):
            client.recv(1)


@pytest.mark.parametrize("address", [INTERNET4, INTERNET6])
def test_allow_opens_and_revoke_closes(wires: Wires, peer: Peer, address: str) -> None:
    """One grant opens both stacks for its client alone, and a revoke closes them again."""
    assert not wires.ping("c1", address)
    peer.allow(grant(1))
    assert (wires.ping("c1", address), wires.ping("c2", address)) == (True, False)
    peer.revoke(grant(1).session)
    assert not wires.ping("c1", address)


def test_masquerading_hides_the_lan_on_ipv4(wires: Wires, peer: Peer) -> None:
    """The Internet sees the gateway's address on IPv4 and the client's own on IPv6."""
    peer.allow(grant(1))
    seen = []
    for family, address in ((socket.AF_INET, INTERNET4), (socket.AF_INET6, INTERNET6)):
        with wires.open("wan", family) as server, wires.open("c1", family) as client:
            server.bind((address, 8000))
            server.listen()
            client.settimeout(3)
            client.connect((address, 8000))
            accepted, source = server.accept()
            accepted.close()
            seen.append(source[0])
    assert seen == ["203.0.113.2", client_ip(1, 6)]


@pytest.mark.parametrize("version", [4, 6])
def test_guests_are_isolated(wires: Wires, peer: Peer, version: int) -> None:
    """A client that sends its neighbour's packets to the gateway's MAC does not reach it, online or not."""
    neighbour = client_ip(2, version)
    gateway_mac = wires.run("gw", "cat", "/sys/class/net/lan0/address").stdout.strip()
    wires.run("c1", "ip", "neigh", "replace", neighbour, "lladdr", gateway_mac, "dev", "eth0", "nud", "permanent")
    try:
        assert not wires.ping("c1", neighbour)
        peer.allow(grant(1))
        peer.allow(grant(2))
        assert not wires.ping("c1", neighbour)
        assert wires.ping("c1", INTERNET4)
    finally:
        wires.run("c1", "ip", "neigh", "del", neighbour, "dev", "eth0")


def test_gateway_offers_only_what_phones_need(wires: Wires, peer: Peer) -> None:
    """From the LAN, the portal is reachable on port 80, not on the port behind it, and a server on any other port is refused."""
    refused = "ConnectionRefusedError"
    for port, asked, wanted in ((8081, 80, ""), (8081, 8081, refused), (22, 22, refused), (9464, 9464, refused)):
        with wires.open("gw", socket.AF_INET) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("0.0.0.0", port))
            server.listen()
            assert _connect(wires, "c1", GATEWAY4, asked)[0] == wanted


def test_port_80_is_redirected_until_allowed(wires: Wires, peer: Peer) -> None:
    """Port 80 of any address reaches the capture port, that of the gateway the pages port; after acceptance it goes through."""
    names = {8080: b"capture", 8081: b"pages"}
    servers = []
    for place, address, port, text in (("gw", "0.0.0.0", 8080, b""), ("gw", "0.0.0.0", 8081, b""), ("wan", INTERNET4, 80, b"internet")):
        server = wires.open(place, socket.AF_INET)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen()
        servers.append((server, text or names[port]))

    def who_answers(address: str) -> bytes:
        with wires.open("c1", socket.AF_INET) as client:
            client.settimeout(3)
            client.connect((address, 80))
            client.sendall(b"x")
            for server, text in servers:
                server.settimeout(0)
                try:
                    accepted, _ = server.accept()
                except BlockingIOError:
                    continue
                accepted.close()
                return text
        return b"nobody"

    try:
        before = [who_answers(INTERNET4), who_answers(GATEWAY4)]
        peer.allow(grant(1))
        after = [who_answers(INTERNET4), who_answers(GATEWAY4)]
    finally:
        for server, _ in servers:
            server.close()
    assert (before, after) == ([b"capture", b"pages"], [b"internet", b"pages"])


def test_usage_is_what_the_client_sent(wires: Wires, peer: Peer) -> None:
    """Bytes are counted at layer 3, up and down, both stacks together, and final usage is exact."""
    peer.allow(grant(1, bytes_up=1_000, bytes_down=2_000))
    for address in (INTERNET4, INTERNET6):
        wires.run("c1", "ping", "-c5", "-i0.05", "-s1000", "-n", address)
    used = 5 * (1_000 + 8 + 20) + 5 * (1_000 + 8 + 40)
    usage = peer.usages()[grant(1).session]
    assert (usage.bytes_up, usage.bytes_down) == (1_000 + used, 2_000 + used)
    final = peer.revoke(grant(1).session)
    assert (final.bytes_up, final.bytes_down) == (1_000 + used, 2_000 + used)


def test_replace_keeps_connection_and_usage(wires: Wires, peer: Peer) -> None:
    """Another plan: an open connection goes on, the counters too, and the class has the new rates."""
    peer.allow(grant(1))
    wires.run("c1", "ping", "-c3", "-i0.05", "-n", INTERNET4)
    with wires.open("wan", socket.AF_INET) as server, wires.open("c1", socket.AF_INET) as client:
        server.bind((INTERNET4, 8001))
        server.listen()
        client.settimeout(3)
        client.connect((INTERNET4, 8001))
        accepted, _ = server.accept()
        accepted.settimeout(3)
        before = peer.usages()[grant(1).session]
        slow = api.Rates(64_000, 1_000_000, 64_000, 500_000)
        for rates, seconds in ((RATES, 300.0), (slow, 200.0)):
            usage = peer.ask(api.Allowed, api.Replace, grant(1, plan="other", rates=rates, seconds=seconds)).usage
            assert (usage.bytes_up, usage.bytes_down) >= (before.bytes_up, before.bytes_down)
            client.sendall(b"still here")
            assert accepted.recv(100) == b"still here"
        accepted.close()
    classes = wires.run("gw", "tc", "class", "show", "dev", "lan0").stdout
    assert ("ceil 1009Kbit" in classes, "ceil 10093Kbit" in classes) == (True, False)


def test_time_ends_exactly_and_is_told(wires: Wires, peer: Peer) -> None:
    """At the end of its time the session is over within 100 ms, with an event that carries the final usage. A machine that is busy with
    something else may be late; so it has three tries, of which none may be early or left to the kernel's back-stop."""
    peer.ask(api.Watching, api.Watch)
    late = []
    for _ in range(3):
        start = time.monotonic()
        peer.allow(grant(1, seconds=1.0))
        wires.run("c1", "ping", "-c1", "-n", INTERNET4)
        ended = peer.next()
        late.append(time.monotonic() - start - 1)
        assert isinstance(ended, api.Ended)
        assert (ended.reason, ended.usage.bytes_up, -0.05 < late[-1] < BACKSTOP_SECONDS) == ("time", 84, True)
        assert not wires.ping("c1", INTERNET4)
        if late[-1] < 0.1:
            break
    assert min(late) < 0.1


def test_requests_that_arrive_together_share_a_transaction(peer: Peer) -> None:
    """A hundred requests in one write are carried out in a few kernel transactions, and each gets its own answer."""
    before = peer.status().counts.get("transactions", 0)
    lines = [api.encode(api.Allow(1_000 + number, grant(number))) for number in range(10, 110)]
    peer.send(b"".join(lines))
    replies = [peer.next() for _ in lines]
    assert [getattr(reply, "id", None) for reply in replies] == [1_000 + number for number in range(10, 110)]
    assert {type(reply) for reply in replies} == {api.Allowed}
    assert peer.status().counts["transactions"] - before <= 10


def test_a_slot_used_again_owes_nothing(wires: Wires, peer: Peer) -> None:
    """The next client on the same class starts at zero, with a mark of its own."""
    peer.allow(grant(1))
    wires.run("c1", "ping", "-c3", "-i0.05", "-n", INTERNET4)
    first = wires.run("gw", "nft", "list", "map", "inet", "hotspot_public", "down").stdout
    assert peer.revoke(grant(1).session).bytes_up == 252
    peer.allow(grant(2))
    second = wires.run("gw", "nft", "list", "map", "inet", "hotspot_public", "down").stdout
    assert (": 1:10" in first, ": 1:10" in second) == (True, True)
    assert set(re.findall(r"0x[0-9a-f]{8}", first)) & set(re.findall(r"0x[0-9a-f]{8}", second)) == set()
    wires.run("c2", "ping", "-c1", "-n", INTERNET4)
    assert peer.usages()[grant(2).session].bytes_up == 84


def test_volume_ends_up_and_down_together(wires: Wires, peer: Peer) -> None:
    """The volume counts both directions; overshoot stays below what the plan's speed brings in a few looks."""
    peer.ask(api.Watching, api.Watch)
    peer.allow(grant(1, volume=200_000))
    with wires.open("c1", socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(400):
            sender.sendto(b"x" * 972, (INTERNET4, 9))  # 1,000 bytes at layer 3
    ended = peer.next()
    assert isinstance(ended, api.Ended)
    assert (ended.reason, ended.usage.bytes_up >= 200_000) == ("volume", True)
    assert not wires.ping("c1", INTERNET4)


def test_idle_client_is_noticed(wires: Wires, peer: Peer) -> None:
    """A client that left (its link is down) is ended after its idle time; one that stays and is silent is not."""
    peer.ask(api.Watching, api.Watch)
    for number in (1, 2):
        wires.ping(f"c{number}", GATEWAY4)
        peer.allow(grant(number, idle=4.0))
    wires.run("c1", "ip", "link", "set", "eth0", "down")
    try:
        start = time.monotonic()
        ended = peer.next()
        assert isinstance(ended, api.Ended)
        assert (ended.reason, ended.usage.mac, time.monotonic() - start < 9) == ("idle", client_mac(1), True)
        assert list(peer.usages()) == [grant(2).session]
        assert wires.ping("c2", INTERNET4)
    finally:
        wires.run("c1", "ip", "link", "set", "eth0", "up")
        wires.run("c1", "ip", "route", "add", "default", "via", GATEWAY4)
        wires.run("c1", "ip", "-6", "addr", "replace", f"{client_ip(1, 6)}/64", "dev", "eth0", "nodad")
        wires.run("c1", "ip", "-6", "route", "replace", "default", "via", "2001:db8:1::1")
        wait_for_carriers(wires)


def test_cut_means_cut(wires: Wires, peer: Peer) -> None:
    """A revoke stops an established flow in both directions, and its conntrack entries are gone, IPv4 and IPv6."""
    peer.allow(grant(1))
    for family, address in ((socket.AF_INET, INTERNET4), (socket.AF_INET6, INTERNET6)):
        with wires.open("c1", family, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", (address, 9))
    assert wires.run("gw", "conntrack", "-L", "-f", "ipv4", "-p", "udp").stdout.count(" mark=") == 1
    assert wires.run("gw", "conntrack", "-L", "-f", "ipv6", "-p", "udp").stdout.count(" mark=") == 1
    peer.revoke(grant(1).session)

    def connections() -> int:
        texts = [wires.run("gw", "conntrack", "-L", "-f", family, "-p", "udp").stdout for family in ("ipv4", "ipv6")]
        return sum(len([line for line in text.splitlines() if "mark=0 " not in line and "mark=" in line]) for text in texts)

    eventually(lambda: connections() == 0, 1)


def test_allow_forgets_captive_connections(wires: Wires, peer: Peer) -> None:
    """A connection that was redirected to the portal before acceptance is gone from conntrack after it."""
    with wires.open("gw", socket.AF_INET) as server, wires.open("c1", socket.AF_INET) as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", 8080))
        server.listen()
        client.settimeout(3)
        client.connect((INTERNET4, 80))
        mine = f"sport={client.getsockname()[1]} dport=80"
        assert mine in wires.run("gw", "conntrack", "-L", "-p", "tcp").stdout
        peer.allow(grant(1))
        eventually(lambda: mine not in wires.run("gw", "conntrack", "-L", "-p", "tcp").stdout, 1)


def test_allow_keeps_the_connection_to_the_portal(wires: Wires, peer: Peer) -> None:
    """The connection on which a client accepts, or asks for its page, is redirected too; it must not be cut by the very grant."""
    with wires.open("gw", socket.AF_INET) as server, wires.open("c1", socket.AF_INET) as page, wires.open("c1", socket.AF_INET) as probe:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", 8081))
        server.listen()
        for client in (page, probe):
            client.settimeout(3)
        page.connect((GATEWAY4, 80))
        accepted, _ = server.accept()
        with wires.open("gw", socket.AF_INET) as capture:
            capture.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            capture.bind(("0.0.0.0", 8080))
            capture.listen()
            probe.connect((INTERNET4, 80))
            captive = f"sport={probe.getsockname()[1]} dport=80"
            peer.allow(grant(1))
            # The captive connection is gone: so the forgetting is over, and the other one was left alone.
            eventually(lambda: captive not in wires.run("gw", "conntrack", "-L", "-p", "tcp").stdout, 1)
        accepted.sendall(b"you are online")
        assert page.recv(100) == b"you are online"
        accepted.close()


def test_whois_and_neighbours(wires: Wires, peer: Peer) -> None:
    """A client is found by each of its addresses; an address that nobody has is not found."""
    for address in (GATEWAY4, "2001:db8:1::1"):
        wires.ping("c1", address)
    found = [peer.ask(api.Found, api.WhoIs, ip).mac for ip in (client_ip(1), client_ip(1, 6), "198.18.9.9")]
    assert found == [client_mac(1), client_mac(1), None]


BAD_LINES = {
    b'{"type":"allow"}\n': "`id`",
    b'{"type":"allow","id":7}\n': "`grant`",
    b"not json\n": "malformed",
    b"\xff\xfe\n": "malformed",
    b'{"type":"allow","id":7,"grant":{"zone":"public","mac":"zz"}}\n': "grant.mac",
    b'{"type":"dance","id":7}\n': "dance",
    b'{"type":"whois","id":7,"ip":"nowhere"}\n': "ip",
    b'{"type":"revoke","id":7,"session":"0123456789abcdef"}\n': "session",
    b'{"id":7,' + b'"x":[' * 3000 + b"\n": "",
    b"x" * 70_000 + b"\n": "65536",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_bad_request_names_the_field(peer: Peer, line: bytes) -> None:
    """A bad line gets an error that names what is wrong, and the daemon goes on."""
    said = peer.line(line)
    assert isinstance(said, api.Refused)
    assert BAD_LINES[line] in said.message + said.field
    assert peer.status().ready


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"rates": api.Rates(64_000, 2_000_000_000, 64_000, 2_000_000)}, "grant.rates.ceil_down"),
        ({"seconds": 90_000.0}, "grant.seconds"),
        ({"volume": 1_000, "bytes_up": 1_000}, "grant.volume"),
    ],
)
def test_ceilings_hold(peer: Peer, terms: dict[str, Any], field: str) -> None:
    """No request gets more than the root-owned settings allow, and the refusal names the field."""
    said = peer.say(api.Allow, grant(1, **terms))
    assert isinstance(said, api.Refused)
    assert (said.code in ("ceiling", "bad_request"), said.field) == (True, field)
    assert peer.usages() == {}


def test_prepare_has_bounds(peer: Peer) -> None:
    """Classes are made ahead for rates within the ceilings, and not without end."""
    too_fast = peer.say(api.Prepare, "public", api.Rates(64_000, 2_000_000_000, 64_000, 2_000_000), 8)
    said = [peer.say(api.Prepare, "public", api.Rates(64_000, 1_000_000 + n, 64_000, 2_000_000), 4_000) for n in range(3)]
    assert isinstance(too_fast, api.Refused)
    assert (too_fast.code, too_fast.field) == ("ceiling", "rates.ceil_down")
    assert [getattr(each, "code", "prepared") for each in said] == ["prepared", "prepared", "full"]


def test_peer_of_another_user_is_refused(wires: Wires, both: tuple[Firewall, Peer]) -> None:
    """A process whose uid is not in the settings gets an error and no service."""
    firewall, _ = both
    code = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.makefile().readline())"
    path = str(firewall.folder / "firewall.sock")
    said = wires.run("gw", "setpriv", "--reuid", "64999", "--clear-groups", "/usr/bin/python3", "-c", code, path, check=False)
    assert "cannot serve uid 64999" in said.stdout or "Permission denied" in said.stderr
