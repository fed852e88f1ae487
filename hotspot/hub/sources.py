"""Where a request comes from (pure), to tell apart who fails to log in: an address, or the network that one customer has of IPv6."""

import ipaddress
from collections.abc import Collection, Sequence


def source(remote: str, forwarded: Sequence[str], proxies: Collection[str]) -> str:
    """``remote`` is who is connected, ``forwarded`` what the headers ``X-Forwarded-For`` say. They are believed when one of our own proxies
    is connected, and then only what it has added itself: the last address. Of IPv6 the /64 counts: one customer has 2^64 addresses."""
    found = remote
    if remote in proxies and forwarded:
        found = forwarded[-1].rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return remote
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address.packed[:8] + bytes(8), 64)))
    return str(address)
