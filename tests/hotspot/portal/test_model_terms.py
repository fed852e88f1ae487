"""The terms that a town has when it writes none."""

from hotspot.portal.catalogues import Catalogues
from hotspot.portal.model_terms import MODEL_TERMS, model_texts
from hotspot.portal.pages import INLINE_TERMS, paragraphs


def test_english_is_the_original() -> None:
    """Paragraph by paragraph."""
    assert paragraphs(model_texts()["en"]) == list(MODEL_TERMS)


def test_a_language_has_all_of_them_or_none() -> None:
    """Nobody is asked to accept a text of two languages."""
    catalogues, original = Catalogues(), set(MODEL_TERMS)
    for language, text in model_texts().items():
        assert len(paragraphs(text)) == len(MODEL_TERMS)
        assert language == "en" or not set(paragraphs(text)) & original
    untold = [code for code in catalogues.codes if code not in model_texts()]
    assert [code for code in untold if all(catalogues.text(code, one) != one for one in MODEL_TERMS)] == []


def test_they_stand_on_the_splash_page_itself() -> None:
    """Short enough in every language."""
    assert {code: size for code, text in model_texts().items() if (size := len(text.encode())) > INLINE_TERMS} == {}
