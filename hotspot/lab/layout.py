"""Names and addresses of a hall (pure). All addresses are from ranges for documentation and benchmarks (RFC 2544, 3849, 5737)."""

import ipaddress
import re

from msgspec import Struct

PORTAL_NAME = "portal.hall.example"
LAN_NET = "198.18.0.0/20"
LAN_GATEWAY = "198.18.0.1"
LAN_PREFIX = "2001:db8:1::/64"
LAN_GATEWAY6 = "2001:db8:1::1"
LEASES = ("198.18.1.0", "198.18.14.255")
"""First and last address that DHCP gives out."""
GUESTS = ("198.18.0.0/15", "2001:db8::/45", "2001:db8:8::/47")
"""Everything that the LANs of a hall with all its zones can have (``zones``)."""
LINK_GATEWAY, LINK_WAN = "203.0.113.2", "203.0.113.1"
LINK_PREFIX = "2001:db8:f::/64"
LINK_GATEWAY6, LINK_WAN6 = "2001:db8:f::2", "2001:db8:f::1"
SITE, SITE6 = "198.51.100.10", "2001:db8:80::10"
GARDEN, GARDEN6 = "198.51.100.20", "2001:db8:80::20"
"""The site under the addresses of the walled garden's names."""
NAMESERVER, NAMESERVER6 = "198.51.100.53", "2001:db8:80::53"

CAPTURE_PORT = 8080
PORTAL_PORT = 8081
PORTAL_TLS_PORT = 8443
CAPTIVE_DNS_PORT = 5300
TIME_STRATUM = 10
"""What the gateway's time server says of itself (RFC 5905)."""
MANAGEMENT_PORT = 9464
SITE_PORTS = (80, 8000)
"""Where the site listens in clear: 80, which a captive client is redirected from, and 8000, which it is not."""
SITE_TLS_PORT = 443
HUB_PORT = 8700
HUB_URL = f"https://{LINK_WAN}:{HUB_PORT}"
"""Where the city's hub is, in the WAN."""

RESERVED = ("gw", "wan", "ap")
"""Names that a phone cannot have."""

_HALL = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,23}")
_PHONE = re.compile(r"[a-z][a-z0-9]{0,23}")


class Layout(Struct, frozen=True):
    """Every name of the hall ``hall``."""

    hall: str

    def __post_init__(self) -> None:
        if not _HALL.fullmatch(self.hall):
            raise ValueError(f"cannot name a hall {self.hall!r}: expected a letter, then up to 23 letters, digits or dashes")

    @property
    def gateway(self) -> str:
        """Namespace of the gateway: ``lan0``, ``wan0``, dnsmasq, radvd, firewall, portal."""
        return f"{self.hall}-gw"

    @property
    def wan(self) -> str:
        """Namespace of the Internet: ``isp0``, the site, the name server."""
        return f"{self.hall}-wan"

    @property
    def access_point(self) -> str:
        """Namespace of the access point: the bridge ``br0``, one port towards the gateway (``uplink``) and one per phone."""
        return f"{self.hall}-ap"

    def phone(self, name: str) -> str:
        """Namespace of the phone ``name``; raises ``ValueError`` for a name that cannot be one."""
        if not _PHONE.fullmatch(name) or name in RESERVED:
            raise ValueError(
                f"cannot name a phone {name!r}: expected a lower-case letter, then letters or digits; not {', '.join(RESERVED)}"
            )
        return f"{self.hall}-{name}"

    def owns(self, namespace: str) -> bool:
        """Is ``namespace`` by its name one of this hall's? Its last part has no dash, so halls ``a`` and ``a-b`` do not mix."""
        hall, dash, last = namespace.rpartition("-")
        return bool(dash) and hall == self.hall and bool(_PHONE.fullmatch(last))


def phone_mac(number: int) -> str:
    """MAC of the ``number``-th phone of a hall (1 … 65,535), locally administered."""
    return f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"


def slaac_address(mac: str) -> str:
    """The address that ``mac`` gives itself in the hall's prefix (RFC 4291 appendix A, EUI-64 as the kernel's default for veth)."""
    raw = bytes.fromhex(mac.replace(":", ""))
    eui = bytes([raw[0] ^ 2, *raw[1:3], 0xFF, 0xFE, *raw[3:]])
    network = ipaddress.IPv6Network(LAN_PREFIX)
    return str(network[int.from_bytes(eui)])
