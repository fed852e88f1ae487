"""The netlink decoders under bytes that no kernel sends: a value or an error of the two documented kinds; no loop, no other error."""

import contextlib
import struct

from hypothesis import given
from hypothesis import strategies as st

from firewall import elements
from firewall.elements import Element, Message, attribute, attributes, messages, told
from firewall.grants import from_elements
from firewall.kernel import conntrack, neighbours
from firewall.kernel.nft import foreign_changes
from tests.fuzz.effort import fuzzed

FAULTS = (ValueError, struct.error)

numbers = st.integers(0, 2**63 - 1)
comments = st.text(max_size=60)
keys = st.binary(min_size=6, max_size=6) | st.binary(min_size=4, max_size=4)
an_element = st.builds(Element, keys, st.binary(min_size=4, max_size=4), numbers, numbers, numbers, st.none() | numbers, comments, numbers)


def _counter(element: Element) -> bytes:
    values = attribute(1, struct.pack(">Q", element.byte_count)) + attribute(2, struct.pack(">Q", element.packets))
    return attribute(1, b"counter\0") + attribute(2, values)


def _listed(element: Element) -> bytes:
    """An element as the kernel tells it."""
    body = attribute(1, attribute(1, element.key)) + attribute(2, attribute(1, element.data))
    if element.quota is None:
        body += attribute(7, _counter(element))
    else:
        limit = attribute(1, struct.pack(">Q", element.quota)) + attribute(4, struct.pack(">Q", 0)) + attribute(2, b"\0\0\0\0")
        body += attribute(11, attribute(1, _counter(element)) + attribute(1, attribute(1, b"quota\0") + attribute(2, limit)))
    body += attribute(4, struct.pack(">Q", element.timeout_ms)) + attribute(5, struct.pack(">Q", element.expires_ms))
    if element.comment:
        text = element.comment.encode()[:250] + b"\0"
        body += attribute(6, bytes((0, len(text))) + text)
    return attribute(1, body)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """What the kernel tells of a few elements, with bytes turned and maybe cut short."""
    listed = b"".join(map(_listed, draw(st.lists(an_element, min_size=1, max_size=4))))
    body = bytearray(b"\0\0\0\0" + attribute(1, b"hotspot_public\0") + attribute(2, b"up\0") + attribute(3, listed))
    for place, value in draw(st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)), max_size=5)):
        body[place] = value
    return bytes(body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body)


noise = st.binary(max_size=300) | damaged()


@fuzzed
@given(noise)
def test_readers_end(body: bytes) -> None:
    """Every reader of a message body gives a value or one of the two errors; what becomes of an element is a grant or nothing."""
    for read in (lambda: list(messages(body)), lambda: list(attributes(body, 4)), lambda: told(body)):
        with contextlib.suppress(*FAULTS):
            read()
    with contextlib.suppress(*FAULTS):
        for element in told(body).elements:
            from_elements("public", element, 0.0)


@fuzzed
@given(damaged())
def test_quick_reader_never_disagrees(body: bytes) -> None:
    """Where the reader by fixed places and the walk over attributes both give elements, they give the same, whatever was turned."""
    with contextlib.suppress(*FAULTS):
        lists = [payload for kind, payload in attributes(body, 4) if kind == 3]
        quick = told(body).elements
        slow = [elements._read(inner) for _, inner in attributes(lists[-1])] if lists else []
        assert quick == slow


@fuzzed
@given(st.sampled_from([16, 17, 28, 29, 36]), noise)
def test_event_readers_end(kind: int, body: bytes) -> None:
    """Links, neighbours, connections and changes of the ruleset: the same."""
    event = Message(kind, 0, 1, 0, body)
    for read in (
        lambda: neighbours.link_of(event),
        lambda: neighbours.neighbour_of(event),
        lambda: conntrack._connection(body),
        lambda: foreign_changes([event, event._replace(kind=10 << 8 | 12)], frozenset()),
    ):
        with contextlib.suppress(*FAULTS):
            read()


@fuzzed
@given(st.lists(st.tuples(st.integers(0, 65_535), st.binary(max_size=40)), max_size=8), st.integers(0, 20))
def test_messages_split_back(sent: list[tuple[int, bytes]], cut: int) -> None:
    """Whole messages come out as they went in; a datagram cut short gives those before the cut or an error, never one made up."""
    data = b"".join(_aligned(elements.message(kind, 0, number, body)) for number, (kind, body) in enumerate(sent))
    whole = [(each.kind, each.body) for each in messages(data)]
    assert whole == sent
    seen: list[tuple[int, bytes]] = []
    with contextlib.suppress(*FAULTS):
        for each in messages(data[: max(0, len(data) - cut)]):
            seen.append((each.kind, each.body))
    assert seen == sent[: len(seen)]


def _aligned(message: bytes) -> bytes:
    return message + b"\0" * (-len(message) % 4)
