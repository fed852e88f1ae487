"""Certificates of the gateways' portals: what each asked for, what it got, what is to be done. Revocations: ``certificate_revocations``."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from hotspot.hub.store import left_orders
from hotspot.hub.store.pool import Connection

WEEK = timedelta(days=7)
MOST_UNWANTED = 50
"""Keys of one gateway that are remembered as unwanted, the last ones."""


class Row(Struct, frozen=True, kw_only=True):
    """All of one gateway; columns as in ``0015_certificates.sql`` and ``0016_certificates_again.sql``: a later version may have more."""

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
    order_url: str
    next_try_at: datetime | None
    tries: int
    failing_since: datetime | None
    failure: str
    ready: bool
    unwanted: tuple[bytes, ...]
    refused: str
    refused_since: datetime | None
    held_by: str
    held_until: datetime | None
    look_at: datetime | None
    revoking: bool
    """A certificate of it is still to be revoked at the authority."""
    revocation_failure: str
    """Why that did not work; "": it did, or was not tried yet."""

    @property
    def renewing(self) -> bool:
        """The gateway is to make another key: the one that it asked with is not wanted any more."""
        return self.key_hash is not None and self.key_hash in self.unwanted

    @property
    def trouble(self) -> str:
        """All that staff should know, in one line; "": nothing."""
        found = [self.refused, self.failure, f"revocation: {self.revocation_failure}" if self.revocation_failure else ""]
        return "; ".join(one for one in found if one)


_LISTED = (
    "WHERE ((g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL) "
    "OR c.gateway_id IN (SELECT r.gateway_id FROM certificate_revocations r)) AND ($1::text IS NULL OR p.name = $1) ORDER BY g.name"
)
_ELSEWHERE = ("gateway", "hall", "partner", "revoking", "revocation_failure")
_COLUMNS = ", ".join(f"c.{field}" for field in Row.__struct_fields__ if field not in _ELSEWHERE)
"""By name, and no others: hubs of one version go on when the tables are a later version's already."""
_ROW = (
    f"SELECT {_COLUMNS}, g.name AS gateway, h.name AS hall, p.name AS partner, "  # noqa: S608
    "EXISTS (SELECT 1 FROM certificate_revocations r WHERE r.gateway_id = c.gateway_id) AS revoking, "
    "coalesce((SELECT r.failure FROM certificate_revocations r WHERE r.gateway_id = c.gateway_id AND r.failure <> '' "
    "ORDER BY r.id LIMIT 1), '') AS revocation_failure FROM portal_certificates c "
    "JOIN gateways g ON g.id = c.gateway_id JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id"
)


async def one(connection: Connection, gateway: int, *, lock: bool = False) -> Row | None:
    """None: it never asked, and staff gave it no names. ``lock``: until the transaction is over nobody else changes it."""
    row = await connection.fetchrow(f"{_ROW} WHERE c.gateway_id = $1{' FOR UPDATE OF c' if lock else ''}", gateway)
    return None if row is None else _as_row(row)


async def listed(connection: Connection, partner: str | None) -> list[Row]:
    """Of all gateways in use, or those of a partner, by name; those with a certificate that is to be revoked, in use or not."""
    rows = await connection.fetch(f"{_ROW} {_LISTED}", partner)
    return [_as_row(row) for row in rows]


# Who is at work on it ---------------------------------------------------------------------------------------------------------------


async def claim(connection: Connection, now: datetime, by: str, until: datetime) -> Row | None:
    """The one that is due longest, which nobody else gets before a moment or ``release``; None: there is none. No connection is held
    meanwhile: whoever is killed leaves it to the others then."""
    gateway = await connection.fetchval(
        "UPDATE portal_certificates SET held_by = $2, held_until = $3 WHERE gateway_id = (SELECT c.gateway_id FROM portal_certificates c "
        "JOIN gateways g ON g.id = c.gateway_id JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id "
        "WHERE g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL AND c.next_try_at <= $1 "
        "AND (c.held_until IS NULL OR c.held_until <= $1) "
        "ORDER BY c.next_try_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED) RETURNING gateway_id",
        now,
        by,
        until,
    )
    return None if gateway is None else await one(connection, gateway)


async def release(connection: Connection, row: Row) -> None:
    """It is anybody's again, and due when it was or when it was made due meanwhile. Nothing happens when it is somebody else's by now."""
    await connection.execute(
        "UPDATE portal_certificates SET held_by = '', held_until = NULL WHERE gateway_id = $1 AND held_by = $2", row.gateway_id, row.held_by
    )


async def idle(connection: Connection, row: Row) -> None:
    """There is nothing to be done about it."""
    await connection.execute(
        "UPDATE portal_certificates SET next_try_at = NULL WHERE gateway_id = $1 AND held_by = $2 AND csr = $3",
        row.gateway_id,
        row.held_by,
        row.csr,
    )


async def look_due(connection: Connection, now: datetime) -> bool:
    """Is there one for ``due_look``?"""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM portal_certificates c JOIN gateways g ON g.id = c.gateway_id JOIN halls h ON h.id = g.hall_id "
        "JOIN partners p ON p.id = h.partner_id WHERE g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL "
        "AND c.ready AND c.look_at <= $1)",
        now,
    )
    return found


async def due_look(connection: Connection, now: datetime, next_look: datetime) -> Row | None:
    """One whose authority is to be asked whether it should be renewed early; the next time is noted."""
    gateway = await connection.fetchval(
        "UPDATE portal_certificates SET look_at = $2 WHERE gateway_id = (SELECT c.gateway_id FROM portal_certificates c "
        "JOIN gateways g ON g.id = c.gateway_id JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id "
        "WHERE g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL AND c.ready AND c.look_at <= $1 "
        "ORDER BY c.look_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED) RETURNING gateway_id",
        now,
        next_look,
    )
    return None if gateway is None else await one(connection, gateway)


async def look_again(connection: Connection, gateway: int, at: datetime) -> None:
    """The authority is asked at that moment."""
    await connection.execute("UPDATE portal_certificates SET look_at = $2 WHERE gateway_id = $1", gateway, at)


# Names and requests -----------------------------------------------------------------------------------------------------------------


async def holder(connection: Connection, names: Sequence[str], but: int) -> str | None:
    """Name of another gateway in use that has one of these names."""
    found: str | None = await connection.fetchval(
        "SELECT g.name FROM portal_certificates c JOIN gateways g ON g.id = c.gateway_id JOIN halls h ON h.id = g.hall_id "
        "JOIN partners p ON p.id = h.partner_id WHERE c.names && $1::text[] AND g.id <> $2 "
        "AND g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL ORDER BY g.name LIMIT 1",
        list(names),
        but,
    )
    return found


async def put_names(connection: Connection, gateway: int, names: Sequence[str]) -> None:
    """These names are that gateway's, and no others; what it asked for before is looked at anew, but keys that are unwanted stay so."""
    await left_orders.leave(connection, gateway)
    await connection.execute(
        "INSERT INTO portal_certificates (gateway_id, names) VALUES ($1, $2) ON CONFLICT (gateway_id) DO UPDATE SET "
        "names = excluded.names, csr = '', key_hash = NULL, order_url = '', next_try_at = NULL, tries = 0, failing_since = NULL, "
        "failure = '', ready = false, refused = '', refused_since = NULL",
        gateway,
        list(names),
    )


async def refused(connection: Connection, gateway: int, why: str, now: datetime) -> None:
    """What the gateway asks for is none of its own; "": it is."""
    await connection.execute(
        "INSERT INTO portal_certificates (gateway_id, names, refused, refused_since) VALUES ($1, '{}', $2, $3) "
        "ON CONFLICT (gateway_id) DO UPDATE SET refused = $2, "
        "refused_since = CASE WHEN $2 <> '' THEN coalesce(portal_certificates.refused_since, $3) END",
        gateway,
        why,
        now,
    )


async def asked(
    connection: Connection, gateway: int, csr: str, key_hash: bytes, now: datetime, try_at: datetime | None, *, ready: bool
) -> None:
    """The gateway has another request, for which there is a certificate (``ready``) or that is tried at a moment. What failed before
    still counts: another key is no way around the waiting."""
    await left_orders.leave(connection, gateway)
    await connection.execute(
        "UPDATE portal_certificates SET csr = $2, key_hash = $3, asked_at = $4, order_url = '', ready = $6, refused = '', "
        "refused_since = NULL, "
        "next_try_at = CASE WHEN failing_since IS NULL OR $6 THEN $5 ELSE greatest($5, next_try_at) END WHERE gateway_id = $1",
        gateway,
        csr,
        key_hash,
        now,
        try_at,
        ready,
    )


async def want_another(connection: Connection, row: Row) -> None:
    """The gateway is to make another key: those that it asked with and that it has get no certificate any more, whenever they come."""
    await left_orders.leave(connection, row.gateway_id)
    keys = [key for key in (row.chain_key_hash, row.key_hash) if key is not None and key not in row.unwanted]
    await connection.execute(
        "UPDATE portal_certificates SET unwanted = $2, next_try_at = NULL, order_url = '', tries = 0, failing_since = NULL, failure = '' "
        "WHERE gateway_id = $1",
        row.gateway_id,
        [*row.unwanted, *dict.fromkeys(keys)][-MOST_UNWANTED:],
    )


# What came of it --------------------------------------------------------------------------------------------------------------------


async def ordered(connection: Connection, row: Row, order_url: str) -> bool:
    """The authority works at that order for that request; False: it is somebody else's by now, another request has come, or staff want
    another key. Asked when it is begun, and again before anything is signed."""
    done: bool | None = await connection.fetchval(
        "UPDATE portal_certificates SET order_url = $4 WHERE gateway_id = $1 AND held_by = $2 AND csr = $3 "
        "AND NOT key_hash = ANY (unwanted) RETURNING true",
        row.gateway_id,
        row.held_by,
        row.csr,
        order_url,
    )
    return bool(done)


async def issued(
    connection: Connection, row: Row, chain: str, span: tuple[datetime, datetime], look_at: datetime | None, *, by_staff: bool = False
) -> bool:
    """The chain is there, good from and until; False: the gateway has asked for something else meanwhile, or staff want another key, and
    this one is of no use."""
    done: bool | None = await connection.fetchval(
        "UPDATE portal_certificates SET chain = $3, chain_key_hash = key_hash, begins_at = $4, ends_at = $5, order_url = '', tries = 0, "
        "next_try_at = NULL, failing_since = NULL, failure = '', ready = true, look_at = $6 "
        "WHERE gateway_id = $1 AND csr = $2 AND NOT key_hash = ANY (unwanted) AND ($8 OR held_by = $7) RETURNING true",
        row.gateway_id,
        row.csr,
        chain,
        *span,
        look_at,
        row.held_by,
        by_staff,
    )
    return bool(done)


async def note_issue(connection: Connection, gateway: int, names: Sequence[str], now: datetime) -> None:
    """The authority has signed one, whatever becomes of it. What is older than a week is forgotten."""
    await connection.execute("DELETE FROM certificate_issues WHERE at < $1", now - WEEK)
    await connection.execute("INSERT INTO certificate_issues (gateway_id, names, at) VALUES ($1, $2, $3)", gateway, sorted(names), now)


async def lately(connection: Connection, gateway: int, names: Sequence[str], now: datetime) -> list[datetime]:
    """When the authority signed one for that gateway or with the same names, in the last week, in order."""
    rows = await connection.fetch(
        "SELECT at FROM certificate_issues WHERE (gateway_id = $1 OR names = $2) AND at > $3 ORDER BY at",
        gateway,
        sorted(names),
        now - WEEK,
    )
    return [row["at"] for row in rows]


async def failed(
    connection: Connection, row: Row, why: str, now: datetime, next_try: datetime, *, counts: bool = True, forget_order: bool = False
) -> None:
    """A try for that request did not work. ``counts`` False: it was no fault of this one, so it waits no longer with each.
    ``forget_order``: the next try begins anew."""
    await connection.execute(
        "UPDATE portal_certificates SET failure = $3, failing_since = coalesce(failing_since, $4), next_try_at = $5, tries = tries + $6, "
        "order_url = CASE WHEN $8 THEN '' ELSE order_url END WHERE gateway_id = $1 AND csr = $2 AND held_by = $7",
        row.gateway_id,
        row.csr,
        why,
        now,
        next_try,
        int(counts),
        row.held_by,
        forget_order,
    )


def _as_row(row: object) -> Row:
    found = dict(row)  # type: ignore[call-overload]
    return Row(**found | {"names": tuple(found["names"]), "unwanted": tuple(found["unwanted"])})
