"""``hotspot check visit``, ``doctor`` and ``guard``: what the programs found that look at the hall, from their files on this machine."""

from pathlib import Path
from typing import Final

import click

from hotspot.cli_check import CRITICAL, OK, UNKNOWN, WARNING, Asked, Limit, Result, end, limit_option
from hotspot.looks.values import By, Look, Severity

_STATES: Final = {Severity.NOTICE: OK, Severity.WARNING: WARNING, Severity.URGENT: CRITICAL}
_SILENCE: Final = {By.VISIT: (2_700.0, 10_800.0), By.DOCTOR: (10_800.0, 43_200.0), By.GUARD: (300.0, 900.0)}
_ABOUT: Final = {
    By.VISIT: "The last test visit: does a visitor get online, and what is amiss for visitors?",
    By.DOCTOR: "What the gateway found when it looked at itself.",
    By.GUARD: "What the LAN guard sees in the visitors' networks.",
}
_WELL: Final = {By.DOCTOR: "nothing amiss", By.GUARD: "nothing seen"}


def _made(by: By) -> click.Command:
    """The check of one program."""

    @click.command(by.value, help=_ABOUT[by], cls=Asked)
    @click.option("--looks", type=click.Path(path_type=Path), default="/run/hotspot-looks", show_default=True, help="Folder of the looks.")
    @limit_option("--age", *_SILENCE[by], "Seconds since it last looked.")
    def command(looks: Path, age: tuple[float, float]) -> None:
        _check(by, looks, Limit(*age))

    return command


def _check(by: By, looks: Path, age: Limit) -> None:
    """Read, judge, print and exit."""
    import time

    from hotspot.looks import folder

    try:
        look = folder.read(looks, by)
    except folder.BadLook as error:
        end(UNKNOWN, str(error))
    if look is None:
        end(UNKNOWN, f"{looks}: the {by} has not looked yet")
    result, ago = Result(), max(0.0, time.time() - look.at)
    result.amiss(age.state(ago), f"the {by} has not looked for {ago / 60:.0f} min")
    well = _visited(result, look) if by is By.VISIT else _WELL[by]
    _found(result, look)
    result.number("age", ago, age, "s")
    result.number("time", look.seconds, unit="s")
    result.end(well)


def _visited(result: Result, look: Look) -> str:
    """How far the visitor came in each network; what to say when all is well."""
    from hotspot.looks import verdict
    from hotspot.looks.values import Result as StepResult
    from hotspot.looks.verdict import Outcome

    words = {Outcome.ONLINE: "gets online", Outcome.CLOSED: "is closed now", Outcome.PARTIAL: "as asked not tried"}
    amiss = {
        Outcome.STUCK: (CRITICAL, "a visitor does not get online"),
        Outcome.OPEN: (CRITICAL, "a visitor is online without accepting"),
        Outcome.UNKNOWN: (WARNING, "the visit broke off: whether a visitor gets online is not known"),
    }
    told = []
    for zone, outcome in verdict.outcomes(look).items():
        place = f"{zone}: " if zone else ""
        state, wrong = amiss.get(outcome, (OK, ""))
        result.amiss(state, f"{place}{wrong}")
        result.number(f"online_{zone}" if zone else "online", outcome is Outcome.ONLINE)
        told.append(f"{place}{words.get(outcome, '')}")
    result.number("steps", sum(step.result is not StepResult.SKIPPED for step in look.steps))
    result.number("failed", sum(step.result is StepResult.FAILED for step in look.steps))
    return ", ".join(told)


def _found(result: Result, look: Look) -> None:
    """Its findings."""
    from hotspot.looks.catalogues import titles
    from hotspot.looks.words import gravest_first

    for finding in gravest_first(look.findings):
        place = f"{finding.zone}: " if finding.zone else ""
        result.amiss(_STATES[finding.severity], f"{place}{titles(look.by, finding)[1]}")
    for severity in reversed(Severity):
        result.number(severity.value, sum(finding.severity is severity for finding in look.findings))


visit, doctor, guard = map(_made, By)
