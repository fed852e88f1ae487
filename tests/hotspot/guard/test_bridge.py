"""Answers of the kernel: read as they are, and bytes that are none are passed over."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from hotspot.guard.bridge import Kernel, Moved, index_of, moved_of, name_of

MAC = bytes.fromhex("020000000001")


def _learnt(family: int = 7, state: int = 2, *attributes: tuple[int, bytes]) -> bytes:
    told = attributes or ((2, MAC), (9, struct.pack("=I", 4)))
    packed = b"".join(struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4) for kind, value in told)
    return struct.pack("=BxxxiHBB", family, 12, state, 0, 0) + packed


def test_a_bridge_learns() -> None:
    """The MAC, the port and the bridge."""
    assert moved_of(_learnt()) == Moved(MAC, 12, 4)


def test_other_news_are_none() -> None:
    """Of neighbours, of the bridge's own addresses, without a MAC."""
    assert [moved_of(each) for each in (_learnt(2), _learnt(7, 0x80), _learnt(7, 2, (9, bytes(4))), b"", b"\7" * 11)] == [None] * 5


@given(st.binary(max_size=80))
def test_no_bytes_make_it_stumble(data: bytes) -> None:
    """The kernel is trusted, but a parser that stumbles would end the guard."""
    moved_of(data)
    moved_of(_learnt()[:12] + data)


def test_the_kernel_answers_without_rights() -> None:
    """About the loopback interface, which is no bridge; one that there is not has no number."""
    kernel = Kernel()
    try:
        index = index_of("lo")
        assert name_of(index) == "lo"
        assert bytes((127, 0, 0, 1)) in {one.packed for one in kernel.addresses(index)}
        assert kernel.up(index)
        assert (index_of("no-such-device"), name_of(999_999), kernel.up(999_999)) == (0, "", False)
        assert kernel.changes() == (False, [])
        try:
            kernel.port(index, MAC)
        except LookupError:
            return
        raise AssertionError("lo is no bridge")
    finally:
        kernel.close()
