"""Device codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.session.codes import ALPHABET, code_of, parse_code

KEY = b"hall" * 8
macs = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))


@given(macs)
def test_shape(mac: str) -> None:
    """Three, a dash, three, without letters that look like digits; what is shown can be typed."""
    code = code_of(KEY, mac)
    assert (len(code), code[3], set(code) <= set(ALPHABET) | {"-"}, parse_code(code)) == (7, "-", True, code)


def test_the_key_decides() -> None:
    """Another hall shows another code for the same device."""
    assert code_of(KEY, "02:00:00:00:00:01") != code_of(b"other" * 8, "02:00:00:00:00:01")


@pytest.mark.parametrize("typed", ["K7F-3Q1", "k7f-3q1", "K7F3Q1", " k7f 3ql ", "K7F-3QI"])
def test_forgiving(typed: str) -> None:
    """Lower case, a missing dash, L or I for 1."""
    assert parse_code(typed) == "K7F-3Q1"


@pytest.mark.parametrize("typed", ["", "K7F-3Q", "K7F-3QXX", "K7F-3U1", "ÄÖÜ-123"])
def test_not_a_code(typed: str) -> None:
    """The error shows what a code looks like."""
    with pytest.raises(ValueError, match="is not a device code such as K7F-3QX"):
        parse_code(typed)


def test_o_is_zero() -> None:
    """O stands for 0."""
    assert parse_code("OOO-OOO") == "000-000"
