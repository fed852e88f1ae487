"""Questions to name servers and their answers as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot import dns

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


def test_of_one_kind() -> None:
    """The addresses of one version of IP."""
    told = dns.understood(ANSWER, 7)
    assert told is not None
    assert (told.of(dns.A), told.of(dns.AAAA)) == (("198.51.100.10",), ("2001:db8::1",))


def test_question_as_on_the_wire() -> None:
    """RFC 1035 §4.1: header with recursion wanted, labels, type, class."""
    expected = bytes.fromhex("0007 0100 0001 0000 0000 0000 0377777704746f776e076578616d706c6500 001c 0001")
    assert dns.question(7, "www.town.example.", dns.AAAA) == expected


@pytest.mark.parametrize("name", ["", "a..example", "x" * 64, "x" * 300 + ".example", "münchen.example"])
def test_what_is_no_name(name: str) -> None:
    """Told by whoever leads somebody there: it is never asked for."""
    with pytest.raises(ValueError, match="labels of 1 to 63|ascii"):
        dns.question(7, name, dns.A)


@given(st.binary(max_size=80), st.integers(0, 0xFFFF))
def test_any_bytes(data: bytes, counts: int) -> None:
    """Nothing raises, and nothing goes on for ever."""
    head = b"\0\7\x81\x80" + counts.to_bytes(2) * 2 + bytes(4)
    for message in (data, head + data):
        answer = dns.understood(message, 7)
        assert answer is None or len(answer.addresses) <= 50
