"""What the authority has signed and nobody gets: it is good all the same, for whoever knows its key and for names of others."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from hotspot.hub.certificates.acme import Acme, AuthorityRefused
from hotspot.hub.certificates.issue import tidy
from hotspot.hub.certificates.records import Records
from hotspot.hub.certificates.requests import Chain, read_chain
from hotspot.hub.hub import Hub
from hotspot.hub.store import Connection, certificates, left_orders, revocations
from hotspot.hub.store.left_orders import Left
from hotspot.hub.store.revocations import Reason

MOST: Final = timedelta(days=30)
"""For which an order is looked at again and again, when the authority is away."""
LATER: Final = timedelta(minutes=5)
"""Until an order is looked at again whose certificate is being signed."""

log = structlog.get_logger("certificates")


async def look(hub: Hub, acme: Acme, records: Records, left: Left) -> None:
    """What has become of an order that is wanted no more; a certificate that should not be there is revoked, and its records leave DNS.
    Raises ``AuthorityAway``, and ``ValueError`` for a certificate that cannot be read. An order that is not signed yet never will be, as
    nobody asks for it."""
    try:
        order, _ = await acme.order(left.order_url)
        await tidy(acme, records, order)
        chain = read_chain(await acme.certificate(order)) if order.status == "valid" and order.certificate else None
    except AuthorityRefused as refused:  # forgotten, or another account's
        log.info("order left", gateway=left.gateway, why=str(refused))
        chain = None
    else:
        if order.status == "processing" and hub.now() - left.left_at < MOST:
            async with hub.store.connection() as connection:
                await left_orders.again(connection, left, hub.now() + LATER, left.tries)
            return
        log.info("order left", gateway=left.gateway, status=order.status)
    async with hub.store.transaction() as connection:
        await left_orders.done(connection, left)
        if chain is not None and await certificates.one(connection, left.gateway_id) is not None:
            await certificates.note_issue(connection, left.gateway_id, chain.names, hub.now())
            await revoke_unused(connection, left.gateway_id, chain, hub.now())


async def revoke_unused(connection: Connection, gateway: int, chain: Chain, now: datetime) -> None:
    """The authority has signed one that nobody gets: it is good all the same, for whoever knows its key and for names of others."""
    fresh = await certificates.one(connection, gateway, lock=True)
    if fresh is None:
        return
    if chain.key_hash in fresh.unwanted:
        await revocations.want(connection, gateway, chain.pem, Reason.KEY, now)
    elif set(chain.names) - set(fresh.names):
        await revocations.want(connection, gateway, chain.pem, Reason.NAMES, now)
