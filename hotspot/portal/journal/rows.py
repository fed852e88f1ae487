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

SqlValue = str | int | float | None
Statement = tuple[str, tuple[SqlValue, ...]]
"""SQL text and its bindings."""

_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Session))
_COLUMNS: Final = ", ".join(_FIELDS)
_UPSERT: Final = (
    f"INSERT INTO sessions ({_COLUMNS}) VALUES ({', '.join('?' * len(_FIELDS))}) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608  our own names
    + ", ".join(f"{name} = excluded.{name}" for name in _FIELDS[1:])
)
_ACCEPTANCE: Final = "INSERT INTO acceptances (session, terms_version, language, accepted_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_OUTBOX: Final = (
    "INSERT INTO outbox (ended_at, zone, plan, language, family, bytes_up, bytes_down, seconds, reason) "
    "SELECT ended_at, zone, plan, language, family, bytes_up, bytes_down, ?, reason FROM sessions WHERE id = ? AND reported = 0"
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
SELECT_META: Final = "SELECT key, value FROM meta"
FORGET: Final = "UPDATE sessions SET mac = NULL WHERE mac IS NOT NULL AND ended_at < ?"
FORGET_BLOCKS: Final = "DELETE FROM blocks WHERE until < ?"


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


def of_session(session: Session) -> list[Statement]:
    """All that the journal holds of a session: its row, its acceptance, and its outbox row once it has ended."""
    values = tuple(_sql_of(getattr(session, name)) for name in _FIELDS)
    statements: list[Statement] = [(_UPSERT, values)]
    if session.terms_version:
        statements.append((_ACCEPTANCE, (session.id, session.terms_version, session.language, session.accepted_at)))
    if session.ended_at is not None:
        lasted = max(0, round(min(session.ended_at - session.accepted_at, session.seconds)))
        statements += [(_OUTBOX, (lasted, session.id)), ("UPDATE sessions SET reported = 1 WHERE id = ?", (session.id,))]
    return statements


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
    return [*of_meta("day", day), *of_meta("day_key", key), ("DELETE FROM allowances WHERE day <> ?", (day,))]


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
