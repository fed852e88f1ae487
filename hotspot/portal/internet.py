"""Is the WAN up? A TCP connection to one of the configured targets, without a byte sent, says so."""

import asyncio

import structlog

from hotspot.portal.office import Office
from hotspot.portal.settings import Internet

log = structlog.get_logger("internet")


async def reachable(host: str, port: int, timeout: float) -> bool:  # noqa: ASYNC109  the bound of one connection, not of the caller
    """True when the target takes a connection within ``timeout`` seconds."""
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


async def check(internet: Internet) -> bool:
    """True when any target is reachable, or none is configured. All are tried at once: one dead target must not delay the answer."""
    if not internet.targets:
        return True
    async with asyncio.TaskGroup() as tasks:
        tries = [tasks.create_task(reachable(host, port, internet.timeout)) for host, port in internet.targets]
    return any(one.result() for one in tries)


async def run(office: Office) -> None:
    """Check at every interval, until cancelled."""
    while True:
        internet = office.settings.internet
        up = await check(internet)
        if up != office.internet_up:
            log.warning("internet up" if up else "internet down")
        office.internet_up = up
        office.metrics.internet_up.set(up)
        await asyncio.sleep(internet.interval)
