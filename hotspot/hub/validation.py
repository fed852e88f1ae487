"""Would the gateways of these halls take this policy? Asked with their own reader (``hotspot.portal.policy_check``).

A thousand halls share most of what they are given. Sections that stand for themselves are looked at once for each content, and not at all
when a hall has them already; the rest, which is small, is looked at for each hall.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from hotspot import wire
from hotspot.hub.policy.documents import files_named
from hotspot.hub.policy.sources import Effective
from hotspot.portal.policy_check import check
from hotspot.portal.settings import BadSettings

Contents = Callable[[Iterable[str]], Awaitable[dict[str, bytes]]]
"""Contents of files by SHA-256."""

ALONE: Final = frozenset({"theme", "services", "terms", "legal", "feedback", "wifi4eu"})
"""Sections that no other section depends on, and that depend on none."""
UNKNOWN_ZONES: Final = ("public",)
"""Of a hall whose gateway has not told its zones yet."""
_ROOM: Final = 1_000
"""Bytes of a policy besides settings and files."""


class Candidate(Struct, frozen=True):
    """A hall and what it is to be given."""

    hall: str
    zones: tuple[str, ...]
    wanted: Effective


class _Section(Struct, frozen=True):
    """One section that stands for itself, with the files that it names."""

    name: str
    value: bytes
    files: tuple[tuple[str, str], ...]


class _Sections:
    """Sections of many halls. A value that halls share is one object, which is encoded once."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], tuple[object, bytes, frozenset[str]]] = {}

    def of(self, effective: Effective) -> list[_Section]:
        """Those that stand for themselves."""
        found = []
        for name in sorted(ALONE & effective.settings.keys()):
            value, named = self._encoded(name, effective.settings[name])
            files = tuple((file, digest) for file, digest in effective.files.items() if file in named)
            found.append(_Section(name, value, files))
        return found

    def _encoded(self, name: str, value: object) -> tuple[bytes, frozenset[str]]:
        key = (name, id(value))
        if key not in self._seen:  # the value is kept, so that no other one gets its id
            self._seen[key] = (value, msgspec.json.encode(value), files_named({name: value}))
        return self._seen[key][1:]


async def objections(candidates: Sequence[Candidate], before: Iterable[Effective], contents: Contents) -> dict[str, str]:
    """By hall why its gateway would refuse; a hall that is not there can be given its policy. ``before``: what halls have now."""
    sections = _Sections()
    taken = {section for one in before for section in sections.of(one)}
    judged: dict[_Section, str] = dict.fromkeys(taken, "")
    by_hall = {one.hall: sections.of(one.wanted) for one in candidates}
    for section in dict.fromkeys(section for found in by_hall.values() for section in found if section not in judged):
        named = dict(section.files)
        known = await contents(named.values())
        files = {name: known[digest] for name, digest in named.items() if digest in known}
        judged[section] = await asyncio.to_thread(
            _objection, {section.name: msgspec.json.decode(section.value)}, named, files, UNKNOWN_ZONES
        )
    result = {hall: why for hall, found in by_hall.items() if (why := next((judged[each] for each in found if judged[each]), ""))}
    return result | await asyncio.to_thread(_rest, [one for one in candidates if one.hall not in result])


def _rest(candidates: Iterable[Candidate]) -> dict[str, str]:
    """The same for the sections that depend on each other; equal halls are looked at once."""
    judged: dict[tuple[bytes, tuple[str, ...]], str] = {}
    result: dict[str, str] = {}
    for one in candidates:
        rest = {name: value for name, value in one.wanted.settings.items() if name not in ALONE}
        said = rest.get("zones")
        zones = one.zones or (tuple(said) if isinstance(said, dict) else ()) or UNKNOWN_ZONES
        key = (msgspec.json.encode(rest), zones)
        if key not in judged:
            judged[key] = _objection(rest, {}, {}, zones)
        why = judged[key] or _too_large(one.wanted)
        if why:
            result[one.hall] = why
    return result


def _too_large(effective: Effective) -> str:
    size = len(msgspec.json.encode(effective.settings)) + len(msgspec.json.encode(effective.files)) + _ROOM
    return f"{size} bytes: expected at most {wire.LARGEST} bytes of policy for one hall" if size > wire.LARGEST else ""


def _objection(settings: dict[str, Any], files: dict[str, str], contents: Mapping[str, bytes], zones: Sequence[str]) -> str:
    """Why a gateway would refuse; "": it would not."""
    try:
        check(wire.Policy(serial=0, settings=settings, files=files), contents, zones)
    except BadSettings as error:
        return said_by(error)
    return ""


def said_by(error: BadSettings) -> str:
    """What the reader of a gateway says, without the name of a file that is not there: key, value and what was expected."""
    return re.sub(r"^cannot (use|read) (policy 0|[^:]*): ", "", str(error))
