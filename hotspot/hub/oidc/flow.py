"""What goes through somebody's browser on their way to the provider and back (pure).

One random secret in a cookie of that browser is behind all three: ``state`` (the answer belongs to this browser), ``nonce`` (the ID token
to this login) and the verifier of PKCE (the code to whoever asked for it). Nobody can tell the secret from what the provider sees.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from hotspot.hub.oidc.settings import OpenId

LONGEST: Final = 4_096
"""Characters of a code."""


class Refused(Exception):
    """Nobody is let in by this; the text says why, for the log and for IT staff."""


class Declined(Exception):
    """The provider says that it did not log anybody in; the text is its own word for why."""


def state(secret: str) -> str:
    """Of a login."""
    return _of(secret, b"state")


def nonce(secret: str) -> str:
    """Of a login."""
    return _of(secret, b"nonce")


def verifier(secret: str) -> str:
    """Of a login: 43 characters (RFC 7636 §4.1)."""
    return _of(secret, b"verifier")


def _of(secret: str, what: bytes) -> str:
    return _text(hmac.new(secret.encode(), what, sha256).digest())


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def address(settings: OpenId, endpoint: str, secret: str) -> str:
    """Where the browser goes to log in; ``endpoint``: the provider's, for authorization."""
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": settings.callback,
        "scope": " ".join(settings.scopes),
        "state": state(secret),
        "nonce": nonce(secret),
        "code_challenge": _text(sha256(verifier(secret).encode()).digest()),
        "code_challenge_method": "S256",
    }
    if settings.acr:
        asked["acr_values"] = " ".join(settings.acr)
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def check_state(query: Mapping[str, str], secret: str) -> None:
    """Raise ``Refused`` for an answer to a login that this browser has not begun."""
    if not secret or not hmac.compare_digest(query.get("state", "").encode(), state(secret).encode()):
        raise Refused("state: expected that of a login which this browser has begun")


def code(settings: OpenId, query: Mapping[str, str], *, names_itself: bool) -> str:
    """What the browser brings back, to be exchanged. ``names_itself``: answers of this provider carry its name (RFC 9207). Raises
    ``Refused`` for another provider's answer, and ``Declined``."""
    if (query.get("iss") if names_itself else query.get("iss", settings.issuer)) != settings.issuer:
        raise Refused("iss: expected the provider that was asked")
    if "error" in query:
        raise Declined(query["error"][:100])
    given = query.get("code", "")
    if not 0 < len(given) <= LONGEST:
        raise Refused("code: expected one")
    return given
