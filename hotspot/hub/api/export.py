"""Answers as CSV: for spreadsheets and archives (RFC 4180, UTF-8, moments as ISO 8601)."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Final

import msgspec

MEDIA_TYPE: Final = "text/csv; charset=utf-8"


def csv_bytes(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as lines of CSV; the heads are the first row."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
        case datetime():
            return value.isoformat()
        case bool() | int() | float():
            return str(value)
        case _:
            return msgspec.json.encode(value).decode()
