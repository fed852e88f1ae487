"""What staff may ask a running portal on this machine: one JSON object per line each way on a local unix socket.

Clients are named by their device code only; no MAC and no IP address crosses this socket. The command line imports this module and
nothing of the portal.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from hotspot import control_vouchers

MAX_LINE = 4_096
"""Bytes in one request."""
DEFAULT_SOCKET = "/run/hotspot-portal/control.sock"

Code = Annotated[str, Meta(max_length=32)]
"""As typed; ``hotspot.session.codes.parse_code`` forgives."""
Zone = Annotated[str, Meta(max_length=15)] | None
"""For a device that is known in several zones; None: where it was last."""
Reason = Annotated[str, Meta(max_length=200)]
Because = Annotated[str, Meta(pattern=r"\S", max_length=500)]
"""Why, for the record: never empty."""
Person = Annotated[str, Meta(pattern=r"\S", max_length=100)]
"""Who decides, as they say; the uid is written down beside it."""


class Status(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="status"):
    """How the portal is."""


class Sessions(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="sessions"):
    """The sessions in progress, with usage fresh from the kernel."""


class Kick(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="kick"):
    """End a session; the visitor may accept again."""

    code: Code
    zone: Zone = None


class Block(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="block"):
    """End the session, if any, and keep the device out."""

    code: Code
    reason: Reason = ""
    """Shown to the visitor."""
    seconds: Annotated[float, Meta(gt=0)] | None = None
    """From now; None: until it is lifted."""
    zone: Zone = None


class Unblock(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="unblock"):
    """Lift a block; the visitor may accept again."""

    code: Code
    zone: Zone = None


class Allow(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="allow"):
    """Let a device in without an acceptance; lifts a block. One that is online gets this plan and time from now on."""

    code: Code
    plan: str | None = None
    """None: the zone's first plan; of one that is online: the plan it has."""
    seconds: Annotated[float, Meta(ge=1, le=31_622_400)] | None = None
    """None: the plan's time."""
    zone: Zone = None


class Blocklist(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="blocklist"):
    """Which domains, networks and ports nobody reaches."""

    all: bool = False
    """Also what was removed and what is over."""


class BlocklistAdd(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="blocklist_add"):
    """Put an entry on the block list."""

    what: Annotated[str, Meta(max_length=300)]
    """A domain, an address, a network, or a service such as ``tcp/25``."""
    reason: Because
    case_number: Annotated[str, Meta(pattern=r"\S", max_length=100)]
    """*Aktenzeichen* of the decision."""
    by: Person
    service: Annotated[str, Meta(max_length=32)] | None = None
    """That port of an address or a network; None: everything."""
    seconds: Annotated[float, Meta(ge=1, le=3_200_000_000)] | None = None
    """From now; None: until it is removed."""
    zone: Zone = None
    """None: every zone."""


class BlocklistRemove(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="blocklist_remove"):
    """Lift an entry; its row stays."""

    number: int
    reason: Because
    by: Person


class Feedback(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="feedback"):
    """What visitors told the town; a page of it, the oldest first."""

    after: int = 0
    """The number of the last message of the page before."""
    all: bool = False
    """Also what was dealt with."""


class FeedbackShow(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="feedback_show"):
    """One message, whole."""

    number: int


class FeedbackDone(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="feedback_done"):
    """A message was dealt with."""

    number: int
    by: Person


class TermsAccepted(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="terms"):
    """Which terms were accepted; with version and language also the words."""

    version: Annotated[str, Meta(max_length=32)] = ""
    language: Annotated[str, Meta(max_length=32)] = ""


AnyRequest = (
    Status
    | Sessions
    | Kick
    | Block
    | Unblock
    | Allow
    | Blocklist
    | BlocklistAdd
    | BlocklistRemove
    | Feedback
    | FeedbackShow
    | FeedbackDone
    | TermsAccepted
    | control_vouchers.VoucherCreate
    | control_vouchers.VoucherList
    | control_vouchers.VoucherPrint
    | control_vouchers.VoucherWithdraw
)


class ZoneStatus(Struct, frozen=True):
    """One zone in ``StatusIs``."""

    zone: str
    online: int
    plans: tuple[str, ...]
    closed_until: float | None = None
    """Wall clock; None: open, or closed until further notice (then ``open`` is false)."""
    open: bool = True
    """By the opening hours of the zone and of the plans on offer: false while all of them are closed."""


class Alarm(Struct, frozen=True):
    """Something that the firewall noticed and staff should know."""

    kind: str
    """``clone``: another device uses the identity of this one."""
    zone: str
    code: str
    """Device code."""
    first: float
    """Wall clock, seconds since 1970."""
    last: float
    times: int


class HubStatus(Struct, frozen=True):
    """How it stands with the hub; moments are of the wall clock, seconds since 1970."""

    connected_since: float | None
    """None: the last try failed, or there was none yet."""
    away_since: float | None
    trouble: str
    """Why the last try failed."""
    policy: int
    """Serial of the policy in force; 0: none."""
    refused: int = 0
    """Serial of a policy that cannot be applied; 0: none."""
    error: str = ""
    """Why not."""
    backlog: int = 0
    """Reports that wait."""
    lost: int = 0
    """Reports that were given up."""
    closes: bool = False
    """Nobody new is let in, because the hub is away."""
    lost_at: float | None = None
    """When reports were last given up; None: never, or before this was kept."""


class LookStatus(Struct, frozen=True):
    """What the synthetic visitor, the doctor or the LAN guard found last."""

    by: str
    """``visit`` | ``doctor`` | ``guard``."""
    at: float
    """Wall clock, seconds since 1970."""
    old: bool = False
    """It should have looked since."""
    findings: tuple[tuple[str, str], ...] = ()
    """Severity and kind, the gravest first."""
    steps: int = 0
    """That were not skipped."""
    failed: int = 0
    """Of these."""
    visited: tuple[tuple[str, str], ...] = ()
    """Of a visit: zone, and what it says about visitors (``hotspot.looks.verdict.Outcome``)."""


class StatusIs(Struct, frozen=True, tag_field="type", tag="status"):
    """To ``Status``."""

    ok: bool
    """False when something is amiss; ``faults`` says what."""
    faults: tuple[str, ...]
    firewall: bool
    journal: bool
    internet: bool
    zones: tuple[ZoneStatus, ...]
    alarms: tuple[Alarm, ...] = ()
    """The newest last."""
    blocked: int = 0
    """Entries of the block list in force."""
    warnings: tuple[str, ...] = ()
    """What somebody should see to, though nothing is amiss."""
    hub: HubStatus | None = None
    """None: the hall has none."""
    looks: tuple[LookStatus, ...] = ()


class SessionRow(Struct, frozen=True):
    """One session in ``SessionsAre``."""

    code: str
    zone: str
    plan: str
    accepted_at: float
    """Wall clock, seconds since 1970."""
    seconds_left: int
    bytes_up: int
    bytes_down: int
    volume: int | None
    by_staff: bool
    """True when staff let the device in (or the session was rebuilt from the kernel): there is no acceptance."""


class SessionsAre(Struct, frozen=True, tag_field="type", tag="sessions"):
    """To ``Sessions``."""

    sessions: tuple[SessionRow, ...]


class BlocklistRow(Struct, frozen=True):
    """One entry of the block list; moments are of the wall clock, seconds since 1970."""

    number: int
    what: str
    """``casino.example``, ``198.51.100.0/24``, ``tcp/25``, or ``198.51.100.0/24 tcp/25``."""
    zone: str | None
    """None: every zone."""
    reason: str
    case_number: str
    added_at: float
    added_by: str
    added_uid: int | None
    until: float | None
    """None: until it is removed."""
    in_force: bool
    removed_at: float | None = None
    removed_by: str = ""
    removed_uid: int | None = None
    removed_reason: str = ""


class BlocklistIs(Struct, frozen=True, tag_field="type", tag="blocklist"):
    """To ``Blocklist``: by number."""

    entries: tuple[BlocklistRow, ...]


class BlocklistChanged(Struct, frozen=True, tag_field="type", tag="blocklist_changed"):
    """To ``BlocklistAdd`` and ``BlocklistRemove``: it is on record."""

    entry: BlocklistRow
    pending: str = ""
    """Why it has no effect yet; it will have one by itself."""


class Done(Struct, frozen=True, tag_field="type", tag="done"):
    """The order was carried out."""

    code: str
    """As shown on the visitor's page."""
    state: str
    """``captive`` | ``online`` | ``ended`` | ``blocked``: how the client stands now."""
    seconds_left: int | None = None


class Refused(Struct, frozen=True, tag_field="type", tag="refused"):
    """The order was not carried out."""

    code: str
    """``bad_request`` | ``unknown`` | ``ambiguous`` | ``state`` | ``journal`` | ``firewall`` | ``full``."""
    message: str


class FeedbackRow(Struct, frozen=True):
    """One message to the town; moments are of the wall clock, seconds since 1970."""

    number: int
    at: float
    zone: str
    kind: str
    """``idea`` | ``complaint`` | ``damage``."""
    language: str
    place: str
    text: str
    """Its beginning only in a list."""
    contact: str
    """How the visitor wants to be answered; "" when they do not."""
    fetched_at: float | None = None
    """By the hub."""
    done_at: float | None = None
    done_by: str = ""


class FeedbackIs(Struct, frozen=True, tag_field="type", tag="feedback"):
    """To ``Feedback``, ``FeedbackShow`` and ``FeedbackDone``."""

    messages: tuple[FeedbackRow, ...]
    more: bool = False
    """There are further ones after the last of these."""


class TermsRow(Struct, frozen=True):
    """One text of the terms; moments are of the wall clock, seconds since 1970."""

    version: str
    language: str
    """Of the text; "" when it was accepted before texts were kept."""
    digest: str
    since: float
    """Accepted for the first time."""
    acceptances: int
    in_force: bool
    text: str | None = None
    """Only in the answer to a request with version and language."""


class TermsAre(Struct, frozen=True, tag_field="type", tag="terms"):
    """To ``TermsAccepted``: the oldest first."""

    terms: tuple[TermsRow, ...]


AnyReply = (
    StatusIs
    | SessionsAre
    | Done
    | BlocklistIs
    | BlocklistChanged
    | FeedbackIs
    | TermsAre
    | control_vouchers.VouchersAre
    | control_vouchers.VoucherBatch
    | control_vouchers.VoucherWithdrawn
    | Refused
)

_requests: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)
_replies: msgspec.json.Decoder[AnyReply] = msgspec.json.Decoder(AnyReply)


def encode(message: AnyRequest | AnyReply) -> bytes:
    """Message -> one line, newline included."""
    return msgspec.json.encode(message) + b"\n"


def decode_request(line: bytes) -> AnyRequest:
    """One line -> request; raises ``msgspec.DecodeError`` (``ValidationError`` is one) whose text names the field."""
    return _requests.decode(line)


def decode_reply(line: bytes) -> AnyReply:
    """One line -> reply; raises as ``decode_request``."""
    return _replies.decode(line)
