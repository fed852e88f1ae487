"""What is done on the hub itself before anybody can ask its API: the tables, and the first administrator."""

import re
from datetime import datetime, timedelta
from typing import Final, TypedDict

from hotspot.hub.access import ALLOWED, Role
from hotspot.hub.hub import now
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store, audit, factors, migrations, people, sessions
from hotspot.hub.tokens import hashed, make

HERE: Final = people.HERE
HERE_NAME: Final = "Befehle am Hub selbst"
HERE_MINUTES: Final = 15.0
"""For one command, and for an export of a large town."""


class FirstAdmin(TypedDict):
    """An administrator and the token that is shown once."""

    user: str
    token: str
    expires_at: str


async def migrate(_: Settings, store: Store) -> list[str]:
    """Bring the tables up to date; returns the names of what was carried out. Raises ``CannotMigrate``."""
    async with store.connection() as connection:
        return await migrations.migrate(connection)


async def first_admin(store: Store, name: str, hours: float, clock: datetime | None = None, *, forgotten: bool = False) -> FirstAdmin:
    """Make an administrator of the host, or give the one of that name a new token, while no administrator can get in otherwise: whoever
    can read the hub's settings could change the database anyway. ``forgotten``: this administrator's password or second factor is lost;
    both are taken away, and sessions end. Raises ``ValueError``."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,39}", name):
        raise ValueError(f"name = {name!r}: expected lower case letters, digits, '.', '_' and '-', at most 40")
    if name == HERE:
        raise ValueError(f"name = {name!r}: expected another one: this is the user of commands on the hub itself (hotspot hub --here)")
    at = clock or now()
    if await _pending(store):
        raise ValueError("the tables are not there yet: run 'hotspot hub migrate'")
    secret, until = make("token"), at + timedelta(hours=hours)
    async with store.transaction() as connection:
        await people.lock(connection)
        ways = await people.ways_of_administrators(connection, at)
        if forgotten and name not in ways:
            raise ValueError(f"name = {name!r}: expected an administrator who has a password: {', '.join(ways) or 'there is none'}")
        if ways and not forgotten:
            raise ValueError(f"{ways[0]} is an administrator who can log in: ask them (hotspot hub user create, hotspot hub token create)")
        user = await people.user(connection, name, lock=True)
        if user is not None and (user.role is not Role.HOST_ADMIN or user.disabled_at is not None):
            raise ValueError(f"name = {name!r}: expected a name that no other user has")
        user_id = await people.add_user(connection, name, Role.HOST_ADMIN, None) if user is None else user.id
        await people.add_token(connection, user_id, f"first {at:%Y-%m-%d %H.%M.%S}", hashed(secret), ALLOWED[Role.HOST_ADMIN], until)
        if forgotten:
            await people.set_password(connection, user_id, "")
            await factors.remove_all(connection, user_id)
            await sessions.end_all(connection, user_id)
        await audit.write(connection, "hub", "user.first_admin", subject=name, detail={"forgotten": True} if forgotten else None)
    return {"user": name, "token": secret, "expires_at": until.isoformat()}


async def here(store: Store, clock: datetime | None = None) -> str:
    """A token for one command of whoever may read the hub's settings on the hub itself, and so could change the database anyway: that of
    the program user ``HERE``, good for ``HERE_MINUTES``. It is kept nowhere. Raises ``ValueError``."""
    at = clock or now()
    if await _pending(store):
        raise ValueError("the tables are not there yet: run 'hotspot hub migrate'")
    secret = make("token")
    async with store.transaction() as connection:
        await people.lock(connection)
        user = await people.user(connection, HERE, lock=True)
        if user is not None and (user.role is not Role.HOST_ADMIN or user.disabled_at is not None or user.has_password):
            raise ValueError(f"user {HERE!r}: expected nobody of that name, or an administrator of the host without password: rename them")
        user_id = await people.add_user(connection, HERE, Role.HOST_ADMIN, None, HERE_NAME) if user is None else user.id
        await people.forget_ended_tokens(connection, user_id, at)
        name = f"here {at:%Y-%m-%d %H.%M.%S.%f}"
        await people.add_token(connection, user_id, name, hashed(secret), ALLOWED[Role.HOST_ADMIN], at + timedelta(minutes=HERE_MINUTES))
        await audit.write(connection, "hub", "user.here", subject=HERE)
    return secret


def here_url(settings: Settings) -> str:
    """Where commands on the hub itself reach it: by the loopback as long as it speaks no TLS itself, else by its name. Raises
    ``ValueError``."""
    if settings.certificate is not None:
        if not settings.url:
            raise ValueError("url is not in the settings: expected the address that its certificate is for")
        return settings.url
    host, port = settings.listen[0]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _pending(store: Store) -> bool:
    async with store.connection() as connection:
        return bool(await migrations.pending(connection))
