"""The control host: a folder with an inventory and keys, and ansible-playbook, called in the namespace of the network of the IT staff."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from hotspot.lab.namespaces import LabFailed
from tests.deploy.expressions import DEPLOY
from tests.deploy.plays import disk

VARIABLE = "HOTSPOT_ANSIBLE_PLAYBOOK"
RECAP = re.compile(r"^(\S+)\s+: (ok=\d+.*)$", re.MULTILINE)
SECONDS = 2700.0
"""After which a run of a playbook hangs. Ansible needs up to a second for a task on a host, and a city has hundreds of them."""
PATIENCE = 7200
"""Of a test with all its runs: on two busy cores it may take long, and that is nothing that a test here finds."""
OPTIONS = (
    "-F none -o SendEnv=LANG -o ControlMaster=auto -o ControlPersist=20s -o StrictHostKeyChecking=yes"
    " -o ServerAliveInterval=5 -o ServerAliveCountMax=4"
)
"""Of ssh: as deploy/inventory/ansible.cfg has them, with less patience, and whatever whoever runs the tests has in ~/.ssh/config, which
ssh looks for by itself and not in $HOME."""


def executable() -> str:
    """ansible-playbook, or what ``HOTSPOT_ANSIBLE_PLAYBOOK`` names; "" where it names nothing that is there."""
    named = os.environ.get(VARIABLE, "ansible-playbook")
    found = shutil.which(named)
    return str(Path(found).absolute()) if found else ""  # it is called from another folder


def why_not() -> str:
    """Why no playbook can be run here; "": one can."""
    if os.environ.get(VARIABLE) == "":
        return f"{VARIABLE} is empty: the playbooks are not run"
    if not executable():
        return f"no ansible-playbook here (Debian: apt-get install ansible-core), and {VARIABLE} names none: the playbooks are not run"
    if not shutil.which("sshd", path="/usr/sbin"):
        return "no SSH server here that the machines could get (Debian: apt-get install openssh-server): the playbooks are not run"
    if shutil.which("dpkg-query") and "python3-apt" in disk.missing("gateway"):
        return "no python3-apt that the machines could get, which Ansible's apt needs (scripts/prepare machines): the playbooks are not run"
    return ""


class Played(msgspec.Struct, frozen=True):
    """What a run of a playbook came to."""

    code: int
    """0: well; 2: a host failed; 4: a host could not be reached, or the playbook cannot be read."""
    text: str
    hosts: dict[str, dict[str, int]]
    """Host -> its counts: ok, changed, unreachable, failed, skipped, rescued, ignored."""

    def says(self, words: str) -> bool:
        """Is this in it? Its lines are broken where they are long."""
        return words in " ".join(self.text.split())

    def changed(self) -> list[str]:
        """Tasks that changed something, with their hosts."""
        task, found = "", []
        for line in self.text.splitlines():
            if told := re.match(r"(?:TASK|RUNNING HANDLER) \[(.*)\] \*+$", line):
                task = told[1]
            elif told := re.match(r"changed: \[([^\] ]+)", line):
                found.append(f"{told[1]}: {task}")
        return found


def environment(folder: Path, sockets: Path) -> dict[str, str]:
    """What a shell of the IT staff has, who stand in ``folder``, and no more of whoever runs the tests. PWD is said: the plays look for it,
    and Python sets none for what it starts."""
    return {
        "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(folder),
        "PWD": str(folder),
        "LANG": "C.UTF-8",
        "ANSIBLE_CONFIG": str(DEPLOY / "inventory" / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_SSH_ARGS": f"{OPTIONS} -o UserKnownHostsFile={folder}/known_hosts",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
    }


class Control:
    """In the namespace ``space``, with its files in ``folder``; ``sockets`` is where ssh keeps those of its connections."""

    def __init__(self, space: str, folder: Path, sockets: Path) -> None:
        self.space, self.folder, self.sockets = space, folder, sockets
        self.key = folder / "id_ed25519"
        self.inventory = folder / "inventory"
        self.inventory.mkdir()
        (folder / "known_hosts").touch()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)

    def know(self, address: str, keys: str) -> None:
        """A machine whose keys were read where it stands."""
        with (self.folder / "known_hosts").open("a", encoding="utf-8") as known:
            known.writelines(f"{address} {line}\n" for line in keys.splitlines())

    def write(self, path: str, values: Any) -> None:
        """A file of the inventory: YAML, of which JSON is a part."""
        target = self.inventory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(values, indent=2, ensure_ascii=False), encoding="utf-8")

    def play(self, book: str, *options: str, **extra: Any) -> Played:
        """Run a playbook of the collection; ``extra`` are further variables. The words of each run are kept in the folder."""
        more = ("-e", json.dumps(extra)) if extra else ()
        books = DEPLOY / "ansible_collections" / "hotspot" / "hall" / "playbooks"
        words = (executable(), "-i", str(self.inventory), *options, *more, str(books / f"{book}.yml"))
        command = ("ip", "netns", "exec", self.space, *words)
        try:
            done = subprocess.run(
                command,
                env=environment(self.folder, self.sockets),
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise LabFailed(f"{book} does not end: {(error.stdout or b'').decode(errors='replace')[-3000:]}") from None
        text = done.stdout + done.stderr
        (self.folder / f"{len(list(self.folder.glob('*.log'))):02}-{book}.log").write_text(text, encoding="utf-8")
        hosts = {}
        for name, counts in RECAP.findall(done.stdout):
            hosts[name] = {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", counts)}
        return Played(done.returncode, text, hosts)
