"""HTB classes: which there are, which slot is free, what a rate means in HTB's terms. Pure.

One tree on each interface, downloads on ``lan`` and uploads on ``wan``, with the same class ids on both:

    1:            root, default 1:fffd
    ├─ 1:fffe     the gateway's own packets (pages, DNS, reports): not shaped
    ├─ 1:fffd     packets that nobody gave a class: dropped. So the net is shut also when somebody flushes the whole ruleset, guard included
    ├─ 1:1 … 1:c  one class a zone, its total; on a wan that several zones use, one for each
    │   ├─ 1:10 … slots, one a client, made ahead of time for the rates of a plan
    │   └─ 1:fff0 … the walled garden of each zone
    └─ below the first zone's class
        └─ 1:fffc clients who are online and whose own class is not made yet, all together

Making a class walks all classes (0.08 to 0.6 µs each), so thousands of them take seconds: after a cold start, or when somebody
deleted the qdisc. Nobody waits for that: who has a grant is online at once through 1:fffc, and at the plan's rate when the class is there.

What is not IP (ARP, LLDP) and the gateway's own DHCP client do not pass the ruleset; a filter leads them to 1:fffe.
"""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from firewall.api import Rates
from firewall.settings import Zone

MAJOR = 1
OWN, UNKNOWN, BOARDING = 0xFFFE, 0xFFFD, 0xFFFC
FIRST_GARDEN = 0xFFF0
FIRST_SLOT, LAST_SLOT = 0x10, 0xFFEF
MOST_SPARE = 8_192
"""Classes made ahead for all plans together: a caller that prepares without end gets no more."""
UNSHAPED = 10_000_000_000
"""bit/s of the default class: no interface of a hall is faster."""

ETHERNET_MTU, ETHERNET_HEADER = 1500, 14


class NoSlot(Exception):
    """All slots are in use."""


class Class(Struct, frozen=True):
    """One HTB class with its leaf."""

    minor: int
    parent: int
    """Minor of the parent class, 0 for the root."""
    rate: int
    """bit/s at layer 3."""
    ceil: int
    leaf: bool = True
    """Whether packets wait here (a zone's class has none of its own)."""
    drops: bool = False
    """Whether packets are dropped here."""


class Slots:
    """Which slot has a class with which rates, and which of them are free. A slot that is released keeps its class and waits at the end of
    the line, so that packets of its former client have left its queue before the next one comes."""

    def __init__(self) -> None:
        self._next = FIRST_SLOT
        self._made: dict[int, tuple[str, Rates]] = {}
        self._used: set[int] = set()
        self._free: dict[tuple[str, Rates], deque[int]] = {}
        self._ahead: dict[tuple[str, Rates], int] = {}

    @property
    def made(self) -> Mapping[int, tuple[str, Rates]]:
        """Zone and rates of every slot that has (or is about to get) a class."""
        return self._made

    def take(self, zone: str, rates: Rates) -> int:
        """A slot for these rates, with a class if one was made ahead. Raises ``NoSlot``."""
        free = self._free.get((zone, rates))
        slot = free.popleft() if free else self._assign(zone, rates)
        self._used.add(slot)
        return slot

    def claim(self, zone: str, slot: int, rates: Rates) -> None:
        """Mark a slot as in use that the kernel says is."""
        self._take_out(slot)
        self._made[slot] = (zone, rates)
        self._used.add(slot)

    def change(self, slot: int, rates: Rates) -> None:
        """A slot in use gets other rates; its class is changed in place, so that what waits in it is not lost."""
        self._made[slot] = (self._made[slot][0], rates)

    def release(self, slot: int) -> None:
        """Nobody uses the slot any more."""
        if slot in self._used:
            self._used.remove(slot)
            self._free.setdefault(self._made[slot], deque()).append(slot)

    def want_ahead(self, zone: str, rates: Rates, spare: int) -> bool:
        """From now on keep ``spare`` free slots with these rates; the last word counts, 0 lets others have them. False, and no change, when
        all spares together would be more than ``MOST_SPARE``."""
        others = sum(each for key, each in self._ahead.items() if key != (zone, rates))
        if others + spare > MOST_SPARE:
            return False
        if spare:
            self._ahead[zone, rates] = spare
        else:
            self._ahead.pop((zone, rates), None)
        return True

    def spare(self, zone: str, rates: Rates) -> int:
        """Free slots with these rates."""
        return len(self._free.get((zone, rates), ()))

    def make_ahead(self, at_most: int) -> list[int]:
        """Slots that should get a class now so that the wanted spares are there; at most so many at a time."""
        out: list[int] = []
        for (zone, rates), spare in self._ahead.items():
            while len(out) < at_most and self.spare(zone, rates) < spare and self._fresh() is not None:
                slot = self._assign(zone, rates)
                self._free.setdefault((zone, rates), deque()).append(slot)
                out.append(slot)
        return out

    def _assign(self, zone: str, rates: Rates) -> int:
        fresh = self._fresh()
        slot = self._steal() if fresh is None else fresh
        self._made[slot] = (zone, rates)
        return slot

    def _fresh(self) -> int | None:
        """The lowest slot that never had a class, None when all have one. Slots are never unmade, so the search never goes back."""
        while self._next in self._made:
            self._next += 1
        return self._next if self._next <= LAST_SLOT else None

    def _steal(self) -> int:
        """The longest free slot of the rates that are least wanted."""
        candidates = [(self._ahead.get(key, 0) - len(free), key) for key, free in self._free.items() if free]
        if not candidates:
            raise NoSlot(f"all {LAST_SLOT - FIRST_SLOT + 1} slots are in use")
        _, key = min(candidates, key=lambda candidate: candidate[0])
        return self._free[key].popleft()

    def _take_out(self, slot: int) -> None:
        if (known := self._made.get(slot)) is not None and slot not in self._used:
            self._free[known].remove(slot)


class Instruction(NamedTuple):
    """One instruction of classic BPF (``linux/filter.h``)."""

    code: int
    true: int
    false: int
    value: int


_LOAD_HALF, _LOAD_WORD, _LOAD_BYTE, _IF_EQUAL, _RETURN = 0x28, 0x20, 0x30, 0x15, 0x06
_OF_PACKET, _FROM_NETWORK_HEADER = 0xFFFFF000, 0xFFF00000  # SKF_AD_OFF, SKF_NET_OFF
_PROTOCOL, _MARK = _OF_PACKET + 0, _OF_PACKET + 20

FILTER = (
    Instruction(_LOAD_HALF, 0, 0, _PROTOCOL),
    Instruction(_IF_EQUAL, 8, 0, 0x86DD),
    Instruction(_IF_EQUAL, 0, 6, 0x0800),
    Instruction(_LOAD_WORD, 0, 0, _FROM_NETWORK_HEADER + 16),
    Instruction(_IF_EQUAL, 0, 5, 0xFFFFFFFF),
    Instruction(_LOAD_BYTE, 0, 0, _FROM_NETWORK_HEADER + 9),
    Instruction(_IF_EQUAL, 0, 3, 17),
    Instruction(_LOAD_HALF, 0, 0, _FROM_NETWORK_HEADER + 20),
    Instruction(_IF_EQUAL, 0, 1, 68),
    Instruction(_RETURN, 0, 0, MAJOR << 16 | OWN),
    Instruction(_LOAD_WORD, 0, 0, _MARK),
    Instruction(_IF_EQUAL, 0, 1, 1),
    Instruction(_RETURN, 0, 0, MAJOR << 16 | BOARDING),
    Instruction(_RETURN, 0, 0, MAJOR << 16 | UNKNOWN),
)
"""Class of a packet that has none yet: not IP, or sent past the ruleset by the gateway's own DHCP client (UDP source port 68 to
255.255.255.255, which nobody forwards): the gateway's own. With the mark that the rules give to who is online: boarding. Else unknown.
Only packets without a class come here."""


def zone_minor(zones: Mapping[str, Zone], zone: str) -> int:
    """Minor of the zone's class."""
    return 1 + list(zones).index(zone)


OWN_CLASS = Class(OWN, 0, UNSHAPED, UNSHAPED)
UNKNOWN_CLASS = Class(UNKNOWN, 0, 8_000, 8_000, drops=True)


def garden_minor(zones: Mapping[str, Zone], zone: str) -> int:
    """Minor of the class of the zone's walled garden."""
    return FIRST_GARDEN + list(zones).index(zone)


def trees(zones: Mapping[str, Zone], slots: Mapping[int, tuple[str, Rates]]) -> dict[str, dict[int, Class]]:
    """What every interface should have: interface -> minor -> class."""
    wanted: dict[str, dict[int, Class]] = {}
    for name, zone in zones.items():
        minor = zone_minor(zones, name)
        for interface, total in ((zone.lan, zone.total_down), (zone.wan, zone.total_up)):
            tree = wanted.setdefault(interface, {OWN: OWN_CLASS, UNKNOWN: UNKNOWN_CLASS})
            tree[minor] = Class(minor, 0, total, total, leaf=False)
            tree.setdefault(BOARDING, Class(BOARDING, minor, max(8_000, total // 10), total))
            garden = garden_minor(zones, name)
            tree[garden] = Class(garden, minor, min(8_000, zone.garden_rate), min(zone.garden_rate, total))
    for slot in slots:
        for interface, made in slot_classes(zones, slot, *slots[slot]).items():
            wanted[interface][slot] = made
    return wanted


def slot_classes(zones: Mapping[str, Zone], slot: int, zone: str, rates: Rates) -> dict[str, Class]:
    """The two classes of a slot: interface -> class."""
    parent, place = zone_minor(zones, zone), zones[zone]
    # HTB passes a class's rate even where the sum of all rates is above the zone's total; a guarantee that the line cannot keep is none.
    down, up = min(rates.ceil_down, place.total_down), min(rates.ceil_up, place.total_up)
    share = max(1, place.max_clients)
    return {
        place.lan: Class(slot, parent, min(rates.rate_down, down, max(8_000, place.total_down // share)), down),
        place.wan: Class(slot, parent, min(rates.rate_up, up, max(8_000, place.total_up // share)), up),
    }


def wire_rate(rate: int) -> int:
    """bit/s at layer 3 -> byte/s as HTB counts, which adds the Ethernet header to each packet: exact for full-size packets, and a client
    that sends small ones gets less, never more."""
    return max(1, round(rate / 8 * (ETHERNET_MTU + ETHERNET_HEADER) / ETHERNET_MTU))


QUEUE_SECONDS = 0.1
QUEUE_FLOOR = 48 * 1024
"""bytes: a phone's first window (10 segments) twice, and room for one aggregate of a slow sender."""


LEAF_PACKETS, LEAF_MEMORY = 1_000, 1 << 20
"""Most that an ``fq_codel`` leaf holds, in packets and in bytes: less than its defaults, because there are many."""
LEAF_FLOWS = 256
"""Queues of an ``fq_codel`` leaf, 64 bytes each. Beside 8 bulk flows a ping falls into the queue of one of them in 3 cases of 100 by
calculation, with 64 queues in 12."""


def queue_bytes(ceil: int) -> int:
    """Limit of a ``bfifo`` leaf for a class of so many bit/s: 100 ms, at least ``QUEUE_FLOOR``, at most 16 MiB."""
    return min(16 * 2**20, max(QUEUE_FLOOR, round(ceil / 8 * QUEUE_SECONDS)))


def burst_bytes(ceil: int) -> int:
    """Bytes that a class may send at once: 2 ms of its rate, at least two full packets, so that timer slack costs no rate."""
    return max(2 * (ETHERNET_MTU + ETHERNET_HEADER), round(ceil / 8 * 0.002))


def quantum_bytes(made: Class) -> int:
    """Bytes a class sends before another has its turn: one full packet for clients, more for zones and the gateway itself."""
    return ETHERNET_MTU + ETHERNET_HEADER if made.parent else 60_000


def text(interface: str, tree: Mapping[int, Class], leaf: str) -> list[str]:
    """The tree as the commands that a person would type."""
    lines = [f"tc qdisc add dev {interface} root handle {MAJOR}: htb default {UNKNOWN:x} r2q 1000"]
    for made in sorted(tree.values(), key=lambda each: (each.leaf, each.minor)):
        parent = f"{MAJOR}:{made.parent:x}" if made.parent else f"{MAJOR}:"
        lines.append(
            f"tc class add dev {interface} parent {parent} classid {MAJOR}:{made.minor:x} htb "
            f"rate {wire_rate(made.rate) * 8}bit ceil {wire_rate(made.ceil) * 8}bit "
            f"burst {burst_bytes(made.rate)} cburst {burst_bytes(made.ceil)} quantum {quantum_bytes(made)}"
        )
        if made.leaf:
            limit = (
                "blackhole"
                if made.drops
                else f"bfifo limit {queue_bytes(made.ceil)}"
                if leaf == "bfifo"
                else f"fq_codel limit {LEAF_PACKETS} flows {LEAF_FLOWS} memory_limit {LEAF_MEMORY}"
            )
            lines.append(f"tc qdisc add dev {interface} parent {MAJOR}:{made.minor:x} {limit}")
    program = ",".join([str(len(FILTER)), *(" ".join(map(str, each)) for each in FILTER)])
    lines.append(f"tc filter add dev {interface} parent {MAJOR}: prio 1 protocol all bpf bytecode '{program}'")
    return lines
