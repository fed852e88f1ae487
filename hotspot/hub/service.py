"""A hub process: connects, looks that the tables are those of this version, serves, works through its jobs; stops on SIGTERM and SIGINT."""

import argparse
import asyncio
import errno
import signal
import socket
import ssl
import sys
from asyncio import sslproto
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from hotspot.handed import Where, received
from hotspot.hub import jobs
from hotspot.hub.app import make_runner
from hotspot.hub.certificates import work as certificates
from hotspot.hub.entrance import Entrance, Site
from hotspot.hub.hub import Hub
from hotspot.hub.schedule import JOBS
from hotspot.hub.settings import BadSettings, Settings, load
from hotspot.hub.store import Store, StoreUnavailable, marks, migrations, partitions
from hotspot.notify import notify, watchdog

TLS_BUFFER = 16 * 1024
"""Bytes that asyncio sets aside for each encrypted connection, whether it ever needs them or not: one record of TLS, instead of 256 KiB. A
thousand gateways on their long polls make that 280 MB less."""
CIPHERS = "ECDHE+AESGCM"
"""Of TLS 1.2: what TR-02102-2 of the BSI recommends and every gateway and browser knows. Python cannot choose among those of 1.3."""
SHUTDOWN = 5.0
"""Seconds for requests in hand when the process stops; long polls are answered at once."""

HANDSHAKE = 5.0
"""Seconds for handshakes and headers that are half done then: over a line that loses packets one may take three. Others wait outside, with
systemd, and are served by the next process."""

CLOSING = 3.0
"""Seconds for systemd to close what nobody wants any more."""

DEFER = 5
"""Seconds for which the kernel waits for the first bytes of a connection before it hands it over without."""

log = structlog.get_logger("hub")


class CannotServe(Exception):
    """The hub cannot run; the text says why."""


class Service:
    """One hub process. ``addresses`` are known when ``serve`` calls ``on_ready``."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = asyncio.Event()
        self.addresses: list[tuple[str, int]] = []

    async def serve(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Run until ``stopping`` is set. Raises ``CannotServe`` and ``StoreUnavailable``."""
        async with AsyncExitStack() as parts:
            store = await parts.enter_async_context(Store(self.settings.database, self.settings.connections))
            async with store.connection() as connection:
                try:
                    fresh = await migrations.pending(connection)
                except migrations.CannotMigrate as error:
                    raise CannotServe(str(error)) from None
            if fresh:
                raise CannotServe(f"cannot serve: {fresh[0].name} is not in the database yet: run 'hotspot hub migrate'")
            hub = Hub(self.settings, store)
            async with store.connection() as connection:
                await partitions.ahead(connection, hub.now())  # however long nothing ran: there is room for what comes now
            await self._listen(parts, hub)
            async with store.connection() as connection:
                await marks.count(connection, marks.STARTS, hub.now())
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(work) for work in (store.listen(), jobs.run(hub, JOBS), certificates.run(hub), watchdog())]
                notify("READY=1")
                log.info("ready", addresses=[f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.addresses])
                on_ready()
                await self.stopping.wait()
                notify("STOPPING=1")
                for task in tasks:
                    task.cancel()

    async def _listen(self, parts: AsyncExitStack, hub: Hub) -> None:
        tls = tls_of(self.settings)
        runner = make_runner(hub, SHUTDOWN)
        await runner.setup()
        parts.push_async_callback(runner.cleanup)
        handed, listeners, entrance = received(), list[socket.socket](), Entrance(HANDSHAKE)
        parts.push_async_callback(_last_in, listeners, entrance)
        there = {where: handed.take(where) for where in (Where.of(host, port) for host, port in self.settings.listen)}
        # First of all: one on 0.0.0.0 that nobody wants any more would keep another off the same port.
        if unwanted := handed.close_rest():
            log.warning("handed over for nothing", listeners=[where.label for where in unwanted])
        for host, port in self.settings.listen:
            where = Where.of(host, port)
            if (listener := there[where]) is None:
                listener = await _open(host, port, patient=bool(unwanted))
                handed.keep(where, listener)
            listeners.append(listener)
            # A connection is handed over with its first bytes: whoever is in has said something, also when this process is to end.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER)
            await Site(runner, listener, entrance, tls, 1_024).start()
        self.addresses = [(str(address[0]), int(address[1])) for address in runner.addresses]


async def _last_in(listeners: list[socket.socket], entrance: Entrance) -> None:
    """Take no more connections, and let those who were just accepted in: asyncio would lose them when it closes the listener, and aiohttp
    those whose handshake is not over."""
    for listener in listeners:
        asyncio.get_running_loop().remove_reader(listener)
    await entrance.empty()


async def _open(host: str, port: int, *, patient: bool) -> socket.socket:
    """A listening socket; one for IPv6 takes no IPv4. ``patient``: systemd is just closing others, maybe on this port. Raises
    ``CannotServe``."""
    until = asyncio.get_running_loop().time() + CLOSING
    while True:
        try:
            return _opened(host, port)
        except CannotServe as error:
            taken = isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE
            if not (patient and taken) or asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(0.02)


def _opened(host: str, port: int) -> socket.socket:
    """Raises ``CannotServe``."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1_024)
    except OSError as error:
        hint = "; is hotspot-hub.socket started, which opens it?" if error.errno == errno.EACCES else ""
        raise CannotServe(f"cannot listen on {host}:{port}: {error.strerror or error}{hint}") from error


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """What the hub's own listener speaks; None: plain HTTP. Raises ``CannotServe``."""
    if settings.certificate is None:
        return None
    sslproto.SSLProtocol.max_size = TLS_BUFFER
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers(CIPHERS)
    try:
        tls.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:  # ssl.SSLError is one
        raise CannotServe(f"cannot use certificate {settings.certificate} with key {settings.key}: {error}") from None
    return tls


async def _run(settings: Settings) -> None:
    service = Service(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stopping.set)
    await service.serve()


def main(argv: list[str] | None = None) -> int:
    """``hotspot hub serve --config hub.toml [--check-config]``; returns the exit status: 2 for bad settings, certificate and key among
    them, which no new start mends; 1 when it cannot run now. That is also what tables of another version are: they are brought up to date,
    or this program is, while it is started again and again, and an update restarts what was at it (docs/operations.md)."""
    parser = argparse.ArgumentParser(prog="hotspot hub serve", description="The city's web: reports, policy, API.")
    parser.add_argument("--config", type=Path, required=True, help="settings file (TOML)")
    parser.add_argument("--check-config", action="store_true", help="only check the settings file, with certificate and key")
    arguments = parser.parse_args(argv)
    try:
        settings = load(arguments.config)
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        tls_of(settings)
    except CannotServe as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if arguments.check_config:
        return 0
    try:
        asyncio.run(_run(settings))
    except CannotServe as error:
        log.critical("cannot run", why=str(error))
        return 1
    except StoreUnavailable as error:
        log.critical("cannot run", why=f"PostgreSQL ('database' in {arguments.config}): {error}")
        return 1
    return 0
