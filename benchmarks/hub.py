"""What the benchmarks of the hub share: a city with thousands of gateways in a private PostgreSQL that flushes to the disk, hub processes
as ``hotspot hub serve`` runs them, and clients that are quick enough not to be measured themselves.

Requests go over plain HTTP on loopback, as from a proxy that speaks TLS in front: few connections, kept open, with the requests of many
gateways. Latency counts from the moment at which a request was due, not from when it could be sent at last.
"""

import asyncio
import contextlib
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.crowd import WrongAnswer
from hotspot import wire
from hotspot.hub.access import ALLOWED, Role
from hotspot.hub.store import Store, migrations, people
from hotspot.hub.tokens import hashed, make
from hotspot.lab.postgres import Cluster

PARTNERS = 50
SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "5min",
    "effective_cache_size": "4GB",
    "wal_compression": "lz4",
}
"""As a town's server would have them; commits wait for the disk."""
READY_SECONDS = 30.0
SERVE = ("-m", "hotspot", "hub", "serve")


class Failed(WrongAnswer):
    """The hub did something wrong, or did not come up."""


# City -----------------------------------------------------------------------------------------------------------------------------------


class City:
    """A database with halls and gateways, one in each hall, and a folder for what hub processes need."""

    def __init__(self, cluster: Cluster, folder: Path, store: Store, gateways: int, token: str) -> None:
        self.cluster, self.folder, self.store, self.gateways, self.token = cluster, folder, store, gateways, token

    @staticmethod
    def credential(number: int) -> str:
        """Of gateway ``number`` (from 1 on); the database has its SHA-256."""
        return f"hsc_{number:043d}"

    @staticmethod
    def stream(number: int) -> str:
        """Name of the stream in which that gateway reports."""
        return f"{number:032x}"

    async def value(self, sql: str, *arguments: object) -> Any:
        """One value of the database."""
        async with self.store.connection() as connection:
            return await connection.fetchval(sql, *arguments, timeout=600)

    async def run(self, sql: str, *arguments: object) -> None:
        """A statement that may take long."""
        async with self.store.connection() as connection:
            await connection.execute(sql, *arguments, timeout=600)


@contextlib.asynccontextmanager
async def city(gateways: int) -> AsyncIterator[City]:
    """A city; it is gone afterwards. The cluster lies in /var/tmp, which is a disk."""
    with (
        tempfile.TemporaryDirectory(prefix="hotspot-benchmark-", dir="/var/tmp") as name,
        _on_disk(),
        Cluster(durable=True, settings=SETTINGS) as cluster,
    ):
        async with Store(cluster.dsn(), connections=4, application="benchmark", timeout=600.0) as store:
            async with store.connection() as connection:
                await migrations.migrate(connection)
            token = await _people(store)
            made = City(cluster, Path(name), store, gateways, token)
            await made.run("INSERT INTO partners (name, title) SELECT 'town' || n, 'Town ' || n FROM generate_series(1, $1) n", PARTNERS)
            await made.run(
                "INSERT INTO halls (partner_id, name, title) SELECT p.id, 'hall' || n, 'Hall ' || n FROM generate_series(1, $1) n "
                "JOIN partners p ON p.name = 'town' || (n % $2 + 1) ORDER BY n",
                gateways,
                PARTNERS,
            )
            await made.run("INSERT INTO gateways (hall_id, name) SELECT id, name FROM halls ORDER BY id")
            await made.run(
                "INSERT INTO credentials (gateway_id, secret_hash, first_used_at) "
                "SELECT id, sha256(convert_to('hsc_' || lpad(id::text, 43, '0'), 'UTF8')), now() FROM gateways"
            )
            await made.run("VACUUM ANALYZE")
            yield made


@contextlib.contextmanager
def _on_disk() -> Iterator[None]:
    """Temporary folders in /var/tmp meanwhile: /tmp may lie in memory, where a flush costs nothing."""
    before, tempfile.tempdir = tempfile.tempdir, "/var/tmp"
    try:
        yield
    finally:
        tempfile.tempdir = before


async def _people(store: Store) -> str:
    secret = make("token")
    async with store.transaction() as connection:
        user = await people.add_user(connection, "benchmark", Role.HOST_ADMIN, None)
        now = await connection.fetchval("SELECT now() + interval '1 day'")
        await people.add_token(connection, user, "benchmark", hashed(secret), ALLOWED[Role.HOST_ADMIN], now)
    return secret


# Hub processes --------------------------------------------------------------------------------------------------------------------------


class Process:
    """One ``hotspot hub serve``."""

    def __init__(self, child: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.child, self.port, self.log = child, port, log

    def kill(self) -> None:
        """SIGKILL."""
        self.child.kill()
        self.child.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that is not enough."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def rss(self) -> int:
        """Bytes of memory."""
        fields = Path("/proc", str(self.child.pid), "status").read_text().split("VmRSS:")[1].split()
        return int(fields[0]) * 1_024

    @property
    def cpu(self) -> float:
        """Seconds of processor time."""
        return time.clock_gettime((~self.child.pid << 3) | 2)


@contextlib.contextmanager
def hub_process(made: City, *settings: str) -> Iterator[Process]:
    """A running hub process on a port of its own; lines of ``settings`` are added to its hub.toml."""
    folder = Path(tempfile.mkdtemp(dir=made.folder))
    config, log, ready = folder / "hub.toml", folder / "log", folder / "notify"
    port = _free_port()
    lines = [f"database = {json.dumps(made.cluster.dsn())}", f'listen = ["127.0.0.1:{port}"]', *settings]
    config.write_text("\n".join(lines) + "\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, log.open("wb") as output:
        told.bind(str(ready))
        told.settimeout(READY_SECONDS)
        words = [sys.executable, "-P", *SERVE, "--config", str(config)]
        environment = {**os.environ, "NOTIFY_SOCKET": str(ready)}
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True)
        process = Process(child, port, log)
        try:
            try:
                while b"READY=1" not in told.recv(4_096):
                    pass
            except TimeoutError:
                raise Failed(f"cannot go on: the hub is not ready: {log.read_text()[-1_000:]}") from None
            yield process
        finally:
            process.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Clients --------------------------------------------------------------------------------------------------------------------------------


class Answer(Struct, frozen=True):
    """What came back."""

    status: int
    body: bytes


class Connection:
    """One HTTP/1.1 connection, kept open; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> "Connection":
        """Connect; raises ``OSError``."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**22))

    async def ask(self, request: bytes) -> Answer:
        """Send what ``post`` or ``get`` made. Raises ``OSError`` and ``EOFError`` when the connection is cut."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 : head.index(b"\r", at)]) if at >= 0 else 0
        return Answer(status, await self._reader.readexactly(length) if length else b"")

    def close(self) -> None:
        """Cut it."""
        self._writer.close()


def post(path: str, credential: str, body: bytes, *, zipped: bool = True) -> bytes:
    """A whole POST request, the body compressed as gateways do."""
    head = f"POST {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {credential}\r\nContent-Type: application/json\r\n"
    if zipped:
        body, head = gzip.compress(body, 6), head + "Content-Encoding: gzip\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str, token: str) -> bytes:
    """A whole GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def decoded(answer: Answer, kind: type[msgspec.Struct]) -> Any:
    """The body of a 200. Raises ``Failed``."""
    if answer.status != 200:
        raise Failed(f"cannot go on: {answer.status} {answer.body[:300]!r}")
    return msgspec.json.decode(answer.body, type=kind)


async def paced(
    jobs: Iterable[bytes], rate: float, ports: Sequence[int], connections: int, done: Callable[[int, Answer], None]
) -> list[float]:
    """Send requests, ``rate`` a second whatever the answers take (0: as quick as they come back), over so many connections, to the ports in
    turns; returns seconds from due to answered, in the order of answers. ``done`` hears the number of each request and its answer."""
    took: list[float] = []
    source = enumerate(jobs)
    start = time.perf_counter() + 0.05

    async def worker(number: int) -> None:
        connection = await Connection.to(ports[number % len(ports)])
        try:
            for index, request in source:
                due = start + index / rate if rate else time.perf_counter()
                wait = due - time.perf_counter()
                if wait > 0:
                    await asyncio.sleep(wait)
                answer = await connection.ask(request)
                took.append(time.perf_counter() - due)
                done(index, answer)
        finally:
            connection.close()

    async with asyncio.TaskGroup() as group:
        for number in range(connections):
            group.create_task(worker(number))
    return took


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all are not above, in ms."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3, 2)


# What gateways say ----------------------------------------------------------------------------------------------------------------------


def moment(now: float) -> wire.Moment:
    """Clocks of a gateway that are right."""
    return wire.Moment(now, now - 1_700_000_000, "boot")


def main(name: str, run: Callable[[], Coroutine[Any, Any, Any]], show: Callable[[Any], None], as_json: bool) -> int:
    """One benchmark as a command; exit status: 0 all bars met, 1 missed, 2 not measured."""
    try:
        result = asyncio.run(run())
    except (Failed, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    if as_json:
        print(msgspec.json.encode(result).decode())
    else:
        show(result)
    return 0 if result.passed else 1
