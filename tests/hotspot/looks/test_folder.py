"""The files between the programs and the portal: whole or not at all, nothing but plain files, and nobody writes another's."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspot.looks import folder
from hotspot.looks.values import By, Finding, Look, Severity

LOOK = Look(by=By.GUARD, at=5.0, findings=(Finding(kind="starved", severity=Severity.WARNING, values={"rate": "40"}),))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Also over an older one and over what a killed writer left; another user may read it."""
    assert folder.read(tmp_path, By.GUARD) is None
    own = tmp_path / "guard"
    umask = os.umask(0o077)
    try:
        folder.write(tmp_path, LOOK)
        (own / ".look.json.new").write_text("half")
        folder.write(tmp_path, LOOK)
    finally:
        os.umask(umask)
    assert folder.read(tmp_path, By.GUARD) == LOOK
    assert [(path.name, path.stat().st_mode & 0o777) for path in (own, *own.iterdir())] == [("guard", 0o755), ("look.json", 0o644)]
    assert folder.read(tmp_path, By.VISIT) is None


def test_a_write_that_fails_leaves_the_last_one(tmp_path: Path) -> None:
    """Nothing half is left behind."""
    (tmp_path / "guard" / "look.json").mkdir(parents=True)
    with pytest.raises(OSError, match=r"look\.json"):
        folder.write(tmp_path, LOOK)
    assert [path.name for path in (tmp_path / "guard").iterdir()] == ["look.json"]


@pytest.mark.parametrize("make", ["folder", "link", "pipe", "large", "text", "deep", "another"])
def test_what_cannot_be_used_is_named(tmp_path: Path, make: str) -> None:
    """With the file and why; a pipe without a writer is not waited for."""
    path = tmp_path / "guard" / "look.json"
    path.parent.mkdir()
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
    with pytest.raises(folder.BadLook, match=r"guard/look\.json: "):
        folder.read(tmp_path, By.GUARD)


def test_a_folder_that_others_may_write_to_is_not_read(tmp_path: Path) -> None:
    """Nobody knows who put a file there; nor is a link to a folder followed."""
    folder.write(tmp_path, LOOK)
    (tmp_path / "guard").chmod(0o775)
    with pytest.raises(folder.BadLook, match="others may write"):
        folder.read(tmp_path, By.GUARD)
    (tmp_path / "guard").chmod(0o755)
    (tmp_path / "visit").symlink_to("guard")
    with pytest.raises(folder.BadLook, match="visit"):
        folder.read(tmp_path, By.VISIT)


class Guard:
    """Whoever holds the LAN guard's user, in the folders that tmpfiles.d makes."""

    USER = 64_997

    def __init__(self, whole: Path) -> None:
        self.whole = whole
        for by in By:
            (whole / by).mkdir(parents=True)
        os.chown(whole / "guard", self.USER, self.USER)

    def does(self, code: str) -> int:
        """Exit status of Python code that runs as that user in the folder."""
        rights = ["setpriv", f"--reuid={self.USER}", f"--regid={self.USER}", "--clear-groups", "--no-new-privs", "--bounding-set=-all"]
        words = [*rights, "/usr/bin/env", "python3", "-c", f"import os; {code}"]
        return subprocess.run(words, cwd=self.whole, capture_output=True, check=False).returncode


@pytest.fixture
def guard() -> Iterator[Guard]:
    """In a folder that another user can get to."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    with tempfile.TemporaryDirectory(dir="/run") as place:
        Path(place).chmod(0o755)
        yield Guard(Path(place) / "looks")


@pytest.mark.parametrize("by", ["visit", "doctor"])
def test_the_guards_user_writes_for_nobody_else(guard: Guard, by: str) -> None:
    """It can neither forge nor block what visitor and doctor write, by no file, folder, link or name; its own it writes."""
    forged = f'{{"by": "{by}", "at": 9}}'
    for tried in (
        f"open('{by}/look.json', 'w').write('{forged}')",
        f"os.mkdir('{by}/look.json')",
        f"os.mkdir('{by}/.look.json.new')",
        f"os.rename('guard', '{by}')",
        f"os.symlink('guard', '{by}2')",
        f"os.rmdir('{by}')",
        f"os.chmod('{by}', 0o777)",
    ):
        assert guard.does(tried) == 1, tried
    folder.write(guard.whole, Look(by=By(by), at=5.0))
    assert guard.does(f"os.unlink('{by}/look.json')") == 1
    assert folder.read(guard.whole, By(by)) == Look(by=By(by), at=5.0)
    assert guard.does("""open('guard/look.json', 'w').write('{"by": "guard", "at": 7}')""") == 0
    assert folder.read(guard.whole, By.GUARD) == Look(by=By.GUARD, at=7.0)


def test_each_user_writes_its_own_and_is_believed(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where visitor and doctor are users of their own: what root left from before is theirs to replace, and neither is believed for the
    other, nor the guard's user for either."""
    uids = {"hotspot-visit": guard.USER + 1, "hotspot-doctor": guard.USER + 2}
    known = pwd.struct_passwd(("x", "x", 0, 0, "", "/", "/"))

    def getpwnam(name: str) -> pwd.struct_passwd:
        return pwd.struct_passwd((name, *known[1:2], uids[name], *known[3:]))

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    for by, name in folder.USERS.items():
        folder.write(guard.whole, Look(by=by, at=5.0))
        os.chown(guard.whole / by, uids[name], uids[name])
        assert folder.read(guard.whole, by) == Look(by=by, at=5.0)  # root's file of before
        os.chown(guard.whole / by / "look.json", uids[name], uids[name])
        assert folder.read(guard.whole, by) == Look(by=by, at=5.0)
    os.chown(guard.whole / "visit", uids["hotspot-doctor"], -1)
    with pytest.raises(folder.BadLook, match="expected hotspot-visit or root"):
        folder.read(guard.whole, By.VISIT)


def test_what_another_user_owns_is_not_believed(guard: Guard) -> None:
    """Where the folders are not those of tmpfiles.d: a folder of the guard's user in the place of the visitor's, a file of a third one."""
    own = guard.whole / "visit"
    (own / "look.json").write_text('{"by": "visit", "at": 9}')
    os.chown(own / "look.json", guard.USER, guard.USER)
    with pytest.raises(folder.BadLook, match=f"look.json: belongs to user {guard.USER}, the folder to 0"):
        folder.read(guard.whole, By.VISIT)
    os.chown(own, guard.USER, guard.USER)
    with pytest.raises(folder.BadLook, match=f"visit: belongs to user {guard.USER}: expected hotspot-visit or root"):
        folder.read(guard.whole, By.VISIT)
    (guard.whole / "guard" / "look.json").write_text('{"by": "guard", "at": 9}')
    os.chown(guard.whole / "guard" / "look.json", guard.USER + 1, 0)
    with pytest.raises(folder.BadLook, match="belongs to user"):
        folder.read(guard.whole, By.GUARD)
