"""The order of visits and their end; the walk itself is in ``tests/kernel/visitor``."""

import time

import pytest

from hotspot.looks.values import Result, Severity, Verdict
from hotspot.visitor import walk
from hotspot.visitor.choices import Choices
from hotspot.visitor.notes import TimeOver
from hotspot.visitor.programs import CannotLook

NOWHERE = [Choices(interface=f"nowhere{number}", zone=zone) for number, zone in enumerate(("public", "council"))]


def test_a_wait_without_a_bound_ends() -> None:
    """Once, and no handler of ordinary errors keeps it."""
    began = time.monotonic()
    with pytest.raises(TimeOver), walk.in_time(0.05):
        try:
            time.sleep(10)
        except Exception:  # noqa: BLE001 - as a library might
            raise AssertionError from None
    assert time.monotonic() - began < 5


def test_a_zone_that_cannot_be_visited_costs_the_others_nothing() -> None:
    """It is told as what could not be looked at, and nobody gets online there."""
    look = walk.visit(NOWHERE, "1.0")
    assert [(one.zone, one.verdict, one.because) for one in look.visited] == [
        ("public", Verdict.STUCK, ("unexpected",)),
        ("council", Verdict.STUCK, ("unexpected",)),
    ]
    assert "nowhere0" in {finding.zone: finding.values["why"] for finding in look.findings}["public"]


@pytest.mark.parametrize("zones", [1, 2])
def test_the_halls_own_interface_that_is_gone_is_a_finding(zones: int) -> None:
    """With one zone as with several: a look is made, and says that nobody gets online."""
    look = walk.visit([Choices(interface=one.interface, zone=one.zone, lan=one.interface) for one in NOWHERE[:zones]], "1.0")
    assert [(one.verdict, one.because) for one in look.visited] == [(Verdict.STUCK, ("interface-missing",))] * zones
    assert [(step.name, step.result, step.why) for step in look.steps] == [("interface", Result.FAILED, "interface-missing")] * zones
    assert {(finding.kind, finding.severity) for finding in look.findings} == {("interface-missing", Severity.URGENT)}
    assert [finding.values["interface"] for finding in look.findings if finding.zone == "public"] == ["nowhere0"]


def test_the_only_zone_that_cannot_be_visited_is_no_look() -> None:
    """There is nothing to look with."""
    with pytest.raises(CannotLook, match="expected an interface of this machine"):
        walk.visit(NOWHERE[:1], "1.0")
