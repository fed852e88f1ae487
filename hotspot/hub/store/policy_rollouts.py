"""Changes that reach their halls in stages, and how gateways took what they were given."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from hotspot.hub.store.pool import Connection


class Rollout(Struct, frozen=True, kw_only=True):
    """One of them."""

    serial: int
    state: str
    """``running`` | ``stopped`` | ``finished`` | ``rolled-back``."""
    stage: int
    """The last one that was released, from 1 on."""
    stages: int
    stage_at: datetime | None
    wait: float | None
    """Seconds before the next stage begins by itself; None: by call only."""
    why: str
    scopes: tuple[str, ...]

    @property
    def unfinished(self) -> bool:
        """Are there halls that it has not reached?"""
        return self.state in ("running", "stopped")


class Taken(Struct, frozen=True, kw_only=True):
    """How one gateway has taken what its hall is given."""

    hall: str
    partner: str
    gateway: str | None
    """None: the hall has none."""
    through: int
    wanted: int
    in_force: int
    refused: int
    """Serial of the policy that it could not apply; 0: none."""
    error: str
    seen_at: datetime | None
    """None: never."""


_ROLLOUT = (
    "SELECT r.serial, r.state, r.stage, r.stages, r.stage_at, r.wait, r.why, "
    "array(SELECT d.scope FROM policy_documents d WHERE d.serial = r.serial ORDER BY 1) AS scopes FROM policy_rollouts r "
)


async def add(connection: Connection, serial: int, partner_id: int | None, stages: Sequence[Sequence[int]], wait: float | None) -> None:
    """A new one, with the ids of the halls of each stage; none is released yet."""
    await connection.execute(
        "INSERT INTO policy_rollouts (serial, partner_id, state, stages, wait) VALUES ($1, $2, 'running', $3, $4)",
        serial,
        partner_id,
        len(stages),
        wait,
    )
    await connection.executemany(
        "INSERT INTO policy_rollout_halls (serial, hall_id, stage) VALUES ($1, $2, $3)",
        [(serial, hall, stage) for stage, halls in enumerate(stages, 1) for hall in halls],
    )


async def rollout(connection: Connection, serial: int) -> Rollout | None:
    """Of a change."""
    row = await connection.fetchrow(f"{_ROLLOUT} WHERE r.serial = $1", serial)
    return None if row is None else _rollout(row)


async def rollouts(connection: Connection, unfinished: bool) -> list[Rollout]:
    """The newest first, at most 200; ``unfinished``: all those, and only those, that have not reached all of their halls."""
    where = "WHERE NOT $1 OR r.state IN ('running', 'stopped') ORDER BY r.serial DESC LIMIT CASE WHEN $1 THEN NULL ELSE 200 END"
    return [_rollout(row) for row in await connection.fetch(f"{_ROLLOUT} {where}", unfinished)]


async def halls_of_stage(connection: Connection, serial: int, stage: int) -> list[int]:
    """Ids of the halls that a stage adds."""
    rows = await connection.fetch("SELECT hall_id FROM policy_rollout_halls WHERE serial = $1 AND stage = $2", serial, stage)
    return [row["hall_id"] for row in rows]


async def to_come(connection: Connection, serial: int, partner: str | None) -> list[list[str]]:
    """Names of halls that are not closed, of all partners or of one, by the stages that were not released yet."""
    rows = await connection.fetch(
        "SELECT o.stage, h.name FROM policy_rollout_halls o JOIN policy_rollouts r ON r.serial = o.serial "
        "JOIN halls h ON h.id = o.hall_id JOIN partners p ON p.id = h.partner_id "
        "WHERE o.serial = $1 AND o.stage > r.stage AND h.closed_at IS NULL AND ($2::text IS NULL OR p.name = $2) ORDER BY o.stage, h.name",
        serial,
        partner,
    )
    stages = sorted({row["stage"] for row in rows})
    return [[row["name"] for row in rows if row["stage"] == stage] for stage in stages]


async def set_state(connection: Connection, serial: int, state: str, why: str = "") -> None:
    """How it goes on."""
    await connection.execute("UPDATE policy_rollouts SET state = $2, why = $3 WHERE serial = $1", serial, state, why)


async def set_stage(connection: Connection, serial: int, stage: int, at: datetime) -> None:
    """A stage was released."""
    await connection.execute("UPDATE policy_rollouts SET stage = $2, stage_at = $3 WHERE serial = $1", serial, stage, at)


_TAKEN = (
    "SELECT h.name AS hall, p.name AS partner, g.name AS gateway, h.policy_serial AS through, coalesce(w.serial, 0) AS wanted, "
    "coalesce((s.health ->> 'policy')::bigint, 0) AS in_force, coalesce((s.health ->> 'policy_refused')::bigint, 0) AS refused, "
    "coalesce(s.health ->> 'policy_error', '') AS error, s.seen_at "
    "FROM halls h JOIN partners p ON p.id = h.partner_id LEFT JOIN hall_policies w ON w.hall_id = h.id "
    "LEFT JOIN gateways g ON g.hall_id = h.id AND g.revoked_at IS NULL LEFT JOIN gateway_states s ON s.gateway_id = g.id "
)


async def taken(connection: Connection, partner: str | None = None) -> list[Taken]:
    """Of all gateways that may speak to the hub and of halls without one, or those of a partner; by hall and gateway."""
    rows = await connection.fetch(
        f"{_TAKEN} WHERE h.closed_at IS NULL AND ($1::text IS NULL OR p.name = $1) ORDER BY h.name, g.name NULLS FIRST", partner
    )
    return [Taken(**dict(row)) for row in rows]


async def taken_of_rollout(connection: Connection, serial: int) -> list[Taken]:
    """Of the halls that a roll-out has reached so far."""
    rows = await connection.fetch(
        f"{_TAKEN} JOIN policy_rollout_halls o ON o.hall_id = h.id JOIN policy_rollouts r ON r.serial = o.serial "
        "WHERE o.serial = $1 AND o.stage <= r.stage AND h.closed_at IS NULL ORDER BY h.name, g.name NULLS FIRST",
        serial,
    )
    return [Taken(**dict(row)) for row in rows]


def _rollout(row: asyncpg.Record) -> Rollout:
    return Rollout(**{**dict(row), "scopes": tuple(row["scopes"])})
