"""Which frames of the gateway's interface are the visitor's; that they arrive is seen in ``tests/kernel/visitor``."""

import struct

import pytest

from hotspot.visitor.relay import wanted, wiring

MINE, GATEWAY, OTHER = "02:11:22:33:44:55", "02:00:00:00:00:01", "02:11:22:33:44:56"


def taken(frame: bytes) -> bool:
    """Run the program as a kernel does; the number of bytes that it lets through is more than none."""
    lines = list(struct.iter_unpack("HBBI", wanted(MINE)))
    at, held = 0, 0
    while True:
        code, yes, no, value = lines[at]
        at += 1
        match code:
            case 0x20 | 0x28 | 0x30:
                size = {0x20: 4, 0x28: 2, 0x30: 1}[code]
                held = int.from_bytes(frame[value : value + size])
            case 0x15:
                at += yes if held == value else no
            case 0x45:
                at += yes if held & value else no
            case _:
                return bool(value)


@pytest.mark.parametrize(
    ("to", "sender", "expected"),
    [
        (MINE, GATEWAY, True),
        ("ff:ff:ff:ff:ff:ff", GATEWAY, True),
        ("33:33:00:00:00:01", OTHER, True),
        (OTHER, GATEWAY, False),
        ("02:11:99:33:44:55", GATEWAY, False),
        ("ff:ff:ff:ff:ff:ff", MINE, False),
        (GATEWAY, MINE, False),
        ("33:33:00:00:00:01", "02:11:99:33:44:55", True),
    ],
)
def test_what_is_carried_to_the_visitor(to: str, sender: str, expected: bool) -> None:
    """Its own and everybody's, but not what it said itself; never what is another guest's."""
    assert taken(bytes.fromhex((to + sender).replace(":", "")) + b"\x08\x00" + bytes(46)) is expected


def test_the_gateways_interface_is_not_changed() -> None:
    """Both lines are about the cable, which goes with the visit."""
    assert [line.split()[:4] for line in wiring("visit7", "lan0")] == [
        ["qdisc", "add", "dev", "visit7"],
        ["filter", "add", "dev", "visit7"],
    ]
