"""A look at the kernel as it is against what the settings want; it changes nothing. For ``hotspot doctor``, which may not speak netlink.

No client is named: grants are counted.
"""

import errno
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from msgspec import Struct

from firewall import ruleset, shaper
from firewall.grants import table_of
from firewall.kernel import nft as nft_program
from firewall.kernel.neighbours import Link, Neighbours
from firewall.kernel.netlink import NETLINK_NETFILTER, NETLINK_ROUTE, KernelRefused, Netlink
from firewall.kernel.nft import Elements, Listings
from firewall.kernel.tc import TrafficControl, wire
from firewall.reconcile import ZoneElements, adopt, tree_drift
from firewall.settings import Settings

RIGHT, MISSING, CHANGED, UNKNOWN = "right", "missing", "changed", "unknown"
"""Of a table: as it was loaded for these settings; not there; not as it was loaded; nobody knows what was loaded for these settings."""


class ZoneSeen(Struct, frozen=True):
    """A zone in the kernel."""

    table: str
    """``right`` | ``missing`` | ``changed`` | ``unknown``."""
    grants: int = 0
    """Clients that the kernel lets through."""
    stray: int = 0
    """Elements that belong to no whole grant."""
    classless: int = 0
    """Grants without an HTB class of their own on one of the interfaces."""


class InterfaceSeen(Struct, frozen=True):
    """An interface in the kernel."""

    there: bool = False
    up: bool = False
    tree: bool = False
    """The root qdisc is our HTB."""
    leaf: str = ""
    """Kind of the leaf qdiscs."""
    missing: tuple[str, ...] = ()
    """Classes, as ``1:10``, or whose leaf is missing."""
    altered: tuple[str, ...] = ()
    """Classes with other rates than wanted."""
    filter: bool = False


class Inspected(Struct, frozen=True):
    """All of it."""

    version: str
    settings: Settings
    guard: str
    zones: dict[str, ZoneSeen]
    interfaces: dict[str, InterfaceSeen]


TRIES = 5
"""Looks at most: the kernel says when something changed under a look."""


def inspect(settings: Settings, now: float) -> Inspected:
    """Look at the namespace that the process is in; ``now``: CLOCK_BOOTTIME. Raises ``KernelRefused``, ``RulesetRefused`` and
    ``PermissionError``."""
    for attempt in range(TRIES):
        try:
            return _once(settings, now)
        except KernelRefused as refused:
            if refused.errno != errno.EINTR or attempt == TRIES - 1:
                raise
    raise AssertionError("not reached")


def _once(settings: Settings, now: float) -> Inspected:
    with ExitStack() as stack:
        elements = Elements(stack.enter_context(Netlink(NETLINK_NETFILTER)))
        route, shaping = (stack.enter_context(Netlink(NETLINK_ROUTE)) for _ in range(2))
        links = {link.name: link for link in Neighbours(route).links()}
        tc, zones = TrafficControl(shaping), settings.zones
        listings = Listings(Path(settings.runtime_dir))
        classes: dict[str, set[int]] = {}
        names = dict.fromkeys(name for zone in zones.values() for name in (zone.lan, zone.wan))
        interfaces = {name: _interface(tc, links.get(name), name, settings, classes) for name in names}
        return Inspected(
            version=_version(),
            settings=settings,
            guard=_table(listings, ruleset.GUARD_TABLE, ruleset.guard(zones, settings.line_ports)),
            zones={name: _zone(elements, listings, settings, name, now, classes) for name in zones},
            interfaces=interfaces,
        )


def _table(listings: Listings, table: str, text: str) -> str:
    listed = nft_program.listing(table, ruleset.families(text))
    if listed is None:
        return MISSING
    remembered = listings.remembered(table, ruleset.fingerprint(text))
    return UNKNOWN if remembered is None else RIGHT if listed == remembered else CHANGED


def _zone(elements: Elements, listings: Listings, settings: Settings, name: str, now: float, classes: dict[str, set[int]]) -> ZoneSeen:
    table, zone = table_of(name), settings.zones[name]
    seen = _table(listings, table, ruleset.zone_table(settings.zones, name))
    try:
        ids, up, down = (elements.read(table, which) for which in ("ids", "up", "down"))
    except KernelRefused as refused:
        if refused.errno != errno.ENOENT:
            raise
        return ZoneSeen(seen)
    adopted = adopt(name, ZoneElements(ids, up, down), now)
    stray = sum(len(change.elements) for change in adopted.stray)
    slots = {held.slot for held, _, _ in adopted.grants}
    classless = {slot for interface in (zone.lan, zone.wan) for slot in slots - classes.get(interface, set())}
    return ZoneSeen(seen, len(adopted.grants), stray, len(classless))


def _interface(tc: TrafficControl, link: Link | None, name: str, settings: Settings, classes: dict[str, set[int]]) -> InterfaceSeen:
    if link is None:
        return InterfaceSeen()
    leaf = tc.known_leaf(link.index) or ""
    tc.leaf = leaf
    tree, found = shaper.trees(settings.zones, {})[name], tc.read(link.index)
    drift = tree_drift(tree, found, wire(tree))
    classes[name] = set(found or ())
    return InterfaceSeen(
        there=True,
        up=link.up,
        tree=not drift.whole,
        leaf=leaf,
        missing=() if drift.whole else tuple(f"{shaper.MAJOR}:{each.minor:x}" for each in drift.missing),
        altered=tuple(f"{shaper.MAJOR}:{each.minor:x}" for each in drift.altered),
        filter=tc.filter_is_right(link.index),
    )


def _version() -> str:
    try:
        return version("hotspot")
    except PackageNotFoundError:
        return "unknown"  # run from its sources
