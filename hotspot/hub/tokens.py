"""Secrets that machines show: 256 random bits, of which only the SHA-256 is kept. No salt and no slow hash: nobody can guess 256 bits."""

import secrets
from hashlib import sha256
from typing import Final

KINDS: Final = {"token": "hst", "session": "hss", "credential": "hsc", "enrolment": "hse", "webhook": "hsw"}
"""What a secret begins with, so that people and scanners of leaked secrets can tell what they found."""


def make(kind: str) -> str:
    """A new secret of a kind of ``KINDS``."""
    return f"{KINDS[kind]}_{secrets.token_urlsafe(32)}"


def hashed(secret: str) -> bytes:
    """As the database keeps it."""
    return sha256(secret.encode()).digest()
