"""A visitor's phone in a namespace: a real DHCP client, and curl as its browser."""

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from hotspot.lab.forms import forms, submission
from tests.deploy.machines.machine import PATH, host

LEASE = Path(__file__).with_name("phone.sh")
MARK = "\n@@@"


class Answer(Struct, frozen=True):
    """What the browser got: ``status`` 0 when there was no answer; ``location`` of a redirect."""

    status: int
    location: str
    text: str


class Running:
    """A program that a phone runs beside others."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._process, self._said = process, process.stdout

    @property
    def running(self) -> bool:
        """Not ended yet?"""
        return self._process.poll() is None

    def line(self) -> str:
        """The next line that it prints."""
        return self._said.readline().strip()

    def until(self, line: str, times: int, most: int = 20_000) -> list[str]:
        """All that it prints until it has printed ``line`` so many times, one after the other; at most ``most`` lines."""
        seen: list[str] = []
        while seen[-times:] != [line] * times and len(seen) < most and self.running:
            seen.append(self.line())
        return seen

    def rest(self) -> list[str]:
        """All that it still prints until its end."""
        return self._said.read().split("\n")[:-1]


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
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
            try:
                yield Running(process)
            finally:
                process.kill()

    def join(self) -> None:
        """Get an address as a phone that has come into the hall."""
        udhcpc = ("udhcpc", "-q", "-n", "-f", "-i", "eth0", "-t", "8", "-T", "1", "-s", str(LEASE))
        host("ip", "netns", "exec", self.space, "env", f"PATH={PATH}", f"NAMES={self._names}", *udhcpc)

    def get(self, url: str, *options: str, body: bytes | None = None) -> Answer:
        """Ask for a page, over IPv4 unless told otherwise."""
        more = [] if body is None else ["--data-binary", "@-"]
        said = self.run(
            *("curl", "-4", "--silent", "--max-time", "10", "--write-out", f"{MARK}%{{http_code}} %{{redirect_url}}", *options, *more, url),
            stdin=body or b"",
        )
        text, _, rest = said.rpartition(MARK)
        status, _, location = rest.partition(" ")
        return Answer(int(status), location, text)

    def accept(self) -> Answer:
        """Be led to the splash page, and tap."""
        led = self.get("http://www.town.example/")
        page = self.get(led.location)
        form = next(each for each in forms(page.text) if each.method == "POST")
        sent = submission(led.location, form)
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
