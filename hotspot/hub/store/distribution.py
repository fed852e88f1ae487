"""Spreading the tables over several machines with Citus: what grows by hall, everything that it is looked up with on each of them.

Citus is an extension that the packages of Debian do not have; without it nothing is changed.
"""

from typing import Final

import asyncpg

from hotspot.hub.store.pool import Connection

REFERENCE: Final = ("host", "partners", "halls", "gateways")
"""Small, and wanted everywhere: a copy on each machine; in the order of their foreign keys."""
BY_HALL: Final = (
    "figures_quarters",
    "figures_hours",
    "figures_days",
    "devices_days",
    "rollup_due",
    "names",
    "streams",
    "alarms_ended",
    "feedback",
)
"""A hall's rows lie together on one machine; ``hall_id`` is in the primary key of each. All other tables stay where they are."""
FUNCTIONS: Final = ("counts_added(jsonb, jsonb)", "counts_sum(jsonb)")


class CannotDistribute(ValueError):
    """The tables stay on one machine; the text says why."""


def plan() -> list[str]:
    """The statements, in their order; each is a transaction."""
    first, *others = BY_HALL
    return [
        *(f"SELECT create_reference_table('{table}')" for table in REFERENCE),
        f"SELECT create_distributed_table('{first}', 'hall_id')",
        *(f"SELECT create_distributed_table('{table}', 'hall_id', colocate_with => '{first}')" for table in others),
        *(f"SELECT create_distributed_function('{function}')" for function in FUNCTIONS),
    ]


async def distribute(connection: Connection) -> list[str]:
    """Carry the plan out, over the machines that Citus knows; tables that are distributed stay so. Returns the statements that were carried
    out. Raises ``CannotDistribute``."""
    if not await connection.fetchval("SELECT count(*) FROM pg_available_extensions WHERE name = 'citus'"):
        raise CannotDistribute(
            "the extension citus is not installed on this PostgreSQL server: install it, add it to shared_preload_libraries, restart"
        )
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS citus")
        known = {row["name"] for row in await connection.fetch("SELECT logicalrelid::regclass::text AS name FROM pg_dist_partition")}
        done = []
        for statement in plan():
            if statement.split("'")[1] not in known:
                await connection.execute(statement, timeout=3_600)
                done.append(statement)
    except asyncpg.PostgresError as error:
        raise CannotDistribute(f"PostgreSQL refused: {error}") from error
    return done
