"""THE CONTRACT between the portal (no privileges) and the firewall daemon: the only module that both import.

One JSON object per line each way on a unix stream socket. A request carries ``id``; the reply to it carries the same ``id``, so requests
may be pipelined; those that arrive together share one kernel transaction. ``Watch`` makes the connection also receive ``Ended`` and
``Alarm`` events, which carry no ``id``. A line longer than ``MAX_LINE`` or one that does not parse gets a ``Refused`` that names the field.

Durations are seconds as measured by a clock that never jumps; volumes are bytes at layer 3, IP headers included (RFC 8908); rates are
bit/s at layer 3. A session is named by ``session``, random hex digits that the portal chose; it survives restarts of both processes,
because the kernel keeps it in the comment of the grant's elements.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

MAX_LINE = 65_536
"""Bytes in one request line, newline included."""
MAX_REPLY_LINE = 32 * 2**20
"""Bytes in one reply line: usage of 16,000 sessions and as many ended ones are less."""

SessionId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
ZoneName = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,14}$")]
PlanName = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,31}$")]
Mac = Annotated[str, Meta(pattern="^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$")]
BitsPerSecond = Annotated[int, Meta(ge=8_000, le=100_000_000_000)]
Seconds = Annotated[float, Meta(ge=0, le=31_622_400)]
PositiveSeconds = Annotated[float, Meta(ge=1, le=31_622_400)]
Bytes = Annotated[int, Meta(ge=0, le=2**62)]


class Rates(Struct, frozen=True, forbid_unknown_fields=True):
    """What a plan means to the shaper, in bit/s at layer 3. ``rate`` is kept for the client when the zone is full, ``ceil`` is the speed
    that the plan names."""

    rate_down: BitsPerSecond
    ceil_down: BitsPerSecond
    rate_up: BitsPerSecond
    ceil_up: BitsPerSecond

    def __post_init__(self) -> None:
        for way in ("down", "up"):
            rate, ceil = getattr(self, f"rate_{way}"), getattr(self, f"ceil_{way}")
            if rate > ceil:
                raise ValueError(f"rate_{way} {rate} is above ceil_{way} {ceil}")


class Grant(Struct, frozen=True, forbid_unknown_fields=True):
    """The permission for one client: who, how fast, how long, how much."""

    zone: ZoneName
    mac: Mac
    session: SessionId
    plan: PlanName
    rates: Rates
    seconds: PositiveSeconds
    """From now until the session ends."""
    volume: Bytes | None = None
    """Bytes of the whole session, up and down together, at which it ends; what was used before counts."""
    idle: PositiveSeconds | None = None
    """Ends when nothing was heard of the client for so long."""
    bytes_up: Bytes = 0
    """Used before this grant (in the same session, before a reboot or another plan): the kernel's counters start here."""
    bytes_down: Bytes = 0


class Usage(Struct, frozen=True, gc=False):
    """What a session has used since its start. Counters only grow while the session lasts, over restarts of either process."""

    session: str
    zone: str
    plan: str
    mac: str
    bytes_up: int
    bytes_down: int
    seconds_left: float
    """Until the session ends, 0 when it has ended."""
    quiet: float
    """Seconds since the client was last heard of (traffic or a neighbour event)."""


# Requests: portal -> daemon ---------------------------------------------------------------------------------------------------------


class Request(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What every request has."""

    id: Annotated[int, Meta(ge=0, le=2**53)]


class Allow(Request, frozen=True, tag="allow"):
    """Open the kernel for a client. Again for the same session with the same terms: no change, same answer. A client that has another
    session: ``Refused`` with code ``conflict``."""

    grant: Grant


class Replace(Request, frozen=True, tag="replace"):
    """New terms (plan, time, volume, idle) for a session in progress; nothing is cut, counters go on from where they are
    (``bytes_up`` and ``bytes_down`` of the grant are ignored)."""

    grant: Grant


class Revoke(Request, frozen=True, tag="revoke"):
    """End a session now. Unknown session: ``Refused`` with code ``unknown``."""

    session: SessionId
    reason: Annotated[str, Meta(pattern="^[a-z_]{1,24}$")] = "revoked"


class Prepare(Request, frozen=True, tag="prepare"):
    """Make HTB classes ahead for a plan, so that ``spare`` clients with these rates can be allowed without touching tc."""

    zone: ZoneName
    rates: Rates
    spare: Annotated[int, Meta(ge=0, le=4_096)] = 64


class WhoIs(Request, frozen=True, tag="whois"):
    """Which client has this IP address on a guest interface?"""

    ip: Annotated[str, Meta(max_length=64)]


class ReadUsage(Request, frozen=True, tag="read_usage"):
    """Usage of every session in progress, fresh from the kernel, and the sessions that ended after number ``ended_after``."""

    ended_after: Annotated[int, Meta(ge=0)] = 0


class Watch(Request, frozen=True, tag="watch"):
    """Send ``Ended`` events on this connection, first those after number ``ended_after`` that are still remembered."""

    ended_after: Annotated[int, Meta(ge=0)] = 0


class Status(Request, frozen=True, tag="status"):
    """How the daemon and the kernel are."""


class BlockedPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the clients of a zone may not go."""

    network: Annotated[str, Meta(max_length=64, pattern="^[0-9A-Fa-f:./]+$")]
    """An address or a network, IPv4 or IPv6."""
    service: Annotated[str, Meta(pattern="^(tcp|udp)/[0-9]{1,5}$")] | None = None
    """That port alone; None: everything."""
    seconds: PositiveSeconds | None = None
    """From now until it is lifted by the kernel; None: until another list comes."""


class SetBlocked(Request, frozen=True, tag="set_blocked"):
    """The block list of a zone: this one replaces the one before, in one transaction."""

    zone: ZoneName
    places: Annotated[tuple[BlockedPlace, ...], Meta(max_length=400)]


AnyRequest = Allow | Replace | Revoke | Prepare | WhoIs | ReadUsage | Watch | Status | SetBlocked


# Replies and events: daemon -> portal -----------------------------------------------------------------------------------------------


class Reply(Struct, frozen=True, tag_field="type"):
    """What every reply has."""

    id: int


class Allowed(Reply, frozen=True, tag="allowed"):
    """To ``Allow`` and ``Replace``: the kernel is open (in the new terms)."""

    usage: Usage


class Revoked(Reply, frozen=True, tag="revoked"):
    """To ``Revoke``: the kernel is closed; the usage is final."""

    usage: Usage


class Prepared(Reply, frozen=True, tag="prepared"):
    """To ``Prepare``: so many classes with these rates wait."""

    spare: int


class Found(Reply, frozen=True, tag="found"):
    """To ``WhoIs``. ``mac`` None: no neighbour has this address. ``session`` None: the client is captive."""

    mac: str | None = None
    zone: str | None = None
    usage: Usage | None = None


class UsageRead(Reply, frozen=True, tag="usage"):
    """To ``ReadUsage``."""

    epoch: str
    """Changes whenever the daemon starts: ``Ended`` numbers of another epoch mean nothing, ask again from 0."""
    usages: tuple[Usage, ...]
    ended: tuple["Ended", ...]


class Watching(Reply, frozen=True, tag="watching"):
    """To ``Watch``."""

    epoch: str


class Ended(Struct, frozen=True, tag_field="type", tag="ended"):
    """A session ended in the kernel."""

    number: int
    """Counts up from 1 within an epoch."""
    reason: str
    """``time``, ``volume``, ``idle``, ``gone`` (somebody took the grant out of the kernel while the daemon was away), or the reason that
    ``Revoke`` gave."""
    usage: Usage


class BlockedSet(Reply, frozen=True, tag="blocked_set"):
    """To ``SetBlocked``."""


class Alarm(Struct, frozen=True, tag_field="type", tag="alarm"):
    """Something that staff should know; on connections that ``Watch``."""

    kind: str
    """``clone``: a second device uses the MAC of a client in session."""
    zone: str
    mac: str
    session: str | None


class ZoneStatus(Struct, frozen=True):
    """One zone in ``StatusIs``."""

    zone: str
    lan: str
    wan: str
    grants: int
    neighbours: int
    link_up: bool
    leased: int = 0
    """IPv4 addresses that are leased."""
    pool: int = 0
    """IPv4 addresses that there are for it; 0: the daemon does not know."""


class StatusIs(Reply, frozen=True, tag="status"):
    """To ``Status``."""

    epoch: str
    version: str
    ready: bool
    """False while something that should be in the kernel is not."""
    leaf: str
    """Leaf qdisc in use: ``fq_codel`` or ``bfifo``."""
    zones: tuple[ZoneStatus, ...]
    drift: dict[str, int]
    """What was found changed by others and put right, counted by kind (``ruleset``, ``element``, ``qdisc``, ``class``,
    ``filter``, ``link``)."""
    counts: dict[str, int]
    """``allowed``, ``replaced``, ``ended_time`` …, ``refused``, ``transactions``, ``clones`` since the start, and ``spoofed``: packets
    from addresses that are not their client's, since the table was loaded."""


class Refused(Reply, frozen=True, tag="refused"):
    """The answer to a request that was not carried out. ``id`` is 0 when the request had none that could be read."""

    code: str
    """``bad_request`` (the caller's fault), ``ceiling`` (above what the daemon's settings allow), ``unknown``, ``conflict``, ``full`` (no
    slot left) or ``kernel`` (the kernel refused; nothing was opened)."""
    field: str
    """Which part of the request, as ``grant.rates.ceil_down``; empty when none in particular."""
    message: str


AnyReply = Allowed | Revoked | Prepared | Found | UsageRead | Watching | StatusIs | BlockedSet | Refused
AnyMessage = AnyReply | Ended | Alarm

_request_decoder: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)
_message_decoder: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)
_encoder = msgspec.json.Encoder()


def encode(message: Any) -> bytes:
    """Message -> one line, newline included."""
    return _encoder.encode(message) + b"\n"


def decode_request(line: bytes) -> AnyRequest:
    """One line -> request; raises ``msgspec.ValidationError`` or ``msgspec.DecodeError`` whose text names the field."""
    return _request_decoder.decode(line)


def decode_message(line: bytes) -> AnyMessage:
    """One line -> reply or event; raises as ``decode_request``."""
    return _message_decoder.decode(line)
