"""A machine: namespaces of its own, a disk that remembers, a systemd that is process 1. Networks between machines are bridges."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from hotspot.lab.namespaces import LabFailed

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
BOOT = Path(__file__).with_name("boot.sh")
SECONDS = 60.0
RESTARTED = 128 + signal.SIGHUP
"""How unshare ends when the system in it asked for a restart (pid_namespaces(7))."""


def host(*words: str, stdin: str | None = None, seconds: float = SECONDS) -> str:
    """Run a command of this machine; raises ``LabFailed`` with its words."""
    try:
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False, timeout=seconds, env={"PATH": PATH})
    except subprocess.TimeoutExpired:
        raise LabFailed(f"{' '.join(words)}: no end within {seconds:g} s") from None
    if done.returncode:
        raise LabFailed(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


@contextlib.contextmanager
def namespace(name: str) -> Iterator[str]:
    """A network namespace with a loopback, gone afterwards with all its interfaces."""
    host("ip", "netns", "add", name)
    try:
        host("ip", "-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        unplug(name)
        host("ip", "netns", "del", name)


def unplug(name: str) -> None:
    """Take a namespace's cables away. The kernel takes what is in a deleted namespace away some time later, and not before the last process
    has left it: until then the far ends stay where they are, and their names are taken."""
    for link in json.loads(host("ip", "-n", name, "-json", "link", "show", "type", "veth")):
        host("ip", "-n", name, "link", "del", link["ifname"])


def cable(one: str, interface: str, other: str, other_interface: str) -> None:
    """A veth pair between two namespaces; both ends are down."""
    host("ip", "-n", one, "link", "add", interface, "type", "veth", "peer", "name", other_interface, "netns", other)


SETTINGS = {"net.ipv4.ip_forward": 0, "net.ipv6.conf.all.forwarding": 0, "net.ipv4.conf.all.send_redirects": 1}
"""Of a kernel that has just started, as far as ours are others."""


def fresh_kernel(space: str) -> None:
    """A namespace as after a power cut: the cables are there, and nothing else that a system had made in it. Rules, grants, connections and
    addresses would go on without any process of ours, and whoever is online with them; what a process had said last would be said again and
    again, until its line is back."""
    inside = ("ip", "netns", "exec", space)
    host(*inside, "ss", "--kill", "--all", "--tcp")
    host(*inside, "nft", "flush", "ruleset")
    host(*inside, "conntrack", "--flush")
    for link in reversed(json.loads(host("ip", "-n", space, "-json", "-details", "link", "show"))):  # what hangs on another is younger
        name, kind = link["ifname"], link.get("linkinfo", {}).get("info_kind")
        if kind == "veth":
            host("ip", "-n", space, "link", "set", name, "nomaster", "down")
            host("ip", "-n", space, "address", "flush", "dev", name)
            if link["qdisc"] not in ("noop", "noqueue"):
                host("tc", "-n", space, "qdisc", "del", "dev", name, "root")
        elif name != "lo":
            host("ip", "-n", space, "link", "del", name)
    host(*inside, "sysctl", "--quiet", "--write", *(f"{key}={value}" for key, value in SETTINGS.items()))


def cgroups() -> Path:
    """Where version 2 of the control groups is mounted."""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        if line.split()[2] == "cgroup2":
            return Path(line.split()[1])
    raise LabFailed("cannot boot a machine: no cgroup2 is mounted here")


GROUP = "hotspot-machine-"
"""How the control groups of machines begin."""


def end_group(group: Path) -> None:
    """Kill all that is in a control group, and take it away. Raises ``LabFailed`` when something in it does not die."""
    kill = group / "cgroup.kill"
    if kill.exists():  # since Linux 5.14
        kill.write_text("1")
    else:
        for number in (group / "cgroup.procs").read_text(encoding="ascii").split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)
    until = time.monotonic() + 10
    with (group / "cgroup.events").open(encoding="ascii") as events:
        watched = select.poll()
        watched.register(events, select.POLLPRI)
        while "populated 1" in (events.seek(0), events.read())[1]:
            if time.monotonic() > until:
                raise LabFailed(f"{group}: something in it does not die")
            watched.poll(200)
    for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
        folder.rmdir()
    group.rmdir()


class Machine:
    """One of them, on top of ``disk`` (``root.disk``). ``folder`` keeps what it writes, over restarts too."""

    def __init__(self, name: str, network: str, disk: str, folder: Path) -> None:
        self.name, self.network, self.disk, self.folder = name, network, disk, folder
        self._outer: subprocess.Popen[bytes] | None = None
        self._group = cgroups() / f"{GROUP}{name}"
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, settled: bool = True) -> None:
        """Boot; returns when systemd has started everything (``settled``) or when it runs, and raises when it ended or needed too long."""
        self._group.mkdir(exist_ok=True)
        fresh_kernel(self.network)
        spaces = ("--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--kill-child")
        join = f'echo $$ > "{self._group}/cgroup.procs"; exec "$@"'
        words = ("nsenter", f"--net=/run/netns/{self.network}", "unshare", *spaces, str(BOOT), self.disk, str(self.folder), self.name)
        with (self.folder / "console").open("ab") as console:
            self._outer = subprocess.Popen(
                ("sh", "-c", join, "sh", *words),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                env={"PATH": PATH},
            )
        until = time.monotonic() + SECONDS
        while not self._booted():
            if self._outer.poll() is not None or time.monotonic() > until:
                raise LabFailed(f"{self.name} does not boot: {(self.folder / 'console').read_text(errors='replace')[-2000:]}")
            self._wait(0.1)
        if settled:
            self.run("systemctl", "is-system-running", "--wait", check=False)

    def _booted(self) -> bool:
        """Does its systemd answer?"""
        return self.leader is not None and self.run("systemctl", "show", "--property=Version", check=False) != ""

    def _wait(self, seconds: float) -> bool:
        """Wait for its end, at most so long; True when it has ended."""
        assert self._outer is not None
        watched = os.pidfd_open(self._outer.pid)
        try:
            return bool(select.select([watched], [], [], seconds)[0])
        finally:
            os.close(watched)

    @property
    def leader(self) -> int | None:
        """Its process 1 as this machine numbers it; None while there is none that has left our disk behind."""
        assert self._outer is not None
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children")
        try:
            number = int(children.read_text(encoding="ascii").split()[0])
            return number if Path(f"/proc/{number}/exe").readlink().name == "systemd" else None
        except (OSError, IndexError):
            return None

    def words(self, *words: str) -> tuple[str, ...]:
        """The command that runs ``words`` in it as root."""
        spaces = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd")
        return ("nsenter", f"--target={self.leader}", *spaces, "env", "-i", f"PATH={PATH}", "LANG=C.UTF-8", "HOME=/root", *words)

    def beside(self, *words: str) -> tuple[str, ...]:
        """The command that runs ``words`` in it for as long as it is wanted: ended from outside by a signal, as any process (one that is
        among the machine's processes is a child of nsenter(1), which would end alone)."""
        return tuple(word for word in self.words(*words) if word != "--pid")

    def run(self, *words: str, stdin: str | None = None, check: bool = True, seconds: float = SECONDS) -> str:
        """Run a program in it; raises ``LabFailed`` with its words when it fails and ``check`` is set."""
        try:
            done = subprocess.run(self.words(*words), input=stdin, capture_output=True, text=True, check=False, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise LabFailed(f"{self.name}: {' '.join(words)}: no end within {seconds:g} s") from None
        if check and done.returncode:
            raise LabFailed(f"{self.name}: {' '.join(words)}: {done.stderr.strip()} {done.stdout.strip()}")
        return done.stdout

    def put(self, path: str, text: str, mode: int = 0o644, group: str = "root") -> None:
        """Write a file in it."""
        self.run("install", "-D", "-m", f"{mode:o}", "-g", group, "/dev/stdin", path, stdin=text)

    def journal(self, *words: str) -> str:
        """What its journal has."""
        return self.run("journalctl", "--no-pager", "--output=short-monotonic", *words)

    def reboot(self) -> None:
        """Restart as its own command does; returns when it is up again."""
        self.run("systemctl", "reboot", check=False)
        self.down()
        self.start()

    def down(self) -> None:
        """Wait until it has gone down for a restart. Raises ``LabFailed``."""
        assert self._outer is not None
        if not self._wait(SECONDS):
            raise LabFailed(f"{self.name} does not go down")
        status = self._outer.wait()
        if status not in (-signal.SIGHUP, RESTARTED):
            raise LabFailed(f"{self.name} went down with {status} instead of a restart")

    def cut(self) -> None:
        """Pull the plug: nothing in it gets a last word. What it has written stays; ``start`` boots it again."""
        assert self._outer is not None
        end_group(self._group)
        self._outer.wait()

    def stop(self) -> None:
        """Power off, politely at first; its disk stays."""
        if self._outer is not None:
            if self._outer.poll() is None and (leader := self.leader) is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(leader, signal.SIGRTMIN + 4)  # poweroff.target
                self._wait(20)
            if self._group.exists():
                end_group(self._group)
            self._outer.wait()
            self._outer = None

    def forget(self) -> None:
        """Throw its disk away, and whatever of it still runs: nothing of that needs to be written in peace."""
        if self._group.exists():
            end_group(self._group)
        if self._outer is not None:
            self._outer.wait()
            self._outer = None
        shutil.rmtree(self.folder)
