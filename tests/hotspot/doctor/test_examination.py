"""Groups become a look; what follows from another fault is not named."""

import os
from pathlib import Path

import pytest

from hotspot.doctor.examination import CONSEQUENCES, _group, _step, without_consequences
from hotspot.doctor.found import NotLooked, found
from hotspot.doctor.subject import CannotLook, Place, control_socket, read
from hotspot.looks.values import Result
from hotspot.looks.words_doctor import DOCTOR


def test_consequences_are_left_out() -> None:
    """Nothing leaves a gateway without its table, so name servers seem to be away; alone, that is a fault of its own."""
    away, table = found("upstream-dns-away", count=2), found("zone-table-missing", "public", table="t")
    assert without_consequences([away, table]) == [table]
    assert without_consequences([away]) == [away]
    assert {*CONSEQUENCES, *(kind for kinds in CONSEQUENCES.values() for kind in kinds)} <= set(DOCTOR)


def test_a_group_becomes_a_step() -> None:
    """Failed with the gravest; passed with a notice; skipped with its reason."""
    grave, slight = found("guard-missing"), found("rdnss-missing")
    ill = _step(_group("rules", lambda: [slight, grave]), [slight, grave])
    assert (ill.name, ill.result, ill.why) == ("rules", Result.FAILED, "guard-missing")
    assert _step(_group("served", lambda: [slight]), [slight]).result is Result.PASSED
    assert _step(_group("names", lambda: [grave]), []).result is Result.PASSED

    def cannot() -> list[object]:
        raise NotLooked("no-kernel-list")

    skipped = _step(_group("kernel", cannot), [])  # type: ignore[arg-type]
    assert (skipped.result, skipped.why) == (Result.SKIPPED, "no-kernel-list")


def test_only_root_can_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are told so, instead of hearing of a gateway without rules."""
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    with pytest.raises(CannotLook, match="as root"):
        read(Place())


def test_the_control_socket_is_found_in_settings_that_are_broken(tmp_path: Path) -> None:
    """So that a portal that goes on with its last good settings is not called dead."""
    settings = tmp_path / "portal.toml"
    settings.write_text('control_socket = "/run/c.sock"\n[hall\n')
    assert control_socket(Place(settings), None) == Path("/run/c.sock")
    assert control_socket(Place(tmp_path / "none"), None) is None
