"""Messages to the town: the form, what is taken of it, how many may come."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.session.forms import BadForm
from hotspot.town.feedback import (
    KINDS,
    MAX_BODY,
    MOST_CLIENTS,
    MOST_CONTACT,
    MOST_PLACE,
    MOST_TEXT,
    PER_CLIENT,
    PER_SECONDS,
    PER_ZONE,
    Form,
    Message,
    Mistake,
    Pace,
    clean,
    message_of,
    parse_form,
)


def test_form() -> None:
    """Fields of ours, in UTF-8; others are ignored, missing ones are empty."""
    body = urlencode({"token": "t", "kind": "idea", "text": "Bänke & Bäume", "colour": "red"}).encode()
    assert parse_form(body) == Form(token="t", kind="idea", text="Bänke & Bäume")
    assert parse_form(b"") == Form()


def test_the_longest_form_fits() -> None:
    """2,000 characters of four bytes each, every byte percent-encoded, and full fields beside them."""
    letter = "\U0001f333"
    fields = {
        "token": "t" * 60,
        "kind": "complaint",
        "text": letter * MOST_TEXT,
        "place": letter * MOST_PLACE,
        "contact": letter * MOST_CONTACT,
    }
    body = urlencode(fields).encode()
    assert len(body) <= MAX_BODY
    assert len(message_of(parse_form(body)).text) == MOST_TEXT


@pytest.mark.parametrize("body", [b"text=a&text=b", b"text", b"text=%ff", "text=ä".encode(), b"x" * (MAX_BODY + 1), b"a=1&" * 9 + b"b=2"])
def test_what_is_no_form(body: bytes) -> None:
    """Twice, torn, not UTF-8, not encoded, too large, too many fields."""
    with pytest.raises(BadForm):
        parse_form(body)


def test_message() -> None:
    """Tidied: one line where one line is asked for."""
    form = Form("t", "damage", " Markt \n Nr. 3 ", " Laterne\r\naus \r\n", " anna@example.org ")
    assert message_of(form) == Message("damage", "Markt Nr. 3", "Laterne\naus", "anna@example.org")


@pytest.mark.parametrize(
    ("form", "mistake"),
    [
        (Form(text="x"), ("kind", "missing")),
        (Form(kind="praise", text="x"), ("kind", "missing")),
        (Form(kind="idea"), ("text", "missing")),
        (Form(kind="idea", text=" \n\0\u202e "), ("text", "missing")),
        (Form(kind="idea", text="x" * 2_001), ("text", "long")),
        (Form(kind="idea", text="x", place="x" * 121), ("place", "long")),
        (Form(kind="idea", text="x", contact="x" * 121), ("contact", "long")),
    ],
)
def test_mistakes(form: Form, mistake: tuple[str, str]) -> None:
    """Field and kind, for the page to say."""
    with pytest.raises(Mistake) as caught:
        message_of(form)
    assert (caught.value.field, caught.value.why) == mistake


def test_line_ends_count_once() -> None:
    """Browsers send two characters for each end of a line and count one."""
    text = "\r\n".join("x" * 1_000)
    assert len(message_of(Form(kind="idea", text=text)).text) == 1_999


@given(st.text())
def test_clean_text_has_no_control_characters(text: str) -> None:
    """But ends of lines; nothing that turns the direction around; cleaning twice changes nothing."""
    cleaned = clean(text)
    assert [letter for letter in cleaned if letter != "\n" and (ord(letter) < 32 or letter in "\x7f\u202a\u202e\u2066\u2069")] == []
    assert clean(cleaned) == cleaned


def test_words_of_other_scripts_stay_whole() -> None:
    """Joiners shape Persian words and families of emoji."""
    text = "می‌خواهم 👩‍👧"
    assert clean(text) == text


def test_pace_of_a_client() -> None:
    """Three in an hour, then it is told how long to wait."""
    pace = Pace()
    for moment in (0.0, 10.0, 20.0):
        assert pace.wait("public", "anna", moment) == 0
        pace.sent("public", "anna", moment)
    assert (pace.wait("public", "anna", 30.0), pace.wait("public", "bert", 30.0)) == (PER_SECONDS - 30, 0)
    assert pace.wait("public", "anna", PER_SECONDS) == 0


def test_pace_of_a_zone() -> None:
    """Sixty in an hour, of whomever; who fills one zone does not keep another one from telling."""
    pace = Pace()
    for number in range(PER_ZONE):
        assert pace.wait("public", number, float(number)) == 0
        pace.sent("public", number, float(number))
    assert (pace.wait("public", "anna", 100.0), pace.wait("council", "anna", 100.0)) == (PER_SECONDS - 100, 0)
    assert pace.wait("public", "anna", PER_SECONDS) == 0


def test_what_could_not_be_taken_does_not_count() -> None:
    """The journal was full, say."""
    pace = Pace()
    for _ in range(PER_CLIENT + 1):
        pace.sent("public", "anna", 1.0)
        pace.unsent("public", "anna", 1.0)
    assert pace.wait("public", "anna", 2.0) == 0


def test_a_flood_of_devices_does_not_fill_the_memory() -> None:
    """The oldest go first."""
    pace = Pace()
    for number in range(MOST_CLIENTS + 10):
        pace.sent("public", number, number * PER_SECONDS)
    assert len(pace._of_client) == MOST_CLIENTS


def test_the_pace_forgets_after_an_hour() -> None:
    """Nothing says any more which device it was; what is younger stays."""
    pace = Pace()
    for client, moment in (("anna", 0.0), ("bert", 60.0)):
        pace.sent("public", client, moment)
        pace.number(client, 7, moment)
    held = []
    for moment in (PER_SECONDS - 1, PER_SECONDS, PER_SECONDS + 60):
        pace.forget(moment)
        held.append([who for who in ("anna", "bert") if f"'{who}'" in str(vars(pace))])
    assert held == [["anna", "bert"], ["bert"], []]
    assert list(map(bool, vars(pace).values())) == [False] * 3


def test_the_last_number() -> None:
    """For an hour; a later message without a number takes it away, so that nobody is told another message's."""
    pace = Pace()
    pace.number("anna", 7, 0.0)
    assert [pace.last("anna", 10.0), pace.last("bert", 10.0), pace.last("anna", PER_SECONDS)] == [7, None, None]
    pace.number("anna", None, 20.0)
    assert pace.last("anna", 30.0) is None


def test_kinds_are_those_of_the_page() -> None:
    """The journal holds these words."""
    assert KINDS == ("idea", "complaint", "damage")
