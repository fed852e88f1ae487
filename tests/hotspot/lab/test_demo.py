"""The demonstration as a person runs it: a process of its own, ended as a person ends it, in halls with the whole product."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from hotspot.lab.forms import forms, submission
from hotspot.lab.hall import own_namespaces
from hotspot.lab.layout import Layout
from hotspot.lab.record import RUN

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[3]


def command(name: str, *words: str) -> list[str]:
    """The command line of a demo with short measurements."""
    return [sys.executable, "-P", "-m", "hotspot", "lab", "demo", "--name", name, "--seconds", "1", *words]


@pytest.fixture
def environment() -> dict[str, str]:
    """The tree under test, wherever the tests are run from."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def name() -> Iterator[str]:
    """A hall's name; after the test nothing of that hall may be there."""
    name = f"demo{os.getpid()}"
    yield name
    assert (own_namespaces(Layout(name)), (RUN / name).exists()) == ([], False)


def opened(url: str, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[HTTPResponse, str]:
    """One request of a person's browser to loopback."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, parts.path, body or None, headers or {})
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def test_once_walks_every_step_and_says_so(name: str, environment: dict[str, str]) -> None:
    """Exit status 0, one JSON object on stdout, every step passed."""
    done = subprocess.run(command(name, "--once", "--json"), capture_output=True, text=True, timeout=100, check=False, env=environment)
    outcome = json.loads(done.stdout or "null")
    steps = {step["number"]: step for step in outcome["steps"]}
    assert [step for step in outcome["steps"] if not step["passed"]] == []
    assert (done.returncode, outcome["passed"], list(steps)) == (0, True, ["0", "1", "2", "3", "4", "5", "6", "7", "end"])


def test_a_person_can_look_around_until_ctrl_c(name: str, environment: dict[str, str]) -> None:
    """The window shows the portal as the phone sees it; accepting through it works; metrics are there; Ctrl-C twice ends it cleanly."""
    words = command(name, "--port", "0")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as running:
        assert running.stdout is not None
        said = ""
        for line in running.stdout:
            said += line
            if "Ctrl-C ends it all" in line:
                break
        window = re.search(r"open (http://127\.0\.0\.1:\d+/) :", said)
        metrics = re.search(r"open (http://127\.0\.0\.1:\d+/metrics) :", said)
        try:
            assert window, said
            assert metrics, said
            page, text = opened(window[1])
            tap = submission(window[1], next(form for form in forms(text) if form.action.startswith("/accept")))
            accepted, _ = opened(tap.url, "POST", tap.body, tap.headers)
            foreign, _ = opened(tap.url, "POST", tap.body, {**tap.headers, "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"})
            online, _ = opened(urljoin(window[1], accepted.getheader("Location") or ""))
            assert (page.status, accepted.status, foreign.status, online.status) == (200, 303, 403, 200)
            assert 'hotspot_accepts_total{outcome="online",zone="public"} 2.0' in opened(metrics[1])[1]
        finally:
            running.send_signal(signal.SIGINT)
            running.send_signal(signal.SIGINT)
            rest = running.stdout.read()
        assert (running.wait(30), rest.splitlines()[-1]) == (0, "nothing is left of it")


def test_a_signal_during_the_walk_ends_it_cleanly(name: str, environment: dict[str, str]) -> None:
    """Nobody has to wait for the walk; it did not pass, and that is what the exit status says."""
    words = command(name, "--once")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "address" in line:
                break
        running.send_signal(signal.SIGTERM)
        rest = running.stdout.read()
        assert (running.wait(30), rest.splitlines()[-1]) == (1, "nothing is left of it")
