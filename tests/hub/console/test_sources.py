"""Rules of the console's files: what templates must not hold, what every text needs, and that what others wrote is what they wrote."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import hotspot.hub.console
from hotspot.hub.console.table import PAGES
from tests.hub.console.walks.places import PLACES

FOLDER: Final = Path(hotspot.hub.console.__file__).parent
KEYWORDS: Final[dict[str, tuple[int, ...] | None]] = {"_": None, "ngettext": (1, 2)}
OPTIONS: Final = {"**.html": {"extensions": "jinja2.ext.do", "silent": "false", "trimmed": "false"}}
"""A template that cannot be read is an error: its texts would be missing without a word."""
PLACEHOLDER: Final = re.compile(r"%\(\w+\)[a-z]|%[a-z%]")
FORBIDDEN: Final = {
    "a style in the page": re.compile(r"\sstyle=|<style"),
    "a script in the page": re.compile(r"<script(?![^>]*(\ssrc=|application/json))|\son[a-z]+=\"|javascript:"),
    "text that is not escaped": re.compile(r"\|\s*safe\b|autoescape\s+false"),
    "something from elsewhere": re.compile(r"(src|href|action)=\"(https?:)?//"),
}
VENDORED: Final = {
    "htmx-4.0.1.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    "htmx-LICENSE.txt": "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
    "uplot-1.6.32.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "uplot-1.6.32.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uplot-LICENSE.txt": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}
"""SHA-256 of what others wrote, as they published it."""

Text = str | tuple[str, ...]


def templates() -> Iterator[tuple[str, str]]:
    """Names and texts."""
    for file in sorted((FOLDER / "templates").rglob("*.html")):
        yield file.relative_to(FOLDER).as_posix(), file.read_text(encoding="utf-8")


def called(node: ast.Call) -> str:
    """What a call marks: ``N_``, ``ngettext``, and ``text`` of a visit only, because forms have a ``text`` too."""
    match node.func:
        case ast.Name(id="N_" | "ngettext" as name) | ast.Attribute(attr="ngettext" | "_gettext" as name):
            return name
        case ast.Attribute(value=ast.Name(id="visit") | ast.Attribute(attr="visit"), attr="text"):
            return "text"
    return ""


def of_modules() -> Iterator[tuple[Text, str]]:
    """Texts in Python, and where they stand."""
    for file in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Call) and (name := called(node)):
                given = (each.value for each in node.args[: 2 if name == "ngettext" else 1] if isinstance(each, ast.Constant))
                words = tuple(each for each in given if isinstance(each, str))
                if words:
                    yield (words if name == "ngettext" else words[0]), f"{file.name}:{node.lineno}"


@cache
def in_use() -> dict[Text, str]:
    """Every text of templates and modules, and a place where it stands."""
    of_templates = extract_from_dir(FOLDER / "templates", [("**.html", "jinja2")], OPTIONS, keywords=KEYWORDS)
    return {message: f"{file}:{line}" for file, line, message, *_ in of_templates} | dict(of_modules())


@cache
def german() -> dict[Text, list[tuple[str, tuple[str, ...]]]]:
    """Every message of the catalogues: file and translation."""
    found: dict[Text, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for file in sorted((FOLDER / "locales/de").glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source, locale="de", abort_invalid=True):
                if message.id:
                    found[message.id if isinstance(message.id, str) else tuple(message.id)].append((file.name, _strings(message.string)))
    return found


def _strings(translation: object) -> tuple[str, ...]:
    return (translation,) if isinstance(translation, str) else tuple(translation) if isinstance(translation, list | tuple) else ("",)


def test_templates_hold_nothing_that_the_policy_forbids() -> None:
    """No style, no script, nothing unescaped, nothing from elsewhere."""
    found = [
        f"{name}: {what}: {match[0]}" for name, text in templates() for what, mark in FORBIDDEN.items() if (match := mark.search(text))
    ]
    assert found == []


def test_every_form_has_a_token() -> None:
    """Each form with POST, but that of the login, which has no session yet."""
    missing = [
        f"{name}: {form[:80]}"
        for name, text in templates()
        for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL)
        if 'method="post"' in form and "csrf" not in form and 'action="/login"' not in form
    ]
    assert missing == []


def test_every_text_has_its_german() -> None:
    """With the same placeholders; none is left over; a text that stands in two catalogues has the same words in both."""
    missing = {text: place for text, place in in_use().items() if text not in german()}
    assert missing == {}
    assert sorted(str(text) for text in german() if text not in in_use()) == []
    for text, translations in german().items():
        allowed = [sorted(PLACEHOLDER.findall(original)) for original in ((text,) if isinstance(text, str) else text)]
        for file, translation in translations:
            for form in translation:
                assert form, (file, text)
                assert sorted(PLACEHOLDER.findall(form)) in allowed, (file, text)
        assert len({translation for _, translation in translations}) == 1, (text, translations)


def test_what_others_wrote_is_what_they_wrote() -> None:
    """htmx and uPlot, byte for byte, with their licences."""
    vendored = {file.name: sha256(file.read_bytes()).hexdigest() for file in (FOLDER / "static/vendor").iterdir()}
    assert vendored == VENDORED


def test_every_page_is_looked_at() -> None:
    """Each page of the table that answers with a page of its own is among those that are looked at in the browser."""
    looked_at = {place.name for place in PLACES}
    expected = {page.name for page in PAGES if page.method == "GET" and not page.is_file}
    missing = sorted(name for name in expected if not any(place == name or place.startswith(f"{name}-") for place in looked_at))
    assert missing == []


def test_names_and_addresses_are_unique() -> None:
    """Two pages never share a name, or a method and an address."""
    names = [page.name for page in PAGES]
    addresses = [(page.method, re.sub(r"\{\w+\}", "{}", page.path)) for page in PAGES]
    assert len(set(names)) == len(names)
    assert len(set(addresses)) == len(addresses)
