"""The kernel seam: the only place with netlink and with the ``nft`` program.

netlink      a socket and its errors
nft          tables as text, map elements as bytes
tc           HTB qdiscs and classes
neighbours   links and neighbours: who is there
conntrack    connections: forget those of a client

``Kernel`` opens all of them. Everything here speaks to the network namespace that the process was started in.
"""

import contextlib
from pathlib import Path
from types import TracebackType

from firewall.kernel.conntrack import Conntrack
from firewall.kernel.neighbours import RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_TC, Neighbours
from firewall.kernel.netlink import NETLINK_NETFILTER, NETLINK_ROUTE, Netlink
from firewall.kernel.nft import NFNLGRP_NFTABLES, Elements, Listings
from firewall.kernel.tc import TrafficControl


class Kernel:
    """All sockets to the kernel. A context manager."""

    def __init__(self, runtime_dir: Path) -> None:
        self._stack = contextlib.ExitStack()
        opened = [self._stack.enter_context(Netlink(protocol)) for protocol in (NETLINK_NETFILTER,) * 4 + (NETLINK_ROUTE,) * 3]
        elements, readings, connections, places, route, shaping, beside = opened
        self.elements = Elements(elements)
        self.readings = Elements(readings)
        """For dumps that take several turns of the loop: they must not share a socket with transactions."""
        self.conntrack = Conntrack(connections)
        """For one worker thread."""
        self.conntrack_beside = Conntrack(places)
        """For another one."""
        self.neighbours = Neighbours(route)
        self.tc = TrafficControl(shaping)
        self.tc_beside = TrafficControl(beside)
        """For one worker thread: ``tc`` must not wait until it has made its classes."""
        self.listings = Listings(runtime_dir)
        self.ruleset_events = self._stack.enter_context(Netlink(NETLINK_NETFILTER, (NFNLGRP_NFTABLES,)))
        self.link_events = self._stack.enter_context(Netlink(NETLINK_ROUTE, (RTNLGRP_LINK, RTNLGRP_TC)))
        self.neighbour_events = self._stack.enter_context(Netlink(NETLINK_ROUTE, (RTNLGRP_NEIGH,)))
        self.own_ports = frozenset(each.port for each in opened)
        self.link_events.ignore([shaping.port, beside.port])
        for events in (self.ruleset_events, self.link_events, self.neighbour_events):
            events.listen()

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()
