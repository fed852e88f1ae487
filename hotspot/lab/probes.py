"""What each connectivity probe asks and what its real server answers to a client that is online (pure; for the site and the tests)."""

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


_APPLE = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>"
_FIREFOX = '<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>'
_WISPR = "CaptiveNetworkSupport-483.1 wispr"
_NCSI = "Microsoft NCSI"
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
    Probe("chromium", "www.gstatic.com", "/generate_204"),
    Probe("chromium", "edge-http.microsoft.com", "/captiveportal/generate_204"),
    Probe("chromium", "edge.microsoft.com", "/captiveportal/generate_204"),
    Probe("chromium", "www.play.googleapis.com", "/generate_204"),
    Probe("chromium", "safebrowsing.google.com", "/generate_204"),
    Probe("chromium", "www.googleapis.com", "/generate_204"),
    Probe("chromium", "detectportal.brave-http-only.com", "/"),
    Probe("chromium", "cp.cloudflare.com", "/"),
    Probe("firefox", "detectportal.firefox.com", "/canonical.html", 200, _FIREFOX),
    Probe("firefox", "detectportal.firefox.com", "/success.txt", 200, "success\n"),
    Probe("networkmanager", "network-test.debian.org", "/nm", 200, "NetworkManager is online\n", user_agent=_NM),
    Probe("networkmanager", "connectivity-check.ubuntu.com", "/", headers=(("X-NetworkManager-Status", "online"),), user_agent=_NM),
    Probe("networkmanager", "fedoraproject.org", "/static/hotspot.txt", 200, "OK", user_agent=_NM),
    Probe("networkmanager", "nmcheck.gnome.org", "/check_network_status.txt", 200, "NetworkManager is online\n", user_agent=_NM),
    Probe("networkmanager", "conncheck.opensuse.org", "/", 200, "NetworkManager is online\n", user_agent=_NM),
    Probe("networkmanager", "ping.archlinux.org", "/nm-check.txt", 200, "NetworkManager is online\n", user_agent=_NM),
    Probe("kde", "networkcheck.kde.org", "/", 200, "OK\n"),
    Probe("kindle", "spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html", 200, "81ce4465-7167-4dcb-835b-dcc9e44c112a"),
    Probe("kindle", "fireoscaptiveportal.com", "/generate_204"),
    Probe("kindle", "freetimecaptiveportal.com", "/generate_204"),
    Probe("kindle", "tabletcaptiveportal.com", "/generate_204"),
    Probe("steam", "test.steampowered.com", "/204"),
    Probe("nintendo", "ctest.cdn.nintendo.net", "/", 200, "ok", headers=(("X-Organization", "Nintendo"),)),
    Probe("nintendo", "conntest.nintendowifi.net", "/", 200, "ok", headers=(("X-Organization", "Nintendo"),)),
    Probe("roku", "captive.roku.com", "/ok", 200, "ok"),
)
"""Every probe of which host and answer are known."""

SITE_NAMES = frozenset({probe.host for probe in PROBES} | {"www.town.example", "town.example", "download.town.example"})
"""All names that the hall's Internet knows; each is the site."""

BY_QUESTION = {(probe.host, probe.path): probe for probe in PROBES}
"""(host, path) -> probe."""
