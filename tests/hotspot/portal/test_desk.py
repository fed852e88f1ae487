"""The desk: who asks, and what becomes of accept and leave."""

import asyncio

import msgspec
import pytest

from firewall.api import Allow
from hotspot.portal.desk import Accepted, GateUnavailable, Refusal
from hotspot.portal.settings import Settings, Terms
from hotspot.session.blocks import Block
from hotspot.session.states import State
from tests.hotspot.portal.conftest import ANNA, ANNA_IP, BERT_IP, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall


async def test_captive_visitor(bench: Bench) -> None:
    """A device without a session is captive, with the first plan on offer."""
    visitor = await bench.visitor()
    actual = (visitor.state, visitor.plan.name, visitor.session, visitor.seconds_left, visitor.reason, visitor.seen_before)
    assert actual == (State.CAPTIVE, "free", None, None, "", False)


async def test_unknown_address(bench: Bench) -> None:
    """An address that no neighbour has is nobody."""
    assert await bench.desk.visitor("198.18.9.9") is None


async def test_firewall_away(portal_settings: Settings, clock: Clock) -> None:
    """Without a firewall nobody can be told who they are."""
    async with running(portal_settings, clock) as bench:
        with pytest.raises(GateUnavailable, match="no connection"):
            await bench.desk.visitor(ANNA_IP)


async def test_accept_opens_the_kernel_and_is_written_down(bench: Bench, firewall: FakeFirewall) -> None:
    """After accept the kernel has the grant, the journal the session and the acceptance, and the acceptance names no client."""
    visitor = await bench.accept()
    assert visitor.session is not None
    grant = firewall.grants[visitor.session.id]
    assert (grant.mac, grant.plan, grant.seconds, grant.volume, grant.idle) == (ANNA, "free", 7_200, 1_000_000, 900)
    assert (visitor.state, visitor.seconds_left, visitor.bytes_left) == (State.ONLINE, 7_200, 1_000_000)
    assert await bench.rows("SELECT session, terms_version, language FROM acceptances") == [(visitor.session.id, "2026-11", "de")]
    assert await bench.rows("SELECT id, mac, state FROM sessions") == [(visitor.session.id, ANNA, "online")]


async def test_journal_before_kernel(bench: Bench, firewall: FakeFirewall) -> None:
    """When the firewall refuses, the session is in the journal as ended, and the visitor is told."""
    firewall.refuse["allow"] = "kernel"
    visitor = await bench.visitor()
    assert await bench.desk.accept(visitor, bench.form(visitor), "de", "apple") == Refusal("firewall")
    assert await bench.rows("SELECT state, reason FROM sessions") == [("ended", "not_granted")]
    assert (await bench.visitor()).state is State.CAPTIVE


async def test_full(bench: Bench, firewall: FakeFirewall) -> None:
    """No slot left in the kernel: the visitor is told so."""
    firewall.refuse["allow"] = "full"
    visitor = await bench.visitor()
    assert await bench.desk.accept(visitor, bench.form(visitor), "de", "apple") == Refusal("full")


async def test_twice_tapped(bench: Bench, firewall: FakeFirewall) -> None:
    """Many posts of one client at once are one session, and one request to the kernel."""
    visitor = await bench.visitor()
    form = bench.form(visitor)
    results = await asyncio.gather(*(bench.desk.accept(visitor, form, "de", "apple") for _ in range(8)))
    sessions = {result.visitor.session.id for result in results if isinstance(result, Accepted) and result.visitor.session}
    assert (len(sessions), len(firewall.grants)) == (1, 1)
    assert len([one for one in firewall.requests if isinstance(one, Allow)]) == 1
    assert await bench.rows("SELECT count(*) FROM acceptances") == [(1,)]


async def test_token_of_another_client(bench: Bench) -> None:
    """A token made for one client does not let in another."""
    anna, bert = await bench.visitor(), await bench.visitor(BERT_IP)
    assert await bench.desk.accept(bert, bench.form(anna), "de", "apple") == Refusal("token")


async def test_token_expires(bench: Bench, clock: Clock) -> None:
    """A page that lay open too long is shown again."""
    visitor = await bench.visitor()
    form = bench.form(visitor)
    clock.tick(7_201)
    assert await bench.desk.accept(visitor, form, "de", "apple") == Refusal("token")


async def test_old_terms(bench: Bench) -> None:
    """Terms that changed while the page lay open must be read again."""
    visitor = await bench.visitor()
    form = bench.form(visitor)
    bench.office.settings = msgspec.structs.replace(bench.office.settings, terms=Terms(version="2026-12", text={"de": "Neu."}))
    assert await bench.desk.accept(visitor, form, "de", "apple") == Refusal("terms")


@pytest.mark.parametrize(("plan", "outcome"), [("long", "long"), ("gold", Refusal("plan"))])
async def test_plan(bench: Bench, plan: str, outcome: str | Refusal) -> None:
    """A visitor may choose a plan on offer, and no other."""
    visitor = await bench.visitor()
    result = await bench.desk.accept(visitor, bench.form(visitor, plan), "de", "apple")
    assert (result.visitor.plan.name if isinstance(result, Accepted) else result) == outcome


async def test_blocked(bench: Bench, clock: Clock) -> None:
    """A blocked device cannot accept, and is told what staff wrote; when the block runs out, it can."""
    visitor = await bench.visitor()
    bench.office.register.block(Block("public", ANNA, "Bitte zum Empfang", since=clock.unix, until=clock.unix + 60))
    assert await bench.desk.accept(visitor, bench.form(visitor), "de", "apple") == Refusal("blocked")
    blocked = await bench.visitor()
    assert (blocked.state, blocked.reason) == (State.BLOCKED, "Bitte zum Empfang")
    clock.tick(61)
    assert (await bench.accept()).state is State.ONLINE


async def test_leave(bench: Bench, firewall: FakeFirewall) -> None:
    """Leaving shuts the kernel and writes final usage."""
    visitor = await bench.accept()
    assert visitor.session is not None
    firewall.used[visitor.session.id] = (100, 2_000)
    left = await bench.desk.leave(visitor, bench.desk.token(visitor))
    assert not isinstance(left, Refusal)
    assert (left.state, left.reason, firewall.grants) == (State.ENDED, "left", {})
    assert await bench.rows("SELECT zone, plan, language, family, bytes_up, bytes_down, reason FROM sessions") == [
        ("public", "free", "de", "android", 100, 2_000, "left")
    ]


async def test_leave_with_a_strangers_token(bench: Bench) -> None:
    """A stranger's page cannot make a visitor leave."""
    anna = await bench.accept()
    bert = await bench.visitor(BERT_IP)
    assert await bench.desk.leave(anna, bench.desk.token(bert)) == Refusal("token")


async def test_usage_is_fresh(bench: Bench, firewall: FakeFirewall) -> None:
    """The online page shows what the kernel has counted a moment ago."""
    visitor = await bench.accept()
    assert visitor.session is not None
    firewall.used[visitor.session.id] = (100_000, 300_000)
    assert (await bench.visitor()).bytes_left == 600_000


async def test_ended_by_the_kernel(bench: Bench, firewall: FakeFirewall, clock: Clock) -> None:
    """When the time is up the visitor is told why, may accept again, and after an hour it is a new visit."""
    visitor = await bench.accept()
    assert visitor.session is not None
    firewall.end(visitor.session.id, "time")
    await until(lambda: not bench.office.register.in_progress())
    ended = await bench.visitor()
    assert (ended.state, ended.reason, ended.seen_before) == (State.ENDED, "time", True)
    clock.tick(3_601)
    assert (await bench.visitor()).state is State.CAPTIVE
    assert (await bench.accept()).state is State.ONLINE
