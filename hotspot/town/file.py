"""The directory as the text of its TOML file: what an import writes, in the order that people read."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from hotspot.town.accounts import Fee, in_fours
from hotspot.town.directory import Entry, Texts
from hotspot.town.week import closed_text, to_text

_HEAD = "# Services of the hall: docs/services.md says what each key means.\n"


def file_text(entries: Iterable[Entry]) -> str:
    """A whole file, as ``hotspot.portal.settings_town`` reads it."""
    return _HEAD + "".join(_entry(entry) for entry in entries)


def _entry(entry: Entry) -> str:
    values: dict[str, Any] = {
        "name": _text(entry.name),
        "purpose": _text(entry.purpose),
        "authority": entry.authority.value,
        "authority_name": _text(entry.authority_name),
        "room": _text(entry.room),
        "hours": to_text(entry.hours),
        "closed": [closed_text(closed) for closed in entry.closed],
        "hours_note": _text(entry.hours_note),
        "phone": entry.phone,
        "email": entry.email,
        "link": entry.link,
        "keywords": list(entry.keywords),
        "reachable": list(entry.reachable),
    }
    return f"\n[services.{entry.id}]\n{_lines(values)}" + (_fee(entry.id, entry.fee) if entry.fee else "")


def _fee(id_: str, fee: Fee) -> str:
    values: dict[str, Any] = {
        "amount": f"{fee.amount:.2f}",
        "iban": in_fours(fee.iban),
        "bic": fee.bic,
        "receiver": fee.receiver,
        "reference": fee.reference,
        "note": _text(fee.note),
    }
    return f"[services.{id_}.fee]\n{_lines(values)}"


def _text(texts: Texts) -> str | Texts:
    """German alone needs no table."""
    return texts["de"] if set(texts) == {"de"} else texts


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items() if value)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # a TOML basic string is written as JSON writes one
