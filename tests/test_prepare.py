"""scripts/prepare: a second checkout gets its environment by copying, and nothing in the copy leads back to the first."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def prepared(venv: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One call of it, for an environment at ``venv``, with more of the environment as given."""
    return subprocess.run(
        [ROOT / "scripts" / "prepare", "venv"],
        env={**os.environ, "VENV": str(venv), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def kept() -> Path:
    """Where this machine keeps environments."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/root")) / ".cache") / "hotspot" / "venv"
    if not folder.is_dir() or not any(folder.iterdir()):
        pytest.skip("no environment is kept on this machine (KEPT= was given, or there was no room)")
    return folder


def test_a_second_environment_is_a_copy_that_stands_alone(tmp_path: Path, kept: Path) -> None:
    """Its scripts call its own interpreter, and a second call has nothing left to do."""
    venv = tmp_path / "second"
    ran = prepared(venv)
    assert ran.returncode == 0, ran.stderr
    assert "copied" in ran.stderr
    assert (venv / "bin" / "pytest").read_text().splitlines()[0] == f"#!{venv}/bin/python"
    strangers = [script.name for script in (venv / "bin").iterdir() if script.is_file() and str(kept).encode() in script.read_bytes()]
    assert strangers == []
    told = subprocess.run(
        [venv / "bin" / "python", "-c", "import sys, hotspot; print(sys.prefix)"], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(venv)
    again = prepared(venv)
    assert (again.returncode, again.stderr) == (0, ""), "a second call has something to do"


def test_a_broken_kept_environment_is_not_used(tmp_path: Path, kept: Path) -> None:
    """Nothing is fetched here: pip is pointed at no registry, and has to say so."""
    store = tmp_path / "store"
    for one in kept.iterdir():
        (store / one.name).mkdir(parents=True)
    ran = prepared(tmp_path / "venv", KEPT=str(store), PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_RETRIES="0")
    assert ran.returncode == 1
    assert "copied" not in ran.stderr
    assert "pip could not install requirements/dev.txt" in ran.stderr
