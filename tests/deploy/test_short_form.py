"""Which of the long tests are part of every run, and why the playbooks are left out where they are."""

import shutil
from pathlib import Path

import pytest

from tests.deploy import conftest
from tests.deploy.plays import control, disk


def test_one_boot_and_one_scene_are_in_every_run() -> None:
    """Of the files that boot machines for minutes; the others wait for ``make test-deploy``."""
    folders = (conftest.MACHINES, conftest.PLAYS)
    there = {str(path) for folder in folders for path in folder.rglob("test_*.py")}
    assert {Path(path).name for path in there - {*conftest.LONG}} == {"test_boot.py", "test_city.py"}
    assert str(conftest.PLAYS / "test_update.py") in conftest.LONG


WITHOUT = (
    "no ansible-playbook here (Debian: apt-get install ansible-core), and HOTSPOT_ANSIBLE_PLAYBOOK names none: the playbooks are not run"
)
UNREACHED = "no SSH server here that the machines could get (Debian: apt-get install openssh-server): the playbooks are not run"


NO_APT = "no python3-apt that the machines could get, which Ansible's apt needs (scripts/prepare machines): the playbooks are not run"


@pytest.mark.parametrize(
    ("named", "server", "missing", "why"),
    [
        ("", "/usr/sbin/sshd", [], "HOTSPOT_ANSIBLE_PLAYBOOK is empty: the playbooks are not run"),
        ("no-such-playbook", "/usr/sbin/sshd", [], WITHOUT),
        ("/bin/true", None, [], UNREACHED),
        ("/bin/true", "/usr/sbin/sshd", ["python3-apt", "unattended-upgrades"], NO_APT),
        ("/bin/true", "/usr/sbin/sshd", ["unattended-upgrades"], ""),
    ],
)
def test_why_no_playbook_is_run(monkeypatch: pytest.MonkeyPatch, named: str, server: str | None, missing: list[str], why: str) -> None:
    """In a line, with what to do."""
    monkeypatch.setattr(disk, "missing", lambda kind: missing)
    monkeypatch.setenv("HOTSPOT_ANSIBLE_PLAYBOOK", named)
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, **more: server if name == "sshd" else found(name, **more))
    assert control.why_not() == why
