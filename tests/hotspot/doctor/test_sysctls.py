"""What the doctor wants of the kernel is what deployment installs."""

import re
from pathlib import Path

from hotspot.doctor.sysctls import WANTED

INSTALLED = Path(__file__).parents[3] / "systemd" / "hotspot.sysctl"


def test_the_same_as_in_the_file() -> None:
    """Every line of it, and no other."""
    assert dict(re.findall(r"^(net\.\S+) = (\S+)$", INSTALLED.read_text(encoding="utf-8"), re.MULTILINE)) == WANTED
