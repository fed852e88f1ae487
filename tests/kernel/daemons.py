"""A firewall daemon run for real in a namespace, and a client that speaks its contract."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from firewall import api
from tests.kernel.wires import Wires, client_mac

RATES = api.Rates(64_000, 10_000_000, 64_000, 2_000_000)
_Reply = TypeVar("_Reply")


def settings_text(folder: Path, more: str = "", **zone: object) -> str:
    """A ``firewall.toml`` for the small hall; ``more`` is appended."""
    values: dict[str, object] = {
        "lan": "lan0",
        "wan": "wan0",
        "addresses": ["198.18.0.1/20", "2001:db8:1::1/64"],
        "total_down": "900 Mbit/s",
        "total_up": "900 Mbit/s",
        "max_clients": 3_000,
    } | zone
    lines = [f"{key} = {value!r}".replace("'", '"') for key, value in values.items()]
    head = [f'socket = "{folder}/firewall.sock"', f'runtime_dir = "{folder}/run"', "usage_interval = 1.0"]
    return "\n".join([*head, "[zones.public]", *lines, more])


def grant(number: int, session: str | None = None, **terms: Any) -> api.Grant:
    """A grant for client ``number``."""
    values: dict[str, Any] = {"plan": "visitor", "rates": RATES, "seconds": 600.0} | terms
    return api.Grant("public", client_mac(number), session or f"{number:016x}", **values)


class Peer:
    """The portal's side of the socket, one request at a time."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")
        self._id = 0

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def say(self, kind: Callable[..., api.AnyRequest], *values: Any) -> api.AnyMessage:
        """Send a request; the next message is returned."""
        self._id += 1
        return self.line(api.encode(kind(self._id, *values)))

    def line(self, line: bytes) -> api.AnyMessage:
        """Send a raw line; the next message is returned."""
        self._socket.sendall(line)
        return self.next()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def next(self) -> api.AnyMessage:
        """The next message."""
        return api.decode_message(self._lines.readline())

    def ask(self, reply: type[_Reply], kind: Callable[..., api.AnyRequest], *values: Any) -> _Reply:
        """Send a request that must get such a reply."""
        said = self.say(kind, *values)
        assert isinstance(said, reply), said
        return said

    def allow(self, wanted: api.Grant) -> api.Usage:
        """Allow a client."""
        return self.ask(api.Allowed, api.Allow, wanted).usage

    def revoke(self, session: str) -> api.Usage:
        """Revoke a session."""
        return self.ask(api.Revoked, api.Revoke, session).usage

    def usages(self) -> dict[str, api.Usage]:
        """Usage by session."""
        return {usage.session: usage for usage in self.ask(api.UsageRead, api.ReadUsage).usages}

    def status(self) -> api.StatusIs:
        """The daemon's status."""
        return self.ask(api.StatusIs, api.Status)


class Firewall:
    """One daemon: start, kill, start again."""

    def __init__(self, wires: Wires, folder: Path, more: str = "", **zone: object) -> None:
        self._wires = wires
        self.folder = folder
        self.config = folder / "firewall.toml"
        self.config.write_text(settings_text(folder, more, **zone), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Peer:
        """Start it with CAP_NET_ADMIN alone, and wait until it says that it is ready."""
        ready = self.folder / "notify.sock"
        ready.unlink(missing_ok=True)
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as told:
            told.bind(str(ready))
            told.settimeout(20)
            caps = ["setpriv", "--inh-caps", "-all,+net_admin", "--ambient-caps", "-all,+net_admin", "--bounding-set", "-all,+net_admin"]
            command = [*caps, sys.executable, "-P", "-m", "firewall", "--config", str(self.config)]
            env = os.environ | {"NOTIFY_SOCKET": str(ready), "PYTHONPATH": str(Path(__file__).parents[2])}
            self._process = self._wires.start("gw", *command, log=self.folder / "firewall.log", env=env)
            while b"READY=1" not in told.recv(4096):
                pass
        return Peer(self.folder / "firewall.sock")

    @property
    def pid(self) -> int:
        """Process id of the running daemon."""
        assert self._process is not None
        return self._process.pid

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=15)
            self._process = None

    def log(self) -> str:
        """What it has logged."""
        return (self.folder / "firewall.log").read_text(encoding="utf-8")


@contextlib.contextmanager
def running(wires: Wires, folder: Path, more: str = "", **zone: object) -> Iterator[tuple[Firewall, Peer]]:
    """A daemon and a peer of it."""
    firewall = Firewall(wires, folder, more, **zone)
    peer = firewall.start()
    try:
        yield firewall, peer
    finally:
        peer.close()
        firewall.end(signal.SIGKILL)


def eventually(true: Callable[[], bool], seconds: float) -> float:
    """Poll until ``true()``; returns how long it took, fails after ``seconds``. For what the kernel does without telling anybody."""
    start = time.monotonic()
    while not true():
        passed = time.monotonic() - start
        assert passed < seconds, f"not within {seconds} s"
        time.sleep(0.01)
    return time.monotonic() - start
