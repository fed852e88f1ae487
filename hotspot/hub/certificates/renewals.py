"""Renewal before its time: the authority may want that, because it must revoke a certificate or spreads its work (RFC 9773). What goes
wrong here is only logged: the gateway renews in time by itself."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from hotspot.hub.alarms import clean
from hotspot.hub.certificates.acme import LOOK_AGAIN, Acme, AuthorityAway, AuthorityRefused, Window
from hotspot.hub.certificates.requests import read_chain
from hotspot.hub.hub import Hub
from hotspot.hub.store import audit, certificates
from hotspot.hub.store.certificates import Row

log = structlog.get_logger("certificates")


async def look(hub: Hub, acme: Acme, draw: Callable[[], float]) -> None:
    """Ask the authority about the certificates whose turn it is."""
    while True:
        async with hub.store.transaction() as connection:
            row = await certificates.due_look(connection, hub.now(), hub.now() + timedelta(seconds=LOOK_AGAIN))
        if row is None:
            return
        try:
            found = await acme.renewal(read_chain(row.chain).renewal_id)
        except AuthorityAway as error:
            log.info("authority not asked about renewals", gateway=row.gateway, why=clean(str(error)))
            return
        except (AuthorityRefused, ValueError) as error:
            log.info("authority says nothing about a renewal", gateway=row.gateway, why=clean(str(error)))
            continue
        if found is not None:
            await _heard(hub, row, *found, draw())


async def _heard(hub: Hub, row: Row, window: Window, wait: float, chance: float) -> None:
    """A moment in the window by chance (RFC 9773, 4.2); when that is past, or before the authority is asked again, it is now."""
    moment, next_look = window.start + (window.end - window.start) * chance, hub.now() + timedelta(seconds=wait)
    async with hub.store.transaction() as connection:
        fresh = await certificates.one(connection, row.gateway_id, lock=True)
        if fresh is None or not fresh.ready or fresh.chain != row.chain:
            return  # there is another one meanwhile
        await certificates.look_again(connection, row.gateway_id, next_look)
        if moment > next_look or fresh.renewing:
            return
        await certificates.want_another(connection, fresh)
        await audit.write(connection, "hub", "certificate.request", partner=row.partner, hall=row.hall, subject=row.gateway)
    log.info("renewal wanted by the authority", gateway=row.gateway, start=window.start.isoformat())
