"""The second step of a login: a code or a passkey, once. Wrong ones are slowed down more than wrong passwords are, and counted apart from
them, so that nobody who does not know the password can slow down the codes of whoever does."""

from datetime import datetime
from typing import Final

import structlog

from hotspot.hub import logins as pace
from hotspot.hub.api.problems import TooMany, Unauthorized
from hotspot.hub.factors import codes, passkeys
from hotspot.hub.factors.passkeys import Place
from hotspot.hub.hub import Hub
from hotspot.hub.store import Connection, audit, factors, people
from hotspot.hub.store import logins as attempts
from hotspot.hub.store.factors import Kind

APP, PASSKEY, RECOVERY = "totp", "passkey", "recovery"
"""How somebody got in, for the audit log."""
_WRONG: Final = "code: expected the one that your app shows now, or a recovery code that was never used"

log = structlog.get_logger("factors")


def _counted(name: str) -> str:
    """The name under which wrong codes are counted: no door takes text with NUL, so nobody can fail to log in with it."""
    return f"\0code of {name}"


async def by_code(hub: Hub, user: people.User, code: str, source: str) -> str:
    """How, when the code is right; it is used up then. Raises ``TooMany`` and ``Unauthorized``."""
    now = hub.now()
    await _paced(hub, user.name, source, now)
    async with hub.store.transaction() as connection:
        if codes.looks_like_app(code):
            if await _app(connection, user.id, code, now):
                return APP
        elif await factors.use_code(connection, user.id, codes.hashed(code)):
            return RECOVERY
    raise Unauthorized(_WRONG)


async def _app(connection: Connection, user_id: int, code: str, now: datetime) -> bool:
    for factor in await factors.of_user(connection, user_id):
        if factor.kind is Kind.TOTP:
            step = codes.matching_step(factor.key, code, codes.step_of(now.timestamp()), factor.last_step)
            return step is not None and await factors.use_app(connection, factor.id, step, now)
    return False


async def by_passkey(hub: Hub, user: people.User, session: int, where: Place, answer: str, source: str) -> str:
    """How, when the passkey's answer is right; its challenge is used up in any case. Raises ``TooMany`` and ``Unauthorized``."""
    now = hub.now()
    await _paced(hub, user.name, source, now)
    async with hub.store.transaction() as connection:
        challenge = await factors.take_challenge(connection, session)
    try:
        credential = passkeys.credential_of(answer)
        async with hub.store.transaction() as connection:
            for one in await factors.of_user(connection, user.id):
                if challenge and one.credential_id == credential:
                    count = passkeys.used(where, challenge, answer, one.key, one.sign_count)
                    if await factors.use_passkey(connection, one.id, count, now):
                        return PASSKEY
    except passkeys.Wrong as error:
        log.info("passkey refused", why=str(error)[:200])
    raise Unauthorized("passkey: expected the answer of one of yours to what it was asked last")


async def _paced(hub: Hub, name: str, source: str, now: datetime) -> None:
    """The attempt counts as failed until it is not (``succeeded``): those that come at the same time would all be free otherwise."""
    async with hub.store.transaction() as connection:
        tries = await attempts.tries(connection, _counted(name), source, now - pace.DAY)
        seconds = pace.wait_for_code(tries, now)
        if seconds:
            raise TooMany(f"too many failures: try again in {seconds:.0f} s", seconds)
        await attempts.failed(connection, _counted(name), source, now, now - pace.DAY)
        if tries.failures + 1 == pace.FREE:
            detail = {"failures": pace.FREE, "at": "second factor"}
            await audit.write(connection, "hub", "user.login_slowed", subject=name, detail=detail)


async def succeeded(connection: Connection, name: str, source: str, now: datetime) -> None:
    """Somebody is in, with all that was asked for: they are known from this source."""
    await attempts.succeeded(connection, name, source, now)
    await attempts.succeeded(connection, _counted(name), source, now)
