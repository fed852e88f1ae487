"""Documents of the policy by scope, every version of them, and what each hall is given."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec
from msgspec import Struct

from hotspot.hub.store.pool import Connection

_LOCK: Final = 0x706F6C69
"""Of the advisory lock under which the policy is changed."""
_ZONE: Final = "^[a-z][a-z0-9_]{0,14}$"
"""What a portal calls its zones. One that is told by another name is no zone: a box that was taken over could otherwise make up one that no
policy fits, and nobody could change the policy of the city."""


class Hall(Struct, frozen=True, kw_only=True):
    """A hall as far as policy goes."""

    id: int
    name: str
    partner_id: int
    partner: str
    through: int | None
    """Documents up to this change go for it; None: it has not been given anything yet."""
    zones: tuple[str, ...]
    """As its gateways told."""


class Document(Struct, frozen=True, kw_only=True):
    """One version."""

    scope: str
    serial: int
    document: dict[str, Any]
    files: dict[str, str]
    """Name -> SHA-256."""
    author: str
    at: datetime
    note: str


class Change(Struct, frozen=True, kw_only=True):
    """One change."""

    serial: int
    at: datetime
    author: str
    note: str
    kind: str
    rolls_back: int | None
    scopes: tuple[str, ...]


class Given(Struct, frozen=True):
    """What a hall is given."""

    serial: int
    at: datetime
    settings: dict[str, Any]
    files: dict[str, str]


class Place(Struct, frozen=True):
    """Where the rows of a scope belong."""

    partner_id: int | None = None
    hall_id: int | None = None
    zone: str = ""


async def lock(connection: Connection) -> None:
    """Whoever changes the policy does so alone, until the end of the transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def next_serial(connection: Connection) -> int:
    """A number above all others."""
    found: int = await connection.fetchval("SELECT nextval('policy_serials')")
    return found


# Halls and documents -----------------------------------------------------------------------------------------------------------------


async def halls(connection: Connection, partner_ids: Sequence[int] | None = None, hall_ids: Sequence[int] | None = None) -> list[Hall]:
    """Halls that are not closed, by name: all, those of partners, or those of these ids."""
    rows = await connection.fetch(
        "SELECT h.id, h.name, h.partner_id, p.name AS partner, "
        "(SELECT h.policy_serial FROM hall_policies g WHERE g.hall_id = h.id) AS through, "
        "array(SELECT z.name FROM zones z WHERE z.hall_id = h.id AND z.name ~ $3 ORDER BY z.name) AS zones "
        "FROM halls h JOIN partners p ON p.id = h.partner_id "
        "WHERE h.closed_at IS NULL AND (($1::int[] IS NULL AND $2::int[] IS NULL) OR h.partner_id = ANY ($1) OR h.id = ANY ($2)) "
        "ORDER BY h.name",
        partner_ids,
        hall_ids,
        _ZONE,
    )
    return [Hall(**{**dict(row), "zones": tuple(row["zones"])}) for row in rows]


_DOCUMENT = (
    "SELECT DISTINCT ON (d.scope) d.scope, d.serial, d.document, c.author, c.at, c.note, "
    "(SELECT json_object_agg(f.name, f.digest ORDER BY f.name) FROM policy_document_files f "
    "WHERE f.scope = d.scope AND f.serial = d.serial) AS files "
    "FROM policy_documents d JOIN policy_changes c ON c.serial = d.serial "
)


async def documents(
    connection: Connection, through: int | None = None, partner_ids: Sequence[int] | None = None, hall_ids: Sequence[int] | None = None
) -> list[Document]:
    """The last version of each document up to a change (None: of all), of everybody; or the host's with those of partners and, of the halls
    and zones below them, those of these halls."""
    rows = await connection.fetch(
        f"{_DOCUMENT} WHERE ($1::bigint IS NULL OR d.serial <= $1) "
        "AND ($2::int[] IS NULL OR d.partner_id IS NULL OR d.partner_id = ANY ($2)) "
        "AND ($3::int[] IS NULL OR d.hall_id IS NULL OR d.hall_id = ANY ($3)) "
        "ORDER BY d.scope, d.serial DESC",
        through,
        partner_ids,
        hall_ids,
    )
    return [_document(row) for row in rows]


async def document(connection: Connection, scope: str, through: int | None = None) -> Document | None:
    """The last version of one document up to a change (None: of all); None: there was none yet."""
    row = await connection.fetchrow(
        f"{_DOCUMENT} WHERE d.scope = $1 AND ($2::bigint IS NULL OR d.serial <= $2) ORDER BY d.scope, d.serial DESC", scope, through
    )
    return None if row is None else _document(row)


async def documents_of(connection: Connection, serial: int) -> list[tuple[Document, Document | None]]:
    """The documents of a change, each with the version before it."""
    found = [_document(row) for row in await connection.fetch(f"{_DOCUMENT} WHERE d.serial = $1 ORDER BY d.scope, d.serial DESC", serial)]
    return [(one, await document(connection, one.scope, serial - 1)) for one in found]


def _document(row: asyncpg.Record) -> Document:
    return Document(
        scope=row["scope"],
        serial=row["serial"],
        document=msgspec.json.decode(row["document"]),
        files={} if row["files"] is None else msgspec.json.decode(row["files"]),
        author=row["author"],
        at=row["at"],
        note=row["note"],
    )


# Changes -----------------------------------------------------------------------------------------------------------------------------

_CHANGE = (
    "SELECT c.serial, c.at, c.author, c.note, c.kind, c.rolls_back, "
    "array(SELECT d.scope FROM policy_documents d WHERE d.serial = c.serial UNION "
    "SELECT i.scope FROM policy_items i WHERE c.serial IN (i.serial, i.withdrawn_serial) ORDER BY 1) AS scopes FROM policy_changes c "
)

_CONCERNING: Final = (
    "SELECT d.serial FROM policy_documents d LEFT JOIN partners p ON p.id = d.partner_id WHERE p.name = $3 OR d.partner_id IS NULL "
    "UNION SELECT i.serial FROM policy_items i LEFT JOIN partners p ON p.id = i.partner_id WHERE p.name = $3 OR i.partner_id IS NULL UNION "
    "SELECT i.withdrawn_serial FROM policy_items i LEFT JOIN partners p ON p.id = i.partner_id WHERE p.name = $3 OR i.partner_id IS NULL"
)
"""Serials of changes that concern the host or the partner of parameter 3."""


async def add_change(
    connection: Connection,
    serial: int,
    author: str,
    kind: str,
    note: str,
    at: datetime,
    partner_id: int | None,
    rolls_back: int | None = None,
) -> None:
    """Write down that something is changed."""
    await connection.execute(
        "INSERT INTO policy_changes (serial, at, author, note, kind, rolls_back, partner_id) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        serial,
        at,
        author,
        note,
        kind,
        rolls_back,
        partner_id,
    )


async def add_document(
    connection: Connection, serial: int, scope: str, place: Place, document: Mapping[str, Any], files: Mapping[str, str]
) -> None:
    """A new version of a scope's document."""
    await connection.execute(
        "INSERT INTO policy_documents (scope, serial, partner_id, hall_id, zone, document) VALUES ($1, $2, $3, $4, $5, $6)",
        scope,
        serial,
        place.partner_id,
        place.hall_id,
        place.zone,
        _json(document),
    )
    await connection.executemany(
        "INSERT INTO policy_document_files (scope, serial, name, digest, partner_id, hall_id) VALUES ($1, $2, $3, $4, $5, $6)",
        [(scope, serial, name, digest, place.partner_id, place.hall_id) for name, digest in files.items()],
    )


async def change(connection: Connection, serial: int) -> Change | None:
    """By number."""
    row = await connection.fetchrow(f"{_CHANGE} WHERE c.serial = $1", serial)
    return None if row is None else _change(row)


async def changes(connection: Connection, scope: str | None, partner: str | None, before: int | None, limit: int) -> list[Change]:
    """The newest first: of one scope, and those that concern the host or a partner, or all."""
    rows = await connection.fetch(
        f"SELECT * FROM ({_CHANGE}) found WHERE ($1::bigint IS NULL OR serial < $1) AND ($2::text IS NULL OR $2 = ANY (scopes)) "  # noqa: S608  own
        f"AND ($3::text IS NULL OR serial IN ({_CONCERNING})) ORDER BY serial DESC LIMIT $4",
        before,
        scope,
        partner,
        limit,
    )
    return [_change(row) for row in rows]


def _change(row: asyncpg.Record) -> Change:
    return Change(**{**dict(row), "scopes": tuple(row["scopes"])})


# What halls are given ----------------------------------------------------------------------------------------------------------------


class Publication(Struct, frozen=True):
    """What a hall is to be given."""

    hall_id: int
    digest: bytes
    settings: bytes
    """JSON."""
    files: bytes


async def publish(connection: Connection, serial: int, at: datetime, wanted: Sequence[Publication]) -> list[int]:
    """Give it to those halls that have something else; their ids."""
    ids = [one.hall_id for one in wanted]
    known = {row["hall_id"]: row["digest"] for row in await _digests(connection, ids)}
    fresh = [one for one in wanted if known.get(one.hall_id) != one.digest]
    await connection.execute(
        "INSERT INTO hall_policies (hall_id, serial, at, digest, settings, files) "
        "SELECT hall_id, $1, $2, digest, settings::json, files::json "
        "FROM unnest($3::int[], $4::bytea[], $5::text[], $6::text[]) AS t (hall_id, digest, settings, files) "
        "ON CONFLICT (hall_id) DO UPDATE SET serial = excluded.serial, at = excluded.at, digest = excluded.digest, "
        "settings = excluded.settings, files = excluded.files",
        serial,
        at,
        [one.hall_id for one in fresh],
        [one.digest for one in fresh],
        [one.settings.decode() for one in fresh],
        [one.files.decode() for one in fresh],
    )
    return [one.hall_id for one in fresh]


async def _digests(connection: Connection, hall_ids: Sequence[int]) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await connection.fetch("SELECT hall_id, digest FROM hall_policies WHERE hall_id = ANY ($1)", hall_ids)
    return found


async def see_through(connection: Connection, hall_ids: Sequence[int], serial: int) -> None:
    """Documents up to this change go for these halls from now on."""
    await connection.execute("UPDATE halls SET policy_serial = $2 WHERE id = ANY ($1) AND policy_serial <> $2", hall_ids, serial)


async def given(connection: Connection, hall_id: int) -> Given | None:
    """What a hall is given; None: nothing yet."""
    row = await connection.fetchrow("SELECT serial, at, settings, files FROM hall_policies WHERE hall_id = $1", hall_id)
    if row is None:
        return None
    return Given(row["serial"], row["at"], msgspec.json.decode(row["settings"]), msgspec.json.decode(row["files"]))


async def serials(connection: Connection, gateway_ids: Iterable[int]) -> dict[int, int | None]:
    """By gateway the serial of what its hall is given; None: nothing yet."""
    rows = await connection.fetch(
        "SELECT g.id, p.serial FROM gateways g LEFT JOIN hall_policies p ON p.hall_id = g.hall_id WHERE g.id = ANY ($1)", list(gateway_ids)
    )
    return {row["id"]: row["serial"] for row in rows}


async def halls_of_gateways(connection: Connection, gateway_ids: Iterable[int]) -> list[int]:
    """Ids of the halls of gateways."""
    rows = await connection.fetch("SELECT DISTINCT hall_id FROM gateways WHERE id = ANY ($1) ORDER BY hall_id", list(gateway_ids))
    return [row["hall_id"] for row in rows]


async def last_document_serial(connection: Connection) -> int:
    """Of the newest document that there is; 0: there is none."""
    found: int = await connection.fetchval("SELECT coalesce(max(serial), 0) FROM policy_documents")
    return found


async def is_any(connection: Connection) -> bool:
    """Has anything ever been said to any hall?"""
    found: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM policy_changes)")
    return found


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
