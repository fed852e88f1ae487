"""The block list is carried out at the right moments, by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from firewall.api import BlockedPlace, SetBlocked
from hotspot.portal.blocklist import Blocklist
from hotspot.portal.enforcement import Enforcement
from hotspot.portal.gate import Gate
from hotspot.portal.journal import Statement
from hotspot.session.blocklist import Entry, parse_target
from tests.hotspot.portal.conftest import Clock, until
from tests.hotspot.portal.fake_firewall import FakeFirewall


def entry(clock: Clock, number: int, what: str, seconds: float | None) -> Entry:
    """An entry that holds from now on."""
    return Entry(
        number, parse_target(what), None, "order", "7 K 1/26", clock.unix, "clerk", 0, None if seconds is None else clock.unix + seconds
    )


class Hands:
    """An enforcement that runs, and what it acts on."""

    def __init__(self, folder: Path, clock: Clock, gate: Gate, loaded: bool) -> None:
        self.written: dict[object, Sequence[Statement]] = {}
        self.blocklist = Blocklist(self.written.__setitem__)
        if loaded:
            self.blocklist.load(())
        self.enforcement = Enforcement(self.blocklist, ["public"], folder, clock)
        self.gate = gate


@asynccontextmanager
async def working(folder: Path, clock: Clock, path: Path, *, loaded: bool = True) -> AsyncIterator[Hands]:
    """Connected, with its own task."""
    gate = Gate(path, lambda _: None)
    hands = Hands(folder, clock, gate, loaded)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(gate.run(hands.enforcement.connected)), group.create_task(hands.enforcement.run(gate))]
        await until(lambda: gate.up)
        yield hands
        for task in tasks:
            task.cancel()


def lists(firewall: FakeFirewall) -> list[tuple[BlockedPlace, ...]]:
    """What the firewall was told, in order."""
    return [one.places for one in firewall.requests if isinstance(one, SetBlocked)]


def told(firewall: FakeFirewall, count: int) -> Callable[[], bool]:
    """Was it told so often?"""
    return lambda: len(lists(firewall)) >= count


async def test_each_end_comes_by_itself(tmp_path: Path, clock: Clock) -> None:
    """Also that of an entry which ends while the one before it is being lifted."""
    clock_now = clock()
    started = asyncio.get_running_loop().time()

    class Running(Clock):
        def __call__(self):  # type: ignore[no-untyped-def]
            passed = asyncio.get_running_loop().time() - started
            return type(clock_now)(clock_now.unix + passed, clock_now.boottime + passed, clock_now.boot_id)

    async with FakeFirewall(tmp_path / "s") as firewall, working(tmp_path, Running(), tmp_path / "s") as hands:
        hands.blocklist.put(entry(clock, 1, "198.51.100.1", 0.1))
        hands.blocklist.put(entry(clock, 2, "casino.example", 0.121))
        await until(told(firewall, 3))
        await until(lambda: "casino" not in (tmp_path / "public.servers").read_text())
        assert lists(firewall) == [(), (BlockedPlace("198.51.100.1", None, 1.0),), ()]


async def test_nothing_new_is_not_told_again(tmp_path: Path, clock: Clock) -> None:
    """A look changes nothing that is as it should be, time going by is no change, and the file is not touched."""
    async with FakeFirewall(tmp_path / "s") as firewall, working(tmp_path, clock, tmp_path / "s") as hands:
        hands.blocklist.put(entry(clock, 1, "198.51.100.1", 3_600))
        await until(told(firewall, 2))
        file = (tmp_path / "public.servers").stat()
        clock.tick(100)
        await hands.enforcement.look(hands.gate.link)
        assert (len(lists(firewall)), (tmp_path / "public.servers").stat()) == (2, file)


async def test_nothing_is_lifted_before_the_journal_was_read(tmp_path: Path, clock: Clock) -> None:
    """The kernel may hold a list of which the portal knows nothing yet: neither it nor the name servers are told of an empty one."""
    path, gates = tmp_path / "public.servers", tmp_path / "s"
    path.write_text("server=/casino.example/\n")
    async with FakeFirewall(gates) as firewall, working(tmp_path, clock, gates, loaded=False) as hands:
        await hands.enforcement.look(hands.gate.link)
        assert (lists(firewall), path.read_text()) == ([], "server=/casino.example/\n")
        hands.blocklist.load([entry(clock, 1, "198.51.100.1", None)])
        await until(told(firewall, 1))
        assert (lists(firewall), "casino" in path.read_text()) == ([(BlockedPlace("198.51.100.1"),)], False)


async def test_a_set_clock_is_told(tmp_path: Path, clock: Clock) -> None:
    """The firewall counts by a clock that never jumps: when the wall clock does, it gets the time that is left now."""
    async with FakeFirewall(tmp_path / "s") as firewall, working(tmp_path, clock, tmp_path / "s") as hands:
        hands.blocklist.put(entry(clock, 1, "198.51.100.1", 3_600))
        await until(told(firewall, 2))
        clock.unix += 1_000
        await hands.enforcement.look(hands.gate.link)
        assert lists(firewall)[-1] == (BlockedPlace("198.51.100.1", None, 2_600.0),)


async def test_a_connection_that_breaks_is_made_good(tmp_path: Path, clock: Clock) -> None:
    """A list that was lost on the way is told over the next connection."""
    async with FakeFirewall(tmp_path / "s") as firewall, working(tmp_path, clock, tmp_path / "s") as hands:
        await firewall.stop()
        hands.blocklist.put(entry(clock, 1, "198.51.100.1", None))
        await until(lambda: not hands.gate.up)
        await firewall.restart("epoch-2")
        await until(lambda: hands.gate.up)
        assert lists(firewall)[-1] == (BlockedPlace("198.51.100.1"),)
