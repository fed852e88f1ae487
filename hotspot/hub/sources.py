"""Where a request comes from (pure), to tell apart who fails to log in: an address, or the network that one customer has of IPv6."""

import ipaddress
from collections.abc import Collection, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def source(remote: str, forwarded: Sequence[str], proxies: Collection[Network]) -> str:
    """``remote`` is who is connected, ``forwarded`` what the headers ``X-Forwarded-For`` say. They are believed when one of our own proxies
    is connected, and then only what it has added itself: the last address. Of IPv6 the /64 counts: one customer has 2^64 addresses."""
    found = remote
    if forwarded and is_proxy(remote, proxies):
        found = forwarded[-1].rpartition(",")[2].strip()
    address = _address(found)
    if address is None:
        return remote
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address.packed[:8] + bytes(8), 64)))
    return str(address)


def is_proxy(remote: str, proxies: Collection[Network]) -> bool:
    """Is it one of our own proxies that is connected?"""
    address = _address(remote)
    return address is not None and any(address in network for network in proxies)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """None: it is none. IPv4 in the clothes of IPv6, as a listener for both has it, is IPv4."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
