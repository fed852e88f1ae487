"""Alarms from what visitor, doctor and guard found: which, how grave, in which words, and for how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from hotspot.hub.look_alarms import FORGOTTEN, FRESH, LONGEST, MISSING, MOST, STOPPED, Amiss, Looked, amiss, carried_on, raised, well
from hotspot.looks.catalogues import CATALOGUES
from hotspot.looks.values import By, Finding, Look, Result, Severity, Step, Verdict, Visited

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
    kind = min(CATALOGUES[by])
    look = Look(by=by, at=NOW, findings=(Finding(kind=kind, severity=severity),), steps=(ONLINE,))
    assert told(look) == ([] if severity is Severity.NOTICE else [(by.value, kind, severity.value, True)])


def test_a_visit_that_does_not_get_online_twice_is_urgent() -> None:
    """Whatever keeps it from that; once, or while visitors get online all the same, it stays as grave as its kind."""
    stuck, served = visit(SILENT, steps=(API, OFFLINE)), visit(SILENT, steps=(API, ONLINE))
    another = visit(Finding(kind="dns-dead", severity=Severity.WARNING), steps=(Step(name="dns", result=Result.FAILED, why="dns-dead"),))
    assert told(stuck) == [("visit", "option114-missing", "warning", True)]
    assert told(stuck, stuck) == [("visit", "option114-missing", "urgent", True)]
    assert told(stuck, another) == [("visit", "option114-missing", "urgent", True)]
    for pair in ((served, stuck), (stuck, served), (served, served), (stuck, visit())):
        assert told(*pair) == [("visit", "option114-missing", "warning", True)]
    closed = visit(SILENT, steps=(API, Step(name="page", result=Result.SKIPPED, why="closed-now"), OFFLINE))
    assert told(closed, closed) == [("visit", "option114-missing", "warning", True)]
    doctor = Look(by=By.DOCTOR, at=NOW, findings=(Finding(kind="portal-warns", severity=Severity.WARNING),))
    assert told(doctor, doctor) == [("doctor", "portal-warns", "warning", True)]


def test_a_visit_that_got_nowhere_is_amiss() -> None:
    """Whatever it found, or did not find; twice it is urgent. One that was not asked to, or comes to a closed hall, is not."""
    nowhere = [("visit", "not-online", "urgent", True)]
    for steps in ((), (Step(name="dhcp", result=Result.PASSED),), (OFFLINE,), (replace(OFFLINE, why="no-time-left"),)):
        assert [(kind, subject) for kind, subject, *_ in told(visit(steps=steps))] == [("visit", "not-online")], steps
        assert told(visit(steps=steps), visit(steps=steps)) == nowhere
    notice = visit(replace(SILENT, severity=Severity.NOTICE), steps=(API, OFFLINE))
    assert told(notice, notice) == nowhere
    for why in ("as-asked", "closed-now"):
        assert told(visit(steps=(replace(OFFLINE, why=why),))) == []
    assert [subject for _, subject, *_ in told(Look(by=By.DOCTOR, at=NOW))] == []


def test_the_visits_own_verdict_counts_zone_by_zone() -> None:
    """Urgent is what kept one zone's visitors from getting online, not the same finding elsewhere; steps do not matter any more."""
    kind, stuck = SILENT.kind, Visited(zone="public", verdict=Verdict.STUCK, because=(SILENT.kind,))
    other = Visited(zone="council", verdict=Verdict.ONLINE)
    both = replace(visit(SILENT, steps=(OFFLINE,)), visited=(stuck, other))
    assert told(both, both) == [("visit", kind, "urgent", True)]
    elsewhere = replace(both, findings=(replace(SILENT, zone="council"),))
    assert ("visit", kind, "warning", True) in told(elsewhere, elsewhere)
    assert [one.zone for one in amiss(elsewhere) if one.kind == "not-online"] == ["public"]
    fine = replace(both, visited=(replace(stuck, verdict=Verdict.ONLINE, because=()), other))
    assert told(fine, fine) == [("visit", kind, "warning", True)]
    everywhere = replace(both, findings=(replace(SILENT, zone=""),))
    assert told(everywhere, everywhere) == [("visit", kind, "urgent", True)]


@pytest.mark.parametrize(("kind", "outcome"), [("open-before-accept", "open"), ("unexpected", "unknown"), ("dns-lies", "")])
def test_who_stopped_has_not_always_been_kept_out(kind: str, outcome: str) -> None:
    """What visitors meet is told; twice it is urgent only where they do not get online."""
    look = visit(Finding(kind=kind, severity=Severity.WARNING, zone="public"), steps=(OFFLINE,))
    look = replace(look, visited=(Visited(zone="public", verdict=Verdict.STUCK, because=(kind,)),))
    (one,) = raised([Looked(by=By.VISIT, at=NOW, amiss=amiss(look), before=amiss(look))], NOW)
    assert (one.severity, one.detail.get("stuck"), one.detail.get("outcome", "")) == (
        ("warning", None, outcome) if outcome else ("urgent", 1, "")
    )


TOWN = Finding(kind="town-reachable", severity=Severity.URGENT, zone="public")
REACHED = Step(name="town", zone="public", result=Result.FAILED, why="town-reachable")


def seen(town: Result | None, verdict: Verdict = Verdict.ONLINE, why: str | None = None) -> Look:
    """A visit that told of this step so; None: it did not tell of it."""
    steps = () if town is None else (replace(REACHED, result=town, why=why),)
    return replace(visit(steps=steps), visited=(Visited(zone="public", verdict=verdict, because=()),))


@pytest.mark.parametrize(
    ("looks", "alarms"),
    [
        ([], [("town-reachable", True)]),
        ([seen(Result.SKIPPED, Verdict.CLOSED, "needs-accept")], [("town-reachable", False)]),
        ([seen(Result.SKIPPED, Verdict.CLOSED, "needs-accept")] * 9, [("town-reachable", False)]),
        ([seen(None, Verdict.CLOSED)], [("town-reachable", False)]),
        ([seen(Result.SKIPPED, why="no-time-left")], [("town-reachable", False)]),
        ([seen(Result.SKIPPED, Verdict.CLOSED), seen(Result.PASSED)], []),
        ([seen(Result.PASSED)], []),
        ([seen(None)], []),
        ([seen(Result.SKIPPED), replace(visit(TOWN, steps=(REACHED,)), visited=seen(None).visited)], [("town-reachable", True)]),
    ],
)
def test_what_a_visit_did_not_try_again_has_not_ended(looks: list[Look], alarms: list[tuple[str, bool]]) -> None:
    """Found at 17:55, the alarm is there all night; it ends with a visit that tried the step. What is not told of has passed, or there
    was no way to it."""
    found: tuple[Amiss, ...] = ()
    before = found
    for look in (replace(visit(TOWN, steps=(REACHED,)), visited=seen(None).visited), *looks):
        before, found = found, carried_on(look, found)
    looked = Looked(by=By.VISIT, at=NOW, amiss=found, before=before)
    assert [(one.subject, one.raises) for one in raised([looked], NOW)] == alarms
    assert {one.severity for one in raised([looked], NOW)} <= {"urgent"}


def test_what_is_carried_on_grows_no_graver_and_keeps_nobody_out_who_is_online() -> None:
    """A warning that kept visitors from the page stays one over night, and is said of nobody once a visitor was online."""
    step = Step(name="api", zone="public", result=Result.FAILED, why=SILENT.kind)
    first = replace(visit(SILENT, steps=(step,)), visited=(Visited(zone="public", verdict=Verdict.STUCK, because=(SILENT.kind,)),))
    skipped = replace(step, result=Result.SKIPPED, why="closed-now")
    for verdict, stuck in ((Verdict.CLOSED, 1), (Verdict.ONLINE, None)):
        later = replace(visit(steps=(skipped,)), visited=(Visited(zone="public", verdict=verdict),))
        (one,) = raised([Looked(by=By.VISIT, at=NOW, amiss=carried_on(later, amiss(first)), before=amiss(first))], NOW)
        assert (one.severity, one.raises, one.detail.get("stuck")) == ("warning", False, stuck)
    (doctor,) = amiss(Look(by=By.DOCTOR, at=NOW, findings=(Finding(kind="portal-warns", severity=Severity.WARNING),)))
    assert carried_on(Look(by=By.DOCTOR, at=NOW), (doctor,)) == ()


def test_a_hub_that_was_away_is_no_alarm_at_the_hub_that_is_back() -> None:
    """Unless the hall let nobody in because of it."""
    away = Finding(kind="hub-away", severity=Severity.WARNING, zone="public")
    step = Step(name="status", zone="public", result=Result.FAILED, why="hub-away")
    assert told(visit(away, steps=(ONLINE, step))) == []
    assert told(visit(replace(away, severity=Severity.URGENT), steps=(OFFLINE, step))) == [("visit", "hub-away", "urgent", True)]


def test_kinds_that_the_hub_does_not_know_are_one() -> None:
    """As grave as the gravest of them, and named; beside those that it knows. Next time they may be called otherwise."""
    made_up = tuple(
        Finding(kind=f"made-up-{number}", severity=Severity.URGENT if number == 7 else Severity.WARNING) for number in range(50)
    )
    (strange, known) = amiss(visit(SILENT, *made_up))
    assert (known.kind, strange.kind, strange.severity, strange.zone) == (SILENT.kind, "other", Severity.URGENT, "")
    assert strange.german == "Befunde, die dieser Hub nicht kennt (made-up-7, made-up-0, made-up-1, made-up-10, made-up-11, …)"
    assert "made-up-7" in strange.english


def test_a_step_that_failed_without_a_finding_is_told() -> None:
    """By its reason, or else by its own name."""
    look = visit(steps=(Step(name="dhcp", result=Result.FAILED), Step(name="api", result=Result.FAILED, why="api-status")))
    assert told(look) == [("visit", "api-status", "warning", True), ("visit", "dhcp", "warning", True)]
    assert {kind for _, kind, severity, _ in told(look, look) if severity == "urgent"} == {"dhcp", "api-status"}
    assert [one.german for one in amiss(look) if one.kind == "dhcp"] == ["Schritt gescheitert: Adresse bekommen (DHCP)"]


def test_one_kind_is_one_alarm() -> None:
    """In several zones too: the gravest counts."""
    look = visit(SILENT, replace(SILENT, zone="council", severity=Severity.URGENT), replace(SILENT, zone="cafe"))
    (one,) = raised([Looked(by=By.VISIT, at=NOW, amiss=amiss(look))], NOW)
    assert (one.severity, one.detail["zone"], one.detail["more"]) == ("urgent", "council", 2)


def test_the_words_are_those_of_the_catalogue() -> None:
    """In both languages, in one line; a kind that this hub does not know is named."""
    (one,) = amiss(visit(SILENT))
    assert one.german != one.english
    assert "option114-missing" not in one.german
    (other,) = amiss(visit(replace(SILENT, kind="of-tomorrow")))
    assert (other.german, other.english) == (
        "Befunde, die dieser Hub nicht kennt (of-tomorrow)",
        "findings that this hub does not know (of-tomorrow)",
    )


def test_an_old_look_raises_nothing_and_ends_nothing() -> None:
    """Until nobody cares; of visits it is told that they are missing."""
    for by in By:
        kind = min(CATALOGUES[by])
        mine = replace(visit(Finding(kind=kind, severity=Severity.WARNING)), by=by)
        assert told(mine, age=FRESH[by]) == [(by.value, kind, "warning", True)]
        assert (by.value, kind, "warning", False) in told(mine, age=FRESH[by] + 1)
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


def _stopped(age: float | None, running: float, looking: tuple[str, ...], by: By = By.GUARD) -> list[tuple[str, str, bool]]:
    """Of a program whose last look is so old (None: there was none), on a box whose portal runs for so long."""
    looks = [] if age is None else [Looked(by=by, at=NOW - age)]
    return [(one.kind, one.severity, one.raises) for one in raised(looks, NOW, NOW - running, looking)]


@pytest.mark.parametrize("by", [By.DOCTOR, By.GUARD])
def test_who_stopped_looking_is_told_where_it_should_look(by: By) -> None:
    """Also where it has never looked; not where it is switched off, and not by a gateway that does not say."""
    longest, on, week = STOPPED[by], (by.value,), 10 * 86_400.0
    gone = [(f"{by.value}_missing", "warning", True)]
    assert _stopped(longest, week, on, by) == []
    assert _stopped(longest + 1, week, on, by) == gone
    assert _stopped(FORGOTTEN * 2, week * 3, on, by) == gone
    assert _stopped(None, longest + 1, on, by) == gone
    assert _stopped(None, longest, on, by) == []
    assert _stopped(longest + 1, 60.0, on, by) == [(f"{by.value}_missing", "warning", False)]  # it goes on, and does not begin
    for others in ((), ("visit",), ("of-tomorrow",)):
        assert _stopped(longest + 1, week, others, by) == []
        assert _stopped(None, week, others, by) == []
    assert next(iter(raised([], NOW, NOW - longest - 1, on))).detail == {"seen": NOW - longest - 1}


def test_each_zone_of_a_visit_is_well_by_itself() -> None:
    """By the zones of its findings and of the steps that failed; what is of no zone is amiss in each. An older hub kept one zone of
    several."""
    zones = ("public", "council", "staff")
    assert well((), zones) == dict.fromkeys(zones, True)
    assert well((), ()) == {"": True}
    one = Finding(kind="dns-lies", severity=Severity.WARNING, zone="council")
    assert well(amiss(visit(one)), zones) == {"public": True, "council": False, "staff": True}
    assert well(amiss(visit(one)), ()) == {"": False}
    both = amiss(visit(one, replace(one, zone="staff")))
    assert well(both, zones) == {"public": True, "council": False, "staff": False}
    assert well((replace(both[0], zones=()),), zones) == dict.fromkeys(zones, False)
    step = Step(name="dns", zone="staff", result=Result.FAILED, why="dns-lies")
    assert well(amiss(visit(replace(one, zone="staff"), steps=(step,))), zones) == {"public": True, "council": True, "staff": False}
    assert well(amiss(visit(replace(one, zone=""))), zones) == dict.fromkeys(zones, False)
    assert well(amiss(visit(replace(one, severity=Severity.NOTICE))), zones) == dict.fromkeys(zones, True)
