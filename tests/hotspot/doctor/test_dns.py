"""Answers of name servers: read when they are to our question, passed over otherwise."""

from hypothesis import given
from hypothesis import strategies as st

from hotspot.doctor import dns

ANSWER = b"\0\7\x81\x80\0\1\0\2\0\0\0\0" + b"\1a\7example\0\0\1\0\1" + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x33\x64\x0a"
ANSWER += b"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" + b"\x20\x01\x0d\xb8" + bytes(11) + b"\1"


def test_an_answer() -> None:
    """Both families, names by pointer."""
    assert dns.understood(ANSWER, 7) == dns.Answered(0, ("198.51.100.10", "2001:db8::1"))
    assert dns.understood(b"\0\7\x81\x83\0\0\0\0\0\0\0\0", 7) == dns.Answered(dns.NXDOMAIN)


def test_no_answer_of_ours() -> None:
    """Another number, a question, half of one."""
    assert dns.understood(ANSWER, 8) is None
    assert dns.understood(dns.question(7, "a.example", dns.A), 7) is None
    assert dns.understood(ANSWER[:40], 7) is None


@given(st.binary(max_size=80), st.integers(0, 0xFFFF))
def test_any_bytes(data: bytes, counts: int) -> None:
    """Nothing raises, and nothing goes on for ever."""
    head = b"\0\7\x81\x80" + counts.to_bytes(2) * 2 + bytes(4)
    for message in (data, head + data):
        answer = dns.understood(message, 7)
        assert answer is None or len(answer.addresses) <= 50
