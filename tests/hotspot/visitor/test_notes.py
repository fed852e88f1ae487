"""Steps and findings as they are noted."""

import pytest

from hotspot.looks.values import Result, Severity
from hotspot.visitor.notes import Failed, Name, Notes, Skipped

DHCP, DNS, PAGE = Name("dhcp", 4), Name("dns", 4), Name("page")


def fails(kind: str) -> None:
    """A step that fails."""
    raise Failed(kind)


def test_steps_wait_for_each_other() -> None:
    """One that failed is named; what needs it is skipped, and what needs that too."""
    notes = Notes("public", 60)
    notes.run(DHCP, lambda: fails("dhcp-silent"))
    notes.run(DNS, lambda: None, (DHCP,))
    notes.run(PAGE, lambda: None, (DNS,))
    look = notes.look(1_800_000_000.0, "1.0")
    assert [(step.name, step.result, step.why) for step in look.steps] == [
        ("dhcp", Result.FAILED, "dhcp-silent"),
        ("dns", Result.SKIPPED, "needs-dhcp"),
        ("page", Result.SKIPPED, "needs-dns"),
    ]
    assert [(finding.kind, finding.severity, finding.zone) for finding in look.findings] == [("dhcp-silent", Severity.URGENT, "public")]


def test_the_same_thing_twice_is_found_once_and_fails_twice() -> None:
    """Over IPv4 and over IPv6."""
    notes = Notes("", 60)
    for family in (4, 6):
        notes.run(Name("portal", family), lambda: fails("portal-down"))
    assert ([step.result for step in notes.steps.values()], len(notes.look(0, "").findings)) == ([Result.FAILED] * 2, 1)


def test_a_notice_fails_nothing() -> None:
    """It is told, and the step has passed."""
    notes = Notes("", 60)
    notes.run(PAGE, lambda: fails("option37-missing"))
    look = notes.look(0, "")
    assert (look.well, notes.amiss, look.steps[0].result, len(look.findings)) == (True, False, Result.PASSED, 1)


def test_a_step_that_cannot_be_tried() -> None:
    """With its reason; and when the time is over."""

    def no() -> None:
        raise Skipped("no-target")

    notes = Notes("", 60)
    notes.run(PAGE, no)
    late = Notes("", -1)
    late.run(PAGE, lambda: fails("portal-down"))
    assert [notes.steps[PAGE].why, late.steps[PAGE].why] == ["no-target", "no-time-left"]


def test_several_kinds_that_are_one_thing() -> None:
    """All of them are replaced, in the steps too; one alone stays."""
    notes = Notes("", 60)
    notes.run(DHCP, lambda: fails("dhcp-silent"))
    notes.instead({"dhcp-silent", "advertisement-missing"}, "gateway-mute")
    assert [finding.kind for finding in notes.look(0, "").findings] == ["dhcp-silent"]
    notes.run(PAGE, lambda: fails("advertisement-missing"))
    notes.instead({"dhcp-silent", "advertisement-missing"}, "gateway-mute")
    look = notes.look(0, "")
    assert ([finding.kind for finding in look.findings], {step.why for step in look.steps}) == (["gateway-mute"], {"gateway-mute"})


@pytest.mark.parametrize(("value", "said"), [("a\nb\x1b[1m", "a?b?[1m"), ("x" * 300, "x" * 120), (7, "7")])
def test_what_others_sent_can_be_shown(value: object, said: str) -> None:
    """No control character, and not too long."""
    notes = Notes("", 60)
    notes.find("option114-wrong", found=value)
    assert notes.look(0, "").findings[0].values == {"found": said}
