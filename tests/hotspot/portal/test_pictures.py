"""Sizes of pictures, read from the heads of real files."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.lab.gateway import TOWN
from hotspot.portal.pictures import size_of

KINDS = ("image/svg+xml", "image/png", "image/webp", "image/jpeg")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAcAAAADCAIAAADQ0ieJAAAAD0lEQVR42mNk+M9QjwYBAA5AAoG2SmVyAAAAAElFTkSuQmCC"
WEBP_LOSSY = "UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoHAAMAAgA0JaQAA3AA/vuUAAA="
WEBP_LOSSLESS = "UklGRhwAAABXRUJQVlA4TBAAAAAvBoAAAAfQ//73v/+BiOh/AAA="
WEBP_EXTENDED = "UklGRjIAAABXRUJQVlA4WAoAAAAQAAAABgAAAgAA"
JPEG = "/9j/4AAQSkZJRgABAQEAYABgAAD/wAARCAADAAcDASIAAhEBAxEB"


@pytest.mark.parametrize(
    ("media_type", "head"),
    [("image/png", PNG), ("image/webp", WEBP_LOSSY), ("image/webp", WEBP_LOSSLESS), ("image/webp", WEBP_EXTENDED), ("image/jpeg", JPEG)],
)
def test_pixels(media_type: str, head: str) -> None:
    """Seven wide, three high, in every format that themes take."""
    assert size_of(base64.b64decode(head), media_type) == (7, 3)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<svg viewBox="0 0 80 96">', (80, 96)),
        ("<svg viewBox='-4,-4, 12.5 .5'>", (1250, 50)),
        ('<?xml version="1.0"?><svg xmlns="x" width="70px" height="30">', (70, 30)),
        ('<svg width="100%" height="100%">', None),
        ('<svg viewBox="0 0 0 10">', None),
        ('<svg><rect width="4" height="5"/>', None),
    ],
)
def test_drawings(head: str, expected: tuple[int, int] | None) -> None:
    """The view box, else width and height in pixels; nothing when there is neither."""
    assert size_of(head.encode(), "image/svg+xml") == expected


def test_the_demo(tmp_path: Path) -> None:
    """Coat of arms and picture of the hall."""
    assert [size_of((TOWN / name).read_bytes(), "image/svg+xml") for name in ("wappen.svg", "rathaus.svg")] == [(80, 96), (960, 400)]


@given(
    st.binary(max_size=64),
    st.sampled_from(KINDS),
    st.sampled_from([b"", b"\xff\xd8\xff", b"RIFF0000WEBPVP8 ", b"\x89PNG\r\n\x1a\n0000IHDR"]),
)
def test_any_bytes(content: bytes, media_type: str, begin: bytes) -> None:
    """Whatever the file holds, the answer is a size or none."""
    size = size_of(begin + content, media_type)
    assert size is None or min(size) > 0
