"""Certificates of the gateways' portals: what each asked for, what it got, what is to be done."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from hotspot.hub.store.pool import Connection

WEEK = timedelta(days=7)


class Row(Struct, frozen=True, kw_only=True):
    """All of one gateway; columns as in ``0015_certificates.sql``."""

    gateway_id: int
    gateway: str
    hall: str
    partner: str
    names: tuple[str, ...]
    csr: str
    key_hash: bytes | None
    asked_at: datetime | None
    chain: str
    chain_key_hash: bytes | None
    begins_at: datetime | None
    ends_at: datetime | None
    issued: tuple[datetime, ...]
    order_url: str
    next_try_at: datetime | None
    tries: int
    failing_since: datetime | None
    failure: str
    renew: bool
    revoke: str

    @property
    def ready(self) -> bool:
        """What the gateway asked for is there."""
        return bool(self.chain) and self.chain_key_hash == self.key_hash


_ROW = (
    "SELECT c.*, g.name AS gateway, h.name AS hall, p.name AS partner FROM certificates c JOIN gateways g ON g.id = c.gateway_id "
    "JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id"
)
_ALIVE = "g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL"


async def one(connection: Connection, gateway: int, *, lock: bool = False) -> Row | None:
    """None: staff gave it no names. ``lock``: until the transaction is over nobody else changes it."""
    row = await connection.fetchrow(f"{_ROW} WHERE c.gateway_id = $1{' FOR UPDATE OF c' if lock else ''}", gateway)
    return None if row is None else _as_row(row)


async def listed(connection: Connection, partner: str | None) -> list[Row]:
    """Of all gateways in use, or those of a partner, by name."""
    rows = await connection.fetch(f"{_ROW} WHERE {_ALIVE} AND ($1::text IS NULL OR p.name = $1) ORDER BY g.name", partner)
    return [_as_row(row) for row in rows]


async def claim(connection: Connection, now: datetime, until: datetime) -> Row | None:
    """The one that is due longest, which nobody else gets before a moment; None: there is none. No connection is held meanwhile: whoever
    is killed leaves it to the others then."""
    gateway = await connection.fetchval(
        "UPDATE certificates SET next_try_at = $2 WHERE gateway_id = (SELECT c.gateway_id FROM certificates c "
        "JOIN gateways g ON g.id = c.gateway_id JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id "
        "WHERE g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL "
        "AND (c.next_try_at <= $1 OR (c.next_try_at IS NULL AND c.revoke <> '')) "
        "ORDER BY c.next_try_at NULLS FIRST LIMIT 1 FOR UPDATE OF c SKIP LOCKED) RETURNING gateway_id",
        now,
        until,
    )
    return None if gateway is None else await one(connection, gateway)


async def give_back(connection: Connection, gateway: int, until: datetime, next_try: datetime | None) -> None:
    """What was claimed until that moment is due then; None: nothing is to be done about it."""
    await connection.execute(
        "UPDATE certificates SET next_try_at = $3 WHERE gateway_id = $1 AND next_try_at = $2", gateway, until, next_try
    )


async def holder(connection: Connection, names: Sequence[str], but: int) -> str | None:
    """Name of another gateway in use that has one of these names."""
    found: str | None = await connection.fetchval(
        "SELECT g.name FROM certificates c JOIN gateways g ON g.id = c.gateway_id JOIN halls h ON h.id = g.hall_id "
        "JOIN partners p ON p.id = h.partner_id WHERE c.names && $1::text[] AND g.id <> $2 "
        "AND g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL ORDER BY g.name LIMIT 1",
        list(names),
        but,
    )
    return found


async def put_names(connection: Connection, gateway: int, names: Sequence[str]) -> None:
    """These names are that gateway's, and no others; what it asked for before is looked at anew."""
    await connection.execute(
        "INSERT INTO certificates (gateway_id, names) VALUES ($1, $2) ON CONFLICT (gateway_id) DO UPDATE SET names = excluded.names, "
        "csr = '', key_hash = NULL, order_url = '', next_try_at = NULL, tries = 0, failing_since = NULL, failure = ''",
        gateway,
        list(names),
    )


async def asked(connection: Connection, gateway: int, csr: str, key_hash: bytes, now: datetime, try_at: datetime | None) -> None:
    """The gateway has another request."""
    await connection.execute(
        "UPDATE certificates SET csr = $2, key_hash = $3, asked_at = $4, order_url = '', next_try_at = $5, tries = 0, "
        "failing_since = NULL, failure = '', renew = false WHERE gateway_id = $1",
        gateway,
        csr,
        key_hash,
        now,
        try_at,
    )


async def ordered(connection: Connection, gateway: int, key_hash: bytes, order_url: str) -> None:
    """An order was begun for that request."""
    await connection.execute("UPDATE certificates SET order_url = $3 WHERE gateway_id = $1 AND key_hash = $2", gateway, key_hash, order_url)


async def issued(
    connection: Connection, gateway: int, key_hash: bytes, chain: str, begins: datetime, ends: datetime, now: datetime
) -> bool:
    """The chain is there; False: the gateway has asked for another key meanwhile, and this one is of no use."""
    done: bool | None = await connection.fetchval(
        "UPDATE certificates SET chain = $3, chain_key_hash = $2, begins_at = $4, ends_at = $5, order_url = '', tries = 0, "
        "next_try_at = NULL, failing_since = NULL, failure = '', "
        "issued = array_append(array(SELECT at FROM unnest(issued) AS at WHERE at > $7), $6) "
        "WHERE gateway_id = $1 AND key_hash = $2 RETURNING true",
        gateway,
        key_hash,
        chain,
        begins,
        ends,
        now,
        now - WEEK,
    )
    return bool(done)


async def failed(
    connection: Connection, gateway: int, key_hash: bytes | None, why: str, now: datetime, next_try: datetime, *, counts: bool = True
) -> None:
    """A try for that key did not work. ``counts`` False: it was no fault of this one, so it waits no longer with each."""
    await connection.execute(
        "UPDATE certificates SET failure = $2, failing_since = coalesce(failing_since, $3), next_try_at = $4, tries = tries + $5 "
        "WHERE gateway_id = $1 AND key_hash IS NOT DISTINCT FROM $6",
        gateway,
        why,
        now,
        next_try,
        int(counts),
        key_hash,
    )


async def want_another(connection: Connection, gateway: int, *, revoke: bool) -> None:
    """The gateway is to make another key; ``revoke``: and the certificate that it has is to be revoked."""
    await connection.execute(
        "UPDATE certificates SET renew = true, revoke = CASE WHEN $2 THEN chain ELSE revoke END, next_try_at = NULL WHERE gateway_id = $1",
        gateway,
        revoke,
    )


async def revoked(connection: Connection, gateway: int, chain: str, now: datetime) -> None:
    """The authority has revoked it; it is given to the gateway no more."""
    await connection.execute(
        "UPDATE certificates SET revoke = '', chain = CASE WHEN chain = $2 THEN '' ELSE chain END, failing_since = NULL, failure = '', "
        "tries = 0, next_try_at = CASE WHEN NOT renew AND csr <> '' AND (chain = $2 OR chain_key_hash IS DISTINCT FROM key_hash) "
        "THEN $3::timestamptz END "
        "WHERE gateway_id = $1 AND revoke = $2",
        gateway,
        chain,
        now,
    )


def _as_row(row: object) -> Row:
    found = dict(row)  # type: ignore[call-overload]
    return Row(**found | {"names": tuple(found["names"]), "issued": tuple(found["issued"])})
