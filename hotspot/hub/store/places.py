"""What is known of the halls that report: their time zone, and which zones, plans and languages are told apart there."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from hotspot.hub.store.pool import Connection

_ADMIT: Final = """
    INSERT INTO names (hall_id, kind, name, first_at)
    SELECT hall, kind, name, $4 FROM (
        SELECT hall, kind, name, row_number() OVER (PARTITION BY hall, kind ORDER BY name)
            + (SELECT count(*) FROM names n WHERE n.hall_id = x.hall AND n.kind = x.kind) AS place
        FROM unnest($1::int[], $2::text[], $3::text[]) AS x (hall, kind, name)
    ) y
    JOIN unnest($5::text[], $6::int[]) AS m (limited, most) ON m.limited = y.kind
    WHERE y.place <= m.most ORDER BY hall, kind, name ON CONFLICT DO NOTHING
"""


class Place(Struct, frozen=True):
    """A hall that reports."""

    time_zone: str
    names: frozenset[tuple[str, str]]
    """Kind and name."""


async def places(connection: Connection, halls: Sequence[int]) -> dict[int, Place]:
    """By hall; those that are not there any more are missing."""
    zones = {
        row["id"]: row["time_zone"] for row in await connection.fetch("SELECT id, time_zone FROM halls WHERE id = ANY($1::int[])", halls)
    }
    names: dict[int, set[tuple[str, str]]] = {hall: set() for hall in zones}
    for row in await connection.fetch("SELECT hall_id, kind, name FROM names WHERE hall_id = ANY($1::int[])", list(zones)):
        names[row["hall_id"]].add((row["kind"], row["name"]))
    return {hall: Place(zone, frozenset(names[hall])) for hall, zone in zones.items()}


async def admit(connection: Connection, wanted: Iterable[tuple[int, str, str]], most: dict[str, int], now: datetime) -> None:
    """New names (hall, kind, name) of halls, as long as there are no more than ``most`` of the kind."""
    halls, kinds, names = map(list, zip(*sorted(wanted), strict=True))
    await connection.execute(_ADMIT, halls, kinds, names, now, list(most), list(most.values()))


async def saw_zones(connection: Connection, zones: Iterable[tuple[int, str]], now: datetime) -> None:
    """These halls have these zones."""
    rows = sorted(zones)
    if rows:
        await connection.execute(
            "INSERT INTO zones AS z (hall_id, name, first_at, last_at) "
            "SELECT hall, name, $3, $3 FROM unnest($1::int[], $2::text[]) AS x (hall, name) ORDER BY hall, name "
            "ON CONFLICT (hall_id, name) DO UPDATE SET last_at = greatest(z.last_at, excluded.last_at)",
            *map(list, zip(*rows, strict=True)),
            now,
        )


async def forget_names(connection: Connection, before: datetime) -> int:
    """Names that were first told before; those still in use come back with the next report. Returns how many."""
    done = await connection.execute("DELETE FROM names WHERE first_at < $1", before)
    return int(done.rpartition(" ")[2])
