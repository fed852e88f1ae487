"""A hall as a booted Debian: what visitors get of it, and how it looks from inside."""

import json
import re
import time

import pytest

from hotspot.lab import layout as at
from tests.deploy.machines import town
from tests.deploy.machines.busy import LOADERS, MORE, busy
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone

KILLED = ("hotspot-firewall.service", "hotspot-portal.service")


def test_everything_is_started(hall: Machine) -> None:
    """No unit failed, none is still starting, and the portal says that it is well."""
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
    assert hall.run("systemctl", "is-active", *town.SERVICES).split() == ["active"] * len(town.SERVICES)
    told = hall.run("ip", "-json", "-4", "address", "show", "dev", "mgmt0")
    assert [each["local"] for each in json.loads(told)[0]["addr_info"]] == ["10.20.1.2"]
    assert json.loads(hall.run("curl", "--silent", "http://127.0.0.1:9464/healthz"))


def test_a_synthetic_visitor_finds_nothing_amiss(hall: Machine) -> None:
    """Address, names, advertisement, probes, page, acceptance, Internet over both, and the end."""
    seen = town.visit(f"{hall.name}-bert", "--portal-url", f"http://{at.PORTAL_NAME}/", "--no-rates")
    assert seen["findings"] == []
    assert len([step for step in seen["steps"] if step["result"] == "passed"]) >= 25
    assert [step for step in seen["steps"] if step["result"] == "failed"] == []


def test_a_visitor_stays_online_over_a_restart_of_the_hall(hall: Machine, anna: Phone) -> None:
    """Accepted before, and online afterwards without another tap."""
    anna.join()
    led = anna.get("http://www.town.example/")
    assert (led.status, led.location) == (302, f"http://{at.PORTAL_NAME}/")
    assert anna.accept().status == 303
    assert anna.online()
    hall.reboot()
    until = time.monotonic() + 20
    while not (back := anna.online()) and time.monotonic() < until:
        pass  # each question waits for its answer
    assert back
    assert hall.run("systemctl", "--failed", "--no-legend") == ""


def _restart(hall: Machine, service: str) -> None:
    """Another process serves afterwards."""
    before = hall.run("systemctl", "show", "--value", "--property=MainPID", service)
    hall.run("systemctl", "restart", service)
    assert hall.run("systemctl", "show", "--value", "--property=MainPID", service) != before


@pytest.mark.parametrize("service", ["portal", "firewall", "lan-guard"])
def test_a_restart_is_not_noticed(hall: Machine, anna: Phone, bert: Phone, service: str) -> None:
    """Each page comes, on a connection of its own, and no download is cut: looked at from before the restart until after it."""
    anna.join()
    bert.join()
    assert anna.online() or anna.accept().status == 303
    with busy(anna, bert) as seen:
        _restart(hall, f"hotspot-{service}.service")
    assert seen.faults() == {}
    assert seen.ends["200 0"] > LOADERS * MORE


def test_both_at_once_are_not_noticed(hall: Machine, anna: Phone, bert: Phone) -> None:
    """Firewall and portal killed in the same moment, and started by systemd."""
    before = hall.run("systemctl", "show", "--value", "--property=NRestarts", *KILLED).split()
    with busy(anna, bert) as seen:
        hall.run("systemctl", "kill", "--signal=KILL", *KILLED)
        hall.run("systemctl", "start", *KILLED)
    assert hall.run("systemctl", "show", "--value", "--property=NRestarts", *KILLED).split() != before
    # A load whose answer was being written when its process was killed is lost; none is refused, and none gets a page that says no.
    assert {end for end in seen.faults() if end not in ("000 52", "000 56", "200 18")} == set()
    assert sum(count for end, count in seen.ends.items() if end != "200 0") <= LOADERS


def test_phones_do_not_reach_each_other(hall: Machine, anna: Phone, bert: Phone) -> None:
    """Neither through the bridge nor through the gateway, while each reaches the gateway."""
    anna.join()
    bert.join()
    address = re.findall(r"inet (\S+)/", bert.run("ip", "-4", "address", "show", "dev", "eth0"))[0]
    assert " 1 received" in anna.run("ping", "-c", "1", "-w", "10", at.LAN_GATEWAY)
    assert " 0 received" in anna.run("ping", "-c", "1", "-w", "3", address)
    isolated = hall.run("sh", "-c", "cat /sys/class/net/lan1/brport/isolated /sys/class/net/lan2/brport/isolated")
    assert isolated.split() == ["1", "1"]


def test_the_lan_guard_listens_and_the_doctor_looks(hall: Machine) -> None:
    """Both as their own units: the guard leaves what it saw, and the doctor finds nothing that is worse than a notice."""
    assert hall.run("systemctl", "is-active", "hotspot-lan-guard.service").strip() == "active"
    assert '"pools":[3583]' in hall.journal("--boot", "-u", "hotspot-lan-guard")  # it may read firewall.toml, and found its zone there
    hall.run("systemctl", "start", "hotspot-doctor.service")
    written = "/run/hotspot-looks/{}/look.json"
    assert json.loads(hall.run("cat", written.format("guard")))["by"] == "guard"
    seen = json.loads(hall.run("cat", written.format("doctor")))
    assert {each["kind"] for each in seen["findings"] if each["severity"] != "notice"} <= {"clock-unsynchronised"}  # no clock to set here
