"""What of a request becomes text for ``nft``."""

import pytest

from firewall.api import BlockedPlace
from firewall.binding import blocked_text, conntrack_place, lease_of, leased_changes
from firewall.leases import UNTOLD, Lease


def test_a_block_list_as_text() -> None:
    """Each place becomes an element of its set, after the sets were emptied."""
    places = [BlockedPlace("198.51.100.0/24", seconds=60.4), BlockedPlace("2001:db8::1", "tcp/25")]
    assert blocked_text("hotspot_public", places).splitlines()[6:] == [
        "add element inet hotspot_public blocked4 { 198.51.100.0/24 timeout 60s }",
        "add element inet hotspot_public blocked_tcp6 { 2001:db8::1/128 . 25 }",
    ]


@pytest.mark.parametrize("network", ["2001:db8::1%1 }\nflush ruleset\n#x", "fe80::1%lan0", "198.51.100.1\n", "", "hall", "1.2.3.4/33"])
def test_no_text_of_a_request_gets_to_nft(network: str) -> None:
    """``ipaddress`` takes anything behind a %; here nothing but an address or a network is taken."""
    with pytest.raises(ValueError, match="not an? "):
        blocked_text("hotspot_public", [BlockedPlace(network)])
    with pytest.raises(ValueError, match=r"not an address|does not appear|permitted|netmask"):
        conntrack_place(BlockedPlace(network))


def test_a_lease_reads_back_from_its_key() -> None:
    """What the kernel's set holds is enough to know who has the address."""
    lease = Lease("02:00:00:00:00:01", "198.18.5.127", "phone 01:02")
    (for_packets, *_) = leased_changes("public", [lease], delete=False)
    assert lease_of(for_packets.elements[0].key) == Lease(lease.mac, lease.ip, UNTOLD)
