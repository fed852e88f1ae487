"""The order of visits and their end; the walk itself is in ``tests/kernel/visitor``."""

import time

import pytest

from hotspot.looks.values import Verdict
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


def test_the_only_zone_that_cannot_be_visited_is_no_look() -> None:
    """There is nothing to look with."""
    with pytest.raises(CannotLook, match="expected an interface of this machine"):
        walk.visit(NOWHERE[:1], "1.0")
