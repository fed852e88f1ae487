"""Who is allowed: the grants in force, their slots and generations. Pure; the clock comes in as ``now`` (seconds of CLOCK_BOOTTIME).

Rule 1: a client has at most one grant in a zone. Rule 2: a slot belongs to at most one grant. Rule 3: a mark (generation and slot) is never
given twice while a connection of its former client can be alive: generations count all grants and come round only after 65,535 of them.
"""

import re
from collections.abc import Iterator, Mapping
from sys import byteorder

from msgspec import Struct

from firewall.addresses import mac_bytes, mac_text
from firewall.api import Grant, Rates
from firewall.elements import Change, Element
from firewall.settings import Zone
from firewall.shaper import MAJOR, Slots

BACKSTOP_SECONDS = 2.0
"""The kernel ends a session by itself so much later than the daemon does, so that the daemon, if alive, reads the counters first."""
BACKSTOP_BYTES = 2_000_000
"""Likewise for the volume: above what the daemon's readings can overshoot at 100 Mbit/s."""
GENERATIONS = 65_535


class Rejected(ValueError):
    """The request cannot be carried out, by the caller's fault: becomes ``api.Refused``."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code, self.field, self.message = code, field, message


class Held(Struct, frozen=True):
    """A grant in force."""

    grant: Grant
    slot: int
    generation: int
    ends: float
    """CLOCK_BOOTTIME seconds at which the session ends."""

    @property
    def client(self) -> bytes:
        """Key of the grant's ``ids`` and ``up`` elements."""
        return mac_bytes(self.grant.mac)

    @property
    def mark(self) -> int:
        """Conntrack mark of every connection of this grant."""
        return self.generation << 16 | self.slot

    @property
    def class_id(self) -> int:
        """HTB class of this grant, on both interfaces."""
        return MAJOR << 16 | self.slot

    def seconds_left(self, now: float) -> float:
        """Until the session ends, at least 0."""
        return max(0.0, self.ends - now)


def mark_key(held: Held) -> bytes:
    """Key of the grant's ``down`` element."""
    return held.mark.to_bytes(4, byteorder)


def up_key(held: Held) -> bytes:
    """Key of the grant's ``up`` element: MAC, padded to a multiple of four bytes, and mark."""
    return held.client + b"\0\0" + mark_key(held)


def table_of(zone: str) -> str:
    """Name of the zone's nftables table."""
    return f"hotspot_{zone}"


class Grants:
    """The grants in force, by session, by client and by slot."""

    def __init__(self, zones: Mapping[str, Zone], slots: Slots, first_generation: int) -> None:
        self._zones = zones
        self._slots = slots
        self._generation = first_generation % GENERATIONS
        self._held: dict[str, Held] = {}
        self._session_of: dict[tuple[str, str], str] = {}
        self._count: dict[str, int] = dict.fromkeys(zones, 0)
        self._by_key: dict[bytes, tuple[Held, bytes]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Held]:
        return iter(list(self._held.values()))

    def get(self, session: str) -> Held | None:
        """The grant of a session, if it is in force."""
        return self._held.get(session)

    def of_client(self, zone: str, mac: str) -> Held | None:
        """The grant of a client in a zone, if one is in force."""
        session = self._session_of.get((zone, mac))
        return self._held[session] if session is not None else None

    def of_mark(self, key: bytes) -> tuple[Held, bytes] | None:
        """The grant whose ``down`` element has this key, and the key of its ``up`` element."""
        return self._by_key.get(key)

    def count(self, zone: str) -> int:
        """Grants in force in a zone."""
        return self._count[zone]

    def check(self, grant: Grant) -> None:
        """Raise ``Rejected`` when the settings do not allow such a grant."""
        zone = self._zones.get(grant.zone)
        if zone is None:
            raise Rejected("bad_request", "grant.zone", f"cannot allow in zone {grant.zone!r}: expected one of {', '.join(self._zones)}")
        most = zone.ceilings
        self.check_rates(grant.zone, grant.rates, "grant.rates")
        _within("grant.seconds", grant.seconds, most.seconds, grant.zone)
        _within("grant.volume", grant.volume, most.volume, grant.zone)
        used = grant.bytes_up + grant.bytes_down
        if grant.volume is not None and used >= grant.volume:
            raise Rejected("bad_request", "grant.volume", f"cannot allow volume {grant.volume}: {used} bytes are used already")

    def check_rates(self, zone: str, rates: Rates, field: str = "rates") -> None:
        """Raise ``Rejected`` when the zone's settings do not allow such rates."""
        most = self._zones[zone].ceilings
        _within(f"{field}.ceil_down", rates.ceil_down, most.rate_down, zone)
        _within(f"{field}.ceil_up", rates.ceil_up, most.rate_up, zone)

    def admit(self, grant: Grant, now: float) -> Held:
        """Take a slot and a generation for a new grant. The caller opens the kernel next, or calls ``drop`` if that fails."""
        self.check(grant)
        if (standing := self.of_client(grant.zone, grant.mac)) is not None:
            raise Rejected(
                "conflict", "grant.mac", f"cannot allow: the client is online in zone {grant.zone} with session {standing.grant.session}"
            )
        if grant.session in self._held:
            raise Rejected("conflict", "grant.session", f"cannot allow session {grant.session}: it is in force for another client")
        if self._count[grant.zone] >= self._zones[grant.zone].max_clients:
            raise Rejected(
                "full", "grant.zone", f"cannot allow more than {self._zones[grant.zone].max_clients} clients in zone {grant.zone}"
            )
        return self._hold(grant, self._slots.take(grant.zone, grant.rates), now)

    def exchange(self, grant: Grant, now: float) -> tuple[Held, Held]:
        """New terms for a session in force: (grant as it was, grant as it shall be). Slot and mark stay, also with other rates: a
        connection that lost its mark would lose its masquerading too, and the gateway would reset it."""
        self.check(grant)
        old = self._held.get(grant.session)
        if old is None:
            raise Rejected("unknown", "grant.session", f"cannot replace session {grant.session}: it is not in force")
        if (old.grant.zone, old.grant.mac) != (grant.zone, grant.mac):
            raise Rejected("conflict", "grant.mac", f"cannot replace session {grant.session}: it belongs to another client")
        if grant.rates != old.grant.rates:
            self._slots.change(old.slot, grant.rates)
        new = Held(grant, old.slot, old.generation, now + grant.seconds)
        self._put(new)
        return old, new

    def restore(self, held: Held) -> None:
        """Put back a grant: one that the kernel holds already (after a restart), or one whose exchange failed."""
        self._slots.claim(held.grant.zone, held.slot, held.grant.rates)
        if held.grant.session not in self._held:
            self._count[held.grant.zone] += 1
        self._put(held)

    def _put(self, held: Held) -> None:
        if (before := self._held.get(held.grant.session)) is not None:
            self._by_key.pop(mark_key(before), None)
        self._held[held.grant.session] = held
        self._session_of[held.grant.zone, held.grant.mac] = held.grant.session
        self._by_key[mark_key(held)] = held, up_key(held)

    def drop(self, session: str) -> Held | None:
        """Forget a grant; its slot is free again."""
        held = self._held.pop(session, None)
        if held is not None:
            del self._session_of[held.grant.zone, held.grant.mac]
            self._by_key.pop(mark_key(held), None)
            self._count[held.grant.zone] -= 1
            self._slots.release(held.slot)
        return held

    def _hold(self, grant: Grant, slot: int, now: float) -> Held:
        held = Held(grant, slot, self._next_generation(), now + grant.seconds)
        self._put(held)
        self._count[grant.zone] += 1
        return held

    def _next_generation(self) -> int:
        self._generation = self._generation % GENERATIONS + 1
        return self._generation


def _within(field: str, value: float | None, ceiling: float | None, zone: str) -> None:
    if ceiling is not None and (value is None or value > ceiling):
        shown = "no limit" if value is None else f"{value:g}"
        what = field.removeprefix("grant.")
        raise Rejected("ceiling", field, f"cannot allow {what} {shown}: the settings of zone {zone} end at {ceiling:g}")


# A grant as elements, and back ------------------------------------------------------------------------------------------------------


def opening(held: Held, now: float, bytes_up: int, bytes_down: int, packets: tuple[int, int] = (0, 0)) -> tuple[Change, ...]:
    """The three elements of a grant, with counters that start at the given bytes."""
    grant, table = held.grant, table_of(held.grant.zone)
    mac, mark = held.client, mark_key(held)
    class_id = held.class_id.to_bytes(4, byteorder)
    timeout = max(1, round((held.seconds_left(now) + BACKSTOP_SECONDS) * 1000))

    def quota(other: int) -> int | None:
        return None if grant.volume is None else max(1, grant.volume - other + BACKSTOP_BYTES)

    return (
        Change(table, "up", (Element(up_key(held), class_id, timeout, packets[0], bytes_up, quota(bytes_down)),)),
        Change(table, "down", (Element(mark, class_id, timeout, packets[1], bytes_down, quota(bytes_up)),)),
        Change(table, "ids", (Element(mac, mark, timeout, comment=comment_of(grant), counted=False),)),
    )


def closing(held: Held) -> tuple[Change, ...]:
    """The deletion of the three elements of a grant."""
    table, mac, mark = table_of(held.grant.zone), held.client, mark_key(held)
    return (
        Change(table, "ids", (Element(mac),), delete=True),
        Change(table, "up", (Element(up_key(held)),), delete=True),
        Change(table, "down", (Element(mark),), delete=True),
    )


def comment_of(grant: Grant) -> str:
    """What the kernel keeps for us in the comment of the ``ids`` element; a person sees it in ``nft list``."""
    volume = "-" if grant.volume is None else str(grant.volume)
    idle = "-" if grant.idle is None else f"{grant.idle:g}"
    rates = grant.rates
    return (
        f"{grant.session} {grant.plan} volume {volume} idle {idle} "
        f"down {rates.rate_down}-{rates.ceil_down} up {rates.rate_up}-{rates.ceil_up}"
    )


_COMMENT = re.compile(
    r"([0-9a-f]{16}) ([a-z0-9][a-z0-9_-]{0,31}) volume (-|\d{1,19}) idle (-|[0-9.e+]{1,20}) "
    r"down (\d{1,12})-(\d{1,12}) up (\d{1,12})-(\d{1,12})"
)


def from_elements(zone: str, ids: Element, now: float) -> Held | None:
    """The grant that an ``ids`` element stands for; None if it is not one of ours (its comment was not written here)."""
    match = _COMMENT.fullmatch(ids.comment)
    if match is None or len(ids.key) != 6 or len(ids.data) != 4:
        return None
    session, plan, volume, idle, *rates = match.groups()
    mark = int.from_bytes(ids.data, byteorder)
    seconds = max(0.0, ids.expires_ms / 1000 - BACKSTOP_SECONDS)
    grant = Grant(
        zone=zone,
        mac=mac_text(ids.key),
        session=session,
        plan=plan,
        rates=Rates(*map(int, rates)),
        seconds=seconds,
        volume=None if volume == "-" else int(volume),
        idle=None if idle == "-" else float(idle),
    )
    return Held(grant, mark & 0xFFFF, mark >> 16, now + seconds)
