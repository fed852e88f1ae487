"""Did the visitor get online? Old looks say it by their steps alone."""

import pytest

from hotspot.looks.values import By, Finding, Look, Result, Severity, Step, Verdict, Visited
from hotspot.looks.verdict import NOT_ONLINE, Outcome, outcome, outcomes, visited, well

PASSED, FAILED, SKIPPED = Result


def visit(*steps: Step, findings: tuple[Finding, ...] = ()) -> Look:
    """One with these steps."""
    return Look(by=By.VISIT, at=1.0, steps=steps, findings=findings)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), Verdict.STUCK),
        ((Step(name="dhcp", result=PASSED),), Verdict.STUCK),
        ((Step(name="online", result=SKIPPED, why="no-time-left"),), Verdict.STUCK),
        (
            (Step(name="accept", result=FAILED, why="accept-refused"), Step(name="online", result=SKIPPED, why="needs-accept")),
            Verdict.STUCK,
        ),
        ((Step(name="download", result=SKIPPED, why="as-asked"), Step(name="online", result=SKIPPED, why="no-address")), Verdict.STUCK),
        ((Step(name="online", family=4, result=PASSED), Step(name="online", family=6, result=FAILED, why="internet-down")), Verdict.ONLINE),
        ((Step(name="page", result=SKIPPED, why="closed-now"),), Verdict.CLOSED),
        ((Step(name="accept", result=SKIPPED, why="as-asked"), Step(name="online", result=SKIPPED, why="needs-accept")), Verdict.PARTIAL),
    ],
)
def test_how_far_it_came(steps: tuple[Step, ...], expected: Verdict) -> None:
    """Only the step itself says that somebody was online; a visit without steps got nowhere."""
    (found,) = visited(visit(*steps)).values()
    assert (found.zone, found.verdict, bool(found.because)) == ("", expected, expected is Verdict.STUCK)


def test_each_zone_for_itself() -> None:
    """What is of no zone is of all; a zone with nothing but a fault is there too, one with nothing but a notice is not."""
    faults = (
        Finding(kind="x", severity=Severity.WARNING, zone="cellar"),
        Finding(kind="y", severity=Severity.NOTICE, zone="attic"),
    )
    whole = visit(
        Step(name="interface", result=PASSED),
        Step(name="online", zone="public", result=PASSED),
        Step(name="online", zone="staff", result=SKIPPED, why="needs-accept"),
        findings=faults,
    )
    told = {zone: (one.verdict, one.because) for zone, one in visited(whole).items()}
    assert told == {
        "cellar": (Verdict.STUCK, (NOT_ONLINE,)),
        "public": (Verdict.ONLINE, ()),
        "staff": (Verdict.STUCK, (NOT_ONLINE,)),
    }
    assert well(whole) == {"cellar": False, "public": True, "staff": False}
    nowhere = visit(*whole.steps, Step(name="status", result=FAILED, why="portal-fault"))
    assert well(nowhere) == {"public": False, "staff": False}


def test_others_do_not_visit() -> None:
    """Doctor and guard say nothing of it."""
    assert visited(Look(by=By.GUARD, at=1.0)) == {}


def test_what_kept_it() -> None:
    """Of an old look: what steps failed with, where nobody got online; a notice keeps nobody."""
    grave, slow = Finding(kind="dns-lies", severity=Severity.URGENT, zone="z"), Finding(kind="soon", severity=Severity.NOTICE, zone="z")
    steps = tuple(Step(name=kind, zone="z", result=FAILED, why=kind) for kind in ("dns-lies", "soon"))
    assert visited(visit(*steps, findings=(grave, slow)))["z"].because == ("dns-lies",)


@pytest.mark.parametrize(
    ("verdict", "because", "expected"),
    [
        *((verdict, (), Outcome(verdict.value)) for verdict in Verdict),
        (Verdict.STUCK, ("dns-lies",), Outcome.STUCK),
        (Verdict.STUCK, ("of-tomorrow",), Outcome.STUCK),
        (Verdict.STUCK, ("open-before-accept",), Outcome.OPEN),
        (Verdict.STUCK, ("open-before-accept", "no-time-left"), Outcome.OPEN),
        (Verdict.STUCK, ("open6-before-accept", "portal-down"), Outcome.STUCK),
        *((Verdict.STUCK, (kind,), Outcome.UNKNOWN) for kind in ("no-time-left", "unexpected", "refusal-slow", "gateway-twice")),
    ],
)
def test_what_it_says_about_visitors(verdict: Verdict, because: tuple[str, ...], expected: Outcome) -> None:
    """Who stopped has not always been kept out."""
    assert outcome(verdict.value, because) is expected
    assert outcomes(Look(by=By.VISIT, at=1.0, visited=(Visited(verdict=verdict, because=because),))) == {"": expected}


def test_what_the_visit_says_itself_counts() -> None:
    """Whatever its steps look like: they may have been too many. Of one zone the graver verdict; an error elsewhere is still amiss."""
    online, stuck = Visited(zone="a", verdict=Verdict.ONLINE), Visited(zone="b", verdict=Verdict.STUCK, because=("dns-lies",))
    told = (online, stuck, Visited(zone="b", verdict=Verdict.CLOSED), Visited(zone="b", verdict=Verdict.STUCK, because=("x",)))
    whole = Look(by=By.VISIT, at=1.0, visited=told)
    assert visited(whole) == {"a": online, "b": Visited(zone="b", verdict=Verdict.STUCK, because=("dns-lies", "x"))}
    assert well(whole) == {"a": True, "b": False}
    faulty = Finding(kind="rate-low", severity=Severity.WARNING, zone="a")
    assert well(Look(by=By.VISIT, at=1.0, visited=told[:1], findings=(faulty,))) == {"a": False}
