"""Who is there, and since when nobody has heard of them."""

from firewall.presence import NUD_FAILED, NUD_REACHABLE, NUD_STALE, Neighbour, Presence

MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"


def _told(ip: str, mac: str = MAC, state: int = NUD_STALE, gone: bool = False) -> Neighbour:
    return Neighbour(3, ip, mac, state, gone)


def test_addresses_of_a_client() -> None:
    """IPv4 and IPv6 addresses of one MAC belong together, until the kernel forgets them."""
    presence = Presence()
    for ip in ("198.18.0.11", "2001:db8:1::11", "fe80::1"):
        presence.take(_told(ip), 1.0)
    presence.take(_told("fe80::1", gone=True), 2.0)
    assert presence.addresses(3, MAC) == {"198.18.0.11", "2001:db8:1::11"}
    assert (presence.mac(3, "198.18.0.11"), presence.mac(3, "fe80::1"), presence.mac(4, "198.18.0.11"), presence.count(3)) == (
        MAC,
        None,
        None,
        1,
    )


def test_only_reachable_means_heard() -> None:
    """A stale entry says nothing; a failed one forgets the address."""
    presence = Presence()
    presence.take(_told("198.18.0.11"), 1.0)
    assert presence.heard(3, MAC) == 0.0
    presence.take(_told("198.18.0.11", state=NUD_REACHABLE), 5.0)
    presence.take(_told("198.18.0.11"), 9.0)
    assert presence.heard(3, MAC) == 5.0
    presence.take(_told("198.18.0.11", mac="", state=NUD_FAILED), 10.0)
    assert (presence.mac(3, "198.18.0.11"), presence.count(3)) == (None, 0)


def test_an_address_moves_to_another_client() -> None:
    """The latest owner counts."""
    presence = Presence()
    presence.take(_told("198.18.0.11"), 1.0)
    presence.take(_told("198.18.0.11", mac=OTHER), 2.0)
    assert (presence.mac(3, "198.18.0.11"), presence.addresses(3, MAC)) == (OTHER, frozenset())


def test_quiet_clients_are_asked_now_and_then() -> None:
    """After half the idle time or a minute, every address, and not again at once."""
    presence = Presence()
    presence.take(_told("198.18.0.11"), 0.0)
    client = (3, MAC)
    asked = [
        sorted(presence.to_ask({client: (quiet, 100.0)}, now)) for now, quiet in ((40.0, 40.0), (50.0, 50.0), (60.0, 60.0), (70.0, 70.0))
    ]
    assert asked == [[], [(3, "198.18.0.11")], [], [(3, "198.18.0.11")]]


def test_a_link_that_is_gone_takes_its_neighbours_along() -> None:
    """Nobody is known on it any more."""
    presence = Presence()
    presence.take(_told("198.18.0.11"), 1.0)
    presence.forget_interface(3)
    assert (presence.mac(3, "198.18.0.11"), presence.count(3)) == (None, 0)
