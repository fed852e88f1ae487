"""Journal against kernel, over the socket: reboots, restarts of either side, flushed kernels."""

import asyncio

from msgspec.structs import replace

from firewall.api import Prepare
from hotspot.portal.desk import Refusal
from hotspot.portal.settings import Settings, Terms
from hotspot.session.blocks import Block
from hotspot.session.states import State
from tests.hotspot.portal.conftest import ANNA, BERT_IP, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall


async def test_plans_are_prepared(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """At each connection classes are made ahead for every plan on offer."""
    async with running(portal_settings, clock):
        prepared = [(one.zone, one.spare) for one in firewall.requests if isinstance(one, Prepare)]
    assert prepared == [("public", 64), ("public", 64)]


async def test_new_plans_after_a_reload(bench: Bench, firewall: FakeFirewall) -> None:
    """Settings that were reloaded are prepared with the next reading, once."""
    bench.office.settings = replace(bench.office.settings, terms=Terms("2026-12", {"de": "Neu."}))
    firewall.requests.clear()
    await bench.meter.read()
    await bench.meter.read()
    assert [type(one).__name__ for one in firewall.requests] == ["Prepare", "Prepare", "ReadUsage", "ReadUsage"]


async def test_reboot(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """After a reboot the kernel is empty: sessions with time left are online again with what is left, the others over."""
    async with running(portal_settings, clock) as bench:
        anna = (await bench.accept()).session
        visitor = await bench.visitor(BERT_IP)
        clock.tick(100)
        bert = (await bench.accept(BERT_IP)).session
        assert anna is not None and bert is not None and visitor.session is None
        firewall.used[anna.id] = (1_000, 2_000)
        firewall.used[bert.id] = (500_000, 500_000)
        await bench.meter.read()
    firewall.grants, firewall.used = {}, {}
    await firewall.restart("epoch-2")
    clock.reboot(1_000, "boot-2")
    async with running(portal_settings, clock) as bench:
        grant = firewall.grants[anna.id]
        assert (list(firewall.grants), grant.seconds, grant.bytes_up, grant.bytes_down) == ([anna.id], 6_100.0, 1_000, 2_000)
        assert await bench.rows("SELECT id, state, reason FROM sessions ORDER BY accepted_at") == [
            (anna.id, "online", ""),
            (bert.id, "ended", "volume"),
        ]


async def test_portal_restart_changes_nothing(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """A restart of the portal asks nothing of the kernel but the block list and to be read, and the visitor is still online."""
    async with running(portal_settings, clock) as bench:
        session = (await bench.accept()).session
    firewall.requests.clear()
    async with running(portal_settings, clock) as bench:
        visitor = await bench.visitor()
        kinds = [type(one).__name__ for one in firewall.requests]
        assert (visitor.state, visitor.session, kinds) == (
            State.ONLINE,
            session,
            ["SetBlocked", "Prepare", "Prepare", "Watch", "ReadUsage", "WhoIs"],
        )


async def test_ended_while_the_portal_was_away(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """What ended meanwhile is recorded with the firewall's reason and final usage, once, however often the portal restarts."""
    async with running(portal_settings, clock) as bench:
        session = (await bench.accept()).session
        assert session is not None
    firewall.used[session.id] = (7, 8)
    firewall.end(session.id, "idle")
    for _ in range(2):
        async with running(portal_settings, clock) as bench:
            assert await bench.rows("SELECT bytes_up, bytes_down, reason FROM sessions WHERE ended_at > 0") == [(7, 8, "idle")]
            assert await bench.rows("SELECT value FROM meta WHERE key = 'ended_mark'") == [("epoch-1 1",)]


async def test_flushed_kernel(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """Somebody took the grant out of the kernel: the visitor is online again at once, with the bytes so far."""
    async with running(portal_settings, clock) as bench:
        session = (await bench.accept()).session
        assert session is not None
        firewall.used[session.id] = (7, 8)
        firewall.end(session.id, "gone")
        del firewall.used[session.id]
        await until(lambda: session.id in firewall.grants)
        assert (firewall.grants[session.id].bytes_up, firewall.grants[session.id].bytes_down) == (7, 8)
        assert (await bench.visitor()).state is State.ONLINE


async def test_unknown_to_the_journal(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """With a fresh journal the sessions of the kernel are adopted, and nobody is cut."""
    async with running(portal_settings, clock) as bench:
        session = (await bench.accept()).session
        assert session is not None
    for file in portal_settings.state_dir.glob("journal.db*"):
        file.unlink()
    async with running(portal_settings, clock) as bench:
        assert await bench.rows("SELECT id, mac, state, terms_version FROM sessions") == [(session.id, ANNA, "online", "")]
        visitor = await bench.visitor()
        assert (visitor.state, list(firewall.grants)) == (State.ONLINE, [session.id])


async def test_journal_removed_under_the_portal(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """A removed file is made anew with all that memory holds: sessions, acceptances, keys; the visitors notice nothing."""
    async with running(portal_settings, clock) as bench:
        visitor = await bench.accept()
        assert visitor.session is not None
        (portal_settings.state_dir / "journal.db").unlink()
        await bench.accept(BERT_IP)
        await until(lambda: not bench.office.register.unwritten())
    async with running(portal_settings, clock) as bench:
        again = await bench.visitor()
        assert (again.session, again.code) == (visitor.session, visitor.code)
        assert await bench.rows("SELECT count(*) FROM acceptances") == [(2,)]


async def test_kicked_while_the_firewall_was_away(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """A block that was ordered while the firewall did not answer is carried out when it does."""
    async with running(portal_settings, clock) as bench:
        session = (await bench.accept()).session
        assert session is not None
        await firewall.stop()
        await until(lambda: not bench.office.gate.up)
        bench.office.register.block(Block("public", ANNA, "", clock.unix))
        await firewall.restart("epoch-2")
        await until(lambda: firewall.grants == {})
        await until(lambda: bench.office.register.sessions[session.id].reason == "blocked")


async def test_answer_lost(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """The kernel opened, but the portal was told nothing and refused the visitor: the next comparison shuts it again."""
    async with running(portal_settings, clock) as bench:
        visitor = await bench.visitor()
        firewall.deaf.add("allow")
        accepting = bench.desk.accept(visitor, bench.form(visitor), "de", "apple")
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(accepting)
            await until(lambda: len(firewall.grants) == 1)
            bench.office.gate.link.abort("as the test wants")
        assert task.result() == Refusal("firewall")
        await until(lambda: firewall.grants == {})


async def test_ceiling_after_a_reboot(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """A session that the firewall's settings no longer allow is finished instead of asked for for ever."""
    async with running(portal_settings, clock) as bench:
        await bench.accept()
    firewall.grants = {}
    firewall.refuse["allow"] = "ceiling"
    async with running(portal_settings, clock) as bench:
        assert await bench.rows("SELECT state, reason FROM sessions") == [("ended", "gone")]


async def test_accept_on_its_way(bench: Bench, firewall: FakeFirewall) -> None:
    """A reading that meets an accept in the middle asks for nothing: the grant is on its way."""
    visitor = await bench.visitor()
    firewall.deaf.add("allow")
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(bench.desk.accept(visitor, bench.form(visitor), "de", "apple"))
        await until(lambda: len(firewall.grants) == 1)
        before = len(firewall.requests)
        await bench.meter.read()
        assert [type(one).__name__ for one in firewall.requests[before:]] == ["ReadUsage"]
        bench.office.gate.link.abort("as the test wants")
    assert task.result() == Refusal("firewall")


async def test_leave_on_its_way(bench: Bench, firewall: FakeFirewall) -> None:
    """A reading from before a leave, compared after it, brings nobody back."""
    visitor = await bench.accept()
    link, settled = bench.office.gate.link, bench.office.register.settled()
    read = await link.read_usage(0)
    await bench.desk.leave(visitor, bench.desk.token(visitor))
    before = len(firewall.requests)
    await bench.recovery._compare(read, settled, link)
    assert (bench.office.register.in_progress(), firewall.grants, firewall.requests[before:]) == ([], {}, [])
