"""The netlink codec: what is written reads back, and rubbish does no harm."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewall.elements import (
    NFNL_SUBSYS_NFTABLES,
    NFT_MSG_DELSETELEM,
    NFT_MSG_NEWSETELEM,
    NLM_F_ACK,
    NLM_F_ECHO,
    Change,
    Element,
    attribute,
    attributes,
    counters,
    error_of,
    message,
    messages,
    nested,
    told,
    transaction,
)

macs = st.binary(min_size=6, max_size=6)
ups = st.binary(min_size=12, max_size=12)
marks = st.binary(min_size=4, max_size=4)
numbers = st.integers(0, 2**63 - 1)
comments = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=120)
elements = st.builds(Element, macs | ups | marks, marks, numbers, numbers, numbers, st.none() | numbers, comments, counted=st.just(True))


def _sent(changes: list[Change]) -> list[tuple[int, int, str, str, list[Element]]]:
    """The element messages of a transaction, as the kernel would see them."""
    data, last = transaction(changes, 100)
    out = []
    for each in messages(data):
        if each.kind >> 8 == NFNL_SUBSYS_NFTABLES:
            table, name, found = told(each.body)
            out.append((each.kind & 0xFF, each.flags, table, name, found))
    assert [each.sequence for each in messages(data)][-2] == last
    return out


@given(st.lists(elements, min_size=1, max_size=450))
def test_elements_read_back(wanted: list[Element]) -> None:
    """Every element of a transaction reads back as it was meant, over any number of messages, and only the last asks for the answer."""
    sent = _sent([Change("hotspot_public", "up", tuple(wanted))])
    assert [element._replace(expires_ms=0) for *_, found in sent for element in found] == [each._replace(expires_ms=0) for each in wanted]
    assert [bool(flags & NLM_F_ACK) for _, flags, *_ in sent] == [False] * (len(sent) - 1) + [True]


@given(st.lists(macs, min_size=1, max_size=5))
def test_deletion_names_keys_and_asks_for_the_echo(keys: list[bytes]) -> None:
    """A deletion carries the keys alone and the echo flag, which brings the final counters."""
    ((kind, flags, table, name, found),) = _sent([Change("t", "ids", tuple(map(Element, keys)), delete=True)])
    wanted = (NFT_MSG_DELSETELEM, NLM_F_ECHO, "t", "ids", keys)
    assert (kind, flags & NLM_F_ECHO, table, name, [element.key for element in found]) == wanted


def _as_the_kernel_tells(element: Element) -> bytes:
    counted = attribute(1, b"counter\0") + attribute(
        2, attribute(1, struct.pack(">Q", element.byte_count)) + attribute(2, struct.pack(">Q", element.packets))
    )
    body = attribute(1, attribute(1, element.key)) + attribute(2, attribute(1, element.data))
    if element.quota is None:
        body += attribute(7, counted)
    else:
        limit = attribute(1, struct.pack(">Q", element.quota)) + attribute(4, struct.pack(">Q", 5)) + attribute(2, b"\0\0\0\0")
        body += attribute(11, attribute(1, counted) + attribute(1, attribute(1, b"quota\0") + attribute(2, limit)))
    body += attribute(4, struct.pack(">Q", element.timeout_ms)) + attribute(5, struct.pack(">Q", element.expires_ms))
    if element.comment:
        text = element.comment.encode() + b"\0"
        body += attribute(6, bytes((0, len(text))) + text)
    return attribute(1, body)


@given(
    st.lists(
        st.builds(Element, macs | ups | marks, marks, numbers, numbers, numbers, st.none() | numbers, comments, numbers, st.just(True)),
        max_size=40,
    )
)
def test_quick_reader_equals_slow_reader(wanted: list[Element]) -> None:
    """The fixed-place reader gives the same as the attribute walk, whatever mixture of elements the kernel tells of."""
    listed = b"".join(map(_as_the_kernel_tells, wanted))
    plain = told(b"\0\0\0\0" + attribute(1, b"t\0") + attribute(2, b"up\0") + attribute(3, listed))
    assert plain == ("t", "up", wanted)
    # One more byte in each element's list header flags (nested) makes every quick layout miss.
    slow = told(b"\0\0\0\0" + attribute(1, b"t\0") + attribute(2, b"up\0") + attribute(3, b"".join(_flagged(each) for each in wanted)))
    assert slow.elements == wanted


@given(
    st.builds(Element, ups, marks, numbers, numbers, numbers, st.none() | numbers, st.just(""), numbers, st.just(True)),
    st.integers(1, 40),
    st.none() | st.tuples(st.integers(0), st.integers(1, 255)),
)
def test_counters_equal_the_elements(element: Element, count: int, turned: tuple[int, int] | None) -> None:
    """What is read for usage is what the elements say, for many alike and also when a byte among them is not what it should be."""
    listed = bytearray(b"".join(_as_the_kernel_tells(element._replace(packets=number)) for number in range(count)))
    if turned is not None:
        listed[turned[0] % len(listed)] ^= turned[1]
    body = b"\0\0\0\0" + attribute(1, b"t\0") + attribute(2, b"up\0") + attribute(3, bytes(listed))
    try:
        slow = [(each.key, each.byte_count, each.packets) for each in told(body).elements]
    except (ValueError, struct.error):
        with pytest.raises((ValueError, struct.error)):
            list(counters(body))
    else:
        assert list(counters(body)) == slow


def _flagged(element: Element) -> bytes:
    raw = _as_the_kernel_tells(element)
    return nested(1, raw[4:])


@given(st.binary(max_size=400))
def test_rubbish_is_an_error_or_nothing(data: bytes) -> None:
    """No bytes make the readers loop or fail with anything but ValueError or a short-struct error."""
    for read in (lambda: list(messages(data)), lambda: list(attributes(data)), lambda: told(data)):
        with contextlib.suppress(ValueError, struct.error):
            read()


def test_error_number() -> None:
    """An acknowledgement is 0, an error its number."""
    assert (error_of(struct.pack("=i", 0)), error_of(struct.pack("=i", -17))) == (0, 17)


def test_a_message_that_lies_about_its_length_is_refused() -> None:
    """A length beyond the datagram raises."""
    whole = message(NFT_MSG_NEWSETELEM, 0, 1, b"1234")
    with pytest.raises(ValueError, match="netlink message"):
        list(messages(whole[:-1]))


def test_an_empty_transaction_is_a_mistake() -> None:
    """Nothing to change is no transaction."""
    with pytest.raises(ValueError, match="needs a change"):
        transaction([], 1)
