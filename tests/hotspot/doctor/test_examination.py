"""Groups become a look; what follows from another fault is not named."""

from pathlib import Path
from typing import cast

import pytest

from hotspot import wire
from hotspot.doctor import agreement
from hotspot.doctor import subject as subjects
from hotspot.doctor.examination import CONSEQUENCES, UNREAD, _groups, _step, without_consequences
from hotspot.doctor.found import STUMBLED, NotLooked, attempt, found, group
from hotspot.doctor.subject import CannotLook, InForce, Place, Subject, control_socket, read, settings_in_force
from hotspot.looks.values import Finding, Result
from hotspot.looks.words_doctor import DOCTOR, STEPS
from hotspot.portal.certificate_read import placeholder
from hotspot.portal.settings import load
from hotspot.portal.uplink import kept
from tests.hotspot.doctor.gateways import PORTAL, subject


def test_consequences_are_left_out() -> None:
    """Nothing leaves a gateway without its table, so name servers seem to be away; alone, that is a fault of its own."""
    away, table = found("upstream-dns-away", count=2), found("zone-table-missing", "public", table="t")
    assert without_consequences([away, table]) == [table]
    assert without_consequences([away]) == [away]
    assert {*CONSEQUENCES, *(kind for kinds in CONSEQUENCES.values() for kind in kinds)} <= set(DOCTOR)


def test_an_interface_explains_what_is_its_own() -> None:
    """The second zone's cable is out: that there is no route is another fault. Of the line only a way out explains anything."""
    of_line = [found("route-missing"), found("internet-away"), found("hub-away", why="x", url="y"), found("upstream-dns-away", count=2)]
    address = found("address-missing", "public", interface="lan0", family="IPv4")
    lan, wan = found("interface-down", interface="lan1"), found("interface-down", interface="wan0")
    assert without_consequences([lan, *of_line[1:], address], {"wan0"}) == [lan, *of_line[1:], address]
    assert without_consequences([wan, *of_line, address], {"wan0"}) == [wan, address]
    own = found("interface-down", interface="lan0")
    assert without_consequences([own, address], {"wan0"}) == [own]


def test_a_line_without_a_link_gives_no_prefix() -> None:
    """The line is named once; of a zone on another line, or while both interfaces are up, that there is no prefix is a fault of its own."""
    missing = found("prefix-not-delegated", "public", interface="lan0", line="wan0")
    for kind in ("interface-down", "interface-missing"):
        for interface in ("wan0", "lan0"):
            cause = found(kind, interface=interface)
            assert without_consequences([missing, cause], {"wan0", "wan1"}) == [cause]
        other = found(kind, interface="wan1")
        assert without_consequences([missing, other], {"wan0", "wan1"}) == [missing, other]
    assert without_consequences([missing, found("hub-not-enrolled")], {"wan0"}) == [missing, found("hub-not-enrolled")]


def test_one_zone_explains_nothing_of_another() -> None:
    """Each zone has leases of its own."""
    differs, other = found("lease-file-differs", "public", path="/a", told="/b"), found("leases-unreadable", "staff", path="/c", why="x")
    assert without_consequences([differs, other]) == [differs, other]


def test_a_group_becomes_a_step() -> None:
    """Failed with the gravest; passed with a notice; skipped with its reason."""
    grave, slight = found("guard-missing"), found("rdnss-missing")
    ill = _step(group("rules", lambda: [slight, grave]), [slight, grave])
    assert (ill.name, ill.result, ill.why) == ("rules", Result.FAILED, "guard-missing")
    assert _step(group("served", lambda: [slight]), [slight]).result is Result.PASSED
    assert _step(group("names", lambda: [grave]), []).result is Result.PASSED

    def cannot() -> list[object]:
        raise NotLooked("no-kernel-list")

    skipped = _step(group("kernel", cannot), [])  # type: ignore[arg-type]
    assert (skipped.result, skipped.why) == (Result.SKIPPED, "no-kernel-list")


def _explodes() -> list[Finding]:
    return [{"02:00:00:00:00:01 is Anna's": found("guard-missing")}["another"]]


def test_a_group_that_stumbles() -> None:
    """A fault of the doctor's own is a finding with its class and place, without its text, which may name somebody."""
    stumbled = group("names", _explodes)
    (finding,) = stumbled.findings
    assert (finding.kind, finding.values["part"], finding.values["error"]) == ("look-stumbled", "names", "KeyError")
    assert finding.values["where"].startswith("test_examination.py:")
    assert "another" not in str(finding)
    step = _step(stumbled, [finding])
    assert (step.result, step.why) == (Result.SKIPPED, STUMBLED)


def test_no_group_ends_the_others() -> None:
    """A gateway of which nothing could be read: each group stumbles by itself, and all of them have their step."""
    groups = list(_groups(cast("Subject", None)))
    assert [each.name for each in groups] == [*STEPS]
    stumbled = {each.name for each in groups if each.skipped == STUMBLED}
    assert stumbled == {*STEPS} - {"kernel", "sysctls"}  # which look at the machine alone


def test_what_could_not_be_read_is_not_missing() -> None:
    """Who cannot see which name servers run does not say that there are none."""
    unread, seems = found("look-stumbled", part="servers", error="E", where="x:1"), found("dhcp-server-missing", "public", interface="lan0")
    assert without_consequences([unread, seems]) == [unread]
    assert without_consequences([seems]) == [seems]
    assert {kind for kinds in UNREAD.values() for kind in kinds} <= set(DOCTOR)


def test_cancelled_is_no_stumbling() -> None:
    """Ctrl-C ends the doctor."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt("names", interrupted)


def test_the_hubs_policy_is_over_the_settings(tmp_path: Path) -> None:
    """Plans are judged as the hub set them, as the portal reads them; a policy that does not fit is said, and the file alone is judged."""
    authority = tmp_path / "authority.pem"
    authority.write_bytes(placeholder(("hub.example",)))
    config = tmp_path / "portal.toml"
    config.write_text(PORTAL.format(folder=tmp_path) + f'[hub]\nurl = "https://hub.example"\nauthority = "{authority}"\n')
    assert settings_in_force(config) == InForce(load(config))
    faster = {"free": {"down": "900 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}}
    kept.keep(tmp_path, wire.Policy(serial=3, settings={"plans": faster}))
    told = settings_in_force(config)
    assert told.settings is not None
    assert (told.settings.plans["free"].rates.ceil_down, told.policy_error) == (900_000_000, "")
    assert {finding.kind for finding in agreement.judge(subject(told.settings))} == {"plan-above-line"}
    kept.keep(tmp_path, wire.Policy(serial=4, settings={"plans": {"free": {"down": "fast"}}}))
    told = settings_in_force(config)
    assert told.settings is not None
    assert (told.settings.plans["free"].rates.ceil_down, told.error, told.policy_error != "") == (10_000_000, "", True)
    config.write_text("[hall")
    assert (settings_in_force(config).settings, settings_in_force(config).policy_error) == (None, "")


def test_only_root_can_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or who has the rights that it takes: others are told so, instead of hearing of a gateway without rules."""
    monkeypatch.setattr(subjects, "RIGHTS", {"CAP_OF_NOBODY": 63})
    with pytest.raises(CannotLook, match="as root, or with CAP_OF_NOBODY .* without CAP_OF_NOBODY"):
        read(Place())


def test_the_control_socket_is_found_in_settings_that_are_broken(tmp_path: Path) -> None:
    """So that a portal that goes on with its last good settings is not called dead."""
    settings = tmp_path / "portal.toml"
    settings.write_text('control_socket = "/run/c.sock"\n[hall\n')
    assert control_socket(Place(settings), None) == Path("/run/c.sock")
    assert control_socket(Place(tmp_path / "none"), None) is None
