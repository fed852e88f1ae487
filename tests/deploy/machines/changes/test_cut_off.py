"""Changes and ways back that are cut off: by power, by a full disk, by somebody else who changes the box, by the end of the package."""

import contextlib
import re
import subprocess
import time
from pathlib import Path

import pytest

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines.changes.changing import (
    BASE,
    DEAD,
    GOOD,
    HUNG,
    NAME,
    at_rest,
    change,
    doctors,
    ended,
    gone_back,
    seen,
    slow_restart,
    snapshot,
    state,
)
from tests.deploy.machines.debs import put, version
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone
from tests.deploy.release import debian

pytestmark = pytest.mark.timeout(600)


def test_a_restart_as_a_part_of_the_change(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """The box waits some minutes for whoever says keep. The package from before is kept beside the new one, a third one is not."""
    assert change(hall, "begin")[0] == 0
    put(hall, versions[GOOD])
    hall.run("sh", "-c", f"cp /srv/package.deb /var/cache/hotspot/hotspot-gateway_{GOOD}_amd64.deb")
    hall.run(
        "sh",
        "-c",
        "cp /srv/package.deb /srv/other && cd /srv && dpkg-deb -R other o && sed -i s/2027/2020/ o/DEBIAN/control"
        " && dpkg-deb -Zgzip -z1 -b o /var/cache/hotspot/hotspot-gateway_old.deb && rm -r o other",
        seconds=100,
    )
    hall.reboot()
    told = state(hall)
    assert (told["state"], 200 < told["until"] - time.time() <= 300) == ("pending", True)
    assert change(hall, "check")[0] == 0
    assert change(hall, "keep")[0] == 0
    at_rest(hall)
    assert (version(hall, NAME), anna.online()) == (GOOD, True)
    assert hall.run("ls", "/var/cache/hotspot").split() == [f"hotspot-gateway_{GOOD}_amd64.deb", "hotspot-gateway_base.deb"]
    assert hall.run("systemctl", "list-timers", "--all", "--no-legend", "hotspot-change*") == ""
    put(hall, versions[BASE])  # where the others begin


def test_a_power_cut_in_the_middle_of_a_change(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """After the start the box goes back by itself, before anybody has come."""
    before = snapshot(hall)
    assert change(hall, "begin")[0] == 0
    slow_restart(hall)
    hall.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/portal.toml")
    with contextlib.suppress(LabFailed):
        put(hall, versions[DEAD])
    hall.cut()
    hall.start()
    assert gone_back(hall, "boot")["well"]
    assert (version(hall, NAME), snapshot(hall) == before, anna.online()) == (BASE, True, True)
    assert doctors(hall) == {"change-cut-off"}
    at_rest(hall)


@pytest.mark.parametrize("when", ["var/lib/hotspot-change/saved/changed", "var/lib/dpkg/tmp.ci"])
def test_a_power_cut_in_the_middle_of_the_way_back(hall: Machine, versions: dict[str, Path], anna: Phone, when: str) -> None:
    """Between settings and package, or in the middle of the package: it goes on after the start."""
    before = snapshot(hall)
    assert change(hall, "begin")[0] == 0
    slow_restart(hall)
    hall.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/portal.toml")
    put(hall, versions[GOOD])
    with subprocess.Popen(hall.words("hotspot-change", "back"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) as going:
        seen(hall.folder / "changes" / when, going)
        hall.cut()
    hall.start()
    assert gone_back(hall, "boot")["well"]
    assert (version(hall, NAME), snapshot(hall) == before, anna.online()) == (BASE, True, True)
    at_rest(hall)


def test_a_power_cut_while_saving(hall: Machine) -> None:
    """What was not saved to its end is not used: nothing goes back, and the next change begins as ever."""
    with subprocess.Popen(hall.words("hotspot-change", "begin"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) as going:
        seen(hall.folder / "changes/var/lib/hotspot-change/saving/package.deb", going)
        hall.cut()
    hall.start()
    assert state(hall)["state"] == "back"  # as the last one ended
    assert change(hall, "begin")[0] == 0
    ended(hall)


def test_a_full_disk_and_two_at_once(hall: Machine) -> None:
    """What cannot be saved is not begun; whoever comes second is told so."""
    hall.run("mount", "-t", "tmpfs", "-o", "size=20m,mode=700", "tmpfs", "/var/lib/hotspot-change")
    status, said = change(hall, "begin")
    left = hall.run("ls", "/var/lib/hotspot-change")
    hall.run("umount", "/var/lib/hotspot-change")
    assert (status, left) == (1, "")
    assert re.fullmatch(
        r"hotspot-change: cannot begin: not everything could be saved in /var/lib/hotspot-change: .*No space left on device;"
        r" nothing was changed\n",
        said,
    ), said
    at_rest(hall)
    done = subprocess.run(
        hall.words("flock", "/run/hotspot-change.lock", "hotspot-change", "begin"), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "hotspot-change: cannot begin: another hotspot-change is at work\n")
    both = [subprocess.Popen(hall.words("hotspot-change", "begin"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert sorted(one.wait() for one in both) in ([0, 1], [0, 3])
    both = [subprocess.Popen(hall.words("hotspot-change", "keep"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert sorted(one.wait() for one in both) == [0, 1]
    at_rest(hall)


def test_an_installation_that_hangs(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """It holds dpkg's locks; the way back waits for it for a while, and ends it then."""
    assert change(hall, "begin")[0] == 0
    hall.run("sed", "-i", "s/^locked=120 /locked=3 /", "/var/lib/hotspot-change/saved/program")
    put(hall, versions[HUNG], "test", "-e")
    words = hall.words("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-q", "-y", "/srv/package.deb")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as hanging:
        asked = ("dpkg-query", "--show", "--showformat=${Version} ${db:Status-Status}", NAME)
        while (told := hall.run(*asked)) != f"{HUNG}~deb{debian()} half-configured":
            assert hanging.poll() is None, told
        ended(hall)
        assert hanging.wait() != 0
    assert (version(hall, NAME), anna.online()) == (BASE, True)
    assert "in which the installation of hotspot-gateway hangs" in hall.journal("-t", "hotspot-change")


def test_a_package_that_goes_takes_all_with_it(hall: Machine) -> None:
    """Purged in the middle of a change: no unit, no timer, nothing that was saved."""
    assert change(hall, "begin")[0] == 0
    hall.run("dpkg", "--purge", NAME, seconds=100)
    left = hall.run("sh", "-c", "find / -xdev -name '*hotspot-change*' ! -path '/proc/*'; ls -d /var/cache/hotspot 2>/dev/null; true")
    assert [path for path in left.splitlines() if path not in ("/run/hotspot-change.lock", "/run/hotspot-change.pending")] == []
    assert hall.run("systemctl", "list-timers", "--all", "--no-legend", "hotspot-change*") == ""
