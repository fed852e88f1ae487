"""Partners, halls and gateways for tests, as if they had enrolled and spoken."""

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from hotspot import wire
from hotspot.hub.store import Connection, Store

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""A Monday."""


class Box(Struct, frozen=True):
    """One gateway with its hall."""

    hall_id: int
    id: int
    name: str


class Clock:
    """A hub's clock that a test moves."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


async def boxes(store: Store, number: int, partner: str = "kleinheim") -> list[Box]:
    """A partner (made when it is not there) gets that many halls more, each with one gateway."""
    made = []
    async with store.transaction() as connection:
        await connection.execute("INSERT INTO partners (name, title) VALUES ($1, $1) ON CONFLICT (name) DO NOTHING", partner)
        partner_id = await connection.fetchval("SELECT id FROM partners WHERE name = $1", partner)
        first = await connection.fetchval("SELECT count(*) FROM halls WHERE partner_id = $1", partner_id)
        for at in range(first, first + number):
            name = f"{partner}-{at}"
            hall = await connection.fetchval(
                "INSERT INTO halls (partner_id, name, title) VALUES ($1, $2, $2) RETURNING id", partner_id, name
            )
            gateway = await connection.fetchval("INSERT INTO gateways (hall_id, name) VALUES ($1, $2) RETURNING id", hall, f"{name}-1")
            made.append(Box(hall, gateway, f"{name}-1"))
    return made


async def says(connection: Connection, box: Box, at: datetime, health: wire.Health | None = None, offset: float = 0.0) -> None:
    """A gateway has delivered."""
    told = wire.Health(software="1.0") if health is None else health
    await connection.execute(
        "INSERT INTO gateway_states (hall_id, gateway_id, seen_at, report_at, clock_offset, health) VALUES ($1, $2, $3, $3, $4, $5) "
        "ON CONFLICT (gateway_id) DO UPDATE SET seen_at = $3, report_at = $3, clock_offset = $4, health = $5",
        box.hall_id,
        box.id,
        at,
        offset,
        msgspec.to_builtins(told),
    )
