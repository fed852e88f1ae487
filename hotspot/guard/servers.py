"""Servers that are not the gateway's (pure): DHCP for IPv4 and IPv6, and routers that advertise themselves."""

from collections import deque

from hotspot.guard.frames import ADVERTISE6, RECONFIGURE6, REPLY6, REQUEST, REQUEST6, Advertisement, Dhcp, Dhcp6
from hotspot.guard.hall import Hall, network_text

OWN_DUIDS = 8
"""Of the gateway: one for each of its DHCPv6 servers."""
LEARNING = 30.0
"""Seconds after the start in which a client may still name a DHCPv6 server of the gateway that the guard has not heard."""
TRANSACTIONS = 2
"""Different requests within ``WITHIN`` that name a foreign server. One alone may be from a phone that has just changed networks."""
WITHIN = 600.0


class Servers:
    """Foreign servers."""

    def __init__(self, hall: Hall, now: float) -> None:
        self._hall, self._started = hall, now
        self._duids: deque[bytes] = deque(maxlen=OWN_DUIDS)
        self._named: deque[tuple[float, int]] = deque(maxlen=TRANSACTIONS)

    def own(self, said: Dhcp6) -> None:
        """The gateway's own DHCPv6 server speaks."""
        if said.server and said.server not in self._duids:
            self._duids.append(said.server)

    def dhcp(self, said: Dhcp, now: float) -> None:
        """Answers of a foreign server, or a client that follows one. A phone that comes with an address of another network names no server
        (RFC 2131 table 5)."""
        if said.reply:
            given = {"network": network_text(said.given)} if any(said.given) else {}
            self._hall.see("rogue-dhcp", now, said.source, **given)
            return
        own = self._hall.gateway.addresses
        if said.kind != REQUEST or not said.server or not own or said.server in own:
            return
        if all(transaction != said.transaction for _, transaction in self._named):
            self._named.append((now, said.transaction))
        if len(self._named) == TRANSACTIONS and now - self._named[0][0] <= WITHIN:
            self._hall.see("rogue-dhcp", now, b"")

    def dhcp6(self, said: Dhcp6, now: float) -> None:
        """The same for IPv6."""
        if said.kind in (ADVERTISE6, REPLY6, RECONFIGURE6):
            self._hall.see("rogue-dhcp6", now, said.source)
        elif said.kind == REQUEST6 and said.server and said.server not in self._duids and now - self._started > LEARNING:
            self._hall.see("rogue-dhcp6", now, b"")

    def advertisement(self, said: Advertisement, now: float) -> None:
        """Only the gateway advertises itself here."""
        self._hall.see("rogue-ra", now, said.source)
