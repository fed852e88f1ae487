"""Erases orders and their answers: the hub has device codes for as long as they are of use, and no longer."""

from datetime import timedelta
from typing import Final

import structlog

from hotspot.hub.hub import Hub
from hotspot.hub.store import orders

SECONDS: Final = 30.0
"""Between two rounds: with ``orders.CODES_KEPT`` listings of devices are gone within 5 minutes of their answer."""

log = structlog.get_logger("orders")


async def erase_orders(hub: Hub) -> None:
    """What is older than the settings allow, and listings of devices sooner. Raises ``StoreUnavailable``."""
    now = hub.now()
    async with hub.store.transaction() as connection:
        erased = await orders.erase(connection, now, now - timedelta(seconds=hub.settings.retention.orders))
    if erased:
        log.info("orders erased", number=erased)
