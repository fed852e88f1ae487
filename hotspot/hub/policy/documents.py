"""What a document of a scope may hold, before anything is merged (pure). Every objection names scope, key, value and what was expected."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hotspot.hub.policy.merge import Path, key_of, leaves, path_of
from hotspot.hub.policy.scopes import Level, Scope, reaches

LOCKED: Final = "locked"
"""Key of a host's or a partner's document: what those below may not say anything about; it does not leave the hub."""
MOST_DEPTH = 12
MOST_BYTES = 400_000
"""Of one document as JSON: what is merged must fit into ``hotspot.wire.LARGEST``."""
ZONE_KEYS: Final = ("plans", "hours")
MADE_ELSEWHERE: Final = {"vouchers": "expected no vouchers here: batches are made one by one, so that their keys are the hub's alone"}


def objections(scope: Scope, document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a document by itself."""
    found = [f"{key_of(path)}: {why}" for path, why in _unwritable(dict(document), ())]
    if found:
        return _named(scope, found)
    if LOCKED in document:
        found += _of_locked(scope, document[LOCKED])
    for key, expected in MADE_ELSEWHERE.items():
        if key in document:
            found.append(f"{key}: {expected}")
    if scope.level is Level.ZONE:
        for key in document:
            if key not in ZONE_KEYS and key != LOCKED:
                found.append(f"{key} = {_shown(document[key])}: expected one of {', '.join(ZONE_KEYS)}, as in [zones.{scope.zone}]")
    return _named(scope, found)


def _named(scope: Scope, found: Iterable[str]) -> list[str]:
    return [f"{scope.text}: {one}" for one in found]


def _unwritable(value: Any, at: Path) -> list[tuple[Path, str]]:
    """What PostgreSQL or a gateway could not write down again."""
    if len(at) > MOST_DEPTH:
        return [(at, f"expected at most {MOST_DEPTH} tables or lists in each other")]
    if isinstance(value, str):
        return [(at, "expected text without NUL characters")] if "\0" in value else []
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return [(at, "expected a number below 2^63")]
    if isinstance(value, dict):
        named = [((*at, key), "expected keys of 1 to 100 characters without NUL") for key in value if not _is_key(key)]
        return named or [each for key, inner in value.items() for each in _unwritable(inner, (*at, key))]
    if isinstance(value, list):
        return [each for place, inner in enumerate(value) for each in _unwritable(inner, (*at, str(place)))]
    return []


def _is_key(key: str) -> bool:
    return 0 < len(key) <= 100 and "\0" not in key


def _of_locked(scope: Scope, raw: Any) -> list[str]:
    if scope.level not in (Level.HOST, Level.PARTNER):
        return [f"{LOCKED} = {_shown(raw)}: expected only in the document of the host or of a partner"]
    if not isinstance(raw, list) or len(raw) > 200:
        return [f'{LOCKED} = {_shown(raw)}: expected a list such as ["plans", "legal.operator"]']
    found = []
    for key in raw:
        try:
            path_of(str(key))
        except ValueError as error:
            found.append(f"{LOCKED} = {_shown(key)}: {error}")
    return found


# Locks -------------------------------------------------------------------------------------------------------------------------------


def locks(document: Mapping[str, Any]) -> tuple[Path, ...]:
    """What a document (without objections) keeps for itself."""
    return tuple(path_of(str(key)) for key in document.get(LOCKED) or ())


def settings_of(scope: Scope, document: Mapping[str, Any]) -> dict[str, Any]:
    """What it says, as a hall's settings have it: without its locks, a zone's below ``zones.<zone>``."""
    settings = {key: value for key, value in document.items() if key != LOCKED}
    return {"zones": {scope.zone: settings}} if scope.level is Level.ZONE and settings else settings


def trespasses(documents: Mapping[Scope, Mapping[str, Any]]) -> list[str]:
    """Values of documents that a scope above has locked."""
    found = []
    for scope in sorted(documents):
        for path in locks(documents[scope]):
            for lower in sorted(documents):
                if lower != scope and reaches(scope, lower):
                    said = _said_at(settings_of(lower, documents[lower]), path)
                    found += [f"{lower.text}: {key_of(at)} = {_shown(value)}: expected nothing, {scope.text} has locked {key_of(path)}"
                              for at, value in said]  # fmt: skip
    return found


def _said_at(settings: Any, path: Path) -> list[tuple[Path, Any]]:
    """What is said at or below a path, or above it by something that is no table and so takes its place."""
    for place, step in enumerate(path):
        if not isinstance(settings, dict):
            return [(path[:place], settings)]
        if step not in settings:
            return []
        settings = settings[step]
    return list(leaves(settings, path))


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 200 else f"{shown[:200]}..."


# Files -------------------------------------------------------------------------------------------------------------------------------


def files_named(settings: Mapping[str, Any]) -> frozenset[str]:
    """Names of files that merged settings speak of: of pictures and videos of a theme, of legal texts and terms by language."""
    return frozenset(_files(settings.get("theme"))) | frozenset(_files(settings.get("terms"))) | frozenset(_files(settings.get("legal")))


def _files(value: Any) -> Iterable[str]:
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == "file" and isinstance(inner, str):
            yield inner
        elif key == "file" and isinstance(inner, dict):
            yield from (name for name in inner.values() if isinstance(name, str))
        else:
            yield from _files(inner)
