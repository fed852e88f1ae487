"""Many visitors in one namespace of a hall: each with an address and a MAC of its own, real TCP sockets, no namespace or interface each.

The namespace of one more phone holds them all. Its addresses are a local route, so any of them can be bound; on the way out of ``wlan0``
a rule gives every packet and every ARP answer the MAC that belongs to its address, on the way in another takes it for ours. For the
gateway each is a device like any other, with a neighbour entry and a grant of its own.

Everything that opens a socket here has to run inside the namespace (``Crowd.inside``).
"""

import contextlib
import fcntl
import ipaddress
import json
import re
import selectors
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO, TypeVar

from msgspec import Struct

from hotspot import control
from hotspot.ask import ask
from hotspot.lab import namespaces
from hotspot.lab.browse import parse_head, request_bytes, target
from hotspot.lab.forms import forms, submission
from hotspot.lab.hall import Hall
from hotspot.lab.layout import LAN_GATEWAY, LAN_NET, PORTAL_NAME, SITE, SITE_PORTS

T = TypeVar("T")

ADDRESSES = tuple(ipaddress.ip_network(f"198.18.{third}.0/22") for third in range(4, 64, 4))
"""Whose addresses the visitors have; the hall's DHCP has given none of them out, because it has no other phones."""
WIDE_NET = "198.18.0.0/18"
LEASED_UNTIL = 4_000_000_000
OTHER_PORT = SITE_PORTS[1]
"""A port of the site that no captive client is redirected from: who gets through to it is online."""
PATIENCE = 10.0
"""Seconds after which a visitor gives up waiting for the portal."""
NEIGHBOURS = Path("/proc/sys/net/ipv4/neigh/default")
ROOM = {"gc_thresh1": 4_096, "gc_thresh2": 8_192, "gc_thresh3": 16_384}
"""Neighbours that the kernel may know. Its own 128, 512 and 1,024 are too few for 1,000 clients: above 512 it forgets those in use, above
1,024 it takes no new ones, and their packets are lost. One setting for the whole machine, which no namespace has of its own."""
BEFORE = Path("/run/hotspot-benchmarks-neighbours")
"""What was set before; whoever needs the room holds a lock on it."""
PORTAL = f"http://{PORTAL_NAME}/"
_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}\b")


class Visitor(Struct, frozen=True):
    """One of the crowd."""

    address: str
    mac: str


class Ready(Struct, frozen=True):
    """A visitor who has the splash page open."""

    visitor: Visitor
    code: str
    """Device code, as the page shows it."""
    request: bytes
    """What tapping the button sends."""


class WrongAnswer(Exception):
    """The gateway did something else than it should; the text says what."""


def visitors(count: int) -> list[Visitor]:
    """So many visitors, at most about 15,000."""
    addresses = [address for network in ADDRESSES for address in network.hosts()]
    if count > len(addresses):
        raise ValueError(f"cannot make {count} visitors: there are {len(addresses)} addresses")
    return [Visitor(str(addresses[number]), f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}") for number in range(count)]


def rules(everybody: Sequence[Visitor]) -> str:
    """The table that gives each address its MAC (nft(8), netdev family); 02:00:00:01:ff:ff stands for ``wlan0`` itself."""
    macs = ", ".join(f"{visitor.address} : {visitor.mac}" for visitor in everybody)
    return f"""table netdev crowd {{
  map macs {{ type ipv4_addr : ether_addr; elements = {{ {macs} }} }}
  chain out {{
    type filter hook egress device "wlan0" priority 0;
    ether type ip ether saddr set ip saddr map @macs
    ether type arp arp saddr ether set arp saddr ip map @macs
    ether type arp ether saddr set arp saddr ip map @macs
  }}
  chain in {{
    type filter hook ingress device "wlan0" priority 0;
    meta pkttype other meta pkttype set host
  }}
}}
"""


def leases(everybody: Sequence[Visitor]) -> str:
    """dnsmasq's file of leases as if it had given each of them its address; it reads that file at its start only, and writes when a lease
    changes, which none does here."""
    return "".join(f"{LEASED_UNTIL} {visitor.mac} {visitor.address} * *\n" for visitor in everybody)


class Crowd:
    """Visitors of a raised hall; made by ``gathered``."""

    def __init__(self, hall: Hall, namespace: str, everybody: Sequence[Visitor]) -> None:
        self.hall, self.namespace = hall, namespace
        self._fresh = iter(everybody)

    def fresh(self, count: int) -> list[Visitor]:
        """Visitors whom nobody has seen yet."""
        return [next(self._fresh) for _ in range(count)]

    def inside(self, work: Callable[[], T]) -> T:
        """``work()`` as done in the crowd's namespace; blocks."""
        return namespaces.inside(self.namespace, work)

    def kick(self, ready: Ready) -> None:
        """Staff ends the visitor's session; it is over, in kernel and journal, when this returns."""
        reply = ask(self.hall.folder.control_socket, control.Kick(ready.code))
        if not isinstance(reply, control.Done):
            raise WrongAnswer(f"cannot kick a visitor: {reply}")

    def sessions(self) -> frozenset[tuple[str, float]]:
        """Who is online, as the portal reads from the kernel now: device codes and when they accepted (Unix time)."""
        reply = ask(self.hall.folder.control_socket, control.Sessions())
        if not isinstance(reply, control.SessionsAre):
            raise WrongAnswer(f"cannot count sessions: {reply}")
        return frozenset((session.code, session.accepted_at) for session in reply.sessions)


@contextlib.contextmanager
def room() -> Iterator[None]:
    """Neighbours for everybody, as a gateway has to be set. Benchmarks may run beside each other: the first one writes down what was set,
    the last one puts it back, also for one that was ended by force."""
    with BEFORE.open("a+") as note:
        while True:
            with contextlib.suppress(BlockingIOError):  # others are here already
                fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not _written(note):
                    note.write(json.dumps(_neighbours()))
                    note.flush()
            fcntl.flock(note, fcntl.LOCK_SH)
            if _written(note):  # empty if the last of the others ended just now: then we are the first
                break
        _set_neighbours({name: max(ROOM[name], bound) for name, bound in _neighbours().items()})
        try:
            yield
        finally:
            with contextlib.suppress(BlockingIOError):  # somebody else still needs the room
                fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _set_neighbours(json.loads(_written(note)))
                note.truncate(0)


def _written(note: TextIO) -> str:
    """All that stands in the file."""
    note.seek(0)
    return note.read()


def _neighbours() -> dict[str, int]:
    """``gc_thresh1`` to ``gc_thresh3`` as they are."""
    return {name: int((NEIGHBOURS / name).read_text()) for name in ROOM}


def _set_neighbours(bounds: Mapping[str, int]) -> None:
    """Write them."""
    for name, bound in bounds.items():
        (NEIGHBOURS / name).write_text(f"{bound}\n")


async def widen(hall: Hall) -> None:
    """Give the hall a LAN with room for all ``ADDRESSES``. Firewall and portal are started again: networks are read at their start."""
    wide, narrow = f"{LAN_GATEWAY}/{WIDE_NET.partition('/')[2]}", f"{LAN_GATEWAY}/{LAN_NET.partition('/')[2]}"
    await namespaces.ip_batch([f"addr add {wide} dev lan0", f"addr del {narrow} dev lan0"], hall.layout.gateway)
    if not hall.options.gateway:
        return
    settings = hall.folder.firewall_config
    settings.write_text(settings.read_text().replace(narrow, wide))
    for name in ("portal", "firewall"):
        await hall.end(name)
    await hall.start_firewall()
    await hall.start_portal()


@asynccontextmanager
async def gathered(hall: Hall, count: int) -> AsyncIterator[Crowd]:
    """A crowd of ``count`` visitors, none of whom the gateway has heard of."""
    everybody = visitors(count)
    wide = ipaddress.ip_address(everybody[-1].address) not in ipaddress.ip_network(LAN_NET)
    if wide:
        await widen(hall)
    (hall.folder.path / "dnsmasq.leases").write_text(leases(everybody))
    phone = await hall.add_phone("crowd")
    namespaces.write_sysctls(phone.namespace, {"ipv6/conf/all/disable_ipv6": 1, "ipv4/ip_local_port_range": "10000 60000"})
    local = [f"route add local {network} dev lo" for network in ADDRESSES]
    routes = ["link set wlan0 up", *local, f"route add {WIDE_NET if wide else LAN_NET} dev wlan0", f"route add default via {LAN_GATEWAY}"]
    await namespaces.ip_batch(routes, phone.namespace)
    await namespaces.command("ip", "netns", "exec", phone.namespace, "nft", "-f", "-", stdin=rules(everybody))
    with room():
        yield Crowd(hall, phone.namespace, everybody)


# Inside the namespace -------------------------------------------------------------------------------------------------------------------


def prepared(visitor: Visitor) -> socket.socket:
    """A socket of this visitor, not connected yet; blocks for at most ``PATIENCE``."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(PATIENCE)
    sock.bind((visitor.address, 0))
    return sock


def exchange(sock: socket.socket, request: bytes) -> bytes:
    """Send to the portal and read until it hangs up."""
    with sock:
        sock.connect((LAN_GATEWAY, 80))
        sock.sendall(request)
        parts = []
        while part := sock.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def status_of(answer: bytes) -> int:
    """The status of an HTTP answer."""
    return parse_head(answer.partition(b"\r\n\r\n")[0])[0]


def open_page(visitor: Visitor) -> Ready:
    """Fetch the splash page. Raises ``WrongAnswer`` when the page is another one."""
    answer = exchange(prepared(visitor), request_bytes(target(PORTAL), "GET", {"Accept-Language": "en"}, b""))
    page = answer.partition(b"\r\n\r\n")[2].decode()
    form = next((form for form in forms(page) if form.action.startswith("/accept")), None)
    code = _CODE.search(page)
    if status_of(answer) != 200 or form is None or code is None:
        title = page.partition("<title>")[2].partition("</title>")[0]
        raise WrongAnswer(f"cannot open the splash page: status {status_of(answer)}, title {title!r}")
    tap = submission(PORTAL, form)
    return Ready(visitor, code[0], request_bytes(target(tap.url), "POST", tap.headers, tap.body))


def reaches_site(visitor: Visitor) -> bool:
    """Does a TCP connection to the WAN come about? False when it is refused."""
    with prepared(visitor) as sock:
        try:
            sock.connect((SITE, OTHER_PORT))
        except ConnectionRefusedError:
            return False
    return True


class Served(Struct, frozen=True):
    """What came of visitors who tapped ``at_once``."""

    seconds: float
    """From the first tap to the last answer."""
    waits: list[float]
    """Seconds from each visitor's tap (the connection's first packet) to the answer, unordered."""
    own_cpu: float
    """Seconds of processor time that the visitors themselves took."""


def tap_all(ready: Sequence[Ready], at_once: int) -> Served:
    """Everybody taps the button, so many of them at any time. Raises ``WrongAnswer`` when one is not let in."""
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.EpollSelector())
        waiting: Iterator[tuple[Ready, socket.socket]] = iter(
            [(one, stack.enter_context(contextlib.closing(prepared(one.visitor)))) for one in ready]
        )
        began: dict[int, float] = {}
        waits: list[float] = []

        def tap() -> None:
            one, sock = next(waiting, (None, None))
            if one is None or sock is None:
                return
            sock.setblocking(False)
            began[sock.fileno()] = time.perf_counter()
            sock.connect_ex((LAN_GATEWAY, 80))
            selector.register(sock, selectors.EVENT_WRITE, one.request)

        cpu, start = time.thread_time(), time.perf_counter()
        for _ in range(at_once):
            tap()
        while selector.get_map():
            events = selector.select(PATIENCE)
            if not events:
                raise WrongAnswer(f"cannot go on: {len(selector.get_map())} visitors have no answer after {PATIENCE} s")
            for key, _ in events:
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if key.data is not None:
                    sock.send(key.data)
                    selector.modify(sock, selectors.EVENT_READ)
                    continue
                answer = sock.recv(65_536)
                waits.append(time.perf_counter() - began[key.fd])
                selector.unregister(sock)
                sock.close()
                if not answer.startswith(b"HTTP/1.1 303"):
                    raise WrongAnswer(f"cannot accept: {answer[:40]!r}")
                tap()
        return Served(time.perf_counter() - start, waits, time.thread_time() - cpu)
