"""Themes: data in files, checked; what is wrong is told with file, key and value."""

from pathlib import Path

import pytest

from hotspot.portal import theme
from hotspot.portal.settings import BadSettings, Theme
from hotspot.portal.settings_reader import Files, Kept, Reader

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(20)
PARTNER = """
[colours]
accent = "#7a1f2b"
[logo]
file = "wappen.svg"
alt = { de = "Wappen", en = "Coat of arms" }
[welcome]
de = "Willkommen!"
fr = "Bienvenue !"
"""
HALL = """
base = "../partner/theme.toml"
[photo]
file = "haus.png"
alt = "Das Rathaus"
[welcome]
de = "Willkommen im Rathaus!"
[sign_language]
file = "dgs.mp4"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A partner's theme and a hall's that builds on it."""
    for name in ("partner", "hall"):
        (tmp_path / name).mkdir()
    (tmp_path / "partner/theme.toml").write_text(PARTNER)
    (tmp_path / "partner/wappen.svg").write_bytes(SVG)
    (tmp_path / "hall/theme.toml").write_text(HALL)
    (tmp_path / "hall/haus.png").write_bytes(PNG)
    (tmp_path / "hall/dgs.mp4").write_bytes(MP4)
    return tmp_path


def load(folder: Path, files: Files | None = None) -> Theme:
    """The hall's theme."""
    return theme.load(Reader(folder / "hall/theme.toml", files))


def test_a_hall_builds_on_its_partner(folder: Path) -> None:
    """What the hall does not say is as the partner has it; texts are joined by language."""
    found = load(folder)
    assert (found.accent, found.logo_alt, found.photo_alt) == ("#7a1f2b", {"de": "Wappen", "en": "Coat of arms"}, {"de": "Das Rathaus"})
    assert found.welcome == {"de": "Willkommen im Rathaus!", "fr": "Bienvenue !"}
    assert found.logo is not None
    assert (found.logo.content, found.logo.media_type) == (SVG, "image/svg+xml")
    assert [(asset.media_type, asset.path is None) for asset in found.assets.values()] == [
        ("image/svg+xml", True),
        ("image/png", True),
        ("video/mp4", False),
    ]
    assert found.css.startswith(":root{--accent:#7a1f2b;--on-accent:#ffffff;")


def test_a_name_changes_with_the_content(folder: Path) -> None:
    """So that browsers may keep a file for ever."""
    first = load(folder).logo
    (folder / "partner/wappen.svg").write_bytes(SVG + b"<!-- new -->")
    second = load(folder).logo
    assert first is not None and second is not None
    assert first.name != second.name
    assert {name.name.rpartition("-")[0] for name in (first, second)} == {"logo"}


def test_kept_files_give_the_same_theme(folder: Path) -> None:
    """What was read once is enough, when the files themselves are gone."""
    files = Files()
    first = load(folder, files)
    for name in ("partner/wappen.svg", "hall/haus.png", "hall/theme.toml", "partner/theme.toml"):
        (folder / name).unlink()
    assert load(folder, Kept(files.packed())) == first


@pytest.mark.parametrize(
    ("file", "old", "new", "text"),
    [
        ("partner", "#7a1f2b", "#ffcc00", "colours.accent = '#ffcc00': contrast 1.3:1 on #eef2f6, expected at least 4.5:1; the nearest"),
        ("partner", "#7a1f2b", "red", "colours.accent = 'red': expected a colour such as"),
        ("partner", "wappen.svg", "wappen.gif", "logo.file = 'wappen.gif': expected a file that ends with .svg, .png"),
        ("partner", "wappen.svg", "none.svg", "logo.file = 'none.svg': expected a readable file of at most 100,000 bytes"),
        ("partner", "wappen.svg", "../hall/haus.png", None),
        ("hall", "haus.png", "../partner/wappen.jpg", "photo.file"),
        ("hall", "[photo]", "[foto]", "foto = {"),
        ("hall", "../partner/theme.toml", "theme.toml", "base = 'theme.toml': expected at most 4 themes upon each other"),
        ("hall", "../partner/theme.toml", "../none.toml", "none.toml"),
        ("hall", "dgs.mp4", "haus.png", "sign_language.file = 'haus.png': expected a file that ends with .mp4, .webm"),
        (
            "hall",
            'de = "Willkommen im',
            'xx = "Willkommen im',
            "welcome.xx = 'Willkommen im Rathaus!': expected one of the languages",
        ),
        (
            "hall",
            'de = "Willkommen im',
            'German = "Willkommen im',
            "welcome.German = 'Willkommen im Rathaus!': expected one of the languages",
        ),
    ],
)
def test_what_is_wrong(folder: Path, file: str, old: str, new: str, text: str | None) -> None:
    """The error names the file in which it is, the key, the value and what was expected."""
    path = folder / file / "theme.toml"
    path.write_text(path.read_text().replace(old, new))
    if text is None:
        assert load(folder).logo is not None
        return
    with pytest.raises(BadSettings) as caught:
        load(folder)
    assert text in str(caught.value)
    assert str(path.parent) in str(caught.value) or "none.toml" in text


def test_a_file_is_what_its_name_says(folder: Path) -> None:
    """A text is no picture, and a picture that is too large is none for a phone."""
    (folder / "hall/haus.png").write_bytes(b"<script>")
    with pytest.raises(BadSettings, match="expected image/png, but it does not look like that inside"):
        load(folder)
    (folder / "hall/haus.png").write_bytes(PNG + bytes(theme.MAX_PHOTO))
    with pytest.raises(BadSettings, match=r"photo.file = 'haus.png': expected a readable file of at most 500,000 bytes"):
        load(folder)
