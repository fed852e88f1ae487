"""MAC and IP addresses as validated text. Text, because it is what JSON, nft and logs of a person at the shell have in common."""

import ipaddress
import re
from functools import lru_cache

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def parse_mac(text: str) -> str:
    """Return ``text`` as a lower-case unicast MAC ``02:00:00:00:00:01``; raise ``ValueError`` with what was expected."""
    mac = text.strip().lower().replace("-", ":")
    if not _MAC.fullmatch(mac):
        raise ValueError(f"{text!r} is not a MAC address such as 02:00:00:00:00:01")
    if int(mac[:2], 16) & 1:
        raise ValueError(f"{text!r} is a group address, a client has a unicast one")
    if mac == "00:00:00:00:00:00":
        raise ValueError(f"{text!r} is not a client's address")
    return mac


@lru_cache(maxsize=1 << 15)
def mac_bytes(mac: str) -> bytes:
    """``02:00:00:00:00:01`` -> 6 bytes, as on the wire."""
    return bytes.fromhex(mac.replace(":", ""))


def mac_text(raw: bytes) -> str:
    """6 bytes, as on the wire -> ``02:00:00:00:00:01``."""
    return raw.hex(":")


def parse_ip(text: str) -> str:
    """Return ``text`` as a canonical IPv4 or IPv6 address without scope; an IPv4-mapped IPv6 address becomes IPv4."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
