"""Keeps the kernel as it should be: adopts what is there at the start, and puts right what somebody else has changed.

Both are the same work: look, compare, change only the difference. Order: classes, then the guard, then the zones' tables, then elements.
"""

import asyncio
import errno
from collections.abc import Callable
from contextlib import AbstractContextManager

import structlog

from firewall import ruleset, shaper
from firewall.binding import blocked_text, lease_of, leased_changes
from firewall.classes import SOON
from firewall.elements import Change, Element
from firewall.grants import opening, table_of
from firewall.kernel import Kernel
from firewall.kernel import nft as nft_program
from firewall.kernel.netlink import KernelRefused
from firewall.kernel.tc import wire
from firewall.metering import Meter
from firewall.reconcile import ZoneElements, adopt, element_drift, tree_drift
from firewall.state import State

log = structlog.get_logger("firewall.keeper")


class Keeper:
    """The kernel against what is wanted."""

    def __init__(self, state: State, kernel: Kernel, clock: Callable[[], float], held: Callable[[], AbstractContextManager[None]]) -> None:
        self._state = state
        self._held = held
        self._kernel = kernel
        self._clock = clock
        self.lock = asyncio.Lock()
        """Held by whoever changes trees, tables or many elements."""

    async def start(self) -> None:
        """Adopt what the kernel holds; make what it lacks. Raises ``KernelRefused`` or ``RulesetRefused``."""
        async with self.lock:
            self._look_at_links()
            for interface in self._interfaces():
                self._mend_tree(interface, starting=True)
            await self._mend_tables(starting=True)
            for zone in self._state.settings.zones:
                self._adopt(zone)
            for interface in self._interfaces():
                self._mend_tree(interface, starting=True)
            self._state.ready = True

    async def check(self) -> None:
        """Look at everything and put right what differs. What cannot be put right now (an interface is gone, the kernel refuses) is logged,
        and ``state.ready`` says so."""
        async with self.lock:
            try:
                self._look_at_links()
                for interface in self._interfaces():
                    self._mend_tree(interface)
                await self._mend_tables()
                for zone in self._state.settings.zones:
                    self._mend_elements(zone)
            except (OSError, nft_program.RulesetRefused) as refused:  # the kernel, nft, or no room below /run
                self._state.ready = False
                log.error("kernel_differs", why=str(refused))
            else:
                self._state.ready = True

    # Links and trees ----------------------------------------------------------------------------------------------------------------

    def _interfaces(self) -> list[str]:
        zones = self._state.settings.zones.values()
        return list(dict.fromkeys([*(zone.lan for zone in zones), *(zone.wan for zone in zones)]))

    def _look_at_links(self) -> None:
        found = {link.name: link for link in self._kernel.neighbours.links()}
        for name in self._interfaces():
            before, now = self._state.links.get(name), found.get(name)
            if before is not None and (now is None or now.index != before.index):
                self._state.presence.forget_interface(before.index)
                self._state.classes.pop(name, None)
                self._state.drift["link"] += 1
                log.warning("link_gone", interface=name)
            if now is not None and (before is None or before.index != now.index):
                log.info("link_there", interface=name, up=now.up)
                clock = self._clock()
                for neighbour in self._kernel.neighbours.all():
                    if neighbour.interface == now.index:
                        self._state.presence.take(neighbour, clock)
        self._state.links = {name: found[name] for name in self._interfaces() if name in found}

    def _mend_tree(self, interface: str, starting: bool = False) -> None:
        state, tc, link = self._state, self._kernel.tc, self._state.links.get(interface)
        if link is None:
            return
        used = {held.slot: state.slots.made[held.slot] for held in state.grants}
        # Spare classes count as wanted once they were made here; a fresh start makes them anew on demand.
        spare = {slot: made for slot, made in state.slots.made.items() if slot in state.classes.get(interface, {})}
        slots = spare | used
        tree = shaper.trees(state.settings.zones, slots)[interface]
        found = tc.read(link.index)
        if found is not None and starting:
            tc.leaf = tc.known_leaf(link.index) or tc.leaf
            found = tc.read(link.index)
        drift = tree_drift(tree, found, wire(tree))
        if drift.whole:
            log.info(
                "tree_made" if starting else "tree_restored",
                interface=interface,
                classes=len(tree),
                as_if=f"tc qdisc replace dev {interface} root htb",
            )
            tc.make_root(link.index)
            log.info("leaf", interface=interface, qdisc=tc.find_leaf(link.index))
        frame = [each for each in drift.missing if each.minor not in slots]
        few = [each for each in drift.missing if each.minor in slots]
        waiting: dict[int, None] = {}
        if len(few) * len(tree) > SOON:  # their clients are online meanwhile, through the class BOARDING
            waiting = {each.minor: None for each in few if each.minor in used}
            few = []
        if frame or few:
            tc.make(link.index, [*frame, *few])
        if drift.altered:
            tc.change(link.index, drift.altered)
        filtered = tc.filter_is_right(link.index)
        if not filtered:
            tc.make_filter(link.index)
        if not starting and (drift.whole or drift.missing or drift.altered or not filtered):
            state.drift["qdisc" if drift.whole else "class" if filtered else "filter"] += 1
            log.warning(
                "drift_mended", what="tree", interface=interface, whole=drift.whole, missing=len(drift.missing), altered=len(drift.altered)
            )
        missing = {each.minor for each in drift.missing} - {each.minor for each in few}
        state.boarding[interface] = waiting
        state.classes[interface] = {slot: made for slot, made in slots.items() if slot in tree and slot not in missing}

    # Tables -------------------------------------------------------------------------------------------------------------------------

    def _texts(self) -> list[tuple[str, str]]:
        zones = self._state.settings.zones
        return [
            (ruleset.GUARD_TABLE, ruleset.guard(zones, self._state.settings.line_ports)),
            *((table_of(name), ruleset.zone_table(zones, name)) for name in zones),
        ]

    async def _mend_tables(self, starting: bool = False) -> None:
        for table, text in self._texts():
            name, listings = ruleset.fingerprint(text), self._kernel.listings
            remembered = listings.remembered(table, name)
            with self._held():
                listed = await asyncio.to_thread(nft_program.listing, table, ruleset.families(text))
            if listed is not None and listed == remembered:
                continue
            if not starting:
                self._state.drift["ruleset"] += 1
            log.log(20 if starting else 30, "table_loaded", table=table, was_there=listed is not None, as_if="nft -f -")
            with self._held():
                listed = await asyncio.to_thread(_renew, table, text, listed, remembered)
            listings.remember(table, name, listed)
            await self._restore_blocked(table)

    async def _restore_blocked(self, table: str) -> None:
        """A table that was loaded anew has no block list; one that kept its sets gets the same again."""
        for zone, blocked in self._state.blocked.items():
            if table_of(zone) == table:
                places = [left for each in blocked if (left := each.left(self._clock())) is not None]
                await asyncio.to_thread(nft_program.load, blocked_text(table, places))

    # Elements -----------------------------------------------------------------------------------------------------------------------

    def _read(self, zone: str) -> ZoneElements:
        table = table_of(zone)
        ids, up, down = (self._kernel.elements.read(table, name) for name in ("ids", "up", "down"))
        return ZoneElements(ids, up, down)

    def _mend_leased(self, zone: str) -> bool:
        """Bring ``leased4`` to the leases; True if it differed."""
        leases = self._state.leases.get(zone)
        if leases is None:
            return False
        changes: list[Change] = []
        for whole in leased_changes(zone, list(leases), delete=False):
            wanted = {element.key: element for element in whole.elements}
            found = self._kernel.elements.read(whole.table, whole.map, whole.family)
            gone = tuple(Element(key) for key in sorted(found.keys() - wanted.keys()))
            new = tuple(wanted[key] for key in sorted(wanted.keys() - found.keys()))
            changes += [whole._replace(elements=gone, delete=True)] if gone else []
            changes += [whole._replace(elements=new)] if new else []
        if changes:
            self._kernel.elements.apply(changes)
        return bool(changes)

    def settle_leases(self) -> None:
        """After the first look at the leases: what the daemon before left in the sets goes, and is no drift. Raises ``KernelRefused``."""
        for zone in self._state.settings.zones:
            self._mend_leased(zone)

    def _adopt(self, zone: str) -> None:
        now, state = self._clock(), self._state
        adopted = adopt(zone, self._read(zone), now)
        self._delete(adopted.stray)
        for held, up, down in adopted.grants:
            state.grants.restore(held)
            heard = max(state.presence.heard(state.lan_index(zone), held.grant.mac), now)
            meter = Meter(up.byte_count, down.byte_count, packets=(up.packets, down.packets), changed=heard)
            state.meters[held.grant.session] = meter
        if (leases := state.leases.get(zone)) is not None:
            for key in self._kernel.elements.read(table_of(zone), "leased4"):
                lease = lease_of(key)
                if state.grants.of_client(zone, lease.mac) is not None:
                    leases.restore(lease)
        log.info("adopted", zone=zone, grants=len(adopted.grants), stray=sum(len(change.elements) for change in adopted.stray))

    def _mend_elements(self, zone: str) -> None:
        state, now = self._state, self._clock()
        wanted = [held for held in state.grants if held.grant.zone == zone and held.grant.session in state.meters]
        drift = element_drift(zone, wanted, self._read(zone))
        leased = self._mend_leased(zone)
        if not drift.broken and not drift.stray and not leased:
            return
        self._delete(drift.stray)
        changes: list[Change] = []
        for held in drift.broken:
            meter = state.meters[held.grant.session]
            changes += opening(held, now, meter.up, meter.down, meter.packets)
        if changes:
            self._kernel.elements.apply(_merged(changes))
            for held in drift.broken:
                meter = state.meters[held.grant.session]
                meter.exchanged(0, 0)
        state.drift["element"] += 1
        stray = sum(len(change.elements) for change in drift.stray)
        log.warning("drift_mended", what="elements", zone=zone, restored=len(drift.broken), removed=stray)

    def _delete(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            try:
                self._kernel.elements.apply([change])
            except KernelRefused as refused:
                if refused.errno != errno.ENOENT:  # it has timed out meanwhile
                    raise


def _merged(changes: list[Change]) -> list[Change]:
    """The same changes with the elements of one map in one message."""
    by_map: dict[tuple[str, str, bool], list[Change]] = {}
    for change in changes:
        by_map.setdefault((change.table, change.map, change.delete), []).append(change)
    return [
        Change(table, name, tuple(e for each in group for e in each.elements), delete) for (table, name, delete), group in by_map.items()
    ]


def _renew(table: str, text: str, listed: str | None, remembered: str | None) -> str:
    """Load a table so that its listing is what it should be; its maps stay if they can. Returns the new listing."""
    if listed is not None:
        try:
            nft_program.load(ruleset.rules_replaced(table, text, listed))
        except nft_program.RulesetRefused as refused:
            log.info("table_replaced", table=table, why=str(refused).splitlines()[0])
        else:
            renewed = nft_program.listing(table, ruleset.families(text))
            # With nothing to compare with (first start after an update), chains and rules are the text's; maps that it does not know stay.
            if renewed is not None and (remembered is None or renewed == remembered):
                return renewed
    nft_program.load(ruleset.replaced(table, text))
    renewed = nft_program.listing(table, ruleset.families(text))
    if renewed is None:
        raise nft_program.RulesetRefused(f"cannot find table {table} after loading it")
    return renewed
