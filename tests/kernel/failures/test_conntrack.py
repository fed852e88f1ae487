"""The kernel's table of connections is full: of half-open ones that a flood left, or of established ones that nothing pushes out."""

import contextlib
import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

from firewall.elements import NLM_F_CREATE, NLM_F_REQUEST, attribute, message, nested
from firewall.kernel.conntrack import Conntrack
from firewall.kernel.netlink import NETLINK_NETFILTER, Netlink
from hotspot.lab import Hall
from hotspot.lab.namespaces import inside
from hotspot.lab.phone import Phone
from tests.kernel.failures import books
from tests.kernel.failures.fence import watched
from tests.kernel.failures.machine import joined
from tests.kernel.failures.visitors import downloading
from tests.kernel.visits import Download, accept, online, sessions, until

_NEW_CONNECTION = 1 << 8
_SEEN_REPLY, _ASSURED, _CONFIRMED = 0x2, 0x4, 0x8
_UDP = 17
_MARK = 0x4711
"""By which they are found and deleted; no grant has it."""
_AT_ONCE = 500
_SETTINGS = Path("/proc/sys/net/netfilter")


def _read(hall: Hall, name: str) -> int:
    return inside(hall.layout.gateway, lambda: int((_SETTINGS / name).read_text(encoding="ascii")))


def _tuple(source: bytes, source_port: int, destination: bytes, destination_port: int) -> bytes:
    addresses = nested(1, attribute(1, source) + attribute(2, destination))
    ports = attribute(2, struct.pack(">H", source_port)) + attribute(3, struct.pack(">H", destination_port))
    return addresses + nested(2, attribute(1, bytes((_UDP,))) + ports)


def _connection(number: int, status: int) -> bytes:
    """A connection of nobody, as ctnetlink takes it."""
    here, there = (ipaddress.ip_address(address).packed for address in ("192.0.2.1", f"192.0.2.{2 + number // 60_000}"))
    port = 1_024 + number % 60_000
    body = struct.pack("=BBH", 2, 0, 0) + nested(1, _tuple(here, port, there, 9)) + nested(2, _tuple(there, 9, here, port))
    body += attribute(3, struct.pack(">I", status)) + attribute(7, struct.pack(">I", 600)) + attribute(8, struct.pack(">I", _MARK))
    return message(_NEW_CONNECTION, NLM_F_REQUEST | NLM_F_CREATE, number + 1, body)


@contextlib.contextmanager
def _filled(hall: Hall, status: int) -> Iterator[None]:
    """The gateway's table is full of such connections while the context lasts."""
    most, number = _read(hall, "nf_conntrack_max"), 0
    with inside(hall.layout.gateway, lambda: Netlink(NETLINK_NETFILTER)) as kernel:
        kernel.listen()
        while _read(hall, "nf_conntrack_count") < most and number < most + 10_000:
            kernel.send(b"".join(_connection(each, status) for each in range(number, number + _AT_ONCE)))
            number += _AT_ONCE
            with contextlib.suppress(OSError):  # complaints about those that found no room
                kernel.collect()
    assert _read(hall, "nf_conntrack_count") >= most - _AT_ONCE
    try:
        yield
    finally:
        with inside(hall.layout.gateway, lambda: Netlink(NETLINK_NETFILTER)) as kernel:
            Conntrack(kernel).forget_marks([_MARK])


async def _more(download: Download, count: int) -> bool:
    return download.received > count


async def _let_in(phone: Phone) -> bool:
    return (await accept(phone)).status == 303


async def test_table_full_of_half_open_connections(hall: Hall) -> None:
    """They make room for real ones: everything goes on as if nothing were, new visitors too."""
    anna, bert = await joined(hall, "anna", "bert")
    assert (await accept(anna)).status == 303
    async with watched(hall, anna), downloading(anna) as download:
        with _filled(hall, _CONFIRMED):
            assert await online(anna)
            await until(lambda: _let_in(bert), 3)
            assert await online(bert)
    assert download.longest_gap < 2


async def test_table_full_of_established_connections(hall: Hall) -> None:
    """Nothing pushes them out: what is open goes on, no session ends and nobody gets out, but new connections mostly fail, to the portal as
    well; with room again all is well by itself."""
    anna, bert = await joined(hall, "anna", "bert")
    assert (await accept(anna)).status == 303
    async with watched(hall, anna) as fence, downloading(anna) as download:
        with _filled(hall, _CONFIRMED | _SEEN_REPLY | _ASSURED):
            before = download.received
            await until(lambda: _more(download, before + 1_000_000), 10)
            assert (len(sessions(hall)), await books.granted(hall), await fence.arrived()) == (1, {anna.mac}, 0)
        await until(lambda: _let_in(bert), 3)
        assert [await online(phone) for phone in (anna, bert)] == [True, True]
        assert (download.longest_gap < 2, await fence.arrived()) == (True, 0)
