"""Codes that people type (pure): those of an authenticator app (TOTP, RFC 6238: 30 seconds, six digits), and those for emergencies."""

import hmac
from base64 import b32encode
from hashlib import sha256
from typing import Final

import pyotp

SECONDS: Final = 30
"""Of one step."""
AROUND: Final = 1
"""Steps before and after now whose codes are taken: clocks differ, and people need time to type."""
KEY_BYTES: Final = 20
"""Of an app's key: as long as the SHA-1 that all apps know."""
HOW_MANY: Final = 10
"""Recovery codes of a user."""
CODE_BYTES: Final = 10
"""Of a recovery code: 80 bits, which nobody guesses, so a quick hash is enough."""
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Without i, l, o and u (Crockford): what is written down is read again."""
_READ: Final = str.maketrans("oil", "011")


# Apps -------------------------------------------------------------------------------------------------------------------------------


def step_of(seconds: float) -> int:
    """Which step a moment is in (Unix time)."""
    return int(seconds // SECONDS)


def typed(code: str) -> str:
    """A code as it was meant: people write ``123 456``."""
    return "".join(code.split()).replace("-", "")


def matching_step(key: bytes, code: str, now: int, used: int) -> int | None:
    """The step around ``now`` whose code this is and that comes after ``used``, the last one that worked; None: there is none. It takes as
    long whether the first one fits or none."""
    found = None
    given = typed(code)
    app = pyotp.TOTP(text_key(key), interval=SECONDS)
    for step in range(max(0, now - AROUND), now + AROUND + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), given.encode()) and step > used:
            found = step
    return found


def looks_like_app(code: str) -> bool:
    """Six digits."""
    given = typed(code)
    return len(given) == 6 and given.isascii() and given.isdigit()


def text_key(key: bytes) -> str:
    """A key as apps take it."""
    return b32encode(key).decode()


def address(key: bytes, user: str, where: str) -> str:
    """What the QR code says (``otpauth:``): a key, whose it is, and where it opens."""
    return pyotp.TOTP(text_key(key), interval=SECONDS).provisioning_uri(name=user, issuer_name=where)


# Recovery codes -----------------------------------------------------------------------------------------------------------------------


def recovery(random: bytes) -> str:
    """A code from ``CODE_BYTES`` random bytes: ``k7f3-9qxm-2h4p-r8wd``."""
    number, letters = int.from_bytes(random, "big"), ""
    for _ in range(len(random) * 8 // 5):
        number, rest = divmod(number, len(_LETTERS))
        letters += _LETTERS[rest]
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def hashed(code: str) -> bytes:
    """As the database keeps a recovery code, however it was typed."""
    return sha256(typed(code).lower().translate(_READ).encode()).digest()
