"""Fewer reports that say the same (pure): what adds up at the hub may be added up here, as long as the hub cannot have seen any of it.

Within quarters nothing is lost by it. Beyond that the times of day go first, never the numbers: quarters become hours, hours become days.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from hotspot.session.tally import CLOCK_JUMP, QUARTER
from hotspot.wire import MOST_ROWS, Day, Report, Row

GRAINS: Final = (QUARTER, 3_600, 86_400)
"""Seconds that a row is about; each is a multiple of the one before."""
MOST_DAYS, MOST_FEEDBACK = 40, 20
"""In one report."""


def merged(reports: Sequence[Report], grain: int = QUARTER) -> tuple[Report, ...]:
    """Reports of the same numbers, fewer where possible. Each has the name of the first that is in it. Only neighbours of one stream are
    put together, and only when their clocks agree: what puts the one right puts the other right."""
    out: list[Report] = []
    for report in reports:
        one = msgspec.structs.replace(report, rows=added(report.rows, grain))
        both = _both(out[-1], one, grain) if out else None
        if both is None:
            out.append(one)
        else:
            out[-1] = both
    return tuple(out)


def _both(first: Report, second: Report, grain: int) -> Report | None:
    """Two as one; None when they cannot be."""
    if (first.stream, first.start, first.closed.boot) != (second.stream, second.start, second.closed.boot):
        return None
    drift = (second.closed.unix - second.closed.boottime) - (first.closed.unix - first.closed.boottime)
    rows = added((*first.rows, *second.rows), grain)
    days: dict[str, int] = {}
    for day in (*first.days, *second.days):
        days[day.day] = max(day.devices, days.get(day.day, 0))
    feedback = {message.id: message for message in (*first.feedback, *second.feedback)}
    if abs(drift) > CLOCK_JUMP or len(rows) > MOST_ROWS or len(days) > MOST_DAYS or len(feedback) > MOST_FEEDBACK:
        return None
    return Report(
        stream=first.stream,
        start=first.start,
        seq=first.seq,
        closed=second.closed,
        rows=rows,
        days=tuple(Day(day, count) for day, count in sorted(days.items())),
        feedback=tuple(feedback.values()),
    )


def added(rows: Iterable[Row], grain: int = QUARTER) -> tuple[Row, ...]:
    """Rows of the same zone, plan and ``grain`` as one."""
    cells: dict[tuple[int, str, str], list[Row]] = {}
    for row in rows:
        cells.setdefault((row.quarter - row.quarter % grain, row.zone, row.plan), []).append(row)
    return tuple(_sum(key, several) for key, several in sorted(cells.items()))


def _sum(key: tuple[int, str, str], rows: Sequence[Row]) -> Row:
    quarter, zone, plan = key
    return Row(
        quarter=quarter,
        zone=zone,
        plan=plan,
        visits=sum(row.visits for row in rows),
        ended=sum(row.ended for row in rows),
        seconds=sum(row.seconds for row in rows),
        bytes_up=sum(row.bytes_up for row in rows),
        bytes_down=sum(row.bytes_down for row in rows),
        peak=max(row.peak for row in rows),
        languages=_counts(row.languages for row in rows),
        families=_counts(row.families for row in rows),
    )


def _counts(several: Iterable[dict[str, int]]) -> dict[str, int]:
    out: dict[str, int] = {}
    for counts in several:
        for name, count in counts.items():
            out[name] = out.get(name, 0) + count
    return out
