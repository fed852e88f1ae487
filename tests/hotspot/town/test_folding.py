"""How words are compared."""

import pytest

from hotspot.town.folding import german, plain, searchable, slug, spellings, words


@pytest.mark.parametrize(
    ("text", "as_german", "without_marks"),
    [
        ("Müllabfuhr", "muellabfuhr", "mullabfuhr"),
        ("MU\u0308LL", "muell", "mull"),  # u and its dots as two characters, as some keyboards send it
        ("Straße", "strasse", "strasse"),
        ("Éducation", "education", "education"),
        ("İkamet", "ikamet", "ikamet"),
        ("паспорт", "паспорт", "паспорт"),
    ],
)
def test_folds(text: str, as_german: str, without_marks: str) -> None:
    """In the German way and without marks."""
    assert (german(text), plain(text)) == (as_german, without_marks)


@pytest.mark.parametrize("word", ["Müll", "muell", "MULL", "müllabfuhr", "strasse", "Straße", "STRASSE"])
def test_every_spelling_finds_it(word: str) -> None:
    """People type umlauts as they can."""
    hay = searchable(["Müllabfuhr in der Hauptstraße"])
    assert any(spelling in hay for spelling in spellings(word))


def test_what_is_not_there_is_not_found() -> None:
    """A word over the end of a text does not match either."""
    hay = searchable(["Müll", "Abfuhr"])
    assert [any(spelling in hay for spelling in spellings(word)) for word in ("müllabfuhr", "papier", "llab")] == [False, False, False]


def test_words_of_a_question() -> None:
    """What is between words does not count."""
    assert (words(" Kfz-Zulassung,  (neu)! "), words("?!")) == (["Kfz", "Zulassung", "neu"], [])


@pytest.mark.parametrize(
    ("name", "id_"), [("Kfz-Zulassung (Kreis)", "kfz-zulassung-kreis"), ("Öffnung", "oeffnung"), ("паспорт", ""), ("", "")]
)
def test_slug(name: str, id_: str) -> None:
    """Part of an address."""
    assert slug(name) == id_


def test_a_slug_is_never_too_long() -> None:
    """An id has at most 60 characters, and does not end in a dash."""
    assert slug("a" * 59 + "-bcd") == "a" * 59
