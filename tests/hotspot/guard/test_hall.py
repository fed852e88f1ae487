"""What is the hall's own."""

from hotspot.guard.hall import Gateway, network_text
from hotspot.looks.leaving import identifies
from tests.hotspot.guard import packets as at


def test_own_networks() -> None:
    """By the interface's addresses; as long as it has none, nothing is foreign."""
    gateway = Gateway(at.GATEWAY, networks=(at.NETWORK,))
    assert [gateway.ours(address) for address in (at.guest(1), bytes((198, 18, 16, 1)))] == [True, False]
    assert Gateway(at.GATEWAY).ours(bytes((10, 0, 0, 1)))


def test_a_network_names_no_device() -> None:
    """It may leave the hall."""
    assert network_text(bytes((192, 168, 178, 44))) == "192.168.178.0/24"
    assert not identifies(network_text(bytes((192, 168, 178, 44))))
