"""The box's own way back (``hotspot-change``): a change that nobody has kept yet, and one that it took back."""

import time
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from hotspot.doctor.found import found
from hotspot.doctor.programs import printed
from hotspot.looks.values import Finding

PROGRAM = "hotspot-change"
LONG_AGO = 7 * 86_400.0
"""Seconds after which a change that was taken back is no news any more."""


HINDERED = 1_200.0
"""Seconds that going back may take: it waits for a quarter of an hour for another installation that is at work."""


class Told(Struct, frozen=True):
    """What the program says (``state --json``); times are Unix seconds. The default: nothing, as where there is no such program."""

    state: str = ""
    since: float = 0
    until: float = 0
    at: float = 0
    going: float = 0
    """Since when the box goes back; 0: it does not."""
    hindered: tuple[str, ...] = ()
    """By what, when it tried the last time."""
    because: str = ""
    package_stays: bool = False
    journal_aside: bool = False
    wrong: tuple[str, ...] = ()
    """What was wrong when it went back."""


def read() -> Told:
    """Ask it. Raises ``msgspec.DecodeError`` when it says something else than JSON."""
    said = printed(PROGRAM, "state", "--json")
    return msgspec.json.decode(said, type=Told) if said else Told()


def judge(told: Told, now: float) -> Iterator[Finding]:
    """What is pending, or missing."""
    if told.state == "pending" and told.going and told.hindered and now - told.going > HINDERED:
        yield found("change-hindered", begun=_moment(told.going), hindered=told.hindered[0])
    elif told.state == "pending":
        yield found("change-pending", begun=_moment(told.since), until=_moment(told.until))
    if told.state != "back" or now - told.at > LONG_AGO:
        return
    if told.because != "asked":
        wrong = told.wrong[0] if told.wrong else "-"
        yield found("change-cut-off" if told.because == "boot" else "change-not-kept", at=_moment(told.at), wrong=wrong)
    if told.package_stays:
        yield found("change-package-stays", at=_moment(told.at))
    if told.journal_aside:
        yield found("change-journal-aside", at=_moment(told.at))


def _moment(unix: float) -> str:
    """As the box's clock on the wall shows it, which is how its log has it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix))
