"""What a hall's page makes of figures (pure): the time that is looked at, its steps, and charts."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from hotspot.hub.api.figures import Point
from hotspot.hub.console import hall_charts
from hotspot.hub.console.gateway_words import said
from hotspot.hub.console.hall_spans import look, steps

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("span", "at", "first", "last", "count", "before", "after"),
    [
        ("", "", date(2026, 11, 1), date(2026, 12, 1), 30, date(2026, 10, 31), None),
        ("day", "", TODAY, date(2026, 11, 24), 24, date(2026, 11, 22), None),
        ("day", "2026-10-25", date(2026, 10, 25), date(2026, 10, 26), 25, date(2026, 10, 24), date(2026, 10, 26)),
        ("day", "2026-03-29", date(2026, 3, 29), date(2026, 3, 30), 23, date(2026, 3, 28), date(2026, 3, 30)),
        ("month", "2024-02-10", date(2024, 2, 1), date(2024, 3, 1), 29, date(2024, 1, 31), date(2024, 3, 1)),
        ("month", "2025-12-31", date(2025, 12, 1), date(2026, 1, 1), 31, date(2025, 11, 30), date(2026, 1, 1)),
        ("year", "2025-07-01", date(2025, 1, 1), date(2026, 1, 1), 12, date(2024, 12, 31), date(2026, 1, 1)),
        ("year", "2000-01-01", date(2000, 1, 1), date(2001, 1, 1), 12, None, date(2001, 1, 1)),
    ],
)
def test_looks(span: str, at: str, first: date, last: date, count: int, before: date | None, after: date | None) -> None:
    """Days, months and years with all of their steps, also where the clocks are changed; nothing lies after today."""
    found = look(span, at, TODAY)
    assert (found.first, found.last, found.before, found.after(TODAY)) == (first, last, before, after)
    begins = steps(found, BERLIN)
    assert (len(begins), begins[0].date(), len({begin.timestamp() for begin in begins})) == (count, first, count)


@pytest.mark.parametrize(
    ("span", "at"),
    [
        ("week", ""),
        ("day", "yesterday"),
        ("day", "1999-12-31"),
        ("day", "2199-01-01"),
        ("day", "20261121"),
        ("month", "2026-11"),
        ("day", "x" * 99),
    ],
)
def test_looks_that_make_no_sense(span: str, at: str) -> None:
    """They are named, with what was expected."""
    with pytest.raises(ValueError, match="expected"):
        look(span, at, TODAY)


def test_series() -> None:
    """Steps of which nothing is stored are 0, those that have not begun are nothing at all."""
    begins = steps(look("day", "2026-11-23", TODAY), BERLIN)
    points = [
        Point(time=datetime(2026, 11, 23, 9, tzinfo=BERLIN), visits=7, peak=4, bytes_up=1, bytes_down=9),
        Point(time=datetime(2026, 11, 23, 9, tzinfo=UTC), visits=3, peak=None, bytes_up=None, bytes_down=None),
    ]
    visits, peak, volume = hall_charts.series(points, begins, datetime(2026, 11, 23, 11, 30, tzinfo=BERLIN))
    assert visits.values == (0,) * 9 + (7, 3, 0) + (None,) * 12
    assert (visits.total, visits.top, visits.top_at) == (10, 7, 9)
    assert (peak.values[9:12], volume.values[9:12]) == ((4, 0, 0), (10, 0, 0))


def test_pictures_fit() -> None:
    """No bar leaves the picture, however large its value is; nothing is drawn of nothing."""
    for values in ((0, 0), (None, None), (), (1,), (10**15, 1, None), tuple(range(31))):
        drawn = hall_charts.picture(hall_charts.Series(name="visits", unit="number", values=values))
        assert len(drawn.bars) == sum(bool(value) for value in values)
        for bar in drawn.bars:
            assert 0 <= bar.x <= bar.x + bar.width <= 100.01
            assert 0 <= bar.y <= bar.y + bar.height <= hall_charts.HEIGHT + 0.1


@pytest.mark.parametrize(
    ("top", "unit", "expected"),
    [(0, "number", 2), (3, "number", 4), (9, "number", 10), (101, "number", 120), (2_500, "number", 3_000), (5, "size", 2 * 10**6)],
)
def test_ceilings(top: int, unit: hall_charts.Unit, expected: int) -> None:
    """Round, no smaller than what stands below it, and its half is a whole number."""
    found = hall_charts.ceiling(top, unit)
    assert found == expected
    assert found >= top
    assert found % 2 == 0


def test_labels_are_few() -> None:
    """On a phone no more fit."""
    for count in (12, 23, 24, 25, 28, 29, 30, 31):
        marks = hall_charts.labelled(count)
        assert len(marks) <= hall_charts.LABELS
        assert marks[0] == 0
        assert marks[-1] < count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("firewall does not answer", {}),
        ("journal cannot be written (disk full)", {"why": "disk full"}),
        ("the block list is not in force: resolver away", {"what": "the block list", "why": "resolver away"}),
        (
            "zone public is not served (interface lan0 is missing or was replaced)",
            {"zone": "public", "why": "interface lan0 is missing or was replaced"},
        ),
        ("Internet not reachable", {}),
        ("plans.free.down = 3: expected a rate (the last good settings are in force)", {"why": "plans.free.down = 3: expected a rate"}),
        ("hub away: nobody new is let in", {}),
        ("hub away: it has not answered yet", {"why": "it has not answered yet"}),
        ("the portal has no certificate from the hub: pages are served without TLS", {}),
        ("the portal's certificate has ended: pages are served without TLS", {}),
        ("the portal's certificate is not for a.example: pages are served without TLS", {"names": "a.example"}),
        ("it cannot be read (x): pages are served without TLS", {"why": "it cannot be read (x)"}),
        ("legal pages are not complete: operator.name missing in the settings", {"what": "operator.name"}),
        ("3 reports were refused by the hub and are set aside: see the log", {"count": "3"}),
    ],
)
def test_what_gateways_say(text: str, expected: dict[str, str]) -> None:
    """Faults and warnings that a portal has are known, with what stands in them."""
    found = said(text)
    assert found is not None
    assert dict(found[1]) == expected


def test_what_nobody_knows() -> None:
    """It is shown as it is."""
    assert said("something new") is None
