"""The rules behind the settings' forms: quantities as they are typed, drafts on newer versions, objections and values in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub.console.settings import hours, quantities
from hotspot.hub.console.settings.rebase import rebase
from hotspot.session.quantities import parse_bytes, parse_rate, parse_seconds


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("seconds", "2 h", ("2", "h")),
        ("seconds", "1 h 30 min", ("90", "min")),
        ("seconds", 7_200, ("2", "h")),
        ("seconds", "45", ("45", "min")),  # no reader takes a number in quotes: it stays as it is
        ("seconds", 45, ("45", "s")),
        ("seconds", "3 d", ("3", "d")),
        ("rate", "10 Mbit/s", ("10", "Mbit/s")),
        ("rate", "64 kbit/s", ("64", "kbit/s")),
        ("rate", "2.5 Mbit/s", ("2500", "kbit/s")),
        ("bytes", "500 MB", ("500", "MB")),
        ("bytes", "1 GiB", ("1073.741824", "MB")),
        ("bytes", None, ("", "MB")),
    ],
)
def test_quantities_in_fields(kind: str, value: object, shown: tuple[str, str]) -> None:
    """The largest unit in which it is a whole number."""
    assert quantities.split(kind, value) == shown


@pytest.mark.parametrize(
    ("number", "unit", "said"),
    [
        ("1,5", "h", "1.5 h"),
        ("2", "h", "2 h"),
        ("1 h 30 min", "h", "1 h 30 min"),
        ("", "h", ""),
        ("viel", "h", "viel"),
        ("2", "<b>", "2 min"),
    ],
)
def test_what_was_typed(number: str, unit: str, said: str) -> None:
    """A comma is a point; who types a unit has typed one; what is no number stays for the reader to refuse."""
    assert quantities.joined("seconds", number, unit) == said


@given(st.integers(1, 10**9))
def test_what_is_shown_means_the_same(number: int) -> None:
    """A form that nobody has touched changes nothing."""
    for kind, parse in (("seconds", parse_seconds), ("rate", parse_rate), ("bytes", parse_bytes)):
        assert parse(quantities.joined(kind, *quantities.split(kind, number))) == pytest.approx(number)


def test_drafts_on_newer_versions() -> None:
    """What one side alone has changed is kept, also what it removed; where both have, the draft counts and it is said."""
    base = {"a": 1, "t": {"x": 1, "y": 1}, "gone": 1, "lost": 1, "both": 1}
    mine = {"a": 2, "t": {"x": 2, "y": 1}, "lost": 1, "both": 2, "new": {"m": 1}}
    theirs = {"a": 1, "t": {"x": 1, "y": 3, "z": 1}, "gone": 1, "both": 3, "new": {"n": 1}}
    found = rebase(base, mine, theirs)
    assert found.document == {"a": 2, "t": {"x": 2, "y": 3, "z": 1}, "both": 2, "new": {"m": 1, "n": 1}}
    assert found.disputed == ("both",)


def test_one_removed_what_the_other_changed() -> None:
    """The draft counts, and it is said."""
    assert rebase({"p": {"a": 1}}, {}, {"p": {"a": 2}}) == rebase({"p": {"a": 1}}, {}, {"p": {"a": 2}})
    assert rebase({"p": {"a": 1}}, {}, {"p": {"a": 2}}).document == {}
    assert rebase({"p": {"a": 1}}, {"p": {"a": 3}}, {}).document == {"p": {"a": 3}}
    assert rebase({"p": {"a": 1}}, {"p": {"a": 3}}, {}).disputed == ("p",)
    assert rebase({"p": 1}, {"p": None}, {"p": 1}).document == {"p": None}


DOCUMENTS = st.recursive(
    st.integers(0, 3) | st.none(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=8
).map(lambda value: value if isinstance(value, dict) else {"a": value})


@given(DOCUMENTS, DOCUMENTS)
def test_nobody_else_nothing_disputed(base: dict[str, object], mine: dict[str, object]) -> None:
    """When only one side has changed something, that is what comes out."""
    assert rebase(base, mine, base).document == mine
    assert rebase(base, base, mine).document == mine
    assert rebase(base, mine, base).disputed == rebase(base, mine, mine).disputed == ()


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25), (2049, 4, 18)]
)
def test_easter(year: int, month: int, day: int) -> None:
    """By the tables of the churches, the rare late ones too."""
    found = hours.easter(year)
    assert (found.month, found.day) == (month, day)
    assert len(set(hours.holidays(year))) == 9
