"""What the addresses of an interface say about the hall."""

from hotspot.guard.bridge import Address
from hotspot.guard.hall import Gateway
from hotspot.guard.post import gateway_of
from tests.hotspot.guard import packets as at


def test_the_gateway_by_its_addresses() -> None:
    """Networks of IPv4, addresses of both; a pool that nobody named is as large as the network."""
    found = gateway_of(at.GATEWAY, [Address(at.GATEWAY4, 20), Address(at.GATEWAY6, 64)], 0)
    assert found == Gateway(at.GATEWAY, frozenset((at.GATEWAY4, at.GATEWAY6)), (at.NETWORK,), 4096)
    assert gateway_of(at.GATEWAY, [Address(at.GATEWAY4, 20)], 200).pool == 200
    assert gateway_of(at.GATEWAY, [], 0) == Gateway(at.GATEWAY)
