"""What the gateway said is known again; nothing else is."""

import pytest

from hotspot.guard.echoes import KEPT, Echoes
from tests.hotspot.guard import packets as at

FRAMES = [
    at.router(at.GATEWAY),
    at.dhcp6(at.GATEWAY, 7, b"own"),
    at.dhcp(at.GATEWAY, 5, client=at.mac(1), reply=True, given=at.guest(1), server=at.GATEWAY4),
]


@pytest.mark.parametrize("frame", FRAMES, ids=["RA", "DHCPv6", "DHCP"])
def test_every_other_byte_counts(frame: bytes) -> None:
    """But for the checksum, the receiver's MAC, and what routers change."""
    echoes = Echoes()
    echoes.said(frame)
    assert echoes.back(frame)
    head = 34 if frame[14] >> 4 == 4 else 54
    changed = [
        place for place in range(head, len(frame)) if not echoes.back(frame[:place] + bytes([frame[place] ^ 1]) + frame[place + 1 :])
    ]
    assert set(range(head, len(frame))) - set(changed) == {range(head, len(frame))[at] for at in ((2, 3) if frame[20] == 58 else (6, 7))}


def test_only_the_last_are_kept() -> None:
    """Their number is bounded."""
    echoes = Echoes()
    for number in range(KEPT + 1):
        echoes.said(at.router(at.GATEWAY) + number.to_bytes(2))
    assert (echoes.back(at.router(at.GATEWAY) + b"\0\0"), echoes.back(at.router(at.GATEWAY) + b"\0\1")) == (False, True)
