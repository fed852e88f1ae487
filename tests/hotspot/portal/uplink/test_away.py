"""The hub is away: who gets in, by the settings, as visitors and staff see it."""

import pytest
from msgspec.structs import replace

from hotspot import control
from hotspot.portal.desk import Refusal
from hotspot.portal.policy_values import FromHub
from hotspot.portal.register import Client
from hotspot.portal.settings import Hub
from hotspot.portal.staff import Staff
from hotspot.session.admission import Away, Barrier
from hotspot.session.states import State
from tests.hotspot.portal.conftest import BERT, BERT_IP, Bench

POLICY = FromHub(3)


def with_hub(bench: Bench, away: Away, policy: FromHub | None = None) -> None:
    """Settings of a hall with a hub that is away after a quarter of an hour."""
    hub = Hub(url="https://hub.example", authority="", away=away, away_after=900)
    bench.office.settings = replace(bench.office.settings, hub=hub, policy=policy)


async def lets_in(bench: Bench) -> bool:
    """Does the page of a new visitor offer to accept?"""
    return bench.desk.offers(await bench.visitor(BERT_IP)).barrier is None


@pytest.mark.parametrize(
    ("away", "policy", "never", "there", "briefly_gone", "gone"),
    [
        ("open", None, True, True, True, True),
        ("open", POLICY, True, True, True, True),
        ("closed", None, False, True, True, False),
        ("closed", POLICY, False, True, True, False),
        ("last-policy", None, False, True, True, False),
        ("last-policy", POLICY, True, True, True, True),
    ],
)
async def test_each_way(bench: Bench, away: Away, policy: FromHub | None, never: bool, there: bool, briefly_gone: bool, gone: bool) -> None:
    """Before the hub was ever reached, while it is there, when it is gone for a moment, and when it is away."""
    uplink, seen = bench.office.uplink, []
    with_hub(bench, away, policy)
    seen.append(await lets_in(bench))
    uplink.heard(bench.clock())
    seen.append(await lets_in(bench))
    bench.clock.tick(10)
    uplink.missed("no answer in time", bench.clock())
    seen.append(await lets_in(bench))
    bench.clock.tick(890)
    seen.append(await lets_in(bench))
    assert seen == [never, there, briefly_gone, gone]
    uplink.heard(bench.clock())
    assert await lets_in(bench)


async def test_who_is_online_stays_and_staff_let_in(bench: Bench) -> None:
    """Only new acceptances are kept out, by page and by an older form; they are told that the line is down; staff can let somebody in, and
    see why nobody else gets in."""
    anna, bert = await bench.accept(), await bench.visitor(BERT_IP)
    form, staff = bench.form(bert), Staff(bench.office, bench.meter)
    with_hub(bench, "closed")
    assert bench.desk.offers(bert).barrier == Barrier("offline")
    assert await bench.desk.accept(bert, form, "de", "apple") == Refusal("offline")
    assert (await bench.visitor()).state is anna.state is State.ONLINE
    status = await staff.answer(control.Status())
    assert isinstance(status, control.StatusIs)
    assert (status.ok, "hub away: nobody new is let in" in status.faults, status.hub and status.hub.closes) == (False, True, True)
    allowed = await staff.answer(control.Allow(bench.office.register.code(Client("public", BERT))))
    assert isinstance(allowed, control.Done)
    assert allowed.state == "online"


async def test_a_hall_without_a_hub_is_not_kept_shut(bench: Bench) -> None:
    """Nothing of this concerns it."""
    bench.clock.tick(100_000)
    status = await Staff(bench.office, bench.meter).answer(control.Status())
    assert isinstance(status, control.StatusIs)
    assert (await lets_in(bench), status.hub, "hub" in " ".join(status.faults + status.warnings)) == (True, None, False)


async def test_staff_are_warned_of_an_absence_that_shuts_nothing(bench: Bench) -> None:
    """An open hall goes on without its hub, and says so."""
    with_hub(bench, "open")
    bench.office.uplink.heard(bench.clock())
    bench.clock.tick(1_000)
    bench.office.uplink.missed("cannot reach the hub: Connection refused", bench.clock())
    assert "hub" not in " ".join(bench.office.faults())
    assert "hub away: cannot reach the hub: Connection refused" in bench.office.warnings()
