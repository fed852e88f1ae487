"""The sockets that visitors reach: capture, pages, and pages over TLS, per zone and address family.

With ``lan`` set they are bound to that interface (SO_BINDTODEVICE, free to all since Linux 5.7), which keeps them shut from the WAN. The
kernel binds to the interface as it is now, not to its name: when it is taken away and made anew, the sockets are opened again.

systemd keeps a copy of each (hotspot.handed): a portal that is started anew goes on with them, and who came meanwhile has waited.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import structlog

from hotspot.handed import Handed, Where
from hotspot.portal.capture import CaptureServer
from hotspot.portal.desk import Desk
from hotspot.portal.door import serving
from hotspot.portal.office import Office
from hotspot.portal.settings import Zone
from hotspot.portal.web import make_app

BACKLOG = 1_024
LOOK_SECONDS = 1.0
"""How often it is looked whether the interface is still the same."""

log = structlog.get_logger("listeners")


class CannotListen(Exception):
    """A port cannot be had; the text names zone, address and reason."""


def open_sockets(zone: Zone, port: int, handed: Handed | None = None) -> list[socket.socket]:
    """Listening sockets on every address of the zone, those that were handed over first. Raises ``CannotListen``, or ``OSError`` (ENODEV)
    while the interface is missing."""
    handed = Handed() if handed is None else handed
    opened: list[socket.socket] = []
    address = ""
    try:
        for address in zone.listen:
            where = Where.of(address, port, zone.lan)
            if (former := handed.take(where)) is not None:
                opened.append(former)
                former.listen(BACKLOG)
                continue
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
            opened.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if zone.lan is not None:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, zone.lan.encode())
            listener.bind((address, port))
            listener.listen(BACKLOG)
            handed.keep(where, listener)
    except OSError as error:
        for listener in opened:
            listener.close()
        if error.errno == errno.ENODEV:
            raise
        raise CannotListen(f"cannot listen for zone {zone.name} on {address} port {port}: {error.strerror}") from error
    return opened


@contextmanager
def _held(sockets: list[socket.socket]) -> Iterator[list[socket.socket]]:
    try:
        yield sockets
    finally:
        for listener in sockets:
            listener.close()


def _ports(zone: Zone, tls: ssl.SSLContext | None) -> list[int]:
    return [zone.capture_port, zone.portal_port, *([zone.portal_tls_port] if tls else [])]


@asynccontextmanager
async def _doors(office: Office, desk: Desk, zone: Zone, tls: ssl.SSLContext | None, handed: Handed) -> AsyncIterator[None]:
    """All listeners of a zone, while the context lasts."""
    probes = office.metrics.probes

    def on_probe(family: str) -> None:
        probes.labels(zone.name, family).inc()

    async with AsyncExitStack() as stack:
        capture, plain, *secure = [stack.enter_context(_held(open_sockets(zone, port, handed))) for port in _ports(zone, tls)]
        guests = [(listener, None) for listener in plain] + [(listener, tls) for several in secure for listener in several]
        await stack.enter_async_context(serving(make_app(desk, office.settings, zone.name), guests))
        await stack.enter_async_context(CaptureServer(capture, lambda: office.address(zone.portal_url), on_probe))
        yield


def _interface(zone: Zone) -> int:
    """Number of the zone's interface, 0 while it is missing or none is asked for."""
    try:
        return socket.if_nametoindex(zone.lan) if zone.lan is not None else 0
    except OSError:
        return 0


async def serve_zone(office: Office, desk: Desk, zone: Zone, tls: ssl.SSLContext | None, handed: Handed | None = None) -> None:
    """Serve until cancelled, over every new life of the interface. Raises ``CannotListen``."""
    said, handed = "", Handed() if handed is None else handed
    while True:
        interface = _interface(zone)
        try:
            async with _doors(office, desk, zone, tls, handed):
                office.closed_zones.pop(zone.name, None)
                log.info("zone served", zone=zone.name, lan=zone.lan or "*", tls=tls is not None)
                said = ""
                office.doors_changed.set()
                while _interface(zone) == interface:  # noqa: ASYNC110  events of links are netlink, which is not spoken here
                    await asyncio.sleep(LOOK_SECONDS)
            for port in _ports(zone, tls):
                for address in zone.listen:
                    handed.drop(Where.of(address, port, zone.lan))  # bound to an interface that is no more
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise
        office.closed_zones[zone.name] = f"interface {zone.lan} is missing or was replaced"
        office.doors_changed.set()
        if not said:
            said = office.closed_zones[zone.name]
            log.warning("zone not served", zone=zone.name, why=said)
        if not _interface(zone):
            await asyncio.sleep(LOOK_SECONDS)
