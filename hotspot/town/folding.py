"""How words are compared, so that people find what they look for: case and accents do not matter, ``ä`` is ``ae`` or ``a``."""

import re
import unicodedata

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_NOT_A_WORD = re.compile(r"[^\w]+")


def german(text: str) -> str:
    """``Müllabfuhr in der Straße`` -> ``muellabfuhr in der strasse``."""
    return plain(unicodedata.normalize("NFC", text.casefold()).translate(_GERMAN))


def plain(text: str) -> str:
    """``Müllabfuhr`` -> ``mullabfuhr``: letters without their marks."""
    if text.isascii():
        return text.casefold()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def searchable(texts: list[str]) -> str:
    """Everything in both spellings, once: what words are looked up in."""
    return "\n".join(dict.fromkeys(fold(text) for text in texts for fold in (german, plain)))


def spellings(word: str) -> tuple[str, ...]:
    """How a word, or a part of one, may stand in a text made by ``searchable``: any of these."""
    return tuple(dict.fromkeys((german(word), plain(word))))


def slug(text: str) -> str:
    """``Kfz-Zulassung (Kreis)`` -> ``kfz-zulassung-kreis``; "" when nothing of a-z and 0-9 is left."""
    return re.sub(r"[^a-z0-9]+", "-", german(text)).strip("-")[:60].strip("-")


def words(text: str) -> list[str]:
    """The words of a question."""
    return [word for word in _NOT_A_WORD.split(text) if word]
