"""What every zone ever had: counters for monitoring. They grow by what the days grow when those are made (again), and outlive retention.

No trigger does that, because tables that are spread over machines can have none.
"""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from hotspot.hub.store.pool import Connection

Sums = Mapping[tuple[int, str], tuple[Decimal, ...]]
"""Visits, seconds and bytes up and down by hall and zone."""
_NOTHING: Final = (Decimal(0),) * 4


async def of_days(connection: Connection, halls: Collection[int], first: date, last: date) -> Sums:
    """What some halls had on the days from ``first`` to ``last``."""
    rows = await connection.fetch(
        "SELECT hall_id, zone, sum(visits) AS visits, sum(seconds) AS seconds, sum(bytes_up) AS up, sum(bytes_down) AS down "
        "FROM figures_days WHERE hall_id = ANY ($1) AND day >= $2 AND day <= $3 GROUP BY 1, 2",
        list(halls),
        first,
        last,
    )
    return {(row["hall_id"], row["zone"]): (row["visits"], row["seconds"], row["up"], row["down"]) for row in rows}


async def grow(connection: Connection, before: Sums, after: Sums) -> None:
    """Add what the days have more now; in the transaction that made them, between two calls of ``of_days``."""
    more = []
    for key in sorted(before.keys() | after.keys()):
        change = tuple(new - old for new, old in zip(after.get(key, _NOTHING), before.get(key, _NOTHING), strict=True))
        if any(change):
            more.append((*key, *change))
    await connection.executemany(
        "INSERT INTO totals AS t (hall_id, zone, visits, seconds, bytes_up, bytes_down) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (hall_id, zone) DO UPDATE SET visits = t.visits + excluded.visits, seconds = t.seconds + excluded.seconds, "
        "bytes_up = t.bytes_up + excluded.bytes_up, bytes_down = t.bytes_down + excluded.bytes_down",
        more,
    )
