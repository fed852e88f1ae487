"""Counting: what happens to sessions goes into the tally, and the tally into reports, so that a crash neither loses nor doubles a number.

What of a session is in the tally stands in its row (``told``). Tally, ``told`` and reports are written in one commit; a session that was
written alone, by an acceptance, is entered at the next start if the portal did not live to enter it. What a start has counted and not
reported is closed by the next one, under the name of the old stream.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from hotspot import wire
from hotspot.portal.journal import Loaded, Statement, rows
from hotspot.portal.journal.rows import Stream, Told
from hotspot.portal.ledger import Ledger
from hotspot.session.sessions import Now, Session, in_progress
from hotspot.session.tally import Batch, Cell, Open, Tally
from hotspot.session.visitor_check import is_check

ROWS = 200
"""In one report: about 60 kB."""
STREAMS = 50
"""Starts whose names are remembered in the journal."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")

Remember = Callable[[object, Sequence[Statement]], None]
log = structlog.get_logger("uplink")


class Kept(Struct, frozen=True):
    """A tally on disk."""

    open: Open
    days: dict[str, int] = {}
    """Days that are over, and their devices; not reported yet."""
    reported: tuple[str, int] = ("", 0)
    """Day and number of devices, as reported last."""


class Counting:
    """Lives in the event loop; no method waits. ``put`` must hear of every change of a session."""

    def __init__(self, remember: Remember, ledger: Ledger, now: Callable[[], Now]) -> None:
        self.stream: Final = secrets.token_hex(16)
        self.start = 0
        """The how-manieth start this is; 0 until a journal was read."""
        self.seq = 0
        """Of the last report of this start."""
        self._remember, self._ledger, self._now = remember, ledger, now
        self._tally = Tally(now())
        self._marks: dict[str, tuple[int, int, float]] = {}
        """Bytes of sessions in progress that are in the tally, and when the last were entered (boot clock)."""
        self._adopted: dict[str, tuple[int, int]] = {}
        """Bytes that sessions had which the kernel knew before a journal was read."""
        self._devices: set[str] = set()
        self._early: list[str] = []
        """MACs of devices that came before there was a day: it was not on disk yet when the portal was killed."""
        self._days: dict[str, int] = {}
        self._reported = ("", 0)
        """Day and number of devices, as reported last."""
        self._changed = True

    # Sessions -----------------------------------------------------------------------------------------------------------------------

    def put(self, before: Session | None, after: Session) -> None:
        """A session began, changed or ended."""
        if is_check(after):
            return
        if before is not None and is_check(before):
            before = None  # staff gave it a plan: from here on it is a visit
        now, kind = self._now(), (after.zone, after.plan)
        self._changed = True
        if before is None:
            self._marks[after.id] = (0, 0, now.boottime)
            if after.terms_version == "" and not after.by_staff:  # adopted: its beginning, and what it used, were seen by somebody before
                self._marks[after.id] = (after.bytes_up, after.bytes_down, now.boottime)
                if not self.start:
                    self._adopted[after.id] = (after.bytes_up, after.bytes_down)
            else:
                self._visit(after, after.accepted_at, now)
            self._tally.begin(kind, now)
        was, is_ = before is None or in_progress(before), in_progress(after)
        self._used(after, (before or after).plan, now)
        if before is not None and was and is_ and before.plan != after.plan:
            self._tally.leave((before.zone, before.plan), now)
            self._tally.begin(kind, now)
        elif was and not is_:
            self._tally.leave((after.zone, (before or after).plan), now)
            self._tally.ended(kind, now.unix, now)
            self._marks.pop(after.id, None)

    def told(self, session: Session) -> Told:
        """What of a session is in the tally now."""
        up, down, _ = self._marks.get(session.id, (session.bytes_up, session.bytes_down, 0.0))
        return Told(1 if in_progress(session) else 2, up, down)

    def read(self) -> None:
        """The usage of all sessions was put."""
        self._tally.read(self._now())

    def _visit(self, session: Session, unix: float, now: Now) -> None:
        language = session.language if _LANGUAGE.fullmatch(session.language) else ""
        self._tally.visit((session.zone, session.plan), language, session.family, unix, now)
        if session.mac is not None and self._ledger.day:
            self._device(session.mac)
        elif session.mac is not None:
            self._early.append(session.mac)

    def _device(self, mac: str) -> None:
        name = self._ledger.name(mac)
        if name not in self._devices:
            self._devices.add(name)
            self._remember(f"visitor:{name}", rows.of_visitor(name, self._ledger.day))

    def _used(self, session: Session, plan: str, now: Now) -> None:
        up, down, since = self._marks.get(session.id, (session.bytes_up, session.bytes_down, 0.0))
        more_up, more_down = max(0, session.bytes_up - up), max(0, session.bytes_down - down)
        if more_up or more_down:
            self._tally.used((session.zone, plan), more_up, more_down, now, since)
            self._marks[session.id] = (up + more_up, down + more_down, now.boottime)

    # Days ---------------------------------------------------------------------------------------------------------------------------

    def turn(self, day: str) -> None:
        """A new day for the ledger: the number of devices of the one before is final, and who they were is forgotten."""
        if self._ledger.day and self._devices:
            self._days[self._ledger.day] = max(len(self._devices), self._days.get(self._ledger.day, 0))
        for name in self._devices:
            self._remember(f"visitor:{name}", ())
        self._devices.clear()
        self._changed = True
        self._ledger.turn(day)
        for mac in self._early:
            self._device(mac)
        self._early.clear()

    # Reports ------------------------------------------------------------------------------------------------------------------------

    def close(self) -> int:
        """What was counted until now becomes reports, to be written with the next changes; returns how many. Before a journal was read
        there is no name for them, and it waits."""
        if not self.start:
            return 0
        today = (self._ledger.day, len(self._devices))
        if today[1] and today != self._reported:
            self._days[today[0]] = max(today[1], self._days.get(today[0], 0))
            self._reported = today
        batches = self._tally.take(self._now())
        made = self._report(self.stream, self.start, self.seq, batches, self._days, self._now())
        self.seq += made
        if made:
            self._days = {}
            self._changed = True
        return made

    def empty_report(self) -> None:
        """A report without a number in it, for messages to the town to travel with."""
        if self.start:
            now = self._now()
            self.seq += 1
            report = wire.Report(stream=self.stream, start=self.start, seq=self.seq, closed=moment(now))
            self._write(report, now)

    def _report(self, stream: str, start: int, seq: int, batches: Sequence[Batch], days: dict[str, int], now: Now) -> int:
        """Reports with these numbers, after ``seq``; returns how many."""
        parts = [(batch.closed, batch.cells[at : at + ROWS]) for batch in batches for at in range(0, len(batch.cells), ROWS)]
        if days and not parts:
            parts = [(now, ())]
        told = tuple(wire.Day(day, count) for day, count in sorted(days.items())[-40:])
        for number, (closed, cells) in enumerate(parts, 1):
            report = wire.Report(
                stream=stream,
                start=start,
                seq=seq + number,
                closed=moment(closed),
                rows=tuple(map(_row, cells)),
                days=told if number == len(parts) else (),
            )
            self._write(report, closed)
        return len(parts)

    def _write(self, report: wire.Report, closed: Now) -> None:
        body = wire.encode(report).decode()
        self._remember(f"report:{report.stream}:{report.seq}", rows.of_report(report.stream, report.start, report.seq, closed.unix, body))

    # The journal --------------------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """The tally as it is now is to be written with the next changes; those of sessions and reports must be in the same commit."""
        if self._changed and self.start:
            self._changed = False
            kept = Kept(self._tally.state(), self._days, self._reported)
            self._remember("tally", rows.of_tally(self.stream, self.start, msgspec.json.encode(kept).decode()))

    def load(self, loaded: Loaded, old: Sequence[Session], rejoined: Sequence[Session]) -> None:
        """A journal was opened for the first time since the start, and this is what it holds. ``old``: sessions that nobody knew, which
        the register has put by now; ``rejoined``: those that were adopted from the kernel meanwhile."""
        starts = loaded.meta.get("starts", "")
        self.start = (int(starts) if starts.isdigit() else 0) + 1
        self._remember("meta:starts", rows.of_meta("starts", f"{self.start}"))
        if self._ledger.day == loaded.meta.get("day"):
            self._devices |= loaded.visitors
        self._remember("streams", rows.of_old_streams(self.start - STREAMS))
        for stream in loaded.streams:
            self._close_old(stream)
        now = self._now()
        for session in old:
            self._resume(session, loaded.untold.get(session.id), now)
        for session in rejoined:
            base = self._adopted.get(session.id)
            if base is not None:
                self._resume_adopted(session, base, loaded.untold.get(session.id), now)
        self._adopted.clear()
        self._changed = True

    def join(self, session: Session) -> None:
        """A session of another file that was put in the journal's place: it is counted from now on."""
        self._tally.advance(self._now())
        self._resume(session, None, self._now())

    def write_all(self) -> None:
        """A fresh file."""
        self._changed = True
        if self.start:
            self._remember("meta:starts", rows.of_meta("starts", f"{self.start}"))
        for name in self._devices:
            self._remember(f"visitor:{name}", rows.of_visitor(name, self._ledger.day))

    def _close_old(self, stream: Stream) -> None:
        try:
            kept = msgspec.json.decode(stream.tally, type=Kept)
        except msgspec.MsgspecError as error:
            log.error("what was counted before the start cannot be read", why=str(error))
            return
        self._reported = kept.reported
        made = self._report(stream.stream, stream.start, stream.seq, self._tally.go_on(kept.open), kept.days, kept.open.at)
        self._remember(f"tally:{stream.stream}", rows.of_tally(stream.stream, stream.start, ""))
        log.info("counted before the start", reports=made)

    def _resume(self, session: Session, untold: Told | None, now: Now) -> None:
        """A session of an earlier start: what of it is in no tally yet is entered now."""
        if is_check(session):
            return
        kind, told = (session.zone, session.plan), untold or Told(2, session.bytes_up, session.bytes_down)
        if told.told == 0:
            self._visit(session, session.accepted_at, now)
        self._marks[session.id] = (told.up, told.down, 0.0)
        self._used(session, session.plan, now)
        if in_progress(session):
            self._tally.online[kind] = self._tally.online.get(kind, 0) + 1
        else:
            del self._marks[session.id]
            if told.told < 2 and session.ended_at is not None:
                self._tally.ended(kind, session.ended_at, now)
        if untold is not None:
            self._remember(session.id, rows.of_told(session.id, self.told(session)))

    def _resume_adopted(self, session: Session, base: tuple[int, int], untold: Told | None, now: Now) -> None:
        """The journal knows a session that was adopted from the kernel: what it used between the last entry and the adoption is entered."""
        if is_check(session):
            return
        told = untold or Told(1, session.bytes_up, session.bytes_down)
        if told.told == 0:
            self._visit(session, session.accepted_at, now)
        self._tally.used((session.zone, session.plan), max(0, base[0] - told.up), max(0, base[1] - told.down), now)


def moment(now: Now) -> wire.Moment:
    """A reading of the clocks as the hub takes it."""
    return wire.Moment(unix=min(max(0.0, now.unix), 4_102_444_800.0), boottime=max(0.0, now.boottime), boot=now.boot_id)


def _row(cell: Cell) -> wire.Row:
    return wire.Row(
        quarter=cell.quarter,
        zone=cell.zone,
        plan=cell.plan,
        visits=cell.visits,
        ended=cell.ended,
        seconds=int(cell.seconds),
        bytes_up=cell.bytes_up,
        bytes_down=cell.bytes_down,
        peak=cell.peak,
        languages=cell.languages,
        families=cell.families,
    )
