"""An authority of the town's own, for the programs that look."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.looks.authority import FILE, beside


def test_it_stands_beside_the_settings(tmp_path: Path) -> None:
    """There, or not."""
    assert beside(tmp_path / "portal.toml") is None
    assert beside(tmp_path / "none" / "portal.toml") is None
    (tmp_path / FILE).touch()
    assert beside(tmp_path / "portal.toml") == tmp_path / FILE


@pytest.mark.parametrize("given", [False, True])
def test_the_doctor_takes_it_unasked(given: bool, tmp_path: Path) -> None:
    """One that is of no use is told before anything is looked at; another one that is named takes its place."""
    (tmp_path / FILE).touch()
    (tmp_path / "other.pem").touch()
    words = ["doctor", "--config", str(tmp_path / "portal.toml"), *(["--authority", str(tmp_path / "other.pem")] if given else [])]
    done = CliRunner().invoke(main, words)
    named = tmp_path / ("other.pem" if given else FILE)
    assert (done.exit_code, f"--authority {named}: expected a PEM file" in done.stderr) == (2, True)
