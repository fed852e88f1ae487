"""``kill -9`` of the firewall, the portal or both, at random moments under load, again and again."""

import asyncio
import os
import random
import sys
import time

import pytest

from hotspot.lab import Hall, Options
from hotspot.lab.phone import Phone
from tests.kernel.conftest import RaiseHall
from tests.kernel.failures import books
from tests.kernel.failures.fence import Fence, watched
from tests.kernel.failures.machine import SERVICES, joined, kill, kill_while_starting, start
from tests.kernel.failures.visitors import Told, Visitor, downloading, walking
from tests.kernel.visits import Download, accept, online, until

KILLS = int(os.environ.get("HOTSPOT_KILLS", "40"))
"""How many processes are killed; ``make test-kills`` sets more."""
SEED = int(os.environ.get("HOTSPOT_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
"""Printed, so that a run can be repeated (as far as the machine's own timing lets it)."""
HEALED = 2.0
"""Seconds from the moment that both processes are ready until everything must be true again."""
VISITORS = 8


class Ledger:
    """What was seen so far, to compare with."""

    def __init__(self, hall: Hall, visitors: tuple[Visitor, ...], resident: Phone) -> None:
        self._hall, self.visitors, self.resident = hall, visitors, resident
        self._used: dict[str, tuple[int, int]] = {}
        self.killed = self.rounds = 0
        self.slowest = self.longest_gap = 0.0

    def summary(self) -> str:
        """What has happened until now, in a line."""
        answered, refused = sum(visitor.acceptances for visitor in self.visitors), sum(visitor.refusals for visitor in self.visitors)
        return (
            f"kills: {self.killed} of {KILLS} killed, {self.rounds} rounds held; {answered} acceptances, {refused} times not served; "
            f"healed {self.slowest:.2f} s after the restart at worst; longest gap of the download {self.longest_gap:.2f} s"
        )

    async def check(self) -> None:
        """Right after a restart: within ``HEALED`` everybody is as the portal told; then journal and kernel agree, no acceptance is
        missing and no counter went back."""
        began = time.monotonic()
        for visitor in self.visitors:
            await until(lambda visitor=visitor: _as_told(visitor), HEALED)  # type: ignore[misc]
        await until(lambda: online(self.resident), HEALED)
        self.slowest = max(self.slowest, time.monotonic() - began)
        assert self.slowest < HEALED, f"healed after {self.slowest:.2f} s"
        expected = {visitor.phone.mac for visitor in self.visitors if visitor.told is Told.ONLINE} | {self.resident.mac}
        entries = books.journal(self._hall)
        assert ({entry.mac for entry in entries if entry.in_progress}, await books.granted(self._hall)) == (expected, expected)
        for visitor in self.visitors:
            written = sum(entry.accepted for entry in entries if entry.mac == visitor.phone.mac)
            assert written >= visitor.acceptances, f"{visitor.acceptances} acceptances answered, {written} in the journal"
        self._compare_usage(entries)

    def _compare_usage(self, entries: tuple[books.Entry, ...]) -> None:
        """What the journal has once held of a session is never less later, and the kernel is never behind it."""
        written = {entry.session: (entry.bytes_up, entry.bytes_down) for entry in entries}
        less = [session for session, (up, down) in self._used.items() if written[session][0] < up or written[session][1] < down]
        behind = [
            session
            for session, usage in books.usages(self._hall).items()
            if usage.bytes_up < written[session][0] or usage.bytes_down < written[session][1]
        ]
        assert (less, behind) == ([], []), "usage went back"
        self._used = written


def _say(line: str) -> None:
    """For whoever runs it with ``-s``, and for the report of a failure."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _as_told(visitor: Visitor) -> bool:
    """The visitor knows how it stands, and it is so."""
    if visitor.told is Told.UNKNOWN:
        await visitor.ask()
    return visitor.told is not Told.UNKNOWN and await online(visitor.phone) == (visitor.told is Told.ONLINE)


async def _round(hall: Hall, chance: random.Random) -> int:
    """Kill one or both at a random moment, maybe once or twice more while they start; all is running again at the end."""
    await asyncio.sleep(chance.uniform(0.0, 0.5))
    victims = chance.choice([("firewall",), ("portal",), SERVICES, SERVICES])
    await kill(hall, *victims)
    killed = len(victims)
    await asyncio.sleep(chance.choice([0.0, chance.uniform(0.0, 0.3)]))
    for name in victims:
        while chance.random() < 0.4:
            await kill_while_starting(hall, name, chance.uniform(0.0, 0.9))
            killed += 1
    async with asyncio.TaskGroup() as group:  # as systemd does: none waits for the other
        for name in chance.sample(victims, len(victims)):
            group.create_task(start(hall, name))
            await asyncio.sleep(chance.choice([0.0, chance.uniform(0.0, 0.5)]))
    return killed


@pytest.mark.timeout(120 + 6 * KILLS)
async def test_killed_at_any_moment(raise_hall: RaiseHall) -> None:
    """Whoever was let in is in the journal and online again within two seconds, nobody else is online, no session ends, no byte is lost, no
    download stops, and a stranger who knocks all the time gets nothing out."""
    _say(f"kills: HOTSPOT_SEED={SEED} HOTSPOT_KILLS={KILLS}")
    hall, chance = await raise_hall(Options(plan_down="2 Mbit/s")), random.Random(SEED)
    resident, *phones = await joined(hall, "resident", *(f"visitor{number}" for number in range(VISITORS)))
    assert (await accept(resident)).status == 303
    visitors = tuple(Visitor(phone, random.Random(chance.random())) for phone in phones)
    ledger, began, outcome = Ledger(hall, visitors, resident), time.monotonic(), "FAILED"
    try:
        async with watched(hall, resident) as fence:
            await _kill_them(hall, chance, ledger, fence)
        outcome = f"{await fence.arrived()} of {fence.stranger.sent} packets of the stranger in the Internet"
    finally:
        _say(f"kills: HOTSPOT_SEED={SEED}: {outcome}; {time.monotonic() - began:.0f} s\n{ledger.summary()}")
    answered, refused = sum(visitor.acceptances for visitor in visitors), sum(visitor.refusals for visitor in visitors)
    assert (ledger.killed >= KILLS, answered > ledger.rounds, refused > 0) == (True, True, True)


async def _kill_them(hall: Hall, chance: random.Random, ledger: Ledger, fence: Fence) -> None:
    """Round after round, until enough have been killed."""
    resident = ledger.resident
    async with walking(ledger.visitors) as crowd, downloading(resident) as download:
        while ledger.killed < KILLS:
            crowd.go()
            ledger.killed += await _round(hall, chance)
            await crowd.stand()
            await ledger.check()
            ledger.longest_gap = download.longest_gap
            assert (await fence.arrived(), download.longest_gap < 2) == (0, True), download.longest_gap
            ledger.rounds += 1
            if ledger.rounds % 25 == 0:
                _say(ledger.summary())
        await _nothing_lost(hall, resident, download)


async def _nothing_lost(hall: Hall, resident: Phone, download: Download) -> None:
    """The one session that went through all of it has been counted to the last byte: at least what the phone got, and no more than what it
    got with what waited in its queue."""
    got = (await resident.forwarded()).down
    (usage,) = [usage for usage in books.usages(hall).values() if usage.mac == resident.mac]
    assert got <= usage.bytes_down <= got * 1.05 + 300_000, (got, usage.bytes_down, download.received)
