"""A policy document as people write it: TOML in the shape of portal.toml, with the files that it names beside it.

Two things differ from portal.toml. What is to be removed of the scopes above stands in the list ``remove``, because TOML has no ``null``:
``remove = ["plans.guest", "theme.photo"]``. And only what the hub may say is said (docs/policy.md). ``theme`` and ``services`` may name
files as there; their content then becomes part of the document.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, time
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

REMOVE: Final = "remove"
MOST_BASES: Final = 4
"""Themes upon each other, as on a gateway."""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
MOST_DEEP: Final = 32
"""Tables and lists in each other: four times what the settings have."""
_PART: Final = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_LONG_KEY: Final = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_PART}){{{MOST_DEEP + 1}}}")
"""What ``tomllib`` takes very long over (quadratic in the parts of a key)."""
_STEPS: Final = re.compile(r'([A-Za-z0-9_-]+)|("(?:[^"\\]|\\["\\/bfnrtu])*")')
_HEAD: Final = re.compile(r"# scope = (\S+), base = (\d+)")

Table = dict[str, Any]


class CannotRead(Exception):
    """A file cannot be used; the text names it, key, value and what was expected."""


class Text(Struct, frozen=True):
    """A document and its files."""

    document: Table
    """With None for what is to be removed."""
    files: dict[str, Path]
    """By the names that the document says."""
    scope: str | None = None
    """Of the line that ``hotspot hub policy show`` writes; None: there is none."""
    base: int | None = None


# Reading ------------------------------------------------------------------------------------------------------------------------------


def read(path: Path) -> Text:
    """A document from a file. Raises ``CannotRead``."""
    text = _text(path)
    document = _toml(path, text)
    files = _Files()
    theme, services = document.get("theme"), document.get("services")
    if isinstance(theme, str):
        document["theme"] = _theme(_beside(path, theme), files, 0)
    elif isinstance(theme, dict):
        document["theme"] = {key: files.one(path, f"theme.{key}", part) for key, part in theme.items()}
    if isinstance(services, str | list):
        document["services"] = _services(path, [services] if isinstance(services, str) else services)
    if isinstance(document.get("terms"), dict):
        document["terms"] = files.by_language(path, "terms", document["terms"])
    if isinstance(document.get("legal"), dict):
        document["legal"] = {key: files.by_language(path, f"legal.{key}", part) for key, part in document["legal"].items()}
    for key in _list(path, REMOVE, document.pop(REMOVE, [])):
        _remove(path, document, key)
    head = _HEAD.match(text)
    return Text(_plain(document), files.paths, head[1] if head else None, int(head[2]) if head else None)


def parse(text: str, name: str) -> Table:
    """A document from a text alone, which errors call ``name``; files stay under the names that it says. Raises ``CannotRead``."""
    path = Path(name)
    document = _toml(path, text)
    for key in _list(path, REMOVE, document.pop(REMOVE, [])):
        _remove(path, document, key)
    plain: Table = _plain(document)
    return plain


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CannotRead(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise CannotRead(f"cannot read {path}: expected UTF-8") from None


def _toml(path: Path, text: str) -> Table:
    if _LONG_KEY.search(text):
        raise CannotRead(f"cannot read {path}: expected keys of at most {MOST_DEEP} parts")
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise CannotRead(f"cannot read {path}: {error}") from None
    if _deeper(found, MOST_DEEP):
        raise CannotRead(f"cannot read {path}: expected at most {MOST_DEEP} tables and lists in each other")
    return found


def _deeper(value: Any, most: int) -> bool:
    """Are there more than so many levels?"""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return bool(inner) and (most == 0 or any(_deeper(one, most - 1) for one in inner))


def _beside(path: Path, name: str) -> Path:
    return path.parent / name


def _list(path: Path, key: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise CannotRead(f"cannot use {path}: {key} = {value!r}: expected a list of texts")
    return value


def _theme(path: Path, files: "_Files", depth: int) -> Table:
    """A theme file with those that it builds on, as one table."""
    own = _toml(path, _text(path))
    base: Table = {}
    if "base" in own:
        name = own.pop("base")
        if depth == MOST_BASES or not isinstance(name, str):
            raise CannotRead(f"cannot use {path}: base = {name!r}: expected a file, and at most {MOST_BASES} themes upon each other")
        base = _theme(_beside(path, name), files, depth + 1)
    found = {key: files.one(path, key, part) for key, part in own.items()}
    for key in ("colours", "welcome"):
        above, below = _by_language(base.get(key)), _by_language(found.get(key))
        if above and isinstance(below, dict):
            found[key] = {**above, **below}
    return {**base, **found}


def _by_language(value: Any) -> Any:
    """A text alone is German."""
    return {"de": value} if isinstance(value, str) else value


def _services(path: Path, names: list[Any]) -> Table:
    """The files of a directory as one table; of one id the later file counts."""
    found: Table = {"services": {}}
    for name in _list(path, "services", names):
        there = _beside(path, name)
        own = _toml(there, _text(there))
        if "account" in own and found.get("account", own["account"]) != own["account"]:
            raise CannotRead(f"cannot use {there}: account: expected the same account in all files of services")
        found.update({key: value for key, value in own.items() if key != "services"})
        services = own.get("services", {})
        if not isinstance(services, dict):
            raise CannotRead(f"cannot use {there}: services = {services!r}: expected a table of keys and values")
        found["services"].update(services)
    return found


class _Files:
    """Files that are named, each under a name of its own."""

    def __init__(self) -> None:
        self.paths: dict[str, Path] = {}

    def one(self, path: Path, key: str, part: Any) -> Any:
        """A table whose ``file`` is one name."""
        if not isinstance(part, dict) or not isinstance(part.get("file"), str):
            return part
        return {**part, "file": self._add(path, f"{key}.file", part["file"])}

    def by_language(self, path: Path, key: str, part: Any) -> Any:
        """A table whose ``file`` has a name for each language."""
        if not isinstance(part, dict) or not isinstance(part.get("file"), dict):
            return part
        named = {
            language: self._add(path, f"{key}.file.{language}", name) if isinstance(name, str) else name
            for language, name in part["file"].items()
        }
        return {**part, "file": named}

    def _add(self, path: Path, key: str, text: str) -> str:
        found = _beside(path, text)
        if not found.is_file():
            raise CannotRead(f"cannot use {path}: {key} = {text!r}: expected a file ({found} is none)")
        name = re.sub(r"[^A-Za-z0-9._-]", "-", found.name).lstrip("._-")[-100:] or "file"
        if name in self.paths and self.paths[name].resolve() != found.resolve():
            name = f"{sha256(str(found.resolve()).encode()).hexdigest()[:8]}-{name}"[:100]
        self.paths[name] = found
        return name


def _remove(path: Path, document: Table, key: str) -> None:
    steps = [bare or json.loads(quoted) for bare, quoted in _STEPS.findall(key)]
    if not steps or ".".join(map(_key, steps)) != key:
        raise CannotRead(f'cannot use {path}: {REMOVE} = {key!r}: expected keys with dots between them, such as "plans.guest"')
    if len(steps) > MOST_DEEP:
        raise CannotRead(f"cannot use {path}: {REMOVE}: expected keys of at most {MOST_DEEP} parts")
    table = document
    for step in steps[:-1]:
        inner = table.setdefault(step, {})
        if not isinstance(inner, dict):
            raise CannotRead(f"cannot use {path}: {REMOVE} = {key!r}: expected a key of a table, but {step} is none")
        table = inner
    if steps[-1] in table:
        raise CannotRead(f"cannot use {path}: {REMOVE} = {key!r}: expected a key that the file does not set itself")
    table[steps[-1]] = None


def _plain(value: Any) -> Any:
    """As JSON has it: days and times as text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value


# Writing ------------------------------------------------------------------------------------------------------------------------------


def write(document: Mapping[str, Any], scope: str, base: int) -> str:
    """A document as a file that ``read`` reads back. Raises ``CannotRead`` for what TOML cannot say."""
    lines = [f"# scope = {scope}, base = {base}"]
    removed = list(_removed(document, ()))
    if removed:
        lines.append(f"{REMOVE} = {_value(removed)}")
    lines += _table(document, ())
    return "\n".join(lines) + "\n"


def _removed(table: Mapping[str, Any], at: tuple[str, ...]) -> Iterator[str]:
    for key, value in table.items():
        if value is None:
            yield ".".join(map(_key, (*at, key)))
        elif isinstance(value, dict):
            yield from _removed(value, (*at, key))


def _table(table: Mapping[str, Any], at: tuple[str, ...]) -> Iterator[str]:
    """Values first, tables after them."""
    for key, value in table.items():
        if value is not None and not isinstance(value, dict):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            path = (*at, key)
            if not value or any(inner is not None and not isinstance(inner, dict) for inner in value.values()):
                yield from ("", f"[{'.'.join(map(_key, path))}]")
            yield from _table(value, path)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    raise CannotRead(f"cannot write {value!r} as TOML: ask for it with --json")
