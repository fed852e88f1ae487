"""Mistakes in settings: what is replaced by what in which file, and what the doctor must find, neither more nor less."""

from msgspec import Struct

from hotspot.lab.layout import CAPTURE_PORT, LAN_GATEWAY, LAN_PREFIX


class Mistake(Struct, frozen=True):
    """One mistake."""

    name: str
    file: str
    """``portal`` | ``firewall``: in a copy; ``dnsmasq.conf`` | ``dnsmasq-captive.conf`` | ``radvd.conf``: in the file itself."""
    old: str
    new: str
    found: frozenset[str]


def _one(name: str, file: str, old: str, new: str, *found: str) -> Mistake:
    return Mistake(name, file, old, new, frozenset(found))


MISTAKES = (
    _one("portal.toml is no TOML", "portal", "[hall]", "[hall", "portal-settings-bad"),
    _one("portal.toml has a key that there is not", "portal", "usage_interval", "usage_intervall", "portal-settings-bad"),
    _one("another capture port", "portal", f"capture_port = {CAPTURE_PORT}", "capture_port = 8079", "ports-differ"),
    _one("another interface", "portal", 'lan = "lan0"', 'lan = "lan9"', "interfaces-differ"),
    _one("a plan above the ceiling", "portal", 'down = "10 Mbit/s"', 'down = "20 Gbit/s"', "plan-above-ceiling"),
    _one("another socket", "portal", "firewall/firewall.sock", "firewall/other.sock", "socket-differs"),
    _one("another zone", "portal", "[zones.public]", "[zones.council]", "zone-without-firewall", "zone-without-portal"),
    _one("no key to the certificate", "portal", "portal.key", "other.key", "certificate-key-differs"),
    _one("a certificate for another name", "portal", "tls/portal.", "tls/other.", "certificate-name-wrong"),
    _one("a folder that there is not", "portal", "portal/state", "portal/elsewhere", "state-folder-missing"),
    _one("never open", "portal", 'portal_url = "', 'hours = "never"\nportal_url = "', "hours-never-open"),
    _one("firewall.toml with a word for a number", "firewall", "max_clients = 1000", 'max_clients = "many"', "firewall-settings-bad"),
    _one(
        "firewall.toml changed, not restarted",
        "firewall",
        "max_clients = 1000",
        "max_clients = 1000\nconnections = 500",
        "zone-table-unknown",
    ),
    _one("another total", "firewall", 'total_down = "1 Gbit/s"', 'total_down = "500 Mbit/s"', "shaping-rates-wrong"),
    _one("another file of leases", "firewall", "dnsmasq.leases", "other.leases", "lease-file-differs"),
    _one("option 114 elsewhere", "dnsmasq.conf", "/api/captive", "/api/other", "option114-differs"),
    _one("option 114 left out", "dnsmasq.conf", "dhcp-option=114", "#dhcp-option=114", "option114-missing"),
    _one("another router", "dnsmasq.conf", f"option:router,{LAN_GATEWAY}", "option:router,198.18.0.99", "router-wrong"),
    _one("another name server", "dnsmasq.conf", f"option:dns-server,{LAN_GATEWAY}", "option:dns-server,198.18.0.99", "name-server-wrong"),
    _one("leases elsewhere", "dnsmasq.conf", "198.18.1.0,198.18.14.255", "198.19.1.0,198.19.14.255", "pool-outside"),
    _one("no garden", "dnsmasq-captive.conf", "nftset=", "#nftset=", "garden-missing"),
    _one("the block list is not read", "dnsmasq-captive.conf", "servers-file=", "#servers-file=", "blocklist-not-read"),
    _one("another prefix", "radvd.conf", LAN_PREFIX, "2001:db8:2::/64", "prefix-wrong"),
    _one("another interface for radvd", "radvd.conf", "interface lan0", "interface lan9", "advertisements-missing"),
)
