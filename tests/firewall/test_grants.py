"""Grants: one a client, within the ceilings, written to elements and read back."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from firewall.api import Grant, Rates
from firewall.grants import (
    BACKSTOP_BYTES,
    BACKSTOP_SECONDS,
    Grants,
    Held,
    Rejected,
    closing,
    from_elements,
    opening,
)
from firewall.settings import Ceilings, Zone
from firewall.shaper import Slots

ZONES = {
    "public": Zone(
        "lan0", "wan0", ("198.18.0.1/20",), 100_000_000, 40_000_000, max_clients=3, ceilings=Ceilings(seconds=7_200, volume=10**9)
    ),
    "council": Zone("lan1", "wan0", ("198.18.32.1/20",), 50_000_000, 20_000_000, max_clients=50),
}
RATES = [Rates(64_000, 10_000_000, 64_000, 2_000_000), Rates(64_000, 1_000_000, 64_000, 500_000)]


def _grant(client: int, **terms: Any) -> Grant:
    values: dict[str, Any] = {
        "zone": "public",
        "mac": f"02:00:00:00:00:{client:02x}",
        "session": f"{client:016x}",
        "plan": "visitor",
        "rates": RATES[0],
        "seconds": 600.0,
        "volume": 10**6,
    }
    return Grant(**(values | terms))


def _grants() -> Grants:
    return Grants(ZONES, Slots(), 65_533)


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        (_grant(1, zone="attic"), "bad_request", "grant.zone"),
        (_grant(1, rates=Rates(64_000, 2 * 10**9, 64_000, 10**6)), "ceiling", "grant.rates.ceil_down"),
        (_grant(1, rates=Rates(64_000, 10**6, 64_000, 2 * 10**9)), "ceiling", "grant.rates.ceil_up"),
        (_grant(1, seconds=7_201.0), "ceiling", "grant.seconds"),
        (_grant(1, volume=10**9 + 1), "ceiling", "grant.volume"),
        (_grant(1, volume=None), "ceiling", "grant.volume"),
        (_grant(1, bytes_up=10**6), "bad_request", "grant.volume"),
        (_grant(2), "conflict", "grant.mac"),
        (_grant(3, session=f"{2:016x}"), "conflict", "grant.session"),
    ],
)
def test_what_is_not_admitted(wanted: Grant, code: str, field: str) -> None:
    """Each refusal says whose fault it is and which field."""
    grants = _grants()
    grants.admit(_grant(2), 0.0)
    with pytest.raises(Rejected) as rejected:
        grants.admit(_grant(2, session="f" * 16) if wanted == _grant(2) else wanted, 0.0)
    assert (rejected.value.code, rejected.value.field, len(grants)) == (code, field, 1)


def test_full_zone() -> None:
    """A zone takes its number of clients, and again one when one has left."""
    grants = _grants()
    for client in (1, 2, 3):
        grants.admit(_grant(client), 0.0)
    with pytest.raises(Rejected, match="more than 3 clients"):
        grants.admit(_grant(4), 0.0)
    grants.drop(f"{1:016x}")
    assert grants.admit(_grant(4), 0.0).grant == _grant(4)


def test_generations_come_round_without_zero() -> None:
    """After 65,535 comes 1: a mark is never 0, and a slot used again has another mark."""
    grants = _grants()
    seen = []
    for _ in range(4):
        seen.append(grants.admit(_grant(1), 0.0).generation)
        grants.drop(f"{1:016x}")
    assert seen == [65_534, 65_535, 1, 2]


def test_exchange_keeps_slot_and_mark() -> None:
    """Connections and queue stay, with other rates too, which the class then has; what is not in force or another's is refused."""
    grants = _grants()
    held = grants.admit(_grant(1), 0.0)
    old, same = grants.exchange(_grant(1, seconds=900.0), 100.0)
    assert (old, same) == (held, Held(_grant(1, seconds=900.0), held.slot, held.generation, 1000.0))
    _, other = grants.exchange(_grant(1, rates=RATES[1]), 100.0)
    assert (other.slot, other.mark, grants._slots.made[held.slot]) == (held.slot, held.mark, ("public", RATES[1]))
    for wrong, code in ((_grant(2), "unknown"), (_grant(1, mac="02:00:00:00:00:09"), "conflict")):
        with pytest.raises(Rejected) as rejected:
            grants.exchange(wrong, 0.0)
        assert rejected.value.code == code


class GrantMachine(RuleBasedStateMachine):
    """Whatever comes and goes: a client has one grant, a slot one owner, and the count is right."""

    def __init__(self) -> None:
        super().__init__()
        self.grants = _grants()
        self.model: dict[str, Grant] = {}

    def _try(self, do: Callable[[], object]) -> bool:
        try:
            do()
        except Rejected:
            return False
        return True

    @rule(client=st.integers(1, 5), zone=st.sampled_from(list(ZONES)), rates=st.sampled_from(RATES))
    def admit(self, client: int, zone: str, rates: Rates) -> None:
        """A client accepts; its session's name is its own."""
        wanted = _grant(client, zone=zone, rates=rates)
        if self._try(lambda: self.grants.admit(wanted, 0.0)):
            assert wanted.session not in self.model
            self.model[wanted.session] = wanted

    @rule(client=st.integers(1, 5), zone=st.sampled_from(list(ZONES)), rates=st.sampled_from(RATES))
    def exchange(self, client: int, zone: str, rates: Rates) -> None:
        """A client gets another plan."""
        wanted = _grant(client, zone=zone, rates=rates)
        if self._try(lambda: self.grants.exchange(wanted, 0.0)):
            self.model[wanted.session] = wanted

    @rule(client=st.integers(1, 5))
    def drop(self, client: int) -> None:
        """A client leaves, or was never there."""
        dropped = self.grants.drop(f"{client:016x}")
        assert (dropped is not None) == (self.model.pop(f"{client:016x}", None) is not None)

    @invariant()
    def agrees(self) -> None:
        """The grants are those of the model, each on a slot of its own."""
        assert {held.grant.session: held.grant for held in self.grants} == self.model
        assert len({held.slot for held in self.grants}) == len({held.mark for held in self.grants}) == len(self.model)
        for zone in ZONES:
            assert self.grants.count(zone) == sum(grant.zone == zone for grant in self.model.values())


TestGrantMachine = GrantMachine.TestCase

grants_of_any_kind = st.builds(
    Grant,
    zone=st.just("public"),
    mac=st.integers(0, 2**40 - 1).map(lambda number: "02:" + number.to_bytes(5, "big").hex(":")),
    session=st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}"),
    plan=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True),
    rates=st.sampled_from(RATES),
    seconds=st.floats(1, 86_400).map(lambda seconds: round(seconds, 3)),
    volume=st.none() | st.integers(10_000, 2**62),
    idle=st.none() | st.floats(1, 86_400).map(lambda seconds: round(seconds, 1)),
)


@given(grants_of_any_kind, st.integers(0x10, 0xFFEF), st.integers(1, 65_535), st.integers(0, 5_000), st.integers(0, 5_000))
def test_a_grant_survives_in_its_elements(grant: Grant, slot: int, generation: int, up: int, down: int) -> None:
    """What a restarted daemon reads from the kernel is the grant that was opened: who, plan, rates, volume, idle time, end."""
    now = 1_000.0
    held = Held(grant, slot, generation, now + grant.seconds)
    up_change, down_change, ids_change = opening(held, now, up, down)
    (ids,) = ids_change.elements
    found = from_elements("public", ids._replace(expires_ms=ids.timeout_ms), now)
    assert found is not None
    assert (found.slot, found.generation) == (slot, generation)
    assert abs(found.ends - held.ends) < 0.002
    read = found.grant
    assert (read.mac, read.session, read.plan, read.rates, read.volume) == (grant.mac, grant.session, grant.plan, grant.rates, grant.volume)
    assert read.idle == (None if grant.idle is None else pytest.approx(grant.idle, rel=1e-5))
    counted = [change.elements[0].byte_count for change in (up_change, down_change)]
    assert counted == [up, down]
    limits = [change.elements[0].quota for change in (up_change, down_change)]
    assert limits == ([None, None] if grant.volume is None else [grant.volume - down + BACKSTOP_BYTES, grant.volume - up + BACKSTOP_BYTES])
    assert up_change.elements[0].timeout_ms == round((grant.seconds + BACKSTOP_SECONDS) * 1000)


def test_closing_deletes_what_opening_added() -> None:
    """The keys are the same."""
    held = Held(_grant(1), 0x10, 7, 600.0)
    opened = {(change.map, change.elements[0].key) for change in opening(held, 0.0, 0, 0)}
    closed = {(change.map, change.elements[0].key) for change in closing(held)}
    assert (closed, all(change.delete for change in closing(held))) == (opened, True)


def test_an_element_of_somebody_else_is_no_grant() -> None:
    """A comment that was not written here, or none, makes no grant."""
    (ids,) = opening(Held(_grant(1), 0x10, 7, 600.0), 0.0, 0, 0)[2].elements
    assert [from_elements("public", ids._replace(comment=text), 0.0) for text in ("", "hello", ids.comment + " more")] == [None] * 3
