"""Has the block list carried out: places by the firewall, domains by the name servers, from the first connection on and until the last end.

The portal resolves no name and has no right to signal a name server. It writes one file per zone for dnsmasq's ``servers-file``, in one
step; whoever runs dnsmasq watches the folder and has it read again (``systemd/hotspot-names.path``).
"""

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import structlog

from firewall.api import BlockedPlace
from hotspot.portal.blocklist import Blocklist
from hotspot.portal.gate import Gate, GateRefused, GateUnavailable, Link
from hotspot.session.blocklist import names_text, next_change, places
from hotspot.session.sessions import Now

LONGEST_WAIT = 60.0
"""Seconds between two looks: a refusal is not for ever, and the wall clock may be set."""
CLOCK_SLACK = 2.0
"""Seconds by which wall clock and boot clock may drift apart until the firewall, which counts by the latter, gets the list again."""

log = structlog.get_logger("blocklist")


class Enforcement:
    """One per portal."""

    def __init__(self, blocklist: Blocklist, zones: Collection[str], folder: Path | None, now: Callable[[], Now]) -> None:
        self.faults: Final[dict[str, str]] = {}
        """What of the list is not in force, and why, in words."""
        self._blocklist, self._zones, self._folder, self._now = blocklist, zones, folder, now
        self._sent: dict[str, tuple[object, float]] = {}
        """Zone -> what the firewall has, and the clocks' difference then."""
        self._looking: Final = asyncio.Lock()
        self._looked_at = now().unix
        """Wall clock of the last look."""

    async def connected(self, link: Link) -> None:
        """A new connection, maybe of a daemon that knows of no list: before anybody gets online. Raises ``GateUnavailable``."""
        self._sent.clear()
        await self.look(link)

    async def run(self, gate: Gate) -> None:
        """Until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._until_next_look()):
                    await self._blocklist.changed.wait()
            except TimeoutError:
                pass
            self._blocklist.changed.clear()
            try:
                await self.look(gate.link if gate.up else None)
            except GateUnavailable:
                continue  # the next connection gets all of it

    def _until_next_look(self) -> float:
        """Seconds. Reckoned from the last look: what has ended since then is still to be lifted."""
        soon = next_change(self._blocklist.entries.values(), self._looked_at)
        return LONGEST_WAIT if soon is None else min(LONGEST_WAIT, max(0.0, self._looked_at + soon - self._now().unix) + 0.02)

    async def look(self, link: Link | None) -> None:
        """Bring files and firewall to what holds now; what is as it should be is left alone. Before the journal was read all stays:
        an empty list would lift what the kernel still holds. Raises ``GateUnavailable``."""
        if not self._blocklist.loaded:
            return
        async with self._looking:
            entries, now = tuple(self._blocklist.entries.values()), self._now()
            self._looked_at = now.unix
            for zone in self._zones:
                if self._folder is not None:
                    self._write(self._folder, zone, names_text(entries, zone, now.unix))
            for zone in self._zones:
                if link is not None:
                    await self._send(link, zone, places(entries, zone, now.unix), now)

    async def _send(self, link: Link, zone: str, shut: tuple[BlockedPlace, ...], now: Now) -> None:
        ends = tuple((place.network, place.service, place.seconds and round(now.unix + place.seconds, 1)) for place in shut)
        last, offset = self._sent.get(zone, (None, 0.0))
        if last == ends and abs(now.unix - now.boottime - offset) < CLOCK_SLACK:
            return
        try:
            await link.set_blocked(zone, shut)
        except GateRefused as error:
            self._fault(f"block list of zone {zone}", f"the firewall refused it ({error.code})")
        else:
            self._sent[zone] = ends, now.unix - now.boottime
            self._fault(f"block list of zone {zone}", "")

    def _write(self, folder: Path, zone: str, text: str) -> None:
        path = folder / f"{zone}.servers"
        fresh = path.with_suffix(".new")
        try:
            if not path.exists() or path.read_text() != text:
                fresh.write_text(text)
                fresh.chmod(0o644)  # the name server has a user of its own
                fresh.replace(path)
        except OSError as error:
            self._fault(f"blocked domains of zone {zone}", f"{path} cannot be written ({error.strerror})")
        else:
            self._fault(f"blocked domains of zone {zone}", "")

    def _fault(self, what: str, why: str) -> None:
        if self.faults.get(what, "") == why:
            return
        if why:
            self.faults[what] = why
            log.error("block list not in force", what=what, why=why)
        else:
            del self.faults[what]
            log.info("block list in force again", what=what)
