"""Whether an ID token holds (pure): signed by the provider, for us, for this login, and now (OpenID Connect Core 1.0 §3.1.3.7)."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from hotspot.hub.oidc.flow import Refused
from hotspot.hub.oidc.settings import OpenId

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures with a key that only the provider has: neither ``none``, nor one with a secret that the public key could be taken for."""
LEEWAY: Final = 60.0
"""Seconds by which two clocks may differ."""
OLDEST: Final = 600.0
"""Seconds since a token was made."""
_REGISTRY: Final = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)


def key_id(token: str) -> str | None:
    """Which key a token says that it is signed with. Raises ``Refused``."""
    try:
        headers = jws.extract_compact(token.encode(), registry=_REGISTRY).headers()
    except (JoseError, ValueError) as error:
        raise Refused(f"ID token: {error}") from None
    if headers.get("alg") not in ALGORITHMS:
        raise Refused(f"ID token: alg = {str(headers.get('alg'))[:20]!r}: expected one of {', '.join(ALGORITHMS)}")
    named = headers.get("kid")
    return named if isinstance(named, str) else None


def candidates(published: Sequence[Mapping[str, Any]], named: str | None) -> list[Mapping[str, Any]]:
    """The keys, among those that a provider publishes, that may have signed: those with that name; a token that names none can only be of
    the only one."""
    signing = [key for key in published if key.get("use", "sig") == "sig"]
    return [key for key in signing if key.get("kid") == named] if named is not None else signing if len(signing) == 1 else []


def claims_of(settings: OpenId, token: str, keys: Sequence[Mapping[str, Any]], nonce: str, now: datetime) -> dict[str, Any]:
    """What the token says. Raises ``Refused``."""
    claims = _verified(token, keys)
    moment = now.timestamp()
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if claims.get("iss") != settings.issuer:
        raise Refused("ID token: iss: expected the provider that was asked")
    if not isinstance(audiences, list) or settings.client_id not in audiences:
        raise Refused("ID token: aud: expected this hub")
    if claims.get("azp", settings.client_id if len(audiences) == 1 else None) != settings.client_id:
        raise Refused("ID token: azp: expected this hub")
    until, made = _number(claims, "exp"), _number(claims, "iat")
    if moment >= until + LEEWAY:
        raise Refused("ID token: exp: expected a moment to come")
    if not moment - OLDEST <= made <= moment + LEEWAY:
        raise Refused("ID token: iat: expected this moment")
    if "nbf" in claims and _number(claims, "nbf") > moment + LEEWAY:
        raise Refused("ID token: nbf: expected a moment that has come")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise Refused("ID token: nonce: expected that of this login")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise Refused("ID token: sub: expected 1 to 255 characters")
    return claims


def _verified(token: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    why = "expected a key that the provider publishes"
    for published in keys:
        try:
            key: Key = import_key(dict(published))
            return jwt.decode(token, key, algorithms=ALGORITHMS, registry=_REGISTRY).claims
        except (JoseError, ValueError, TypeError) as error:
            why = str(error) or type(error).__name__
    raise Refused(f"ID token: signature: {why}")


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refused(f"ID token: {name}: expected a moment")
    return float(value)
