"""``hotspot visit``: exit statuses; what it finds is in ``tests/kernel/visitor``."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotspot.cli import main
from hotspot.looks import folder
from hotspot.looks.values import By, Finding, Look, Severity
from hotspot.visitor import walk

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
