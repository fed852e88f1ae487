"""``hotspot lab up``, ``phone`` and ``down``: separate programs that know each other's hall by its name."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.lab.hall import own_namespaces
from hotspot.lab.layout import Layout

pytestmark = pytest.mark.kernel


@pytest.fixture
def name() -> Iterator[str]:
    """A hall's name; whatever the test did, the hall is down afterwards."""
    name = f"cmd{os.getpid()}"
    yield name
    CliRunner().invoke(main, ["lab", "down", "--name", name])
    assert own_namespaces(Layout(name)) == []


def test_a_hall_outlives_the_program_that_raised_it(name: str) -> None:
    """``up`` in one process, ``phone`` in the next, a program as that phone, ``down`` in a third; again it finds nothing."""
    root = Path(__file__).parents[3]
    command = [sys.executable, "-P", "-m", "hotspot", "lab"]
    told = [
        json.loads(subprocess.run([*command, *words, "--name", name, "--json"], capture_output=True, check=True, cwd=root, env=env).stdout)
        for env in [{**os.environ, "PYTHONPATH": str(root)}]
        for words in (["up", "--no-gateway"], ["phone", "anna"])
    ]
    hall, phone = told
    assert hall["namespaces"] == {"gateway": f"{name}-gw", "wan": f"{name}-wan", "access_point": f"{name}-ap"}
    assert (phone["namespace"], phone["ipv6"], phone["dns"]) == (f"{name}-anna", "2001:db8:1::ff:fe00:1", ["198.18.0.1"])
    assert sorted(path.name for path in Path(hall["logs"]).iterdir()) == [
        "anna-dhcp.log",
        "chrony.log",
        "dnsmasq-captive.log",
        "dnsmasq.log",
        "nsd.log",
        "radvd.log",
        "site.log",
    ]
    page = subprocess.run(["ip", "netns", "exec", phone["namespace"], "curl", "-s", hall["urls"]["page"]], capture_output=True, check=True)
    assert b"so you are online" in page.stdout
    removed = [json.loads(CliRunner().invoke(main, ["lab", "down", "--name", name, "--json"]).output) for _ in range(2)]
    assert (len(removed[0][name]), removed[1]) == (13, {name: []})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["phone", "anna"], "there is no such hall"),
        (["phone", "wan"], "cannot name a phone 'wan'"),
        (["up", "--name", "a/b"], "cannot name a hall 'a/b'"),
    ],
)
def test_what_cannot_be_is_one_line(name: str, words: list[str], expected: str) -> None:
    """No hall of this name, impossible names: exit status 1 and a line that says why."""
    result = CliRunner().invoke(main, ["lab", *words[:1], "--name", name, *words[1:]])
    assert (result.exit_code, expected in result.stderr, result.stderr.count("\n")) == (1, True, 1)
