"""What gateway and hub say to each other: JSON over HTTPS, dialled by the gateway. Here ``hotspot.portal`` and ``hotspot.hub`` meet.

=================  ======================  =======================================================================================
``POST``           ``ENROL``               ``Enrol`` -> ``Enrolled``; the one-time token is in ``Enrol``
``POST``           ``ROTATE``              ``Rotate`` -> ``Rotated``; the old credential goes on until the new one is used
``POST``           ``REPORTS``             ``Delivery`` -> ``Receipt``; at least once from the gateway, counted exactly once
``POST``           ``POLL``                ``Poll`` -> ``News``, at once when there is any, else after at most ``POLL_SECONDS``
``GET``            ``POLICY``              -> ``Policy``: all that the hub wants of this gateway
``GET``            ``FILE`` + SHA-256      -> the bytes of a file that the policy names
``POST``           ``ANSWERS``             ``Answers`` -> ``Ok``: what became of orders
``POST``           ``CERTIFICATE``         the portal's certificate: ``hotspot.wire_certificate``
=================  ======================  =======================================================================================

All but ``ENROL`` carry ``Authorization: Bearer <credential>``. Errors are ``Problem`` with a fitting status: 400 what was sent is wrong
(sending it again is useless), 401 the credential is not known (any more), 413 too large, 429 and 503 come back later (``Retry-After``).

Versions: every body says ``wire``, its writer's version; one more or one less is understood too. What a newer one adds is passed over, what
an older one lacks has a default: fields are only ever added, and never change what they mean (``tests/hotspot/wire`` keeps all messages).

Looks (``hotspot.looks``) are of the hall, not of people. Nothing here can name a client: no MAC, no IP address, no user agent, no row of
one session. The device code in an order is what a visitor reads to staff from their own screen; the key behind it stays in the hall.
"""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from hotspot.looks.values import Look

VERSION = 1
"""Of this module."""
LARGEST = 512 * 1024
"""Bytes of one body, compressed or not; a hub reads no more."""
MOST_REPORTS = 60
"""In one delivery."""
MOST_ROWS = 500
"""In one report."""
QUARTER = 900
"""Seconds: figures are of quarters of an hour, counted from 1970."""
POLL_SECONDS = 50.0
"""Longest time until a poll without news is answered: below what proxies and NAT allow a silent connection."""

PREFIX = "/wire/v1"
ENROL, ROTATE, REPORTS, POLL, POLICY, FILE, ANSWERS, CERTIFICATE = (
    f"{PREFIX}/{name}" for name in ("enrol", "rotate", "reports", "poll", "policy", "files/", "answers", "certificate")
)

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}\Z")]
"""Of a zone, a plan, a kind."""
Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z")]
Count = Annotated[int, Meta(ge=0, le=2**40)]
Bytes = Annotated[int, Meta(ge=0, le=2**60)]
Unix = Annotated[float, Meta(ge=0, le=4_102_444_800)]
"""Wall clock, seconds since 1970, up to the year 2100."""
Stream = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Text = Annotated[str, Meta(max_length=500)]
Version = Annotated[int, Meta(ge=0, le=1_000_000)]
Secret = Annotated[str, Meta(min_length=20, max_length=200, pattern=r"^[A-Za-z0-9._~-]+\Z")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Said(Struct, frozen=True, kw_only=True):
    """What every body has."""

    wire: Version = VERSION


class Moment(Struct, frozen=True):
    """One reading of the gateway's clocks. A wall clock may be wrong or be set; within one boot the other never jumps."""

    unix: Unix
    boottime: Annotated[float, Meta(ge=0, le=2**40)]
    """Seconds, CLOCK_BOOTTIME."""
    boot: Annotated[str, Meta(max_length=64)]
    """Which boot that is: any text that differs from boot to boot."""


class Problem(Struct, frozen=True):
    """Why a request was refused: key, value and what was expected."""

    code: str
    """``bad_request`` | ``credential`` | ``too_large`` | ``version`` | ``token`` | ``unavailable`` | ``too_many`` | ``unknown``."""
    message: str


class Ok(Said, frozen=True):
    """Done."""


# Enrolment --------------------------------------------------------------------------------------------------------------------------


class Enrol(Said, frozen=True):
    """A gateway shows its one-time token; once more with the same ``attempt``, random text, when the answer was lost."""

    token: Secret
    software: Text = ""
    zones: tuple[Name, ...] = ()
    attempt: Secret | None = None


class Enrolled(Said, frozen=True):
    """It is known now."""

    gateway: Text
    """Its name at the hub."""
    hall: Text
    credential: Secret


class Rotate(Said, frozen=True):
    """A gateway wants another credential."""


class Rotated(Said, frozen=True):
    """The new one; the first request that carries it ends the old one."""

    credential: Secret


# Reports ----------------------------------------------------------------------------------------------------------------------------


class Row(Struct, frozen=True, gc=False):
    """What a zone and a plan saw in one quarter of an hour since the report before: numbers to be added up. Languages and device families
    are counted beside each other, never together, and without bytes: a quarter with one visitor says little of that visitor."""

    quarter: Annotated[int, Meta(ge=0, le=4_102_444_800)]
    """Its beginning, seconds since 1970, a multiple of ``QUARTER``."""
    zone: Name
    plan: Name
    visits: Count = 0
    """Sessions begun."""
    ended: Count = 0
    """Sessions ended."""
    seconds: Count = 0
    """Time online, over all sessions."""
    bytes_up: Bytes = 0
    bytes_down: Bytes = 0
    peak: Count = 0
    """Most sessions in progress at once; the only number that is not added: the highest counts."""
    languages: dict[Language, Count] = {}
    """Visits by language of the page."""
    families: dict[Name, Count] = {}
    """Visits by device family."""


class Day(Struct, frozen=True, gc=False):
    """How many different devices came on a day of the hall, as far as it has been counted; the highest number of a day counts."""

    day: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z")]
    devices: Count


class ZoneHealth(Struct, frozen=True, gc=False):
    """One zone now."""

    zone: Name
    online: Count = 0
    open: bool = True
    """By its opening hours."""
    pool_used: Count = 0
    """Addresses that are leased."""
    pool_size: Count = 0
    """Addresses that there are; 0: not known."""


class Alarm(Struct, frozen=True):
    """Something that staff should know."""

    kind: Name
    """``clone`` …"""
    zone: Annotated[str, Meta(max_length=32)] = ""
    first: Unix = 0
    last: Unix = 0
    times: Count = 1


class Health(Struct, frozen=True, kw_only=True):
    """How the gateway is."""

    software: Text = ""
    """Version of this program."""
    started: Unix = 0
    """Since when it runs."""
    firewall: bool = True
    journal: bool = True
    internet: bool = True
    zones: tuple[ZoneHealth, ...] = ()
    faults: tuple[Text, ...] = ()
    """What is amiss, for people."""
    warnings: tuple[Text, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    """Of the last day."""
    accepts: Count = 0
    """Accept forms since it started."""
    accept_errors: Count = 0
    """Of these, those that failed for a reason of ours: journal, firewall, full."""
    drift: Count = 0
    """Times since it started that kernel and journal disagreed."""
    disk_free: Bytes = 0
    """On the disk of the journal; 0 with ``disk_size`` 0: not known."""
    disk_size: Bytes = 0
    certificate_until: Unix | None = None
    """End of the portal's certificate; None: it has none."""
    updated: Unix | None = None
    restart_wanted: Unix | None = None
    """As ``hotspot.debian`` has them: ``updated`` and ``restart``."""
    backlog: Count = 0
    """Reports that wait."""
    lost: Count = 0
    """Reports that were given up since the outbox began: its disk space was used up."""
    policy: Count = 0
    """Serial of the policy in force; 0: none yet."""
    policy_refused: Count = 0
    """Serial of the policy that it was given and cannot apply; 0: none."""
    policy_error: Annotated[str, Meta(max_length=2_000)] = ""
    """Why not."""
    looks: tuple[Look, ...] = ()
    """What the synthetic visitor, the doctor and the LAN guard found last, as far as the hub has not been told lately."""
    looking: Annotated[tuple[Name, ...], Meta(max_length=8)] | None = None
    """Which of them are switched on, so that looks are to be expected; None: the gateway does not say, as older ones do not."""


class Feedback(Struct, frozen=True):
    """What a visitor told the town."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    """Random; the same message twice is one."""
    at: Unix
    zone: Name
    kind: Name
    language: Language
    text: Annotated[str, Meta(max_length=4_000)]
    place: Annotated[str, Meta(max_length=200)] = ""
    contact: Annotated[str, Meta(max_length=200)] = ""
    """Only what the visitor wanted to say."""


class Report(Struct, frozen=True, kw_only=True):
    """One entry of the outbox. ``(stream, seq)`` is its name at the hub: one that came before changes nothing."""

    stream: Stream
    """Random, a new one with each start of the portal: a box restored from an old image, or its twin, cannot speak in another's name."""
    start: Count
    """The how-manieth start that is, by the journal. Two streams of one gateway with the same number mean a restored image or a twin."""
    seq: Annotated[int, Meta(ge=1, le=2**53)]
    """1, 2, 3 … in each stream."""
    closed: Moment
    """When the last number was entered."""
    rows: Annotated[tuple[Row, ...], Meta(max_length=MOST_ROWS)] = ()
    days: Annotated[tuple[Day, ...], Meta(max_length=40)] = ()
    feedback: Annotated[tuple[Feedback, ...], Meta(max_length=20)] = ()


class Delivery(Said, frozen=True, kw_only=True):
    """The oldest reports of the outbox, and how the gateway is at this moment."""

    sent: Moment
    reports: Annotated[tuple[Report, ...], Meta(max_length=MOST_REPORTS)] = ()
    health: Health | None = None


class Refused(Struct, frozen=True):
    """A report that the hub will never take: sending it again is useless. It is set aside in the hall, for people."""

    stream: str
    seq: int
    message: str


class Receipt(Said, frozen=True):
    """All reports of the delivery are durable, or were so before, but those in ``refused``."""

    taken: Count = 0
    known: Count = 0
    """Came before."""
    refused: tuple[Refused, ...] = ()
    policy: Count = 0
    """Serial of the policy that this gateway should have."""
    rotate: bool = False
    """The credential is old: ``ROTATE``."""
    again: Unix = 0
    """When the hub was restored from a backup: reports that were delivered before are wanted again, once for each value; 0: it was not."""


# Policy -----------------------------------------------------------------------------------------------------------------------------


class Policy(Said, frozen=True, kw_only=True):
    """All that the hub wants of a gateway, merged over host, partner, hall and zones."""

    serial: Count
    """Grows with each change; the gateway applies whatever differs from what it has."""
    settings: dict[str, Any] = {}
    """As in ``portal.toml`` (without what only the box can know: folders, sockets, interfaces, ports), and beside it ``theme`` and
    ``services`` as tables instead of names of files, ``hub``, ``blocklist`` and ``vouchers``."""
    files: dict[Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")], Digest] = {}
    """Files that the settings name -> SHA-256; fetched from ``FILE`` when the gateway has them not."""


# Orders -----------------------------------------------------------------------------------------------------------------------------


class Order(Struct, frozen=True):
    """Something to be done now."""

    id: Annotated[str, Meta(max_length=64)]
    request: dict[str, Any]
    """A request of ``hotspot.control``, as JSON: ``{"type": "kick", "code": "K7F-3QX"}``. The gateway carries out ``status``,
    ``sessions``, ``kick``, ``block``, ``unblock`` and ``allow``, and nothing else."""
    seconds: Annotated[float, Meta(ge=0, le=3_600)] = 60.0
    """How long it is still wanted; older ones are dropped."""


class Poll(Said, frozen=True, kw_only=True):
    """Is there anything new? One at a time for each gateway."""

    policy: Count = 0
    """Serial of the policy that was last fetched, applied or not."""
    done: tuple[Annotated[str, Meta(max_length=64)], ...] = ()
    """Orders that the gateway has and that must not come again."""
    seconds: Annotated[float, Meta(ge=0, le=POLL_SECONDS)] = POLL_SECONDS
    """How long to wait for news."""


class News(Said, frozen=True, kw_only=True):
    """What is new; both empty: nothing."""

    policy: Count = 0
    """As in ``Receipt``."""
    orders: tuple[Order, ...] = ()


class Answer(Struct, frozen=True):
    """What became of an order."""

    id: Annotated[str, Meta(max_length=64)]
    reply: dict[str, Any]
    """A reply of ``hotspot.control``, as JSON."""


class Answers(Said, frozen=True, kw_only=True):
    """Of one or more orders."""

    answers: Annotated[tuple[Answer, ...], Meta(max_length=100)]


# Coding -----------------------------------------------------------------------------------------------------------------------------

Body = TypeVar("Body", bound=Struct)


class NotUnderstood(ValueError):
    """A body that cannot be read; the text names key, value and what was expected. ``code`` as in ``Problem``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Version(Struct):
    wire: Any = VERSION


_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def encode(body: Struct) -> bytes:
    """A body as JSON."""
    return msgspec.json.encode(body)


def decode(kind: type[Body], body: bytes) -> Body:
    """JSON as a body; raises ``NotUnderstood``. The version is looked at first: what a stranger version says may not fit."""
    if (decoder := _decoders.get(kind)) is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        read: Body = decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _check_version(body)
        raise NotUnderstood("bad_request", f"cannot read {kind.__name__}: {error}") from None
    if isinstance(read, Said) and abs(read.wire - VERSION) > 1:
        raise _stranger(read.wire)
    return read


def _check_version(body: bytes) -> None:
    """Raise when that is why a body does not fit."""
    try:
        said = msgspec.json.decode(body, type=_Version).wire
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if isinstance(said, int) and abs(said - VERSION) > 1:
        raise _stranger(said)


def _stranger(said: object) -> NotUnderstood:
    return NotUnderstood("version", f"wire = {said}: expected {VERSION - 1}, {VERSION} or {VERSION + 1}: update the older of the two")
