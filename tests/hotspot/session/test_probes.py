"""Probe families: the table of real probes, and that nothing else can come out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.session.probes import DEVICES, FAMILIES, device, family, family_of

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


@pytest.mark.parametrize(
    ("host", "path", "agent", "expected"),
    [
        ("captive.apple.com", "/hotspot-detect.html", "CaptiveNetworkSupport-346.50.1 wispr", "apple"),
        ("www.apple.com", "/library/test/success.html", "", "apple"),
        ("www.apple.com", "/de/shop", IPHONE, "browser"),
        ("connectivitycheck.gstatic.com", "/generate_204", CHROME, "android"),
        ("CONNECTIVITYCHECK.gstatic.com:80", "/generate_204", CHROME, "android"),
        ("www.google.com", "/gen_204", CHROME, "android"),
        ("www.google.com", "/search", CHROME, "browser"),
        ("www.gstatic.com", "/generate_204", CHROME, "chromium"),
        ("detectportal.firefox.com", "/canonical.html", CHROME, "firefox"),
        ("www.msftconnecttest.com", "/connecttest.txt", "Microsoft NCSI", "windows"),
        ("198.51.100.7", "/", "Microsoft NCSI", "windows"),
        ("network-test.debian.org", "/nm", "", "networkmanager"),
        ("fedoraproject.org", "/static/hotspot.txt", "", "networkmanager"),
        ("networkcheck.kde.org", "/", "", "kde"),
        ("test.steampowered.com", "/204", "", "steam"),
        ("ctest.cdn.nintendo.net", "/", "", "nintendo"),
        ("[2001:db8::1]:80", "/", CHROME, "browser"),
        ("", "", "", "other"),
    ],
)
def test_known_probes(host: str, path: str, agent: str, expected: str) -> None:
    """Host decides, then path, then the agent."""
    assert family(host, path, agent) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\n\r\n", "apple"),
        (b"GET http://captive.apple.com/hotspot-detect.html?x=1 HTTP/1.0\r\nHost: www.gstatic.com\r\n\r\n", "apple"),
        (b"GET /generate_204?q=1 HTTP/1.1\r\nuser-agent: x\r\nhOsT:www.example.org\r\n\r\n", "android"),
        (b"GET /page HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: Mozilla/5.0 (X11)\r\n\r\n", "browser"),
        (b"GET /", "other"),
        (b"\xff\xfe", "other"),
    ],
)
def test_family_of_raw_requests(head: bytes, expected: str) -> None:
    """Host, path and agent are found in raw bytes."""
    assert family_of(head) == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (IPHONE, "apple"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36", "android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "windows"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)", "chromeos"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko", "linux"),
        ("", "other"),
    ],
)
def test_devices(agent: str, expected: str) -> None:
    """A browser's agent tells the kind of device."""
    assert device(agent) == expected


@given(st.binary(max_size=200), st.text(max_size=50))
def test_only_known_names_come_out(head: bytes, agent: str) -> None:
    """No request can make a family or a device of its own."""
    assert family_of(b"GET /" + head) in FAMILIES
    assert family_of(head) in FAMILIES
    assert device(agent) in DEVICES
