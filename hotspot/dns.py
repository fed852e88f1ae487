"""Questions to name servers and their answers as bytes (RFC 1035 §4.1), pure: A and AAAA, names compressed or not.

Whatever is read is a stranger's: nothing in it makes this raise or go on for long.
"""

import ipaddress
import struct

from msgspec import Struct

A, AAAA = 1, 28
NO_ERROR, NXDOMAIN = 0, 3
_LONGEST_LABEL = 63
_MOST_RECORDS = 50
"""Of each section; more than any answer over UDP has."""


class Answered(Struct, frozen=True):
    """An answer."""

    code: int
    """RCODE: 0 is fine, 3 no such name."""
    addresses: tuple[str, ...] = ()
    """Of A and AAAA records, in their order."""

    def of(self, kind: int) -> tuple[str, ...]:
        """Those of one kind, ``A`` or ``AAAA``."""
        return tuple(address for address in self.addresses if (":" in address) == (kind == AAAA))


def question(number: int, name: str, kind: int) -> bytes:
    """A query for ``name``, recursion wanted. Raises ``ValueError`` for what is no name."""
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    if not all(1 <= len(label) <= _LONGEST_LABEL for label in labels):
        raise ValueError(f"name = {name[:80]!r}: expected labels of 1 to {_LONGEST_LABEL} letters")
    written = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + written + b"\0" + struct.pack(">HH", kind, 1)


def understood(message: bytes, number: int) -> Answered | None:
    """An answer to the question of this number; None: it is none."""
    try:
        told, flags, questions, answers, _, _ = struct.unpack_from(">HHHHHH", message)
        if told != number or not flags & 0x8000:
            return None
        at = 12
        for _ in range(min(questions, _MOST_RECORDS)):
            at = _after_name(message, at) + 4
        found = []
        for _ in range(min(answers, _MOST_RECORDS)):
            at = _after_name(message, at)
            kind, _, _, length = struct.unpack_from(">HHIH", message, at)
            data = message[at + 10 : at + 10 + length]
            if (kind, len(data)) in ((A, 4), (AAAA, 16)):
                found.append(str(ipaddress.ip_address(data)))
            at += 10 + length
    except (IndexError, struct.error):
        return None
    return Answered(flags & 15, tuple(found))


def _after_name(message: bytes, at: int) -> int:
    """Where the name that starts at ``at`` ends; a pointer ends it."""
    while message[at]:
        if message[at] >= 0xC0:
            return at + 2
        at += message[at] + 1
    return at + 1
