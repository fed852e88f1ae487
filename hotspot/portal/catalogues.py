"""The languages of the pages: gettext catalogues, the names that languages call themselves, the direction that they are written in.

The texts in templates and modules are English. ``portal_pages/locales/<language>/LC_MESSAGES/portal.po`` holds a translation; a folder
there is all that a new language needs. Catalogues are compiled in memory when a language is first used.
"""

import io
from collections.abc import Mapping
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from msgspec import Struct

import portal_pages

FOLDER = Path(portal_pages.__file__).parent
DEFAULT_LANGUAGE = "de"
NAMES: Mapping[str, str] = {
    "de": "Deutsch",
    "de-simple": "Leichte Sprache",
    "en": "English",
    "fr": "Français",
    "tr": "Türkçe",
    "ar": "العربية",
    "uk": "Українська",
    "ru": "Русский",
    "pl": "Polski",
    "ro": "Română",
    "fa": "فارسی",
    "es": "Español",
    "it": "Italiano",
}
"""What languages call themselves, as CLDR has it: to ask it would load the data of every language, a megabyte each, for a menu."""
RIGHT_TO_LEFT = frozenset(("ar", "fa"))
ORDER = tuple(NAMES)
"""As the menu shows them; further ones follow by their code."""

_LOCALES: Mapping[str, str] = {"de-simple": "de", "en": "en_GB"}
"""Where the rules for numbers and times have another name: ``simple`` is a variant (BCP 47), and our readers live in Europe."""


class Language(Struct, frozen=True):
    """One language of the pages."""

    code: str
    """BCP 47, as in ``<html lang>``: ``de``, ``de-simple``, ``ar``."""
    name: str
    """What it calls itself."""
    direction: str
    """``ltr`` or ``rtl``."""
    base: str
    """Without variants, ``de``: the language of a text that the settings have in no variant."""


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """CLDR's rules for a language of the pages."""
    return Locale.parse(_LOCALES.get(language, language.replace("-", "_")))


@lru_cache(maxsize=64)
def language_of(code: str) -> Language:
    """A language by its code; also one that is not in ``NAMES``, as long as CLDR knows it. Raises ``babel.UnknownLocaleError``."""
    base = code.partition("-")[0]
    if code in NAMES:
        return Language(code, NAMES[code], "rtl" if code in RIGHT_TO_LEFT else "ltr", base)
    locale = locale_of(code)
    name = locale.get_language_name(base) or code
    return Language(code, name[:1].upper() + name[1:], locale.text_direction, base)


@lru_cache(maxsize=1)
def known() -> tuple[str, ...]:
    """Languages in which texts can be given: those of the pages, because nobody reads another one."""
    return Catalogues().codes


def _compiled(file: Path) -> GNUTranslations:
    with file.open("rb") as source:
        catalogue = read_po(source, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


class Catalogues:
    """All languages that there are, the default first."""

    def __init__(self, folder: Path = FOLDER) -> None:
        files = {file.parent.parent.name: file for file in folder.glob("locales/*/LC_MESSAGES/portal.po")}
        self.codes = (*(code for code in ORDER if code in files), *sorted(code for code in files if code not in ORDER))
        self.languages = {code: language_of(code) for code in self.codes}
        self._files = files
        self._texts: dict[str, GNUTranslations] = {}

    def texts(self, language: str) -> GNUTranslations:
        """A catalogue; 30 ms when it is used for the first time."""
        texts = self._texts.get(language)
        if texts is None:
            texts = self._texts[language] = _compiled(self._files[language])
        return texts

    def text(self, language: str, message: str) -> str:
        """One translated text; what a language lacks is said in the default one's base, English."""
        return self.texts(language).gettext(message)


def in_language(texts: Mapping[str, str], language: str) -> str:
    """A text of the settings in a language, else in that language without its variant, else in German, else in the first that there is."""
    return texts.get(found, "") if (found := language_in(texts, language)) else ""


def language_in(texts: Mapping[str, str], language: str) -> str:
    """The language in which ``in_language`` answers, "" when there is no text: what ``lang`` must say about it."""
    for code in (language, language.partition("-")[0], DEFAULT_LANGUAGE):
        if texts.get(code):
            return code
    return next((code for code, text in texts.items() if text), "")
