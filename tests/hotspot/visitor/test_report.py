"""What a look says to people, to JUnit and to Nagios."""

from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from hotspot.looks.values import By, Finding, Look, Result, Severity, Step, Verdict, Visited
from hotspot.visitor import report

WELL = Look(
    by=By.VISIT,
    at=1_800_000_000.0,
    seconds=2.5,
    steps=(
        Step(name="dhcp", family=4, result=Result.PASSED, seconds=0.25),
        Step(name="upload", result=Result.SKIPPED, why="no-target"),
    ),
)
WRONG = Finding(
    kind="option114-wrong",
    severity=Severity.URGENT,
    values={"found": "https://x.example/|<a>", "expected": "https://portal.hall.example/api/captive"},
)
BROKEN = replace(
    WELL, findings=(WRONG,), steps=(*WELL.steps, Step(name="portal-option", family=4, result=Result.FAILED, why="option114-wrong"))
)


def test_for_a_person() -> None:
    """Each step, and the verdict."""
    assert report.text(WELL, german=False) == (
        "ok     Get an address (DHCP)                     IPv4    0.250 s\n"
        "-      Upload rate                                       0.000 s  (no target was named to measure with)\n"
        "\n"
        "1 of 2 steps passed in 2.5 s: all is well"
    )


def test_for_a_person_in_german() -> None:
    """What is amiss, what it means and what to look at, with the values."""
    lines = report.text(BROKEN, german=True).splitlines()
    assert "[dringend] DHCP nennt eine falsche Adresse des Portals (Option 114): https://x.example/|<a>" in lines
    assert "   Handys, die der Option glauben, fragen dort und öffnen die Seite nicht von selbst." in lines
    assert lines[-1] == "1 von 3 Schritten bestanden in 2.5 s: NICHT in Ordnung"


def test_for_junit() -> None:
    """Well-formed whatever is in it: a case a step, failures with the words for people."""
    suite = ET.fromstring(report.junit(BROKEN))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert (failure.get("type"), "https://x.example/|<a>" in (failure.text or "")) == ("option114-wrong", True)


@pytest.mark.parametrize(
    ("look", "state", "line"),
    [
        (WELL, 0, "VISIT OK - 1 steps passed | time=2.50s passed=1 failed=0 skipped=1 dhcp4=0.250s"),
        (
            BROKEN,
            2,
            (
                "VISIT CRITICAL - DHCP names a wrong address of the portal (option 114): https://x.example//<a> | "
                "time=2.50s passed=1 failed=1 skipped=1 dhcp4=0.250s"
            ),
        ),
        (
            replace(WELL, findings=(Finding(kind="rdnss-missing", severity=Severity.WARNING),)),
            1,
            "VISIT WARNING - The router advertisement names no name server (RDNSS) | time=2.50s passed=1 failed=0 skipped=1 dhcp4=0.250s",
        ),
    ],
)
def test_for_nagios(look: Look, state: int, line: str) -> None:
    """One line; what stands before the bar has none in it."""
    assert report.nagios(look) == (state, line)


def test_a_notice_is_well() -> None:
    """It is told and changes no exit status."""
    noticed = replace(WELL, findings=(Finding(kind="option37-missing", severity=Severity.NOTICE),))
    assert (report.failed(noticed), report.nagios(noticed)[0], report.failed(BROKEN)) == (False, 0, True)


STUCK = Visited(zone="public", verdict=Verdict.STUCK, because=("dns-empty",))


@pytest.mark.parametrize(
    ("verdict", "german", "english"),
    [
        (Verdict.ONLINE, "alles in Ordnung", "all is well"),
        (Verdict.CLOSED, "alles in Ordnung, gerade geschlossen", "all is well, closed now"),
        (Verdict.PARTIAL, "nichts zu beanstanden, aber nicht alles versucht", "nothing amiss, but not all was tried"),
    ],
)
def test_what_became_of_it(verdict: Verdict, german: str, english: str) -> None:
    """A visit that nobody let in is not called one that got online."""
    look = replace(WELL, visited=(Visited(verdict=verdict),))
    said = report.verdict(look)
    assert (said.german, said.english, report.failed(look), report.nagios(look)[0]) == (german, english, False, 0)


def test_a_visit_that_is_stuck_is_never_well() -> None:
    """However mild its findings are called: exit status, Nagios and words say so."""
    finding = Finding(kind="dns-empty", severity=Severity.WARNING)
    look = replace(WELL, findings=(finding,), visited=(STUCK,))
    assert (report.failed(look), report.nagios(look)[0]) == (True, 2)
    assert report.text(look, german=False).endswith("NOT well, the visit did not get through")


@pytest.mark.parametrize(
    ("because", "state", "english"),
    [
        ("open-before-accept", 2, "the Internet is open without acceptance"),
        ("unexpected", 1, "the visit broke off: whether visitors get online is not known"),
    ],
)
def test_a_visit_that_stopped_has_not_always_been_kept_out(because: str, state: int, english: str) -> None:
    """Nobody is told that visitors do not get online."""
    finding = Finding(kind=because, severity=Severity.WARNING)
    look = replace(WELL, findings=(finding,), visited=(replace(STUCK, because=(because,)),))
    assert (report.failed(look), report.nagios(look)[0]) == (True, state)
    assert report.verdict(look).english == f"NOT well, {english}"


def test_several_zones_are_told_apart() -> None:
    """In front of each step and finding."""
    zoned = [Step(name="dhcp", zone=zone, family=4, result=Result.FAILED, why="dhcp-silent") for zone in ("public", "council")]
    look = replace(WELL, steps=tuple(zoned), findings=(Finding(kind="dhcp-silent", zone="council", severity=Severity.URGENT),))
    lines = report.text(look, german=True).splitlines()
    assert lines[1] == "FEHLER council     Adresse bekommen (DHCP)                   IPv4    0.000 s  (Kein DHCP-Server antwortet)"
    assert "[dringend] council: Kein DHCP-Server antwortet" in lines


def test_junit_tells_each_zones_own_finding() -> None:
    """The same kind in two zones, with other values."""
    zones = ("public", "council")
    steps = tuple(Step(name="page", zone=zone, result=Result.FAILED, why="portal-problem") for zone in zones)
    findings = tuple(
        Finding(kind="portal-problem", zone=zone, severity=Severity.URGENT, values={"status": status})
        for zone, status in zip(zones, ("500", "404"), strict=True)
    )
    failures = ET.fromstring(report.junit(replace(WELL, steps=steps, findings=findings))).findall("testcase/failure")
    assert [status in (one.get("message") or "") for one, status in zip(failures, ("500", "404"), strict=True)] == [True, True]


def test_commands_name_the_interface_of_the_hall() -> None:
    """As the settings call it; a "?" where it is not known."""
    for values, command in (({"interface": "br-guest"}, "   $ tc class show dev br-guest"), ({}, "   $ tc class show dev ?")):
        look = replace(WELL, findings=(Finding(kind="rate-unlimited", severity=Severity.WARNING, values=values),))
        assert command in report.text(look, german=True).splitlines()
