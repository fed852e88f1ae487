"""Alarms from what visitor, doctor and guard found: which, how grave, in which words, and for how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from hotspot.hub.look_alarms import FORGOTTEN, FRESH, LONGEST, MISSING, MOST, Looked, amiss, raised
from hotspot.looks.values import By, Finding, Look, Result, Severity, Step

NOW = 1_800_000_000.0
ONLINE = Step(name="online", family=4, result=Result.PASSED)
OFFLINE = Step(name="online", family=4, result=Result.SKIPPED)
SILENT = Finding(kind="option114-missing", severity=Severity.WARNING, zone="public")
API = Step(name="portal-option", family=4, result=Result.FAILED, why="option114-missing")


def visit(*findings: Finding, steps: tuple[Step, ...] = (ONLINE,)) -> Look:
    """One that ended now."""
    return Look(by=By.VISIT, at=NOW, findings=findings, steps=steps)


def told(look: Look, before: Look | None = None, age: float = 0.0) -> list[tuple[str, str, str, bool]]:
    """Alarms as (kind, subject, severity, raises)."""
    looked = Looked(by=look.by, at=NOW - age, amiss=amiss(look), before=() if before is None else amiss(before))
    return [(one.kind, one.subject, one.severity, one.raises) for one in raised([looked], NOW)]


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("by", list(By))
def test_an_alarm_is_as_grave_as_its_finding(by: By, severity: Severity) -> None:
    """Of the kind of the program, with the kind of the finding as its subject; a notice is none."""
    look = Look(by=by, at=NOW, findings=(Finding(kind="any", severity=severity),))
    assert told(look) == ([] if severity is Severity.NOTICE else [(by.value, "any", severity.value, True)])


def test_a_visit_that_does_not_get_online_twice_is_urgent() -> None:
    """Whatever keeps it from that; once, or while visitors get online all the same, it stays as grave as its kind."""
    stuck, served = visit(SILENT, steps=(API, OFFLINE)), visit(SILENT, steps=(API, ONLINE))
    another = visit(Finding(kind="dns-slow", severity=Severity.WARNING), steps=(Step(name="dns", result=Result.FAILED, why="dns-slow"),))
    assert told(stuck) == [("visit", "option114-missing", "warning", True)]
    assert told(stuck, stuck) == [("visit", "option114-missing", "urgent", True)]
    assert told(stuck, another) == [("visit", "option114-missing", "urgent", True)]
    for pair in ((served, stuck), (stuck, served), (served, served), (stuck, visit())):
        assert told(*pair) == [("visit", "option114-missing", "warning", True)]
    closed = visit(SILENT, steps=(API, Step(name="page", result=Result.SKIPPED, why="closed-now"), OFFLINE))
    assert told(closed, closed) == [("visit", "option114-missing", "warning", True)]
    doctor = replace(stuck, by=By.DOCTOR)
    assert told(doctor, doctor) == [("doctor", "option114-missing", "warning", True)]


def test_a_step_that_failed_without_a_finding_is_told() -> None:
    """By its reason, or else by its own name."""
    look = visit(steps=(Step(name="dhcp", result=Result.FAILED), Step(name="api", result=Result.FAILED, why="api-gone")))
    assert told(look) == [("visit", "api-gone", "warning", True), ("visit", "dhcp", "warning", True)]
    assert {kind for _, kind, severity, _ in told(look, look) if severity == "urgent"} == {"dhcp", "api-gone"}


def test_one_kind_is_one_alarm() -> None:
    """In several zones too: the gravest counts."""
    look = visit(SILENT, replace(SILENT, zone="council", severity=Severity.URGENT), replace(SILENT, zone="cafe"))
    (one,) = raised([Looked(by=By.VISIT, at=NOW, amiss=amiss(look))], NOW)
    assert (one.severity, one.detail["zone"], one.detail["more"]) == ("urgent", "council", 2)


def test_the_words_are_those_of_the_catalogue() -> None:
    """In both languages, in one line; a kind that this hub does not know is its own name."""
    (one,) = amiss(visit(SILENT))
    assert one.german != one.english
    assert "option114-missing" not in one.german
    (other,) = amiss(visit(replace(SILENT, kind="of-tomorrow")))
    assert (other.german, other.english) == ("of-tomorrow", "of-tomorrow")


def test_an_old_look_raises_nothing_and_ends_nothing() -> None:
    """Until nobody cares; of visits it is told that they are missing."""
    look = visit(SILENT)
    for by in By:
        mine = replace(look, by=by)
        assert told(mine, age=FRESH[by]) == [(by.value, "option114-missing", "warning", True)]
        assert (by.value, "option114-missing", "warning", False) in told(mine, age=FRESH[by] + 1)
        assert told(mine, age=FORGOTTEN + 1) == []
    assert told(visit(), age=MISSING) == []
    assert told(visit(), age=MISSING + 1) == [("visit_missing", "", "warning", True)]
    assert told(visit(), age=FORGOTTEN) == [("visit_missing", "", "warning", True)]
    assert told(Look(by=By.GUARD, at=NOW), age=MISSING + 1) == []


TEXT = some.text(max_size=120)
FINDINGS = some.builds(
    Finding,
    kind=some.from_regex(r"[a-z0-9][a-z0-9-]{0,47}", fullmatch=True) | some.sampled_from(["option114-missing", "dns-lies"]),
    severity=some.sampled_from(Severity),
    zone=some.text(max_size=32),
    values=some.dictionaries(some.from_regex(r"[a-z0-9][a-z0-9-]{0,47}", fullmatch=True), TEXT, max_size=4),
)


@given(some.lists(FINDINGS, max_size=60), some.sampled_from(By))
def test_whatever_a_gateway_says_is_bounded(findings: list[Finding], by: By) -> None:
    """No text of a look makes an alarm that is too long, of two lines, or one too many."""
    found = amiss(Look(by=by, at=NOW, findings=tuple(findings)))
    assert len(found) <= MOST
    assert all(len(one.german) <= LONGEST and "\n" not in one.german + one.english for one in found)
    assert len(list(raised([Looked(by=by, at=NOW, amiss=found)], NOW))) == len(found)
