"""Certificates that are due are issued, revoked or looked at, one after the other; what fails waits longer with each try.

One hall's trouble is one hall's: it waits by itself, and the next one is served. Only what befalls everybody (the authority's directory,
our account), or two halls in a row, lets all of them wait (``Holds``).

No job of ``hotspot.hub.jobs``: one certificate takes minutes, most of it waiting for DNS and the authority, and jobs take turns."""

import asyncio
import random
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec import Struct

from hotspot.hub.alarms import clean
from hotspot.hub.certificates import leftovers, renewals
from hotspot.hub.certificates.acme import LOOK_AGAIN, Acme, AuthorityAway, AuthorityRefused, RateLimited
from hotspot.hub.certificates.issue import Asked, issue, longest
from hotspot.hub.certificates.records import DnsFailed, Records
from hotspot.hub.certificates.requests import check_fits, check_zones, read_chain, read_request
from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable, audit, certificates, left_orders, marks, revocations
from hotspot.hub.store.certificates import WEEK, Row
from hotspot.hub.store.left_orders import Left
from hotspot.hub.store.pool import StoreRefused
from hotspot.hub.store.revocations import Revocation

SECONDS: Final = 5.0
"""Between two looks whether something is due."""
FIRST, FIRST_REFUSED, MOST = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=12)
"""Between two tries, doubled each time: after nobody answered, and after the authority said no. That one may have been a look at DNS that
failed, of which Let's Encrypt allows five for a name in an hour and gives one back every 12 minutes: 15, 30, 60 … minutes never use them up
(docs/decisions/0039)."""
MOST_ISSUED: Final = 4
"""Certificates of one gateway, or of the same names, in a week: Let's Encrypt gives 5 of the same names."""
MARGIN: Final = timedelta(minutes=1)
"""For which a process has one certificate for itself, beyond what ``issue`` may take."""
REVOKE: Final = timedelta(minutes=5)
"""For which it has one revocation: a few requests."""
IN_A_ROW: Final = 2
"""Halls that fail one after the other because the authority is away or has enough: it is no matter of theirs."""
HOLD_LEAST, HOLD_MOST, HOLD_GUESSED = 60.0, 86_400.0, 3_600.0
"""Seconds for which nothing is asked then; the last one when it is only guessed that it concerns all."""
HOLD: Final = "certificates held"
"""Mark: until when nothing is asked of the authority."""

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


class Lost(Exception):
    """It is somebody else's work by now, or is wanted no more."""


class Trouble(Struct, frozen=True):
    """A try failed for a reason that may be everybody's."""

    why: str
    wait: float
    """Seconds that the authority asked for; 0: it did not."""
    of_all: bool


Claimed = Row | Revocation | Left


class Work:
    """One round."""

    def __init__(self, hub: Hub, draw: Callable[[], float] = random.random) -> None:
        """``draw``: a number of 0 to 1 by chance, so that halls that fail together do not come back together."""
        self._hub, self._draw, self._name = hub, draw, secrets.token_hex(8)

    async def run(self) -> None:
        """Raises ``StoreUnavailable``."""
        settings = self._hub.settings.certificates
        if settings is None or settings.dns is None or not settings.directory or await self._held():
            return
        records, in_a_row = Records(settings.dns), list[Trouble]()
        async with AsyncExitStack() as stack:
            acme: Acme | None = None
            while (claimed := await self._claim(records)) is not None:
                try:
                    if acme is None:
                        acme = await stack.enter_async_context(Acme(settings))
                    trouble = await self._one(acme, records, claimed)
                finally:
                    await self._let_go(claimed)  # also when the process stops: the next one goes on at once
                in_a_row = [] if trouble is None else [*in_a_row, trouble]
                if trouble is not None and (trouble.of_all or len(in_a_row) >= IN_A_ROW):
                    await self._hold(trouble, in_a_row)
                    return
            if await self._look_due():
                if acme is None:
                    acme = await stack.enter_async_context(Acme(settings))
                await renewals.look(self._hub, acme, self._draw)

    # Who waits --------------------------------------------------------------------------------------------------------------------

    async def _held(self) -> bool:
        async with self._hub.store.connection() as connection:
            held = await marks.read(connection, HOLD)
        return held is not None and held.at > self._hub.now()

    async def _hold(self, last: Trouble, in_a_row: list[Trouble]) -> None:
        wait = min(last.wait, HOLD_MOST) if last.of_all else min(*(one.wait for one in in_a_row), HOLD_GUESSED)
        until = self._hub.now() + timedelta(seconds=max(HOLD_LEAST, wait))
        log.warning("nothing is asked of the authority", until=until.isoformat(), why=last.why)
        async with self._hub.store.connection() as connection:
            await marks.write(connection, HOLD, until, {"why": last.why})

    async def _look_due(self) -> bool:
        async with self._hub.store.connection() as connection:
            return await certificates.look_due(connection, self._hub.now())

    async def _claim(self, records: Records) -> Claimed | None:
        now = self._hub.now()
        async with self._hub.store.transaction() as connection:
            revocation = await revocations.claim(connection, now, now + REVOKE)
            if revocation is not None:
                return revocation
            if (left := await left_orders.claim(connection, now, now + REVOKE)) is not None:
                return left
            return await certificates.claim(connection, now, self._name, now + lease(records))

    async def _let_go(self, claimed: Claimed) -> None:
        """A revocation that was not tried is due again; one that was has its next moment."""
        if isinstance(claimed, Row):
            async with self._hub.store.connection() as connection:
                await certificates.release(connection, claimed)

    # What is done -----------------------------------------------------------------------------------------------------------------

    async def _one(self, acme: Acme, records: Records, claimed: Claimed) -> Trouble | None:
        """None: it is done, or failed for a reason of its own."""
        try:
            if isinstance(claimed, Revocation):
                await self._revoke(acme, claimed)
            elif isinstance(claimed, Left):
                await leftovers.look(self._hub, acme, records, claimed)
            else:
                await self._issue(acme, records, claimed)
        except (StoreUnavailable, StoreRefused):
            raise
        except asyncio.CancelledError:
            async with self._hub.store.connection() as connection:
                if isinstance(claimed, Revocation):
                    await revocations.again(connection, claimed, self._hub.now())
                elif isinstance(claimed, Left):
                    await left_orders.again(connection, claimed, self._hub.now(), claimed.tries)
            raise
        except Lost as error:
            log.info("certificate left to others", gateway=claimed.gateway, why=str(error))
        except AuthorityAway as error:
            limited = isinstance(error, RateLimited)
            await self._failed(claimed, str(error), FIRST, error.wait, counts=not limited)
            return Trouble(clean(str(error)), error.wait, error.of_all)
        except DnsFailed as error:
            await self._failed(claimed, str(error), FIRST)
        except (AuthorityRefused, ValueError) as error:
            await self._failed(claimed, str(error), FIRST_REFUSED, forget_order=True)
        except Exception as error:  # whatever is strange about one hall's answers must not keep all others waiting; it is logged in full
            log.exception("certificate failed", gateway=claimed.gateway)
            await self._failed(claimed, f"{type(error).__name__}: {error}", FIRST_REFUSED, forget_order=True)
        return None

    async def _issue(self, acme: Acme, records: Records, row: Row) -> None:
        hub, settings = self._hub, self._hub.settings.certificates
        assert settings is not None
        if not row.csr or row.ready or row.renewing:
            async with hub.store.connection() as connection:
                await certificates.idle(connection, row)
            return
        request = read_request(row.csr)
        check_zones(request.names, row.partner, settings.zones)
        async with hub.store.connection() as connection:
            lately = await certificates.lately(connection, row.gateway_id, request.names, hub.now())
        if len(lately) >= MOST_ISSUED:
            wait = (lately[-MOST_ISSUED] + WEEK - hub.now()).total_seconds()
            await self._failed(row, f"{len(lately)} certificates in a week: the next one waits", FIRST, wait, counts=False)
            return

        async def note(order_url: str) -> None:
            async with hub.store.connection() as connection:
                if not await certificates.ordered(connection, row, order_url):
                    raise Lost("another request has come, its key is not wanted any more, or another process is at work on it")

        pem = await issue(acme, records, Asked(request, row.order_url, _replaced(row)), note)
        async with hub.store.connection() as connection:
            await certificates.note_issue(connection, row.gateway_id, request.names, hub.now())
        chain, now = read_chain(pem), hub.now()
        check_fits(chain, request, now)
        look_at = now + timedelta(seconds=LOOK_AGAIN)
        async with hub.store.transaction() as connection:
            taken = await certificates.issued(connection, row, chain.pem, (chain.begins, chain.ends), look_at)
            if taken:
                detail = {"names": list(chain.names), "until": chain.ends.isoformat()}
                await audit.write(
                    connection, "hub", "certificate.issue", partner=row.partner, hall=row.hall, subject=row.gateway, detail=detail
                )
            else:
                await leftovers.revoke_unused(connection, row.gateway_id, chain, now)
        log.info("certificate issued", gateway=row.gateway, until=chain.ends.isoformat(), taken=taken)

    async def _revoke(self, acme: Acme, revocation: Revocation) -> None:
        """One that has ended needs no revocation."""
        chain = read_chain(revocation.chain)
        if chain.ends > self._hub.now():
            await acme.revoke(chain.der, revocation.reason)
        async with self._hub.store.transaction() as connection:
            await revocations.done(connection, revocation)
            whose = revocation
            await audit.write(connection, "hub", "certificate.revoked", partner=whose.partner, hall=whose.hall, subject=whose.gateway)
        log.info("certificate revoked", gateway=revocation.gateway)

    async def _failed(
        self, claimed: Claimed, why: str, first: timedelta, at_least: float = 0.0, *, counts: bool = True, forget_order: bool = False
    ) -> None:
        now, why = self._hub.now(), clean(why)
        next_try: datetime = now + max(_backoff(first, claimed.tries, self._draw()), timedelta(seconds=at_least))
        what = {Row: "no certificate", Revocation: "certificate not revoked", Left: "order not looked at"}[type(claimed)]
        log.warning(what, gateway=claimed.gateway, why=why, tries=claimed.tries + 1, next=next_try.isoformat())
        async with self._hub.store.connection() as connection:
            if isinstance(claimed, Row):
                await certificates.failed(connection, claimed, why, now, next_try, counts=counts, forget_order=forget_order)
            elif isinstance(claimed, Left):
                await left_orders.again(connection, claimed, next_try, claimed.tries + int(counts))
            else:
                await revocations.failed(connection, claimed, why, now, next_try, counts=counts)


def lease(records: Records) -> timedelta:
    """For which a process has one certificate for itself."""
    return timedelta(seconds=longest(records)) + MARGIN


def _replaced(row: Row) -> str:
    """Name of the certificate that the gateway has; "": none."""
    if not row.chain:
        return ""
    try:
        return read_chain(row.chain).renewal_id
    except ValueError:
        return ""


def _backoff(first: timedelta, tries: int, chance: float) -> timedelta:
    """Once, twice, four times … the first, never quite."""
    longest_wait: timedelta = min(MOST, first * 2 ** min(tries, 20))
    return longest_wait * (0.75 + 0.5 * chance)
