"""What shows that a form is ours (pure): a token of the session in each form, which other sites cannot read.

Each time it is masked with other random bits: the page is compressed and may repeat what somebody else has written, so that a token that
stays the same could be guessed from the sizes of answers (BREACH).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final

SIZE: Final = 32


def _of(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"a form of the console", sha256).digest()


def _mixed(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def masked(secret: str, random: bytes) -> str:
    """The token for a form of the session with this secret; ``random``: 32 bytes that were never used before."""
    return urlsafe_b64encode(random + _mixed(random, _of(secret))).decode()


def genuine(secret: str, token: str) -> bool:
    """Was it made for that session?"""
    try:
        content = urlsafe_b64decode(token.encode())
    except ValueError:  # binascii.Error and UnicodeEncodeError are ValueErrors
        return False
    return len(content) == 2 * SIZE and hmac.compare_digest(_mixed(content[:SIZE], content[SIZE:]), _of(secret))
