"""Certificates that are due are issued or revoked, one after the other; what fails waits longer with each try.

No job of ``hotspot.hub.jobs``: one certificate takes minutes, most of it waiting for DNS and the authority, and jobs take turns."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from hotspot.hub.certificates.acme import Acme, AuthorityAway, AuthorityRefused, RateLimited
from hotspot.hub.certificates.issue import issue
from hotspot.hub.certificates.records import DnsFailed, Records
from hotspot.hub.certificates.requests import check_fits, check_zones, read_chain, read_request
from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable, audit, certificates, marks
from hotspot.hub.store.certificates import WEEK, Row
from hotspot.hub.store.pool import StoreRefused

SECONDS: Final = 5.0
"""Between two looks whether something is due."""
FIRST, MOST = timedelta(minutes=1), timedelta(hours=12)
"""Between two tries, doubled each time. Let's Encrypt allows 5 failures of a name an hour: of 1, 2, 4 … minutes there are fewer."""
MOST_ISSUED: Final = 4
"""Certificates of one gateway in a week: Let's Encrypt gives 5 of the same names."""
LEASE: Final = timedelta(minutes=15)
"""For which a process has one certificate for itself: longer than ``issue`` may take."""
HOLD: Final = "certificates held"
"""Mark: until when nothing is asked of the authority."""
KEY_COMPROMISE: Final = 1
"""RFC 5280, 5.3.1: a key that others may know is the reason to revoke."""

log = structlog.get_logger("certificates")


async def run(hub: Hub) -> None:
    """All that is due, again and again, until cancelled; at once over when there is no authority to be asked."""
    settings = hub.settings.certificates
    while settings is not None and settings.directory:
        try:
            await Work(hub).run()
        except StoreUnavailable as error:
            log.warning("certificates not done", why=str(error))
        except StoreRefused as error:
            log.error("certificates failed", why=type(error).__name__, code=error.sqlstate)
        except (OSError, ValueError) as error:  # a file of the settings that was good at the start
            log.error("certificates failed", why=str(error))
        await asyncio.sleep(SECONDS)


class Work:
    """One round."""

    def __init__(self, hub: Hub, draw: Callable[[], float] = random.random) -> None:
        """``draw``: a number of 0 to 1 by chance, so that halls that fail together do not come back together."""
        self._hub, self._draw = hub, draw

    async def run(self) -> None:
        """Raises ``StoreUnavailable``."""
        hub, settings = self._hub, self._hub.settings.certificates
        if settings is None or settings.dns is None or not settings.directory:
            return
        async with hub.store.connection() as connection:
            held = await marks.read(connection, HOLD)
            if held is not None and held.at > hub.now():
                return
        async with Acme(settings) as acme:
            records = Records(settings.dns)
            while (claimed := await self._claim()) is not None:
                row, until = claimed
                try:
                    if not await self._one(acme, records, row, until):
                        return
                except asyncio.CancelledError:
                    await self._give_back(row, until, hub.now())  # the next process goes on at once
                    raise

    async def _claim(self) -> tuple[Row, datetime] | None:
        until = self._hub.now() + LEASE
        async with self._hub.store.transaction() as connection:
            row = await certificates.claim(connection, self._hub.now(), until)
        return None if row is None else (row, until)

    async def _give_back(self, row: Row, until: datetime, next_try: datetime | None) -> None:
        async with self._hub.store.connection() as connection:
            await certificates.give_back(connection, row.gateway_id, until, next_try)

    async def _one(self, acme: Acme, records: Records, row: Row, until: datetime) -> bool:
        """False: the authority wants to be left alone, with the others too."""
        try:
            if row.revoke:
                await self._revoke(acme, row)
            elif row.csr and not row.ready and not row.renew:
                await self._issue(acme, records, row)
            else:
                await self._give_back(row, until, None)
        except RateLimited as error:
            await self._failed(row, str(error), error.wait, counts=False)
            async with self._hub.store.connection() as connection:
                await marks.write(connection, HOLD, self._hub.now() + timedelta(seconds=error.wait), {"why": str(error)})
            return False
        except AuthorityAway as error:
            await self._failed(row, str(error), error.wait)
            return False
        except (AuthorityRefused, DnsFailed, ValueError) as error:
            await self._failed(row, str(error), 0.0)
        return True

    async def _issue(self, acme: Acme, records: Records, row: Row) -> None:
        hub, settings = self._hub, self._hub.settings.certificates
        assert settings is not None
        assert row.key_hash is not None
        request, key_hash = read_request(row.csr), row.key_hash
        check_zones(request.names, row.partner, settings.zones)
        lately = [at for at in row.issued if hub.now() - at < WEEK]
        if len(lately) >= MOST_ISSUED:
            wait = (lately[-MOST_ISSUED] + WEEK - hub.now()).total_seconds()
            await self._failed(row, f"{len(lately)} certificates in a week: the next one waits", wait, counts=False)
            return

        async def note(order_url: str) -> None:
            async with hub.store.connection() as connection:
                await certificates.ordered(connection, row.gateway_id, key_hash, order_url)

        pem = await issue(acme, records, request, row.order_url, note)
        chain, now = read_chain(pem), hub.now()
        check_fits(chain, request, now)
        async with hub.store.transaction() as connection:
            taken = await certificates.issued(connection, row.gateway_id, key_hash, pem, chain.begins, chain.ends, now)
            if taken:
                detail = {"names": list(chain.names), "until": chain.ends.isoformat()}
                await audit.write(
                    connection, "hub", "certificate.issue", partner=row.partner, hall=row.hall, subject=row.gateway, detail=detail
                )
        log.info("certificate issued", gateway=row.gateway, until=chain.ends.isoformat(), taken=taken)

    async def _revoke(self, acme: Acme, row: Row) -> None:
        await acme.revoke(read_chain(row.revoke).der, KEY_COMPROMISE)
        async with self._hub.store.transaction() as connection:
            await certificates.revoked(connection, row.gateway_id, row.revoke, self._hub.now())
            await audit.write(connection, "hub", "certificate.revoked", partner=row.partner, hall=row.hall, subject=row.gateway)
        log.info("certificate revoked", gateway=row.gateway)

    async def _failed(self, row: Row, why: str, at_least: float, *, counts: bool = True) -> None:
        now = self._hub.now()
        wait = max(_backoff(row.tries, self._draw()), timedelta(seconds=at_least))
        next_try: datetime = now + wait
        log.warning("no certificate", gateway=row.gateway, why=why, tries=row.tries + 1, next=next_try.isoformat())
        async with self._hub.store.connection() as connection:
            await certificates.failed(connection, row.gateway_id, row.key_hash, why[:500], now, next_try, counts=counts)


def _backoff(tries: int, chance: float) -> timedelta:
    """1, 2, 4 … minutes, never quite."""
    longest: timedelta = min(MOST, FIRST * 2 ** min(tries, 20))
    return longest * (0.75 + 0.5 * chance)
