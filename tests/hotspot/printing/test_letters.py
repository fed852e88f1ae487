"""How wide texts are, and where they break."""

from hypothesis import given
from hypothesis import strategies as st

from hotspot.printing.letters import fitting, lines, width

texts = st.text(st.sampled_from("abc WMil Шж اب 0-"), max_size=80)


@given(texts, st.floats(5, 60))
def test_lines(text: str, room: float) -> None:
    """Every word once, in order; a line is only wider than the room when it is a single word; no line more than is needed."""
    rows = lines(text, 4, room)
    assert " ".join(rows).split() == text.split()
    assert [row for row in rows if width(row, 4) > room and " " in row] == []


def test_even() -> None:
    """No single word is left for the last line when the lines can share."""
    assert lines("eins zwei drei vier fünf", 4, width("eins zwei drei vier", 4)) == ["eins zwei", "drei vier fünf"]


@given(texts, st.floats(5, 60))
def test_fitting(text: str, room: float) -> None:
    """The size with which a text fits is never larger than the wanted one."""
    size = fitting(text, 6, room)
    assert size <= 6
    assert width(text, size) <= room * 1.000001


def test_signs_without_width() -> None:
    """Marks above letters and signs for the direction take no room."""
    assert width("\u2068a\u0301\u2069", 10) == width("a", 10)
