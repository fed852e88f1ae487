"""Slots and classes."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from firewall.api import Rates
from firewall.settings import Zone
from firewall.shaper import (
    FIRST_SLOT,
    LAST_SLOT,
    Class,
    NoSlot,
    Slots,
    burst_bytes,
    queue_bytes,
    slot_classes,
    text,
    trees,
    wire_rate,
)

FAST = Rates(64_000, 10_000_000, 64_000, 2_000_000)
SLOW = Rates(64_000, 1_000_000, 64_000, 500_000)
ZONES = {
    "public": Zone("lan0", "wan0", ("198.18.0.1/20",), 100_000_000, 40_000_000, max_clients=500),
    "council": Zone("lan1", "wan0", ("198.18.32.1/20",), 50_000_000, 20_000_000, max_clients=50),
}


class SlotMachine(RuleBasedStateMachine):
    """Slots are never given twice, and a slot always has the rates it was given for."""

    taken = Bundle("taken")

    def __init__(self) -> None:
        super().__init__()
        self.slots = Slots()
        self.used: dict[int, tuple[str, Rates]] = {}

    @rule(target=taken, zone=st.sampled_from(list(ZONES)), rates=st.sampled_from([FAST, SLOW]))
    def take(self, zone: str, rates: Rates) -> int:
        """A new client."""
        slot = self.slots.take(zone, rates)
        assert slot not in self.used
        self.used[slot] = (zone, rates)
        return slot

    @rule(slot=consumes(taken))
    def release(self, slot: int) -> None:
        """A client leaves; saying so twice changes nothing."""
        del self.used[slot]
        self.slots.release(slot)
        self.slots.release(slot)

    @rule(zone=st.sampled_from(list(ZONES)), rates=st.sampled_from([FAST, SLOW]), spare=st.integers(0, 20), at_most=st.integers(0, 8))
    def ahead(self, zone: str, rates: Rates, spare: int, at_most: int) -> None:
        """Classes are made ahead, never more than asked for at a time, and never of a slot in use."""
        self.slots.want_ahead(zone, rates, spare)
        made = self.slots.make_ahead(at_most)
        assert len(made) <= at_most
        assert not set(made) & set(self.used)

    @rule(target=taken, slot=st.integers(FIRST_SLOT, FIRST_SLOT + 30), zone=st.sampled_from(list(ZONES)))
    def claim(self, slot: int, zone: str) -> int:
        """The kernel says that a slot is in use (only ever of one that is not in use here)."""
        if slot in self.used:
            slot = self.slots.take(zone, FAST)
            self.used[slot] = (zone, FAST)
            return slot
        self.slots.claim(zone, slot, FAST)
        self.used[slot] = (zone, FAST)
        return slot

    @invariant()
    def rates_are_right(self) -> None:
        """What is in use was made for what it is used for."""
        assert {slot: self.slots.made[slot] for slot in self.used} == self.used


TestSlotMachine = SlotMachine.TestCase


def test_released_slots_wait_at_the_end_of_the_line() -> None:
    """The slot that was free longest comes first, so that its former client's packets are gone."""
    slots = Slots()
    first, second = slots.take("public", FAST), slots.take("public", FAST)
    slots.release(first)
    slots.release(second)
    assert [slots.take("public", FAST), slots.take("public", FAST)] == [first, second]


def test_slots_of_other_rates_are_used_when_none_is_left() -> None:
    """With every slot made, the longest free one of other rates is taken; with none free, there is none."""
    slots = Slots()
    all_of_them = [slots.take("public", FAST) for _ in range(FIRST_SLOT, LAST_SLOT + 1)]
    with pytest.raises(NoSlot, match="in use"):
        slots.take("public", SLOW)
    slots.release(all_of_them[7])
    assert (slots.take("council", SLOW), slots.made[all_of_them[7]]) == (all_of_them[7], ("council", SLOW))


def test_guarantees_never_add_up_to_more_than_the_zone_has() -> None:
    """A class's guaranteed rate is its share of the zone at most, because HTB would pass the zone's total for it."""
    generous = Rates(5_000_000, 10_000_000, 5_000_000, 50_000_000)
    assert slot_classes(ZONES, 0x20, "public", generous) == {
        "lan0": Class(0x20, 1, 200_000, 10_000_000),
        "wan0": Class(0x20, 1, 80_000, 40_000_000),
    }


def test_trees_of_two_zones_share_the_wan() -> None:
    """Each LAN has its zone's class; the WAN has both, and a slot is below its own zone's."""
    wanted = trees(ZONES, {0x10: ("public", FAST), 0x11: ("council", SLOW)})
    assert {interface: {minor: each.parent for minor, each in tree.items()} for interface, tree in wanted.items()} == {
        "lan0": {0xFFFE: 0, 0xFFFD: 0, 1: 0, 0xFFFC: 1, 0xFFF0: 1, 0x10: 1},
        "lan1": {0xFFFE: 0, 0xFFFD: 0, 2: 0, 0xFFFC: 2, 0xFFF1: 2, 0x11: 2},
        "wan0": {0xFFFE: 0, 0xFFFD: 0, 1: 0, 0xFFFC: 1, 2: 0, 0xFFF0: 1, 0xFFF1: 2, 0x10: 1, 0x11: 2},
    }


def test_rates_in_the_kernels_terms() -> None:
    """10 Mbit/s at layer 3 in full packets are 1,261,667 byte/s with Ethernet headers; queue 100 ms; burst 2 ms or two packets."""
    assert (wire_rate(10_000_000), queue_bytes(10_000_000), burst_bytes(10_000_000), burst_bytes(100_000_000)) == (
        1_261_667,
        125_000,
        3_028,
        25_000,
    )


def test_tree_as_commands() -> None:
    """The text that ``--show`` prints, parents first."""
    tree = trees({"public": ZONES["public"]}, {0x10: ("public", FAST)})["lan0"]
    assert text("lan0", tree, "bfifo") == [
        "tc qdisc add dev lan0 root handle 1: htb default fffd r2q 1000",
        "tc class add dev lan0 parent 1: classid 1:1 htb rate 100933336bit ceil 100933336bit burst 25000 cburst 25000 quantum 60000",
        "tc class add dev lan0 parent 1:1 classid 1:10 htb rate 64600bit ceil 10093336bit burst 3028 cburst 3028 quantum 1514",
        "tc qdisc add dev lan0 parent 1:10 bfifo limit 125000",
        "tc class add dev lan0 parent 1:1 classid 1:fff0 htb rate 8072bit ceil 1009336bit burst 3028 cburst 3028 quantum 1514",
        "tc qdisc add dev lan0 parent 1:fff0 bfifo limit 49152",
        "tc class add dev lan0 parent 1:1 classid 1:fffc htb rate 10093336bit ceil 100933336bit burst 3028 cburst 25000 quantum 1514",
        "tc qdisc add dev lan0 parent 1:fffc bfifo limit 1250000",
        "tc class add dev lan0 parent 1: classid 1:fffd htb rate 8072bit ceil 8072bit burst 3028 cburst 3028 quantum 60000",
        "tc qdisc add dev lan0 parent 1:fffd blackhole",
        (
            "tc class add dev lan0 parent 1: classid 1:fffe htb rate 10093333336bit ceil 10093333336bit "
            "burst 2500000 cburst 2500000 quantum 60000"
        ),
        "tc qdisc add dev lan0 parent 1:fffe bfifo limit 16777216",
        (
            "tc filter add dev lan0 parent 1: prio 1 protocol all bpf bytecode '14,40 0 0 4294963200,21 8 0 34525,21 0 6 2048,"
            "32 0 0 4293918736,21 0 5 4294967295,48 0 0 4293918729,21 0 3 17,40 0 0 4293918740,21 0 1 68,6 0 0 131070,"
            "32 0 0 4294963220,21 0 1 1,6 0 0 131068,6 0 0 131069'"
        ),
    ]
    assert "fq_codel" in text("lan0", tree, "fq_codel")[3]
