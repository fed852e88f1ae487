"""What a provider's statement about somebody means at the hub (pure)."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hotspot.hub.oidc.settings import OpenId, RoleOf

STRONG: Final = frozenset({"mfa", "otp", "hwk", "swk", "sc", "fpt", "face", "iris", "retina", "vbm", "pop", "mca"})
"""Values of ``amr`` (RFC 8176) that say: by more than a password."""
LONGEST_NAME: Final = 40
TURNS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the direction of what stands beside them."""


def role_of(settings: OpenId, claims: Mapping[str, Any]) -> RoleOf | None:
    """The first rule that fits; None: nothing that the claim says gives a role."""
    given = values(claims, settings.claim)
    return next((rule for rule in settings.roles if rule.value in given), None)


def values(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """What a claim says: one text or several. ``a.b``: the claim of that name, or ``b`` within ``a``."""
    found: Any = claims.get(claim)
    if found is None and "." in claim:
        found = claims
        for name in claim.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(value for value in found if isinstance(value, str)) if isinstance(found, list | tuple) else frozenset()


def strong(settings: OpenId, claims: Mapping[str, Any]) -> bool:
    """Did they log in there by two factors, and does that count here?"""
    return settings.second_factor and (bool(values(claims, "amr") & STRONG) or claims.get("acr") in settings.acr)


def user_names(claims: Mapping[str, Any]) -> Iterator[str]:
    """Names for a new user, the best first, without end: whoever has one already keeps it."""
    wanted = next((name for key in ("preferred_username", "nickname", "email") if (name := _as_name(claims.get(key)))), "user")
    yield wanted
    number = 1
    while True:
        number += 1
        end = f"-{number}"
        yield wanted[: LONGEST_NAME - len(end)] + end


def _as_name(said: object) -> str:
    if not isinstance(said, str):
        return ""
    plain = unicodedata.normalize("NFKD", said[:200].partition("@")[0].lower().replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    spaced = re.sub(r"[._-]{2,}", "-", re.sub(r"[^a-z0-9._-]+", "-", plain))
    return spaced.strip("._-")[:LONGEST_NAME].rstrip("._-")


def full_name(claims: Mapping[str, Any]) -> str:
    """As it may be kept and shown; ``""``: the provider does not say."""
    return _line(claims.get("name"), 200)


def email(claims: Mapping[str, Any]) -> str:
    """The address, if it is one. For people to read: nobody is recognised by it."""
    said = _line(claims.get("email"), 255)
    return said if re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,190}", said) else ""


def _line(said: object, longest: int) -> str:
    if not isinstance(said, str):
        return ""
    shown = "".join(
        " " if letter in TURNS or unicodedata.category(letter) in ("Cc", "Cs", "Cn") else letter for letter in said[: 4 * longest]
    )
    return " ".join(shown.split())[:longest]
