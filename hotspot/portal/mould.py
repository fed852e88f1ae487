"""A page that is made once and filled in for each visitor, also compressed: what is the same for everybody is compressed beforehand.

The fillings are stored blocks of the same DEFLATE stream (RFC 1951 §3.2.4), so that a visitor's page costs a checksum instead of a
compression, and a secret in it never shares a compressed block with anything.
"""

import re
import struct
import zlib
from collections.abc import Mapping

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""gzip (RFC 1952 §2.3): no name, no time, compressed as well as could be."""
_END = b"\x03\x00"
"""The last block, empty."""
_MOST_STORED = 65_535


def _compressed(text: bytes, level: int) -> bytes:
    """Whole bytes of DEFLATE blocks, none of them the last."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(text) + deflate.flush(zlib.Z_FULL_FLUSH)


def _stored(text: bytes) -> bytes:
    return struct.pack("<BHH", 0, len(text), len(text) ^ 0xFFFF) + text


class Mould:
    """A text with named places: ``Mould("a @@b@@ c", {"b": "@@b@@"})``. A place may come several times;
    there may be none. A lower ``level`` (of zlib) makes large pages sooner."""

    def __init__(self, text: str, places: Mapping[str, str], level: int = 9) -> None:
        names = {mark: name for name, mark in places.items()}
        parts = re.split(f"({'|'.join(map(re.escape, names)) or '(?!)'})", text)  # without places nothing matches
        self._fixed = [part.encode() for part in parts[::2]]
        self._slots = [names[mark] for mark in parts[1::2]]
        self._packed = [_compressed(part, level) if part else b"" for part in self._fixed]

    def _fillings(self, values: Mapping[str, str]) -> list[bytes]:
        encoded = {name: value.encode() for name, value in values.items()}
        if any(len(value) > _MOST_STORED for value in encoded.values()):
            raise ValueError(f"cannot fill in a page: a value has more than {_MOST_STORED} bytes")
        return [encoded[name] for name in self._slots]

    def filled(self, values: Mapping[str, str]) -> bytes:
        """The page, UTF-8."""
        between = [*self._fillings(values), b""]
        return b"".join(part for pair in zip(self._fixed, between, strict=True) for part in pair)

    def packed(self, values: Mapping[str, str]) -> bytes:
        """The page, gzip."""
        whole = self.filled(values)
        between = [*(_stored(value) for value in self._fillings(values)), b""]
        blocks = b"".join(part for pair in zip(self._packed, between, strict=True) for part in pair)
        return _HEAD + blocks + _END + struct.pack("<II", zlib.crc32(whole), len(whole) & 0xFFFFFFFF)
