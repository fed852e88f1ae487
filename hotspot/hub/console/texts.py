"""The languages of the console: German, which is the default, and English, in which the texts stand in code and templates.

``locales/de/<area>.po`` holds the German of an area; all of them together are one catalogue. A text that stands in two areas needs to be
translated in one of them only, and in the same words if in both.
"""

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER: Final = Path(__file__).parent / "locales"
LANGUAGES: Final = {"de": "Deutsch", "en": "English"}
"""The default first; what they call themselves."""
DEFAULT: Final = "de"


def N_(text: str) -> str:  # noqa: N802  (the name that extractors look for)
    """Marks a text for the catalogues without translating it."""
    return text


@cache
def catalogue(language: str) -> NullTranslations:
    """All texts in a language."""
    files = sorted((FOLDER / language).glob("*.po"))
    if not files:
        return NullTranslations()
    whole = Catalog(locale=language)
    for file in files:
        with file.open("rb") as source:
            for message in read_po(source, abort_invalid=True):
                if message.id:
                    whole.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return GNUTranslations(compiled)


def text(language: str, message: str) -> str:
    """One translated text."""
    return catalogue(language).gettext(message) if message else ""


def preferred(accept: str) -> str:
    """The language that somebody's browser asks for first (``Accept-Language``), among those that there are; else the default."""
    wanted = []
    for part in accept[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        wanted.append((-quality, tag.strip().lower().partition("-")[0]))
    return next((code for _, code in sorted(wanted, key=lambda one: one[0]) if code in LANGUAGES), DEFAULT)
