"""Pages as text: words for time, size and speed, what is escaped, what is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.portal.catalogues import in_language
from hotspot.portal.formats import duration, size, speed
from hotspot.portal.pages import Pages, Reader, paragraphs
from hotspot.portal.settings import HallTexts, Terms
from hotspot.portal.texts import ENDED_BY, PROBLEMS, SPLASH
from tests.hotspot.portal.desk_in_memory import FREE, LONG, TERMS, text_of

PAGES = Pages()
HALL = HallTexts(name="Rathaus")
GERMAN, ENGLISH = Reader("de", False), Reader("en", True)


@pytest.mark.parametrize(
    ("seconds", "german", "english"),
    [
        (0, "gleich", "gleich"),
        (59.9, "gleich", "gleich"),
        (60, "1 Minute", "1 minute"),
        (3_569, "59 Minuten", "59 minutes"),
        (3_599, "1 Stunde", "1 hour"),
        (3_600, "1 Stunde", "1 hour"),
        (11_100, "3 Stunden 5 Minuten", "3 hours 5 minutes"),
        (86_400, "24 Stunden", "24 hours"),
        (172_800, "2 Tage", "2 days"),
        (180_059, "2 Tage 2 Stunden", "2 days 2 hours"),
    ],
)
def test_duration(seconds: float, german: str, english: str) -> None:
    """To the nearest minute, two units at most, days from 48 h on."""
    words = (duration(seconds, "de", "gleich"), duration(seconds, "en", "gleich"))
    assert tuple(word.replace("\u00a0", " ") for word in words) == (german, english)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0 MB"),
        (999_999, "0,9 MB"),
        (300_000_000, "300 MB"),
        (999_999_999, "999,9 MB"),
        (1_450_000_000, "1,4 GB"),
        (10**13, "10.000 GB"),
    ],
)
def test_size(number: int, expected: str) -> None:
    """Decimal units, never more than there is."""
    assert size(number, "de") == expected.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("down", "up", "expected"), [(10_000_000, 2_500_000, "10 / 2,5 Mbit/s"), (100_000_000, 64_000, "100 / 0,06 Mbit/s")]
)
def test_speed(down: int, up: int, expected: str) -> None:
    """Both ways, in Mbit/s."""
    assert speed(down, up, "de") == expected.replace(" ", "\u00a0")


def test_paragraphs() -> None:
    """Empty lines part paragraphs, whatever the line ends."""
    assert paragraphs("\n\none\nstill one\r\n\r\n\ntwo \n\n\n") == ["one\nstill one", "two"]


def test_language_of_texts_falls_back() -> None:
    """A text that is not there in a language is shown in another, rather than not at all."""
    assert [in_language({"de": "ja"}, "en"), in_language({}, "en")] == ["ja", ""]


def test_german_is_the_default() -> None:
    """German comes first, and Leichte Sprache beside it; then as the menu shows them."""
    assert PAGES.languages == ("de", "de-simple", "en", "fr", "tr", "ar", "uk", "ru", "pl", "ro", "fa", "es", "it")


def captive(reader: Reader = GERMAN, token: str = "t", code: str = "K7F-3QX", terms: Terms = TERMS, hall: HallTexts = HALL) -> str:
    """A splash page."""
    return text_of(PAGES.captive(SPLASH, reader, hall, terms, (FREE,)), token, code)


def test_a_kept_page_differs_only_in_token_and_code() -> None:
    """Rendered once, filled in for each visitor."""
    first, second = captive(token="1.a", code="AAA-AAA"), captive(token="2.b", code="BBB-BBB")
    assert second == first.replace("1.a", "2.b").replace("AAA-AAA", "BBB-BBB")
    assert first.count("1.a") == 1


def test_a_kept_page_is_dropped_with_its_sources() -> None:
    """Other terms, hall or plans make a new page."""
    assert "Haus B" not in captive()
    assert "Haus B" in captive(hall=HallTexts(name="Haus B"))
    assert 'value="2027-01"' in captive(terms=Terms(version="2027-01", text={}))
    assert 'type="radio"' in text_of(PAGES.captive(SPLASH, GERMAN, HALL, TERMS, (FREE, LONG)))
    assert 'type="radio"' not in captive()


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40))
def test_what_people_wrote_stays_text(words: str) -> None:
    """Names, contacts, terms and reasons from the settings or from staff cannot become markup."""
    text = words + '<b onload="x">&'
    hall = HallTexts(name=text, contact=text)
    pages = (
        PAGES.blocked(GERMAN, hall, "K7F-3QX", text),
        text_of(PAGES.captive(SPLASH, GERMAN, hall, Terms(version=text, text={"de": text}), (FREE,)), text, text),
    )
    assert [page for page in pages if "<b onload" in page] == []


@pytest.mark.parametrize("code", PROBLEMS)
@pytest.mark.parametrize("reader", [GERMAN, ENGLISH], ids=["de", "en"])
def test_problems_are_whole_pages(code: str, reader: Reader) -> None:
    """Every problem has one heading, a text and a way on, in each language, and is a refusal by its status."""
    page = PAGES.problem(reader, HALL, PROBLEMS[code], "K7F-3QX")
    assert (page.count("<h1>"), page.count("<main>"), page.count(f'href="/{reader.query}"')) == (1, 1, 1)
    assert PAGES.text(reader.language, PROBLEMS[code].text) in page
    assert 400 <= PROBLEMS[code].status < 600


def test_german_pages_speak_german() -> None:
    """No heading of a problem or an ending is left in English."""
    headings = [problem.heading for problem in PROBLEMS.values()] + [kind.heading for kind in ENDED_BY.values()]
    assert [heading for heading in headings if PAGES.text("de", heading) == heading] == []
