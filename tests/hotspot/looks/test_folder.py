"""The files between the programs and the portal: whole or not at all, and nothing but a plain file is read."""

import os
from pathlib import Path

import pytest

from hotspot.looks import folder
from hotspot.looks.values import By, Finding, Look, Severity

LOOK = Look(by=By.GUARD, at=5.0, findings=(Finding(kind="starved", severity=Severity.WARNING, values={"rate": "40"}),))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Also over an older one and over what a killed writer left; another user may read it."""
    assert folder.read(tmp_path, By.GUARD) is None
    (tmp_path / ".guard.json.new").write_text("half")
    folder.write(tmp_path, LOOK)
    folder.write(tmp_path, LOOK)
    assert folder.read(tmp_path, By.GUARD) == LOOK
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [("guard.json", 0o644)]


def test_a_write_that_fails_leaves_the_last_one(tmp_path: Path) -> None:
    """Nothing half is left behind."""
    (tmp_path / "guard.json").mkdir()
    with pytest.raises(OSError, match=r"guard\.json"):
        folder.write(tmp_path, LOOK)
    assert [path.name for path in tmp_path.iterdir()] == ["guard.json"]


@pytest.mark.parametrize("make", ["folder", "link", "pipe", "large", "text", "deep", "another"])
def test_what_cannot_be_used_is_named(tmp_path: Path, make: str) -> None:
    """With the file and why; a pipe without a writer is not waited for."""
    path = tmp_path / "guard.json"
    match make:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to("/etc/passwd")
        case "pipe":
            os.mkfifo(path)
        case "large":
            path.write_bytes(b" " * (folder.LARGEST + 1))
        case "text":
            path.write_text("?")
        case "deep":
            path.write_text('{"by": "guard", "at": 1, "more": ' + "[" * 50_000)
        case "another":
            path.write_text('{"by": "visit", "at": 1}')
    with pytest.raises(folder.BadLook, match=r"guard\.json: "):
        folder.read(tmp_path, By.GUARD)
