"""Reading settings: every file through one hand, every error with file, key, value and what was expected."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec

from hotspot.portal.catalogues import known
from hotspot.portal.settings import BadSettings
from hotspot.session.quantities import parse_bytes, parse_rate, parse_seconds

T = TypeVar("T")

MAX_TEXT_FILE = 1_000_000
"""Bytes of a settings or text file."""
MOST_SHOWN = 200
"""Characters of a value in an error."""
_UNITS: Mapping[object, str] = {
    parse_rate: ' bit/s, such as "10 Mbit/s"',
    parse_seconds: ' seconds, such as "2 h"',
    parse_bytes: ' bytes, such as "500 MB"',
}
_KINDS: Mapping[str, str] = {
    "`array`": 'a list such as ["one", "two"]',
    "`object`": "a table of keys and values",
    "`str`": "a text in quotes",
    "`bool`": "true or false",
    "`int`": "a whole number",
    "`float`": "a number",
    "`null`": "nothing",
}


class Look(NamedTuple):
    """A file that is too large for memory."""

    size: int
    changed: int
    """When, in nanoseconds since 1970."""
    begin: bytes
    """Its first 16 bytes."""


class Files:
    """Reads files and remembers what was in them, so that settings that could be used can be kept whole."""

    whole = True
    """False: a video, which is too large to be kept, may be missing."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def read(self, path: Path, most: int) -> bytes:
        """A whole file of at most ``most`` bytes. Raises ``OSError``."""
        with path.open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise OSError(f"larger than {most:,} bytes")
        self.contents[str(path)] = content
        return content

    def look(self, path: Path) -> Look:
        """A file that is too large to be read whole. Raises ``OSError``."""
        status = path.stat()
        with path.open("rb") as file:
            return Look(status.st_size, status.st_mtime_ns, file.read(16))

    def packed(self) -> bytes:
        """All that was read, as ``Kept`` takes it: JSON, contents in base 64."""
        return msgspec.json.encode(self.contents)


class Kept(Files):
    """The files as they were when they could last be used; nothing is read from the disk."""

    whole = False

    def __init__(self, packed: bytes) -> None:
        super().__init__()
        self.contents = msgspec.json.decode(packed, type=dict[str, bytes])

    def read(self, path: Path, most: int) -> bytes:
        """As it was. Raises ``OSError`` for a file that was not read then."""
        try:
            return self.contents[str(path)]
        except KeyError:
            raise FileNotFoundError(2, "was not kept", str(path)) from None


class Remembered(Files):
    """The files of settings in force as they were read then, and others as they are on the disk: so that a policy of the hub brings no
    half-written change of the box's own files into force."""

    def __init__(self, before: Files) -> None:
        super().__init__()
        self.whole = before.whole
        self._before = before.contents

    def read(self, path: Path, most: int) -> bytes:
        """As it was read for the settings in force, if it was. Raises ``OSError``."""
        before = self._before.get(str(path))
        if before is None:
            return super().read(path, most)
        self.contents[str(path)] = before
        return before


class Reader:
    """Turns values of one file into what they mean; every error is a ``BadSettings`` that names file and key."""

    def __init__(self, path: Path, files: Files | None = None, unreadable: Callable[[str], BadSettings] | None = None) -> None:
        """``unreadable``: what to say when the file cannot be read, and why not."""
        self.path = path
        self.files = Files() if files is None else files
        self._unreadable = unreadable or (lambda why: BadSettings(f"cannot read {path}: {why}"))

    def toml(self) -> dict[str, Any]:
        """The whole file."""
        try:
            return tomllib.loads(self.files.read(self.path, MAX_TEXT_FILE).decode("utf-8-sig"))
        except OSError as error:
            raise self._unreadable(str(error.strerror or error)) from None
        except UnicodeDecodeError as error:
            raise BadSettings(f"cannot read {self.path}: {_no_text(error)}") from None
        except (ValueError, RecursionError) as error:  # not TOML, or a number or a nesting that nobody would write
            raise BadSettings(f"cannot read {self.path}: {error}") from None

    def beside(self, key: str, name: str) -> "Reader":
        """A reader of the other file that ``key`` names; a relative name stands beside this one."""
        return Reader(self.file(name), self.files, lambda why: self.error(key, name, f"expected a readable file ({why})"))

    def content(self, key: str, name: str, most: int = MAX_TEXT_FILE) -> bytes:
        """What is in the file that ``key`` names."""
        try:
            return self.files.read(self.file(name), most)
        except OSError as error:
            raise self.error(key, name, f"expected a readable file of at most {most:,} bytes ({error.strerror or error})") from None

    def text(self, key: str, name: str) -> str:
        """The same, UTF-8."""
        try:
            return self.content(key, name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self.error(key, name, _no_text(error)) from None

    def error(self, key: str, value: object, expected: str) -> BadSettings:
        """``cannot use portal.toml: plans.free.down = "fast": expected a rate ...``."""
        shown = repr(value)
        if len(shown) > MOST_SHOWN:
            shown = f"{shown[:MOST_SHOWN]}..."
        return BadSettings(f"cannot use {self.path}: {key} = {shown}: {expected}")

    def missing(self, key: str) -> BadSettings:
        """``cannot use portal.toml: hall.name is missing``."""
        return BadSettings(f"cannot use {self.path}: {key} is missing")

    def table(self, raw: object, kind: type[T], key: str) -> T:
        """A table as ``kind``; ``key`` is where it stands, "" for the whole file."""
        try:
            return msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            what, _, place = str(error).partition(" - at `$")
            steps = re.findall(r"[a-z0-9_-]+|\[[0-9]+\]", place)
            where = ".".join(filter(None, [key, *(step for step in steps if step[0] != "[")]))
            unknown = re.search(r"unknown field `([^`]+)`", what)
            missing = re.search(r"missing required field `([^`]+)`", what)
            if unknown:
                keys = getattr(kind, "__struct_fields__", ())
                where = ".".join(filter(None, [where, unknown[1]]))
                near = "".join(f" (perhaps {each})" for each in get_close_matches(unknown[1], keys, 1))
                value = _look_up(raw, [*steps, unknown[1]])
                raise self.error(where, value, f"unknown key, expected one of {', '.join(keys)}{near}") from None
            if missing:
                raise self.missing(".".join(filter(None, [where, missing[1]]))) from None
            raise self.error(where, _look_up(raw, steps), _said(what)) from None

    def value(self, key: str, value: object, parse: Callable[[object], T], low: float | None = None, high: float | None = None) -> T:
        """A quantity, within bounds."""
        try:
            parsed = parse(value)
        except ValueError as error:
            raise self.error(key, value, str(error)) from None
        if isinstance(parsed, int | float) and ((low is not None and parsed < low) or (high is not None and parsed > high)):
            bounds = f"{low:.15g} to {high:.15g}" if high is not None else f"at least {low:.15g}"
            raise self.error(key, value, f"expected {bounds}{_UNITS.get(parse, '')}")
        return parsed

    def texts(self, key: str, value: str | Mapping[str, str], most: int = 2_000) -> dict[str, str]:
        """A text for visitors, by language: a plain string is German. Languages are those of the pages."""
        texts = {"de": value} if isinstance(value, str) else dict(value)
        for language, text in texts.items():
            if language not in known():
                raise self.error(f"{key}.{language}", text, f"expected one of the languages of the pages: {', '.join(known())}")
            if len(text) > most:
                raise self.error(f"{key}.{language}", f"{text[:40]}...", f"expected at most {most:,} characters, not {len(text):,}")
        return {language: text.strip() for language, text in texts.items() if text.strip()}

    def file(self, text: str) -> Path:
        """A path; relative ones stand beside the settings file. Raises ``BadSettings`` for what no file can be called."""
        if "\0" in text:
            raise BadSettings(f"cannot use {self.path}: {text!r}: expected the name of a file")
        return Path(os.path.normpath(self.path.parent / text))


def _no_text(error: UnicodeDecodeError) -> str:
    """What is wrong with a file in another encoding."""
    line = error.object[: error.start].count(b"\n") + 1
    return f"expected UTF-8, but line {line} has a byte that is none: save it as UTF-8"


def _said(what: str) -> str:
    """msgspec's words about a value, in the words of a settings file."""
    return re.sub("|".join(_KINDS), lambda found: _KINDS[found[0]], what)


def _look_up(raw: object, steps: Sequence[str]) -> object:
    for step in steps:
        if isinstance(raw, dict):
            raw = raw.get(step)
        elif isinstance(raw, list) and step[0] == "[":
            raw = raw[int(step[1:-1])]
    return raw


def web_address(value: object) -> str:
    """An address of the web. Raises ``ValueError``."""
    parts = urlsplit(str(value))
    if parts.scheme not in {"http", "https"} or not parts.hostname or not str(value).isascii() or re.search(r"[\s\"<>]", str(value)):
        raise ValueError('expected an address such as "http://portal.hall.example/"')
    return str(value)


def host_port(value: object) -> tuple[str, int]:
    """``127.0.0.1:9464`` or ``[::1]:9464``. Raises ``ValueError``."""
    expected = 'expected address and port such as "127.0.0.1:9464" or "[::1]:9464"'
    host, colon, port = str(value).rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError(expected)
    try:
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)
    except ValueError:
        raise ValueError(expected) from None


def mail_address(value: object) -> str:
    """An address that a link can name; whether anybody reads there, nobody can say. Raises ``ValueError``."""
    if not re.fullmatch(r"[A-Za-z0-9.!#$&*+/=?^_{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", str(value)):
        raise ValueError('expected an address such as "rathaus@musterstadt.example"')
    return str(value)


def telephone(value: object) -> str:
    """A number that a phone can dial. Raises ``ValueError``."""
    if not re.fullmatch(r"\+?[0-9][0-9 ()/-]{2,30}", str(value)):
        raise ValueError('expected a telephone number such as "+49 1234 5670"')
    return str(value)
