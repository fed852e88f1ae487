"""Start scenes in guests, two at a time, and bring back what they found."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

RUN = Path(__file__).with_name("run.sh")
ROOT = RUN.parents[2]
DEBIAN = tuple(os.environ.get("FULLKERNEL_DEBIAN", "linux-image-amd64").split())
"""Kernel packages for the short list."""
LONG = os.environ.get("HOTSPOT_LONG", "") == "1"
"""Whether the scenes measure at full length."""
AT_ONCE = min(2, os.cpu_count() or 1)
"""Guests at a time: each keeps one processor busy. In virtual time they do not notice each other."""
told: dict[str, list[str]] = {}
"""What there is to say at the end, by heading: kernels and figures."""


PROGRAMS = {"air": "hostapd wpasupplicant iw"}
"""Debian packages that a scene needs beside what this machine has."""
NO_REGISTRY = 123
"""Exit status of ``run.sh`` when what the guest needs is not here and nobody answers who has it."""


class NotHere(Exception):
    """What a guest needs cannot be fetched on this machine; the text says what."""


class SceneFailed(Exception):
    """A scene did not come to its end; the text is what it said."""


class Play(NamedTuple):
    """One run of a scene: in user-mode Linux in virtual time, or under the kernel of the package ``debian``."""

    scene: str
    words: tuple[str, ...] = ()
    debian: str = ""


def playing(*plays: Play) -> pytest.MarkDecorator:
    """A test of what these runs found: its argument ``found``, once for each run."""
    names = ["-".join(filter(None, (play.scene, *play.words, play.debian))) for play in plays]
    return pytest.mark.parametrize("found", plays, indirect=True, ids=names)


@functools.cache
def user_mode() -> str:
    """Name of the user-mode kernel, "" when there is none; raises ``SceneFailed`` when the one that ``FULLKERNEL`` names cannot be used."""
    done = subprocess.run([RUN, "--which"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SceneFailed(done.stderr)
    return done.stdout.strip() if done.stdout.startswith("user-mode") else ""


def need_user_mode() -> None:
    """Skip the test where there is no user-mode kernel."""
    if not user_mode():
        pytest.skip("needs user-mode Linux: set FULLKERNEL or `make fullkernel` (about 10 minutes)")


class Guests:
    """The guests of a test run. All that its tests need are started, in their order, when the first test asks."""

    def __init__(self) -> None:
        self.wanted: Sequence[Play] = ()
        """What the collected tests will ask for."""
        self._pool: ThreadPoolExecutor | None = None
        self._results: dict[Play, Future[tuple[str, Any]]] = {}
        self._running: set[subprocess.Popen[str]] = set()

    def found(self, play: Play) -> Any:
        """What a run has found; waits for its end. Raises ``SceneFailed`` and ``NotHere``."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(AT_ONCE)
            wanted = [each for each in dict.fromkeys((*self.wanted, play)) if each.debian or user_mode()]
            self._results = {each: self._pool.submit(self._play, each) for each in wanted}
        kernel, found = self._results[play].result()
        tell("kernels", kernel)
        return found

    def end(self) -> None:
        """Nobody asks any more: what has not begun does not begin, what runs ends."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in tuple(self._running):
                process.terminate()
            self._pool.shutdown()

    def _play(self, play: Play) -> tuple[str, Any]:
        engine = ["-e", "qemu", "-k", play.debian] if play.debian else ["-e", "uml"]
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "found.json"
            inside = [sys.executable, "-P", "-m", f"tests.fullkernel.scenes.{play.scene}", str(out), *play.words]
            # Bytecode stays in the guest, and saves it from compiling everything for each process.
            environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": str(ROOT)}
            whole: list[str | Path] = [RUN, *engine, "-p", PROGRAMS.get(play.scene, ""), "-i", "-t", "900", "-w", folder, "--", *inside]
            process = subprocess.Popen(whole, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self._running.add(process)
            said, complained = process.communicate()
            self._running.discard(process)
            if process.returncode == NO_REGISTRY:
                raise NotHere(complained.strip().rpartition("\n")[2])
            if process.returncode != 0:
                raise SceneFailed(f"{' '.join([play.scene, *play.words])}: exit status {process.returncode}\n{complained}{said[-20_000:]}")
            return complained.strip(), json.loads(out.read_text())


guests = Guests()


def tell(heading: str, line: str) -> None:
    """Say something at the end, once."""
    lines = told.setdefault(heading, [])
    if line not in lines:
        lines.append(line)
