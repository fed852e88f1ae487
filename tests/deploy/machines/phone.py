"""A visitor's phone in a namespace: a real DHCP client, and curl as its browser."""

import contextlib
import itertools
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from hotspot.lab.forms import forms, submission
from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines.machine import PATH, host

LEASE = Path(__file__).with_name("phone.sh")
MARK = "\n@@@"
TOLD = "%{http_code}\t%{exitcode}\t%{redirect_url}\t%{errormsg}"


class Answer(Struct, frozen=True):
    """What the browser got: ``status`` 0 when there was no answer; ``location`` of a redirect; ``fault``: curl's number and words for why
    there was none or not all of it."""

    status: int
    location: str
    text: str
    fault: str = ""

    def told(self) -> str:
        """In a line, for whoever looks for the cause."""
        return " ".join(word for word in (str(self.status), self.location, self.fault, repr(self.text[:200])) if word)


class Running:
    """A program that a phone runs beside others; a thread takes down all that it prints, and when, from its start to its end."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._chunks: list[tuple[float, bytes]] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while chunk := os.read(self._process.stdout.fileno(), 65_536):
            with self._more:
                self._chunks.append((time.monotonic(), chunk))
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    @property
    def running(self) -> bool:
        """Not ended yet?"""
        return self._process.poll() is None

    def said(self) -> bytes:
        """All that it has printed."""
        with self._more:
            return b"".join(chunk for _, chunk in self._chunks)

    def lines(self) -> list[str]:
        """Its whole lines."""
        return self.said().decode(errors="replace").split("\n")[:-1]

    def wait(self, count: int, of: type[str] | type[bytes] = str, seconds: float = 60.0) -> None:
        """Until it has printed so many lines (or bytes). Raises ``LabFailed``."""
        until = time.monotonic() + seconds
        while len(self.lines() if of is str else self.said()) < count:
            with self._more:
                self._more.wait(0.2)
            if not self._reader.is_alive() or time.monotonic() > until:
                raise LabFailed(f"{self._process.args!r} does not go on")

    def longest_gap(self) -> float:
        """Seconds between two moments at which it printed something."""
        moments = [moment for moment, _ in self._chunks]
        return max((after - before for before, after in itertools.pairwise(moments)), default=0.0)

    def end(self) -> None:
        """Now; what it has printed stays."""
        self._process.kill()
        self._process.wait()
        self._reader.join()


class Phone:
    """In the namespace ``space``, with its network at ``eth0``."""

    def __init__(self, space: str, names: Path) -> None:
        self.space, self._names = space, names

    def run(self, *words: str, stdin: bytes = b"") -> str:
        """Run a program there; ``ip netns exec`` puts the phone's own name servers in the place of this machine's."""
        done = subprocess.run(("ip", "netns", "exec", self.space, *words), input=stdin, capture_output=True, check=False, timeout=60)
        return done.stdout.decode(errors="replace")

    @contextlib.contextmanager
    def begin(self, *words: str) -> Iterator[Running]:
        """Run a program there beside others; it is ended at the end."""
        command = ("ip", "netns", "exec", self.space, *words)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
            running = Running(process)
            try:
                yield running
            finally:
                running.end()

    def join(self, name: str = "") -> None:
        """Get an address as a phone that has come into the hall, and that says what it is called."""
        udhcpc = ("udhcpc", "-q", "-n", "-f", "-i", "eth0", "-t", "8", "-T", "1", "-s", str(LEASE), "-x", f"hostname:{name or 'phone'}")
        host("ip", "netns", "exec", self.space, "env", f"PATH={PATH}", f"NAMES={self._names}", *udhcpc)

    def get(self, url: str, *options: str, body: bytes | None = None) -> Answer:
        """Ask for a page, over IPv4 unless told otherwise."""
        more = [] if body is None else ["--data-binary", "@-"]
        said = self.run(
            *("curl", "-4", "--silent", "--max-time", "10", "--write-out", f"{MARK}{TOLD}", *options, *more, url),
            stdin=body or b"",
        )
        text, _, rest = said.rpartition(MARK)
        status, code, location, why = rest.split("\t")
        return Answer(int(status), location, text, "" if code == "0" else f"curl {code}: {why}")

    def accept(self, first: str = "http://www.town.example/") -> Answer:
        """Be led to the splash page, or ask for it itself, and tap."""
        led = self.get(first)
        page = self.get(led.location) if led.location else led
        form = next((each for each in forms(page.text) if each.method == "POST"), None)
        if form is None:
            raise LabFailed(f"{self.space}: no page to tap on: {led.told()}, {page.told()}")
        sent = submission(led.location or first, form)
        headers = [word for key, value in sent.headers.items() for word in ("-H", f"{key}: {value}")]
        return self.get(sent.url, *headers, body=sent.body)

    def online(self) -> bool:
        """Does it see the Internet's own page?"""
        return bool(re.search("Town of Example", self.get("http://www.town.example/").text))


@contextlib.contextmanager
def phone(space: str) -> Iterator[Phone]:
    """A phone with name servers of its own, which are forgotten afterwards."""
    names = Path("/etc/netns", space, "resolv.conf")
    names.parent.mkdir(parents=True)
    names.touch()
    try:
        yield Phone(space, names)
    finally:
        names.unlink()
        names.parent.rmdir()
        with contextlib.suppress(OSError):
            names.parent.parent.rmdir()
