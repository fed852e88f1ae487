"""A hall behind a line that gives an address by DHCP and delegates an IPv6 prefix, another one now and then."""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from hotspot.lab import layout as at
from tests.deploy.machines import root, town
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, phone

FIRST, SECOND = "2001:db8:4000:", "2001:db8:5000:"
ZONE = {"ipv6": "delegated", "address6": ""}
DNSMASQ = f"""
interface=line
bind-interfaces
port=0
dhcp-range=203.0.113.100,203.0.113.120,1h
dhcp-option=option:router,{at.LINK_WAN}
dhcp-range=::,constructor:line,ra-only
enable-ra
dhcp-leasefile=/dev/null
keep-in-foreground
log-facility=-
"""


class Line:
    """The provider's router, which delegates."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._process, self._said = process, process.stdout

    def delegated(self, prefix: str) -> None:
        """Wait until the gateway has taken this prefix."""
        _until(self._said, f"delegated {prefix}")

    def renumber(self) -> None:
        """From now on another prefix."""
        self._process.send_signal(signal.SIGUSR1)


def _until(said: IO[str], words: str, seconds: float = 40) -> None:
    """Read lines until one has these words."""
    until = time.monotonic() + seconds
    while select.select([said], [], [], max(0, until - time.monotonic()))[0]:
        if not (line := said.readline()):
            break
        if words in line:
            return
    raise AssertionError(f"not within {seconds} s: {words}")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Line]]:
    """The Internet's namespace, and the line's router in it."""
    conf = tmp_path_factory.mktemp("line") / "dnsmasq.conf"
    conf.write_text(DNSMASQ, encoding="utf-8")
    with town.internet(f"pd{os.getpid()}-net") as wan, contextlib.ExitStack() as stack:
        stack.enter_context(town.running(wan, "dnsmasq", "-C", str(conf), until="router advertisement on line"))
        command = ("ip", "netns", "exec", wan, sys.executable, "-P", str(Path(__file__).with_name("delegating.py")))
        prefixes = (f"{FIRST}:/56", f"{SECOND}:/56")
        process = stack.enter_context(subprocess.Popen((*command, "line", *prefixes), stdout=subprocess.PIPE, text=True))
        stack.callback(process.kill)
        assert process.stdout is not None
        _until(process.stdout, "line delegates")
        yield wan, Line(process)


@pytest.fixture(scope="module")
def machine(line: tuple[str, Line], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The hall, booted with its settings."""
    folder = Path(tmp_path_factory.mktemp("machines"), "hall")
    with town.hall(f"pd{os.getpid()}", 1, line[0], root.disk("gateway"), folder) as hall:
        settings = town.settings(1, gateway_wan={"interface": "wan0", "dhcp": True})
        settings["gateway_zones"][0] |= ZONE
        hall.start()
        town.install(hall, settings)
        hall.reboot()
        yield hall


@pytest.fixture(scope="module")
def anna(machine: Machine) -> Iterator[Phone]:
    """A phone."""
    with phone(f"{machine.name}-anna") as one:
        yield one


def _address(phone: Phone, prefix: str) -> str:
    """The phone's address of this prefix, as soon as it has made one."""
    begin = ("ip", "netns", "exec", phone.space, "ip", "-6", "monitor", "address")
    with subprocess.Popen(begin, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        try:
            if not (found := _seen(phone, prefix)):
                _until(watching.stdout, f"inet6 {prefix}")
                found = _seen(phone, prefix)
        finally:
            watching.kill()
    return found


def _seen(phone: Phone, prefix: str) -> str:
    found = re.findall(rf"inet6 ({prefix}\S*)/", phone.run("ip", "-6", "address", "show", "dev", "eth0", "-tentative"))
    return str(found[0]) if found else ""


def _online6(phone: Phone, source: str) -> bool:
    """Does the Internet's own page come over IPv6, from this address?"""
    said = phone.run("curl", "-6", "--silent", "--max-time", "10", "--interface", source, "http://www.town.example/")
    return "Town of Example" in said


def test_the_prefix_of_the_line_is_the_visitors(machine: Machine, line: tuple[str, Line]) -> None:
    """A synthetic visitor makes an address of it, is captive, then online over both, and finds nothing amiss."""
    line[1].delegated(f"{FIRST}:/56")
    seen = town.visit(f"{machine.name}-bert", "--portal-url", f"http://{at.PORTAL_NAME}/", "--no-rates")
    assert [step for step in seen["steps"] if step["result"] == "failed"] == []
    assert seen["findings"] == []


def test_another_prefix_ends_no_session(machine: Machine, line: tuple[str, Line], anna: Phone) -> None:
    """The line takes its prefix back while somebody is online: their phone makes another address, and is online with it without a tap."""
    anna.join()
    before = _address(anna, FIRST)
    assert not _online6(anna, before)
    assert anna.accept().status == 303
    assert _online6(anna, before)
    line[1].renumber()
    line[1].delegated(f"{SECOND}:/56")
    after = _address(anna, SECOND)
    assert _online6(anna, after)
    assert anna.online()
    assert not _online6(anna, before), "the prefix that the line has taken back"
    told = machine.run("ip", "-6", "address", "show", "dev", "guests")
    assert (f"{SECOND}:1/64" in told, f"{FIRST}:1/64" in told) == (True, False)


def test_router_advertisements_are_nobody_s_root(machine: Machine) -> None:
    """radvd has lost root with our drop-in, and goes on over a reload of its settings: the same process, which still answers phones."""
    pid = machine.run("systemctl", "show", "--value", "--property=MainPID", "radvd.service").strip()
    assert _rights(machine, pid) == ("radvd", "0000000000002000", "1", "2")
    machine.run("systemctl", "reload", "radvd.service")
    assert machine.run("systemctl", "show", "--value", "--property=MainPID", "radvd.service").strip() == pid
    seen = town.visit(f"{machine.name}-bert", "--portal-url", f"http://{at.PORTAL_NAME}/", "--no-rates")
    assert [step for step in seen["steps"] if step["result"] == "failed"] == []
    assert seen["findings"] == []
    machine.run("systemctl", "restart", "radvd.service")
    told = machine.run("journalctl", "--unit", "radvd.service", "--output", "cat", "--no-pager")
    wrong = {line for line in told.splitlines() if re.search("(?i)fail|denied|permitted|read-only|error", line)}
    assert {line for line in wrong if "CurHopLimit (64)" not in line} == set()  # the kernel's own is that already


def _rights(machine: Machine, pid: str) -> tuple[str, ...]:
    """User of a process, capabilities that it has and can have, whether it gets new ones, and its filter of system calls."""
    user = machine.run("stat", "--format", "%U", f"/proc/{pid}").strip()
    told = dict(line.split(":\t", 1) for line in machine.run("cat", f"/proc/{pid}/status").splitlines() if ":\t" in line)
    assert told["CapEff"] == told["CapBnd"]
    return user, told["CapEff"], told["NoNewPrivs"], told["Seccomp"]
