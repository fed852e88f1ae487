"""Width and height of a picture from its first bytes, so that a page keeps its place free while it loads. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Final

Size = tuple[int, int]
"""Width and height in the picture's own units; pages need their proportion only."""

_NUMBER = rb"([0-9]{0,6}\.?[0-9]{1,6})"
_VIEW_BOX = re.compile(rb"viewBox\s*=\s*[\"']\s*-?[0-9.]+[\s,]+-?[0-9.]+[\s,]+" + _NUMBER + rb"[\s,]+" + _NUMBER)
_WIDTH, _HEIGHT = (re.compile(rb"<svg[^>]*?\s" + name + rb"\s*=\s*[\"']" + _NUMBER + rb"(px)?[\"']") for name in (b"width", b"height"))
_SIZE_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15 of JPEG, without the tables that lie between them (ITU T.81, table B.1)."""


def _svg(content: bytes) -> Size | None:
    box = _VIEW_BOX.search(content)
    found = box.groups() if box else tuple(match[1] for match in (_WIDTH.search(content), _HEIGHT.search(content)) if match)
    if len(found) != 2 or not all(float(side) > 0 for side in found):
        return None
    width, height = (float(side) for side in found)
    enlarged = 1 if width == int(width) and height == int(height) else 100
    return round(width * enlarged), round(height * enlarged)


def _png(content: bytes) -> Size | None:
    return (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) if content[12:16] == b"IHDR" else None


def _webp(content: bytes) -> Size | None:
    """The three shapes of the format (RFC 9649): with a header of its own, without loss, with loss."""
    kind, data = content[12:16], content[20:30]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
    return None


def _jpeg(content: bytes) -> Size | None:
    """From marker to marker, until the one that begins the picture."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        if content[at + 1] in _SIZE_MARKERS:
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return None


_KINDS: Final[Mapping[str, Callable[[bytes], Size | None]]] = {
    "image/svg+xml": _svg,
    "image/png": _png,
    "image/webp": _webp,
    "image/jpeg": _jpeg,
}


def size_of(content: bytes, media_type: str) -> Size | None:
    """Width and height; None for a picture that does not say them where one looks first."""
    size = _KINDS[media_type](content)
    return size if size is not None and min(size) > 0 else None
