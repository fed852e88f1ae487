"""How voucher codes are made and read."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.session.codes import ALPHABET
from hotspot.session.voucher_codes import (
    BODY,
    LENGTH,
    Mistyped,
    are_distinct,
    check_character,
    code_table,
    codes,
    find,
    parse_voucher,
    shown,
)

KEY = bytes(range(16))
bodies = st.text(ALPHABET, min_size=BODY, max_size=BODY)


def is_code(letters: str) -> bool:
    """Would these be read as a code?"""
    try:
        return parse_voucher(letters) == shown(letters)
    except Mistyped:
        return False


def test_codes() -> None:
    """A key gives the same codes always and everywhere: sheets that are printed again fit those that were handed out."""
    assert codes(KEY, 4) == CODES
    assert codes(KEY, 2) == CODES[:2]


CODES = ("XN4Q0-9B7TY", "XHP7M-49DSF", "6C1JA-SC2F6", "SEH3R-VZKHG")


@given(bodies)
def test_what_is_printed_can_be_read(body: str) -> None:
    """With its check character, as printed and as people type it."""
    letters = body + check_character(body)
    typed = letters.lower().replace("0", "o").replace("1", "l")
    expected = [shown(letters)] * 4
    assert [parse_voucher(text) for text in (shown(letters), letters, f" {typed[:5]}  {typed[5:]} ", "–".join(typed))] == expected


@given(bodies)
def test_every_wrong_character_is_found(body: str) -> None:
    """All 310 codes that differ in one place."""
    letters = body + check_character(body)
    wrong = [letters[:place] + other + letters[place + 1 :] for place, other in product(range(LENGTH), ALPHABET) if other != letters[place]]
    assert (len(wrong), [other for other in wrong if is_code(other)]) == (310, [])


@given(bodies)
def test_every_exchange_is_found(body: str) -> None:
    """Of any two characters, not only of neighbours."""
    letters = body + check_character(body)
    wrong = set()
    for first, second in product(range(LENGTH), repeat=2):
        each = list(letters)
        each[first], each[second] = each[second], each[first]
        wrong.add("".join(each))
    assert [other for other in wrong if other != letters and is_code(other)] == []


def test_every_pair_of_neighbours() -> None:
    """Exhaustive: the sum is linear, so what two neighbours do to it does not depend on the other characters."""
    missed = [
        (place, first, second)
        for place, first, second in product(range(BODY - 1), ALPHABET, ALPHABET)
        if first != second
        and check_character("0" * place + first + second + "0" * (BODY - 2 - place))
        == check_character("0" * place + second + first + "0" * (BODY - 2 - place))
    ]
    assert missed == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "XN4Q0-9B7T",
        "XN4Q0-9B7TYY",
        "XN4Q0-9B7TA",
        "XN4Q0-9B7TU",
        "×N4Q0-9B7TY",
        "XN4Q0-9B7TY XN4Q0-9B7TY XN4Q0-9B7TY XN4Q0-9B7TY XN4Q0-9B7TY XN4Q0-9B7TY XN4Q0-9B7TY XN4Q0-9B7TY XN4Q0-9B7TY ",
    ],
)
def test_mistyped(text: str) -> None:
    """Another length, a foreign character, a check character that does not fit."""
    with pytest.raises(Mistyped):
        parse_voucher(text)


@given(st.binary(min_size=16, max_size=16), st.integers(1, 300), bodies)
def test_find(key: bytes, count: int, body: str) -> None:
    """Every code of a batch is found at its place, and another one is not."""
    table, all_codes = code_table(key, count), codes(key, count)
    assert [find(table, code) for code in all_codes] == list(range(count))
    other = shown(body + check_character(body))
    assert find(table, other) == (all_codes.index(other) if other in all_codes else None)


def test_are_distinct() -> None:
    """The same code twice, in one batch or in two, is noticed."""
    assert (are_distinct([code_table(KEY, 100), code_table(bytes(16), 100)]), are_distinct([code_table(KEY, 9), code_table(KEY, 1)])) == (
        True,
        False,
    )
