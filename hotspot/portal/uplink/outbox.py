"""The outbox: reports on disk until the hub has them, and for a while after. Only the sender changes what is in it.

A report that may have been sent stays as it is: the hub may have counted it. Others may be put together (``merging``). Messages to the town
are no part of a report on disk: they are added when it is sent, so that what is erased is erased.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from hotspot import wire
from hotspot.portal.journal import Journal, Statement, rows
from hotspot.portal.uplink.merging import GRAINS, merged

MOST_BYTES = 400_000
"""Of the reports in one delivery: with health and messages it stays below ``wire.LARGEST``."""
MERGED_FROM = 2 * wire.MOST_REPORTS
"""Reports that were never sent: so many are put together."""
AT_ONCE = 250
"""Reports looked at in one round of merging."""
TAKEN_KEPT = 8 * 86_400.0
"""Seconds for which reports are kept that the hub has: a backup that it is restored from may be older than they are."""
SANE_CLOCK = 1_600_000_000.0
"""Wall clock of 2020: reports that were closed before have another date than they say, and do not grow old by it."""
_WAITING: Final = "taken_at IS NULL AND refused = ''"
_FEEDBACK: Final = "id, at, zone, kind, language, text, place, contact"

log = structlog.get_logger("uplink")


class Waiting(Struct, frozen=True):
    """What waits."""

    reports: int = 0
    unsent: int = 0
    """Of these, those that the hub cannot have seen."""
    refused: int = 0
    """Set aside: the hub will never take them."""
    feedback: int = 0
    """Messages to the town that are in no report."""


class Outbox:
    """Reports in the journal. Every method raises ``JournalUnavailable``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def waiting(self) -> Waiting:
        """How much there is."""
        ((reports, unsent),) = await self._journal.read(
            f"SELECT count(*), count(*) FILTER (WHERE sent = 0) FROM reports WHERE {_WAITING}"  # noqa: S608  our own names
        )
        ((refused,),) = await self._journal.read("SELECT count(*) FROM reports WHERE refused <> ''")
        ((messages,),) = await self._journal.read("SELECT count(*) FROM feedback WHERE fetched_at IS NULL AND report = ''")
        return Waiting(reports, unsent, refused, messages)

    async def bytes(self) -> int:
        """Of all reports on disk, also of those that the hub has."""
        ((size,),) = await self._journal.read("SELECT coalesce(sum(length(body)), 0) FROM reports")
        return int(size)

    async def lost(self) -> int:
        """Reports that were given up since the outbox began."""
        found = await self._journal.read("SELECT value FROM meta WHERE key = 'reports_lost'")
        return int(found[0][0]) if found else 0

    async def lost_at(self) -> float | None:
        """When the last of them was given up, wall clock; None: never, or before this was kept."""
        found = await self._journal.read("SELECT value FROM meta WHERE key = 'reports_lost_at'")
        return float(found[0][0]) if found else None

    # Sending ------------------------------------------------------------------------------------------------------------------------

    async def next(self, most: int = wire.MOST_REPORTS) -> tuple[wire.Report, ...]:
        """The oldest reports that wait, with the messages that travel with them. When this returns it is on disk that the hub may have
        them."""
        found = await self._journal.read(
            f"SELECT number, stream, seq, body, sent FROM reports WHERE {_WAITING} ORDER BY number LIMIT ?",  # noqa: S608
            (most,),
        )
        taken: list[wire.Report] = []
        unsent: list[Statement] = []
        size = 0
        for number, stream, seq, body, sent in found:
            size += len(body)
            if taken and size > MOST_BYTES:
                break
            report = await self._report(stream, seq, body)
            if report is None:
                continue
            taken.append(report)
            if not sent:
                unsent.append(("UPDATE reports SET sent = 1 WHERE number = ?", (number,)))
        if not taken:
            return ()
        await self._journal.write([*unsent, *await self._posted(taken)])
        named = {name for (name,) in await self._journal.read("SELECT DISTINCT report FROM feedback WHERE report <> ''")}
        return tuple([await self._with_messages(report) if name_of(report) in named else report for report in taken])

    async def _report(self, stream: str, seq: int, body: str) -> wire.Report | None:
        """A body as a report; what is none is set aside."""
        try:
            return wire.decode(wire.Report, body.encode())
        except wire.NotUnderstood as error:
            await self.refuse([wire.Refused(stream, seq, f"it cannot be read: {error}")])
            return None

    async def _posted(self, reports: Sequence[wire.Report]) -> list[Statement]:
        """Messages that are in no report yet go with the last ones."""
        found = await self._journal.read(
            "SELECT number FROM feedback WHERE fetched_at IS NULL AND report = '' ORDER BY number LIMIT ?", (20 * len(reports),)
        )
        used = {name: count for name, count in await self._journal.read("SELECT report, count(*) FROM feedback GROUP BY report") if name}
        numbers = [row[0] for row in found]
        statements: list[Statement] = []
        for report in reversed(reports):
            name = name_of(report)
            now, numbers = numbers[: max(0, 20 - used.get(name, 0))], numbers[max(0, 20 - used.get(name, 0)) :]
            statements += [("UPDATE feedback SET report = ? WHERE number = ?", (name, number)) for number in now]
        return statements

    async def _with_messages(self, report: wire.Report) -> wire.Report:
        found = await self._journal.read(
            f"SELECT {_FEEDBACK} FROM feedback WHERE report = ? ORDER BY number",  # noqa: S608  our own names
            (name_of(report),),
        )
        names = [name.strip() for name in _FEEDBACK.split(",")]
        messages = [msgspec.convert(dict(zip(names, row, strict=True)), wire.Feedback) for row in found]
        return msgspec.structs.replace(report, feedback=tuple(messages))

    async def taken(self, reports: Sequence[wire.Report], unix: float) -> None:
        """The hub has them."""
        statements: list[Statement] = []
        for report in reports:
            statements.append(("UPDATE reports SET taken_at = ? WHERE stream = ? AND seq = ?", (unix, report.stream, report.seq)))
            statements.append(("UPDATE feedback SET fetched_at = ? WHERE report = ? AND fetched_at IS NULL", (unix, name_of(report))))
        await self._journal.write(statements)

    async def refuse(self, refused: Sequence[wire.Refused]) -> None:
        """The hub will never take them: they are set aside for people."""
        await self._journal.write(
            [
                ("UPDATE reports SET refused = ? WHERE stream = ? AND seq = ?", (one.message[:500] or "refused", one.stream, one.seq))
                for one in refused
            ]
        )

    async def again(self, moment: float) -> bool:
        """The hub was restored from a backup at ``moment``: all that is still here is to be sent again, once; False when that was done."""
        if await self._journal.read("SELECT 1 FROM meta WHERE key = 'reports_again' AND value = ?", (repr(moment),)):
            return False
        await self._journal.write(
            [
                ("UPDATE reports SET taken_at = NULL WHERE taken_at IS NOT NULL", ()),
                *rows.of_meta("reports_again", repr(moment)),
            ]
        )
        return True

    # Keeping it small ---------------------------------------------------------------------------------------------------------------

    async def tidy(self, most: int, keep_for: float, unix: float) -> int:
        """Forget what the hub has had for long enough, and put together what waits when there is much of it; if it is more than ``most``
        bytes then, make it coarser, and give up the oldest at last. Returns how many reports were given up."""
        await self._journal.write([("DELETE FROM reports WHERE taken_at < ?", (unix - TAKEN_KEPT,))])
        if (await self.waiting()).unsent >= MERGED_FROM:
            await self._merge(GRAINS[0])
        lost = await self._give_up(
            f"SELECT number FROM reports WHERE taken_at IS NULL AND closed_at > {SANE_CLOCK} AND closed_at < ?",  # noqa: S608
            (unix - keep_for,),
            unix,
        )
        if await self.bytes() <= most:
            return lost
        await self._journal.write([("DELETE FROM reports WHERE taken_at IS NOT NULL", ())])
        for grain in GRAINS:
            if await self.bytes() <= most:
                return lost
            await self._merge(grain)
        while await self.bytes() > most:
            lost += await self._give_up("SELECT number FROM reports ORDER BY refused = '', number LIMIT ?", (10,), unix)
        return lost

    async def _merge(self, grain: int) -> None:
        """What was never sent, the oldest first."""
        after = 0
        while True:
            found = await self._journal.read(
                f"SELECT number, stream, seq, body FROM reports WHERE {_WAITING} AND sent = 0 AND number > ? ORDER BY number LIMIT ?",  # noqa: S608
                (after, AT_ONCE),
            )
            if not found:
                return
            after = found[-1][0]
            reports = [report for _, *one in found if (report := await self._report(*one)) is not None]
            fewer = {(report.stream, report.seq): report for report in merged(reports, grain)}
            read = {(report.stream, report.seq) for report in reports}
            statements: list[Statement] = []
            for number, stream, seq, body in found:
                now = fewer.get((stream, seq))
                if (stream, seq) not in read:
                    continue
                if now is None:
                    statements.append(("DELETE FROM reports WHERE number = ? AND sent = 0", (number,)))
                elif (text := wire.encode(now).decode()) != body:
                    values = (text, now.closed.unix, number)
                    statements.append(("UPDATE reports SET body = ?, closed_at = ? WHERE number = ? AND sent = 0", values))
            if statements:
                await self._journal.write(statements)
                log.info("reports put together", before=len(reports), after=len(fewer), grain=grain)

    async def _give_up(self, which: str, values: tuple[float, ...], unix: float) -> int:
        """Delete reports; those that the hub does not have and did not refuse are counted as lost, at ``unix``."""
        found = await self._journal.read(which, values)
        if not found:
            return 0
        numbers = [row[0] for row in found]
        marks = ", ".join("?" * len(numbers))
        (counted,) = await self._journal.read(f"SELECT count(*) FROM reports WHERE {_WAITING} AND number IN ({marks})", tuple(numbers))  # noqa: S608
        lost = int(counted[0])
        statements: list[Statement] = [("DELETE FROM reports WHERE number = ?", (number,)) for number in numbers]
        if lost:
            statements += rows.of_meta("reports_lost", f"{await self.lost() + lost}") + rows.of_meta("reports_lost_at", f"{unix:.0f}")
            log.error("reports given up", reports=lost)
        await self._journal.write(statements)
        return lost


def name_of(report: wire.Report) -> str:
    """As the journal writes it beside messages."""
    return f"{report.stream} {report.seq}"
