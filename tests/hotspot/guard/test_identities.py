"""Two devices with one MAC; who roams, or starts from the network, is one."""

from tests.hotspot.guard import packets as at
from tests.hotspot.guard.scene import Scene

ONE = at.mac(1)


def test_two_ports_by_turns() -> None:
    """Both talk, so the bridge learns it anew with each frame."""
    scene = Scene()
    scene.ports[ONE] = "port2"
    for _ in range(10):
        for port in (11, 12):
            scene.watch.moved(ONE, port, scene.now)
            scene.wait(1)
    assert scene.places == [("mac-cloned", "port2")]


def test_roaming_is_no_clone() -> None:
    """Somebody walks to and fro between access points all day, a little restless at their border."""
    scene = Scene()
    for step in range(500):
        scene.watch.moved(ONE, 11 + step % 3 % 2, scene.now)
        scene.wait(15)
    assert scene.kinds == []


def test_two_identities_by_turns() -> None:
    """The clone asks for its address in another way than the phone, and the phone goes on."""
    scene = Scene()
    phone, clone = at.dhcp(ONE, 1, name=b"phone"), at.dhcp(ONE, 1, make=b"MSFT 5.0", name=b"laptop")
    scene.hear(phone, clone, phone, every=300)
    assert scene.kinds == []
    scene.hear(clone)
    assert scene.kinds == ["mac-cloned"]


def test_one_device_says_several_things() -> None:
    """It starts from the network and then its system, twice; a question differs from a request; a system is updated."""
    scene = Scene()
    boot, system = at.dhcp(ONE, 1, make=b"PXEClient:Arch:00007"), at.dhcp(ONE, 1, make=b"MSFT 5.0")
    request = at.dhcp(ONE, 3, make=b"MSFT 5.0", name=b"laptop")
    scene.hear(*[boot, system, request] * 4, every=60)
    scene.hear(*[at.dhcp(ONE, 1, make=b"MSFT 6.0")] * 4, every=60)
    assert scene.kinds == []
