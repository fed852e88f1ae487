"""The demonstration as a person runs it: a process of its own, ended as a person ends it, in halls with the whole product and a hub."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.hub_client import Client, Login
from hotspot.lab.forms import forms, submission
from hotspot.lab.hall import own_namespaces
from hotspot.lab.layout import Layout
from hotspot.lab.processes import start_ticks
from hotspot.lab.record import RUN

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[3]
WALK = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "9a", "9b", "9c", "9d", "end"]


def command(name: str, *words: str) -> list[str]:
    """The command line of a demo with short measurements."""
    return [sys.executable, "-P", "-m", "hotspot", "lab", "demo", "--name", name, "--seconds", "1", *words]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where databases are made; short, because there are sockets in it, and open to PostgreSQL's user. Nothing may be left in it."""
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        assert list(folder.iterdir()) == []


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    """The tree under test, wherever the tests are run from."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}


@pytest.fixture
def name(folder: Path) -> Iterator[str]:
    """A hall's name; after the test nothing of that hall may be there."""
    name = f"demo{os.getpid()}"
    yield name
    left = left_of(name)
    CliRunner().invoke(main, ["lab", "down", "--name", name])
    assert left == ([], False)


def left_of(name: str) -> tuple[list[str], bool]:
    """Namespaces of a hall, and whether it has a folder."""
    return own_namespaces(Layout(name)), (RUN / name).exists()


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
    report = steps["8"]["figures"]
    assert (report["hub_visits"], report["hub_down"], report["hub_up"]) == (1, report["portal_down"], report["portal_up"])
    assert steps["9"]["figures"]["halls"] == 12
    assert steps["9b"]["figures"]["seconds_cut"] < 1
    assert steps["9c"]["figures"]["halls"] == 5
    assert steps["9d"]["figures"]["counted"] == 0
    assert (done.returncode, outcome["passed"], list(steps)) == (0, True, WALK)


def test_a_person_can_look_around_until_ctrl_c(name: str, environment: dict[str, str]) -> None:
    """The window shows the portal as the phone sees it; accepting through it works; metrics are there; everybody that it names gets into
    the hub; Ctrl-C twice ends it cleanly."""
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
            assert 'hotspot_accepts_total{outcome="online",zone="public"} 3.0' in opened(metrics[1])[1]
            people_get_into_the_hub(said, environment)
        finally:
            running.send_signal(signal.SIGINT)
            running.send_signal(signal.SIGINT)
            rest = running.stdout.read()
        assert (running.wait(30), rest.splitlines()[-1]) == (0, "nothing is left of it")


def people_get_into_the_hub(said: str, environment: dict[str, str]) -> None:
    """What the demo prints is enough: each login works and sees what its role sees, and so does the command line with the token."""
    exported = dict(re.findall(r"\b(HOTSPOT_HUB_[A-Z]+)=(\S+)", said))
    url, authority = exported["HOTSPOT_HUB_URL"], exported["HOTSPOT_HUB_AUTHORITY"]
    logins = re.findall(r"^     (\w+) +(\S{16}) +(?:host|partner)-(\w+)(?:, .*: (\w{32})| of \w+)$", said, re.MULTILINE)
    assert [role for _, _, role, _ in logins] == ["admin", "operator", "editor", "viewer"]
    seen = {}
    for user, password, role, key in logins:
        shown = subprocess.run([sys.executable, "-P", "-m", "hotspot", "lab", "code", key], capture_output=True, text=True, check=False)
        assert (shown.returncode == 0) == bool(key)
        wanted = {"name": user, "password": password, "code": shown.stdout.strip()}
        issued = Client(Login(url, authority=authority)).ask("POST", "/login", wanted)
        seen[role] = len(Client(Login(url, issued["token"], authority)).ask("GET", "/figures/now"))
    assert seen == {"admin": 12, "operator": 12, "editor": 3, "viewer": 5}
    command = [sys.executable, "-P", "-m", "hotspot", "hub", "figures", "now", "--json"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env={**environment, **exported})
    assert {hall["state"] for hall in json.loads(shown.stdout)} == {"well"}


def test_after_a_kill_lab_down_removes_it_all(name: str, folder: Path, environment: dict[str, str]) -> None:
    """Nobody could clear up: processes, namespaces, folders and the hub's database are there, and ``lab down`` finds them by the name."""
    with subprocess.Popen(command(name, "--once"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "address" in line:
                break
        running.kill()
    (database,) = folder.iterdir()
    server = int((database / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    running_before = start_ticks(server)
    down = CliRunner().invoke(main, ["lab", "down", "--name", name])
    assert (down.exit_code, f"{name}: removed database {database}" in down.output.splitlines()) == (0, True)
    assert (running_before is not None, start_ticks(server), database.exists(), left_of(name)) == (True, None, False, ([], False))


def test_a_signal_during_the_walk_ends_it_cleanly(name: str, environment: dict[str, str]) -> None:
    """Nobody has to wait for the walk; it did not pass, and that is what the exit status says."""
    words = command(name, "--once", "--no-hub")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "address" in line:
                break
        running.send_signal(signal.SIGTERM)
        rest = running.stdout.read()
        assert (running.wait(30), rest.splitlines()[-1]) == (1, "nothing is left of it")
