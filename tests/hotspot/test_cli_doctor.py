"""``hotspot doctor`` and ``hotspot troubleshooting`` as they are typed; what they find is tested where it is found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.looks.troubleshooting import document


def test_the_doctor_says_why_it_cannot_look(tmp_path: Path) -> None:
    """Exit status 2, one line that names the right that is missing, nothing written: half a look would say that things are not there."""
    less = ("setpriv", "--inh-caps=-all", "--bounding-set=-sys_ptrace") if os.geteuid() == 0 else ()
    words = (*less, sys.executable, "-P", "-m", "hotspot", "doctor", "--looks", str(tmp_path), "--bundle", str(tmp_path / "b.tar.gz"))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "expected to run as root, or with CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH as its unit does" in done.stderr
    assert ("without CAP_SYS_PTRACE what" in done.stderr) == bool(less)
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
