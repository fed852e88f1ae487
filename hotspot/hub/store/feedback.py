"""What visitors told the town, as the halls passed it on."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from hotspot import wire
from hotspot.hub.store.pool import Connection
from hotspot.town.feedback import clean

_LOCK = 0x6665_6564  # class of the advisory locks on a message's id


class Message(Struct, frozen=True, kw_only=True):
    """One message."""

    number: int
    partner: str
    hall: str
    at: datetime
    """It came to the hub."""
    written_at: datetime
    """By the gateway's clock."""
    zone: str
    kind: str
    """``idea`` | ``complaint`` | ``damage``."""
    language: str
    """Of the page that it was written on."""
    text: str
    place: str
    contact: str
    """How the visitor can be answered; "" when they do not want it."""
    done_at: datetime | None
    """None: not dealt with yet."""
    done_by: str
    note: str


class Wanted(Struct, frozen=True, kw_only=True):
    """Which messages; None: all."""

    partner: str | None = None
    hall: str | None = None
    kind: str | None = None
    language: str | None = None
    done: bool | None = None
    since: datetime | None = None
    """Came at this moment or later."""
    until: datetime | None = None
    """Came before this moment."""
    before: int | None = None
    """Numbers below this."""


class Count(Struct, frozen=True, kw_only=True):
    """How many messages of a kind and a language there are."""

    kind: str
    language: str
    done: bool
    messages: int


_SELECT = (
    "SELECT f.number, p.name AS partner, h.name AS hall, f.at, f.written_at, f.zone, f.kind, f.language, f.text, f.place, f.contact, "
    "f.done_at, f.done_by, f.note"
)
_FROM = "FROM feedback f JOIN halls h ON h.id = f.hall_id JOIN partners p ON p.id = h.partner_id"
_WHERE = (
    "WHERE ($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR h.name = $2) AND ($3::text IS NULL OR f.kind = $3) "
    "AND ($4::text IS NULL OR f.language = $4) AND ($5::boolean IS NULL OR (f.done_at IS NOT NULL) = $5) "
    "AND ($6::timestamptz IS NULL OR f.at >= $6) AND ($7::timestamptz IS NULL OR f.at < $7) AND ($8::bigint IS NULL OR f.number < $8)"
)


async def insert(connection: Connection, hall_id: int, items: Sequence[wire.Feedback]) -> int:
    """Take messages of a hall down, in the caller's transaction; one that came before (by its id) changes nothing. Returns how many are
    new. Control characters, which no portal sends, are left out: people read this on terminals."""
    new = 0
    for item in sorted({item.id: item for item in items}.values(), key=lambda item: item.id):  # in order: nobody waits in a circle
        await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _LOCK, f"{hall_id} {item.id}")
        done = await connection.execute(
            "INSERT INTO feedback (hall_id, id, written_at, zone, kind, language, text, place, contact) "
            "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE NOT EXISTS (SELECT 1 FROM feedback WHERE hall_id = $1 AND id = $2)",
            hall_id,
            item.id,
            datetime.fromtimestamp(item.at, UTC),
            item.zone,
            item.kind,
            item.language,
            *(clean(text) for text in (item.text, item.place, item.contact)),
        )
        new += done == "INSERT 0 1"
    return new


async def messages(connection: Connection, wanted: Wanted, most: int) -> list[Message]:
    """The newest first."""
    rows = await connection.fetch(f"{_SELECT} {_FROM} {_WHERE} ORDER BY f.number DESC LIMIT $9", *_arguments(wanted), most)
    return [Message(**dict(row)) for row in rows]


async def counts(connection: Connection, wanted: Wanted) -> list[Count]:
    """How many there are, by kind, language and whether they were dealt with."""
    rows = await connection.fetch(
        f"SELECT f.kind, f.language, f.done_at IS NOT NULL AS done, count(*) AS messages {_FROM} {_WHERE} "
        "GROUP BY f.kind, f.language, done ORDER BY f.kind, f.language, done",
        *_arguments(wanted),
    )
    return [Count(**dict(row)) for row in rows]


def _arguments(wanted: Wanted) -> tuple[object, ...]:
    return wanted.partner, wanted.hall, wanted.kind, wanted.language, wanted.done, wanted.since, wanted.until, wanted.before


async def message(connection: Connection, number: int) -> Message | None:
    """By number."""
    row = await connection.fetchrow(f"{_SELECT} {_FROM} WHERE f.number = $1", number)
    return None if row is None else Message(**dict(row))


async def mark(connection: Connection, number: int, at: datetime | None, by: str, note: str) -> None:
    """A message was dealt with; ``at`` None: it was not, after all."""
    await connection.execute("UPDATE feedback SET done_at = $2, done_by = $3, note = $4 WHERE number = $1", number, at, by, note)
