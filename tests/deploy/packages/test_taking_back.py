"""A package that does not know the stored data is refused while its service runs, with words that lead somewhere."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from deploy.packages.contents import HERE, KEEPER

TREE = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("part", "stop"), [("hub", "hotspot-hub.socket hotspot-hub.service"), ("gateway", "hotspot-portal.service")], ids=["hub", "gateway"]
)
def test_what_is_said(part: str, stop: str, tmp_path: Path) -> None:
    """The real script, in folders of the test. The hub's socket is to be stopped with it: it would start the hub again."""
    package, keeper = f"hotspot-{part}", KEEPER[part]
    home, run, programs = tmp_path / "lib" / package, tmp_path / "run", tmp_path / "bin"
    for folder in (home, run / "systemd" / "system", programs):
        folder.mkdir(parents=True)
    (home / "services").write_text(f"{keeper}\n")
    (home / "format").write_text("99\n")
    (programs / "systemctl").write_text("#!/bin/sh\necho active\n")
    (programs / "systemctl").chmod(0o755)
    text = (HERE / "maintainer" / "preinst").read_text(encoding="utf-8").replace("@FORMAT@", "1").replace("@KEEPER@", keeper)
    script = tmp_path / "preinst"
    script.write_text(text.replace("/usr/lib/", f"{tmp_path / 'lib'}/").replace("/run/", f"{run}/"), encoding="utf-8")
    done = subprocess.run(
        ["sh", script, "upgrade"],
        env={"PATH": f"{programs}:{os.environ['PATH']}", "DPKG_MAINTSCRIPT_PACKAGE": package},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "cannot take this version: the stored data are of format 99, it knows up to 1" in done.stderr
    assert done.stderr.endswith(f"That begins with: systemctl stop {stop}\n")
    assert not (run / f"{package}.ran").exists()


def test_nobody_is_told_to_stop_the_hub_without_its_socket() -> None:
    """In the manual: it would be started again by the next gateway that knocks, while its tables are put back."""
    told = re.findall(r"systemctl stop ([^`\n]*hotspot-hub\b(?!-)[^`\n]*)", (TREE / "docs" / "operations.md").read_text(encoding="utf-8"))
    assert len(told) == 2
    assert [words for words in told if "hotspot-hub.socket" not in words] == []


@pytest.mark.parametrize(("there", "left"), [("hotspot-doctor", True), ("root", False)])
def test_looks_that_an_older_version_would_not_believe(there: str, left: bool, tmp_path: Path) -> None:
    """They go with the version whose visitor and doctor are users of their own, where the one that comes has root's; the guard's stay."""
    run, programs = tmp_path / "run", tmp_path / "bin"
    looks = {by: run / "hotspot-looks" / by / "look.json" for by in ("visit", "doctor", "guard")}
    for path in (*looks.values(), run / "systemd" / "system" / "x", programs / "systemctl"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#!/bin/sh\n[ $1 = daemon-reload ] || echo "$@"\n')
        path.chmod(0o755)
    unpacked = tmp_path / "lib" / "tmpfiles.d" / "hotspot-gateway.conf"
    unpacked.parent.mkdir(parents=True)
    unpacked.write_text(f"d /run/hotspot-looks/doctor 0755 {there} {there} -\n")
    script = tmp_path / "postrm"
    text = (HERE / "maintainer" / "postrm").read_text(encoding="utf-8")
    script.write_text(text.replace("/usr/lib/", f"{tmp_path / 'lib'}/").replace("/run/", f"{run}/"), encoding="utf-8")
    words = {"PATH": f"{programs}:{os.environ['PATH']}", "DPKG_MAINTSCRIPT_PACKAGE": "hotspot-gateway"}
    done = subprocess.run(["sh", script, "upgrade", "0.1"], env=words, capture_output=True, text=True, check=True)
    assert {by: path.exists() for by, path in looks.items()} == {"visit": left, "doctor": left, "guard": True}
    assert ("hotspot-visit-plug.socket" in done.stdout) == (not left)
