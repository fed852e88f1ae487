"""Moments that all hub processes share: the pulse of the hub, the last push of metrics, backups, starts."""

from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from hotspot.hub.store.pool import Connection

BACKUP: Final = "backup"
"""The last good one, with its ``size``."""
BACKUP_TRIED: Final = "backup tried"
"""The last one that systemd ran, and whether it ``failed``."""
STARTS: Final = "starts"
"""The last one of a process, and the ``count`` of all."""


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


async def count(connection: Connection, name: str, at: datetime) -> None:
    """Note it as one more of its kind, whoever does so at the same moment."""
    await connection.execute(
        "INSERT INTO marks (name, at, detail) VALUES ($1, $2, '{\"count\": 1}') ON CONFLICT (name) DO UPDATE SET at = excluded.at, "
        "detail = jsonb_build_object('count', coalesce((marks.detail ->> 'count')::bigint, 0) + 1)",
        name,
        at,
    )
