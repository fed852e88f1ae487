"""A phone's DNS messages."""

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.lab.names import AAAA, A, addresses, question


def answer(*records: tuple[int, bytes], code: int = 0) -> bytes:
    """An answer to ``www.town.example`` whose records point back at the question's name."""
    asked = question(7, "www.town.example", A)
    head = struct.pack(">HHHHHH", 7, 0x8180 | code, 1, len(records), 0, 0)
    return head + asked[12:] + b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data for kind, data in records)


def test_question_as_on_the_wire() -> None:
    """RFC 1035 §4.1: header with recursion wanted, labels, type, class."""
    expected = bytes.fromhex("0007 0100 0001 0000 0000 0000 0377777704746f776e076578616d706c6500 001c 0001")
    assert question(7, "www.town.example.", AAAA) == expected


def test_addresses_of_both_kinds_in_order() -> None:
    """A and AAAA records are taken, a CNAME between them is passed over."""
    message = answer((A, bytes([198, 51, 100, 10])), (5, b"\xc0\x0c"), (AAAA, bytes.fromhex("20010db8008000000000000000000010")))
    assert addresses(message) == ("198.51.100.10", "2001:db8:80::10")


def test_an_unknown_name_has_no_addresses() -> None:
    """NXDOMAIN is an answer."""
    assert addresses(answer(code=3)) == ()


def test_a_server_failure_is_an_error() -> None:
    """SERVFAIL is none."""
    with pytest.raises(ValueError, match="code 2"):
        addresses(answer(code=2))


@given(st.lists(st.ip_addresses(), max_size=20))
def test_every_address_comes_back(given_addresses: list[IPv4Address | IPv6Address]) -> None:
    """Whatever addresses a server puts into its answer, these are read."""
    records = ((A if address.version == 4 else AAAA, address.packed) for address in given_addresses)
    assert addresses(answer(*records)) == tuple(map(str, given_addresses))
