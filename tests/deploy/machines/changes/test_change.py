"""The box's own way back on a booted hall: from packages that do not start, from settings that shut everybody out, from data of a newer
format; and nobody is cut."""

import contextlib
import time
from pathlib import Path

import pytest

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines import town
from tests.deploy.machines.busy import busy
from tests.deploy.machines.changes.changing import (
    BASE,
    DEAD,
    DEAF,
    GOOD,
    HALF,
    LATER,
    MANAGEMENT,
    NAME,
    OUT,
    WORSE,
    at_rest,
    change,
    doctors,
    ended,
    gone_back,
    snapshot,
    state,
)
from tests.deploy.machines.debs import put, version
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone

pytestmark = pytest.mark.timeout(600)


def test_begin_check_keep(hall: Machine, anna: Phone) -> None:
    """Twice is refused and says until when; a visit is part of the look; kept, all is over, and neither can be done again."""
    assert anna.online()
    assert state(hall) == {"state": "none"}
    assert change(hall, "keep") == (1, "hotspot-change: cannot keep: no change is pending\n")
    assert change(hall, "back") == (1, "hotspot-change: cannot go back: no change is pending\n")
    status, said = change(hall, "begin", "--minutes", "0")
    assert (status, "from 1 to 1440" in said) == (2, True)
    status, said = change(hall, "begin", "--minutes", "30")
    assert (status, said) == (0, "Saved. Without 'hotspot-change keep' the box goes back by itself in 30 minutes.\n")
    told = state(hall)
    assert (told["state"], told["until"] - told["since"] in range(1795, 1806)) == ("pending", True)
    status, said = change(hall, "begin")
    assert (status, "cannot begin: a change is pending since" in said) == (3, True)
    assert doctors(hall) == {"change-pending"}
    units = [f"/etc/systemd/system/hotspot-change-{name}" for name in ("back.service", "back.timer", "boot.timer")]
    assert hall.run("systemd-analyze", "verify", *units) == ""
    status, said = change(hall, "check")
    assert (status, said) == (0, "Well. Visitors online: 1; of those from before 1 have time left.\n")
    status, said = change(hall, "keep")
    assert (status, state(hall)["state"]) == (0, "kept")
    at_rest(hall)


def test_a_package_that_does_not_start_and_a_network_that_is_cut(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """Nobody can reach the box or run anything of the new package: it comes back by itself when the time is over."""
    before = snapshot(hall)
    assert change(hall, "begin", "--minutes", "1")[0] == 0
    with pytest.raises(LabFailed, match="does not run with this version"):
        put(hall, versions[DEAD])
    hall.run("sed", "-i", "s/^Address=.*/Address=192.0.2.1\\/24/", MANAGEMENT)
    hall.run("networkctl", "reload")
    until = time.monotonic() + 20
    while OUT in (shown := hall.run("ip", "-4", "address", "show", "dev", "mgmt0")):
        assert time.monotonic() < until, shown
    told = gone_back(hall, "timer")
    assert (told["well"], told["package_stays"], version(hall, NAME)) == (True, False, BASE)
    assert [words for words in told["wrong"] if "hotspot-portal.service is activating" in words] != []
    assert (OUT in hall.run("ip", "-4", "address", "show", "dev", "mgmt0"), snapshot(hall) == before, anna.online()) == (True, True, True)
    assert "because=timer" in hall.journal("-t", "hotspot-change")
    assert doctors(hall) == {"change-not-kept"}
    at_rest(hall)
    status, said = change(hall, "keep")
    assert (status, "the box went back at" in said, "(timer)" in said) == (1, True, True)
    status, said = change(hall, "back")  # a playbook that comes too late is told that all is well
    assert (status, "The box went back at" in said) == (0, True)


@pytest.mark.parametrize(
    ("which", "why"), [(HALF, "is not installed to its end"), (DEAF, "the test visit of zone public did not get online")]
)
def test_packages_that_fail_otherwise(hall: Machine, versions: dict[str, Path], anna: Phone, which: str, why: str) -> None:
    """dpkg leaves it half-configured; or all services run, and nobody gets online."""
    assert change(hall, "begin")[0] == 0
    with contextlib.suppress(LabFailed):
        put(hall, versions[which])
    assert version(hall, NAME) == which
    status, said = change(hall, "check")
    assert (status, why in said) == (1, True), said
    ended(hall)
    assert (version(hall, NAME), anna.online()) == (BASE, True)
    assert [words for words in state(hall)["wrong"] if why in words] != []


def test_settings_that_cannot_be_read(hall: Machine, anna: Phone) -> None:
    """Both services stand still; there is a zone more, a link that enables something, another owner: all is as it was afterwards."""
    before = snapshot(hall)
    assert change(hall, "begin")[0] == 0
    hall.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/firewall.toml")
    hall.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/portal.toml")
    hall.run("chown", "nobody", "/etc/hotspot/visitor.key")
    hall.run("rm", "-r", "/etc/radvd.conf", "/etc/dnsmasq-hotspot/public.garden", "/etc/resolv.conf")
    hall.run("ln", "-s", "/run/else", "/etc/resolv.conf")
    hall.put("/etc/hotspot/theme/a b.toml", "x = 1\n")
    hall.put("/etc/systemd/network/20-hotspot-council.netdev", "[NetDev]\nName=council\nKind=bridge\n")
    hall.put("/etc/systemd/network/20-hotspot-public-lan2.network", "[Match]\nName=lan2\n\n[Network]\nBridge=council\n")
    hall.run("networkctl", "reload")
    hall.run("networkctl", "reconfigure", "lan2")
    until = time.monotonic() + 20
    while "council" not in (shown := hall.run("ip", "-o", "link", "show", "dev", "lan2")):
        assert time.monotonic() < until, shown
    hall.run("systemctl", "--quiet", "disable", "--now", "hotspot-names.path")
    hall.run("systemctl", "--quiet", "enable", "--now", "hotspot-doctor.timer")
    hall.run("systemctl", "restart", "hotspot-firewall.service", "hotspot-portal.service", check=False)
    status, said = change(hall, "check")
    assert (status, "firewall.toml cannot be used" in said, "portal.toml cannot be used" in said) == (1, True, True), said
    assert "hotspot-firewall.service has failed" in said
    ended(hall)
    assert (snapshot(hall) == before, anna.online()) == (True, True)
    assert hall.run("systemctl", "is-active", *town.SERVICES).split() == ["active"] * len(town.SERVICES)
    assert hall.run("systemctl", "is-active", "hotspot-doctor.timer", check=False).strip() == "inactive"
    assert "council" not in hall.run("ip", "-o", "link")
    assert "master guests" in hall.run("ip", "-o", "link", "show", "dev", "lan2")


def test_nobody_is_cut_by_a_failed_update_and_the_way_back(hall: Machine, versions: dict[str, Path], anna: Phone, bert: Phone) -> None:
    """From before the change until after the way back no load fails and the download goes on."""
    with busy(anna, bert) as watched:
        assert change(hall, "begin")[0] == 0
        put(hall, versions[DEAF])
        assert change(hall, "check")[0] == 1
        ended(hall)
    assert watched.faults() == {}
    assert (version(hall, NAME), anna.online()) == (BASE, True)


def test_visitors_who_were_cut_off_are_missed(hall: Machine, anna: Phone, bert: Phone) -> None:
    """Their grants are gone before their time is over."""
    assert bert.online() or bert.accept().status == 303
    assert change(hall, "begin")[0] == 0
    hall.run("systemctl", "stop", "hotspot-portal.service", "hotspot-firewall.service")
    for name in ("up", "down", "ids"):
        hall.run("nft", "flush", "map", "inet", "hotspot_public", name)
    status, said = change(hall, "check")
    assert (status, "visitors were cut off: of 2 that should be online, 0 are" in said) == (1, True), said
    ended(hall)
    assert (anna.online(), bert.online()) == (True, True)
    hall.run("hotspot", "status")
    bert.get("http://portal.hall.example/leave", body=b"")


def test_without_a_kept_package_it_is_made_anew(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """Of the files that dpkg knows; with it the box goes back as with any other."""
    put(hall, versions[GOOD])
    hall.run("sh", "-c", "rm -f /var/cache/hotspot/*")
    assert change(hall, "begin")[0] == 0
    put(hall, versions[BASE])
    ended(hall)
    assert (version(hall, NAME), anna.online()) == (GOOD, True)
    assert hall.run("dpkg", "--verify", NAME) == ""
    assert change(hall, "begin")[0] == 0
    put(hall, versions[BASE])
    assert change(hall, "keep")[0] == 0
    arch = hall.run("dpkg", "--print-architecture").strip()
    assert [name for name in hall.run("ls", "/var/cache/hotspot").split() if name.endswith(f"_{arch}.deb")] != []


def test_data_that_cannot_go_back(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """The new package stays as long as it is well. When it is not and has changed the data, they are set aside: those online stay so."""
    assert change(hall, "begin")[0] == 0
    put(hall, versions[LATER])
    ended(hall, 4, package_stays=True)
    assert (version(hall, NAME), anna.online()) == (LATER, True)
    hall.run("systemctl", "stop", "hotspot-portal.service")
    put(hall, versions[BASE])
    hall.run("systemctl", "start", "hotspot-portal.service")
    assert change(hall, "begin")[0] == 0
    put(hall, versions[WORSE])
    assert change(hall, "check")[0] == 1
    hall.run("systemctl", "stop", "hotspot-portal.service")
    raised = "import sqlite3; c = sqlite3.connect('/var/lib/hotspot-portal/journal.db'); c.execute('PRAGMA user_version = 99'); c.commit()"
    hall.run("runuser", "-u", "hotspot-portal", "--", "python3", "-c", raised)
    hall.run("systemctl", "start", "hotspot-portal.service", check=False)
    ended(hall, journal_aside=True)
    assert (version(hall, NAME), anna.online()) == (BASE, True)
    assert hall.run("sh", "-c", "ls /var/lib/hotspot-portal/journal.db.damaged-* | wc -l").strip() == "1"
