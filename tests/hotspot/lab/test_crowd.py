"""The made-up visitors of a simulated hall add up."""

import random
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hotspot import control, wire
from hotspot.lab.crowd import OUTSIDE, ZONE, Crowd

BERLIN = "Europe/Berlin"


def at(hour: int, day: int = 23) -> float:
    """An hour of November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, tzinfo=ZoneInfo(BERLIN)).timestamp()


def crowd(unix: float, size: float = 400.0) -> Crowd:
    """Of a large hall, so that chance levels out."""
    return Crowd(size, BERLIN, random.Random(7), unix)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40), st.integers(0, 2**32), st.integers(0, 23))
def test_what_is_told_adds_up(waits: list[int], seed: int, hour: int) -> None:
    """Who came and did not leave is there or was before; languages and families are those of the visits; bytes are those of the guests."""
    unix = at(hour)
    hall = Crowd(900.0, BERLIN, random.Random(seed), unix)
    before = list(hall.online)
    told: list[wire.Row] = []
    for wait in waits:
        unix += wait
        told += hall.pass_until(unix)
    visits, ended = sum(row.visits for row in told), sum(row.ended for row in told)
    assert len(hall.online) == len(before) + visits - ended
    assert all(sum(row.languages.values()) == row.visits == sum(row.families.values()) for row in told)
    assert {(row.zone, row.quarter % 900) for row in told} <= {(ZONE, 0)}
    assert all(row.ended <= row.peak and row.seconds <= row.peak * 60 for row in told)
    assert sum(guest.down for guest in hall.online) <= sum(row.bytes_down for row in told)


def test_nothing_happens_in_no_time() -> None:
    """Asked again at once, there is nothing to tell."""
    hall = crowd(at(10))
    hall.pass_until(at(10) + 5)
    assert hall.pass_until(at(10) + 5.4) == ()


def visits(hall: Crowd, unix: float, hours: int = 1) -> int:
    """How many come in the hours from then on."""
    return sum(row.visits for step in range(hours * 720) for row in hall.pass_until(unix + 5 * (step + 1)))


def test_they_come_when_it_is_open() -> None:
    """A Monday morning brings far more visitors than its night, and the night still a few."""
    morning, night = visits(crowd(at(9)), at(9)), visits(crowd(at(2)), at(2))
    assert 300 < morning < 700
    assert 0.7 * OUTSIDE * 400 < night < 1.3 * OUTSIDE * 400


def test_orders_are_carried_out() -> None:
    """Sessions are listed, one that is ended is gone with the next report, what is unknown is refused."""
    unix = at(10)
    hall = crowd(unix)
    listed = hall.answer({"type": "sessions"}, unix)
    status = hall.answer({"type": "status"}, unix)
    assert isinstance(listed, control.SessionsAre)
    assert isinstance(status, control.StatusIs)
    assert [zone.online for zone in status.zones] == [len(listed.sessions)] == [len(hall.online)]
    code = listed.sessions[0].code
    assert hall.answer({"type": "kick", "code": code}, unix) == control.Done(code, "ended")
    assert sum(row.ended for row in hall.pass_until(unix + 1)) >= 1
    assert code not in {guest.code for guest in hall.online}
    for kind, known in (("kick", code), ("allow", hall.online[0].code)):
        assert isinstance(hall.answer({"type": kind, "code": known}, unix), control.Refused)
