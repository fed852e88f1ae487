"""What each connectivity probe asks and what its real server answers to a client that is online (pure; for the site and the tests).

``hotspot.lab.detectors`` says what each system makes of an answer.
"""

from msgspec import Struct


class Probe(Struct, frozen=True):
    """One probe: ``http://host/path`` and the answer that means "online"."""

    family: str
    """As ``hotspot.session.probes`` counts it."""
    host: str
    path: str
    status: int = 204
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    user_agent: str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36"

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions over which it is sent: 4 and 6, unless host or query names one."""
        only = 6 if self.host.startswith("ipv6.") or self.path.endswith("?ipv6") else 4 if self.path.endswith("?ipv4") else None
        return (4, 6) if only is None else (only,)

    def request(self) -> bytes:
        """The request as the family's detector sends it, byte by byte."""
        version, fields = _STYLES.get(self.family, _STYLES["android"])
        lines = [f"GET {self.path} {version}", f"Host: {self.host}", f"User-Agent: {self.user_agent}", *fields]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


_STYLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "apple": ("HTTP/1.0", ("Connection: close",)),
    "android": ("HTTP/1.1", ("Connection: close", "Accept-Encoding: gzip")),
    "chromium": ("HTTP/1.1", ("Connection: keep-alive", "Pragma: no-cache", "Cache-Control: no-cache", "Accept-Encoding: gzip, deflate")),
    "firefox": (
        "HTTP/1.1",
        ("Accept: */*", "Accept-Encoding: gzip, deflate", "Cache-Control: no-cache", "Pragma: no-cache", "Connection: keep-alive"),
    ),
    "networkmanager": ("HTTP/1.1", ("Accept: */*", "Connection: close")),
    "windows": ("HTTP/1.1", ("Connection: Close",)),
}
"""Version and headers of a family's requests; what is not here asks as Android does."""


_APPLE = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>"
_FIREFOX = '<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>'
_WISPR = "CaptiveNetworkSupport-483.1 wispr"
_NCSI = "Microsoft NCSI"
_KINDLE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">
<html>
<head>
<title>Kindle Reachability Probe Page</title>
</head>
<body bgcolor="#ffffff" text="#000000">
<!--81ce4465-7167-4dcb-835b-dcc9e44c112a-->
</body>
</html>
"""
_GECKO = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_NM = "NetworkManager/1.42.4"
_APPLE_HOSTS = (
    "captive.apple.com",
    "apple.com",
    "www.appleiphonecell.com",
    "www.airport.us",
    "www.ibook.info",
    "www.itools.info",
    "www.thinkdifferent.us",
    "gsp1.apple.com",
)
_ANDROID_HOSTS = (
    "connectivitycheck.gstatic.com",
    "www.google.com",
    "play.googleapis.com",
    "clients3.google.com",
    "clients4.google.com",
    "connectivitycheck.android.com",
    "g.cn",
    "www.google.cn",
    "d2uzsrnmmf6tds.cloudfront.net",
    "connectivitycheck.platform.hicloud.com",
    "connectivitycheck.cbg-app.huawei.com",
    "connect.rom.miui.com",
    "wifi.vivo.com.cn",
    "conn1.coloros.com",
    "connectivitycheck.oppomobile.com",
    "connectivitycheck.grapheneos.network",
)

PROBES: tuple[Probe, ...] = (
    *(Probe("apple", host, "/hotspot-detect.html", 200, _APPLE, user_agent=_WISPR) for host in _APPLE_HOSTS),
    Probe("apple", "www.apple.com", "/library/test/success.html", 200, _APPLE, user_agent=_WISPR),
    *(Probe("android", host, "/generate_204") for host in _ANDROID_HOSTS),
    Probe("android", "www.google.com", "/gen_204"),
    Probe("android", "grapheneos.online", "/gen_204"),
    Probe("android", "captiveportal.kuketz.de", "/"),
    Probe("windows", "www.msftconnecttest.com", "/connecttest.txt", 200, "Microsoft Connect Test", user_agent=_NCSI),
    Probe("windows", "ipv6.msftconnecttest.com", "/connecttest.txt", 200, "Microsoft Connect Test", user_agent=_NCSI),
    Probe("windows", "www.msftncsi.com", "/ncsi.txt", 200, "Microsoft NCSI", user_agent=_NCSI),
    Probe("windows", "ipv6.msftncsi.com", "/ncsi.txt", 200, "Microsoft NCSI", user_agent=_NCSI),
    Probe("chromium", "www.gstatic.com", "/generate_204"),
    Probe("chromium", "edge-http.microsoft.com", "/captiveportal/generate_204"),
    Probe("chromium", "edge.microsoft.com", "/captiveportal/generate_204"),
    Probe("chromium", "www.play.googleapis.com", "/generate_204"),
    Probe("chromium", "safebrowsing.google.com", "/generate_204"),
    Probe("chromium", "www.googleapis.com", "/generate_204"),
    Probe("chromium", "detectportal.brave-http-only.com", "/"),
    Probe("chromium", "cp.cloudflare.com", "/"),
    Probe("firefox", "detectportal.firefox.com", "/canonical.html", 200, _FIREFOX, user_agent=_GECKO),
    Probe("firefox", "detectportal.firefox.com", "/success.txt?ipv4", 200, "success\n", user_agent=_GECKO),
    Probe("firefox", "detectportal.firefox.com", "/success.txt?ipv6", 200, "success\n", user_agent=_GECKO),
    Probe("networkmanager", "network-test.debian.org", "/nm", 200, "NetworkManager is online\n", user_agent=_NM),
    Probe("networkmanager", "connectivity-check.ubuntu.com", "/", headers=(("X-NetworkManager-Status", "online"),), user_agent=_NM),
    Probe("networkmanager", "fedoraproject.org", "/static/hotspot.txt", 200, "OK", user_agent=_NM),
    Probe("networkmanager", "nmcheck.gnome.org", "/check_network_status.txt", 200, "NetworkManager is online\n", user_agent=_NM),
    Probe("networkmanager", "conncheck.opensuse.org", "/", 200, "NetworkManager is online\n", user_agent=_NM),
    Probe("networkmanager", "ping.archlinux.org", "/nm-check.txt", 200, "NetworkManager is online\n", user_agent=_NM),
    Probe("kde", "networkcheck.kde.org", "/", 200, "OK\n"),
    Probe("kindle", "spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html", 200, _KINDLE),
    Probe("kindle", "fireoscaptiveportal.com", "/generate_204"),
    Probe("kindle", "freetimecaptiveportal.com", "/generate_204"),
    Probe("kindle", "tabletcaptiveportal.com", "/generate_204"),
    Probe("steam", "test.steampowered.com", "/204"),
    Probe("nintendo", "ctest.cdn.nintendo.net", "/", 200, "ok", headers=(("X-Organization", "Nintendo"),)),
    Probe("nintendo", "conntest.nintendowifi.net", "/", 200, "ok", headers=(("X-Organization", "Nintendo"),)),
    Probe("roku", "captive.roku.com", "/ok", 200, "ok"),
)
"""Every probe of which host and answer are known."""

SHEETS: tuple[Probe, ...] = (
    Probe(
        *("windows", "www.msftconnecttest.com", "/redirect", 302),
        headers=(("Location", "http://go.microsoft.com/fwlink/?LinkID=219472&clcid=0x409"),),
    ),
    Probe("kindle", "spectrum.s3.amazonaws.com", "/kindle-wifi/wifiredirect.html", 200, "<html><body>Connected</body></html>"),
)
"""What a system opens for its user after it has detected a portal, and what is there when it is online."""

SITE_NAMES = frozenset({probe.host for probe in PROBES} | {"www.town.example", "town.example", "download.town.example"})
"""All names that the hall's Internet knows; each is the site."""

BY_QUESTION = {(probe.host, probe.path): probe for probe in (*PROBES, *SHEETS)}
"""(host, path with query) -> probe."""
