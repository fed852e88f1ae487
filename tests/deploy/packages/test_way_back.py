"""The box's own way back as a program: what it saves is what the role writes, and it needs nothing of the package. On booted machines:
tests/deploy/machines/changes."""

import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from deploy.packages.contents import HERE
from tests.deploy.expressions import DEPLOY, read_yaml

PROGRAM = HERE / "change" / "hotspot-change"
ROLE = DEPLOY / "ansible_collections" / "hotspot" / "hall" / "roles" / "gateway"
WRITES = ("dest", "path", "cmd", "creates")
"""Arguments of modules that name a file."""


def said(*words: str) -> subprocess.CompletedProcess[str]:
    """What the program says, before it has done anything."""
    return subprocess.run(["sh", PROGRAM, *words], capture_output=True, text=True, check=False)


def saved(path: str, folder: bool = False) -> bool:
    """Is it put back? A folder also when it is only where something of ours lies."""
    patterns = said("paths").stdout.split()
    above = [parent.as_posix() for parent in (Path(path), *Path(path).parents)]
    return any(fnmatchcase(one, pattern) for one in above for pattern in patterns) or (
        folder and any(pattern.startswith(f"{path}/") for pattern in patterns)
    )


def tasks(told: Any) -> Iterator[dict[str, Any]]:
    """Each task of a file, those of blocks too."""
    for task in told or ():
        yield task
        for part in ("block", "rescue", "always"):
            yield from tasks(task.get(part))


def written() -> Iterator[tuple[str, bool]]:
    """What the role's tasks name below /etc, with "x" for what differs from hall to hall, and whether it is a folder."""
    own = read_yaml(ROLE / "vars" / "main.yml")
    for file in sorted((ROLE / "tasks").glob("*.yml")):
        for task in tasks(read_yaml(file)):
            for module, arguments in task.items():
                if not module.startswith("ansible.builtin.") or not isinstance(arguments, dict) or module.endswith((".stat", ".slurp")):
                    continue
                loop = task.get("loop")
                items = [each for each in loop if isinstance(each, str)] if isinstance(loop, list) else []
                for key in WRITES:
                    text = str(arguments.get(key, ""))
                    for item in items or ["x"]:
                        path = re.sub(r"\{\{ *item *\}\}", item, text)
                        path = re.sub(r"\{\{ *(_gateway_\w+) *\}\}", lambda found: str(own[found[1]]), path)
                        path = re.sub(r"\{\{.*?\}\}", "x", path)
                        for one in re.findall(r"(?:^|\s)(/etc/\S+)", path):
                            yield one, arguments.get("state") == "directory"


def test_whatever_the_role_writes_is_saved() -> None:
    """Each file below /etc that a task names; a new one that is not in the program's list is found here."""
    paths = set(written())
    assert len(paths) >= 18
    assert {path for path, folder in paths if not saved(path, folder)} == set()
    assert not saved("/etc/passwd")
    assert not saved("/etc/systemd/system/ssh.service")


def test_it_needs_sh_and_nothing_of_the_package() -> None:
    """The shell that is /bin/sh reads it to its end, and what it saves itself as is what a timer starts; no Python anywhere."""
    text = PROGRAM.read_text(encoding="utf-8")
    assert text.startswith("#!/bin/sh\n")
    assert text.endswith('\nmain "$@"\nexit\n')  # read as a whole before anything is done: its file may go meanwhile
    assert subprocess.run(["sh", "-n", PROGRAM], capture_output=True, check=False).returncode == 0
    assert [word for word in ("python", "local ", " [[ ", "&>") if word in text] == []


@pytest.mark.parametrize("words", [(), ("undo",), ("--help",)])
def test_wrong_usage_says_how(words: tuple[str, ...]) -> None:
    """Each command with what it does."""
    done = said(*words)
    assert (done.returncode, done.stdout) == (2, "")
    told = re.findall(r"^  hotspot-change (\w+)", done.stderr, re.MULTILINE)
    assert told == ["begin", "check", "keep", "back", "state", "paths"]


def test_the_manual_has_each_command() -> None:
    """And each exit status."""
    manual = (DEPLOY.parent / "docs" / "change.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", manual, re.MULTILINE) == ["begin", "check", "keep", "back", "state", "paths"]
    used = {int(number) for number in re.findall(r"\bfail (\d)", PROGRAM.read_text(encoding="utf-8"))} | {0, 4}
    assert {number for number in used if not re.search(rf"\b{number}\b", manual)} == set()
