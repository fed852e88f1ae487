"""Channels: who is told of alarms, by webhook or e-mail. The host's are told of every hall, a partner's of its own."""

import zoneinfo
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from hotspot.hub import delivery
from hotspot.hub.access import Permission
from hotspot.hub.api.halls import Name
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest, Conflict, Forbidden, NotFound, TooMany
from hotspot.hub.store import Connection, audit, channels, tenants
from hotspot.hub.tokens import make

MOST_OF_PARTNER: Final = 20
"""Channels of one partner: the host's mail server and addresses lend themselves to no more."""
TEST_AGAIN: Final = timedelta(minutes=1)
"""Between two test messages to one channel."""

Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
Address = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$(?!\n)", max_length=200)
]


class Channel(Struct, frozen=True, kw_only=True):
    """Who is told, and how."""

    name: str
    partner: str | None
    """None: the host's, told of every hall."""
    kind: str
    """``webhook`` | ``mail``."""
    url: str
    """Of a webhook."""
    recipients: list[str]
    """Of e-mail."""
    lowest: str
    """Told of alarms that are this grave or graver: ``notice`` | ``warning`` | ``urgent``."""
    quiet_from: str | None
    """From this time of the day on only urgent alarms are told, the others in the morning."""
    quiet_until: str | None
    time_zone: str
    created_at: datetime
    created_by: str
    told_at: datetime | None
    """When the last message arrived."""
    failing_since: datetime | None
    """None: the last attempt worked."""
    failure: str
    """Why the last attempt did not."""


class MadeChannel(Channel, frozen=True, kw_only=True):
    """A new one."""

    secret: str
    """Of a webhook: with it the hub signs what it sends. Shown this once."""


class NewChannel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody is to be told."""

    name: Name
    partner: Name | None = None
    """None: the host's, or of who asks."""
    kind: Literal["webhook", "mail"]
    url: Annotated[str, Meta(max_length=1_000, pattern=r"^$|^https?://[!-~]+$(?!\n)")] = ""
    """Of a webhook. A partner's people name one that everybody can reach."""
    recipients: Annotated[list[Address], Meta(max_length=20)] = []
    """Of e-mail."""
    lowest: Literal["notice", "warning", "urgent"] = "warning"
    quiet_from: Clock | None = None
    """As ``22:00``."""
    quiet_until: Clock | None = None
    time_zone: Annotated[str, Meta(max_length=64)] = "Europe/Berlin"


class Tested(Struct, frozen=True, kw_only=True):
    """What became of a test message."""

    arrived: bool
    why: str
    """Why not."""


class OfPartner(Struct, frozen=True, kw_only=True):
    """Whose channels."""

    partner: Name | None = None


def _channel(row: channels.Row, kind: Any = Channel, **more: str) -> Any:
    fields = {name: getattr(row, name) for name in Channel.__struct_fields__}
    clocks = {name: None if fields[name] is None else f"{fields[name]:%H:%M}" for name in ("quiet_from", "quiet_until")}
    return kind(**{**fields, **clocks, **more})


async def list_channels(call: Call) -> list[Channel]:
    """All that this user may see, by name."""
    query: OfPartner = call.query
    async with call.hub.store.connection() as connection:
        return [_channel(row) for row in await channels.channels(connection, call.within(query.partner))]


async def create_channel(call: Call) -> MadeChannel:
    """Somebody is to be told from now on."""
    wanted: NewChannel = call.body
    _check(call, wanted)
    of_partner = call.within(wanted.partner)
    secret = make("webhook") if wanted.kind == "webhook" else ""
    row = channels.Row(
        id=0,
        name=wanted.name,
        partner=of_partner,
        kind=wanted.kind,
        url=wanted.url,
        secret=secret,
        anywhere=call.who.partner is None,
        recipients=wanted.recipients,
        lowest=wanted.lowest,
        quiet_from=_time(wanted.quiet_from),
        quiet_until=_time(wanted.quiet_until),
        time_zone=wanted.time_zone,
        created_at=call.hub.now(),
        created_by=call.who.user,
        told_at=None,
        failing_since=None,
        failure="",
    )
    async with call.hub.store.transaction() as connection:
        partner = None if of_partner is None else await tenants.partner(connection, of_partner)
        if of_partner is not None and (partner is None or partner.left_at is not None):
            raise NotFound(f"partner = {of_partner!r}: expected the name of a partner that takes part")
        if partner is not None and len(await channels.channels(connection, partner.name)) >= MOST_OF_PARTNER:
            raise Conflict(f"{partner.name} has {MOST_OF_PARTNER} channels: delete one first")
        try:
            await channels.add(connection, row, None if partner is None else partner.id)
        except tenants.Taken:
            raise Conflict(f"name = {wanted.name!r}: expected a name that no channel has") from None
        await audit.write(connection, call.actor, "channel.create", partner=of_partner, subject=wanted.name, detail={"kind": wanted.kind})
    return MadeChannel(**{name: getattr(_channel(row), name) for name in Channel.__struct_fields__}, secret=secret)


def _check(call: Call, wanted: NewChannel) -> None:
    if wanted.partner is None and call.who.partner is None and not call.who.may(Permission.ADMIN):
        raise Forbidden("a channel of the host needs the permission 'admin'")
    if (wanted.quiet_from is None) != (wanted.quiet_until is None):
        raise BadRequest("quiet_from: expected quiet_from and quiet_until together")
    if wanted.kind == "webhook" and (wanted.recipients or not wanted.url):
        raise BadRequest(f"url = {wanted.url!r}: expected the address of the webhook, and no recipients")
    if wanted.kind == "mail" and (wanted.url or not wanted.recipients):
        raise BadRequest("recipients: expected at least one address, and no url")
    try:
        zoneinfo.ZoneInfo(wanted.time_zone)
        parts = urlsplit(wanted.url)
        port_is_one = parts.port is None or parts.port > 0
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadRequest(f"{error}: expected a time zone such as Europe/Berlin, and an address with a host") from None
    if wanted.url and not (parts.hostname and port_is_one):
        raise BadRequest(f"url = {wanted.url!r}: expected an address with a host")
    if parts.username is not None or parts.password is not None:
        raise BadRequest("url: expected no name and no password in it: the signature says who sends")


def _time(clock: Clock | None) -> time | None:
    return None if clock is None else time.fromisoformat(clock)


async def show_channel(call: Call) -> Channel:
    """One channel."""
    async with call.hub.store.connection() as connection:
        found: Channel = _channel(await _found(call, connection))
        return found


async def delete_channel(call: Call) -> None:
    """It is told nothing any more, not even what waits."""
    async with call.hub.store.transaction() as connection:
        row = await _found(call, connection, change=True)
        await channels.remove(connection, row.name)
        await audit.write(connection, call.actor, "channel.delete", partner=row.partner, subject=row.name)


async def try_channel(call: Call) -> Tested:
    """Send a test message now and say whether it arrived; it is not tried again."""
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        row = await _found(call, connection, change=True)
        lately = audit.Wanted(since=now - TEST_AGAIN, actor=call.actor, action="channel.test")
        if any(entry.subject == row.name for entry in await audit.entries(connection, lately, 100)):
            raise TooMany(f"{row.name} was tested a moment ago: expected a minute between two tests")
        await audit.write(connection, call.actor, "channel.test", partner=row.partner, subject=row.name)
    body = {
        "at": now.isoformat(),
        "urgent": False,
        "test": True,
        "counts": {"raised": 0, "ended": 0, "kinds": {}},
        "raised": [],
        "ended": [],
    }
    try:
        await delivery.deliver(call.hub, row, 0, body)
    except delivery.NotDelivered as error:
        return Tested(arrived=False, why=str(error))
    return Tested(arrived=True, why="")


async def _found(call: Call, connection: Connection, change: bool = False) -> channels.Row:
    """The channel of the path. Raises ``NotFound``, also for one that is none of this user's business, and ``Forbidden``."""
    row = await channels.channel(connection, call.path["channel"])
    if row is None or (call.who.partner is not None and row.partner != call.who.partner):
        raise NotFound(f"channel = {call.path['channel']!r}: expected the name of a channel")
    if change and row.partner is None and not call.who.may(Permission.ADMIN):
        raise Forbidden("a channel of the host needs the permission 'admin'")
    return row


_SEE, _EDIT = Permission.SEE, Permission.EDIT
OPERATIONS = (
    Operation(
        name="listChannels", method="GET", path="/channels", summary="Who is told of alarms", subject="alarms",
        permission=_SEE, handler=list_channels, query=OfPartner, reply=list[Channel],
    ),
    Operation(
        name="createChannel", method="POST", path="/channels", summary="Somebody is to be told", subject="alarms",
        permission=_EDIT, handler=create_channel, body=NewChannel, reply=MadeChannel, status=201, faults=(Conflict, NotFound),
    ),
    Operation(
        name="showChannel", method="GET", path="/channels/{channel}", summary="One channel", subject="alarms",
        permission=_SEE, handler=show_channel, reply=Channel,
    ),
    Operation(
        name="deleteChannel", method="DELETE", path="/channels/{channel}", summary="It is told nothing any more", subject="alarms",
        permission=_EDIT, handler=delete_channel, status=204,
    ),
    Operation(
        name="testChannel", method="POST", path="/channels/{channel}/test", summary="Send a test message", subject="alarms",
        permission=_EDIT, handler=try_channel, reply=Tested, faults=(TooMany,),
    ),
)  # fmt: skip
