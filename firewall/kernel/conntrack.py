"""Connections over ctnetlink: forget those of a client. ``include/uapi/linux/netfilter/nfnetlink_conntrack.h``.

A connection that began before acceptance may be bound to the portal (redirected port 80) or be half open; one that outlives its session
would go on where rules let replies pass. So both go when a grant comes or ends, IPv4 and IPv6.
"""

import errno
import ipaddress
import socket
import struct
from collections.abc import Collection, Iterable
from typing import NamedTuple

from firewall.elements import NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, attribute, attributes, message, nested
from firewall.kernel.netlink import KernelRefused, Netlink

_GET, _DELETE = 1 << 8 | 1, 1 << 8 | 2
_CTA_TUPLE_ORIG, _CTA_MARK, _CTA_ID, _CTA_MARK_MASK, _CTA_FILTER = 1, 8, 12, 21, 25
_CTA_TUPLE_IP = 1
_CTA_FILTER_ORIG_FLAGS, _CTA_FILTER_REPLY_FLAGS = 1, 2
_BY_SOURCE = 1
"""Bit of the filter's flags: the source address must match (Linux 5.8)."""
_MOST_FLUSHES = 8
_MOST_WALKS = 8
"""Walks through the table, one for each address, that are cheaper than taking all of it: the kernel skips ten times as fast as it tells."""


def _nfgen(family: int) -> bytes:
    return struct.pack("=BBH", family, 0, 0)


def _mark(mark: int) -> bytes:
    return attribute(_CTA_MARK, struct.pack(">I", mark)) + attribute(_CTA_MARK_MASK, b"\xff\xff\xff\xff")


def _source4(source: bytes) -> bytes:
    """By this the kernel lists only connections from this IPv4 address. With an IPv6 address it would list all others (Linux 6.18)."""
    flags = attribute(_CTA_FILTER_ORIG_FLAGS, struct.pack("=I", _BY_SOURCE)) + attribute(_CTA_FILTER_REPLY_FLAGS, struct.pack("=I", 0))
    return nested(_CTA_TUPLE_ORIG, nested(_CTA_TUPLE_IP, attribute(1, source))) + nested(_CTA_FILTER, flags)


def _first_source(body: bytes) -> bytes:
    """Source address where it always is: the tuple is the first attribute, and the source the first in it."""
    return body[16:20] if body[0] == socket.AF_INET else body[16:32]


class _Connection(NamedTuple):
    name: bytes
    """Body of a request that means this connection."""
    mark: int
    source: bytes
    """Of the first packet."""
    destination: bytes


class Conntrack:
    """The connection table. Its calls walk the whole table in the kernel: run them off the event loop."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink

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

    def forget_captive(self, addresses: Collection[str], own: Collection[str]) -> None:
        """Delete every connection without a mark that one of these addresses has opened, but for those to the gateway's ``own`` addresses:
        on one of them the client may be asking for the page that tells it that it is online."""
        wanted, kept = ({ipaddress.ip_address(address).packed for address in each} for each in (addresses, own))
        old = {source for source in wanted if len(source) == 4}
        found = [] if wanted == old else self._dump(_mark(0), socket.AF_INET6, wanted - old)
        if len(old) <= _MOST_WALKS:
            found += [each for source in old for each in self._dump(_mark(0) + _source4(source), socket.AF_INET)]
        else:
            found += self._dump(_mark(0), socket.AF_INET, old)
        self._delete(each.name for each in found if each.source in wanted and each.destination not in kept)

    def count(self, mark: int) -> int:
        """How many connections carry a mark."""
        return sum(1 for _ in self._dump(_mark(mark)))

    def _dump(self, wanted: bytes, family: int = 0, sources: Collection[bytes] | None = None) -> list[_Connection]:
        """Connections that the kernel finds ``wanted``; with ``sources`` only those from there, the others are not even parsed."""
        sequence = self._netlink.next_sequence()
        request = message(_GET, NLM_F_REQUEST | NLM_F_DUMP, sequence, _nfgen(family) + wanted)
        out: list[_Connection] = []
        try:
            for batch in self._netlink.dump(request, sequence, "list connections"):
                out.extend(_connection(each.body) for each in batch if sources is None or _first_source(each.body) in sources)
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
    name, mark, source, destination = body[:4], 0, b"", b""
    for kind, payload in attributes(body, 4):
        if kind == _CTA_TUPLE_ORIG:
            name += nested(kind, payload)
            source, destination = _addresses(payload)
        elif kind == _CTA_MARK:
            mark = struct.unpack(">I", payload)[0]
        elif kind == _CTA_ID:
            name += attribute(kind, payload)
    return _Connection(name, mark, source, destination)


def _addresses(payload: bytes) -> tuple[bytes, bytes]:
    """Source and destination in a tuple attribute: types 1 and 2 are IPv4's, 3 and 4 IPv6's."""
    found = {kind: address for outer, inner in attributes(payload) if outer == _CTA_TUPLE_IP for kind, address in attributes(inner)}
    return found.get(1) or found.get(3) or b"", found.get(2) or found.get(4) or b""
