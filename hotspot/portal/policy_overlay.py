"""What the hub wants, laid over what the box has (pure): the raw tables of ``portal.toml`` with a policy's sections over them.

The box keeps what only it can know: folders, sockets, addresses, ports, certificate, how it reaches the hub. How far a section of the
policy goes is in ``_DEPTH``; where it says nothing, the box's own file holds. A policy that names anything else is refused.
"""

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

Table = dict[str, Any]


class Objection(Exception):
    """The policy names something that is not its business, or names it wrongly."""

    def __init__(self, key: str, value: object, expected: str) -> None:
        super().__init__(f"{key} = {value!r}: {expected}")
        self.key = key
        self.value = value
        self.expected = expected


class Overlaid(Struct, frozen=True):
    """The box's tables with the policy's over them."""

    tables: Table
    """As ``portal.toml``."""
    blocklist: Table
    """What only a policy has: entries by their id at the hub."""
    vouchers: Table
    passed_over: tuple[str, ...] = ()
    """Keys about zones that this gateway has not."""


WHOLE, BY_NAME, BY_KEY = 0, 1, 2
_DEPTH: Final[Mapping[str, int]] = MappingProxyType(
    {
        "hall": BY_KEY,
        "hours": BY_NAME,
        "plans": BY_NAME,
        "legal": BY_NAME,
        "internet": BY_KEY,
        "hub": BY_KEY,
        "zones": BY_KEY,
        "terms": WHOLE,
        "feedback": WHOLE,
        "wifi4eu": WHOLE,
        "retention": WHOLE,
        "theme": WHOLE,
        "services": WHOLE,
        "blocklist": WHOLE,
        "vouchers": WHOLE,
    }
)
"""Sections of a policy. ``WHOLE``: the policy's takes the place of the box's, because halves of two do not fit together (the languages of
two versions of the terms). ``BY_NAME``: its tables take the place of those with the same name. ``BY_KEY``: key by key."""
WHOLE_SECTIONS: Final = frozenset(name for name, depth in _DEPTH.items() if depth == WHOLE)
"""Of these nothing is the box's where a policy has them."""
_KEYS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "internet": frozenset({"new_visitors", "message"}),
        "hub": frozenset({"away", "away_after"}),
        "zones": frozenset({"plans", "hours"}),
    }
)
"""Of these sections a policy says so much; the rest only the box knows."""
_TABLES: Final = frozenset(_DEPTH) - {"retention"}


def overlay(local: Mapping[str, Any], policy: Mapping[str, Any]) -> Overlaid:
    """``policy`` over ``local``; neither is changed. Raises ``Objection``."""
    _check(policy)
    result = dict(local)
    passed_over: list[str] = []
    for name, wanted in policy.items():
        if name in ("blocklist", "vouchers") or (name == "hub" and name not in local):
            continue  # entered elsewhere; and how to do without a hub matters to nobody who has none
        if name == "zones":
            result[name], unknown = _zones(local.get(name), wanted)
            passed_over += [f"zones.{zone}" for zone in unknown]
        elif _DEPTH[name] == WHOLE or not isinstance(local.get(name), dict):
            result[name] = wanted
        else:
            result[name] = {**local[name], **wanted}
    return Overlaid(result, dict(policy.get("blocklist", {})), dict(policy.get("vouchers", {})), tuple(passed_over))


def _zones(local: object, wanted: Mapping[str, Any]) -> tuple[object, list[str]]:
    """The box's zones with what the policy says of them, and the zones of the policy that the box has not."""
    if not isinstance(local, dict):
        return local, sorted(wanted)
    merged = {name: {**zone, **wanted[name]} if name in wanted and isinstance(zone, dict) else zone for name, zone in local.items()}
    return merged, sorted(set(wanted) - set(local))


def _check(policy: Mapping[str, Any]) -> None:
    for name, wanted in policy.items():
        if name not in _DEPTH:
            raise Objection(name, wanted, f"only the gateway itself can know this: expected one of {', '.join(_DEPTH)}")
        if name in _TABLES and not isinstance(wanted, dict):
            raise Objection(name, wanted, "expected a table of keys and values")
        if name == "zones":
            for zone, keys in wanted.items():
                if not isinstance(keys, dict):
                    raise Objection(f"zones.{zone}", keys, "expected a table of keys and values")
                _check_keys(f"zones.{zone}", keys, _KEYS[name])
        elif name in _KEYS:
            _check_keys(name, wanted, _KEYS[name])
    if "theme" in policy and "base" in policy["theme"]:
        raise Objection("theme.base", policy["theme"]["base"], "expected no other theme to build on: the hub has merged them")


def _check_keys(section: str, table: Mapping[str, Any], allowed: Collection[str]) -> None:
    for key, value in table.items():
        if key not in allowed:
            expected = f"only the gateway itself can know this: expected one of {', '.join(sorted(allowed))}"
            raise Objection(f"{section}.{key}", value, expected)


# Files -------------------------------------------------------------------------------------------------------------------------------


def with_files(policy: Mapping[str, Any], paths: Mapping[str, str]) -> Table:
    """The policy with the path of each file in the place of its name, for every key that names a file; ``paths``: by name. A name that is
    not among them is refused: a policy reads no other file of the box. Raises ``Objection``."""
    result = dict(policy)
    if isinstance(theme := policy.get("theme"), dict):
        result["theme"] = {key: _with_file(f"theme.{key}", part, paths) for key, part in theme.items()}
    if isinstance(terms := policy.get("terms"), dict):
        result["terms"] = _with_files("terms", terms, paths)
    if isinstance(legal := policy.get("legal"), dict):
        result["legal"] = {key: _with_files(f"legal.{key}", part, paths) if isinstance(part, dict) else part for key, part in legal.items()}
    return result


def _with_file(key: str, part: object, paths: Mapping[str, str]) -> object:
    """A table whose ``file`` is one name."""
    if not isinstance(part, dict) or "file" not in part:
        return part
    return {**part, "file": _path(f"{key}.file", part["file"], paths)}


def _with_files(key: str, part: Table, paths: Mapping[str, str]) -> Table:
    """A table whose ``file`` has a name for each language."""
    named = part.get("file")
    if not isinstance(named, dict):
        return part  # what is wrong with it, the reader says
    return {**part, "file": {language: _path(f"{key}.file.{language}", name, paths) for language, name in named.items()}}


def _path(key: str, name: object, paths: Mapping[str, str]) -> str:
    if not isinstance(name, str) or name not in paths:
        known = ", ".join(sorted(paths)) or "there is none"
        raise Objection(key, name, f"expected the name of one of the files of the policy: {known}")
    return paths[name]


def stored_as(name: str, digest: str) -> str:
    """What a file of a policy is called where it is kept: by its content, with the ending that says what it is."""
    return f"{digest}{PurePosixPath(name).suffix.lower()}"
