"""The terms that visitors were asked to accept, kept word for word: a version alone says nothing when its text can be changed."""

import hashlib
from collections.abc import Iterable, Mapping

from msgspec import Struct


class Accepted(Struct, frozen=True):
    """One text that somebody has accepted."""

    digest: str
    """Of the other three, see ``digest_of``."""
    version: str
    language: str
    """Of the text, which may be another one than that of the page around it."""
    text: str
    since: float
    """Wall clock: accepted for the first time."""


def digest_of(version: str, language: str, text: str) -> str:
    """SHA-256, in hex; no two different triples have the same bytes, because neither version nor language holds a line feed."""
    return hashlib.sha256(f"{version}\n{language}\n{text}".encode()).hexdigest()


def accepted(version: str, language: str, text: str, unix: float) -> Accepted:
    """A text that is accepted now."""
    return Accepted(digest_of(version, language, text), version, language, text, unix)


def changed(version: str, texts: Mapping[str, str], known: Iterable[Accepted]) -> tuple[str, ...]:
    """Languages in which a text is another one than what visitors have accepted under this version."""
    of_version = [one for one in known if one.version == version]
    languages = {one.language for one in of_version}
    digests = {one.digest for one in of_version}
    return tuple(
        language for language, text in texts.items() if language in languages and digest_of(version, language, text) not in digests
    )
