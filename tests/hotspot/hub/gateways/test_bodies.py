"""Bodies are unpacked within bounds, and their texts can be stored."""

import gzip
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub.gateways.bodies import storable, unpacked
from hotspot.hub.gateways.refusals import Refusal


@given(st.binary(max_size=2_000))
def test_what_was_packed_comes_back(content: bytes) -> None:
    """For everything up to the bound."""
    assert unpacked(gzip.compress(content), 2_000) == content


@given(st.binary(max_size=300), st.integers(0, 300))
def test_never_more_than_the_bound(content: bytes, most: int) -> None:
    """One byte too many is refused as too large."""
    if len(content) > most:
        with pytest.raises(Refusal) as refused:
            unpacked(gzip.compress(content), most)
        assert (refused.value.status, refused.value.code) == (413, "too_large")
    else:
        assert unpacked(gzip.compress(content), most) == content


@given(st.binary(max_size=200))
def test_rubbish_is_refused(content: bytes) -> None:
    """Bytes that are no gzip end in a refusal, never in another error."""
    with pytest.raises(Refusal):
        unpacked(b"\x1f\x8b" + content, 1_000)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_nothing_but_nul_changes(value: object) -> None:
    """Every text arrives as it was written, with U+FFFD for NUL, whatever backslashes stand before it."""
    for content in (json.dumps(value).encode(), msgspec.json.encode(value)):
        changed = msgspec.json.decode(storable(content))
        assert changed == msgspec.json.decode(msgspec.json.encode(replaced(value)))


def replaced(value: object) -> object:
    """The value with U+FFFD for NUL in all texts."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [replaced(inner) for inner in value]
    assert isinstance(value, dict)
    return {replaced(key): replaced(inner) for key, inner in value.items()}
