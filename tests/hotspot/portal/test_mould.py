"""Pages made once: filled in plain and compressed."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.portal.mould import Mould

PLACES = {"token": "\ue000t\ue000", "code": "\ue000c\ue000"}
TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\ue000"), max_size=200)


@given(parts=st.lists(TEXTS, min_size=1, max_size=6), token=TEXTS, code=TEXTS)
def test_both_ways_give_the_same_page(parts: list[str], token: str, code: str) -> None:
    """Whatever stands between and in the places, the gzip member unpacks to the plain page and to nothing else."""
    names = [name for name, _ in zip(["token", "code"] * 3, parts[1:], strict=False)]
    text = parts[0] + "".join(PLACES[name] + part for name, part in zip(names, parts[1:], strict=True))
    values = {"token": token, "code": code}
    expected = parts[0] + "".join(values[name] + part for name, part in zip(names, parts[1:], strict=True))
    mould = Mould(text, PLACES)
    assert mould.filled(values) == expected.encode()
    assert gzip.decompress(mould.packed(values)) == expected.encode()


def test_a_secret_is_stored_and_not_compressed() -> None:
    """What is filled in stands in the stream as it is, so that its length never tells how much it is like the rest of the page."""
    mould = Mould("<p>" + "same words " * 100 + PLACES["token"] + " same words" * 100, PLACES)
    stream = mould.packed({"token": "same words same words", "code": ""})
    assert b"same words same words" in stream
    assert len(mould.packed({"token": "x" * 21, "code": ""})) == len(stream) < 400


def test_a_page_without_places() -> None:
    """It is the same for everybody."""
    mould = Mould("<p>Rathaus</p>", {})
    assert (mould.filled({}), gzip.decompress(mould.packed({}))) == (b"<p>Rathaus</p>",) * 2


def test_packed_is_smaller() -> None:
    """A page of repeated markup shrinks, and a stream can be read piece by piece as browsers do."""
    mould = Mould("<li>Rathaus</li>" * 500 + PLACES["code"], PLACES)
    packed = mould.packed({"token": "", "code": "K7F-3QX"})
    assert len(packed) < 200
    reader, whole = zlib.decompressobj(wbits=31), b""
    for position in range(len(packed)):
        whole += reader.decompress(packed[position : position + 1])
    assert (whole, reader.eof) == (mould.filled({"token": "", "code": "K7F-3QX"}), True)


def test_what_is_too_long_is_refused() -> None:
    """A stored block holds 65,535 bytes."""
    with pytest.raises(ValueError, match="more than 65535 bytes"):
        Mould(PLACES["code"], PLACES).packed({"token": "", "code": "x" * 65_536})
