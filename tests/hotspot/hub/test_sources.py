"""Where a request comes from."""

import ipaddress

import pytest

from hotspot.hub.sources import source

PROXIES = tuple(map(ipaddress.ip_network, ("127.0.0.1", "::1", "192.0.2.8/29")))


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["10.0.0.1, 198.51.100.7"], "198.51.100.7"),
        ("::1", ["10.0.0.1", "198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("", [], ""),
        ("192.0.2.9", ["198.51.100.7"], "198.51.100.7"),
        ("192.0.2.16", ["198.51.100.7"], "192.0.2.16"),
        ("::ffff:127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
    ],
)
def test_only_our_own_proxies_are_believed(remote: str, forwarded: list[str], expected: str) -> None:
    """And of what they say only what they have added themselves; IPv6 counts by customer."""
    assert source(remote, forwarded, PROXIES) == expected
