"""In every run: the package on a bare Debian that boots with it, one visitor online, and restarts that nobody notices."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

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


def test_a_machine_finds_nothing_of_before() -> None:
    """Rules, addresses, bridges and queues that a system has made in its namespace are gone when it starts again, and it forwards nothing:
    else its visitors would be online by a kernel that never went down."""
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
        fresh_kernel(inside)
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
