"""A gateway asks for its portal's certificate, again and again, until it has it and when it needs another one."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from hotspot.hub.certificates.requests import Request, beyond, check_fits, check_zones, read_chain, read_request
from hotspot.hub.certificates.settings import Certificates
from hotspot.hub.gateways.refusals import Refusal
from hotspot.hub.hub import Hub
from hotspot.hub.store import Connection, audit, certificates
from hotspot.hub.store.certificates import Row
from hotspot.hub.store.tenants import Gateway
from hotspot.wire_certificate import Certified, Certify

SOON: Final = 20.0
"""Seconds after which a gateway that waits asks again …"""
SELDOM: Final = 600.0
"""… when the next try is far off; and for one that has what it wants, which is how long staff's wish for another key takes."""
SETTLE: Final = timedelta(minutes=10)
"""A gateway that asks with another key again and again is not heard more often than this."""

log = structlog.get_logger("certificates")


async def certify(hub: Hub, gateway: Gateway, wanted: Certify) -> Certified:
    """How it stands with the certificate for that request. Raises ``Refusal`` for one that is none."""
    settings, now = hub.settings.certificates, hub.now()
    if settings is None:
        return Certified(state="off", why="this hub has no section [certificates]")
    try:
        request = read_request(wanted.csr)
    except ValueError as error:
        raise Refusal(400, "bad_request", str(error)) from None
    async with hub.store.transaction() as connection:
        row = await certificates.one(connection, gateway.id, lock=True)
        if row is None or not row.names:
            why = f"it asks for {', '.join(request.names)}, and staff gave it no names yet: hotspot hub certificates names"
            await _note_refused(connection, gateway, row, why, now)
            return Certified(state="off", why=f"{why} {gateway.name} NAME"[:500], wait=SELDOM)
        refused = _refused(request, row, gateway, settings.zones)
        await _note_refused(connection, gateway, row, refused, now)
        if refused:
            return Certified(state="refused", why=refused[:500], wait=SELDOM)
        if request.key_hash in row.unwanted:
            return Certified(state="waiting", renew=True, why="this key is not wanted any more", wait=SOON)
        if row.csr and (wanted.csr == row.csr or request.same(read_request(row.csr))):
            return _standing(row, now)
        if row.asked_at is not None and now - row.asked_at < SETTLE and not row.renewing and row.csr:
            return Certified(state="waiting", why="another key came a moment ago", wait=SETTLE.total_seconds())
        there = _there(request, row, now)  # names were given anew, and it has a certificate for them
        await certificates.asked(connection, gateway.id, wanted.csr, request.key_hash, now, try_at(settings, now, there), ready=there)
        await _audit(connection, gateway, request)
        fresh = await certificates.one(connection, gateway.id)
    assert fresh is not None
    return _standing(fresh, now)


def try_at(settings: Certificates, now: datetime, there: bool) -> datetime | None:
    """When the authority is asked; None: not at all."""
    return now if settings.directory and not there else None


def _there(request: Request, row: Row, now: datetime) -> bool:
    """Not one with a name that was taken from the gateway: that is somebody else's by now, or nobody's."""
    if not row.chain or beyond(row.chain, row.names):
        return False
    try:
        check_fits(read_chain(row.chain), request, now)
    except ValueError:
        return False
    return True


async def _note_refused(connection: Connection, gateway: Gateway, row: Row | None, why: str, now: datetime) -> None:
    """Staff see it until it asks for what is its own."""
    if why != ("" if row is None else row.refused):
        await certificates.refused(connection, gateway.id, why[:500], now)
        if why:
            log.warning("certificate refused", gateway=gateway.name, why=why)


def _refused(request: Request, row: Row, gateway: Gateway, zones: dict[str, tuple[str, ...]]) -> str:
    """Why these names are none of that gateway's; "": they are."""
    foreign = sorted(set(request.names) - set(row.names))
    if foreign:
        return f"csr: name {foreign[0]!r}: expected only names that staff gave to {gateway.name}: {', '.join(row.names)}"
    try:
        check_zones(request.names, gateway.partner, zones)
    except ValueError as error:
        return f"csr: {error}"
    return ""


def _standing(row: Row, now: datetime) -> Certified:
    if row.ready and row.ends_at is not None and row.ends_at <= now:
        return Certified(state="waiting", renew=True, why="the certificate for that key has ended", wait=SOON)
    if row.ready:
        return Certified(state="ready", chain=row.chain, wait=SELDOM)
    left = SOON if row.next_try_at is None else (row.next_try_at - now).total_seconds()
    why = row.failure or ("the authority is asked" if row.next_try_at is not None else "staff put it in: hotspot hub certificates install")
    return Certified(state="waiting", why=why[:500], wait=min(max(SOON, left), SELDOM))


async def _audit(connection: Connection, gateway: Gateway, request: Request) -> None:
    detail = {"names": list(request.names), "key": request.key_hash.hex()}
    await audit.write(
        connection,
        f"gateway {gateway.name}",
        "certificate.ask",
        partner=gateway.partner,
        hall=gateway.hall,
        subject=gateway.name,
        detail=detail,
    )
