"""What a look says to people, to JUnit and to Nagios."""

from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from hotspot.looks.values import By, Finding, Look, Result, Severity, Step
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
        "-      Upload rate                                       0.000 s  (no-target)\n"
        "\n"
        "1 of 2 steps passed in 2.5 s: all is well"
    )


def test_for_a_person_in_german() -> None:
    """What is amiss, what it means and what to look at, with the values."""
    lines = report.text(BROKEN, german=True).splitlines()
    assert "[urgent] DHCP nennt eine falsche Adresse des Portals (Option 114): https://x.example/|<a>" in lines
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
