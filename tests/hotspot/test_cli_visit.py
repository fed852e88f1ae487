"""``hotspot visit``: exit statuses; what it finds is in ``tests/kernel/visitor``."""

import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotspot.cli import main
from hotspot.looks import folder
from hotspot.looks.values import By, Finding, Look, Severity
from hotspot.visitor import choices, walk
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


def test_a_file_that_holds_no_certificates(tmp_path: Path) -> None:
    """An authority is read at once, like all settings."""
    (tmp_path / "empty.pem").write_text("nothing")
    for name, why in ("empty.pem", "no start line"), ("none.pem", "No such file or directory"):
        done = run("--authority", str(tmp_path / name))
        assert (done.exit_code, f"authority = '{tmp_path / name}': " in done.output, why in done.output.replace("_", " ").lower()) == (
            2,
            True,
            why == why.lower(),
        ), done.output


def test_the_unit_reads_first_and_hears_strangers_then() -> None:
    """When it asks to be plugged in it has no right any more to read what is other users'."""
    with tempfile.TemporaryDirectory() as folder_, socket.socket(socket.AF_UNIX) as listening:
        path = Path(folder_, "plug")
        listening.bind(str(path))
        listening.listen()
        listening.settimeout(60)
        words = [sys.executable, "-P", "-m", "hotspot", "visit", "--plug", str(path), "--interface", "br0", "--no-rates"]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as visiting:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4_096)
                who = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
                status = Path("/proc", str(who), "status").read_text(encoding="ascii")
                connection.sendall(b'{"error": "no cable", "missing": false}')
            said = visiting.communicate(timeout=60)[1]
        held = re.findall(r"^Cap(?:Eff|Prm):\s*(\w+)$", status, re.MULTILINE)
        assert (len(held), [int(one, 16) & ~(1 << 12 | 1 << 13) for one in held]) == (2, [0, 0])
        assert (visiting.returncode, "no cable" in said) == (2, True)


@pytest.mark.parametrize("named", [False, True])
def test_an_authority_of_the_town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: bool) -> None:
    """It stands beside the settings and is believed unasked; another one that is named takes its place."""
    seen: list[str] = []

    def look(zones: list[Choices], software: str) -> Look:
        seen.extend(one.authority for one in zones)
        return LOOK

    monkeypatch.setattr(walk, "visit", look)
    monkeypatch.setattr(choices, "authority", str)
    shutil.copy(Path(__file__).parents[2] / "docs" / "portal.toml", tmp_path)
    words = ("--settings", str(tmp_path / "portal.toml"), *(("--authority", "/srv/other.pem") if named else ()))
    assert run(*words).exit_code == 0
    (tmp_path / "portal-authority.pem").touch()
    assert run(*words).exit_code == 0
    assert seen == (["/srv/other.pem"] * 2 if named else ["", str(tmp_path / "portal-authority.pem")])
