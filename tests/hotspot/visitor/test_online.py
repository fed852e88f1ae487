"""Rates, whose visit it is, and the time left: judged by what is known, and not by what is not."""

from typing import Any, cast

import pytest

from hotspot.looks.values import Result, Severity
from hotspot.session.visitor_check import CHECK_PLAN
from hotspot.visitor import inside, online
from hotspot.visitor.choices import Choices
from hotspot.visitor.frames import Frames
from hotspot.visitor.known import Known
from hotspot.visitor.notes import Name, Notes
from hotspot.visitor.portal import CHECKED

M = 1e6


def known(**fields: Any) -> Known:
    """A visit that is online, of a hall whose plan allows 10 Mbit/s and keeps 1."""
    choices = Choices(interface="br0", down=10 * M, up=5 * M, least_down=M, least_up=M, download="http://192.0.2.7/", **fields)
    return Known(choices, Notes("", 60), "visit0", "02:00:00:00:00:0a", cast(Frames, None))


def run(visit: Known, action: Any) -> tuple[Result, list[tuple[str, Severity]], str | None]:
    """What becomes of one step."""
    name = Name("download")
    visit.notes.run(name, lambda: action(visit))
    step = visit.notes.steps[name]
    return step.result, [(finding.kind, finding.severity) for finding in visit.notes.findings], step.why


@pytest.mark.parametrize(
    ("rate", "others", "result", "kind", "why"),
    [
        (10 * M, 0.0, Result.PASSED, None, None),
        (16 * M, 0.0, Result.FAILED, ("rate-unlimited", Severity.WARNING), "rate-unlimited"),
        (3 * M, 0.0, Result.FAILED, ("rate-low", Severity.WARNING), "rate-low"),
        (3 * M, 8 * M, Result.SKIPPED, None, "line-busy"),
        (3 * M, 1 * M, Result.FAILED, ("rate-low", Severity.WARNING), "rate-low"),
        (3 * M, None, Result.PASSED, ("rate-low", Severity.NOTICE), None),
        (0.5 * M, 20 * M, Result.FAILED, ("rate-low", Severity.WARNING), "rate-low"),
        (0.5 * M, None, Result.FAILED, ("rate-low", Severity.WARNING), "rate-low"),
    ],
)
def test_too_slow_only_where_the_line_was_free(rate: float, others: float | None, result: Result, kind: Any, why: str | None) -> None:
    """``others``: what other sessions moved meanwhile. What the plan keeps for everybody holds always."""
    assert run(known(), lambda _: online.judge(rate, 10 * M, M, others, {})) == (result, [kind] if kind else [], why)


def test_the_test_visits_own_plan_is_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """2 Mbit/s at most, 64 kbit/s kept: the words say so."""
    visit = known(key=b"k" * 32)
    visit.promised = CHECKED
    monkeypatch.setattr(online, "download_rate", lambda *_: 1.0 * M)
    monkeypatch.setattr(inside, "moved", lambda *_: {})
    assert run(visit, online.download)[1] == [("rate-low", Severity.WARNING)]
    values = visit.notes.findings[0].values
    assert (values["expected"], values["plan"], values["plan-german"], values["way-german"]) == (
        *("2", "the test visit's own plan", "Tarif des Probebesuchs"),
        "herunter",
    )


ANNA, BERT, CARL = ("public", "A", 1.0), ("public", "B", 2.0), ("public", "C", 3.0)


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ({ANNA: 10, BERT: 5}, {ANNA: 30, BERT: 6}, 21),
        ({ANNA: 10}, {ANNA: 10, CARL: 7}, 7),
        ({ANNA: 10, BERT: 900}, {ANNA: 30}, None),
        (None, {ANNA: 1}, None),
        ({ANNA: 1}, None, None),
        ({}, {}, 0),
    ],
)
def test_what_others_moved_is_counted_by_session(before: Any, after: Any, moved: int | None) -> None:
    """One that ended meanwhile took its bytes with it: then nobody knows, and a measurement is no fault of the line."""
    assert inside.between(before, after) == moved


@pytest.mark.parametrize(
    ("ours", "left", "promised", "found"),
    [
        (True, 40, "check", []),
        (None, CHECK_PLAN.seconds - 1, "check", []),
        (False, 40, "zone", ["not-ours"]),
        (None, CHECK_PLAN.seconds + 1, "zone", ["not-ours"]),
        (None, 40, "unknown", []),
    ],
)
def test_whose_visit_it_is(monkeypatch: pytest.MonkeyPatch, ours: bool | None, left: int, promised: str, found: list[str]) -> None:
    """The portal says it where it can be asked; the time left does not shortly before the hall closes."""
    visit = known(key=b"k" * 32)
    visit.promised = CHECKED
    monkeypatch.setattr(inside, "ours", lambda _: ours)
    monkeypatch.setattr(online, "api_told", lambda *_: {"captive": False, "seconds-remaining": left})
    visit.api_url = "https://portal.hall.example/api/captive"
    run(visit, online.api)
    assert [finding.kind for finding in visit.notes.findings] == found
    assert visit.promised.most.get("down", 0) == {"check": 2 * M, "zone": 10 * M, "unknown": 0}[promised]


@pytest.mark.parametrize(
    ("first", "closed", "answer", "result", "why"),
    [
        (300, False, {"captive": False, "seconds-remaining": 298}, Result.PASSED, None),
        (300, False, {"captive": False, "seconds-remaining": 300}, Result.FAILED, "time-stands"),
        (300, False, {"captive": False}, Result.FAILED, "time-stands"),
        (300, False, {"captive": True}, Result.FAILED, "time-stands"),
        (300, True, {"captive": True}, Result.SKIPPED, "closes-now"),
        (1, False, {"captive": True}, Result.SKIPPED, "closes-now"),
        (0, False, {"captive": False, "seconds-remaining": 0}, Result.PASSED, None),
    ],
)
def test_the_time_left(
    monkeypatch: pytest.MonkeyPatch, first: int, closed: bool, answer: dict[str, Any], result: Result, why: str | None
) -> None:
    """It counts down, also to its end: shortly before closing time there is no more to count."""
    monkeypatch.setattr(inside, "closed", lambda _: closed)
    monkeypatch.setattr(online, "api_told", lambda *_: answer)
    monkeypatch.setattr(online, "COUNTS_AFTER", 0.0)
    visit = known()
    visit.left(first)
    assert run(visit, online.countdown)[::2] == (result, why)
