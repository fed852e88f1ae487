"""Which family of devices a request comes from: a table for metrics and tests, never for decisions.

Rule 1: a captive client is redirected whatever it asks for; nothing here may change that. Rule 2: a family is one of ``FAMILIES``, so a
stranger cannot make metric labels. Hosts and paths are those that the detectors of each system are known to ask for.
"""

import re

OTHER = "other"
"""Not known as a probe, and no browser."""

BROWSER = "browser"
"""A person's browser on the way to some page."""

_HOSTS: dict[str, tuple[str, ...]] = {
    "apple": (
        "captive.apple.com",
        "www.appleiphonecell.com",
        "www.airport.us",
        "www.ibook.info",
        "www.itools.info",
        "www.thinkdifferent.us",
        "gsp1.apple.com",
    ),
    "android": (
        "connectivitycheck.gstatic.com",
        "connectivitycheck.android.com",
        "clients3.google.com",
        "clients4.google.com",
        "play.googleapis.com",
        "d2uzsrnmmf6tds.cloudfront.net",
        "connectivitycheck.platform.hicloud.com",
        "connectivitycheck.cbg-app.huawei.com",
        "connect.rom.miui.com",
        "wifi.vivo.com.cn",
        "conn1.coloros.com",
        "connectivitycheck.oppomobile.com",
        "connectivitycheck.grapheneos.network",
        "grapheneos.online",
        "captiveportal.kuketz.de",
    ),
    "windows": (
        "www.msftconnecttest.com",
        "ipv6.msftconnecttest.com",
        "www.msftncsi.com",
        "ipv6.msftncsi.com",
    ),
    "chromium": (
        "www.gstatic.com",
        "edge-http.microsoft.com",
        "edge.microsoft.com",
        "detectportal.brave-http-only.com",
        "www.play.googleapis.com",
        "safebrowsing.google.com",
        "www.googleapis.com",
        "cp.cloudflare.com",
    ),
    "firefox": ("detectportal.firefox.com",),
    "networkmanager": (
        "network-test.debian.org",
        "connectivity-check.ubuntu.com",
        "nmcheck.gnome.org",
        "conncheck.opensuse.org",
        "ping.archlinux.org",
    ),
    "kde": ("networkcheck.kde.org",),
    "kindle": ("spectrum.s3.amazonaws.com", "fireoscaptiveportal.com", "freetimecaptiveportal.com", "tabletcaptiveportal.com"),
    "steam": ("test.steampowered.com",),
    "nintendo": ("ctest.cdn.nintendo.net", "conntest.nintendowifi.net"),
    "roku": ("captive.roku.com",),
}

_PATHS: dict[str, str] = {
    "/hotspot-detect.html": "apple",
    "/library/test/success.html": "apple",
    "/generate_204": "android",
    "/gen_204": "android",
    "/connecttest.txt": "windows",
    "/ncsi.txt": "windows",
    "/static/hotspot.txt": "networkmanager",
    "/check_network_status.txt": "networkmanager",
}
"""Asked of hosts that also serve people (www.apple.com, www.google.com, fedoraproject.org), so the path decides."""

_AGENTS: tuple[tuple[str, str], ...] = (
    ("CaptiveNetworkSupport", "apple"),
    ("Microsoft NCSI", "windows"),
    ("NetworkManager", "networkmanager"),
    ("Mozilla/", BROWSER),
)
"""Part of the User-Agent -> family; the first that is found counts."""

_DEVICES: tuple[tuple[str, str], ...] = (
    ("CaptiveNetworkSupport", "apple"),
    ("iPhone", "apple"),
    ("iPad", "apple"),
    ("Macintosh", "apple"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("CrOS", "chromeos"),
    ("Linux", "linux"),
)
"""Part of a browser's User-Agent -> kind of device. Android says Linux as well, so it comes first."""

_BY_HOST = {host: family for family, hosts in _HOSTS.items() for host in hosts}

HOSTS = frozenset((*_BY_HOST, "www.google.com", "www.google.cn", "g.cn", "www.apple.com", "fedoraproject.org"))
"""Every host that is known to be asked by a system or browser that wants to know whether it is online."""

FAMILIES = (*_HOSTS, BROWSER, OTHER)
"""Every answer that ``family`` can give."""

DEVICES = (*dict.fromkeys(kind for _, kind in _DEVICES), OTHER)
"""Every answer that ``device`` can give."""

_TARGET = re.compile(rb"[^ \r\n]{1,32} +(?:[hH][tT][tT][pP]://([^/ \r\n]*))?([^? \r\n]*)")
_HOST = re.compile(rb"\n[hH][oO][sS][tT]:[ \t]*([^ \t\r\n]*)")
_AGENT = re.compile(rb"\n[uU][sS][eE][rR]-[aA][gG][eE][nN][tT]:[ \t]*([^\r\n]*)")


def family(host: str, path: str, user_agent: str) -> str:
    """Name of the family that asks ``host`` (a port and the case do not matter) for ``path`` (without query); one of ``FAMILIES``."""
    name = host.lower()
    if not name.startswith("[") and ":" in name:
        name = name.partition(":")[0]
    found = _BY_HOST.get(name)
    if found is None:
        found = _PATHS.get(path)
    if found is not None:
        return found
    return next((family for part, family in _AGENTS if part in user_agent), OTHER)


def family_of(head: bytes) -> str:
    """The same from the raw first bytes of a request, however broken; absolute-form targets count before ``Host`` (RFC 9112 §3.2.2)."""
    target = _TARGET.match(head)
    if target is None:
        return OTHER
    authority, path = target.groups()
    if authority is None:
        host = _HOST.search(head)
        authority = host[1] if host is not None else b""
    agent = _AGENT.search(head)
    return family(authority.decode("latin-1"), path.decode("latin-1"), "" if agent is None else agent[1].decode("latin-1"))


def device(user_agent: str) -> str:
    """Kind of device by a browser's User-Agent, for figures only; one of ``DEVICES``."""
    return next((kind for part, kind in _DEVICES if part in user_agent), OTHER)
