"""``hotspot visit``: exit statuses; what it finds is in ``tests/kernel/visitor``."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotspot.cli import main
from hotspot.looks import folder
from hotspot.looks.values import By, Finding, Look, Severity
from hotspot.visitor import walk
from hotspot.visitor.choices import Choices

LOOK = Look(by=By.VISIT, at=1_800_000_000.0)
BAD = Look(by=By.VISIT, at=1_800_000_000.0, findings=(Finding(kind="dns-empty", severity=Severity.URGENT),))


def run(*words: str) -> Result:
    """A visit somewhere."""
    return CliRunner().invoke(main, ["visit", "--interface", "br0", *words])


@pytest.mark.parametrize(("look", "status"), [(LOOK, 0), (BAD, 1)])
def test_what_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: Look, status: int) -> None:
    """0 or 1, and the look is left."""
    monkeypatch.setattr(walk, "visit", lambda zones, software: look)
    assert run("--looks", str(tmp_path)).exit_code == status
    assert folder.read(tmp_path, By.VISIT) == look


@pytest.mark.parametrize(("words", "status"), [((), 70), (("--nagios",), 3)])
def test_a_fault_of_the_program_is_no_finding(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], status: int) -> None:
    """Neither for the unit, which takes 1 for good work, nor for Nagios."""

    def crash(*_: object) -> Look:
        raise KeyError("x")

    monkeypatch.setattr(walk, "visit", crash)
    done = run(*words)
    assert (done.exit_code, "a fault of this program (KeyError)" in done.output) == (status, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--interface", "br1"), "interface is missing: expected one, and at most one zone"),
        (("--download", "http://[/"), "address = 'http://[/': expected one such as"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], said: str) -> None:
    """2."""
    done = run(*words)
    assert (done.exit_code, said in done.output) == (2, True)


@pytest.mark.parametrize("named", [False, True])
def test_an_authority_of_the_town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: bool) -> None:
    """It stands beside the settings and is believed unasked; another one that is named takes its place."""
    seen: list[Path | None] = []

    def look(zones: list[Choices], software: str) -> Look:
        seen.extend(one.authority for one in zones)
        return LOOK

    monkeypatch.setattr(walk, "visit", look)
    shutil.copy(Path(__file__).parents[2] / "docs" / "portal.toml", tmp_path)
    words = ("--settings", str(tmp_path / "portal.toml"), *(("--authority", "/srv/other.pem") if named else ()))
    assert run(*words).exit_code == 0
    (tmp_path / "portal-authority.pem").touch()
    assert run(*words).exit_code == 0
    assert seen == ([Path("/srv/other.pem")] * 2 if named else [None, tmp_path / "portal-authority.pem"])
