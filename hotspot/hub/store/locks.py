"""Advisory locks: who of several hub processes does something."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hotspot.hub.store.pool import Store

_CLASS = 0x686F74  # beside the lock of migrations


@asynccontextmanager
async def held(store: Store, number: int) -> AsyncIterator[bool]:
    """True while this process has the lock; False when another one has it. The lock is a transaction's: it ends with the connection too."""
    async with store.transaction() as connection:
        yield await connection.fetchval("SELECT pg_try_advisory_xact_lock($1, $2)", _CLASS, number & 0x7FFF_FFFF)
