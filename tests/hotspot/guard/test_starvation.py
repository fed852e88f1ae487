"""Devices that do not exist say nothing but DHCP; a power cut brings hundreds that do exist."""

from tests.hotspot.guard import packets as at
from tests.hotspot.guard.scene import Scene

THIEF = at.mac(66)


def test_devices_that_do_not_exist() -> None:
    """Each is found out when it has said nothing for a while."""
    scene = Scene()
    for number in range(1_000, 1_300):
        scene.hear(at.dhcp(at.mac(number), 1), every=0.1)
    scene.wait(15)
    assert scene.kinds == ["dhcp-starvation"]


def test_one_device_asks_in_other_names() -> None:
    """At once: no patience is needed."""
    scene = Scene()
    scene.ports[THIEF] = "port3"
    scene.hear(*(at.dhcp(THIEF, 1, client=at.mac(number)) for number in range(1_000, 1_032)))
    assert scene.places == [("dhcp-starvation", "port3")]


def test_a_small_pool_is_taken_sooner() -> None:
    """Of 40 addresses 20 are many."""
    scene = Scene(pool=40)
    for number in range(1_000, 1_020):
        scene.hear(at.dhcp(at.mac(number), 1), every=0.5)
    scene.wait(15)
    assert scene.kinds == ["dhcp-starvation"]


def test_everybody_comes_back_after_a_power_cut() -> None:
    """And the guard, which was off as well, knows none of them."""
    scene = Scene()
    for number in range(1, 900):
        scene.join(number)
    scene.wait(30)
    assert scene.kinds == []


def test_the_dhcp_server_is_away() -> None:
    """All ask in vain, again and again, but say something in IPv6 as well."""
    scene = Scene()
    for _ in range(10):
        for number in range(1, 500):
            scene.hear(at.router_wanted(at.mac(number)), at.dhcp(at.mac(number), 1))
        scene.wait(20)
    assert scene.kinds == []


def test_renewals_take_nothing() -> None:
    """The guard has just been started: many renew the address that they have, and say nothing else for a while."""
    scene = Scene()
    for number in range(1, 900):
        scene.hear(at.dhcp(at.mac(number), 3, own=at.guest(number)), every=0.2)
    scene.wait(30)
    assert scene.kinds == []


def test_a_repeater_asks_for_those_behind_it() -> None:
    """A few clients with another MAC in the message than on the frame, and requests that a relay passes on."""
    scene = Scene()
    scene.hear(*(at.dhcp(THIEF, 1, client=at.mac(number)) for number in range(1_000, 1_020)))
    scene.hear(*(at.dhcp(THIEF, 1, client=at.mac(number), relay=at.GATEWAY4) for number in range(2_000, 2_300)))
    scene.wait(30)
    assert scene.kinds == []
