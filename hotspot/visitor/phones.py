"""What each make of phone asks to find out whether it is online, and the answer that its true server gives (pure).

The same as the lab's site answers (``hotspot.lab.probes``), which a test compares; the first probe of each make stands for it.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct


class Probe(Struct, frozen=True):
    """One connectivity check."""

    host: str
    path: str
    status: int = 204
    body: str = ""
    agent: str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36"
    known: bool = True
    """Is the body that of the true server? Else only its status counts."""

    @property
    def url(self) -> str:
        """The address that is asked."""
        return f"http://{self.host}{self.path}"

    def is_answered(self, status: int, body: str) -> bool:
        """Is that what its own server says? Blanks are the server's own affair."""
        same = " ".join(body.split()).startswith(" ".join(self.body.split()))
        return status == self.status and (same or not self.known)


_APPLE: Final = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>"
_KINDLE: Final = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">
<html>
<head>
<title>Kindle Reachability Probe Page</title>
</head>
<body bgcolor="#ffffff" text="#000000">
<!--81ce4465-7167-4dcb-835b-dcc9e44c112a-->
</body>
</html>
"""

PHONES: Final[Mapping[str, Probe]] = {
    "ios": Probe("captive.apple.com", "/hotspot-detect.html", 200, _APPLE, "CaptiveNetworkSupport-483.1 wispr"),
    "android": Probe("connectivitycheck.gstatic.com", "/generate_204"),
    "windows": Probe("www.msftconnecttest.com", "/connecttest.txt", 200, "Microsoft Connect Test", "Microsoft NCSI"),
    "chromium": Probe("www.gstatic.com", "/generate_204"),
    "firefox": Probe(
        *("detectportal.firefox.com", "/canonical.html", 200),
        '<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>',
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    "linux": Probe("nmcheck.gnome.org", "/check_network_status.txt", 200, "NetworkManager is online\n", "NetworkManager/1.42.4"),
    "kde": Probe("networkcheck.kde.org", "/", 200, "OK\n"),
    "kindle": Probe("spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html", 200, _KINDLE),
    "steam": Probe("test.steampowered.com", "/204"),
    "nintendo": Probe("conntest.nintendowifi.net", "/", 200, "ok", known=False),
    "roku": Probe("captive.roku.com", "/ok", 200, "ok", known=False),
    "huawei": Probe("connectivitycheck.platform.hicloud.com", "/generate_204"),
    "xiaomi": Probe("connect.rom.miui.com", "/generate_204"),
    "graphene": Probe("connectivitycheck.grapheneos.network", "/generate_204"),
}
"""By the names of ``--phones``."""
