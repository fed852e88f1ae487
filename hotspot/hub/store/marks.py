"""Moments that all hub processes share: the pulse of the hub, the last push of metrics."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from hotspot.hub.store.pool import Connection


class Mark(Struct, frozen=True):
    """What was noted last."""

    at: datetime
    detail: dict[str, Any]


async def read(connection: Connection, name: str) -> Mark | None:
    """None: never yet."""
    row = await connection.fetchrow("SELECT at, detail FROM marks WHERE name = $1", name)
    return None if row is None else Mark(row["at"], row["detail"])


async def write(connection: Connection, name: str, at: datetime, detail: dict[str, Any]) -> None:
    """Note it."""
    await connection.execute(
        "INSERT INTO marks (name, at, detail) VALUES ($1, $2, $3) "
        "ON CONFLICT (name) DO UPDATE SET at = excluded.at, detail = excluded.detail",
        name,
        at,
        detail,
    )
