"""Start scenes in guests and bring back what they found."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

RUN = Path(__file__).with_name("run.sh")
ROOT = RUN.parents[2]
DEBIAN = tuple(os.environ.get("FULLKERNEL_DEBIAN", "linux-image-amd64").split())
"""Kernel packages for the short list."""
told: dict[str, list[str]] = {}
"""What there is to say at the end, by heading: kernels and figures."""


class SceneFailed(Exception):
    """A scene did not come to its end; the text is what it said."""


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


def play(scene: str, *words: str, debian: str = "", seconds: int = 900) -> Any:
    """Run a scene in user-mode Linux in virtual time, or under ``debian``'s kernel in real time; returns what it found."""
    engine = ["-e", "qemu", "-k", debian] if debian else ["-e", "uml"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        inside = [sys.executable, "-P", "-m", f"tests.fullkernel.scenes.{scene}", str(out), *words]
        # Bytecode stays in the guest, and saves it from compiling everything for each process.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": str(ROOT)}
        whole: list[str | Path] = [RUN, *engine, "-i", "-t", str(seconds), "-w", folder, "--", *inside]
        done = subprocess.run(whole, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        tell("kernels", done.stderr.strip())
        if done.returncode != 0:
            raise SceneFailed(f"{scene} {' '.join(words)}: exit status {done.returncode}\n{done.stderr}{done.stdout[-20_000:]}")
        return json.loads(out.read_text())


def tell(heading: str, line: str) -> None:
    """Say something at the end, once."""
    lines = told.setdefault(heading, [])
    if line not in lines:
        lines.append(line)
