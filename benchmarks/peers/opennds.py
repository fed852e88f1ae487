"""openNDS from Debian, as it is, in a gateway's namespace; nothing of it is installed on the machine.

``apt-get`` fetches the packages into ``artefacts/opennds``, where they are unpacked; the daemon sees them laid over /usr and /etc in a
mount namespace of its own, with /tmp and /var/lib/misc of its own. It keeps Debian's settings but for the interface and the number of
clients.

One thing of it is changed: 9.10 renames the chains INPUT and FORWARD with nft and makes new ones of another priority, which Debian 12's
iptables (1.8.9) then refuses to touch, so that it would let everybody through. Those lines are left out.
"""

import contextlib
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.crowd import Visitor

CACHE = Path(__file__).parents[2] / "artefacts" / "opennds"
PACKAGES = ("opennds", "iptables")
PROGRAMS = ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore")
PATIENCE = 60.0
"""Seconds that a start may take."""
AUTHENTICATED = 0x30000
"""openNDS's mark of a client that has accepted."""
_OTHER_CHAINS = re.compile(r"^(\s*)nft (?:rename|add) chain ip filter (?:INPUT|FORWARD) .*$", re.MULTILINE)
_LAST_WORDS = re.compile(r"is now running|^died$", re.MULTILINE)
_UNPACKING = threading.Lock()
_INSIDE = """
set -e
mount -t overlay usr -o lowerdir="$0/links:$0/root/usr:/usr" /usr
mount -t overlay etc -o lowerdir="$1/etc:$0/root/etc:/etc" /etc
mount -t tmpfs misc /var/lib/misc
ln -s "$2" /var/lib/misc/dnsmasq.leases
mount -t tmpfs tmp /tmp
iptables -P INPUT ACCEPT
iptables -P FORWARD ACCEPT
until opennds -f -d 1; do echo died; done
"""
"""In its own mount namespace; as with its unit, it is started again when it dies. $0: unpacked packages, $1: this daemon's folder, $2: the
DHCP server's leases, which it wants to read."""


class Unavailable(Exception):
    """openNDS cannot be had or does not work; the text says why."""


def unpacked() -> Path:
    """The packages, fetched and unpacked once. Raises ``Unavailable``."""
    done = CACHE / "done"
    with _UNPACKING:
        if done.exists():
            return CACHE
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise Unavailable("cannot fetch openNDS: no apt-get here")
        shutil.rmtree(CACHE, ignore_errors=True)
        (CACHE / "archives" / "partial").mkdir(parents=True)
        fetch = [
            "apt-get",
            "-d",
            "-y",
            "-q",
            "-o",
            "Debug::NoLocking=1",
            "-o",
            f"Dir::Cache::archives={CACHE}/archives",
            "-o",
            "APT::Sandbox::User=root",
        ]
        said = subprocess.run([*fetch, "--no-install-recommends", "install", *PACKAGES], capture_output=True, text=True, check=False)
        archives = sorted((CACHE / "archives").glob("*.deb"))
        if said.returncode != 0 or not any(each.name.startswith("opennds-daemon_") for each in archives):
            raise Unavailable(f"cannot fetch openNDS: {(said.stderr or said.stdout).strip()[-300:]}")
        for archive in archives:
            subprocess.run(["dpkg-deb", "-x", str(archive), str(CACHE / "root")], check=True)
        library = CACHE / "root/usr/lib/opennds/libopennds.sh"
        library.write_text(_OTHER_CHAINS.sub(r"\1:", library.read_text(encoding="utf-8")), encoding="utf-8")
        for folder in ("sbin", "bin"):
            (CACHE / "links" / folder).mkdir(parents=True)
        for name in PROGRAMS:
            (CACHE / "links/sbin" / name).symlink_to("xtables-nft-multi")
        (CACHE / "links/bin/systemctl").symlink_to("/bin/true")  # it would restart the machine's own dnsmasq
        done.touch()
        return CACHE


def settings(shipped: str, max_clients: int) -> str:
    """Debian's settings without their comments, and ours."""
    kept = [line for line in shipped.splitlines() if line.strip() and not line.lstrip().startswith(("#", "Gateway", "MaxClients"))]
    return "\n".join([*kept, "GatewayInterface lan0", f"MaxClients {max_clients}", ""])


class OpenNDS:
    """A running daemon."""

    def __init__(self, namespace: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.namespace, self._process, self._log = namespace, process, log
        self._online: list[Visitor] = []

    @property
    def deaths(self) -> int:
        """How often it has died."""
        return self._log.read_text(errors="replace").count("\ndied\n")

    def cpu_seconds(self) -> float:
        """Processor time so far, with what it has started and what has ended of that (proc(5) ``stat``, fields 14 to 17)."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                total += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        return total / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """MB of a million bytes, all its processes."""
        kilobytes = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
                kilobytes += int(fields.get("VmRSS", "0").split()[0])
        return kilobytes * 1024 / 1e6

    def pids(self) -> list[int]:
        """The daemon and what it has started: everything of its own process namespace."""
        waiting, found = [self._process.pid], []
        while waiting:
            parent = waiting.pop()
            for task in Path(f"/proc/{parent}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    waiting.extend(map(int, task.read_text().split()))
            if parent != self._process.pid:  # unshare itself
                found.append(parent)
        return found

    def _run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """A program in the daemon's namespaces."""
        pids = self.pids()
        if not pids:
            raise Unavailable("cannot go on: openNDS has ended")
        inside = ["nsenter", "-t", str(pids[0]), "-m", "-n", "-p", *words]
        return subprocess.run(inside, input=given, capture_output=True, text=True, check=False)

    def let_in(self, clients: Sequence[Visitor]) -> None:
        """Clients who are online as far as the kernel knows: the rules that openNDS makes for each, all at once."""
        self._online += clients
        self._put_in(clients)

    def restore(self) -> None:
        """The rules of ``let_in`` once more: they are gone when it has died."""
        self._put_in(self._online)

    def _put_in(self, clients: Sequence[Visitor]) -> None:
        mark = f"MARK --set-xmark {AUTHENTICATED:#x}/{AUTHENTICATED:#x}"
        mangle, returns = [], []
        for one in clients:
            mangle.append(f"-A ndsOUT -s {one.address}/32 -m mac --mac-source {one.mac} -j {mark}")
            mangle += [f"-A ndsINC -d {one.address}/32 -j {mark}", f"-A ndsINC -d {one.address}/32 -j ACCEPT"]
            returns.append(f"-I ndsULR -s {one.address}/32 -j RETURN")
        given = "\n".join(["*mangle", *mangle, "COMMIT", "*filter", *returns, "COMMIT", ""])
        said = self._run("iptables-restore", "--noflush", given=given)
        if said.returncode != 0:
            raise Unavailable(f"cannot put openNDS's rules in: {said.stderr.strip()[-300:]}")

    def settle(self) -> None:
        """Wait until it says in its log that its rules are there; it tells nobody else. Raises ``Unavailable``."""
        patience = time.monotonic() + PATIENCE
        while _LAST_WORDS.findall(said := self._log.read_text(errors="replace"))[-1:] != ["is now running"]:
            if self._process.poll() is not None or time.monotonic() > patience:
                raise Unavailable(f"cannot start openNDS: {said[-500:]}")
            time.sleep(0.1)

    def end(self) -> None:
        """End it and all that it has started."""
        self._process.kill()  # unshare; what it has started dies with it
        self._process.wait(20)


@contextmanager
def running(namespace: str, folder: Path, leases: Path, max_clients: int = 6_000) -> Iterator[OpenNDS]:
    """openNDS on ``lan0`` of this namespace, as soon as its rules are there. Raises ``Unavailable``."""
    cache = unpacked()
    own = folder / "etc" / "opennds"
    own.mkdir(parents=True)
    shipped = (cache / "root/etc/opennds/opennds.conf").read_text(encoding="utf-8")
    (own / "opennds.conf").write_text(settings(shipped, max_clients), encoding="utf-8")
    apart = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc", "--kill-child"]
    words = ["ip", "netns", "exec", namespace, *apart, "sh", "-c", _INSIDE, str(cache), str(folder), str(leases)]
    with (folder / "opennds.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", env=os.environ | {"HOME": "/root"})
    daemon = OpenNDS(namespace, process, folder / "opennds.log")
    try:
        daemon.settle()
        yield daemon
    finally:
        daemon.end()
