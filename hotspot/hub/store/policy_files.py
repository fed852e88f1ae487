"""Files that documents of the policy name, each content once."""

from collections.abc import Iterable
from datetime import datetime

from hotspot.hub.store.pool import Connection

_OF_HALL = (
    "FROM policy_files f WHERE f.digest = $2 AND EXISTS ("
    "SELECT FROM hall_policies p CROSS JOIN json_each_text(p.files) AS named WHERE p.hall_id = $1 AND named.value = $2)"
)


async def put(connection: Connection, digest: str, content: bytes, at: datetime) -> None:
    """Keep a file; one that is there already is only fresh again."""
    await connection.execute(
        "INSERT INTO policy_files (digest, content, uploaded_at) VALUES ($1, $2, $3) ON CONFLICT (digest) DO UPDATE SET uploaded_at = $3",
        digest,
        content,
        at,
    )


async def missing(connection: Connection, digests: Iterable[str]) -> list[str]:
    """Those that nobody has brought; the others cannot be dropped until the end of the transaction."""
    wanted = sorted(set(digests))
    rows = await connection.fetch("SELECT digest FROM policy_files WHERE digest = ANY ($1) ORDER BY digest FOR KEY SHARE", wanted)
    there = {row["digest"] for row in rows}
    return [digest for digest in wanted if digest not in there]


async def contents(connection: Connection, digests: Iterable[str]) -> dict[str, bytes]:
    """What is in them, as far as they are there."""
    rows = await connection.fetch("SELECT digest, content FROM policy_files WHERE digest = ANY ($1)", sorted(set(digests)))
    return {row["digest"]: row["content"] for row in rows}


async def content(connection: Connection, digest: str) -> bytes | None:
    """One file."""
    found: bytes | None = await connection.fetchval("SELECT content FROM policy_files WHERE digest = $1", digest)
    return found


async def is_visible(connection: Connection, digest: str, partner: str) -> bool:
    """Does a document of the host or of this partner have it, or has one had it?"""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM policy_document_files f LEFT JOIN partners p ON p.id = f.partner_id "
        "WHERE f.digest = $1 AND (f.partner_id IS NULL OR p.name = $2))",
        digest,
        partner,
    )
    return found


async def of_hall(connection: Connection, hall_id: int, digest: str) -> bytes | None:
    """A file that the policy of a hall names; None: it names no such file."""
    found: bytes | None = await connection.fetchval(f"SELECT f.content {_OF_HALL}", hall_id, digest)
    return found


async def size_of_hall(connection: Connection, hall_id: int, digest: str) -> int | None:
    """Bytes of a file that the policy of a hall names; None: it names no such file."""
    found: int | None = await connection.fetchval(f"SELECT octet_length(f.content) {_OF_HALL}", hall_id, digest)
    return found


async def part_of_hall(connection: Connection, hall_id: int, digest: str, start: int, length: int) -> bytes:
    """A part of it; empty behind its end, and when it is named no more."""
    sql = f"SELECT substring(f.content FROM $3::int + 1 FOR $4::int) {_OF_HALL}"  # noqa: S608  own
    return await connection.fetchval(sql, hall_id, digest, start, length) or b""


async def unused_bytes(connection: Connection) -> int:
    """Of all files that no document has named so far."""
    found: int = await connection.fetchval(
        "SELECT coalesce(sum(octet_length(f.content)), 0) FROM policy_files f "
        "WHERE NOT EXISTS (SELECT FROM policy_document_files d WHERE d.digest = f.digest)"
    )
    return int(found)


async def drop_unused(connection: Connection, before: datetime) -> int:
    """Forget files that were brought before a moment, that no document ever named and no draft names; how many."""
    rows = await connection.fetch(
        "DELETE FROM policy_files f WHERE f.uploaded_at < $1 "
        "AND NOT EXISTS (SELECT FROM policy_document_files d WHERE d.digest = f.digest) AND NOT EXISTS "
        "(SELECT FROM policy_drafts d CROSS JOIN json_each_text(d.files) AS named WHERE named.value = f.digest) RETURNING f.digest",
        before,
    )
    return len(rows)
