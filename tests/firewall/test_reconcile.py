"""Differences between what should be in the kernel and what is there."""

from sys import byteorder
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from firewall.api import Grant, Rates
from firewall.elements import Change, Element
from firewall.grants import Held, opening, up_key
from firewall.kernel.tc import wire
from firewall.reconcile import FoundClass, ZoneElements, adopt, element_drift, tree_drift
from firewall.settings import Zone
from firewall.shaper import trees

RATES = Rates(64_000, 10_000_000, 64_000, 2_000_000)
ZONES = {"public": Zone("lan0", "wan0", ("198.18.0.1/20",), 100_000_000, 40_000_000)}


def _held(client: int, slot: int | None = None, **terms: Any) -> Held:
    values: dict[str, Any] = {"session": f"{client:016x}", "plan": "visitor", "rates": RATES, "seconds": 600.0} | terms
    return Held(Grant("public", f"02:00:00:00:00:{client:02x}", **values), 0x10 + client if slot is None else slot, client + 1, 700.0)


def _kernel(*grants: Held) -> ZoneElements:
    """The three maps with these grants in them."""
    maps: dict[str, dict[bytes, Element]] = {"ids": {}, "up": {}, "down": {}}
    for held in grants:
        for change in opening(held, 100.0, 11, 22):
            for element in change.elements:
                maps[change.map][element.key] = element._replace(expires_ms=element.timeout_ms)
    return ZoneElements(**maps)


def _without(found: ZoneElements, name: str, key: bytes) -> ZoneElements:
    maps = {"ids": dict(found.ids), "up": dict(found.up), "down": dict(found.down)}
    del maps[name][key]
    return ZoneElements(**maps)


def _mark(held: Held) -> bytes:
    return held.mark.to_bytes(4, byteorder)


def test_whole_grants_are_adopted() -> None:
    """Each comes back with its counters, and nothing is deleted."""
    grants = [_held(1), _held(2, volume=5_000, idle=60.0)]
    adopted = adopt("public", _kernel(*grants), 100.0)
    assert [held for held, *_ in adopted.grants] == grants
    assert [(up.byte_count, down.byte_count) for _, up, down in adopted.grants] == [(11, 22), (11, 22)]
    assert adopted.stray == ()


def test_half_a_grant_is_stray() -> None:
    """A grant that lacks an element is not adopted; what is left of it goes."""
    whole, half = _held(1), _held(2)
    adopted = adopt("public", _without(_kernel(whole, half), "down", _mark(half)), 100.0)
    assert [held for held, *_ in adopted.grants] == [whole]
    assert adopted.stray == (
        Change("hotspot_public", "ids", (Element(half.client),), True),
        Change("hotspot_public", "up", (Element(up_key(half)),), True),
    )


def test_two_grants_on_one_slot_are_not_both_adopted() -> None:
    """A slot has one owner; the second is stray."""
    adopted = adopt("public", _kernel(_held(1, slot=0x20), _held(2, slot=0x20)), 100.0)
    assert (len(adopted.grants), {change.map for change in adopted.stray}) == (1, {"ids", "up", "down"})


def test_no_drift() -> None:
    """What is as it should be needs no change, whatever counters and timeouts say."""
    drift = element_drift("public", [_held(1), _held(2)], _kernel(_held(1), _held(2)))
    assert (drift.broken, drift.stray) == ((), ())


@given(
    st.sets(st.integers(1, 9)), st.sets(st.integers(1, 9)), st.sets(st.tuples(st.integers(1, 9), st.sampled_from(["ids", "up", "down"])))
)
def test_mending_leaves_what_is_wanted(wanted: set[int], there: set[int], missing: set[tuple[int, str]]) -> None:
    """Whatever is there and whatever is missing: after the deletions and the re-opening, the kernel holds the wanted grants and no more."""
    found = _kernel(*map(_held, there))
    for client, name in missing:
        if client in there:
            held = _held(client)
            key = {"ids": held.client, "up": up_key(held), "down": _mark(held)}[name]
            found = _without(found, name, key)
    drift = element_drift("public", map(_held, wanted), found)
    maps = {"ids": dict(found.ids), "up": dict(found.up), "down": dict(found.down)}
    for change in drift.stray:
        for element in change.elements:
            del maps[change.map][element.key]
    for held in drift.broken:
        for change in opening(held, 100.0, 11, 22):
            for element in change.elements:
                assert element.key not in maps[change.map]
                maps[change.map][element.key] = element
    for name, elements in maps.items():
        assert set(elements) == set(getattr(_kernel(*map(_held, wanted)), name))
    again = element_drift("public", map(_held, wanted), ZoneElements(**maps))
    assert (again.broken, again.stray) == ((), ())


def test_an_altered_element_breaks_its_grant() -> None:
    """An element that leads to another class is taken away and written anew."""
    found = _kernel(_held(1))
    key = up_key(_held(1))
    altered = ZoneElements(found.ids, {key: found.up[key]._replace(data=b"\x01\x00\x01\x00")}, found.down)
    assert element_drift("public", [_held(1)], altered).broken == (_held(1),)


def _found(**changes: dict[int, FoundClass | None]) -> dict[int, FoundClass]:
    tree = trees(ZONES, {0x10: ("public", RATES)})["lan0"]
    as_made = {minor: FoundClass(minor, made.parent, *wire(tree)[minor], made.leaf) for minor, made in tree.items()}
    return {minor: each for minor, each in (as_made | changes.get("changes", {})).items() if each is not None}


def test_tree_drift() -> None:
    """No tree: all of it, parents first. A class gone, a leaf gone, another rate: just that. A class too many stays."""
    tree = trees(ZONES, {0x10: ("public", RATES)})["lan0"]
    nothing = tree_drift(tree, None, wire(tree))
    assert (nothing.whole, [each.minor for each in nothing.missing]) == (True, [1, 0xFFFD, 0xFFFE, 0x10, 0xFFF0, 0xFFFC])
    assert tree_drift(tree, _found(), wire(tree)) == tree_drift(tree, _found(changes={0x77: FoundClass(0x77, 1, 1, 1, True)}), wire(tree))
    gone = tree_drift(tree, _found(changes={0x10: None}), wire(tree))
    leafless = tree_drift(tree, _found(changes={0x10: FoundClass(0x10, 1, *wire(tree)[0x10], False)}), wire(tree))
    other = tree_drift(tree, _found(changes={0x10: FoundClass(0x10, 1, 5, 5, True)}), wire(tree))
    assert [(each.whole, each.missing, each.altered) for each in (gone, leafless, other)] == [
        (False, (tree[0x10],), ()),
        (False, (tree[0x10],), ()),
        (False, (), (tree[0x10],)),
    ]
