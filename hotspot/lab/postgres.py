"""A private PostgreSQL cluster: made, started, killed and removed by the demo, the tests and the benchmarks. It listens on a unix socket
only, and asks the machine for nothing but Debian's packages."""

import os
import pwd
import select
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from hotspot.lab.namespaces import LabFailed
from hotspot.lab.processes import END_SECONDS, start_ticks

USER = "postgres"
"""PostgreSQL refuses to run as root; Debian's packages bring this user."""
START_SECONDS = 30


def programs() -> Path:
    """The folder with ``initdb`` and ``pg_ctl`` of the newest version here, or the one named by HOTSPOT_POSTGRES. Raises ``LabFailed``."""
    named = os.environ.get("HOTSPOT_POSTGRES")
    if named:
        return Path(named)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise LabFailed("cannot raise a database: PostgreSQL is not installed")
    return found[-1].parent


def take_away(note: Path) -> list[str]:
    """End and remove the cluster whose folder is written down in ``note``, whoever started it; says what was found."""
    try:
        folder = Path(note.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    if not folder.is_dir():
        return []
    Cluster(folder=folder).remove()
    return [f"database {folder}"]


class Cluster:
    """One cluster in a folder of its own. ``with Cluster() as cluster`` makes, starts and removes it.

    ``durable``: commits are flushed to the disk, as in production; without it they are lost only when the machine dies.
    """

    def __init__(self, *, durable: bool = False, settings: dict[str, str] | None = None, folder: Path | None = None) -> None:
        """``folder``: of a cluster that is there already, maybe of another program; None: a new one."""
        self.programs = programs()
        self.folder = folder or Path(tempfile.mkdtemp(prefix="hotspot-pg-"))
        self.data = self.folder / "data"
        self.settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.folder}'",
            "fsync": "on" if durable else "off",
            "synchronous_commit": "on",
            "full_page_writes": "on" if durable else "off",
            "shared_buffers": "128MB",
            "max_connections": "100",
            "timezone": "UTC",
            **(settings or {}),
        }

    def dsn(self, database: str = "postgres") -> str:
        """As libpq writes it."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self.folder), safe='')}"

    def __enter__(self) -> Self:
        with ExitStack() as unless_up:
            unless_up.callback(self.remove)
            self.create()
            self.start()
            unless_up.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.remove()

    def create(self) -> None:
        """Make its files. Raises ``LabFailed``."""
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER, USER)
        words = ["--auth=trust", "--username", USER, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--pgdata", str(self.data)]
        self.run("initdb", *words)
        lines = "".join(f"{name} = {value}\n" for name, value in self.settings.items())
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(lines)

    def start(self) -> None:
        """Returns when it takes connections. Raises ``LabFailed``."""
        log = self.folder / "log"
        if not self.running():  # a killed server that nobody has taken note of still has its number, and would count as running
            for left in (self.data / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock"):
                left.unlink(missing_ok=True)
        self.run("pg_ctl", "start", "--wait", "--timeout", str(START_SECONDS), "--silent", "--pgdata", str(self.data), "--log", str(log))

    def configure(self, settings: dict[str, str]) -> None:
        """Change settings that need no restart, from now on. Raises ``LabFailed``."""
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("".join(f"{name} = {value}\n" for name, value in settings.items()))
        self.run("pg_ctl", "reload", "--silent", "--pgdata", str(self.data))

    def follow(self, primary: "Cluster") -> None:
        """Become a standby of a running cluster, with a copy of it, and start. Raises ``LabFailed``."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER, USER)
        source = ["--host", str(primary.folder), "--username", USER, "--checkpoint=fast", "--no-sync", "--write-recovery-conf"]
        self.run("pg_basebackup", *source, "--pgdata", str(self.data))
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"unix_socket_directories = '{self.folder}'\n")
        self.start()

    def promote(self) -> None:
        """A standby takes over; returns when it can be written to. Raises ``LabFailed``."""
        self.run("pg_ctl", "promote", "--wait", "--silent", "--pgdata", str(self.data))

    def stop(self, mode: str = "fast") -> None:
        """``fast``: cut connections; ``immediate``: as after a crash."""
        self.run("pg_ctl", "stop", "--wait", "--mode", mode, "--silent", "--pgdata", str(self.data))

    def kill(self) -> None:
        """SIGKILL to the server and all of its processes, as the out-of-memory killer would; they are gone when this returns."""
        pid = self._pid()
        if pid is None:
            return
        children = Path("/proc", str(pid), "task", str(pid), "children").read_text().split()
        for victim in (pid, *map(int, children)):
            try:
                handle = os.pidfd_open(victim)
            except ProcessLookupError:
                continue
            try:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                select.select([handle], [], [], END_SECONDS)
            except ProcessLookupError:
                continue
            finally:
                os.close(handle)

    def running(self) -> bool:
        """Does the server run?"""
        return self._pid() is not None

    def remove(self) -> None:
        """Stop it, whatever is left, and remove its files."""
        if self.running():
            try:
                self.stop("immediate")
            except LabFailed:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program: str, *words: str) -> str:
        """Run one of PostgreSQL's programs as its user; returns what it printed. Raises ``LabFailed``."""
        command = [str(self.programs / program), *words]
        if os.geteuid() == 0:
            who = pwd.getpwnam(USER)
            command = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--init-groups", *command]
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "PGHOST": str(self.folder), "PGUSER": USER}
        # Without a terminal's signals: Ctrl-C ends the demo, which then ends its database.
        done = subprocess.run(
            command, cwd="/", env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, start_new_session=True
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise LabFailed(f"cannot run {program}: {said[-500:]}")
        return done.stdout

    def _pid(self) -> int | None:
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return None if start_ticks(pid) is None else pid
