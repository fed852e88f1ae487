"""How gateways prove who they are: one-time tokens, and the credentials that they get for them. Only hashes are here.

Whatever ends a credential tells all processes with the signal ``credential`` and the gateway's id, in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from hotspot.hub.store import tenants
from hotspot.hub.store.pool import Connection, notify

MOST_UNUSED = 3
"""Credentials of a gateway that were given and never used: answers to ``ROTATE`` may be lost, but not for ever."""
MOST_SUPERSEDED = 20
"""Of those that nobody used and that others took the place of, so many are remembered: a gateway that asks without end fills nothing."""
MOST_ZONES = 64
"""Of a gateway, at enrolment."""


class Credential(Struct, frozen=True, kw_only=True):
    """One that was found by its hash, with its gateway."""

    id: int
    made: datetime
    used: datetime | None
    """For the first time."""
    ended: datetime | None
    why: str
    """It ended: rotated, superseded, replaced, revoked."""
    gateway: tenants.Gateway
    rotate_from: datetime | None
    """Staff want credentials rotated that were made before."""


class Given(Struct, frozen=True, kw_only=True):
    """A credential of a gateway, for staff."""

    made: datetime
    used: datetime | None
    ended: datetime | None
    why: str


class Enrolment(Struct, frozen=True, kw_only=True):
    """A one-time token."""

    id: int
    name: str
    hall_id: int
    hall: str
    partner: str
    gateway_id: int | None
    gateway: str | None
    """To be taken over; of a used token the one that was made or taken over."""
    created_at: datetime
    created_by: str
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None
    tried_again_at: datetime | None
    open: bool
    """Hall and partner take part."""


_ENROLMENT = (
    "SELECT e.id, e.name, e.hall_id, h.name AS hall, p.name AS partner, e.gateway_id, g.name AS gateway, e.created_at, e.created_by, "
    "e.expires_at, e.used_at, e.withdrawn_at, e.tried_again_at, h.closed_at IS NULL AND p.left_at IS NULL AS open "
    "FROM enrolments e JOIN halls h ON h.id = e.hall_id JOIN partners p ON p.id = h.partner_id LEFT JOIN gateways g ON g.id = e.gateway_id"
)


# Credentials ------------------------------------------------------------------------------------------------------------------------


async def find(connection: Connection, secret_hash: bytes) -> Credential | None:
    """By the hash of what a gateway shows, also one that has ended."""
    row = await connection.fetchrow(
        "SELECT c.id, c.created_at AS made, c.first_used_at AS used, c.ended_at AS ended, c.ended_why AS why, g.rotate_from, "
        "g.id AS gateway_id, g.hall_id, h.name AS hall, p.name AS partner, g.name, g.created_at, g.revoked_at "
        "FROM credentials c JOIN gateways g ON g.id = c.gateway_id JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id "
        "WHERE c.secret_hash = $1",
        secret_hash,
    )
    if row is None:
        return None
    of_gateway = ("hall_id", "hall", "partner", "name", "created_at", "revoked_at")
    gateway = tenants.Gateway(id=row["gateway_id"], **{name: row[name] for name in of_gateway})
    of_credential = ("id", "made", "used", "ended", "why", "rotate_from")
    return Credential(gateway=gateway, **{name: row[name] for name in of_credential})


async def alive(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Which of these credentials are good now."""
    rows = await connection.fetch(
        "SELECT c.id FROM credentials c JOIN gateways g ON g.id = c.gateway_id "
        "WHERE c.id = ANY ($1::int[]) AND c.ended_at IS NULL AND g.revoked_at IS NULL",
        ids,
    )
    return {row["id"] for row in rows}


async def give(connection: Connection, gateway_id: int, secret_hash: bytes, now: datetime) -> None:
    """Another credential of a gateway; those before go on. Of those that were never used only the newest stay."""
    await connection.execute("SELECT 1 FROM gateways WHERE id = $1 FOR UPDATE", gateway_id)
    await connection.execute(
        "INSERT INTO credentials (gateway_id, secret_hash, created_at) VALUES ($1, $2, $3)", gateway_id, secret_hash, now
    )
    await connection.execute(
        "WITH unused AS (SELECT id FROM credentials WHERE gateway_id = $1 AND ended_at IS NULL AND first_used_at IS NULL "
        "ORDER BY id DESC OFFSET $3) "
        "UPDATE credentials c SET ended_at = $2, ended_why = 'superseded' FROM unused WHERE c.id = unused.id",
        gateway_id,
        now,
        MOST_UNUSED,
    )
    await connection.execute(
        "DELETE FROM credentials WHERE id IN (SELECT id FROM credentials WHERE gateway_id = $1 AND ended_why = 'superseded' "
        "AND first_used_at IS NULL ORDER BY id DESC OFFSET $2)",
        gateway_id,
        MOST_SUPERSEDED,
    )


async def begin(connection: Connection, credential: Credential, now: datetime) -> bool:
    """It is used for the first time: all others of its gateway end. False: another request was quicker."""
    await connection.execute("SELECT 1 FROM gateways WHERE id = $1 FOR UPDATE", credential.gateway.id)
    begun = await connection.fetchval(
        "UPDATE credentials SET first_used_at = $2 WHERE id = $1 AND first_used_at IS NULL AND ended_at IS NULL RETURNING true",
        credential.id,
        now,
    )
    if not begun:
        return False
    await connection.execute(
        "UPDATE credentials SET ended_at = $3, ended_why = 'rotated' WHERE gateway_id = $1 AND id <> $2 AND ended_at IS NULL",
        credential.gateway.id,
        credential.id,
        now,
    )
    await _tell(connection, credential.gateway.id)
    return True


async def of_gateway(connection: Connection, gateway_id: int) -> list[Given]:
    """All that it ever had, the newest first."""
    rows = await connection.fetch(
        "SELECT created_at AS made, first_used_at AS used, ended_at AS ended, ended_why AS why FROM credentials "
        "WHERE gateway_id = $1 ORDER BY id DESC LIMIT 100",
        gateway_id,
    )
    return [Given(**dict(row)) for row in rows]


async def revoke(connection: Connection, gateway_id: int, now: datetime) -> None:
    """The gateway may not speak to the hub any more: its credentials, polls, orders and the tokens for taking it over end at once."""
    await connection.execute("UPDATE gateways SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1", gateway_id, now)
    await _end(connection, gateway_id, "revoked", now)
    await connection.execute(
        "UPDATE orders SET expires_at = $2 WHERE gateway_id = $1 AND answered_at IS NULL AND expires_at > $2", gateway_id, now
    )
    await _withdraw_others(connection, gateway_id, now)


async def ask_rotation(connection: Connection, gateway_id: int, now: datetime) -> None:
    """The gateway's next receipt tells it to get another credential."""
    await connection.execute("UPDATE gateways SET rotate_from = $2 WHERE id = $1", gateway_id, now)
    await _tell(connection, gateway_id)


async def _end(connection: Connection, gateway_id: int, why: str, now: datetime) -> None:
    await connection.execute(
        "UPDATE credentials SET ended_at = $2, ended_why = $3 WHERE gateway_id = $1 AND ended_at IS NULL", gateway_id, now, why
    )
    await _tell(connection, gateway_id)


async def _tell(connection: Connection, gateway_id: int) -> None:
    await notify(connection, f"credential {gateway_id}")


# Enrolment --------------------------------------------------------------------------------------------------------------------------


async def add_enrolment(
    connection: Connection, name: str, hall_id: int, gateway_id: int | None, token_hash: bytes, by: str, now: datetime, expires_at: datetime
) -> None:
    """A token for a hall; with a gateway: for the box that takes its place."""
    await connection.execute(
        "INSERT INTO enrolments (name, hall_id, gateway_id, token_hash, created_by, created_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        name, hall_id, gateway_id, token_hash, by, now, expires_at,
    )  # fmt: skip


async def enrolments(connection: Connection, hall_id: int) -> list[Enrolment]:
    """The tokens of a hall, the newest first."""
    rows = await connection.fetch(f"{_ENROLMENT} WHERE e.hall_id = $1 ORDER BY e.id DESC LIMIT 200", hall_id)
    return [Enrolment(**dict(row)) for row in rows]


async def enrolment(connection: Connection, hall_id: int, name: str) -> Enrolment | None:
    """One of a hall, by name; it is locked until the transaction ends."""
    row = await connection.fetchrow(f"{_ENROLMENT} WHERE e.hall_id = $1 AND e.name = $2 FOR UPDATE OF e", hall_id, name)
    return None if row is None else Enrolment(**dict(row))


async def enrolment_of_token(connection: Connection, token_hash: bytes) -> Enrolment | None:
    """By the hash of the token; it is locked until the transaction ends, and its hall is not closed meanwhile."""
    row = await connection.fetchrow(f"{_ENROLMENT} WHERE e.token_hash = $1 FOR UPDATE OF e, h", token_hash)
    return None if row is None else Enrolment(**dict(row))


async def withdraw(connection: Connection, enrolment_id: int, now: datetime) -> None:
    """The token is worth nothing any more."""
    await connection.execute("UPDATE enrolments SET withdrawn_at = $2 WHERE id = $1", enrolment_id, now)


async def tried_again(connection: Connection, enrolment_id: int, now: datetime) -> None:
    """A used token was shown once more."""
    await connection.execute("UPDATE enrolments SET tried_again_at = $2 WHERE id = $1", enrolment_id, now)


async def use(connection: Connection, token: Enrolment, software: str, zones: Sequence[str], now: datetime) -> tuple[int, str]:
    """Make the gateway, or take it over, and mark the token as used; returns its id and name. The caller gives it a credential. Another
    token for the same place was made for the box that has gone, and is worth nothing from then on: nobody who has it, lost or printed, puts
    out the box that is there now."""
    gateway_id, name = token.gateway_id, token.gateway
    if gateway_id is None or name is None:
        gateway_id, name = await _add_gateway(connection, token.hall_id, token.hall, now)
    else:
        await connection.execute("UPDATE gateways SET revoked_at = NULL, rotate_from = NULL WHERE id = $1", gateway_id)
        await _end(connection, gateway_id, "replaced", now)
    await connection.execute("UPDATE gateways SET enrolled_at = $2, software = $3 WHERE id = $1", gateway_id, now, software)
    await connection.execute("UPDATE enrolments SET used_at = $2, gateway_id = $3 WHERE id = $1", token.id, now, gateway_id)
    await _withdraw_others(connection, gateway_id, now)
    await connection.execute(
        "INSERT INTO zones (hall_id, name, first_at, last_at) SELECT $1, name, $3, $3 FROM unnest($2::text[]) AS name ORDER BY name "
        "ON CONFLICT (hall_id, name) DO UPDATE SET last_at = excluded.last_at",
        token.hall_id,
        sorted(set(zones)),
        now,
    )
    return gateway_id, name


async def _withdraw_others(connection: Connection, gateway_id: int, now: datetime) -> None:
    """Tokens for taking this gateway over that nobody has used."""
    await connection.execute(
        "UPDATE enrolments SET withdrawn_at = $2 WHERE gateway_id = $1 AND used_at IS NULL AND withdrawn_at IS NULL", gateway_id, now
    )


async def _add_gateway(connection: Connection, hall_id: int, hall: str, now: datetime) -> tuple[int, str]:
    """``rathaus-1``, ``rathaus-2`` ...: the first that is free in all of the hub."""
    await connection.execute("SELECT 1 FROM halls WHERE id = $1 FOR UPDATE", hall_id)
    number = 1 + await connection.fetchval("SELECT count(*) FROM gateways WHERE hall_id = $1", hall_id)
    while True:
        name = f"{hall}-{number}"
        made: int | None = await connection.fetchval(
            "INSERT INTO gateways (hall_id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING RETURNING id",
            hall_id,
            name,
            now,
        )
        if made is not None:
            return made, name
        number += 1
