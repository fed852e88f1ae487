"""Debian's own updates: what is seen of them in the files that apt and its helpers leave."""

import os
from pathlib import Path

import pytest

from hotspot.debian import LISTS, RESTART, SETTINGS, UPGRADED, Upkeep, look

ON, OFF = 'APT::Periodic::Unattended-Upgrade "1";\n', 'APT::Periodic::Unattended-Upgrade "0";\n'
OURS, DEBIANS = f"{SETTINGS}/60hotspot", f"{SETTINGS}/20auto-upgrades"


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({}, Upkeep()),
        ({OURS: (ON, 100), LISTS: ("", 300), UPGRADED: ("", 200)}, Upkeep(200.0)),
        ({OURS: (ON, 100), LISTS: ("", 200), UPGRADED: ("", 300)}, Upkeep(200.0)),
        ({OURS: (ON, 100)}, Upkeep(100.0)),
        ({OURS: (ON, 100), LISTS: ("", 300)}, Upkeep(100.0)),
        ({OURS: (OFF, 100), DEBIANS: (ON, 50), UPGRADED: ("", 300)}, Upkeep()),
        ({OURS: (OFF, 100), DEBIANS: (ON, 50), RESTART: ("", 400)}, Upkeep(None, 400.0)),
        ({DEBIANS: (ON, 50), f"{SETTINGS}/60hotspot.dpkg-old": (OFF, 60)}, Upkeep(50.0)),
        ({OURS: (f"// {ON}", 100), UPGRADED: ("", 300)}, Upkeep()),
    ],
)
def test_a_look(files: dict[str, tuple[str, int]], wanted: Upkeep, tmp_path: Path) -> None:
    """The older of both steps counts; what never went well counts from when it was wanted; the file that apt reads last decides whether
    it is."""
    for name, (text, touched) in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (touched, touched))
    assert look(tmp_path) == wanted
