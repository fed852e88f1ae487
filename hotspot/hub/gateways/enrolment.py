"""A gateway shows its one-time token, and is known from then on; and it gets other credentials later."""

import re
from datetime import datetime
from typing import Final

import structlog

from hotspot import wire
from hotspot.hub.gateways.refusals import Refusal
from hotspot.hub.hub import Hub
from hotspot.hub.store import Connection, audit, credentials, findings
from hotspot.hub.store.credentials import MOST_ZONES, Enrolment
from hotspot.hub.store.tenants import Gateway
from hotspot.hub.tokens import KINDS, derived, hashed, make

LARGEST: Final = 8_192
"""Bytes of the request of a stranger."""
_FORM: Final = re.compile(rf"{KINDS['enrolment']}_[A-Za-z0-9_-]{{43}}")

log = structlog.get_logger("gateways")


async def enrol(hub: Hub, wanted: wire.Enrol) -> wire.Enrolled:
    """Make a gateway, or take one over. The same attempt again, whose answer was lost, gets the same answer, as long as nobody has used it.
    Raises ``Refusal`` with code ``token``, and ``StoreUnavailable``."""
    if not _FORM.fullmatch(wanted.token):
        raise _no("expected a token as the hub printed it, beginning with hse_")
    if len(wanted.zones) > MOST_ZONES:
        raise Refusal(400, "bad_request", f"zones: expected at most {MOST_ZONES}, got {len(wanted.zones)}")
    now = hub.now()
    secret = make("credential") if wanted.attempt is None else derived("credential", wanted.token, wanted.attempt)
    async with hub.store.transaction() as connection:
        token = await credentials.enrolment_of_token(connection, hashed(wanted.token))
        why = _why_not(token, now)
        if token is not None and why is None:
            gateway_id, name = await credentials.use(connection, token, wanted.software, wanted.zones, now)
            await credentials.give(connection, gateway_id, hashed(secret), now)
            detail = {
                "enrolment": token.name,
                "software": wanted.software,
                "zones": sorted(set(wanted.zones)),
                "replaced": token.gateway is not None,
            }
            await audit.write(
                connection, f"gateway {name}", "gateway.enrol", partner=token.partner, hall=token.hall, subject=name, detail=detail
            )
            log.info("gateway enrolled", gateway=name, hall=token.hall)
            return wire.Enrolled(gateway=name, hall=token.hall, credential=secret)
        if token is not None and token.used_at is not None:
            given = await credentials.find(connection, hashed(secret))
            if given is not None and given.used is None and given.ended is None and token.open:
                log.info("enrolment said again", gateway=given.gateway.name, hall=token.hall)
                return wire.Enrolled(gateway=given.gateway.name, hall=token.hall, credential=secret)
            await _tell(connection, token, now)
    raise _no(why or "it is not known")


def _why_not(token: Enrolment | None, now: datetime) -> str | None:
    """Why a token is worth nothing; None: it is good."""
    again = "expected a fresh token: have another one made at the hub"
    if token is None:
        return f"it is not known: {again}"
    if token.used_at is not None:
        used = f"it was used already, {token.used_at:%Y-%m-%d %H:%M} UTC"
        return f"{used}: {again}, and if it was not you who used it, have that gateway revoked"
    if token.withdrawn_at is not None:
        return f"it was withdrawn: {again}"
    if token.expires_at <= now:
        return f"it expired {token.expires_at:%Y-%m-%d %H:%M} UTC: {again}"
    return None if token.open else "its hall is closed, or its town has left"


async def _tell(connection: Connection, token: Enrolment, now: datetime) -> None:
    """A used token was shown again: two have it, or an answer was lost."""
    log.warning("enrolment token used twice", hall=token.hall, gateway=token.gateway)
    await credentials.tried_again(connection, token.id, now)
    detail = f"enrolment token {token.name} was shown again after its use: by whom? Or did the answer to its first use not arrive?"
    await findings.record(connection, [findings.Finding(token.hall_id, token.gateway_id or 0, "token_reused", detail)], now)


async def rotate(hub: Hub, gateway: Gateway) -> wire.Rotated:
    """Another credential; those before go on until it is used. Raises ``StoreUnavailable``."""
    now = hub.now()
    secret = make("credential")
    async with hub.store.transaction() as connection:
        await credentials.give(connection, gateway.id, hashed(secret), now)
    return wire.Rotated(credential=secret)


def _no(why: str) -> Refusal:
    return Refusal(400, "token", f"token: {why}")
