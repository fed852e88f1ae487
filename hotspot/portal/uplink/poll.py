"""Is there anything new at the hub? One long request after the other; an order is here as soon as the hub has it."""

import asyncio
import random

import structlog

from hotspot import wire
from hotspot.portal.office import Office
from hotspot.portal.uplink import kept
from hotspot.portal.uplink.backoff import Backoff
from hotspot.portal.uplink.link import HubRefused, HubUnavailable, Link
from hotspot.portal.uplink.orders import Orders

GRACE = 15.0
"""Seconds for the answer of the hub to arrive after it was due."""
SHORTEST = 1.0
"""Seconds between two requests of which the first brought nothing: a hub that does not wait must not keep the line busy."""
LOOK = 1.0
"""Seconds between two looks, while the hub is away, whether ``hotspot enrol`` has written a credential."""

log = structlog.get_logger("uplink")


async def run(office: Office, link: Link, orders: Orders) -> None:
    """Ask until cancelled."""
    backoff = Backoff(random.random)
    while True:
        tried = _stamp(link)
        begun, was_connected = office.now().boottime, office.uplink.connected_since is not None
        try:
            news = await _ask(office, link, orders)
        except (HubUnavailable, HubRefused) as error:
            lost_contact(office, error)
            await _pause(backoff.wait(error.retry_after if isinstance(error, HubUnavailable) else None), link, tried)
            continue
        backoff.reset()
        made_contact(office)
        fresh = office.uplink.name_policy(news.policy)
        fresh = await orders.take(news.orders) or fresh
        if not fresh and was_connected and office.now().boottime - begun < SHORTEST:
            await asyncio.sleep(SHORTEST)


async def _pause(seconds: float, link: Link, tried: tuple[int, int, int] | None) -> None:
    """Until the next try: at once with another credential than the one that was tried, because a hall that is new, or whose credential was
    replaced, lets nobody in before it has heard the hub."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (left := until - loop.time()) > 0 and _stamp(link) == tried:  # noqa: ASYNC110  another process writes it
        await asyncio.sleep(min(left, LOOK))


def _stamp(link: Link) -> tuple[int, int, int] | None:
    try:
        return link.credentials.stamp()
    except OSError:  # which the next request says
        return None


async def _ask(office: Office, link: Link, orders: Orders) -> wire.News:
    """One request. The first after a silence is answered at once: it finds out whether the hub is there. A policy that was named once is
    not named again, whether it could be fetched by now or not: that is no business of the hub's."""
    seconds = wire.POLL_SECONDS if office.uplink.connected_since is not None else 0.0
    poll = wire.Poll(policy=office.uplink.wanted, done=orders.done(), seconds=seconds)
    news = await link.post(wire.POLL, poll, wire.News, timeout=seconds + GRACE)
    orders.told(poll.done)
    return news


def made_contact(office: Office) -> None:
    """The hub answered."""
    if not office.uplink.heard(office.now()):
        return
    log.info("hub reached")
    try:
        kept.mark_reached(office.settings.state_dir)
    except OSError as error:
        log.warning("cannot note that the hub was reached", why=error.strerror or str(error))


def lost_contact(office: Office, why: HubUnavailable | HubRefused) -> None:
    """The hub did not answer, or not with sense; it is told once."""
    if office.uplink.missed(str(why), office.now()):
        log.warning("hub away", why=str(why))
