"""HTB over netlink: read and make qdiscs and classes. ``include/uapi/linux/{rtnetlink,pkt_sched}.h``.

Classes are made hundreds at a time, so messages are packed by hand and sent together: 25 µs a class and leaf instead of 2.4 ms through a
library. The link layer is given as Ethernet, so the kernel needs no rate tables from us.
"""

import errno
import socket
import struct
from collections.abc import Iterable, Mapping, Sequence

from firewall.elements import NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REQUEST, attribute, attributes, message
from firewall.kernel.netlink import KernelRefused, Netlink
from firewall.reconcile import FoundClass
from firewall.shaper import (
    FILTER,
    LEAF_FLOWS,
    LEAF_MEMORY,
    LEAF_PACKETS,
    MAJOR,
    OWN,
    OWN_CLASS,
    UNKNOWN,
    Class,
    burst_bytes,
    quantum_bytes,
    queue_bytes,
    wire_rate,
)

_RTM_NEWQDISC, _RTM_DELQDISC, _RTM_GETQDISC = 36, 37, 38
_RTM_NEWTCLASS, _RTM_GETTCLASS = 40, 42
_RTM_NEWTFILTER, _RTM_DELTFILTER, _RTM_GETTFILTER = 44, 45, 46
_TCA_BPF_OPS_LEN, _TCA_BPF_OPS = 4, 5
_ANY_PROTOCOL = 0x0003  # ETH_P_ALL
_TCA_FQ_CODEL_LIMIT, _TCA_FQ_CODEL_FLOWS, _TCA_FQ_CODEL_MEMORY_LIMIT = 2, 5, 9
_NLM_F_REPLACE, _NLM_F_EXCL = 0x100, 0x200
_TCMSG = struct.Struct("=BxxxiIII")
_ROOT = 0xFFFFFFFF
_TCA_KIND, _TCA_OPTIONS = 1, 2
_TCA_HTB_PARMS, _TCA_HTB_INIT, _TCA_HTB_RATE64, _TCA_HTB_CEIL64 = 1, 2, 6, 7
_RATESPEC = struct.Struct("=BBHhHI")  # cell_log, linklayer, overhead, cell_align, mpu, rate
_ETHERNET = 1
_TICK = 64  # ns in a tick of the packet scheduler clock (PSCHED_SHIFT 6)


def handle(minor: int) -> int:
    """Class id of a minor."""
    return MAJOR << 16 | minor


def leaf_handle(minor: int) -> int:
    """Handle of the leaf qdisc of a class: major number = the slot, which is free as long as it is not 1."""
    return minor << 16


def _tcmsg(kind: int, flags: int, sequence: int, index: int, own: int, parent: int, attrs: bytes = b"") -> bytes:
    return message(kind, NLM_F_REQUEST | flags, sequence, _TCMSG.pack(0, index, own, parent, 0) + attrs)


def _kind(name: str) -> bytes:
    return attribute(_TCA_KIND, name.encode() + b"\0")


def _ticks(byte_count: int, bytes_per_second: int) -> int:
    return min(0xFFFFFFFF, round(byte_count * 1e9 / bytes_per_second / _TICK))


def class_message(index: int, wanted: Class, flags: int) -> bytes:
    """RTM_NEWTCLASS for one class."""
    rate, ceil = wire_rate(wanted.rate), wire_rate(wanted.ceil)
    specs = b"".join(_RATESPEC.pack(0, _ETHERNET, 0, -1, 0, min(each, 0xFFFFFFFF)) for each in (rate, ceil))
    numbers = struct.pack(
        "=IIIII", _ticks(burst_bytes(wanted.rate), rate), _ticks(burst_bytes(wanted.ceil), ceil), quantum_bytes(wanted), 0, 0
    )
    options = attribute(_TCA_HTB_PARMS, specs + numbers)
    if ceil > 0xFFFFFFFF or rate > 0xFFFFFFFF:
        options += attribute(_TCA_HTB_RATE64, struct.pack("=Q", rate)) + attribute(_TCA_HTB_CEIL64, struct.pack("=Q", ceil))
    parent = handle(wanted.parent) if wanted.parent else MAJOR << 16
    return _tcmsg(_RTM_NEWTCLASS, flags, 0, index, handle(wanted.minor), parent, _kind("htb") + attribute(_TCA_OPTIONS, options))


def leaf_message(index: int, wanted: Class, leaf: str) -> bytes:
    """RTM_NEWQDISC for the leaf of a class. An fq_codel is the same for every class and cannot be given its flows again: one that is there
    stays (``EEXIST``). A bfifo gets the limit of its class's rate."""
    if wanted.drops:
        leaf, flags, options = "blackhole", NLM_F_CREATE | _NLM_F_EXCL, b""
    elif leaf == "fq_codel":
        flags = NLM_F_CREATE | _NLM_F_EXCL
        limits = {_TCA_FQ_CODEL_LIMIT: LEAF_PACKETS, _TCA_FQ_CODEL_FLOWS: LEAF_FLOWS, _TCA_FQ_CODEL_MEMORY_LIMIT: LEAF_MEMORY}
        options = b"".join(attribute(kind, struct.pack("=I", value)) for kind, value in limits.items())
    else:
        flags = NLM_F_CREATE | _NLM_F_REPLACE
        options = struct.pack("=I", queue_bytes(wanted.ceil))
    own = leaf_handle(wanted.minor)
    return _tcmsg(_RTM_NEWQDISC, flags, 0, index, own, handle(wanted.minor), _kind(leaf) + attribute(_TCA_OPTIONS, options))


_PROGRAM = b"".join(struct.pack("=HBBI", *each) for each in FILTER)


def filter_message(index: int) -> bytes:
    """RTM_NEWTFILTER for the one filter at the root: classic BPF."""
    options = attribute(_TCA_BPF_OPS_LEN, struct.pack("=H", len(FILTER))) + attribute(_TCA_BPF_OPS, _PROGRAM)
    head = _TCMSG.pack(0, index, 0, MAJOR << 16, 1 << 16 | socket.htons(_ANY_PROTOCOL))
    return message(_RTM_NEWTFILTER, NLM_F_REQUEST | NLM_F_CREATE | _NLM_F_EXCL, 0, head + _kind("bpf") + attribute(_TCA_OPTIONS, options))


class TrafficControl:
    """The shaping side of the kernel seam. Interfaces are given by index."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink
        self.leaf = "bfifo"

    def find_leaf(self, index: int) -> str:
        """Find out whether this kernel has fq_codel, by giving it to the own class of a
        new tree; fall back to bfifo."""
        self._send([class_message(index, OWN_CLASS, NLM_F_CREATE)], "make the gateway's own class")
        self.leaf = "fq_codel"
        try:
            self._send([leaf_message(index, OWN_CLASS, self.leaf)], "use fq_codel")
        except KernelRefused as refused:
            if refused.errno != errno.ENOENT:  # what the kernel says of a kind that it does not have
                raise
            self.leaf = "bfifo"
        return self.leaf

    def known_leaf(self, index: int) -> str | None:
        """The leaf qdisc that the own class of a tree of ours has."""
        for _own, parent, kind, _options in self._dump(_RTM_GETQDISC, index):
            if parent == handle(OWN):
                return kind
        return None

    def make_root(self, index: int) -> None:
        """Put our HTB in place of whatever is at the root of the interface."""
        init = struct.pack("=IIIII", 3, 1_000, UNKNOWN, 0, 0)  # version, rate2quantum, default class, debug, direct packets
        body = _kind("htb") + attribute(_TCA_OPTIONS, attribute(_TCA_HTB_INIT, init))
        self.remove_root(index)
        self._send([_tcmsg(_RTM_NEWQDISC, NLM_F_CREATE | _NLM_F_EXCL, 0, index, MAJOR << 16, _ROOT, body)], "make the root qdisc")

    def remove_root(self, index: int) -> None:
        """Take the root qdisc away, so that the interface has its default again."""
        try:
            self._send([_tcmsg(_RTM_DELQDISC, 0, 0, index, 0, _ROOT)], "remove the root qdisc")
        except KernelRefused as refused:
            if refused.errno not in (errno.ENOENT, errno.EINVAL):
                raise

    def make(self, index: int, classes: Iterable[Class]) -> None:
        """Make classes with their leaves, parents first; those that are there get the wanted rates."""
        requests: list[bytes] = []
        for wanted in classes:
            requests.append(class_message(index, wanted, NLM_F_CREATE))
            if wanted.leaf:
                requests.append(leaf_message(index, wanted, self.leaf))
        self._send(requests, "make classes", frozenset({errno.EEXIST}))

    def change(self, index: int, classes: Iterable[Class]) -> None:
        """Give classes that are there other rates; what waits in them stays."""
        self._send([class_message(index, wanted, 0) for wanted in classes], "change classes")

    def _send(self, requests: Sequence[bytes], doing: str, fine: frozenset[int] = frozenset()) -> None:
        """Many requests in few datagrams; rtnetlink carries out each, and answers an error for each that fails. ``fine``: errors that are
        none."""
        for start in range(0, len(requests), 400):
            chunk = [bytearray(each) for each in requests[start : start + 400]]
            first = self._netlink.next_sequence(len(chunk))
            for number, each in enumerate(chunk):
                struct.pack_into("=I", each, 8, first + number)
            struct.pack_into("=H", chunk[-1], 6, struct.unpack_from("=H", chunk[-1], 6)[0] | NLM_F_ACK)
            self._netlink.acknowledged(b"".join(chunk), first + len(chunk) - 1, doing, fine)

    def make_filter(self, index: int) -> None:
        """Lead packets that have no class to one, in place of whatever filters are at the root."""
        clear = _tcmsg(_RTM_DELTFILTER, 0, 0, index, 0, MAJOR << 16)
        self._send([clear], "clear the filters", frozenset({errno.ENOENT, errno.EINVAL}))
        self._send([filter_message(index)], "make the filter")

    # Reading ------------------------------------------------------------------------------------------------------------------------

    def read(self, index: int) -> dict[int, FoundClass] | None:
        """Our tree on an interface; None if the root qdisc is not our HTB."""
        leaves: set[int] = set()
        ours = False
        for own, parent, kind, _options in self._dump(_RTM_GETQDISC, index):
            if parent == _ROOT and own == MAJOR << 16 and kind == "htb":
                ours = True
            elif parent >> 16 == MAJOR and kind == ("blackhole" if parent == handle(UNKNOWN) else self.leaf):
                leaves.add(parent & 0xFFFF)
        if not ours:
            return None
        found: dict[int, FoundClass] = {}
        for own, parent, _kind_name, options in self._dump(_RTM_GETTCLASS, index):
            if own >> 16 != MAJOR:
                continue
            rate, ceil = _rates(options)
            minor = own & 0xFFFF
            found[minor] = FoundClass(minor, 0 if parent == _ROOT else parent & 0xFFFF, rate, ceil, minor in leaves)
        return found

    def filter_is_right(self, index: int) -> bool:
        """Whether the root has our filter and no other."""
        sequence = self._netlink.next_sequence()
        request = _tcmsg(_RTM_GETTFILTER, NLM_F_DUMP, sequence, index, 0, MAJOR << 16)
        found: list[bytes | None] = []
        for batch in self._netlink.dump(request, sequence, "list filters"):
            for each in batch:
                options = dict(attributes(dict(attributes(each.body, _TCMSG.size)).get(_TCA_OPTIONS, b"")))
                if options:  # the others say that there is a classifier, not what it does
                    found.append(options.get(_TCA_BPF_OPS))
        return found == [_PROGRAM]

    def _dump(self, kind: int, index: int) -> Iterable[tuple[int, int, str, bytes]]:
        sequence = self._netlink.next_sequence()
        request = _tcmsg(kind, NLM_F_DUMP, sequence, index, 0, 0)
        out: list[tuple[int, int, str, bytes]] = []
        for batch in self._netlink.dump(request, sequence, "list qdiscs and classes"):
            for each in batch:
                found_index, own, parent = struct.unpack_from("=iII", each.body, 4)
                if found_index == index:
                    values = dict(attributes(each.body, _TCMSG.size))
                    out.append((own, parent, values.get(_TCA_KIND, b"").rstrip(b"\0").decode(), values.get(_TCA_OPTIONS, b"")))
        return out


def _rates(options: bytes) -> tuple[int, int]:
    values = dict(attributes(options))
    parameters = values.get(_TCA_HTB_PARMS)
    if parameters is None:
        return 0, 0
    rate, ceil = struct.unpack_from("=I", parameters, 8)[0], struct.unpack_from("=I", parameters, 20)[0]
    if _TCA_HTB_RATE64 in values:
        rate = struct.unpack("=Q", values[_TCA_HTB_RATE64])[0]
    if _TCA_HTB_CEIL64 in values:
        ceil = struct.unpack("=Q", values[_TCA_HTB_CEIL64])[0]
    return rate, ceil


def wire(tree: Mapping[int, Class]) -> dict[int, tuple[int, int]]:
    """What the kernel should say of the rates of every class of a tree."""
    return {minor: (wire_rate(each.rate), wire_rate(each.ceil)) for minor, each in tree.items()}
