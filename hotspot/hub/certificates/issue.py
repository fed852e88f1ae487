"""One certificate, from order to chain. Whatever is interrupted goes on with the same order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from msgspec import Struct

from hotspot.hub.certificates.acme import Acme, AuthorityAway, AuthorityRefused, Authorization, Challenge, Order, said
from hotspot.hub.certificates.records import SECONDS as RECORD_SECONDS
from hotspot.hub.certificates.records import DnsFailed, Records
from hotspot.hub.certificates.requests import MOST_NAMES, Request

SECONDS: Final = 300.0
"""In which the authority has to look at all names, and to sign."""

log = structlog.get_logger("certificates")

NoteOrder = Callable[[str], Awaitable[None]]
"""Writes down where our order is, before anything is done about it, and looks once more before it is signed. Raises what ends the work
when it is ours, or wanted, no more."""

Placed = dict[tuple[str, str], None]
"""Hosts and values of records that are in DNS, or may be."""


class Asked(Struct, frozen=True):
    """What is wanted of the authority."""

    request: Request
    order_url: str = ""
    """Of an order that was begun before; "": none."""
    replaces: str = ""
    """Name of the certificate in whose place this one comes (RFC 9773); "": of none."""


def longest(records: Records) -> float:
    """Seconds that ``issue`` may take, to the last record that is removed."""
    return SECONDS + 2 * records.patience + MOST_NAMES * 3 * RECORD_SECONDS


async def issue(acme: Acme, records: Records, asked: Asked, note: NoteOrder) -> str:
    """The chain (PEM) for a request. Raises ``AuthorityAway``, ``AuthorityRefused`` and ``DnsFailed``. When it is cancelled, records stay
    in DNS: the authority may be about to look, and whoever goes on with the order removes them."""
    placed: Placed = {}
    try:
        async with asyncio.timeout(SECONDS + 2 * records.patience):
            chain = await _issued(acme, records, asked, note, placed)
    except TimeoutError:
        await _remove(records, placed)
        raise AuthorityAway("the authority did not come to an end in time") from None
    except Exception:  # whatever it was: nothing of ours stays in the town's DNS
        await _remove(records, placed)
        raise
    await _remove(records, placed)
    return chain


async def tidy(acme: Acme, records: Records, order: Order) -> None:
    """Records of an order that nobody goes on with are taken out of DNS. Raises ``AuthorityAway`` and ``AuthorityRefused``."""
    placed: Placed = {}
    for url in order.authorizations:
        authorization, _ = await acme.authorization(url)
        for challenge in authorization.challenges:
            if challenge.type == "dns-01" and challenge.token:
                placed[authorization.identifier.value, acme.account.record(challenge.token)] = None
    await _remove(records, placed)


async def _issued(acme: Acme, records: Records, asked: Asked, note: NoteOrder, placed: Placed) -> str:
    order_url, order = await _begun(acme, asked, note)
    await _authorize(acme, records, order, placed)
    if order.status == "pending":
        order = await _until(acme, order_url, ("pending",))
    if order.status == "ready":
        await note(order_url)
        order, wait = await acme.finalize(order, asked.request.der)
        if order.status == "processing":
            await asyncio.sleep(wait)
    if order.status in ("processing", "ready"):
        order = await _until(acme, order_url, ("processing", "ready"))
    if order.status != "valid" or not order.certificate:
        raise AuthorityRefused("order", f"the order is {order.status}: {said(order.error) or 'no reason given'}")
    return await acme.certificate(order)


async def _begun(acme: Acme, asked: Asked, note: NoteOrder) -> tuple[str, Order]:
    if asked.order_url:
        try:
            order, _ = await acme.order(asked.order_url)
        except AuthorityRefused:
            pass  # it has forgotten it
        else:
            if order.status != "invalid":
                log.info("order taken up again", status=order.status)
                return asked.order_url, order
    order_url, order = await _new_order(acme, asked)
    await note(order_url)
    return order_url, order


async def _new_order(acme: Acme, asked: Asked) -> tuple[str, Order]:
    if asked.replaces:
        try:
            return await acme.new_order(asked.request.names, asked.replaces)
        except AuthorityRefused as refused:
            # It was replaced before, or is another authority's (RFC 9773, 5): it is an order like any other then.
            log.info("certificate not replaced but ordered", why=str(refused))
    return await acme.new_order(asked.request.names)


async def _authorize(acme: Acme, records: Records, order: Order, placed: Placed) -> None:
    """All names, with their records in DNS."""
    open_ones: list[tuple[str, Challenge]] = []
    for url in order.authorizations:
        authorization, _ = await acme.authorization(url)
        challenge = _challenge(authorization)
        if challenge is None:
            continue
        host, value = authorization.identifier.value, acme.account.record(challenge.token)
        placed[host, value] = None  # before it is: an answer that was lost may have been a yes, and a process before us may have done it
        if authorization.status == "pending":
            await records.add(host, value)
            await records.shown(host, value)
            open_ones.append((url, challenge))
    wait = max([await acme.respond(challenge) for _, challenge in open_ones if challenge.status == "pending"], default=0.0)
    await asyncio.sleep(wait)
    for url, _ in open_ones:
        await _authorized(acme, url)


def _challenge(authorization: Authorization) -> Challenge | None:
    """The one by DNS; None: there is none, and none is needed."""
    for challenge in authorization.challenges:
        if challenge.type == "dns-01" and challenge.token:
            return challenge
    if authorization.status == "valid":
        return None
    name, status = authorization.identifier.value, authorization.status
    raise AuthorityRefused("dns", f"the authority does not look at {name} by DNS (dns-01); its authorization is {status}")


async def _authorized(acme: Acme, url: str) -> None:
    while True:
        authorization, wait = await acme.authorization(url)
        if authorization.status == "valid":
            return
        if authorization.status != "pending":
            why = [said(challenge.error) for challenge in authorization.challenges if challenge.error is not None]
            raise AuthorityRefused("unauthorized", f"the authority did not find {authorization.identifier.value}: {'; '.join(why)}")
        await asyncio.sleep(wait)


async def _until(acme: Acme, order_url: str, busy: tuple[str, ...]) -> Order:
    """The order when it has left these states."""
    while True:
        order, wait = await acme.order(order_url)
        if order.status not in busy:
            return order
        await asyncio.sleep(wait)


async def _remove(records: Records, placed: Placed) -> None:
    for host, value in placed:
        try:
            await records.remove(host, value)
        except DnsFailed as error:
            log.warning("record stays in DNS", host=host, why=str(error))
