"""A phone's question for the time."""

import struct

import pytest

from hotspot.lab.times import Time, answer, question

COOKIE = b"12345678"
ANSWER = b"\x24\x0a" + bytes(22) + COOKIE + bytes(8) + struct.pack(">II", 2_208_988_800 + 100, 1 << 31)


def test_the_question_is_a_client_of_version_4() -> None:
    """48 bytes whose last eight come back (RFC 5905 §7.3)."""
    assert question(COOKIE) == b"\x23" + bytes(39) + COOKIE


def test_the_answer_is_read() -> None:
    """Stratum and the time of sending, with its fraction."""
    assert answer(ANSWER, COOKIE) == Time(10, 100.5)


@pytest.mark.parametrize(
    "message", [b"", ANSWER[:47], b"\x23" + ANSWER[1:], ANSWER.replace(COOKIE, b"87654321")], ids=["empty", "short", "client", "another"]
)
def test_what_is_no_answer(message: bytes) -> None:
    """Neither half an answer nor one to somebody else's question tells the time."""
    assert answer(message, COOKIE) is None
