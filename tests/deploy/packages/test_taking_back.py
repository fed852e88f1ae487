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
