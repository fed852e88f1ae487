"""Proofs of the hall's own test visits: good once, for a minute, for one MAC, under one key; and what is no visit."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from hotspot.session.visitor_check import CHECK_PLAN, MOST_USED, PLAN, WINDOW, Proofs, is_check, key_of, prove
from tests.hotspot.session.examples import session_of

pytestmark = pytest.mark.pure

KEY, MAC, NOW = b"k" * 32, "02:00:00:00:00:0a", 1_800_000_000.0
NONCE = "0123456789abcdef"


def proofs(since: float = NOW - 3_600) -> Proofs:
    """Of a portal that has run for an hour."""
    return Proofs(since)


def test_a_proof_is_good_once() -> None:
    """Twice or later it is refused, also at the very end of its time."""
    used, proof = proofs(), prove(KEY, MAC, NOW, NONCE)
    assert [used.take(KEY, MAC, proof, moment) for moment in (NOW - WINDOW, NOW, NOW + WINDOW, NOW + 10 * WINDOW)] == [True] + 3 * [False]


def test_a_proof_that_came_to_nothing_is_good_again() -> None:
    """Once; of another one nothing is known."""
    used, proof = proofs(), prove(KEY, MAC, NOW, NONCE)
    assert used.take(KEY, MAC, proof, NOW)
    used.give_back(prove(KEY, MAC, NOW, NONCE[::-1]))
    assert not used.take(KEY, MAC, proof, NOW)
    used.give_back(proof)
    assert [used.take(KEY, MAC, proof, NOW) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("off", [-WINDOW - 1, WINDOW + 1, 86_400])
def test_a_proof_is_good_for_a_minute(off: float) -> None:
    """Earlier or later it is refused, and not used up by that."""
    used, proof = proofs(), prove(KEY, MAC, NOW, NONCE)
    assert (used.take(KEY, MAC, proof, NOW + off), used.take(KEY, MAC, proof, NOW)) == (False, True)


def test_a_proof_is_of_one_client_and_one_key() -> None:
    """Another MAC, another key, and no key at all are refused; upper case is the same MAC."""
    proof = prove(KEY, MAC, NOW, NONCE)
    assert not proofs().take(KEY, "02:00:00:00:00:0b", proof, NOW)
    assert not proofs().take(b"x" * 32, MAC, proof, NOW)
    assert not proofs().take(b"", MAC, prove(b"", MAC, NOW, NONCE), NOW)
    assert proofs().take(KEY, MAC.upper(), proof, NOW)


def test_a_proof_from_before_the_start_is_refused() -> None:
    """A portal that was started again does not remember what was used, so it takes none of that time."""
    assert not proofs(NOW).take(KEY, MAC, prove(KEY, MAC, NOW - 1, NONCE), NOW)
    assert proofs(NOW).take(KEY, MAC, prove(KEY, MAC, NOW, NONCE), NOW)


def test_few_proofs_are_remembered() -> None:
    """Somebody with the key who makes many is refused, and memory has a bound; a minute later it goes on."""
    used = proofs()
    taken = [used.take(KEY, MAC, prove(KEY, MAC, NOW, f"{number:016x}"), NOW) for number in range(MOST_USED + 1)]
    assert taken == [True] * MOST_USED + [False]
    assert used.take(KEY, MAC, prove(KEY, MAC, NOW + 2 * WINDOW, NONCE), NOW + 2 * WINDOW)


@given(some.one_of(some.text(max_size=120), some.from_regex(r"[0-9]{0,14}\.[0-9a-f]{0,20}\.[0-9a-f]{0,70}", fullmatch=True)))
def test_what_strangers_send_is_refused(text: str) -> None:
    """Whatever it is, it raises nothing and proves nothing."""
    assert not proofs().take(KEY, MAC, text, NOW)


@pytest.mark.parametrize("content", [b"", b"short", b" " * 40, b"x" * 1_025])
def test_a_key_must_be_long_enough(content: bytes) -> None:
    """The error says what is expected."""
    with pytest.raises(ValueError, match="expected a file with 32 to 1024 bytes"):
        key_of(content)
    assert key_of(b"  " + KEY + b"\n") == KEY


def test_the_plan_is_small_and_a_session_on_it_is_nobodys() -> None:
    """Five minutes, 20 MB, 2 Mbit/s each way; the mark is the plan's name, which kernel and journal keep."""
    rates = CHECK_PLAN.rates
    assert (CHECK_PLAN.seconds, CHECK_PLAN.volume, rates.ceil_down, rates.ceil_up) == (300, 20_000_000, 2_000_000, 2_000_000)
    assert (is_check(session_of()), is_check(replace(session_of(), plan=PLAN))) == (False, True)
