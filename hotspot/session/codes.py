"""The device code: how a visitor at the counter and the staff name a device without its MAC, as ``K7F-3QX``.

Six characters of Crockford's base 32 (no I, L, O, U) from a keyed hash of the MAC; the key never leaves the hall.
"""

import hmac
from hashlib import sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 6
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def code_of(hall_key: bytes, mac: str) -> str:
    """The code of a client."""
    number = int.from_bytes(hmac.new(hall_key, mac.encode(), sha256).digest()[:8], "big")
    letters = "".join(ALPHABET[(number >> 5 * place) & 31] for place in range(LENGTH))
    return f"{letters[:3]}-{letters[3:]}"


def parse_code(text: str) -> str:
    """What a person typed -> the code as shown: lower case, missing dash, O for 0 and I or L for 1 are forgiven. Raises ``ValueError``."""
    letters = text.strip().upper().translate(_FORGIVEN)
    if len(letters) != LENGTH or any(letter not in ALPHABET for letter in letters):
        raise ValueError(f"{text!r} is not a device code such as K7F-3QX")
    return f"{letters[:3]}-{letters[3:]}"
