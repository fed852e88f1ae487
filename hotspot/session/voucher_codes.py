"""Voucher codes: how they are made, and how they are read when somebody types them.

They are derived from the key of their batch, so a batch is all that is stored, and a hall needs nobody else to know its codes.
"""

import hmac
from array import array
from bisect import bisect_left
from hashlib import sha256

from hotspot.session.codes import ALPHABET

BODY = 9
"""Characters in front of the check character: 45 bits, so of 100,000 codes one in 350 million guesses hits one."""
LENGTH = BODY + 1
MOST_CODES = 10_000
"""Codes of one batch."""
_INDEX_BITS = 14
"""Enough for ``MOST_CODES``: a code's number (45 bits) and its index share one 64-bit number."""
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS = frozenset("-‐‑‒–—−._/ \u00a0")
"""What people and telephones put between the groups."""


def _doubled(element: int) -> int:
    """Times x in GF(32), with the primitive polynomial x^5 + x^2 + 1."""
    element <<= 1
    return element ^ 0b100101 if element & 32 else element


def check_character(body: str) -> str:
    """The last character of a code. Each position has a weight of its own in GF(32), which is a field: so every change of one character
    and every exchange of two of them changes the sum. (Luhn's rule for 32 characters would miss ``0Z`` for ``Z0``.)"""
    total = 0
    for letter in body:
        total = _doubled(total ^ ALPHABET.index(letter))
    return ALPHABET[total]


def shown(letters: str) -> str:
    """As printed: ``7K3QX-V0M2D``."""
    return f"{letters[:5]}-{letters[5:]}"


class Mistyped(ValueError):
    """The text is no code: it has another length, a foreign character, or its check character does not fit."""


def parse_voucher(text: str) -> str:
    """What a person typed -> the code as printed; lower case, spaces, dashes, O for 0, I and L for 1 are forgiven. Raises ``Mistyped``."""
    letters = "".join(letter for letter in text.strip().upper() if letter not in _SEPARATORS).translate(_FORGIVEN)
    if len(letters) != LENGTH or any(letter not in ALPHABET for letter in letters):
        raise Mistyped(f"expected {LENGTH} letters and digits")
    if check_character(letters[:BODY]) != letters[BODY]:
        raise Mistyped("its last character does not fit the others")
    return shown(letters)


def _number(key: bytes, index: int) -> int:
    """The 45 bits of a code."""
    return int.from_bytes(hmac.digest(key, index.to_bytes(4), sha256)[:8]) >> (64 - 5 * BODY)


def _text(number: int) -> str:
    body = "".join(ALPHABET[(number >> 5 * place) & 31] for place in reversed(range(BODY)))
    return shown(body + check_character(body))


def _number_of(code: str) -> int:
    """The 45 bits of a code as printed."""
    number = 0
    for letter in code.replace("-", "")[:BODY]:
        number = number << 5 | ALPHABET.index(letter)
    return number


def codes(key: bytes, count: int) -> tuple[str, ...]:
    """All codes of a batch, by index."""
    return tuple(_text(_number(key, index)) for index in range(count))


def code_table(key: bytes, count: int) -> "array[int]":
    """The codes of a batch for ``find``: sorted, 8 bytes each. Some 2 µs a code."""
    return array("Q", sorted(_number(key, index) << _INDEX_BITS | index for index in range(count)))


def find(table: "array[int]", code: str) -> int | None:
    """The index of a code (as printed) in its batch; None: it is none of it."""
    wanted = _number_of(code) << _INDEX_BITS
    place = bisect_left(table, wanted)
    if place == len(table) or table[place] >> _INDEX_BITS != wanted >> _INDEX_BITS:
        return None
    return table[place] & (1 << _INDEX_BITS) - 1


def are_distinct(tables: "list[array[int]]") -> bool:
    """False when two tickets would carry the same code; then another key must be drawn (for 10,000 codes one time in 700,000)."""
    numbers = [entry >> _INDEX_BITS for table in tables for entry in table]
    return len(set(numbers)) == len(numbers)
