"""QR codes, read back from paper."""

from pathlib import Path

import pytest

from hotspot.printing.code import qr, wifi
from hotspot.printing.drawing import Drawing
from hotspot.printing.pdf import pdf
from tests.hotspot.printing.reading import codes_in, image_of


@pytest.mark.parametrize(
    ("ssid", "password", "expected"),
    [
        ("Rathaus-WLAN", None, "WIFI:T:nopass;S:Rathaus-WLAN;;"),
        ("Bürger;WLAN: Öß", None, r"WIFI:T:nopass;S:Bürger\;WLAN\: Öß;;"),
        ("Rathaus-WLAN", 'ge"heim\\1', r"WIFI:T:WPA;S:Rathaus-WLAN;P:ge\"heim\\1;;"),
    ],
)
def test_wifi(ssid: str, password: str | None, expected: str, tmp_path: Path) -> None:
    """What a phone reads from a small code on paper is the network, with everything escaped as phones expect."""
    page = Drawing("Test", "de", (qr(wifi(ssid, password), 20, 30, 30),), (), ())
    file = tmp_path / "code.pdf"
    file.write_bytes(pdf([page]))
    assert (wifi(ssid, password), codes_in(image_of(file, dots=150))) == (expected, [expected])
