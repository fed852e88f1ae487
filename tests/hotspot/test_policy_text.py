"""Policy documents as files: read with what they name, written, and read back the same."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.policy_text import CannotRead, read, write

KEYS = st.one_of(st.sampled_from(["a", "b-c", "d e", 'f"g', "ü", "h.i"]), st.text(min_size=1, max_size=4))
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)
VALUES = st.recursive(
    st.one_of(st.none(), SCALARS, st.lists(SCALARS, max_size=3), st.lists(st.dictionaries(KEYS, SCALARS, max_size=2), max_size=2)),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
SURROGATES = st.characters(exclude_categories=["Cs"])


@given(st.dictionaries(st.text(SURROGATES, min_size=1, max_size=4), VALUES, max_size=4))
def test_written_and_read_back(tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]) -> None:
    """Whatever a document holds, tables, removals and odd keys, the file says the same, and which version it is."""
    path = tmp_path_factory.getbasetemp() / "document.toml"
    path.write_text(write(document, "partner/klein", 7), encoding="utf-8", newline="")
    found = read(path)
    assert (found.document, found.files, found.scope, found.base) == (document, {}, "partner/klein", 7)


def files(folder: Path, **contents: str) -> None:
    """Small files by name, with ``__`` for a dot."""
    for name, content in contents.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")


def test_the_files_that_a_town_has_already(tmp_path: Path) -> None:
    """A theme on a theme, two files of services, a logo and terms beside them: all of it becomes one document with three files."""
    (tmp_path / "land").mkdir()
    files(
        tmp_path,
        klein__toml="""
            theme = "theme.toml"
            services = ["land/services.toml", "services.toml"]
            remove = ["plans.guest", "legal.operator"]
            [terms]
            version = "2026-11"
            date = 2026-11-01
            file = { de = "terms.de.txt" }
            [hours.hall]
            open = ["Mon-Fri 08:00-12:00"]
            closed = [2026-12-24]
        """,
        theme__toml='base = "land/theme.toml"\nwelcome = "Willkommen"\n[logo]\nfile = "wappen.svg"\n',
        services__toml='[services.pass]\nname = "Pass (Klein)"\n',
        terms__de__txt="Text",
        wappen__svg="<svg/>",
    )
    files(
        tmp_path / "land",
        theme__toml='[colours]\naccent = "#0b5394"\n[welcome]\nen = "Welcome"\n[photo]\nfile = "wappen.svg"\n',
        services__toml='[services.pass]\nname = "Pass"\n[services.amt]\nname = "Amt"\n',
        wappen__svg="<svg></svg>",
    )
    found = read(tmp_path / "klein.toml")
    photo, logo = found.document["theme"]["photo"]["file"], found.document["theme"]["logo"]["file"]
    assert found.document == {
        "theme": {
            "colours": {"accent": "#0b5394"},
            "welcome": {"en": "Welcome", "de": "Willkommen"},
            "photo": {"file": photo},
            "logo": {"file": logo},
        },
        "services": {"services": {"pass": {"name": "Pass (Klein)"}, "amt": {"name": "Amt"}}},
        "terms": {"version": "2026-11", "date": "2026-11-01", "file": {"de": "terms.de.txt"}},
        "hours": {"hall": {"open": ["Mon-Fri 08:00-12:00"], "closed": ["2026-12-24"]}},
        "plans": {"guest": None},
        "legal": {"operator": None},
    }
    assert {name: path.read_text() for name, path in found.files.items()} == {logo: "<svg/>", photo: "<svg></svg>", "terms.de.txt": "Text"}
    assert (found.scope, found.base) == (None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x =", "cannot read"),
        ("remove = 1", "remove = 1: expected a list of texts"),
        ('remove = ["a..b"]', "remove = 'a..b': expected keys with dots"),
        ('a = 1\nremove = ["a"]', "remove = 'a': expected a key that the file does not set itself"),
        ('a = 1\nremove = ["a.b"]', "remove = 'a.b': expected a key of a table, but a is none"),
        ('theme = "none.toml"', "cannot read"),
        ('[theme.logo]\nfile = "none.svg"', "theme.logo.file = 'none.svg': expected a file"),
        ("a." * 30_000 + "b = 1", "expected keys of at most 32 parts"),
        ("[" + ' "a" . ' * 40 + "b]\nx = 1", "expected keys of at most 32 parts"),
        (f'remove = ["{"a." * 40}b"]', "expected keys of at most 32 parts"),
        ("a = " + "[" * 40 + "1" + "]" * 40, "expected at most 32 tables and lists in each other"),
        ("a = " + "[" * 100_000, "cannot read"),
        ('theme = "document.toml"\nbase = "document.toml"', "at most 4 themes upon each other"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """File, key, value and what was expected."""
    path = tmp_path / "document.toml"
    path.write_text(text)
    with pytest.raises(CannotRead) as caught:
        read(path)
    assert expected in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_what_toml_cannot_say() -> None:
    """A ``null`` in a list has no place in TOML."""
    with pytest.raises(CannotRead, match="cannot write None as TOML"):
        write({"a": [None]}, "host", 1)
