"""Connections over ctnetlink: forget those of a client. ``include/uapi/linux/netfilter/nfnetlink_conntrack.h``.

A connection that began before acceptance may be bound to the portal (redirected port 80) or be half open; one that outlives its session
would go on where rules let replies pass. So both go when a grant comes or ends, IPv4 and IPv6.
"""

import errno
import ipaddress
import struct
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from firewall.elements import NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, attribute, attributes, message, nested
from firewall.kernel.netlink import KernelRefused, Netlink

_GET, _DELETE = 1 << 8 | 1, 1 << 8 | 2
_CTA_TUPLE_ORIG, _CTA_MARK, _CTA_ID, _CTA_MARK_MASK, _CTA_FILTER = 1, 8, 12, 21, 25
_CTA_TUPLE_IP, _CTA_TUPLE_PROTO = 1, 2
_BY_SOURCE = nested(_CTA_FILTER, attribute(1, struct.pack("=I", 1)))
"""CTA_FILTER_ORIG_FLAGS with CTA_FILTER_F_CTA_IP_SRC: of the tuple only the source address counts."""
_CAPTURED = 0x1
"""Mark that ``ruleset.nft`` gives to redirected connections; the first slot is 0x10, so no grant has it."""
_FIRST_MARK = 0x10000
"""Marks of grants begin here: generation 1."""
_MOST_FLUSHES = 8
_MOST_SOURCES = 32
"""A flush by source costs about 1 ms with 6,000 connections, a dump of them 50 ms, 9 of which for the walk alone."""


def _nfgen(family: int) -> bytes:
    return struct.pack("=BBH", family, 0, 0)


def _mark(mark: int) -> bytes:
    return attribute(_CTA_MARK, struct.pack(">I", mark)) + attribute(_CTA_MARK_MASK, b"\xff\xff\xff\xff")


class _Connection(NamedTuple):
    name: bytes
    """Body of a request that means this connection."""
    mark: int
    source: bytes
    """Of the first packet."""
    destination: bytes
    protocol: int
    port: int
    """Destination port of the first packet, 0 where the protocol has none."""


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Place(NamedTuple):
    """Where connections lead to."""

    network: Network
    protocol: int | None = None
    """6 or 17; None: any."""
    port: int = 0


class Conntrack:
    """The connection table. Its calls walk the whole table in the kernel: run them off the event loop."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink
        self._filters = True

    def forget_marks(self, marks: Collection[int]) -> None:
        """Delete every connection that carries one of these marks."""
        if len(marks) <= _MOST_FLUSHES:
            for mark in marks:
                sequence = self._netlink.next_sequence()
                request = message(_DELETE, NLM_F_REQUEST | NLM_F_ACK, sequence, _nfgen(0) + _mark(mark))
                self._netlink.acknowledged(request, sequence, "forget connections")
            return
        wanted = set(marks)
        self._delete(each.name for each in self._dump(b"") if each.mark in wanted)

    def forget_captured(self, addresses: Collection[str]) -> None:
        """Delete every redirected connection that one of these addresses has opened while it was captive."""
        wanted = {ipaddress.ip_address(address).packed for address in addresses}
        if len(wanted) <= _MOST_SOURCES and self._filters:
            try:
                for address in wanted:
                    self._flush(address)
            except KernelRefused as refused:
                if refused.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                    raise
                self._filters = False  # an older kernel cannot filter a flush by address
            else:
                return
        if wanted:
            self._delete(each.name for each in self._dump(_mark(_CAPTURED)) if each.source in wanted)

    def forget_places(self, places: Sequence[Place], slots: Collection[int]) -> None:
        """Delete every connection to one of these places that belongs to a grant with one of these slots."""
        self._delete(
            each.name
            for each in self._dump(b"")
            if each.mark >= _FIRST_MARK and each.mark & 0xFFFF in slots and any(_leads_to(each, place) for place in places)
        )

    def _flush(self, address: bytes) -> None:
        """The kernel skips empty chains, which makes this some ten times as fast as a dump."""
        family, kind = (2, 1) if len(address) == 4 else (10, 3)
        sequence = self._netlink.next_sequence()
        source = nested(_CTA_TUPLE_ORIG, nested(_CTA_TUPLE_IP, attribute(kind, address)))
        body = struct.pack("=BBH", family, 1, 0) + _mark(_CAPTURED) + source + _BY_SOURCE
        self._netlink.acknowledged(message(_DELETE, NLM_F_REQUEST | NLM_F_ACK, sequence, body), sequence, "forget connections")

    def _dump(self, wanted: bytes) -> Iterable[_Connection]:
        sequence = self._netlink.next_sequence()
        request = message(_GET, NLM_F_REQUEST | NLM_F_DUMP, sequence, _nfgen(0) + wanted)
        out: list[_Connection] = []
        try:
            for batch in self._netlink.dump(request, sequence, "list connections"):
                out.extend(_connection(each.body) for each in batch)
        except KernelRefused as refused:
            if refused.errno != errno.EINTR:  # entries came and went meanwhile: those that matter here were there all the time
                raise
        return out

    def _delete(self, bodies: Iterable[bytes]) -> None:
        for body in bodies:
            sequence = self._netlink.next_sequence()
            try:
                self._netlink.acknowledged(message(_DELETE, NLM_F_REQUEST | NLM_F_ACK, sequence, body), sequence, "forget a connection")
            except KernelRefused as refused:
                if refused.errno != errno.ENOENT:  # ended by itself
                    raise


def _connection(body: bytes) -> _Connection:
    name, mark = body[:4], 0
    source, destination, protocol, port = b"", b"", 0, 0
    for kind, payload in attributes(body, 4):
        if kind == _CTA_TUPLE_ORIG:
            name += nested(kind, payload)
            source, destination, protocol, port = _tuple(payload)
        elif kind == _CTA_MARK:
            mark = struct.unpack(">I", payload)[0]
        elif kind == _CTA_ID:
            name += attribute(kind, payload)
    return _Connection(name, mark, source, destination, protocol, port)


def _tuple(payload: bytes) -> tuple[bytes, bytes, int, int]:
    """Source, destination, protocol and destination port in a tuple attribute. Addresses are of type 1 and 2 (IPv4), 3 and 4 (IPv6)."""
    inside = {outer: dict(attributes(inner)) for outer, inner in attributes(payload)}
    ips, protocol = inside.get(_CTA_TUPLE_IP, {}), inside.get(_CTA_TUPLE_PROTO, {})
    port = protocol.get(3, b"")
    return (
        ips.get(1) or ips.get(3) or b"",
        ips.get(2) or ips.get(4) or b"",
        protocol.get(1, b"\0")[0],
        int.from_bytes(port, "big") if len(port) == 2 else 0,
    )


def _leads_to(connection: _Connection, place: Place) -> bool:
    network = place.network
    return (
        len(connection.destination) == network.max_prefixlen // 8
        and int.from_bytes(connection.destination, "big") & int(network.netmask) == int(network.network_address)
        and (place.protocol is None or (connection.protocol, connection.port) == (place.protocol, place.port))
    )
