"""How often somebody may ask: by the number alone, and at the door."""

from collections import Counter
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar
from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub.access import Role
from hotspot.hub.console.rates import Limit, Rates
from hotspot.hub.console.web import Console
from hotspot.hub.store import sessions
from tests.hub.console.conftest import Seat, Seats


def test_a_burst_and_then_the_rate() -> None:
    """Five at once, then two in a second; others have their own."""
    rates = Rates(Limit(2, 5))
    assert [rates.wait("a", 100.0) for _ in range(6)] == [0.0] * 5 + [0.5]
    assert (rates.wait("b", 100.0), rates.wait("a", 100.4) > 0, rates.wait("a", 100.5), rates.wait("a", 100.5)) == (0.0, True, 0.0, 0.5)
    assert [rates.wait("a", 200.0) for _ in range(6)] == [0.0] * 5 + [0.5]


@given(st.lists(st.floats(0, 3), min_size=1, max_size=80))
def test_never_more_than_the_bucket_holds(pauses: list[float]) -> None:
    """In any time not more pass than the burst and what the rate gives meanwhile; whoever waits as long as they are told gets in."""
    rates, now, passed = Rates(Limit(2, 5)), 0.0, []
    for pause in pauses:
        now += pause
        wait = rates.wait("a", now)
        if wait:
            now += wait + 1e-9
            assert rates.wait("a", now) == 0.0
        passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            assert last - first + 1 <= 5 + 2 * (passed[last] - passed[first]) + 1e-6


def test_keys_are_forgotten() -> None:
    """The one that asked longest ago, when there are too many: somebody who is held back is still known."""
    rates = Rates(Limit(1, 1), most=3)
    for key in ("a", "b", "c"):
        rates.wait(key, 0.0)
    assert rates.wait("a", 0.0) > 0
    rates.wait("d", 0.0)
    assert [rates.wait("a", 0.0) > 0, rates.wait("b", 0.0)] == [True, 0.0]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console that is soon tired."""
    monkeypatch.setattr(Console, "STRANGERS", Limit(0.01, 20))
    monkeypatch.setattr(Console, "KNOWN", Limit(0.01, 30))


@pytest.fixture
def incurious(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console that soon looks up no more cookies."""
    monkeypatch.setattr(Console, "LOOKUPS", Limit(0.01, 10))


@pytest.mark.hub
async def test_a_flood_at_the_door(narrow: None, seats: Seats) -> None:
    """Strangers at an address get a page that says when to come back, whatever they send; whoever is logged in behind the same address
    works on, and a session that asks too much is held back by itself."""
    admin, otto = await seats.admin(), await seats("otto", Role.HOST_OPERATOR)
    guesser = Seat(seats.http, seats.base, "hss_" + "x" * 43)
    answers = [await (seats.stranger if number % 2 else guesser).get("/login") for number in range(30)]
    assert Counter(answer.status for answer in answers) == {200: 20, 429: 10}
    assert (int(answers[-1].headers["Retry-After"]) > 1, "That was too much at once." in answers[-1].words) == (True, True)
    assert (await seats.stranger.post("/login", {"name": "a", "password": "b"})).status == 429
    assert [(await admin.get("/account")).status for _ in range(31)] == [200] * 30 + [429]
    assert (await otto.get("/account")).status == 200


@pytest.mark.hub
async def test_made_up_sessions_are_not_looked_up_for_ever(
    incurious: None, seats: Seats, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a source's share the database hears nothing of them; whoever is known at the same address notices nothing."""
    admin, looked, find = await seats.admin(), 0, sessions.find
    assert (await admin.get("/account")).status == 200

    async def counted(*words: Any) -> Any:
        nonlocal looked
        looked += 1
        return await find(*words)

    monkeypatch.setattr(sessions, "find", counted)
    stranger = Seat(ClientSession(cookie_jar=DummyCookieJar()), base, "a" * 30)
    async with stranger.http:
        answers = [await stranger.get("/login") for _ in range(30)]
    assert (looked, [answer.status for answer in answers]) == (9, [200] * 9 + [429] * 21)  # one of the ten was the administrator's first
    assert (await admin.get("/account")).status == 200
