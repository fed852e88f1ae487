"""All detectors together: any frames are taken, a flood hides nobody, and an hour later nothing of anybody is left."""

import gc
import random
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from hotspot.guard.hall import Shared
from hotspot.guard.memory import HOUR, MOST, PROVEN
from hotspot.guard.watch import Watch
from hotspot.looks.values import MOST_FINDINGS
from tests.hotspot.guard import packets as at
from tests.hotspot.guard.scene import Scene


def _made_up(chance: random.Random) -> bytes:
    source = b"\x02" + chance.randbytes(5)
    match chance.randrange(5):
        case 0:
            return at.arp(source, chance.randbytes(4), at.GATEWAY4)
        case 1:
            return at.dhcp(
                source, chance.randrange(9), client=chance.randbytes(6), name=chance.randbytes(4), transaction=chance.getrandbits(32)
            )
        case 2:
            return at.neighbour(source, chance.randbytes(16))
        case 3:
            return at.bpdu(source, chance.randbytes(6))
        case _:
            return at.EVERYBODY + source + chance.choice((b"\x08\0", b"\x86\xdd", b"\x08\6")) + chance.randbytes(60)


@given(st.lists(st.binary(max_size=200), max_size=30), st.floats(0, 100))
def test_any_bytes_are_taken(frames: list[bytes], every: float) -> None:
    """From outside and from the gateway itself."""
    scene = Scene()
    for frame in frames:
        scene.watch.outgoing(frame, scene.now)
        scene.hear(frame, every=every)
    assert len(list(scene.watch.findings(scene.now, 1_800_000_000))) <= MOST_FINDINGS


def test_a_flood_hides_nobody() -> None:
    """A guest who has been there for a while is remembered through 50,000 made-up devices: who spoofs their address is found."""
    scene, chance = Scene(), random.Random(3)
    guest = scene.join(1)
    scene.wait(20)
    scene.hear(at.arp(guest, at.guest(1), at.GATEWAY4))
    for _ in range(50):
        scene.hear(*(_made_up(chance) for _ in range(1_000)))
        scene.wait(1)
    scene.hear(*[at.arp(at.mac(66), at.guest(1), at.GATEWAY4)] * 3)
    assert {"address-spoofed", "mac-flood"} <= set(scene.kinds)
    assert scene.watch.devices <= 2 * MOST


def test_a_flood_of_addresses_reaches_no_lease() -> None:
    """A guest was given an address and is silent since. Few devices claim more addresses than the guard remembers, and go on doing so: it
    says that it had to forget some, and the lease is none of them."""
    scene = Scene()
    scene.join(1)
    for first in (0, 3_000, 6_000):
        for _ in range(2):
            scene.hear(*(at.neighbour(at.mac(1_000 + number // 30), at.guest6(5_000 + number)) for number in range(first, first + 3_000)))
            scene.wait(PROVEN + 1)
    assert scene.kinds == ["mac-flood"]
    scene.hear(*[at.arp(at.mac(66), at.guest(1), at.GATEWAY4)] * 3)
    assert scene.kinds == ["address-spoofed", "mac-flood"]


def test_a_flood_in_one_zone_is_told_there() -> None:
    """The zones share the memory: the other one keeps its devices, and has no finding."""
    shared = Shared()
    flooded, quiet = Scene(shared=shared), Scene(shared=shared)
    for number in range(1, 300):
        quiet.join(number)
    before = quiet.watch.devices
    for number in range(20_000):
        flooded.hear(at.arp(at.mac(50_000 + number), at.guest(number % 1_000), at.GATEWAY4))
    flooded.wait(1)
    quiet.wait(1)
    assert (flooded.kinds, quiet.kinds, quiet.watch.devices) == (["mac-flood"], [], before)


def test_nothing_is_left_after_an_hour() -> None:
    """Of guests, attackers and their findings: no MAC, no address and no name is in any part of the guard."""
    scene = Scene()
    for number in range(1, 30):
        scene.join(number)
    thief = at.mac(66)
    scene.hear(at.dhcp(thief, 1, client=at.mac(67), name=b"anna-s-phone"), at.dhcp(thief, 3, server=at.guest(99)))
    scene.hear(*[at.arp(thief, at.NOBODY4, at.GATEWAY4)] * 3, *[at.arp(thief, at.guest(1), at.GATEWAY4)] * 3, at.router(thief))
    scene.hear(at.arp(thief, bytes((10, 9, 8, 7)), bytes((10, 9, 8, 1))), every=30)
    scene.hear(at.arp(at.mac(68), bytes((10, 9, 8, 7)), bytes((10, 9, 8, 1))), every=30)
    scene.hear(at.arp(at.mac(68), bytes((10, 9, 8, 7)), bytes((10, 9, 8, 1))))
    people = {at.mac(number) for number in (*range(1, 30), 66, 67, 68)} | {at.guest(1), at.guest6(1), bytes((10, 9, 8, 7)), b"anna-s-phone"}
    assert people & set(_bytes_of(scene.watch))
    scene.wait(HOUR + 30)
    assert people & set(_bytes_of(scene.watch)) == set()
    assert (scene.kinds, scene.watch.devices) == ([], 0)


def _bytes_of(watch: Watch) -> Iterator[bytes]:
    """Every piece of bytes that can be reached from it, but not through classes and modules."""
    seen, todo = set[int](), list(gc.get_referents(watch))
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type) or callable(one) or type(one).__name__ == "module":
            continue
        seen.add(id(one))
        if isinstance(one, bytes):
            yield one
        todo += gc.get_referents(one)
