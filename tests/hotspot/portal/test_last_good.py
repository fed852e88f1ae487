"""The last settings that could be used: kept whole, and found again whatever was done to the files."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hotspot.portal import last_good
from hotspot.portal.settings import BadSettings, Settings
from hotspot.portal.settings_reader import Files

CONFIG = """
state_dir = "state"
firewall_socket = "firewall.sock"
control_socket = "control.sock"
theme = "theme.toml"
[hall]
name = "Rathaus"
[terms]
version = "1"
file.de = "terms.txt"
[plans.free]
down = "10 Mbit/s"
up = "2 Mbit/s"
time = "2 h"
[zones.public]
plans = ["free"]
portal_url = "http://portal.hall.example/"
"""
THEME = """
logo.file = "logo.svg"
sign_language.file = "dgs.mp4"
"""
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that name a theme, which names a logo, and a text."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    (tmp_path / "portal.toml").write_text(CONFIG)
    (tmp_path / "theme.toml").write_text(THEME)
    (tmp_path / "logo.svg").write_text(LOGO)
    (tmp_path / "dgs.mp4").write_bytes(b"\0\0\0\x20ftypisom0000")
    (tmp_path / "terms.txt").write_text("Bitte freundlich.")
    (tmp_path / "state").mkdir()
    return tmp_path / "portal.toml"


def kept(config: Path) -> Settings:
    """Good settings, kept."""
    files = Files()
    settings, files, fault = last_good.start(config, files)
    assert (fault, last_good.keep(settings.state_dir, config, files)) == ("", True)
    return settings


def test_good_settings_are_kept_once(config: Path) -> None:
    """Whole, for the owner alone; the same again is not written again, something else is."""
    kept(config)
    file = config.parent / "state" / last_good.NAME
    assert (file.stat().st_mode & 0o777, [one.name for one in file.parent.iterdir()]) == (0o600, [last_good.NAME])
    settings, files, _ = last_good.start(config, Files())
    assert not last_good.keep(settings.state_dir, config, files)
    (config.parent / "terms.txt").write_text("Bitte sehr freundlich.")
    settings, files, _ = last_good.start(config, Files())
    assert last_good.keep(settings.state_dir, config, files)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("theme.toml", THEME + '[colours]\naccent = "#ffffff"\n', "colours.accent = '#ffffff': "),
        ("theme.toml", "accent =", "theme.toml"),
        ("logo.svg", None, "logo.file = 'logo.svg': expected a readable file"),
        ("terms.txt", None, "terms.file.de = 'terms.txt': expected a readable file"),
        ("portal.toml", CONFIG.replace("2 h", "2 ages"), "plans.free.time = '2 ages': expected a duration"),
        ("portal.toml", CONFIG.replace('name = "Rathaus"', ""), "hall.name is missing"),
    ],
)
def test_a_start_with_broken_files(config: Path, name: str, content: str | None, said: str) -> None:
    """The old settings to the last byte, and why not the new ones: file, key, reason."""
    before = kept(config)
    broken = config.parent / name
    if content is None:
        broken.unlink()
    else:
        broken.write_text(content)
    settings, _, fault = last_good.start(config, Files())
    assert settings == before
    assert settings.hall.theme.logo is not None
    assert settings.hall.theme.logo.content == LOGO.encode()
    assert (said in fault, str(config.parent) in fault) == (True, True)


def test_a_video_is_too_large_to_be_kept(config: Path) -> None:
    """All else is as it was."""
    before = kept(config)
    assert before.hall.theme.sign_language is not None
    (config.parent / "dgs.mp4").unlink()
    settings, _, fault = last_good.start(config, Files())
    look = replace(before.hall.theme, sign_language=None)
    assert settings == replace(before, hall=replace(before.hall, theme=look))
    assert "sign_language.file = 'dgs.mp4': expected a readable file" in fault


@pytest.mark.parametrize("content", [None, "state_dir = ", 'state_dir = 5\n[hall]\nname = "Rathaus"', CONFIG.replace('"state"', '"stat"')])
def test_the_file_cannot_say_where(config: Path, content: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then systemd knows the state folder; when nobody does, the start is refused as ever."""
    before = kept(config)
    if content is None:
        config.unlink()
    else:
        config.write_text(content.replace("2 h", "2 ages"))
    with pytest.raises(BadSettings, match=rf"cannot (read|use) {config}"):
        last_good.start(config, Files())
    monkeypatch.setenv("STATE_DIRECTORY", f"{config.parent / 'state'}:/elsewhere")
    assert last_good.start(config, Files())[0] == before


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"config": "/other/portal.toml", "files": {}}', b"\xff"])
def test_a_kept_file_that_is_none_of_ours(config: Path, damage: bytes) -> None:
    """As if nothing had been kept: the error is about the settings."""
    kept(config)
    (config.parent / "state" / last_good.NAME).write_bytes(damage)
    (config.parent / "theme.toml").write_text("accent =")
    with pytest.raises(BadSettings, match=r"theme\.toml"):
        last_good.start(config, Files())


def test_a_folder_that_cannot_be_written(config: Path) -> None:
    """Is told by the system's own error, and the kept file stays as it was."""
    settings = kept(config)
    file = settings.state_dir / last_good.NAME
    before = file.read_bytes()
    (settings.state_dir / f".{last_good.NAME}.new").mkdir()
    (config.parent / "terms.txt").write_text("Anders.")
    with pytest.raises(OSError, match="Is a directory"):
        last_good.keep(settings.state_dir, config, last_good.start(config, Files())[1])
    assert file.read_bytes() == before
