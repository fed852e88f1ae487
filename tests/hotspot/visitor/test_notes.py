"""Steps and findings as they are noted."""

from functools import partial

import pytest

from hotspot.looks.values import MOST_STEPS, Look, Result, Severity, Verdict, Visited
from hotspot.visitor.gathered import gathered
from hotspot.visitor.notes import Failed, Name, Notes, Skipped, TimeOver
from hotspot.visitor.said import AN_ADDRESS, NOTHING

DHCP, DNS, PAGE = Name("dhcp", 4), Name("dns", 4), Name("page")


PORTAL, ACCEPT, ONLINE = Name("portal", 4), Name("accept"), Name("online", 4)


def look_of(*zones: Notes) -> Look:
    """What is written."""
    return gathered(zones, 1_800_000_000.0, 1.0, "1.0")


def fails(kind: str) -> None:
    """A step that fails."""
    raise Failed(kind)


def test_steps_wait_for_each_other() -> None:
    """One that failed is named; what needs it is skipped, and what needs that too."""
    notes = Notes("public", 60)
    notes.run(DHCP, lambda: fails("dhcp-silent"))
    notes.run(DNS, lambda: None, (DHCP,))
    notes.run(PAGE, lambda: None, (DNS,))
    assert [(step.name, step.result, step.why) for step in notes.steps.values()] == [
        ("dhcp", Result.FAILED, "dhcp-silent"),
        ("dns", Result.SKIPPED, "needs-dhcp"),
        ("page", Result.SKIPPED, "needs-dns"),
    ]
    assert [(finding.kind, finding.severity, finding.zone) for finding in notes.findings] == [("dhcp-silent", Severity.URGENT, "public")]


def test_the_same_thing_twice_is_found_once_and_fails_twice() -> None:
    """Over IPv4 and over IPv6."""
    notes = Notes("", 60)
    for family in (4, 6):
        notes.run(Name("portal", family), lambda: fails("portal-down"))
    assert ([step.result for step in notes.steps.values()], len(notes.findings)) == ([Result.FAILED] * 2, 1)


def test_the_graver_of_two_stays() -> None:
    """Whichever was found first."""
    notes = Notes("", 60)
    for severity in (Severity.WARNING, Severity.URGENT, Severity.WARNING):
        notes.find("hub-away", severity)
    assert [finding.severity for finding in notes.findings] == [Severity.URGENT]


def test_a_notice_fails_nothing() -> None:
    """It is told, and the step has passed."""
    notes = Notes("", 60)
    notes.run(PAGE, lambda: fails("option37-missing"))
    notes.run(ONLINE, lambda: None)
    look = look_of(notes)
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
    assert [finding.kind for finding in notes.findings] == ["dhcp-silent"]
    notes.run(PAGE, lambda: fails("advertisement-missing"))
    notes.instead({"dhcp-silent", "advertisement-missing"}, "gateway-mute")
    assert [finding.kind for finding in notes.findings] == ["gateway-mute"]
    assert {step.why for step in notes.steps.values()} == {"gateway-mute"}


@pytest.mark.parametrize(("value", "said"), [("a\nb\x1b[1m", "a?b?[1m"), ("x" * 300, "x" * 120), (7, "7")])
def test_what_others_sent_can_be_shown(value: object, said: str) -> None:
    """No control character, and not too long."""
    notes = Notes("", 60)
    notes.find("option114-wrong", found=value)
    assert notes.findings[0].values == {"found": said}


def test_values_in_two_languages() -> None:
    """The German twin stands beside the English value; what could be a device's address is only called so."""
    notes = Notes("", 60)
    notes.find("api-type", found=NOTHING)
    notes.find("portal-fault", fault="no way to 192.0.2.7")
    assert [finding.values for finding in notes.findings] == [
        {"found": "nothing", "found-german": "nichts"},
        {"fault": AN_ADDRESS.english, "fault-german": AN_ADDRESS.german},
    ]


def test_the_interface_goes_with_findings_whose_command_names_it() -> None:
    """As the hall calls it."""
    notes = Notes("", 60, lan="br-guest")
    notes.find("rate-low", found="0.5")
    notes.find("dhcp-silent")
    assert {finding.kind: finding.values.get("interface") for finding in notes.findings} == {"rate-low": "br-guest", "dhcp-silent": None}


def walked(**kinds: str) -> Notes:
    """A visit of five steps, those that are named fail or are skipped with that reason; names at the portal need the name server."""
    notes = Notes("public", 60, skip=[name for name, kind in kinds.items() if kind == "as-asked"])

    def step(name: str) -> None:
        kind = kinds.get(name)
        if kind == "closed-now":
            raise Skipped(kind)
        if kind is not None:
            raise Failed(kind)

    notes.run(Name("advertisement", 6), lambda: step("advertisement"))
    way = [DNS, PORTAL, PAGE, ACCEPT, ONLINE, Name("upload")]
    for before, name in zip([None, *way], way, strict=False):
        notes.run(name, partial(step, name.step), () if before is None else (before,))
        if name is PORTAL:
            notes.run(Name("probe-ios", 4), partial(step, "probe-ios"), (PORTAL,))
    return notes


@pytest.mark.parametrize(
    ("kinds", "verdict", "because"),
    [
        ({}, Verdict.ONLINE, ()),
        ({"upload": "rate-low", "advertisement": "advertisement-missing", "probe-ios": "probe-silent"}, Verdict.ONLINE, ()),
        ({"portal": "refusal-slow"}, Verdict.ONLINE, ()),
        ({"portal": "refusal-slow", "accept": "accept-refused"}, Verdict.STUCK, ("accept-refused",)),
        ({"dns": "dns-empty"}, Verdict.STUCK, ("dns-empty",)),
        ({"dns": "dns-empty", "advertisement": "advertisement-missing"}, Verdict.STUCK, ("dns-empty",)),
        ({"online": "grants-nothing", "probe-ios": "probe-silent"}, Verdict.STUCK, ("grants-nothing",)),
        ({"page": "closed-now"}, Verdict.CLOSED, ()),
        ({"page": "closed-now", "probe-ios": "probe-silent"}, Verdict.CLOSED, ()),
        ({"accept": "as-asked"}, Verdict.PARTIAL, ()),
        ({"accept": "as-asked", "portal": "portal-down"}, Verdict.STUCK, ("portal-down",)),
    ],
)
def test_the_verdict(kinds: dict[str, str], verdict: Verdict, because: tuple[str, ...]) -> None:
    """Only what the way online needs keeps a visit from it; the reason is among the findings, and graver than a notice."""
    look = look_of(walked(**kinds))
    assert look.visited == (Visited(zone="public", verdict=verdict, because=because),)
    assert set(because) <= {finding.kind for finding in look.findings if finding.severity is not Severity.NOTICE}
    assert look.well == (verdict is not Verdict.STUCK and not set(kinds.values()) - {"closed-now", "as-asked"})


def test_a_visit_that_got_nowhere_is_told_though_no_step_says_why() -> None:
    """Everything after some reason was skipped, and nothing failed."""
    notes = Notes("", 60)

    def nobody() -> None:
        raise Skipped("no-portal-named")

    notes.run(PAGE, nobody)
    notes.run(ACCEPT, lambda: None, (PAGE,))
    look = look_of(notes)
    assert (look.visited, look.well) == ((Visited(verdict=Verdict.STUCK, because=("not-online",)),), False)


def test_time_that_is_over_is_a_finding() -> None:
    """Told once, with the first step that was not tried."""
    notes = Notes("", -1)
    for name in (DNS, PAGE, ONLINE):
        notes.run(name, lambda: None)
    look = look_of(notes)
    assert [(finding.kind, finding.values["what"]) for finding in look.findings] == [("no-time-left", "Names answered truly (IPv4)")]
    assert look.visited == (Visited(verdict=Verdict.STUCK, because=("no-time-left",)),)


def test_a_step_that_hangs_ends_with_the_time() -> None:
    """What it would have said is not known; the findings before it stay, and nothing after it is tried."""

    def hangs() -> None:
        raise TimeOver

    notes = Notes("", 60)
    notes.run(Name("advertisement", 6), lambda: fails("advertisement-missing"))
    notes.run(DNS, hangs)
    notes.run(ONLINE, lambda: None)
    look = look_of(notes)
    assert {finding.kind for finding in look.findings} == {"advertisement-missing", "no-time-left"}
    assert [step.why for step in look.steps] == ["advertisement-missing", "no-time-left", "no-time-left"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("Invalid IPv6 URL"), "ValueError: Invalid IPv6 URL"),
        (RecursionError(), "RecursionError: "),
        (OSError(100, "Network is down"), "OSError: [Errno 100] Network is down"),
        (ValueError("no host 198.18.1.7"), "ValueError"),
    ],
)
def test_what_nobody_expected_is_a_finding_of_its_step(error: Exception, said: str) -> None:
    """The visit goes on; no device is named."""

    def breaks() -> None:
        raise error

    notes = Notes("", 60)
    notes.run(DNS, breaks)
    notes.run(PAGE, lambda: None)
    assert [(step.result, step.why) for step in notes.steps.values()] == [(Result.FAILED, "unexpected"), (Result.PASSED, None)]
    assert notes.findings[0].values == {
        "what": "Names answered truly (IPv4)",
        "what-german": "Namen wahr beantwortet (IPv4)",
        "why": said,
    }


def test_a_fault_between_two_steps_is_told() -> None:
    """And the visit is none that got online."""
    notes = Notes("", 60)
    notes.run(DNS, lambda: None)
    notes.end(KeyError("x"))
    look = look_of(notes)
    assert (look.visited[0].because, [finding.kind for finding in look.findings]) == (("unexpected",), ["unexpected"])


def test_several_zones_are_one_look() -> None:
    """Each with its verdict; what does not fit are steps that passed, never those that say something."""
    zones = []
    for number in range(12):
        notes = Notes(f"zone{number}", 60)
        for step in ("dhcp", "router", "dns", "closed", "portal", "page", "accept", "online", "download", "leave"):
            notes.run(Name(step, 4), (lambda: fails("internet-down")) if (step, number) == ("online", 7) else lambda: None)
        zones.append(notes)
    look = look_of(*zones)
    assert len(look.steps) == MOST_STEPS
    assert [one.zone for one in look.visited if one.verdict is Verdict.STUCK] == ["zone7"]
    assert [step.zone for step in look.steps if step.name == "online"] == [f"zone{number}" for number in range(12)]
