"""What people do with their own second factors: set one up, take one away, get other recovery codes. Each in the caller's transaction."""

from datetime import datetime
from secrets import token_bytes

from msgspec import Struct

from hotspot.hub.api.problems import Conflict, NotFound, Unauthorized
from hotspot.hub.factors import codes, passkeys
from hotspot.hub.factors.passkeys import Place
from hotspot.hub.store import Connection, audit, factors, people
from hotspot.hub.store.sessions import Session


class NotRight(Exception):
    """The code, or the browser's answer, does not show that the factor works."""


class Setup(Struct, frozen=True):
    """What somebody needs for setting up an app."""

    key: str
    """To be typed, in groups of four."""
    address: str
    """For the QR code."""


async def app(connection: Connection, session: Session, where: Place) -> Setup:
    """The key of the app that is being set up in a session; the same until it is. Raises ``Unauthorized``."""
    key = await factors.new_key(connection, session.id, token_bytes(codes.KEY_BYTES))
    if key is None:
        raise Unauthorized("session: expected one that lasts")
    text = codes.text_key(key)
    groups = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return Setup(groups, codes.address(key, session.user, where.host))


async def add_app(connection: Connection, session: Session, code: str, now: datetime) -> None:
    """Its first code is right. Raises ``NotRight``, and ``Conflict`` when there is an app already."""
    key = await factors.new_key(connection, session.id, token_bytes(codes.KEY_BYTES))
    step = None if key is None else codes.matching_step(key, code, codes.step_of(now.timestamp()), 0)
    if key is None or step is None:
        raise NotRight
    if not await factors.add_app(connection, session.user_id, "", key, step, now):
        raise Conflict("app: expected no other app; remove that one first")
    await factors.forget_new_key(connection, session.id)
    await _said(connection, session, "user.factor_add", "totp")


async def challenge(connection: Connection, session: Session) -> bytes:
    """What a passkey shall sign. Raises ``Unauthorized``."""
    found = await factors.challenge(connection, session.id, token_bytes(passkeys.CHALLENGE_BYTES))
    if found is None:
        raise Unauthorized("session: expected one that lasts")
    return found


async def add_passkey(
    connection: Connection, session: Session, where: Place, name: str, asked: bytes | None, answer: str, now: datetime
) -> None:
    """The browser has made it; ``asked``: the challenge, taken. Raises ``NotRight``, and ``Conflict`` when somebody has it already."""
    if not asked:
        raise NotRight
    try:
        made = passkeys.made(where, asked, answer)
    except passkeys.Wrong as error:
        raise NotRight(str(error)) from None
    if not await factors.add_passkey(connection, session.user_id, name, made.credential_id, made.public_key, made.sign_count, now):
        raise Conflict("passkey: expected one that is not known yet")
    await _said(connection, session, "user.factor_add", "passkey")


async def remove(connection: Connection, session: Session, factor: int) -> None:
    """One is gone; with the last one the recovery codes. Raises ``NotFound``, and ``Conflict`` for the last one that a role needs."""
    await people.user(connection, session.user, lock=True)  # two removals at once would each leave the other's
    mine = await factors.of_user(connection, session.user_id)
    found = next((one for one in mine if one.id == factor), None)
    if found is None:
        raise NotFound(f"factor = {factor}: expected the number of one of yours")
    if len(mine) == 1:
        if session.role.needs_second_factor:
            raise Conflict(f"factor = {factor}: expected not the last one: role {session.role.value} needs one, set up another one first")
        await factors.remove_all(connection, session.user_id)
    else:
        await factors.remove(connection, session.user_id, factor)
    await _said(connection, session, "user.factor_remove", found.kind.value)


async def fresh_codes(connection: Connection, session: Session, now: datetime) -> list[str]:
    """Ten recovery codes, which are shown once; those of before are worth nothing any more."""
    made = [codes.recovery(token_bytes(codes.CODE_BYTES)) for _ in range(codes.HOW_MANY)]
    await factors.give_codes(connection, session.user_id, [codes.hashed(one) for one in made], now)
    await audit.write(connection, f"user {session.user}", "user.recovery_codes", partner=session.partner, subject=session.user)
    return made


async def first_codes(connection: Connection, session: Session, now: datetime) -> list[str]:
    """The same for whoever has none; else nothing."""
    return [] if await factors.codes_left(connection, session.user_id) else await fresh_codes(connection, session, now)


async def _said(connection: Connection, session: Session, action: str, kind: str) -> None:
    detail = {"kind": kind}
    await audit.write(connection, f"user {session.user}", action, partner=session.partner, subject=session.user, detail=detail)
