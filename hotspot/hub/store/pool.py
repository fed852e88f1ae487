"""Connections to PostgreSQL: a pool that outlives restarts and fail-overs of the server, and notifications between hub processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any, Final, Self

import asyncpg
import msgspec
import structlog
from asyncpg.connect_utils import SessionAttribute

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
"""As the functions of this package take it."""
CHANNEL = "hotspot_hub"
"""Of all notifications; the payload says what (``hotspot.hub.signals``)."""
RETRY_SECONDS = 0.5
"""Between attempts to listen again."""
PULSE_SECONDS = 10.0
"""Between looks whether the listening connection still lives; a dead one is noticed within twice that."""
_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke in the middle of a statement, when it is given back
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
)
"""What says that the server is not there, or is a standby now: the same request may work a moment later."""

log = structlog.get_logger("store")


class StoreUnavailable(Exception):
    """PostgreSQL does not answer, or cannot write; whether a transaction in hand was committed, nobody knows."""


class StoreShut(StoreUnavailable):
    """PostgreSQL does not let this user in."""


StoreRefused: Final = asyncpg.PostgresError
"""PostgreSQL is there and refuses a statement, for whatever reason."""


class StoreBusy(StoreUnavailable):
    """PostgreSQL gave up this transaction for another one's sake: nothing of it was written, and it is right to do it again."""


class Store:
    """Use as an async context manager. ``dsn`` as libpq writes it; several hosts: the one that can be written to is used."""

    def __init__(self, dsn: str, connections: int = 8, application: str = "hotspot-hub", timeout: float = 10.0) -> None:
        """``timeout``: seconds for one statement, and for getting a connection."""
        self._dsn, self._most, self._application, self._timeout = dsn, connections, application, timeout
        self._heard: list[Callable[[str], None]] = []
        self._relisten: list[Callable[[], None]] = []
        self.listening = False
        """Notifications arrive at the moment."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as unless_up:
            with _away(), _shut():
                self._pool = await unless_up.enter_async_context(
                    asyncpg.create_pool(
                        self._dsn,
                        min_size=1,
                        max_size=self._most,
                        init=_prepare,
                        command_timeout=self._timeout,
                        timeout=self._timeout,
                        target_session_attrs=SessionAttribute.read_write,
                        server_settings={"application_name": self._application, "timezone": "UTC"},
                    )
                )
            self._open = unless_up.pop_all()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._open.aclose()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection; raises ``StoreUnavailable``, also for what happens while it is used."""
        with _away():
            async with self._pool.acquire(timeout=self._timeout) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self, *, snapshot: bool = False) -> AsyncIterator[Connection]:
        """One transaction; ``snapshot``: all of its queries see the same moment. Raises ``StoreUnavailable``."""
        async with self.connection() as connection, connection.transaction(isolation="repeatable_read" if snapshot else None):
            yield connection

    # Notifications ------------------------------------------------------------------------------------------------------------------

    def on_signal(self, heard: Callable[[str], None], relistened: Callable[[], None]) -> None:
        """Call ``heard`` with the payload of each notification, and ``relistened`` whenever some may have been missed."""
        self._heard.append(heard)
        self._relisten.append(relistened)

    async def listen(self) -> None:
        """Receive notifications until cancelled, over a connection of its own, which is made anew when it is lost."""
        while True:
            try:
                await self._listen_once()
            except (*_AWAY, StoreUnavailable) as error:
                log.warning("not listening", why=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen_once(self) -> None:
        lost = asyncio.Event()
        connection = await asyncpg.connect(
            self._dsn,
            timeout=self._timeout,
            target_session_attrs=SessionAttribute.read_write,
            server_settings={"application_name": f"{self._application} listen"},
        )
        try:
            connection.add_termination_listener(lambda _: self._deaf(lost))
            await connection.add_listener(CHANNEL, self._notified)
            self.listening = not lost.is_set()
            for missed in self._relisten:
                missed()
            while not lost.is_set():
                try:
                    async with asyncio.timeout(PULSE_SECONDS):
                        await lost.wait()
                except TimeoutError:
                    await connection.execute("SELECT 1", timeout=PULSE_SECONDS)
        finally:
            self.listening = False
            connection.terminate()

    def _deaf(self, lost: asyncio.Event) -> None:
        self.listening = False
        lost.set()

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        for heard in self._heard:
            heard(str(payload))


async def notify(connection: Connection, payload: str) -> None:
    """Tell all hub processes, when the transaction is committed."""
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)


class _away:  # noqa: N801  reads as a statement
    """Turns the errors of an absent server into ``StoreUnavailable``."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError):
            raise StoreBusy(type(error).__name__) from error
        if isinstance(error, _AWAY) and not isinstance(error, ValueError):  # asyncpg's DataError is one: a value that cannot be sent
            raise StoreUnavailable(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__) from error


class _shut:  # noqa: N801  reads as a statement
    """Turns the refusal of a first connection into ``StoreShut``, or for another reason than the user into ``StoreUnavailable``."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):  # also a wrong password
            raise StoreShut(str(error)) from error
        if isinstance(error, asyncpg.ClientConfigurationError) or (isinstance(error, StoreRefused) and not isinstance(error, _AWAY)):
            raise StoreUnavailable(str(error)) from error


async def _prepare(connection: Connection) -> None:
    """JSON columns are Python values."""
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_encode, decoder=msgspec.json.decode, format="text")


def _encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()
