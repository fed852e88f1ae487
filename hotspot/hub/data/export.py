"""Everything that the hub holds of a partner or a hall as one ZIP file, written while it is read.

``contents.json`` says of whom, when, and how many rows each table has; ``<table>.csv`` has the rows (RFC 4180, UTF-8, moments as ISO 8601,
JSON columns as JSON); ``files/<SHA-256>`` are the pictures and texts that ``policy_document_files`` names. Keys and hashes of secrets are
left out: they are of use to nobody who may have this file.
"""

import csv
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from hotspot.hub.data.inventory import purpose_of
from hotspot.hub.store import Connection, export
from hotspot.hub.store.ownership import Scope


class Exported(Struct, frozen=True):
    """One table of the file."""

    table: str
    rows: int
    columns: tuple[str, ...]
    purpose: str


class Contents(Struct, frozen=True):
    """``contents.json``."""

    of: str
    """``partner kleinheim`` or ``hall kleinheim-rathaus``."""
    made_at: datetime
    tables: tuple[Exported, ...]


class _Pipe(io.RawIOBase):
    """What zipfile writes, until it is fetched; it cannot seek, so the file is made for streaming."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        content = bytes(self._written)
        self._written.clear()
        return content


async def zipped(connection: Connection, scope: Scope, of: str, now: datetime) -> AsyncIterator[bytes]:
    """The file in pieces; ``connection`` is in a snapshot, so that all tables are of one moment."""
    pipe, told = _Pipe(), []
    stamp = now.timetuple()[:6]
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for table, names in await export.readable(connection):
            count = 0
            with archive.open(zipfile.ZipInfo(f"{table.name}.csv", stamp), "w", force_zip64=True) as member:
                member.write(_lines([names]))
                async for rows in export.rows(connection, table, names, scope):
                    count += len(rows)
                    member.write(_lines(rows))
                    yield pipe.taken()
            told.append(Exported(table.name, count, names, purpose_of(table.name)))
        async for digest, content in export.files(connection, scope):
            archive.writestr(zipfile.ZipInfo(f"files/{digest}", stamp), content)
            yield pipe.taken()
        contents = Contents(of, now, tuple(told))
        archive.writestr(zipfile.ZipInfo("contents.json", stamp), msgspec.json.format(msgspec.json.encode(contents), indent=1))
    yield pipe.taken()


def _lines(rows: list[tuple[Any, ...]] | list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str | int | float:
    """A value of PostgreSQL as CSV writes it; nothing is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return value if isinstance(value, int | float) else str(value)
