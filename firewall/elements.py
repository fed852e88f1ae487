"""nftables set elements as netlink bytes, and back: pure, no socket. The layout is ``include/uapi/linux/netfilter/nf_tables.h``.

An element is written with its own counter (and quota, where the volume is limited), because the maps declare none: so counters can start
at what the session has used before, and an element without a volume costs no quota. A comment holds what the daemon must know again after a
restart. In what the kernel tells, one expression is in ``NFTA_SET_ELEM_EXPR``, several are in ``NFTA_SET_ELEM_EXPRESSIONS``.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

NFPROTO_INET, NFPROTO_ARP = 1, 3
NFNL_SUBSYS_NFTABLES = 10
NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END = 0x10, 0x11
NFT_MSG_DELTABLE, NFT_MSG_NEWSETELEM, NFT_MSG_GETSETELEM, NFT_MSG_DELSETELEM, NFT_MSG_NEWGEN = 2, 12, 13, 14, 15
NFT_MSG_NEWOBJ, NFT_MSG_GETOBJ = 18, 19
_OBJECT_COUNTER = 1
NLM_F_REQUEST, NLM_F_ACK, NLM_F_ECHO, NLM_F_DUMP, NLM_F_CREATE = 0x1, 0x4, 0x8, 0x300, 0x400
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLMSG_HEADER = struct.Struct("=IHHII")
_NESTED = 0x8000
_TYPE = 0x3FFF

_SET_ELEM_KEY, _SET_ELEM_DATA, _SET_ELEM_TIMEOUT, _SET_ELEM_EXPIRATION = 1, 2, 4, 5
_SET_ELEM_USERDATA, _SET_ELEM_EXPR, _SET_ELEM_EXPRESSIONS = 6, 7, 11
_LIST_TABLE, _LIST_SET, _LIST_ELEMENTS = 1, 2, 3

_ATTR = struct.Struct("=HH")
_ERROR = struct.Struct("=i")
_BE64 = struct.Struct(">Q")


class Element(NamedTuple):
    """One map element. A ``NamedTuple``, because tens of thousands are made while reading usage."""

    key: bytes
    """6 bytes (MAC) or 4 bytes (mark, native order)."""
    data: bytes = b""
    """4 bytes, native order: mark or HTB class id. Empty: not given (a deletion names the key alone)."""
    timeout_ms: int = 0
    """0: none."""
    packets: int = 0
    byte_count: int = 0
    """Where the counter starts, or what it reads."""
    quota: int | None = None
    """Bytes on the counter from which on the look-up stops matching."""
    comment: str = ""
    expires_ms: int = 0
    """Only in what the kernel tells: until it takes the element away."""
    counted: bool = True
    """Whether the element carries a counter."""


class Message(NamedTuple):
    """One netlink message as received."""

    kind: int
    flags: int
    sequence: int
    port: int
    """Who caused an event; the receiver's own port in an answer."""
    body: bytes


def attribute(kind: int, payload: bytes) -> bytes:
    """One netlink attribute, padded to 4 bytes."""
    return _ATTR.pack(4 + len(payload), kind) + payload + b"\0" * (-len(payload) % 4)


def nested(kind: int, payload: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | _NESTED, payload)


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """One netlink message; the kernel fills in the port."""
    return NLMSG_HEADER.pack(16 + len(body), kind, flags, sequence, 0) + body


def _nfgen(family: int, resource: int = 0) -> bytes:
    return struct.pack(">BBH", family, 0, resource)


def attributes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Walk the attributes in ``data[start:end]``: (type without flags, payload). Raises ``ValueError`` for a length that cannot be."""
    position, stop = start, len(data) if end is None else end
    while position + 4 <= stop:
        length, kind = _ATTR.unpack_from(data, position)
        if length < 4 or position + length > stop:
            raise ValueError(f"netlink attribute of {length} bytes at {position} in {stop}")
        yield kind & _TYPE, data[position + 4 : position + length]
        position += (length + 3) & ~3


def messages(data: bytes) -> Iterator[Message]:
    """Split what one ``recv`` gave into messages. Raises ``ValueError`` for a length that cannot be."""
    position = 0
    while position + 16 <= len(data):
        length, kind, flags, sequence, port = NLMSG_HEADER.unpack_from(data, position)
        if length < 16 or position + length > len(data):
            raise ValueError(f"netlink message of {length} bytes at {position} in {len(data)}")
        yield Message(kind, flags, sequence, port, data[position + 16 : position + length])
        position += (length + 3) & ~3


def error_of(body: bytes) -> int:
    """The errno in the body of an ``NLMSG_ERROR`` or ``NLMSG_DONE`` (0 for an acknowledgement)."""
    return -int(_ERROR.unpack_from(body)[0]) if len(body) >= 4 else 0


# Writing ----------------------------------------------------------------------------------------------------------------------------


def _expression(name: bytes, data: bytes) -> bytes:
    return nested(1, attribute(1, name) + nested(2, data))


def _encode(element: Element) -> bytes:
    out = nested(_SET_ELEM_KEY, attribute(1, element.key))
    if element.data:
        out += nested(_SET_ELEM_DATA, attribute(1, element.data)) + attribute(_SET_ELEM_TIMEOUT, _BE64.pack(element.timeout_ms))
        if element.counted:
            expressions = _expression(
                b"counter\0", attribute(1, _BE64.pack(element.byte_count)) + attribute(2, _BE64.pack(element.packets))
            )
            if element.quota is not None:  # NFTA_QUOTA_BYTES, _FLAGS (0: match until used up), _CONSUMED
                expressions += _expression(
                    b"quota\0",
                    attribute(1, _BE64.pack(element.quota)) + attribute(2, b"\0\0\0\0") + attribute(4, _BE64.pack(element.byte_count)),
                )
            out += nested(_SET_ELEM_EXPRESSIONS, expressions)
        if element.comment:  # userdata is a list of type, length, value; type 0 is what nft shows as comment
            text = element.comment.encode()[:250] + b"\0"
            out += attribute(_SET_ELEM_USERDATA, bytes((0, len(text))) + text)
    return nested(1, out)


def _element_message(
    kind: int, flags: int, table: str, name: str, elements: Sequence[Element], sequence: int, family: int = NFPROTO_INET
) -> bytes:
    listed = nested(_LIST_ELEMENTS, b"".join(map(_encode, elements))) if elements else b""
    body = _nfgen(family) + attribute(_LIST_TABLE, table.encode() + b"\0") + attribute(_LIST_SET, name.encode() + b"\0") + listed
    return message(NFNL_SUBSYS_NFTABLES << 8 | kind, flags, sequence, body)


class Change(NamedTuple):
    """Elements to add to a map, or to delete from it."""

    table: str
    map: str
    elements: tuple[Element, ...]
    delete: bool = False
    family: int = NFPROTO_INET


ELEMENTS_IN_ONE_ATTRIBUTE = 200
"""The length of an attribute is 16 bit: 200 elements of at most 300 bytes fit into the list attribute."""


def transaction(changes: Sequence[Change], sequence: int) -> tuple[bytes, int]:
    """All changes as one batch, and the sequence number of its last message, which asks for the acknowledgement. A deletion asks for
    its echo: the kernel then tells the counters as they were when the element was taken away."""
    parts: list[bytes] = []
    for change in changes:
        for start in range(0, len(change.elements), ELEMENTS_IN_ONE_ATTRIBUTE):
            sequence += 1
            kind, flags = (NFT_MSG_DELSETELEM, NLM_F_ECHO) if change.delete else (NFT_MSG_NEWSETELEM, NLM_F_CREATE)
            chunk = change.elements[start : start + ELEMENTS_IN_ONE_ATTRIBUTE]
            parts.append(_element_message(kind, NLM_F_REQUEST | flags, change.table, change.map, chunk, sequence, change.family))
    if not parts:
        raise ValueError("a transaction needs a change")
    last = bytearray(parts[-1])
    struct.pack_into("=H", last, 6, struct.unpack_from("=H", last, 6)[0] | NLM_F_ACK)
    parts[-1] = bytes(last)
    subsystem = _nfgen(0, NFNL_SUBSYS_NFTABLES)
    begin = message(NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 0, subsystem)
    return begin + b"".join(parts) + message(NFNL_MSG_BATCH_END, NLM_F_REQUEST, 0, subsystem), sequence


def dump_request(table: str, name: str, sequence: int, family: int = NFPROTO_INET) -> bytes:
    """Ask for every element of a map."""
    return _element_message(NFT_MSG_GETSETELEM, NLM_F_REQUEST | NLM_F_DUMP, table, name, (), sequence, family)


def get_request(table: str, name: str, keys: Sequence[bytes], sequence: int) -> bytes:
    """Ask for the elements with these keys (at most ``ELEMENTS_IN_ONE_ATTRIBUTE``); ENOENT if one is missing."""
    return _element_message(NFT_MSG_GETSETELEM, NLM_F_REQUEST | NLM_F_ACK, table, name, [Element(key) for key in keys], sequence)


def counter_request(table: str, name: str, sequence: int, family: int = NFPROTO_INET) -> bytes:
    """Ask for a named counter."""
    body = _nfgen(family) + attribute(1, table.encode() + b"\0") + attribute(2, name.encode() + b"\0")
    body += attribute(3, struct.pack(">I", _OBJECT_COUNTER))
    return message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETOBJ, NLM_F_REQUEST | NLM_F_ACK, sequence, body)


def counter_packets(body: bytes) -> int:
    """Body of a NEWOBJ message of a counter -> packets."""
    data = next((payload for kind, payload in attributes(body, 4) if kind == 4), b"")
    return next((int(_BE64.unpack_from(payload)[0]) for kind, payload in attributes(data) if kind == 2), 0)


# Reading ----------------------------------------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """Elements that one message of the kernel tells of."""

    table: str
    map: str
    elements: list[Element]


def told(body: bytes) -> Told:
    """Body of a NEWSETELEM or DELSETELEM message -> its elements."""
    table = name = ""
    elements: list[Element] = []
    for kind, payload in attributes(body, 4):
        if kind == _LIST_TABLE:
            table = _text(payload)
        elif kind == _LIST_SET:
            name = _text(payload)
        elif kind == _LIST_ELEMENTS:
            elements = _elements(payload)
    return Told(table, name, elements)


def _text(payload: bytes) -> str:
    return payload.rstrip(b"\0").decode("utf-8", "replace")


# What the kernel tells of a counted element without comment, which is nearly every one, has its fields at fixed places. One unpack instead
# of twelve attributes makes reading usage five times as fast. What differs in any other byte is read attribute by attribute.
class _Plain(NamedTuple):
    layout: struct.Struct
    between: tuple[bytes, ...]
    with_quota: bool
    counters: struct.Struct
    """Key, bytes and packets alone."""
    mask: bytes
    """Ones where every such element has the same byte."""
    same: bytes
    """These bytes."""


def _plain_layout(key_length: int, with_quota: bool) -> tuple[int, _Plain]:
    """Length of such an element, header included, and how to read it; learnt from one put together as the kernel does."""
    key, data, count, packets, quota, consumed, timeout, expires = (
        bytes((0xA0 + i,)) * n for i, n in enumerate((key_length, 4, 8, 8, 8, 8, 8, 8))
    )
    counted = attribute(1, b"counter\0") + attribute(2, attribute(1, count) + attribute(2, packets))
    limit = attribute(1, b"quota\0") + attribute(2, attribute(1, quota) + attribute(4, consumed) + attribute(2, b"\0\0\0\0"))
    expressions = (
        attribute(_SET_ELEM_EXPRESSIONS, attribute(1, counted) + attribute(1, limit)) if with_quota else attribute(_SET_ELEM_EXPR, counted)
    )
    body = attribute(_SET_ELEM_KEY, attribute(1, key)) + attribute(_SET_ELEM_DATA, attribute(1, data)) + expressions
    whole = attribute(1, body + attribute(_SET_ELEM_TIMEOUT, timeout) + attribute(_SET_ELEM_EXPIRATION, expires))
    layout, between, position = ">", [], 0
    mask = same = b""
    for field in (
        (key, data, count, packets, quota, consumed, timeout, expires) if with_quota else (key, data, count, packets, timeout, expires)
    ):
        place = whole.index(field)
        between.append(whole[position:place])
        mask += b"\xff" * (place - position) + b"\0" * len(field)
        same += whole[position:place] + b"\0" * len(field)
        layout += f"{place - position}s" + ("Q" if len(field) == 8 else f"{len(field)}s")
        position = place + len(field)
    between.append(whole[position:])
    mask, same = mask + b"\xff" * (len(whole) - position), same + whole[position:]
    places = [whole.index(field) for field in (key, count, packets)]
    counters = struct.Struct(
        f">{places[0]}x{key_length}s{places[1] - places[0] - key_length}xQ{places[2] - places[1] - 8}xQ{len(whole) - places[2] - 8}x"
    )
    return len(whole), _Plain(struct.Struct(f"{layout}{len(whole) - position}s"), tuple(between), with_quota, counters, mask, same)


_PLAIN = dict(_plain_layout(key_length, with_quota) for key_length in (12, 4) for with_quota in (False, True))


def counters(body: bytes) -> Iterable[tuple[bytes, int, int]]:
    """Body of a NEWSETELEM message -> key, bytes and packets of each element: as ``told``, at a tenth of the cost where all are plain."""
    payload = next((payload for kind, payload in attributes(body, 4) if kind == _LIST_ELEMENTS), b"")
    length = _ATTR.unpack_from(payload)[0] if len(payload) >= 4 else 0
    plain = _PLAIN.get(length)
    if plain is not None and len(payload) % length == 0:
        mask, same = _repeated(length, len(payload) // length)
        if int.from_bytes(payload, "big") & mask == same:
            return plain.counters.iter_unpack(payload)
    return [(element.key, element.byte_count, element.packets) for element in _elements(payload)]


@lru_cache(maxsize=64)
def _repeated(length: int, count: int) -> tuple[int, int]:
    """Mask and bytes of so many plain elements as one number: comparing them at once is what makes ``counters`` quick."""
    plain = _PLAIN[length]
    return int.from_bytes(plain.mask * count, "big"), int.from_bytes(plain.same * count, "big")


def _elements(payload: bytes) -> list[Element]:
    out: list[Element] = []
    position, stop = 0, len(payload)
    while position + 4 <= stop:
        length = _ATTR.unpack_from(payload, position)[0]
        if length < 4 or position + length > stop:
            raise ValueError(f"netlink attribute of {length} bytes at {position} in {stop}")
        plain = _PLAIN.get(length)
        fields = plain.layout.unpack_from(payload, position) if plain is not None else ()
        if plain is None or fields[::2] != plain.between:
            out.append(_read(payload[position + 4 : position + length]))
        elif plain.with_quota:
            _, key, _, data, _, byte_count, _, packets, _, quota, _, _consumed, _, timeout, _, expires, _ = fields
            out.append(Element(key, data, timeout, packets, byte_count, quota, "", expires))
        else:
            _, key, _, data, _, byte_count, _, packets, _, timeout, _, expires, _ = fields
            out.append(Element(key, data, timeout, packets, byte_count, None, "", expires))
        position += (length + 3) & ~3
    return out


def _read(data: bytes) -> Element:
    key = value = b""
    timeout = expires = packets = byte_count = 0
    quota: int | None = None
    comment, counted = "", False
    for kind, payload in attributes(data):
        if kind == _SET_ELEM_KEY:
            key = _value(payload)
        elif kind == _SET_ELEM_DATA:
            value = _value(payload)
        elif kind == _SET_ELEM_TIMEOUT:
            timeout = _BE64.unpack_from(payload)[0]
        elif kind == _SET_ELEM_EXPIRATION:
            expires = _BE64.unpack_from(payload)[0]
        elif kind == _SET_ELEM_USERDATA:
            comment = _comment(payload)
        elif kind in (_SET_ELEM_EXPR, _SET_ELEM_EXPRESSIONS):
            listed = [payload] if kind == _SET_ELEM_EXPR else [inner for _, inner in attributes(payload)]
            for name, values in map(_read_expression, listed):
                if name == "counter":
                    counted, byte_count, packets = True, values.get(1, 0), values.get(2, 0)
                elif name == "quota":
                    quota = values.get(1)
    return Element(key, value, timeout, packets, byte_count, quota, comment, expires, counted)


def _value(payload: bytes) -> bytes:
    return next((inner for kind, inner in attributes(payload) if kind == 1), b"")


def _comment(payload: bytes) -> str:
    position = 0
    while position + 2 <= len(payload):
        kind, length = payload[position], payload[position + 1]
        if kind == 0:
            return _text(payload[position + 2 : position + 2 + length])
        position += 2 + length
    return ""


def _read_expression(payload: bytes) -> tuple[str, dict[int, int]]:
    name, values = "", {}
    for kind, inner in attributes(payload):
        if kind == 1:
            name = _text(inner)
        elif kind == 2:
            values = {number: _BE64.unpack_from(value)[0] for number, value in attributes(inner) if len(value) == 8}
    return name, values
