"""The guest networks that a scope reaches."""

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from hotspot.hub.api import policy_scopes
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.scopes import Level
from hotspot.hub.validation import UNKNOWN_ZONES

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,14}")


class Known(Struct, frozen=True, kw_only=True):
    """What they are called."""

    names: tuple[str, ...]
    told: frozenset[str]
    """Those that gateways have told of: visitors may be in them now."""
    assumed: bool
    """Nobody has told of any, nothing is set for any: they are called as in the file of settings that comes with the gateways, which is
    also what the hub takes for granted when it checks a change."""


def is_name(text: str) -> bool:
    """Could a guest network be called so?"""
    return _NAME.fullmatch(text) is not None


async def known(visit: Visit, work: Work, more: Iterable[str] = ()) -> Known:
    """Those that gateways have told of, those that the settings speak of, and ``more``: those that somebody has typed."""
    scope = work.place.scope
    if scope.level is Level.ZONE:
        return Known(names=(scope.zone,), told=frozenset((scope.zone,)), assumed=False)
    query = {"partner": scope.partner} if scope.partner else {}
    halls = await visit.ask(policy_scopes.list_zones, query=query)
    told = frozenset(zone for hall in halls if scope.hall in ("", hall.hall) for zone in hall.zones)
    said = work.settings.get("zones")
    names = {*told, *(said if isinstance(said, dict) else ())}
    assumed = not names
    names = (names or set(UNKNOWN_ZONES)) | {name for name in more if is_name(name)}
    return Known(names=tuple(sorted(names)), told=told, assumed=assumed)
