"""``hotspot doctor`` and ``hotspot troubleshooting`` as they are typed; what they find is tested where it is found."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.looks.troubleshooting import document


def test_the_doctor_says_why_it_cannot_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit status 2, one line, nothing written."""
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    done = CliRunner().invoke(main, ["doctor", "--looks", str(tmp_path), "--bundle", str(tmp_path / "b.tar.gz")])
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "expected to run as root" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_options() -> None:
    """As ever."""
    assert CliRunner().invoke(main, ["doctor", "--language", "fr"]).exit_code == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file or directory"), ("-----BEGIN", "there is none in it"), ("", "there is none in it")],
)
def test_an_authority_that_is_none(tmp_path: Path, content: str | None, why: str) -> None:
    """Option, value, what was expected and why it is not that: before anything is looked at."""
    path = tmp_path / "town.pem"
    if content is not None:
        path.write_text(content)
    done = CliRunner().invoke(main, ["doctor", "--authority", str(path)])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert f"--authority {path}: expected a PEM file with the certificate of an authority: {why}" in done.stderr


def test_troubleshooting_is_printed_or_written(tmp_path: Path) -> None:
    """The same text; a file that cannot be written is named."""
    assert CliRunner().invoke(main, ["troubleshooting"]).stdout == document()
    assert CliRunner().invoke(main, ["troubleshooting", "--output", str(tmp_path / "t.md")]).exit_code == 0
    assert (tmp_path / "t.md").read_text(encoding="utf-8") == document()
    done = CliRunner().invoke(main, ["troubleshooting", "--output", str(tmp_path / "none" / "t.md")])
    assert (done.exit_code, f"cannot write {tmp_path}/none/t.md" in done.stderr) == (1, True)
