"""What should be in the kernel against what is there: pure. Applying the differences twice changes nothing."""

from collections.abc import Iterable, Mapping
from sys import byteorder

from msgspec import Struct

from firewall.elements import Change, Element
from firewall.grants import Held, from_elements, mark_key, table_of, up_key
from firewall.shaper import FIRST_SLOT, LAST_SLOT, Class


class ZoneElements(Struct, frozen=True):
    """The three maps of a zone as the kernel has them, by key."""

    ids: Mapping[bytes, Element]
    up: Mapping[bytes, Element]
    down: Mapping[bytes, Element]


class Adopted(Struct, frozen=True):
    """What a starting daemon makes of a zone's elements."""

    grants: tuple[tuple[Held, Element, Element], ...]
    """Each with its ``up`` and ``down`` element."""
    stray: tuple[Change, ...]
    """Deletions of what belongs to no whole grant."""


def adopt(zone: str, found: ZoneElements, now: float) -> Adopted:
    """Whole grants (all three elements, agreeing with each other, with a session of their own) are kept; what is left is stray."""
    grants: list[tuple[Held, Element, Element]] = []
    sessions: set[str] = set()
    slots: set[int] = set()
    kept_macs: set[bytes] = set()
    kept_ups: set[bytes] = set()
    kept_marks: set[bytes] = set()
    for mac, ids in found.ids.items():
        held = from_elements(zone, ids, now)
        if held is None:
            continue
        up, down = found.up.get(up_key(held)), found.down.get(ids.data)
        if up is None or down is None or not up.data == down.data == held.class_id.to_bytes(4, byteorder):
            continue
        if held.grant.session in sessions or held.slot in slots or not FIRST_SLOT <= held.slot <= LAST_SLOT:
            continue
        sessions.add(held.grant.session)
        slots.add(held.slot)
        kept_macs.add(mac)
        kept_ups.add(up_key(held))
        kept_marks.add(ids.data)
        grants.append((held, up, down))
    stray = [
        *_deletions(zone, "ids", set(found.ids) - kept_macs),
        *_deletions(zone, "up", set(found.up) - kept_ups),
        *_deletions(zone, "down", set(found.down) - kept_marks),
    ]
    return Adopted(tuple(grants), tuple(stray))


def _deletions(zone: str, name: str, keys: Iterable[bytes]) -> list[Change]:
    elements = tuple(Element(key) for key in sorted(keys))
    return [Change(table_of(zone), name, elements, delete=True)] if elements else []


class ElementDrift(Struct, frozen=True):
    """How a zone's maps differ from the grants in force."""

    broken: tuple[Held, ...]
    """Grants of which something is missing or altered: what is left of them must go and all three elements be written again."""
    stray: tuple[Change, ...]
    """Deletions of what no grant wants, and of what is left of the broken ones."""


def element_drift(zone: str, wanted: Iterable[Held], found: ZoneElements) -> ElementDrift:
    """Compare keys and values; counters and timeouts move by themselves."""
    broken: list[Held] = []
    macs: set[bytes] = set()
    ups: set[bytes] = set()
    marks: set[bytes] = set()
    for held in wanted:
        mac, up, mark, class_id = held.client, up_key(held), mark_key(held), held.class_id.to_bytes(4, byteorder)
        values = tuple(
            None if element is None else element.data for element in (found.ids.get(mac), found.up.get(up), found.down.get(mark))
        )
        if values == (mark, class_id, class_id):
            macs.add(mac)
            ups.add(up)
            marks.add(mark)
        else:
            broken.append(held)
    stray = [
        *_deletions(zone, "ids", set(found.ids) - macs),
        *_deletions(zone, "up", set(found.up) - ups),
        *_deletions(zone, "down", set(found.down) - marks),
    ]
    return ElementDrift(tuple(broken), tuple(stray))


class TreeDrift(Struct, frozen=True):
    """How an interface's HTB tree differs from what it should be."""

    whole: bool
    """No tree of ours at all: make it from the root."""
    missing: tuple[Class, ...]
    """Parents first."""
    altered: tuple[Class, ...]
    """There, with other rates."""


class FoundClass(Struct, frozen=True):
    """One HTB class as the kernel has it."""

    minor: int
    parent: int
    rate: int
    """byte/s as HTB counts."""
    ceil: int
    has_leaf: bool
    """Whether our kind of leaf qdisc is below it."""


def tree_drift(wanted: Mapping[int, Class], found: Mapping[int, FoundClass] | None, wire: Mapping[int, tuple[int, int]]) -> TreeDrift:
    """``found`` None: the root qdisc is not ours. ``wire``: minor -> (rate, ceil) as HTB counts, of every wanted class. Classes of slots
    that nobody wants stay: they cost nothing and a grant may be using one."""
    ordered = sorted(wanted.values(), key=lambda each: (each.parent != 0, each.minor))
    if found is None:
        return TreeDrift(True, tuple(ordered), ())
    missing = tuple(each for each in ordered if each.minor not in found or (each.leaf and not found[each.minor].has_leaf))
    gone = {each.minor for each in missing}
    altered = tuple(
        each for each in ordered if each.minor not in gone and (found[each.minor].rate, found[each.minor].ceil) != wire[each.minor]
    )
    return TreeDrift(False, missing, altered)
