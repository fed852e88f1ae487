"""What the kernel hands to the guard (pure): two programs in classic BPF (``linux/filter.h``). All else stays in the kernel, so that what
visitors do is neither read nor paid for.
"""

import struct
from collections.abc import Sequence

from msgspec import Struct

LONGEST = 2048
"""Bytes of a frame that are handed over."""
_LDB, _LDH, _LD, _LDB_X, _LDH_X, _LD_X, _LDX_IP, _TAX = 0x30, 0x28, 0x20, 0x50, 0x48, 0x40, 0xB1, 0x07
_JEQ, _JGT, _JSET, _RET, _LSH = 0x15, 0x25, 0x45, 0x06, 0x64
_PACKET_TYPE = 0xFFFFF000 + 4
"""``SKF_AD_OFF + SKF_AD_PKTTYPE``: for whom the frame is; 4: the gateway sends it."""
_OUTGOING = 4


class _Step(Struct, frozen=True):
    """One instruction; ``yes`` and ``no`` are labels, "" the next one."""

    code: int
    value: int = 0
    yes: str = ""
    no: str = ""
    label: str = ""
    """Of this one."""


def _assembled(steps: Sequence[_Step]) -> bytes:
    """Machine code; jumps only go forwards, as the kernel wants."""
    places = {step.label: number for number, step in enumerate(steps) if step.label}
    code = []
    for number, step in enumerate(steps):
        over = [places[name] - number - 1 if name else 0 for name in (step.yes, step.no)]
        code.append(struct.pack("=HBBI", step.code, *over, step.value))
    return b"".join(code)


def _any_of(values: Sequence[int], then: str, otherwise: str) -> list[_Step]:
    """Is what was loaded one of these?"""
    return [*(_Step(_JEQ, value, then) for value in values[:-1]), _Step(_JEQ, values[-1], then, otherwise)]


def _ends() -> list[_Step]:
    return [_Step(_RET, LONGEST, label="take"), _Step(_RET, 0, label="leave")]


def _ipv6() -> list[_Step]:
    """The part of ``incoming`` that reads IPv6."""
    return [
        _Step(_LDB, 20, label="ipv6"),
        *_any_of((112, 89, 88, 103), "to many", ""),
        _Step(_JEQ, 44, "take"),
        _Step(_JEQ, 58, "icmp6"),
        _Step(_JEQ, 17, "udp6"),
        *_any_of((0, 43, 60), "behind", "leave"),
        # Behind one extension header; what has more of them is looked at in any case.
        _Step(_LDB, 54, label="behind"),
        *_any_of((0, 43, 44, 60), "take", ""),
        _Step(_JEQ, 58, "behind icmp6"),
        _Step(_JEQ, 17, "", "leave"),
        _Step(_LDB, 55),
        _Step(_LSH, 3),
        _Step(_TAX),
        _Step(_LDH_X, 64),
        *_any_of((546, 547), "take", "leave"),
        _Step(_LDB, 55, label="behind icmp6"),
        _Step(_LSH, 3),
        _Step(_TAX),
        _Step(_LDB_X, 62),
        *_any_of((133, 134, 135, 136, 137), "take", "leave"),
        _Step(_LDB, 54, label="icmp6"),
        *_any_of((133, 134, 135, 136, 137), "take", "leave"),
        _Step(_LDH, 56, label="udp6"),
        *_any_of((546, 547), "take", "leave"),
    ]


def incoming() -> bytes:
    """What others say: ARP, DHCP, DHCPv6, router and neighbour discovery, and what only routers, switches and office networks say."""
    return _assembled(
        [
            _Step(_LDB, _PACKET_TYPE),
            _Step(_JEQ, _OUTGOING, "leave"),
            _Step(_LDH, 12),
            _Step(_JEQ, 0x0806, "take"),
            _Step(_JEQ, 0x0800, "ipv4"),
            _Step(_JEQ, 0x86DD, "ipv6"),
            # A second VLAN tag: the kernel has taken the first away. Hosts that ignore tags read on behind it.
            *_any_of((0x8100, 0x88A8), "take", ""),
            _Step(_JGT, 1500, "leave"),
            _Step(_LDH, 0),  # to the bridges' own group addresses
            *_any_of((0x0180, 0x0100), "take", ""),
            # A type behind LLC and SNAP: nobody speaks so in our days but to hide.
            _Step(_LD, 14),
            _Step(_JEQ, 0xAAAA0300, "", "leave"),
            _Step(_LDH, 18),
            _Step(_JEQ, 0, "", "leave"),
            _Step(_LDH, 20),
            *_any_of((0x0806, 0x0800, 0x86DD, 0x8100, 0x88A8), "take", "leave"),
            _Step(_LDB, 23, label="ipv4"),
            *_any_of((112, 89, 88, 103), "to many", ""),
            _Step(_JEQ, 17, "", "leave"),
            _Step(_LDH, 20),
            _Step(_JSET, 0x1FFF, "leave"),
            _Step(_LDX_IP, 14),
            _Step(_LDH_X, 16),
            *_any_of((137, 138, 1985, 3222), "to many", ""),
            *_any_of((67, 68), "dhcp", "leave"),
            # DHCP by its mark; in pieces the mark may be in a later one.
            _Step(_LDH, 20, label="dhcp"),
            _Step(_JSET, 0x2000, "take"),
            _Step(_LD_X, 258),
            _Step(_JEQ, 0x63825363, "take", "leave"),
            *_ipv6(),
            # Routers and office computers speak so to all; a visitor may send the like to somebody in the Internet.
            _Step(_LDB, 0, label="to many"),
            _Step(_JSET, 1, "take", "leave"),
            *_ends(),
        ]
    )


def outgoing() -> bytes:
    """What the gateway says itself: answers of its own DHCP servers, from which the guard learns whose an address is, its router
    advertisements and redirects. What comes back from outside is compared with both."""
    return _assembled(
        [
            _Step(_LDB, _PACKET_TYPE),
            _Step(_JEQ, _OUTGOING, "", "leave"),
            _Step(_LDH, 12),
            _Step(_JEQ, 0x0800, "ipv4"),
            _Step(_JEQ, 0x86DD, "", "leave"),
            _Step(_LDB, 20),
            _Step(_JEQ, 58, "icmp6"),
            _Step(_JEQ, 17, "", "leave"),
            _Step(_LDH, 54),
            _Step(_JEQ, 547, "take", "leave"),
            _Step(_LDB, 54, label="icmp6"),
            *_any_of((134, 137), "take", "leave"),
            _Step(_LDB, 23, label="ipv4"),
            _Step(_JEQ, 17, "", "leave"),
            _Step(_LDH, 20),
            _Step(_JSET, 0x1FFF, "leave"),
            _Step(_LDX_IP, 14),
            _Step(_LDH_X, 14),
            _Step(_JEQ, 67, "take", "leave"),
            *_ends(),
        ]
    )
