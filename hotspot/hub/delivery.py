"""Brings messages to channels: webhooks, signed, and e-mail. What fails is tried again, and is told as an alarm of the hub."""

import asyncio
import errno
import hmac
import ipaddress
import smtplib
import socket
import ssl
from datetime import timedelta
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from hotspot.hub import alarm_texts, notifications
from hotspot.hub.hub import Hub
from hotspot.hub.settings import Mail
from hotspot.hub.store import channels

SECONDS: Final = 10.0
"""For one attempt."""
AT_ONCE = 8
KEPT: Final = timedelta(days=30)
"""How long a message that arrived stays on record."""
SIGNATURE: Final = "X-Hotspot-Signature"
"""``t=<unix>,v1=<hex>``: HMAC-SHA256 of ``<unix>.<body>`` with the channel's secret."""

_IPV4_INSIDE: Final = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96", "::/96")))
"""Addresses of IPv6 that end with one of IPv4, which is where they lead: mapped, by NAT64, and as it was long ago."""

log = structlog.get_logger("notifications")


class NotDelivered(Exception):
    """An attempt failed; the text says why."""


async def run(hub: Hub) -> None:
    """Make messages of what is to be told, and send what is due."""
    await _compose(hub)
    async with hub.store.connection() as connection:
        waiting = await channels.due(connection, hub.now(), 200)
        rows = {row.id: row for row in await channels.channels(connection)} if waiting else {}
    few = asyncio.Semaphore(AT_ONCE)

    async def attempt(message: channels.Waiting) -> None:
        async with few:
            await _attempt(hub, rows[message.channel_id], message)

    async with asyncio.TaskGroup() as group:
        for message in waiting:
            if message.channel_id in rows:
                group.create_task(attempt(message))


async def _compose(hub: Hub) -> None:
    now = hub.now()
    async with hub.store.transaction() as connection:
        events = await channels.events(connection)
        last = await channels.last_messages(connection) if events else {}
        for row in await channels.channels(connection) if events else ():
            made, on_way = last.get(row.id, (None, False))
            plan = notifications.plan(row.rules, events.get(row.id, ()), now, made)
            gone = [event.id for event in plan.forget]
            if plan.tell and not on_way:  # one at a time: while it cannot be delivered, the others gather
                body = notifications.body(plan.tell, now)
                await channels.put(connection, row.id, now, body["urgent"], body)
                gone += [event.id for event in plan.tell]
            if gone:
                await channels.forget(connection, gone)
        await channels.erase_messages(connection, now - KEPT)


async def _attempt(hub: Hub, row: channels.Row, message: channels.Waiting) -> None:
    why = ""
    try:
        await deliver(hub, row, message.id, message.body)
    except NotDelivered as error:
        why = str(error)
        log.warning("not delivered", channel=row.name, why=why, attempts=message.attempts + 1)
    now = hub.now()
    async with hub.store.transaction() as connection:
        if why:
            following = notifications.next_attempt(message.attempts + 1, message.created_at, now)
            await channels.failed(connection, message, now, following, why)
        else:
            await channels.sent(connection, message, now)


async def deliver(hub: Hub, row: channels.Row, number: int, body: dict[str, Any]) -> None:
    """One attempt to bring a message to a channel. Raises ``NotDelivered``."""
    if row.kind == "mail":
        if hub.settings.mail is None:
            raise NotDelivered("the hub's settings have no [mail]")
        await asyncio.to_thread(send_mail, hub.settings.mail, row.recipients, number, body, hub.settings.url)
    else:
        await post(row, number, body, int(hub.now().timestamp()))


# Webhooks ---------------------------------------------------------------------------------------------------------------------------


def signature(secret: str, unix: int, content: bytes) -> str:
    """The value of the header that proves who sent a message, and when."""
    return f"t={unix},v1={hmac.new(secret.encode(), f'{unix}.'.encode() + content, sha256).hexdigest()}"


async def post(row: channels.Row, number: int, body: dict[str, Any], unix: int) -> None:
    """POST a message; every status of 200 to 299 says that it arrived, redirects are not followed. Raises ``NotDelivered``."""
    content = msgspec.json.encode({"id": number, **body})
    headers = {"Content-Type": "application/json", "User-Agent": "hotspot-hub", SIGNATURE: signature(row.secret, unix, content)}
    if not row.anywhere and _private(urlsplit(row.url).hostname or ""):
        raise NotDelivered("a private address: expected one that everybody can reach")
    connector = aiohttp.TCPConnector(resolver=None if row.anywhere else _PublicOnly(), use_dns_cache=False)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http,
            http.post(row.url, data=content, headers=headers, allow_redirects=False) as response,
        ):
            status = response.status
    except TimeoutError:
        raise NotDelivered(f"no answer within {SECONDS:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from None
    if not 200 <= status < 300:
        raise NotDelivered(f"status {status}: expected 200 to 299")


class _PublicOnly(AbstractResolver):
    """Names of public addresses only, for channels that the host's own people did not make: the hub stands in the city's network."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """As the system says, without private addresses."""
        found = [each for each in await self._resolver.resolve(host, port, family) if not _private(each["host"])]
        if not found:
            raise OSError(errno.EACCES, f"{host} has private addresses only: expected one that everybody can reach")
        return found

    async def close(self) -> None:
        """Nothing is open."""


def _private(host: str) -> bool:
    """Is that a literal address that not everybody can reach?"""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _IPV4_INSIDE):
        address = ipaddress.IPv4Address(address.packed[-4:])
    return not address.is_global


# E-mail -----------------------------------------------------------------------------------------------------------------------------


def send_mail(mail: Mail, recipients: list[str], number: int, body: dict[str, Any], url: str) -> None:
    """Send a message to everybody at once; blocks. Raises ``NotDelivered``."""
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, ", ".join(recipients)
    message["Subject"] = alarm_texts.subject(body)
    message["Auto-Submitted"] = "auto-generated"
    message["Message-ID"] = f"<hotspot-{number}-{int(body['urgent'])}@{mail.sender.rpartition('@')[2]}>"
    message.set_content(alarm_texts.text(body, url))
    try:
        with _server(mail) as server:
            if mail.user:
                server.login(mail.user, Path(mail.password_file).read_text(encoding="utf-8").strip())
            refused = server.send_message(message)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from None
    if refused:
        log.warning("recipients refused", number=len(refused))


def _server(mail: Mail) -> smtplib.SMTP:
    """A connection, encrypted unless the settings say otherwise; on port 465 from its beginning."""
    tls = ssl.create_default_context()
    if mail.port == 465:
        return smtplib.SMTP_SSL(mail.server, mail.port, timeout=SECONDS, context=tls)
    server = smtplib.SMTP(mail.server, mail.port, timeout=SECONDS)
    if mail.starttls:
        try:
            server.starttls(context=tls)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
    return server
