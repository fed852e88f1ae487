"""The face of a hall: colours, coat of arms, photo, words. Data in a TOML file, which may build on another one (a partner's).

.. code:: toml

    base = "../partner/theme.toml"      # what is not said here is as there

    [colours]
    accent = "#0b5394"                  # links and buttons; contrast is checked
    dark = "#8ec5f5"                    # the same on a dark page; left out: made from accent

    [logo]
    file = "wappen.svg"                 # SVG, PNG, WebP or JPEG
    alt = { de = "Wappen der Stadt Musterstadt" }

    [photo]                             # on the town's own page
    file = "rathaus.webp"
    alt = { de = "Das Rathaus am Markt" }

    [welcome]
    de = "Willkommen im Rathaus! Schön, dass Sie da sind."

    [sign_language]
    file = "dgs.mp4"                    # MP4 or WebM
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from hotspot.portal import colours
from hotspot.portal.pictures import size_of
from hotspot.portal.settings import Asset, BadSettings, Theme
from hotspot.portal.settings_reader import Reader

MAX_LOGO, MAX_PHOTO, MAX_VIDEO = 100_000, 500_000, 200_000_000
"""Bytes."""
MAX_BASES = 4
_SHORT_CACHE_TAG = 12

_IMAGES: Final[Mapping[str, tuple[str, bytes]]] = {
    ".svg": ("image/svg+xml", b"<svg"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".webp": ("image/webp", b"WEBP"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}
"""By the end of the name: media type, and what such a file has near its beginning."""
_VIDEOS: Final[Mapping[str, tuple[str, bytes]]] = {".mp4": ("video/mp4", b"ftyp"), ".webm": ("video/webm", b"\x1a\x45\xdf\xa3")}


class _Colours(Struct, forbid_unknown_fields=True):
    accent: str | None = None
    dark: str | None = None


class _Picture(Struct, forbid_unknown_fields=True):
    file: str
    alt: str | dict[str, str] = ""


class _Video(Struct, forbid_unknown_fields=True):
    file: str


class _Theme(Struct, forbid_unknown_fields=True):
    base: str | None = None
    colours: Any = None
    logo: Any = None
    photo: Any = None
    welcome: str | dict[str, str] = {}
    sign_language: Any = None


def _asset(read: Reader, what: str, key: str, name: str, most: int) -> Asset:
    """A file that pages show, kept in memory; ``what`` it is."""
    kinds = _IMAGES
    kind = kinds.get(Path(name).suffix.lower())
    if kind is None:
        raise read.error(key, name, f"expected a file that ends with {', '.join(kinds)}")
    content = read.content(key, name, most)
    media_type, sign = kind
    if sign not in content[: 4_096 if sign == b"<svg" else 16]:
        raise read.error(key, name, f"expected {media_type}, but it does not look like that inside")
    digest = hashlib.sha256(content).hexdigest()[:_SHORT_CACHE_TAG]
    return Asset(
        name=f"{what}-{digest}{Path(name).suffix.lower()}", media_type=media_type, content=content, size=size_of(content, media_type)
    )


def _video_if_any(read: Reader, key: str, name: str) -> Asset | None:
    """The same as ``_video``, but that the last good settings do without one that is gone."""
    try:
        return _video(read, key, name)
    except BadSettings:
        if read.files.whole:
            raise
        return None


def _video(read: Reader, key: str, name: str) -> Asset:
    """A file that is too large for memory: looked at here, read when it is shown."""
    kind, path = _VIDEOS.get(Path(name).suffix.lower()), read.file(name)
    if kind is None:
        raise read.error(key, name, f"expected a file that ends with {', '.join(_VIDEOS)}")
    try:
        seen = read.files.look(path)
    except OSError as error:
        raise read.error(key, name, f"expected a readable file ({error.strerror})") from None
    if seen.size > MAX_VIDEO or kind[1] not in seen.begin:
        raise read.error(key, name, f"expected {kind[0]} of at most {MAX_VIDEO:,} bytes")
    tag = hashlib.sha256(f"{path}{seen.size}{seen.changed}".encode()).hexdigest()[:_SHORT_CACHE_TAG]
    return Asset(name=f"sign-language-{tag}{path.suffix.lower()}", media_type=kind[0], path=path)


def _shades(read: Reader, key: str, base: Theme, raw: object) -> Theme:
    file = read.table(raw, _Colours, key)
    accent = base.accent if file.accent is None else read.value(f"{key}.accent", file.accent, colours.parse)
    given = base.dark_accent if file.dark is None else read.value(f"{key}.dark", file.dark, colours.parse)
    try:
        lights = colours.light(accent)
    except colours.LowContrast as error:
        raise read.error(f"{key}.accent", accent, str(error)) from None
    try:
        darks = colours.dark(given or accent, bool(given))
    except colours.LowContrast as error:
        raise read.error(f"{key}.dark", given, str(error)) from None
    return Theme(accent=accent, dark_accent=given, css=colours.css(lights, darks))


def load(read: Reader, depth: int = 0) -> Theme:
    """A theme file and those that it builds on. Raises ``BadSettings``."""
    return _of(read, read.toml(), "", depth)


def of_table(read: Reader, raw: object) -> Theme:
    """What would stand in such a file, as the table ``theme`` of another one. Raises ``BadSettings``."""
    return _of(read, raw, "theme.", 0)


def _of(read: Reader, raw: object, at: str, depth: int) -> Theme:
    """``at`` stands before each key in an error."""
    file = read.table(raw, _Theme, at.rstrip("."))
    base = Theme()
    if file.base is not None:
        if depth == MAX_BASES:
            raise read.error(f"{at}base", file.base, f"expected at most {MAX_BASES} themes upon each other")
        base = load(read.beside(f"{at}base", file.base), depth + 1)
    shades = base if file.colours is None else _shades(read, f"{at}colours", base, file.colours)
    logo, logo_alt = _picture(read, "logo", at, file.logo, MAX_LOGO) or (base.logo, base.logo_alt)
    photo, photo_alt = _picture(read, "photo", at, file.photo, MAX_PHOTO) or (base.photo, base.photo_alt)
    video = None if file.sign_language is None else read.table(file.sign_language, _Video, f"{at}sign_language")
    return Theme(
        accent=shades.accent,
        dark_accent=shades.dark_accent,
        css=shades.css,
        logo=logo,
        logo_alt=logo_alt,
        photo=photo,
        photo_alt=photo_alt,
        welcome={**base.welcome, **read.texts(f"{at}welcome", file.welcome, 400)},
        sign_language=base.sign_language if video is None else _video_if_any(read, f"{at}sign_language.file", video.file),
    )


def _picture(read: Reader, what: str, at: str, raw: object, most: int) -> tuple[Asset, dict[str, str]] | None:
    if raw is None:
        return None
    key = f"{at}{what}"
    file = read.table(raw, _Picture, key)
    return _asset(read, what, f"{key}.file", file.file, most), read.texts(f"{key}.alt", file.alt, 200)
