"""Who is told of alarms: channels, what they have not been told yet, and messages on their way."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any

import asyncpg
from msgspec import Struct

from hotspot.hub.notifications import Channel, Event
from hotspot.hub.store.pool import Connection
from hotspot.hub.store.tenants import Taken


class Row(Struct, frozen=True, kw_only=True):
    """One channel."""

    id: int
    name: str
    partner: str | None
    """None: the host's."""
    kind: str
    url: str
    secret: str
    anywhere: bool
    recipients: list[str]
    lowest: str
    quiet_from: time | None
    quiet_until: time | None
    time_zone: str
    created_at: datetime
    created_by: str
    told_at: datetime | None
    failing_since: datetime | None
    failure: str

    @property
    def rules(self) -> Channel:
        """What decides when it is told."""
        return Channel(lowest=self.lowest, quiet_from=self.quiet_from, quiet_until=self.quiet_until, time_zone=self.time_zone)


class Waiting(Struct, frozen=True, kw_only=True):
    """A message on its way."""

    id: int
    channel_id: int
    created_at: datetime
    body: dict[str, Any]
    attempts: int


_SELECT = (
    "SELECT c.id, c.name, p.name AS partner, c.kind, c.url, c.secret, c.anywhere, c.recipients, c.lowest, c.quiet_from, c.quiet_until, "
    "c.time_zone, c.created_at, c.created_by, c.told_at, c.failing_since, c.failure "
    "FROM channels c LEFT JOIN partners p ON p.id = c.partner_id"
)


async def channels(connection: Connection, partner: str | None = None) -> list[Row]:
    """All, or those of a partner, by name."""
    return [Row(**dict(row)) for row in await connection.fetch(f"{_SELECT} WHERE $1::text IS NULL OR p.name = $1 ORDER BY c.name", partner)]


async def channel(connection: Connection, name: str) -> Row | None:
    """By name."""
    row = await connection.fetchrow(f"{_SELECT} WHERE c.name = $1", name)
    return None if row is None else Row(**dict(row))


async def add(connection: Connection, row: Row, partner_id: int | None) -> None:
    """Raises ``Taken``."""
    try:
        await connection.execute(
            "INSERT INTO channels (name, partner_id, kind, url, secret, anywhere, recipients, lowest, quiet_from, quiet_until, time_zone, "
            "created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            row.name,
            partner_id,
            row.kind,
            row.url,
            row.secret,
            row.anywhere,
            row.recipients,
            row.lowest,
            row.quiet_from,
            row.quiet_until,
            row.time_zone,
            row.created_at,
            row.created_by,
        )
    except asyncpg.UniqueViolationError:
        raise Taken(row.name) from None


async def remove(connection: Connection, name: str) -> None:
    """With all that it has not been told yet."""
    await connection.execute("DELETE FROM channels WHERE name = $1", name)


# What is to be told -----------------------------------------------------------------------------------------------------------------


async def enqueue(connection: Connection, events: Iterable[tuple[int, Event]]) -> None:
    """Events for channels, by id."""
    await connection.executemany(
        "INSERT INTO channel_events (channel_id, alarm_id, what, severity, at, alarm) VALUES ($1, $2, $3, $4, $5, $6)",
        [(channel, event.alarm_id, event.what, event.severity, event.at, event.alarm) for channel, event in events],
    )


async def events(connection: Connection) -> dict[int, list[Event]]:
    """What each channel has not been told yet, the oldest first."""
    found: dict[int, list[Event]] = {}
    for row in await connection.fetch("SELECT id, channel_id, alarm_id, what, severity, at, alarm FROM channel_events ORDER BY id"):
        found.setdefault(row["channel_id"], []).append(
            Event(id=row["id"], alarm_id=row["alarm_id"], what=row["what"], severity=row["severity"], at=row["at"], alarm=row["alarm"])
        )
    return found


async def last_messages(connection: Connection) -> dict[int, tuple[datetime, bool]]:
    """When each channel's last message was made, and whether one is still on its way."""
    rows = await connection.fetch(
        "SELECT channel_id, max(created_at) AS at, bool_or(next_at IS NOT NULL) AS on_way FROM notifications GROUP BY 1"
    )
    return {row["channel_id"]: (row["at"], row["on_way"]) for row in rows}


async def forget(connection: Connection, event_ids: Sequence[int]) -> None:
    """Events that are in a message now, or need not be told any more."""
    await connection.execute("DELETE FROM channel_events WHERE id = ANY ($1)", list(event_ids))


async def put(connection: Connection, channel_id: int, at: datetime, urgent: bool, body: dict[str, Any]) -> int:
    """A message, to be sent at once; returns its number."""
    number: int = await connection.fetchval(
        "INSERT INTO notifications (channel_id, created_at, urgent, body, next_at) VALUES ($1, $2, $3, $4, $2) RETURNING id",
        channel_id,
        at,
        urgent,
        body,
    )
    return number


# Messages on their way --------------------------------------------------------------------------------------------------------------


async def due(connection: Connection, now: datetime, most: int) -> list[Waiting]:
    """Messages whose next attempt is due, the oldest first."""
    rows = await connection.fetch(
        "SELECT id, channel_id, created_at, body, attempts FROM notifications WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2", now, most
    )
    return [Waiting(**dict(row)) for row in rows]


async def sent(connection: Connection, waiting: Waiting, now: datetime) -> None:
    """It arrived."""
    await connection.execute(
        "UPDATE notifications SET attempts = attempts + 1, next_at = NULL, sent_at = $2 WHERE id = $1", waiting.id, now
    )
    await connection.execute("UPDATE channels SET told_at = $2, failing_since = NULL, failure = '' WHERE id = $1", waiting.channel_id, now)


async def failed(connection: Connection, waiting: Waiting, now: datetime, next_at: datetime | None, why: str) -> None:
    """It did not; ``next_at`` None: it is given up."""
    await connection.execute("UPDATE notifications SET attempts = attempts + 1, next_at = $2 WHERE id = $1", waiting.id, next_at)
    await connection.execute(
        "UPDATE channels SET failing_since = coalesce(failing_since, $2), failure = $3 WHERE id = $1", waiting.channel_id, now, why[:500]
    )


async def erase_messages(connection: Connection, before: datetime) -> None:
    """Messages that were made before and are not on their way any more."""
    await connection.execute("DELETE FROM notifications WHERE created_at < $1 AND next_at IS NULL", before)
