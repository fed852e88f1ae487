"""Secrets that machines show: 256 random bits, of which only the SHA-256 is kept. No salt and no slow hash: nobody can guess 256 bits."""

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import digest
from typing import Final

KINDS: Final = {"token": "hst", "session": "hss", "credential": "hsc", "enrolment": "hse", "webhook": "hsw"}
"""What a secret begins with, so that people and scanners of leaked secrets can tell what they found."""


def make(kind: str) -> str:
    """A new secret of a kind of ``KINDS``."""
    return f"{KINDS[kind]}_{secrets.token_urlsafe(32)}"


def derived(kind: str, key: str, text: str) -> str:
    """The secret of a kind that both secrets together make, always the same one; who knows only one of them cannot tell it."""
    return f"{KINDS[kind]}_{urlsafe_b64encode(digest(key.encode(), text.encode(), 'sha256')).rstrip(b'=').decode('ascii')}"


def hashed(secret: str) -> bytes:
    """As the database keeps it."""
    return sha256(secret.encode()).digest()
