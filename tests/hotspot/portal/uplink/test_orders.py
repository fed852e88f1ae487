"""Orders of the hub: carried out within a second, once, and answered."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from hotspot import control, wire
from hotspot.portal.register import Client
from hotspot.portal.staff import Staff
from hotspot.portal.uplink.link import Link
from hotspot.portal.uplink.orders import Orders
from hotspot.session.states import State
from tests.hotspot.portal.conftest import ANNA, Bench, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_accept import break_journal
from tests.hotspot.portal.uplink.small_hub import SmallHub
from tests.hotspot.portal.uplink.test_poll import polling


def code_of(bench: Bench) -> str:
    """What Anna reads to staff."""
    return bench.office.register.code(Client("public", ANNA))


async def test_an_order_reaches_the_kernel_within_a_second(bench: Bench, firewall: FakeFirewall, tmp_path: Path) -> None:
    """From the hub's decision to the revoked grant, over TLS; the answer is that of the staff's socket."""
    await bench.accept()
    async with SmallHub(tmp_path) as hub, polling(bench, hub):
        await until(lambda: len(hub.polls) >= 2)
        assert len(firewall.grants) == 1
        begun = time.monotonic()
        hub.order("k1", {"type": "kick", "code": code_of(bench)})
        await until(lambda: not firewall.grants)
        assert time.monotonic() - begun < 1.0
        await until(lambda: hub.answered("k1") is not None)
        assert hub.answered("k1") == {"type": "done", "code": code_of(bench), "state": "ended", "seconds_left": None}


async def test_everything_that_the_hub_may_ask_for(bench: Bench, tmp_path: Path) -> None:
    """Block, unblock, allow, status and sessions, each as in the hall."""
    await bench.accept()
    client, code = Client("public", ANNA), code_of(bench)
    async with SmallHub(tmp_path) as hub, polling(bench, hub):
        hub.order("b", {"type": "block", "code": code, "reason": "Bitte zum Empfang", "seconds": 600})
        await until(lambda: hub.answered("b") is not None)
        assert bench.office.register.state(client, bench.clock()) is State.BLOCKED
        hub.order("u", {"type": "unblock", "code": code})
        hub.order("a", {"type": "allow", "code": code, "seconds": 300})
        await until(lambda: len(hub.answers) == 3)
        hub.order("s", {"type": "status"})
        hub.order("l", {"type": "sessions"})
        await until(lambda: len(hub.answers) == 5)
        status, listed = msgspec.convert(hub.answered("s"), control.StatusIs), msgspec.convert(hub.answered("l"), control.SessionsAre)
        assert (status.firewall, [zone.online for zone in status.zones]) == (True, [1])
        assert [(row.code, row.by_staff, row.seconds_left) for row in listed.sessions] == [(code, True, 300)]
        said = wire.encode(wire.Answers(answers=tuple(hub.answers)))
        assert ANNA.encode() not in said and b"198.18.0.10" not in said


@pytest.mark.parametrize(
    "request_",
    [
        {"type": "blocklist_add", "what": "casino.example", "reason": "x", "case_number": "1", "by": "hub"},
        {"type": "voucher_print", "number": 1},
        {"type": "feedback"},
        {"type": "kick"},
        {"type": "kick", "code": 5},
        {},
    ],
)
async def test_nothing_else(bench: Bench, tmp_path: Path, request_: dict[str, object]) -> None:
    """What is for people in the hall, and what makes no sense, is refused and answered."""
    async with SmallHub(tmp_path) as hub, polling(bench, hub):
        hub.order("x", request_)
        await until(lambda: hub.answered("x") is not None)
        refused = hub.answered("x") or {}
        assert (refused["type"], refused["code"]) == ("refused", "bad_request")


async def test_once_however_often_it_comes(bench: Bench, tmp_path: Path) -> None:
    """The hub is told that the order is here; the same one again changes nothing, and the same after a restart is answered only."""
    await bench.accept()
    order = wire.Order("a1", {"type": "allow", "code": code_of(bench), "seconds": 600})
    async with SmallHub(tmp_path) as hub:
        async with polling(bench, hub) as orders:
            await until(lambda: len(hub.polls) >= 2)
            hub.order(order.id, order.request)
            await until(lambda: hub.answered("a1") is not None)
            await until(lambda: ("a1",) in [one.done for one in hub.polls])
            (before,) = bench.office.register.in_progress()
            bench.clock.tick(60)
            assert not await orders.take([order])
        hub.answers.clear()
        async with polling(bench, hub) as orders:  # as after a restart: another memory, the same journal
            assert await orders.take([order])
            await until(lambda: hub.answered("a1") is not None)
        why = "cannot say whether it was carried out: the portal was restarted meanwhile"
        assert hub.answered("a1") == {"type": "refused", "code": "state", "message": why}
    assert [(one.id, one.ends_boottime) for one in bench.office.register.in_progress()] == [(before.id, before.ends_boottime)]


async def test_what_came_too_late_is_dropped(bench: Bench, firewall: FakeFirewall, tmp_path: Path) -> None:
    """An order that waited for longer than it is wanted is not carried out."""
    await bench.accept()
    async with SmallHub(tmp_path) as hub:
        hub.enrol(tmp_path)
        async with Link(hub.hub(), tmp_path) as link:
            orders = Orders(bench.office, Staff(bench.office, bench.meter), link)
            late = wire.Order("late", {"type": "kick", "code": code_of(bench)}, seconds=5)
            timely = wire.Order("timely", {"type": "status"}, seconds=30)
            assert await orders.take([late, timely])
            bench.clock.tick(6)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(orders.run())
                await until(lambda: hub.answered("timely") is not None)
                running.cancel()
            assert (hub.answered("late"), len(firewall.grants)) == (None, 1)


async def test_answers_wait_for_the_hub(bench: Bench, tmp_path: Path) -> None:
    """The hub goes while the order is carried out; its answer comes when it is back."""
    async with SmallHub(tmp_path) as hub, polling(bench, hub) as orders:
        await until(lambda: len(hub.polls) >= 2)
        await hub.stop()
        await orders.take([wire.Order("s", {"type": "status"})])
        await until(lambda: bench.office.uplink.away_since is not None)
        await hub.__aenter__()
        await until(lambda: hub.answered("s") is not None, 10)


async def test_an_answer_that_is_too_large(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused in words instead of being cut, and many answers go in several messages."""
    monkeypatch.setattr(wire, "LARGEST", 3_000)
    bench.office.settings_fault = "x" * 3_000
    async with SmallHub(tmp_path) as hub, polling(bench, hub) as orders:
        await orders.take([wire.Order("s", {"type": "status"}), *(wire.Order(f"{n}", {"type": "kick", "code": "?"}) for n in range(40))])
        await until(lambda: len(hub.answers) == 41)
        assert hub.answered("s") == {
            "type": "refused",
            "code": "full",
            "message": "the answer is larger than 3,000 bytes: ask in the hall",
        }


async def test_a_journal_that_cannot_be_written_stops_no_order(bench: Bench, firewall: FakeFirewall, tmp_path: Path) -> None:
    """An order that ends a session is carried out all the same."""
    await bench.accept()
    async with SmallHub(tmp_path) as hub, polling(bench, hub):
        await until(lambda: len(hub.polls) >= 2)
        break_journal(tmp_path)
        await until(lambda: not bench.office.journal.ok)
        hub.order("k1", {"type": "kick", "code": code_of(bench)})
        await until(lambda: not firewall.grants)
