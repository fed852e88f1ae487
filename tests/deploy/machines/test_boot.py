"""In every run: the package on a bare Debian that boots with it, one visitor online, restarts that nobody notices, looks by their units."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines import root, town
from tests.deploy.machines.busy import LOADERS, MORE, busy
from tests.deploy.machines.debs import OLD, leaders, put, version
from tests.deploy.machines.machine import GROUP, Machine, cable, cgroups, fresh_kernel, host, namespace
from tests.deploy.machines.phone import phone
from tests.deploy.machines.sweep import NETNS_ETC, PREFIX, sweep
from tests.deploy.packages.built import Built

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300)]
SERVICES = ("hotspot-firewall.service", "hotspot-portal.service")


def test_what_a_killed_run_has_left_is_taken_away() -> None:
    """Processes in a machine's control group and below it, those in a namespace, the namespace, and a phone's name servers."""
    group, space = cgroups() / f"{GROUP}{PREFIX}left", f"{PREFIX}left"
    (group / "below").mkdir(parents=True)
    host("ip", "netns", "add", space)
    folder = NETNS_ETC / space
    folder.mkdir(parents=True)
    (folder / "resolv.conf").touch()
    join = ("sh", "-c", f'echo $$ > "{group}/below/cgroup.procs"; exec sleep 1000')
    with subprocess.Popen(join) as inside, subprocess.Popen(("ip", "netns", "exec", space, "sleep", "1000")) as there:
        try:
            while not (group / "below" / "cgroup.procs").read_text() or not host("ip", "netns", "pids", space):
                assert inside.poll() is None
                assert there.poll() is None
            assert sweep("left") == [group.name, space, str(folder)]
            assert (inside.wait(10), there.wait(10)) == (-9, -9)
        finally:
            inside.kill()
            there.kill()
    assert (group.exists(), folder.exists(), space in host("ip", "netns", "list")) == (False, False, False)
    assert sweep("left") == []


def test_a_command_without_end_is_told_as_such() -> None:
    """As any other failure of the lab."""
    with pytest.raises(LabFailed, match="sleep 5: no end within 0.1 s"):
        host("sleep", "5", seconds=0.1)


def test_a_cable_is_away_with_its_machine() -> None:
    """Also while a process still stands in the machine's namespace: the next hall's cable to the same place bears the same name."""
    inside, other = f"{PREFIX}gone", f"{PREFIX}gone-other"
    with namespace(other):
        with namespace(inside):
            cable(inside, "wan0", other, "line4")
            stays = subprocess.Popen(
                ("ip", "netns", "exec", inside, sys.executable, "-c", STAYS), stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert stays.stdout is not None
            assert stays.stdout.readline() == b"there\n"
        with stays:
            assert "line4" not in host("ip", "-n", other, "link")


STAYS = "import sys; print('there', flush=True); sys.stdin.read()"
LAST_WORDS = """import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
accepted = server.accept()[0]
client.close()
accepted.close()
"""
"""A connection that its kernel remembers when nobody is there any more."""


def test_a_machine_finds_nothing_of_before() -> None:
    """Rules, addresses, bridges, queues and connections that a system has made in its namespace are gone when it starts again, and it
    forwards nothing: else its visitors would be online by a kernel that never went down."""
    inside, other = f"{PREFIX}fresh", f"{PREFIX}fresh-other"
    within = ("ip", "netns", "exec", inside)
    with namespace(inside), namespace(other):
        cable(inside, "lan1", other, "lan1")
        before = host("ip", "-n", inside, "address"), host("tc", "-n", inside, "qdisc")
        host("ip", "-n", inside, "link", "add", "guests", "type", "bridge")
        host("ip", "-n", inside, "link", "set", "lan1", "master", "guests", "up")
        host("ip", "-n", inside, "address", "add", "198.18.0.1/24", "dev", "lan1")
        host("tc", "-n", inside, "qdisc", "add", "dev", "lan1", "root", "handle", "1:", "htb")
        host(*within, "nft", "add", "table", "inet", "hotspot_public")
        host(*within, "sysctl", "--quiet", "--write", "net.ipv4.ip_forward=1")
        host(*within, sys.executable, "-c", LAST_WORDS)
        assert "TIME-WAIT" in host(*within, "ss", "--tcp", "--all")
        fresh_kernel(inside)
        assert host(*within, "ss", "--tcp", "--all", "--no-header") == ""
        assert (host("ip", "-n", inside, "address"), host("tc", "-n", inside, "qdisc")) == before
        assert host(*within, "nft", "list", "ruleset") == ""
        assert host(*within, "sysctl", "-n", "net.ipv4.ip_forward") == "0\n"


@pytest.fixture(scope="module")
def hall(net: str, packages: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A bare Debian that got the package by apt, the settings and a restart."""
    with town.hall("deploy-boot", 4, net, str(root.bare("gateway")), Path(tmp_path_factory.mktemp("hall"))) as machine:
        machine.start()
        put(machine, packages["gateway"])
        town.install(machine, town.settings(4))
        machine.reboot()
        yield machine


def test_a_visitor_gets_online_and_restarts_are_not_noticed(hall: Machine) -> None:
    """All of its services run; a phone gets in by a tap; then firewall and portal are started anew, and from before that until after it no
    load of a new visitor fails and the download goes on."""
    assert version(hall, "hotspot-gateway") == OLD
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
    assert hall.run("systemctl", "is-active", *town.SERVICES).split() == ["active"] * len(town.SERVICES)
    assert hall.run("sysctl", "-n", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding").split() == ["1", "1"]
    with phone(f"{hall.name}-anna") as anna, phone(f"{hall.name}-bert") as bert:
        anna.join()
        bert.join()
        assert anna.accept().status == 303
        assert anna.online()
        before = leaders(hall, *SERVICES)
        with busy(anna, bert) as seen:
            for service in SERVICES:
                hall.run("systemctl", "restart", service)
        assert {*before, "0"}.isdisjoint(leaders(hall, *SERVICES))
        assert seen.faults() == {}
        assert seen.ends["200 0"] > LOADERS * MORE
        assert anna.online()


SPOILT = (
    "nft add table inet town",
    "nft add chain inet town out '{ type filter hook forward priority 100; policy drop; }'",
    "nft add rule inet town out accept",
    "chmod 600 /etc/dnsmasq-hotspot/*.conf",
    "sysctl -q -w net.ipv4.conf.all.send_redirects=1",
    "systemctl stop hotspot-lan-guard.service",
    "install -d -m 700 /var/lib/hotspot-change",
    "umask 077; printf 'state=back\\nat=%s\\nbecause=timer\\nwrong=no page\\n' $(date +%s) >/var/lib/hotspot-change/last",
)
"""What takes a right to be seen: rules, settings of another, systemd's word."""


def _look(hall: Machine, by: str) -> dict[str, Any]:
    """What a unit found that is started for it; it is the unit's user that has written it."""
    try:
        hall.run("systemctl", "start", f"hotspot-{by}.service", seconds=150)
    except LabFailed as failed:
        raise LabFailed(f"{failed} {hall.journal('-u', f'hotspot-{by}*', '-n', '30')}") from None
    path = f"/run/hotspot-looks/{by}/look.json"
    assert hall.run("stat", "--format", "%a %U %G", path).split() == ["644", f"hotspot-{by}", f"hotspot-{by}"]
    return dict(json.loads(hall.run("cat", path)))


def _told(look: dict[str, Any]) -> list[Any]:
    """All but when it was and how long it took."""
    return [look["findings"], [{**step, "seconds": 0} for step in look["steps"]]]


def test_the_doctor_is_not_root_and_sees_what_root_sees(hall: Machine) -> None:
    """Each finding with its values, and each group with why it did not look; as its unit and by hand. All groups look that can."""
    try:
        for spoil in SPOILT:
            hall.run("sh", "-c", spoil)
        seen = _look(hall, "doctor")
        assert _told(seen) == _told(json.loads(hall.run("hotspot", "doctor", "--json", check=False)))
        stranger = ("setpriv", "--reuid=nobody", "--clear-groups", "sh", "-c", "hotspot-change state 2>&1")
        assert "expected to run as root" in hall.run(*stranger, check=False)
    finally:
        hall.run("nft", "delete", "table", "inet", "town", check=False)
        hall.run("rm", "-rf", "/var/lib/hotspot-change")
        hall.run("sh", "-c", "chmod 644 /etc/dnsmasq-hotspot/*.conf")
        hall.run("sysctl", "-q", "-w", "net.ipv4.conf.all.send_redirects=0")
        hall.run("systemctl", "start", "hotspot-lan-guard.service")
    assert {each["kind"] for each in seen["findings"]} >= {"foreign-firewall", "sysctl-wrong", "unit-idle", "change-not-kept"}
    skipped = {step["name"]: step["why"] for step in seen["steps"] if step["result"] == "skipped"}
    assert {(name, why) for name, why in skipped.items() if name != "kernel"} == {("hub", "no-hub")}  # not every kernel keeps a list


def test_a_visit_by_its_unit(hall: Machine) -> None:
    """Without a right over the hall's network: it is plugged in, gets online, leaves, and nothing of it is left."""
    hall.put("/etc/hotspot/visit.conf", "VISIT=--no-rates --phones ios --skip countdown\n")
    before = hall.run("ip", "-brief", "link")
    seen = _look(hall, "visit")
    assert (seen["findings"], [step for step in seen["steps"] if step["result"] == "failed"]) == ([], [])
    assert [one["verdict"] for one in seen["visited"]] == ["online"]
    assert {step["name"] for step in seen["steps"] if step["result"] == "passed"} >= {"status", "accept", "online", "leave"}
    assert hall.run("ip", "-brief", "link") == before
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
