"""Router advertisements, read from bytes."""

import pytest

from hotspot.lab.advertisements import captive_portal, options

FIXED = bytes.fromhex("86000000400000180000000000000000")
"""Type 134, hop limit 64, router for 24 s."""
SOURCE = bytes.fromhex("0101020000000001")
"""Source link-layer address."""
PORTAL = bytes.fromhex("250668747470733a2f2f706f7274616c2e73746164742e6578616d706c652f6170692f63617074697665000000000000")
"""``https://portal.stadt.example/api/captive`` as radvd 2.20 sends it: 48 bytes."""


def test_the_address_of_the_api_is_read() -> None:
    """Type 37 holds the address, filled up with zeros."""
    packet = FIXED + SOURCE + PORTAL
    assert options(packet) == ((1, SOURCE), (37, PORTAL))
    assert captive_portal(packet) == "https://portal.stadt.example/api/captive"


def test_an_advertisement_without_it() -> None:
    """No option, no address."""
    assert captive_portal(FIXED + SOURCE) == ""


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"", "no router advertisement"),
        (bytes([133]) + FIXED[1:], "no router advertisement"),
        (FIXED + b"\x25\x00" + bytes(6), "byte 16 does not end"),
        (FIXED + b"\x25\x06" + bytes(6), "byte 16 does not end"),
        (FIXED + SOURCE + b"\x25", "byte 24 does not end"),
    ],
)
def test_broken_ones_are_refused(packet: bytes, why: str) -> None:
    """What is cut off or is something else is an error, not an empty answer."""
    with pytest.raises(ValueError, match=why):
        captive_portal(packet)
