"""What a voucher code is still good for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firewall.api import Rates
from hotspot.session.allowance import NOTHING
from hotspot.session.limits import tune
from hotspot.session.plans import Plan
from hotspot.session.sessions import Now, bytes_left, can_prolong, end, fast_bytes_left, rates_of, seconds_left
from hotspot.session.states import IllegalMove, LeftByChoice, TimeUp
from hotspot.session.vouchers import (
    KEPT,
    SURE,
    WRITTEN,
    Batch,
    Place,
    Ticket,
    device_name,
    forgotten_at,
    is_closed,
    is_over,
    parse_place,
    refusal,
    settle,
    spent,
    switch,
    used,
    valid_left,
)
from tests.hotspot.session.examples import NOW, PLAN, later, nows, rebooted, session_of

DAY = 86_400.0
GUEST = Plan(
    name="guest",
    title={"de": "Gast"},
    rates=Rates(rate_down=64_000, ceil_down=50_000_000, rate_up=64_000, ceil_up=10_000_000),
    seconds=43_200,
    volume=1_000_000,
    extension=3_600,
    voucher=True,
)
BATCH = Batch(
    number=3, key="00" * 16, plan="guest", count=50, devices=2, valid=7 * DAY, note="", created_at=NOW.unix - DAY, created_by="Meier"
)
FRESH = Ticket(batch=3, index=17)
ONE, TWO, THREE = "one", "two", "three"


def test_first_use() -> None:
    """From the first use on the time runs, and a second device shares it."""
    first = used(FRESH, BATCH, ONE, NOW)
    second = used(first, BATCH, TWO, later(DAY))
    expected = replace(
        FRESH,
        first_at=NOW.unix,
        boot_id="boot-1",
        ends_boottime=500 + 7 * DAY,
        ends_at=NOW.unix + 7 * DAY,
        left=7 * DAY,
        devices={ONE: 0, TWO: 0},
    )
    assert (second, valid_left(second, BATCH, later(DAY)), valid_left(FRESH, BATCH, NOW)) == (expected, 6 * DAY, 7 * DAY)


USED = used(used(FRESH, BATCH, ONE, NOW), BATCH, TWO, NOW)
CLOSED_AT = NOW.unix - NOW.unix % DAY
CLOSED = replace(FRESH, first_at=CLOSED_AT)


@pytest.mark.parametrize(
    ("ticket", "batch", "device", "now", "why"),
    [
        (FRESH, BATCH, ONE, NOW, ""),
        (USED, BATCH, ONE, NOW, ""),
        (USED, BATCH, THREE, NOW, "devices"),
        (USED, BATCH, ONE, later(7 * DAY - 2), ""),
        (USED, BATCH, ONE, later(7 * DAY), "over"),
        (USED, replace(BATCH, not_after=NOW.unix + 1), ONE, later(DAY), ""),
        (FRESH, replace(BATCH, not_after=NOW.unix), ONE, NOW, "over"),
        (FRESH, replace(BATCH, not_after=NOW.unix + 1), ONE, NOW, ""),
        (FRESH, replace(BATCH, not_before=NOW.unix + 1), ONE, NOW, "early"),
        (FRESH, replace(BATCH, not_before=NOW.unix), ONE, NOW, ""),
        (FRESH, replace(BATCH, withdrawn_at=NOW.unix), ONE, NOW, "withdrawn"),
        (replace(FRESH, withdrawn_at=NOW.unix), BATCH, ONE, NOW, "withdrawn"),
        (replace(USED, devices={ONE: 900_001}), BATCH, ONE, NOW, "volume"),
        (replace(USED, devices={ONE: 900_000}), BATCH, ONE, NOW, ""),
        (replace(USED, devices={ONE: 900_001}), BATCH, TWO, NOW, ""),
    ],
)
def test_refusal(ticket: Ticket, batch: Batch, device: str, now: Now, why: str) -> None:
    """Each reason, just before it holds and when it does."""
    assert refusal(ticket, batch, GUEST, device, now) == why


@given(st.lists(nows, max_size=8))
def test_no_clock_makes_it_longer(moments: list[Now]) -> None:
    """Whatever the wall clock does and however often the machine starts anew, what is written as left never grows, and what is left never
    exceeds it."""
    ticket, boottime, boot_id = USED, NOW.boottime, NOW.boot_id
    for number, moment in enumerate(moments):
        if moment.boot_id != "boot-1":
            boot_id, boottime = f"another-{number}", 0.0
        boottime += moment.boottime % 1e5
        now = Now(unix=moment.unix, boottime=boottime, boot_id=boot_id)
        left, before = valid_left(ticket, BATCH, now), ticket
        ticket = settle(ticket, BATCH, now)
        assert left <= before.left
        assert left <= ticket.left <= before.left
        assert ticket.left - left < WRITTEN or (left < 1 and boottime < SURE)
        assert abs(valid_left(ticket, BATCH, now) - left) < 1


def test_over_is_over() -> None:
    """A code that ran out forgets its devices and stays over when the next boot wakes up in the past."""
    over = settle(USED, BATCH, later(7 * DAY))
    past = Now(unix=0.0, boottime=3.0, boot_id="boot-2")
    assert (over, settle(over, BATCH, past), refusal(over, BATCH, GUEST, ONE, past)) == (CLOSED, over, "over")


def test_over_forgets_moments() -> None:
    """The first use is kept to the hour, and to the day when the code is over, with nothing else that leads to the session; a row that an
    earlier version wrote is treated alike."""
    used_at = used(FRESH, BATCH, ONE, later(DAY + 1_234.567))
    written_before = replace(USED, first_at=NOW.unix + 1.5, devices={}, left=0.0)
    over = settle(used_at, BATCH, later(9 * DAY))
    assert (used_at.first_at, over.first_at) == (NOW.unix + DAY, CLOSED_AT + DAY)
    assert (settle(written_before, BATCH, NOW), is_closed(written_before), is_closed(CLOSED)) == (CLOSED, False, True)


def test_a_clock_in_the_future_destroys_nothing() -> None:
    """What the wall clock of another boot's first hour says is not written down for good; afterwards, and in the same boot, it is."""
    ahead = Now(unix=NOW.unix + 400 * DAY, boottime=20.0, boot_id="boot-2")
    mended = Now(unix=NOW.unix + 60, boottime=40.0, boot_id="boot-2")
    waited = replace(ahead, boottime=SURE)
    assert (settle(USED, BATCH, ahead) is USED, refusal(USED, BATCH, GUEST, ONE, ahead)) == (True, "over")
    assert (refusal(USED, BATCH, GUEST, ONE, mended), valid_left(settle(USED, BATCH, mended), BATCH, mended)) == ("", 7 * DAY - 60)
    assert settle(USED, BATCH, waited) == CLOSED


def test_settle() -> None:
    """In another boot the ends are written anew; in the same one only when the wall clock was set; an unused ticket stays as it is."""
    again = settle(USED, BATCH, rebooted(3_600))
    expected = replace(USED, boot_id="boot-2", ends_boottime=7.0 + 7 * DAY - 3_600, ends_at=NOW.unix + 7 * DAY, left=7 * DAY - 3_600)
    set_back = Now(unix=NOW.unix - DAY, boottime=NOW.boottime, boot_id=NOW.boot_id)
    assert (again, settle(USED, BATCH, later(3_599)) is USED, settle(FRESH, BATCH, NOW) is FRESH) == (expected, True, True)
    assert settle(USED, BATCH, set_back) == replace(USED, ends_at=USED.ends_at - DAY)
    assert settle(USED, BATCH, later(3_600)) == replace(USED, left=7 * DAY - 3_600)


def test_withdrawn_forgets() -> None:
    """A withdrawn code forgets its devices and moments at once."""
    assert settle(USED, replace(BATCH, withdrawn_at=NOW.unix), NOW) == CLOSED
    assert is_over(replace(USED, withdrawn_at=NOW.unix), BATCH, NOW)


def test_forgotten_at() -> None:
    """Some time after the last code can be in use; never while one can be used for the first time."""
    bounded = replace(BATCH, not_after=NOW.unix)
    each = (BATCH, bounded, replace(bounded, withdrawn_at=5.0))
    assert [forgotten_at(one) for one in each] == [
        None,
        NOW.unix + BATCH.valid + KEPT,
        5.0 + KEPT,
    ]


def test_device_name() -> None:
    """Another name with another hall key, batch key, code and device; always the same one for the same."""
    names = [
        device_name(b"k" * 32, BATCH, 17, "02:00:00:00:00:01"),
        device_name(b"j" * 32, BATCH, 17, "02:00:00:00:00:01"),
        device_name(b"k" * 32, replace(BATCH, key="01" * 16), 17, "02:00:00:00:00:01"),
        device_name(b"k" * 32, BATCH, 18, "02:00:00:00:00:01"),
        device_name(b"k" * 32, BATCH, 17, "02:00:00:00:00:02"),
    ]
    assert (len(set(names)), names[0]) == (5, device_name(b"k" * 32, BATCH, 17, "02:00:00:00:00:01"))


def test_place() -> None:
    """How a session names its code, and back."""
    assert [parse_place(text) for text in (Place(3, 17).text, "", "3", "3.x")] == [Place(3, 17), None, None, None]


def test_rest_of_the_volume() -> None:
    """What a device has used of a code counts for its next session on it, entered as often as one likes."""
    first = replace(session_of(plan=GUEST), voucher="3.17", bytes_down=300_000)
    ticket = spent(spent(USED, ONE, first), ONE, first)
    second = tune(replace(session_of(2, plan=GUEST), voucher="3.17", volume_base=-ticket.devices[ONE]), GUEST, (), NOTHING, NOW, DAY)
    assert (ticket.devices, bytes_left(second)) == ({ONE: 300_000, TWO: 0}, 700_000)
    assert spent(ticket, ONE, replace(second, bytes_up=1_000)).devices == {ONE: 301_000, TWO: 0}


def test_rest_of_the_fast_volume() -> None:
    """On a plan that becomes slow, a device that has used it up begins slow."""
    slow = Rates(rate_down=64_000, ceil_down=256_000, rate_up=64_000, ceil_up=256_000)
    plan = replace(GUEST, slow=slow)
    session = tune(replace(session_of(plan=plan), voucher="3.17", volume_base=-1_200_000), plan, (), NOTHING, NOW, DAY)
    assert (fast_bytes_left(session), rates_of(session, plan), bytes_left(session)) == (0, slow, None)


def test_switch() -> None:
    """Who is online goes on with the code's plan and time; what it has used before does not count, its earlier use of the code does."""
    online = replace(session_of(), bytes_down=900, extended=1)
    changed = tune(switch(online, GUEST, Place(3, 17), 200_000, "2027-01", later(60)), GUEST, (), NOTHING, later(60), 2 * DAY)
    expected = (43_200.0, 800_000, "guest", "3.17", "2027-01", online.id, online.accepted_at, 0)
    actual = (seconds_left(changed, later(60)), bytes_left(changed), changed.plan, changed.voucher, changed.terms_version)
    assert (*actual, changed.id, changed.accepted_at, changed.extended) == expected
    with pytest.raises(IllegalMove):
        switch(end(online, LeftByChoice(), NOW), GUEST, Place(3, 17), 0, "2027-01", NOW)


def test_the_code_ends_the_session() -> None:
    """A session ends with its code, is told so, and cannot be made longer beyond it."""
    session = tune(replace(session_of(plan=GUEST), voucher="3.17"), GUEST, (), NOTHING, NOW, 600.0)
    assert (seconds_left(session, NOW), can_prolong(session, GUEST, NOW)) == (600.0, False)
    assert end(session, TimeUp(), later(600)).reason == "voucher"


def test_a_lost_code_still_ends_the_session() -> None:
    """When the code is no longer known, what was said stays."""
    session = tune(replace(session_of(plan=GUEST), voucher="3.17"), GUEST, (), NOTHING, NOW, 600.0)
    assert tune(session, GUEST, (), NOTHING, later(60), None) == session


def test_plan_bound_wins_over_a_longer_code() -> None:
    """A code that is good for days gives sessions of the plan's length, which can be made longer."""
    session = tune(replace(session_of(plan=GUEST), voucher="3.17"), GUEST, (), NOTHING, NOW, 7 * DAY)
    assert (seconds_left(session, NOW), can_prolong(session, GUEST, NOW), PLAN.voucher) == (43_200.0, True, False)
    assert end(session, TimeUp(), later(43_200)).reason == "time"
