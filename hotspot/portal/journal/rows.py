"""Values to SQL statements and back; pure. Every statement may be carried out twice without harm, because a commit whose outcome was not
seen is repeated."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from firewall.api import Rates
from hotspot.session.allowance import Spent
from hotspot.session.blocklist import Entry, Target
from hotspot.session.blocks import Block
from hotspot.session.sessions import Session
from hotspot.session.states import State
from hotspot.session.terms import Accepted
from hotspot.session.vouchers import Batch, Place, Ticket

SqlValue = str | int | float | None
Statement = tuple[str, tuple[SqlValue, ...]]
"""SQL text and its bindings."""

_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Session))
_COLUMNS: Final = ", ".join(_FIELDS)
_UPSERT: Final = (
    f"INSERT INTO sessions ({_COLUMNS}) VALUES ({', '.join('?' * len(_FIELDS))}) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608  our own names
    + ", ".join(f"{name} = excluded.{name}" for name in _FIELDS[1:])
)
_ACCEPTANCE: Final = (
    "INSERT INTO acceptances (session, terms_version, language, accepted_at, digest) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_TOLD_FIELDS: Final = ("told", "told_up", "told_down")
_UPSERT_TOLD: Final = (
    f"INSERT INTO sessions ({_COLUMNS}, {', '.join(_TOLD_FIELDS)}) "  # noqa: S608  our own names
    f"VALUES ({', '.join('?' * (len(_FIELDS) + len(_TOLD_FIELDS)))}) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*_FIELDS[1:], *_TOLD_FIELDS))
)
SELECT_UNTOLD: Final = (
    "SELECT id, told, told_up, told_down FROM sessions "
    "WHERE mac IS NOT NULL AND (told < iif(ended_at IS NULL, 1, 2) OR told_up < bytes_up OR told_down < bytes_down)"
)
SELECT_STREAMS: Final = "SELECT stream, start, seq, tally FROM streams WHERE tally <> '' ORDER BY start, stream"
SELECT_VISITORS: Final = "SELECT pseudonym FROM visitors_today WHERE day = (SELECT value FROM meta WHERE key = 'day')"
_REPORT: Final = (  # its stream says that it was closed: a repeated commit makes no second one, also when the first is gone
    "INSERT INTO reports (stream, seq, closed_at, body) SELECT ?, ?, ?, ? WHERE coalesce((SELECT seq FROM streams WHERE stream = ?), 0) < ?"
)
_STREAM_SEQ: Final = (
    "INSERT INTO streams (stream, start, seq, tally) VALUES (?, ?, ?, '') ON CONFLICT (stream) DO UPDATE SET seq = max(seq, excluded.seq)"
)
_STREAM_TALLY: Final = (
    "INSERT INTO streams (stream, start, tally) VALUES (?, ?, ?) ON CONFLICT (stream) DO UPDATE SET tally = excluded.tally"
)

SELECT_KNOWN: Final = f"SELECT {_COLUMNS} FROM sessions WHERE mac IS NOT NULL ORDER BY accepted_at"  # noqa: S608  our own names
SELECT_BLOCKS: Final = "SELECT zone, mac, reason, since, until FROM blocks"
SELECT_ALLOWANCES: Final = "SELECT pseudonym, seconds, bytes FROM allowances WHERE day = (SELECT value FROM meta WHERE key = 'day')"
_TARGET_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Target))
_ENTRY_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Entry) if field.name != "target")
_ENTRY_COLUMNS: Final = ", ".join((*_ENTRY_FIELDS, *_TARGET_FIELDS))
_ENTRY: Final = (
    f"INSERT INTO blocklist ({_ENTRY_COLUMNS}) "  # noqa: S608  our own names
    f"VALUES ({', '.join('?' * (len(_ENTRY_FIELDS) + len(_TARGET_FIELDS)))}) ON CONFLICT (number) DO UPDATE SET "
    "removed_at = excluded.removed_at, removed_by = excluded.removed_by, removed_uid = excluded.removed_uid, "
    "removed_reason = excluded.removed_reason WHERE removed_at IS NULL"
)
SELECT_BLOCKLIST: Final = f"SELECT {_ENTRY_COLUMNS} FROM blocklist ORDER BY number"  # noqa: S608  our own names
_TERMS_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Accepted))
_TERMS: Final = (
    f"INSERT INTO terms ({', '.join(_TERMS_FIELDS)}) "  # noqa: S608  our own names
    f"VALUES ({', '.join('?' * len(_TERMS_FIELDS))}) ON CONFLICT DO NOTHING"
)
SELECT_TERMS: Final = f"SELECT {', '.join(_TERMS_FIELDS)} FROM terms"  # noqa: S608  our own names
SELECT_META: Final = "SELECT key, value FROM meta"
_BATCH_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Batch))
_TICKET_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Ticket))
_BATCH: Final = (
    f"INSERT OR REPLACE INTO voucher_batches ({', '.join(_BATCH_FIELDS)}) "  # noqa: S608  our own names
    f"VALUES ({', '.join('?' * len(_BATCH_FIELDS))})"
)
SELECT_BATCHES: Final = f"SELECT {', '.join(_BATCH_FIELDS)} FROM voucher_batches ORDER BY number"  # noqa: S608  our own names
_TICKET_COLUMNS: Final = ", ".join(f'"{name}"' for name in _TICKET_FIELDS)
_TICKET: Final = (
    f"INSERT OR REPLACE INTO voucher_tickets ({_TICKET_COLUMNS}) "  # noqa: S608  our own names
    f"VALUES ({', '.join('?' * len(_TICKET_FIELDS))})"
)
SELECT_TICKETS: Final = f'SELECT {_TICKET_COLUMNS} FROM voucher_tickets ORDER BY batch, "index"'  # noqa: S608  our own names
FORGET: Final = "UPDATE sessions SET mac = NULL, voucher = '' WHERE mac IS NOT NULL AND ended_at < ?"
FORGET_BLOCKS: Final = "DELETE FROM blocks WHERE until < ?"


class Told(Struct, frozen=True):
    """What of a session is in the tally."""

    told: int = 0
    """1: its beginning, 2: its end too."""
    up: int = 0
    """Bytes."""
    down: int = 0


class Stream(Struct, frozen=True):
    """A start of the portal, and what it has counted and not reported yet."""

    stream: str
    start: int
    seq: int
    """Of its last report."""
    tally: str
    """JSON of ``hotspot.portal.uplink.counting.Kept``."""


class Loaded(Struct, frozen=True):
    """What is read when the file is opened."""

    sessions: tuple[Session, ...] = ()
    """In progress, or ended and not yet forgotten."""
    blocks: tuple[Block, ...] = ()
    meta: dict[str, str] = {}
    allowances: dict[str, Spent] = {}
    """Of the day that ``meta`` names, by pseudonym."""
    blocklist: tuple[Entry, ...] = ()
    """All that was ever on it."""
    batches: tuple[Batch, ...] = ()
    """Of voucher codes."""
    tickets: tuple[Ticket, ...] = ()
    """Voucher codes that were used or withdrawn."""
    terms: tuple[Accepted, ...] = ()
    """Texts that were ever accepted."""
    untold: dict[str, Told] = {}
    """Sessions of which not all is in the tally: it was written right before the end."""
    streams: tuple[Stream, ...] = ()
    """Starts of the portal whose tally is not closed."""
    visitors: frozenset[str] = frozenset()
    """Pseudonyms of the devices that have come on the day that ``meta`` names."""


def of_session(session: Session, told: Told | None = None) -> list[Statement]:
    """All that the journal holds of a session: its row and its acceptance. ``told``: what of it is in the tally, which is written in the
    same commit; None: as it was."""
    values = tuple(_sql_of(getattr(session, name)) for name in _FIELDS)
    statements: list[Statement] = [(_UPSERT, values)] if told is None else [(_UPSERT_TOLD, (*values, told.told, told.up, told.down))]
    if session.terms_version:
        statements += of_acceptance(session, session.accepted_at)
    return statements


def of_told(session_id: str, told: Told) -> list[Statement]:
    """What of a session is in the tally, which is written in the same commit."""
    return [("UPDATE sessions SET told = ?, told_up = ?, told_down = ? WHERE id = ?", (told.told, told.up, told.down, session_id))]


def of_tally(stream: str, start: int, tally: str) -> list[Statement]:
    """What a start of the portal has counted and not reported; "": its last report is closed, in the same commit."""
    return [(_STREAM_TALLY, (stream, start, tally))]


def of_report(stream: str, start: int, seq: int, closed_at: float, body: str) -> list[Statement]:
    """A report for the outbox. Reports of a stream are written in their order."""
    return [(_REPORT, (stream, seq, closed_at, body, stream, seq)), (_STREAM_SEQ, (stream, start, seq))]


def told_of(row: Sequence[SqlValue]) -> Told:
    """A row of ``SELECT_UNTOLD`` without the session; raises ``msgspec.ValidationError`` when the file holds something else."""
    return msgspec.convert(dict(zip(Told.__struct_fields__, row, strict=True)), Told)


def stream_of(row: Sequence[SqlValue]) -> Stream:
    """A row of ``SELECT_STREAMS``; raises as ``told_of``."""
    return msgspec.convert(dict(zip(Stream.__struct_fields__, row, strict=True)), Stream)


def of_old_streams(start: int) -> list[Statement]:
    """Starts before that one need not be remembered, if nothing of theirs is left to be reported."""
    return [("DELETE FROM streams WHERE tally = '' AND start < ?", (start,))]


def of_visitor(pseudonym: str, day: str) -> list[Statement]:
    """A device has come on a day."""
    return [("INSERT OR IGNORE INTO visitors_today (pseudonym, day) VALUES (?, ?)", (pseudonym, day))]


def of_acceptance(session: Session, unix: float) -> list[Statement]:
    """The proof that the terms which the session names were accepted at that moment (wall clock)."""
    return [(_ACCEPTANCE, (session.id, session.terms_version, session.language, unix, session.terms_digest))]


def of_terms(terms: Accepted) -> list[Statement]:
    """A text that was accepted; it is never rewritten."""
    values = tuple(getattr(terms, name) for name in _TERMS_FIELDS)
    return [(_TERMS, values)]


def terms_of(row: Sequence[SqlValue]) -> Accepted:
    """A row of ``SELECT_TERMS``; raises ``msgspec.ValidationError`` when the file holds something else."""
    return msgspec.convert(dict(zip(_TERMS_FIELDS, row, strict=True)), Accepted)


def of_block(block: Block) -> list[Statement]:
    """A block put up, or written anew."""
    values = (block.zone, block.mac, block.reason, block.since, block.until)
    return [("INSERT OR REPLACE INTO blocks (zone, mac, reason, since, until) VALUES (?, ?, ?, ?, ?)", values)]


def of_unblock(zone: str, mac: str) -> list[Statement]:
    """A block lifted."""
    return [("DELETE FROM blocks WHERE zone = ? AND mac = ?", (zone, mac))]


def of_entry(entry: Entry) -> list[Statement]:
    """An entry of the block list, or that it was removed; nothing else in its row ever changes."""
    values = [getattr(entry, name) for name in _ENTRY_FIELDS] + [getattr(entry.target, name) for name in _TARGET_FIELDS]
    return [(_ENTRY, tuple(values))]


def entry_of(row: Sequence[SqlValue]) -> Entry:
    """A row of ``SELECT_BLOCKLIST`` as an entry; raises ``msgspec.ValidationError`` when the file holds something else."""
    values: dict[str, Any] = dict(zip((*_ENTRY_FIELDS, *_TARGET_FIELDS), row, strict=True))
    values["target"] = {name: values.pop(name) for name in _TARGET_FIELDS}
    return msgspec.convert(values, Entry)


def of_allowance(pseudonym: str, day: str, spent: Spent) -> list[Statement]:
    """What a client has used of a plan on a day."""
    values = (pseudonym, day, spent.seconds, spent.bytes)
    return [("INSERT OR REPLACE INTO allowances (pseudonym, day, seconds, bytes) VALUES (?, ?, ?, ?)", values)]


def of_new_day(day: str, key: str) -> list[Statement]:
    """A day has begun: nothing says any more who has used what before."""
    forget: list[Statement] = [
        ("DELETE FROM allowances WHERE day <> ?", (day,)),
        ("DELETE FROM visitors_today WHERE day <> ?", (day,)),
    ]
    return [*of_meta("day", day), *of_meta("day_key", key), *forget]


def of_batch(batch: Batch) -> list[Statement]:
    """A batch of voucher codes, or that it was withdrawn."""
    return [(_BATCH, tuple(getattr(batch, name) for name in _BATCH_FIELDS))]


def of_ticket(ticket: Ticket) -> list[Statement]:
    """What is known of a voucher code now."""
    values = [getattr(ticket, name) for name in _TICKET_FIELDS]
    values[_TICKET_FIELDS.index("devices")] = msgspec.json.encode(ticket.devices).decode()
    return [(_TICKET, tuple(values))]


def of_no_ticket(place: Place) -> list[Statement]:
    """Nothing is known of a voucher code: its first use came to nothing."""
    return [('DELETE FROM voucher_tickets WHERE batch = ? AND "index" = ?', (place.batch, place.index))]


def of_no_batch(number: int) -> list[Statement]:
    """A batch is no longer kept, nor what is known of its codes."""
    return [("DELETE FROM voucher_tickets WHERE batch = ?", (number,)), ("DELETE FROM voucher_batches WHERE number = ?", (number,))]


def batch_of(row: Sequence[SqlValue]) -> Batch:
    """A row of ``SELECT_BATCHES``; raises ``msgspec.ValidationError`` when the file holds something else."""
    return msgspec.convert(dict(zip(_BATCH_FIELDS, row, strict=True)), Batch)


def ticket_of(row: Sequence[SqlValue]) -> Ticket:
    """A row of ``SELECT_TICKETS``; raises ``msgspec.DecodeError`` when the file holds something else."""
    values: dict[str, Any] = dict(zip(_TICKET_FIELDS, row, strict=True))
    values["devices"] = msgspec.json.decode(str(values["devices"]))
    return msgspec.convert(values, Ticket)


def of_meta(key: str, value: str) -> list[Statement]:
    """One value of ``meta``."""
    return [("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))]


def session_of(row: Sequence[SqlValue]) -> Session:
    """A row of ``SELECT_KNOWN`` as a session; raises ``msgspec.ValidationError`` when the file holds something else."""
    values = dict(zip(_FIELDS, row, strict=True))
    if isinstance(values["rates"], str):
        values["rates"] = msgspec.json.decode(values["rates"])
    if values["by_staff"] in (0, 1):
        values["by_staff"] = bool(values["by_staff"])
    return msgspec.convert(values, Session)


def _sql_of(value: Any) -> SqlValue:
    """A field of a session as SQLite keeps it."""
    if isinstance(value, State):
        return str(value.value)
    if isinstance(value, Rates):
        return msgspec.json.encode(value).decode()
    result: SqlValue = value
    return result
