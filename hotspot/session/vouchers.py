"""Vouchers: what a batch of codes gives, and what each code is still good for.

Rule 1: a code's time begins with its first use and is counted as a session's time is (``hotspot.session.sessions``, rule 1): a wall clock
that is set back does not make it longer. Rule 2: devices are pseudonyms under the hall's key, and are forgotten when the code is over, with
the moments that a session could be found by. Rule 3: what a wall clock of the machine's first hour says destroys nothing.
"""

import hmac
from hashlib import sha256

import msgspec
from msgspec import Struct

from hotspot.session.plans import Plan
from hotspot.session.sessions import CLOCK_SLACK, Now, Session, bytes_used, seconds_used
from hotspot.session.states import Extended, move

LEAST = 1.0
"""Seconds; a code that is good for less is over (``hotspot.session.limits.LEAST``)."""
LEAST_BYTES = 100_000
"""Bytes; less than this of the volume is not worth a session (as ``hotspot.session.allowance``)."""
WRITTEN = 3_600.0
"""Seconds after which ``Ticket.left`` is written anew: what a wall clock that wakes up in the past can give away at most."""
SURE = 3_600.0
"""Seconds after the machine's start from which on its wall clock is believed when it says that something is over for good."""
HOUR, DAY = 3_600.0, 86_400.0
KEPT = 90 * DAY
"""Seconds for which a batch stays on record after its last code can be over."""

# Batches and tickets -----------------------------------------------------------------------------------------------------------------


class Batch(Struct, frozen=True, kw_only=True):
    """Codes that were made together. Moments are of the wall clock, seconds since 1970."""

    number: int
    key: str
    """32 hex digits, secret: whoever has it has the codes."""
    plan: str
    count: int
    """Codes, 1 to ``voucher_codes.MOST_CODES``."""
    devices: int
    """Devices that one code lets in."""
    valid: float
    """Seconds from a code's first use until it is over; no session on it ends later."""
    not_before: float | None = None
    not_after: float | None = None
    """From then on codes that were never used are void; None: they never become so."""
    note: str
    """What staff wrote: for whom, for what."""
    created_at: float
    created_by: str
    created_uid: int | None = None
    withdrawn_at: float | None = None
    withdrawn_by: str = ""
    withdrawn_uid: int | None = None


class Place(Struct, frozen=True):
    """Which code: its batch and its index therein."""

    batch: int
    index: int

    @property
    def text(self) -> str:
        """As a session names it: ``3.17``. It is not the code."""
        return f"{self.batch}.{self.index}"


def parse_place(text: str) -> Place | None:
    """``Place.text`` read back; None for anything else, such as a session without a code."""
    batch, dot, index = text.partition(".")
    return Place(int(batch), int(index)) if dot and batch.isdecimal() and index.isdecimal() else None


class Ticket(Struct, frozen=True, kw_only=True):
    """What is known of one code: nothing before its first use. ``ends_*`` as in a session."""

    batch: int
    index: int
    first_at: float | None = None
    """Wall clock of the first use, to the hour, and to the day when the code is over; None: not used yet."""
    boot_id: str = ""
    ends_boottime: float = 0.0
    ends_at: float = 0.0
    left: float = 0.0
    """Seconds that were left when this was last written: a later boot cannot make more of it, however its wall clock is set."""
    devices: dict[str, int] = {}
    """Pseudonym of each device -> bytes that its ended sessions have used of the plan's volume."""
    withdrawn_at: float | None = None
    withdrawn_by: str = ""
    withdrawn_uid: int | None = None

    @property
    def place(self) -> Place:
        """Which code it is."""
        return Place(self.batch, self.index)


def device_name(hall_key: bytes, batch: Batch, index: int, mac: str) -> str:
    """The pseudonym of a device on one code: another one on every code, so that nothing links them."""
    return hmac.new(hall_key + bytes.fromhex(batch.key), f"voucher\0{index}\0{mac}".encode(), sha256).hexdigest()[:32]


def valid_left(ticket: Ticket, batch: Batch, now: Now) -> float:
    """Seconds until the code is over; all of them before its first use."""
    if ticket.first_at is None:
        return batch.valid
    if ticket.boot_id == now.boot_id:
        return max(0.0, ticket.ends_boottime - now.boottime)
    return max(0.0, min(ticket.ends_at - now.unix, ticket.left))


def is_over(ticket: Ticket, batch: Batch, now: Now) -> bool:
    """True when no session can begin on it any more, because its time or its batch's is over, or because it was withdrawn."""
    if is_withdrawn(ticket, batch):
        return True
    if ticket.first_at is None:
        return batch.not_after is not None and now.unix >= batch.not_after
    return valid_left(ticket, batch, now) < LEAST


def is_withdrawn(ticket: Ticket, batch: Batch) -> bool:
    """True when staff have withdrawn it, or its batch."""
    return batch.withdrawn_at is not None or ticket.withdrawn_at is not None


def is_closed(ticket: Ticket) -> bool:
    """True when nothing is left to be done about it, whatever the clocks will say: it is over and has forgotten who used it."""
    return ticket.left == 0.0 and not ticket.boot_id and not ticket.devices


def settle(ticket: Ticket, batch: Batch, now: Now) -> Ticket:
    """The ticket as it goes on in this boot and with the wall clock as it is set now; one that is over is so for good, without devices and
    moments. The same value when nothing changed."""
    if ticket.first_at is None or is_closed(ticket):
        return ticket
    left = valid_left(ticket, batch, now)
    if is_withdrawn(ticket, batch) or ticket.left == 0.0:
        return _closed(ticket, ticket.first_at)
    if left < LEAST:
        by_wall_clock = ticket.boot_id != now.boot_id
        return ticket if by_wall_clock and now.boottime < SURE else _closed(ticket, ticket.first_at)
    if ticket.boot_id == now.boot_id and abs(now.unix + left - ticket.ends_at) <= CLOCK_SLACK and ticket.left - left < WRITTEN:
        return ticket
    return msgspec.structs.replace(ticket, boot_id=now.boot_id, ends_boottime=now.boottime + left, ends_at=now.unix + left, left=left)


def _closed(ticket: Ticket, first_at: float) -> Ticket:
    """Over for good. Its moments would lead to the session that began with it."""
    return msgspec.structs.replace(
        ticket, first_at=first_at - first_at % DAY, boot_id="", ends_boottime=0.0, ends_at=0.0, left=0.0, devices={}
    )


def forgotten_at(batch: Batch) -> float | None:
    """Wall clock from which on a batch is no longer kept; None: as long as its codes may be used."""
    last = batch.withdrawn_at
    if last is None and batch.not_after is not None:
        last = batch.not_after + batch.valid
    return None if last is None else last + KEPT


# Use ---------------------------------------------------------------------------------------------------------------------------------


def refusal(ticket: Ticket, batch: Batch, plan: Plan, device: str, now: Now) -> str:
    """Why ``device`` may not begin a session with the code now; "" when it may.

    ``withdrawn`` | ``early`` | ``over`` | ``devices`` | ``volume``.
    """
    if is_withdrawn(ticket, batch):
        return "withdrawn"
    if batch.not_before is not None and now.unix < batch.not_before:
        return "early"
    if is_over(ticket, batch, now):
        return "over"
    if device not in ticket.devices and len(ticket.devices) >= batch.devices:
        return "devices"
    if plan.ends_at_volume is not None and plan.ends_at_volume - ticket.devices.get(device, 0) < min(LEAST_BYTES, plan.ends_at_volume):
        return "volume"
    return ""


def used(ticket: Ticket, batch: Batch, device: str, now: Now) -> Ticket:
    """The ticket when a device has used it: from the first use on its time runs."""
    if ticket.first_at is None:
        ticket = msgspec.structs.replace(
            ticket,
            first_at=now.unix - now.unix % HOUR,
            boot_id=now.boot_id,
            ends_boottime=now.boottime + batch.valid,
            ends_at=now.unix + batch.valid,
            left=batch.valid,
        )
    return msgspec.structs.replace(ticket, devices={**ticket.devices, device: ticket.devices.get(device, 0)})


def spent(ticket: Ticket, device: str, session: Session) -> Ticket:
    """The ticket when a session on it has ended; entering it twice changes nothing. A device that was forgotten stays so."""
    total = bytes_used(session) - session.volume_base
    if total <= ticket.devices.get(device, total):
        return ticket
    return msgspec.structs.replace(ticket, devices={**ticket.devices, device: total})


def switch(session: Session, plan: Plan, place: Place, earlier: int, terms_version: str, now: Now) -> Session:
    """A session in progress that goes on with a code: on its plan, with that plan's whole time from now on. ``earlier``: bytes that this
    device has used of the code before. Raises ``IllegalMove`` when the session has ended."""
    base = bytes_used(session) - earlier
    return msgspec.structs.replace(
        session,
        state=move(session.state, Extended()),
        plan=plan.name,
        voucher=place.text,
        terms_version=terms_version,
        seconds=seconds_used(session, now) + plan.seconds,
        boot_id=now.boot_id,
        ends_boottime=now.boottime + plan.seconds,
        ends_at=now.unix + plan.seconds,
        volume=None if plan.ends_at_volume is None else plan.ends_at_volume + base,
        slow_after=None if plan.slows_at_volume is None else plan.slows_at_volume + base,
        volume_base=base,
        idle=plan.idle,
        extended=0,
        by_staff=False,
        day_seconds=seconds_used(session, now),
        day_bytes=bytes_used(session),
        day_volume=None,
    )
