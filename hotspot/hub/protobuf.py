"""Prometheus remote write 1.0 as bytes (pure): ``WriteRequest`` of protocol buffers, by hand, because it is three messages.

``WriteRequest {repeated TimeSeries timeseries = 1}``, ``TimeSeries {repeated Label labels = 1; repeated Sample samples = 2}``,
``Label {string name = 1; string value = 2}``, ``Sample {double value = 1; int64 timestamp = 2}``. Labels are in the order of their names.
"""

import struct
from collections.abc import Iterator, Sequence

from hotspot.hub.metrics import Family

_VALUE = struct.Struct("<d")


def varint(number: int) -> bytes:
    """An unsigned number, seven bits a byte, the lowest first."""
    content = bytearray()
    while number > 0x7F:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    content.append(number)
    return bytes(content)


def _field(number: int, content: bytes) -> bytes:
    """A field with a length."""
    return bytes((number << 3 | 2,)) + varint(len(content)) + content


def _label(name: str, value: str) -> bytes:
    return _field(1, _field(1, name.encode()) + _field(2, value.encode()))


def requests(families: Sequence[Family], milliseconds: int, extra: tuple[tuple[str, str], ...], most: int) -> Iterator[bytes]:
    """Messages with at most ``most`` series each, all of one moment; ``extra`` labels are put to every series."""
    behind = bytes((2 << 3,)) + varint(milliseconds)
    before = bytes((2 << 3 | 2,)) + varint(1 + _VALUE.size + len(behind)) + bytes((1 << 3 | 1,))  # all samples are of one length
    known: dict[int, bytes] = {}  # by identity: labels are shared between metrics, and their hash would be made anew each time
    series: list[bytes] = []
    for family in families:
        name = _label("__name__", family.name)  # before all others: an underscore stands before small letters
        for labels, value in family.samples:
            rest = known.get(id(labels))
            if rest is None:
                rest = known[id(labels)] = b"".join(_label(*pair) for pair in sorted((*labels.pairs, *extra)) if pair[1])
            content = b"".join((name, rest, before, _VALUE.pack(value), behind))
            series.append(b"\x0a" + varint(len(content)) + content)
            if len(series) == most:
                yield b"".join(series)
                series = []
    if series:
        yield b"".join(series)
