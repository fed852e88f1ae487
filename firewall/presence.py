"""Which client is there, and when it was last heard of: pure. Fed with what the kernel tells of its neighbours (``ip neighbour``)."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE = 0x02, 0x04, 0x08, 0x10
NUD_FAILED, NUD_PERMANENT = 0x20, 0x80
_KNOWN = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT

ASK_AFTER = 60.0
"""Seconds of quiet after which a client with an idle time is asked whether it is still there; never later than half its idle time."""
ASK_EVERY = 20.0
"""Seconds between two such questions to the same client."""


class Neighbour(Struct, frozen=True):
    """One entry of the kernel's neighbour table."""

    interface: int
    """Interface index."""
    ip: str
    mac: str
    """Empty when the kernel does not know one."""
    state: int
    """``NUD_*`` bits."""
    gone: bool = False
    """The kernel removed the entry."""


class Presence:
    """The neighbours on guest interfaces, by address and by client."""

    def __init__(self) -> None:
        self._by_ip: dict[tuple[int, str], str] = {}
        self._ips: dict[tuple[int, str], set[str]] = {}
        self._heard: dict[tuple[int, str], float] = {}
        self._asked: dict[tuple[int, str], float] = {}

    def take(self, neighbour: Neighbour, now: float) -> None:
        """Note one entry or event. Only a confirmed reachability says that the client was heard: a stale entry says nothing."""
        key = (neighbour.interface, neighbour.ip)
        if neighbour.gone or not neighbour.mac or not neighbour.state & _KNOWN:
            self._forget(key)
            return
        if (before := self._by_ip.get(key)) is not None and before != neighbour.mac:
            self._forget(key)
        client = (neighbour.interface, neighbour.mac)
        self._by_ip[key] = neighbour.mac
        self._ips.setdefault(client, set()).add(neighbour.ip)
        if neighbour.state & NUD_REACHABLE:
            self._heard[client] = now

    def _forget(self, key: tuple[int, str]) -> None:
        mac = self._by_ip.pop(key, None)
        if mac is not None:
            ips = self._ips[key[0], mac]
            ips.discard(key[1])
            if not ips:
                del self._ips[key[0], mac]
                self._heard.pop((key[0], mac), None)
                self._asked.pop((key[0], mac), None)

    def forget_interface(self, interface: int) -> None:
        """The link is gone, and its neighbours with it."""
        for key in [key for key in self._by_ip if key[0] == interface]:
            self._forget(key)

    def mac(self, interface: int, ip: str) -> str | None:
        """Which client has this address."""
        return self._by_ip.get((interface, ip))

    def addresses(self, interface: int, mac: str) -> frozenset[str]:
        """All addresses of a client."""
        return frozenset(self._ips.get((interface, mac), ()))

    def heard(self, interface: int, mac: str) -> float:
        """When the client was last confirmed to be there, CLOCK_BOOTTIME seconds; 0 if never."""
        return self._heard.get((interface, mac), 0.0)

    def count(self, interface: int) -> int:
        """Clients that are known on an interface."""
        return sum(1 for known, _ in self._ips if known == interface)

    def to_ask(self, quiet_clients: Mapping[tuple[int, str], tuple[float, float]], now: float) -> Iterator[tuple[int, str]]:
        """(interface, address) of the clients that should be asked now. ``quiet_clients``: client -> (seconds quiet, idle time)."""
        for client, (quiet, idle) in quiet_clients.items():
            if quiet >= min(ASK_AFTER, idle / 2) and now - self._asked.get(client, -ASK_EVERY) >= min(ASK_EVERY, idle / 4):
                if client in self._ips:
                    self._asked[client] = now
                for ip in self._ips.get(client, ()):
                    yield client[0], ip
