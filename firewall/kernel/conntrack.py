"""Connections over ctnetlink: forget those of a client. ``include/uapi/linux/netfilter/nfnetlink_conntrack.h``.

A connection that began before acceptance may be bound to the portal (redirected port 80) or be half open; one that outlives its session
would go on where rules let replies pass. So both go when a grant comes or ends, IPv4 and IPv6.
"""

import errno
import ipaddress
import struct
from collections.abc import Collection, Iterable

from firewall.elements import NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, attribute, attributes, message, nested
from firewall.kernel.netlink import KernelRefused, Netlink

_GET, _DELETE = 1 << 8 | 1, 1 << 8 | 2
_CTA_TUPLE_ORIG, _CTA_MARK, _CTA_ID, _CTA_MARK_MASK = 1, 8, 12, 21
_CTA_TUPLE_IP, _CTA_IP_V4_SRC, _CTA_IP_V6_SRC = 1, 1, 3
_MOST_FLUSHES = 8


def _nfgen(family: int) -> bytes:
    return struct.pack("=BBH", family, 0, 0)


def _mark(mark: int) -> bytes:
    return attribute(_CTA_MARK, struct.pack(">I", mark)) + attribute(_CTA_MARK_MASK, b"\xff\xff\xff\xff")


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
        self._delete((body for body, mark, _ in self._dump(b"") if mark in wanted))

    def forget_captive(self, addresses: Collection[str]) -> None:
        """Delete every connection without a mark that one of these addresses has opened."""
        wanted = {ipaddress.ip_address(address).packed for address in addresses}
        if wanted:
            self._delete(body for body, _, source in self._dump(_mark(0)) if source in wanted)

    def count(self, mark: int) -> int:
        """How many connections carry a mark."""
        return sum(1 for _ in self._dump(_mark(mark)))

    def _dump(self, wanted: bytes) -> Iterable[tuple[bytes, int, bytes]]:
        """(attributes that name the connection, mark, source address) of each connection."""
        sequence = self._netlink.next_sequence()
        request = message(_GET, NLM_F_REQUEST | NLM_F_DUMP, sequence, _nfgen(0) + wanted)
        out: list[tuple[bytes, int, bytes]] = []
        try:
            for batch in self._netlink.dump(request, sequence, "list connections"):
                for each in batch:
                    name, mark, source = b"", 0, b""
                    for kind, payload in attributes(each.body, 4):
                        if kind == _CTA_TUPLE_ORIG:
                            name += nested(kind, payload)
                            source = _source(payload)
                        elif kind == _CTA_MARK:
                            mark = struct.unpack(">I", payload)[0]
                        elif kind == _CTA_ID:
                            name += attribute(kind, payload)
                    out.append((each.body[:4] + name, mark, source))
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


def _source(payload: bytes) -> bytes:
    for kind, inner in attributes(payload):
        if kind == _CTA_TUPLE_IP:
            for address_kind, address in attributes(inner):
                if address_kind in (_CTA_IP_V4_SRC, _CTA_IP_V6_SRC):
                    return address
    return b""
