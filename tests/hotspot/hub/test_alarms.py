"""What is amiss, and what becomes of an alarm: limits, delays, damping."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hotspot import wire
from hotspot.hub import look_alarms
from hotspot.hub.alarms import (
    DELAY,
    EVENT_SECONDS,
    HOLD,
    HOLD_MOST,
    MOST_SUBJECTS,
    Finding,
    Found,
    Gateway,
    Key,
    Limits,
    Open,
    Severity,
    Verdict,
    amiss,
    hold,
    judge,
    remembered,
    silence,
)
from hotspot.hub.look_alarms import MISSING, Looked
from hotspot.looks import values as told_of

NOW = 1_800_000_000.0
GIB = 2**30
WARNING, URGENT = Severity.WARNING, Severity.URGENT
KEY = Key(1, 2, "disk")
ONLINE = (told_of.Step(name="online", result=told_of.Result.PASSED),)


def gateway(now: float = NOW, **health: Any) -> Gateway:
    """A gateway that spoke just now."""
    return Gateway(hall_id=1, id=2, seen=now, health=wire.Health(**health))


def found(box: Gateway, now: float = NOW, acknowledged: dict[Key, float] | None = None) -> dict[tuple[str, str], tuple[str, bool]]:
    """What is amiss, as (kind, subject) -> (severity, raises)."""
    looked = replace(box, memory=remembered(box, now))
    what = amiss(looked, now, Limits(), NOW - 86_400, acknowledged or {})
    assert what is not None
    return {(key.kind, key.subject): (str(each.severity), each.raises) for key, each in what.items()}


def pool(used: int) -> tuple[wire.ZoneHealth, ...]:
    """One zone with a hundred addresses."""
    return (wire.ZoneHealth("public", pool_used=used, pool_size=100),)


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        ({}, {}),
        ({"internet": False}, {("wan_down", ""): ("urgent", True)}),
        ({"firewall": False, "faults": ("firewall",)}, {("firewall_down", ""): ("urgent", True)}),
        ({"journal": False}, {("journal", ""): ("urgent", True)}),
        ({"faults": ("settings: bad key",)}, {("fault", ""): ("warning", True)}),
        ({"zones": pool(85)}, {}),
        ({"zones": pool(86)}, {("pool", "public"): ("warning", False)}),
        ({"zones": pool(90)}, {("pool", "public"): ("warning", True)}),
        ({"zones": pool(98)}, {("pool", "public"): ("urgent", True)}),
        ({"zones": (wire.ZoneHealth("public", pool_used=5, pool_size=0),)}, {}),
        ({"disk_free": 15 * GIB, "disk_size": 100 * GIB}, {}),
        ({"disk_free": 14 * GIB, "disk_size": 100 * GIB}, {("disk", ""): ("warning", False)}),
        ({"disk_free": 10 * GIB, "disk_size": 100 * GIB}, {("disk", ""): ("warning", True)}),
        ({"disk_free": 3 * GIB, "disk_size": 100 * GIB}, {("disk", ""): ("urgent", True)}),
        ({"disk_free": 0, "disk_size": 0}, {}),
        ({"certificate_until": NOW + 16 * 86_400}, {}),
        ({"certificate_until": NOW + 14 * 86_400}, {("certificate", ""): ("warning", True)}),
        ({"certificate_until": NOW + 3.1 * 86_400}, {("certificate", ""): ("warning", True)}),
        ({"certificate_until": NOW + 3 * 86_400}, {("certificate", ""): ("urgent", True)}),
        ({"certificate_until": NOW - 1}, {("certificate", ""): ("urgent", True)}),
        ({"updated": NOW - 4 * 86_400, "restart_wanted": NOW - 7 * 86_400}, {}),
        ({"updated": NOW - 4.1 * 86_400}, {("updates_late", ""): ("warning", True)}),
        ({"restart_wanted": NOW - 7.1 * 86_400}, {("restart_wanted", ""): ("warning", True)}),
        ({"backlog": 5}, {}),
        ({"backlog": 6}, {("backlog", ""): ("warning", False)}),
        ({"backlog": 60}, {("backlog", ""): ("warning", True)}),
        ({"policy_refused": 7, "policy_error": "plans"}, {("policy_refused", ""): ("warning", True)}),
        ({"lost": 2}, {("lost", ""): ("warning", True)}),
        ({"alarms": (wire.Alarm("clone", "public", NOW - 60, NOW - 60),)}, {("clone", "public"): ("warning", True)}),
        ({"alarms": (wire.Alarm("clone", "public", NOW - 3_601, NOW - 3_601),)}, {}),
        ({"alarms": (wire.Alarm("flood", "public", NOW, NOW),)}, {("told", ""): ("warning", True)}),
    ],
)
def test_what_is_amiss(health: dict[str, Any], expected: dict[tuple[str, str], tuple[str, bool]]) -> None:
    """Each kind by its limits: one to raise, an easier one to end, a harder one for what is urgent."""
    assert found(gateway(**health)) == expected


def test_what_the_hub_knows_of_a_gateway() -> None:
    """A wrong clock, a policy that does not come into force, and findings that staff have not seen yet."""
    assert found(replace(gateway(), clock_offset=-601.0)) == {("clock", ""): ("warning", True)}
    assert found(replace(gateway(), clock_offset=301.0)) == {("clock", ""): ("warning", False)}
    assert found(replace(gateway(policy=3), policy_wanted=4)) == {("policy_late", ""): ("warning", True)}
    failing = replace(gateway(), certificate_failing=(NOW - 7_200, "authority\nsays no"))
    assert found(failing) == {("certificate_failed", ""): ("warning", True)}
    assert found(failing, NOW - 60) == {("certificate_failed", ""): ("warning", False)}
    twin = replace(gateway(), findings=(Finding("twin", NOW - 60),))
    assert found(twin) == {("twin", ""): ("urgent", True)}
    assert found(replace(twin, seen=NOW + EVENT_SECONDS), NOW + EVENT_SECONDS) == {}
    assert found(twin, acknowledged={Key(1, 2, "twin"): NOW - 61}) == {("twin", ""): ("urgent", True)}
    assert found(twin, acknowledged={Key(1, 2, "twin"): NOW - 59}) == {}


def test_a_clone_is_told_though_the_clock_is_wrong() -> None:
    """The moments of a gateway's alarms are by its clock, which is a day behind here."""
    late = gateway(alarms=(wire.Alarm("clone", "public", NOW - 86_460, NOW - 86_460),))
    assert ("clone", "public") in found(replace(late, clock_offset=-86_400.0))


def test_a_gateway_with_a_thousand_zones_raises_no_thousand_alarms() -> None:
    """Rubbish is bounded."""
    zones = tuple(wire.ZoneHealth(f"z{number}", pool_used=99, pool_size=100) for number in range(1_000))
    alarms = tuple(wire.Alarm("clone", f"z{number}", NOW, NOW) for number in range(1_000))
    assert len(found(gateway(zones=zones, alarms=alarms))) == 2 * MOST_SUBJECTS


def test_a_gateway_that_makes_up_kinds_raises_one_alarm() -> None:
    """However many there are, and whatever they are called next time."""
    for begin in ("a", "b"):
        alarms = tuple(wire.Alarm(f"{begin}{number}", "public", NOW, NOW) for number in range(40))
        findings = tuple(told_of.Finding(kind=f"{begin}-{number}", severity=told_of.Severity.URGENT) for number in range(60))
        looks = tuple(
            Looked(by=by, at=NOW, amiss=look_alarms.amiss(told_of.Look(by=by, at=NOW, findings=findings, steps=ONLINE)))
            for by in told_of.By
        )
        told = found(replace(gateway(alarms=alarms), looks=looks))
        assert set(told) == {("told", ""), ("visit", "other"), ("doctor", "other"), ("guard", "other")}


def test_visits_are_not_missing_while_the_box_was_off() -> None:
    """It came back a minute ago, and its last visit is of yesterday; only three hours later without one it is told, and not at once. An
    alarm that is there goes on when the portal is only started anew. The box's clock may be wrong."""
    yesterday = (Looked(by=told_of.By.VISIT, at=NOW - 86_400),)
    for offset in (0.0, 500.0, -86_400.0):
        box = replace(gateway(started=NOW - 60 + offset), looks=yesterday, clock_offset=offset)
        assert found(box).get(("visit_missing", "")) == ("warning", False)
        late = replace(box, seen=NOW + MISSING)
        assert found(late, NOW + MISSING).get(("visit_missing", "")) == ("warning", True)
    key = Key(1, 2, "visit_missing")
    what = {key: Found(Severity.WARNING, {"hours": 24})}
    assert [change.verdict for change in judge(what, {}, NOW)] == [Verdict.BEGIN]
    begun = Open(severity=Severity.WARNING, detail={"hours": 24}, since=NOW)
    assert judge(what, {key: begun}, NOW + DELAY["visit_missing"] - 1) == []
    assert [change.verdict for change in judge({}, {key: begun}, NOW + 300)] == [Verdict.DROP]
    assert [change.verdict for change in judge(what, {key: begun}, NOW + DELAY["visit_missing"])] == [Verdict.RAISE]


def test_nothing_of_a_gateways_words_moves_a_terminal() -> None:
    """Control characters and ends of lines are gone from zones, faults and reasons."""
    evil = "a\x1b[2J\r\nb\u202e"
    clone = wire.Alarm("clone", evil, NOW, NOW)
    box = gateway(faults=(evil,), policy_refused=1, policy_error=evil, alarms=(clone,))
    looked = replace(box, memory=remembered(box, NOW))
    what = amiss(looked, NOW, Limits(), NOW - 86_400, {}) or {}
    assert {(key.kind, key.subject, each.detail.get("text")) for key, each in what.items()} == {
        ("fault", "", "a [2J b"),
        ("policy_refused", "", "a [2J b"),
        ("clone", "a [2J b", None),
    }


def test_errors_count_within_a_quarter_of_an_hour() -> None:
    """Five failed acceptances in fifteen minutes raise the alarm; what was before the hub looked first does not count."""
    box = gateway(started=1, accept_errors=100)
    box = replace(box, memory=remembered(box, NOW))
    seen = []
    for minute, errors in ((1, 103), (2, 104), (3, 105), (17, 105), (20, 105)):
        now = NOW + 60 * minute
        box = replace(box, seen=now, health=wire.Health(started=1, accept_errors=errors))
        box = replace(box, memory=remembered(box, now))
        seen.append(found(box, now).get(("accept_errors", "")))
    assert seen == [("warning", False), ("warning", False), ("warning", True), ("warning", False), None]


def test_counters_of_a_portal_that_was_started_anew_begin_at_nothing() -> None:
    """Six errors since its start are six, though there were a hundred before."""
    box = gateway(started=1, accept_errors=100, drift=9)
    again = replace(gateway(started=2, accept_errors=6, drift=3), memory=remembered(box, NOW))
    assert found(again) == {("accept_errors", ""): ("warning", True), ("drift", ""): ("warning", True)}


def test_silence_is_of_the_gateway_or_of_the_hub() -> None:
    """Three minutes without a word; after the hub's own return gateways have seven minutes to come back."""
    box = gateway()
    assert amiss(box, NOW + 180, Limits(), NOW - 1, {}) == {}
    assert amiss(box, NOW + 181, Limits(), NOW - 1, {}) is None
    assert amiss(box, NOW + 7_200, Limits(), NOW + 6_900, {}) == {}
    assert amiss(box, NOW + 7_321, Limits(), NOW + 6_900, {}) is None


# What becomes of an alarm -----------------------------------------------------------------------------------------------------------


def verdicts(what: list[Found | None], key: Key = KEY, ended_lately: int = 0, step: float = 15.0) -> list[tuple[int, str]]:
    """What is decided at each look, every ``step`` seconds, as (look, verdict); changes of numbers are left out."""
    opened: dict[Key, Open] = {}
    told = []
    for look, each in enumerate(what):
        for change in judge({} if each is None else {key: each}, opened, NOW + look * step):
            opened[key] = replace(change.open, ended_lately=ended_lately)
            if change.verdict in (Verdict.END, Verdict.DROP):
                del opened[key]
            if change.verdict is not Verdict.CHANGE:
                told.append((look, change.verdict.value))
    return told


BAD, WORSE, BETWEEN = Found(WARNING, {}), Found(URGENT, {}), Found(WARNING, {}, raises=False)


def test_an_alarm_is_raised_and_ended() -> None:
    """At once where nothing says otherwise; it ends when the condition has been gone for a minute."""
    assert verdicts([BAD, BAD, None, None, None, None, None]) == [(0, "raise"), (6, "end")]


def test_between_the_limits_nothing_begins_and_nothing_ends() -> None:
    """A value that is neither bad nor well changes nothing."""
    assert verdicts([BETWEEN, BETWEEN, BAD, *[BETWEEN] * 50]) == [(2, "raise")]


def test_some_conditions_must_hold_before_they_are_told() -> None:
    """A line that comes back within a minute was never down."""
    key = Key(1, 2, "wan_down")
    assert verdicts([BAD, BAD, BAD, None, BAD], key) == [(0, "begin"), (3, "drop"), (4, "begin")]
    assert verdicts([BAD] * 6, key) == [(0, "begin"), (int(DELAY["wan_down"] / 15), "raise")]


def test_what_becomes_graver_is_told_again_once() -> None:
    """And it never becomes less grave: that would be one more message."""
    assert verdicts([BAD, WORSE, BAD, WORSE, BAD]) == [(0, "raise"), (1, "worsen")]


def test_flapping_is_damped() -> None:
    """The more often an alarm ended lately, the longer it waits to end: what flaps stays one alarm."""
    assert [hold(times) for times in (0, 1, 2, 6, 100)] == [HOLD, 120, 240, HOLD_MOST, HOLD_MOST]
    flapping: list[Found | None] = [BAD, *[None] * 6] * 20
    assert len(verdicts(flapping)) == 40
    assert verdicts(flapping, ended_lately=2) == [(0, "raise")]


@given(st.lists(st.sampled_from([None, BAD, WORSE, BETWEEN]), max_size=60), st.sampled_from(["disk", "wan_down"]))
def test_verdicts_are_in_a_sensible_order(what: list[Found | None], kind: str) -> None:
    """Whatever happens: nothing ends that was not raised, nothing is raised twice, and each end comes a minute after the last trouble."""
    state = "none"
    for look, verdict in verdicts(what, Key(1, 2, kind)):
        allowed = {"none": ("begin", "raise"), "begun": ("raise", "drop"), "raised": ("worsen", "end")}
        assert verdict in allowed[state]
        if verdict == "end":
            assert set(what[look - 4 : look + 1]) == {None}
        state = {"begin": "begun", "raise": "raised", "worsen": "raised", "end": "none", "drop": "none"}[verdict]


def test_a_gateway_whose_guard_stopped_and_that_is_silent_raises_one_alarm() -> None:
    """It is looked at no further: what it said last stays as it was. Where it speaks and does not say what is switched on, nothing is
    told."""
    looks = (Looked(by=told_of.By.GUARD, at=NOW - 86_400), Looked(by=told_of.By.DOCTOR, at=NOW - 86_400))
    box = replace(gateway(started=NOW - 10 * 86_400, looking=("guard", "doctor")), looks=looks)
    missing = {("guard_missing", ""): ("warning", True), ("doctor_missing", ""): ("warning", True)}
    assert {key: one for key, one in found(box).items() if key[0].endswith("_missing")} == missing
    assert amiss(replace(box, seen=NOW - 86_400), NOW, Limits(), NOW - 2 * 86_400, {}) is None
    assert set(silence(box)) == {Key(1, 2, "silent")}
    for health in (replace(box.health, looking=None), replace(box.health, looking=())):
        assert not [key for key in found(replace(box, health=health)) if key[0].endswith("_missing")]
    assert min(DELAY["guard_missing"], DELAY["doctor_missing"]) > 0
