"""When things really were (pure). A gateway's wall clock may be off by years; within one boot its other clock never jumps, and the hub
knows the time. All moments in seconds since 1970."""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from hotspot.wire import QUARTER, Moment

TOLERANCE: Final = 600.0
"""Seconds that a gateway's clock may be off before its figures are moved and staff are told."""


def offset(sent: Moment, now: float) -> float:
    """Seconds by which the gateway's clock is ahead; what was on the way counts as behind."""
    return sent.unix - now


def truly(closed: Moment, sent: Moment, now: float) -> float | None:
    """When a report was really closed; None: it was in another boot, so nobody knows."""
    if closed.boot != sent.boot or closed.boottime > sent.boottime:
        return None
    return now - (sent.boottime - closed.boottime)


def shift(closed: Moment, sent: Moment, now: float) -> int:
    """Seconds, a multiple of ``QUARTER``, by which the quarters of a report are to be moved."""
    true = truly(closed, sent, now)
    if true is None or abs(true - closed.unix) <= TOLERANCE:
        return 0
    return round((true - closed.unix) / QUARTER) * QUARTER


def quarter_of(moment: float) -> int:
    """The beginning of the quarter of an hour."""
    return int(moment // QUARTER) * QUARTER


def place(quarter: int, moved: int, closed: float | None, now: float, oldest: float) -> int:
    """Where the numbers of a quarter are entered. One that cannot be, because it lies after the report was closed or is older than what
    the hub keeps, becomes the quarter in which the report was closed, or else in which it came: nothing is lost."""
    wanted = quarter + moved
    if oldest <= wanted <= quarter_of((now if closed is None else closed) + TOLERANCE):
        return wanted
    if closed is not None and oldest <= quarter_of(closed):
        return quarter_of(closed)
    return quarter_of(now)


def place_day(day: date, moved: int, closed: float | None, now: float, oldest: float, zone: tzinfo) -> date:
    """The same for a day of the hall: its noon is moved, and it cannot lie after the day on which the report was closed. One that is older
    than what the hub keeps becomes the day on which the report was closed, or else on which it came."""
    wanted = day
    if moved:
        try:
            wanted = (datetime.combine(day, time(12), zone) + timedelta(seconds=moved)).date()
        except OverflowError:  # the year 1 or 9999
            wanted = date.max
    if wanted < datetime.fromtimestamp(oldest, zone).date():
        return datetime.fromtimestamp(closed if closed is not None and closed >= oldest else now, zone).date()
    latest = datetime.fromtimestamp((now if closed is None else closed) + TOLERANCE, zone).date()
    return min(wanted, latest)
