"""Reports, written so that each counts once: which came before, what they add to the quarters, how the gateways are.

All rows are written in the order of their keys, and the tables in one order, so that no two hub processes wait for each other in a circle.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import asyncpg
import msgspec

from hotspot.hub.counting import Batch, Stream
from hotspot.hub.store import findings, looks
from hotspot.hub.store.pool import Connection, StoreBusy

Named = tuple[int, int, str, int]
"""Hall, gateway, stream and the number of its start."""


class NoPartition(Exception):
    """There is no partition yet for a time that is to be written: make it, and write again."""


class CannotStore(Exception):
    """One of these deliveries holds something that the tables refuse; the text says what. Nothing of the batch was written."""


class Collided(Exception):
    """PostgreSQL gave up this transaction for another one's sake: do it again."""


class refusals:  # noqa: N801  reads as a statement
    """Turns what PostgreSQL refuses into this module's exceptions."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, StoreBusy):
            raise Collided(str(error)) from error
        # A server may speak German, so its words say nothing; a CHECK of a table has a name, a missing partition has none.
        if isinstance(error, asyncpg.CheckViolationError) and not error.constraint_name:
            raise NoPartition(f"{error.table_name}") from error
        if isinstance(error, asyncpg.DataError | asyncpg.IntegrityConstraintViolationError):
            raise CannotStore(_named(error)) from error


def _named(error: asyncpg.DataError | asyncpg.IntegrityConstraintViolationError) -> str:
    """What refused, without the values: they may be what a visitor wrote, and this goes into the log."""
    where = (error.table_name, error.column_name, error.constraint_name)
    return " ".join((type(error).__name__, *(name for name in where if name)))


_LOCK: Final = """
    SELECT s.hall_id, s.gateway_id, s.stream, s.start, s.seen, s.first_at,
        EXISTS (SELECT 1 FROM streams o
            WHERE o.gateway_id = s.gateway_id AND o.start = s.start AND o.stream <> s.stream AND o.first_at >= g.since) AS same_start,
        (SELECT min(o.first_at) FROM streams o
            WHERE o.gateway_id = s.gateway_id AND o.start = s.start AND o.stream <> s.stream AND o.first_at > s.first_at
            AND o.first_at >= g.since) AS twin_at,
        (SELECT min(o.first_at) FROM streams o
            WHERE o.gateway_id = s.gateway_id AND o.start > s.start AND o.first_at > s.first_at AND o.first_at >= g.since) AS next_at
    FROM unnest($1::int[], $2::int[], $3::text[]) AS x (hall, gateway, stream)
    JOIN streams s ON s.hall_id = x.hall AND s.gateway_id = x.gateway AND s.stream = x.stream
    JOIN (SELECT id, coalesce(enrolled_at, '-infinity') AS since FROM gateways) AS g ON g.id = s.gateway_id
    ORDER BY s.hall_id, s.gateway_id, s.stream FOR UPDATE OF s
"""
"""What the box before a replacement said is compared with nothing: the new one counts its starts from 1."""
_BEGIN: Final = """
    INSERT INTO streams (hall_id, gateway_id, stream, start, first_at, last_at)
    SELECT hall, gateway, stream, start, $5, $5
    FROM unnest($1::int[], $2::int[], $3::text[], $4::bigint[]) AS x (hall, gateway, stream, start)
    ORDER BY hall, gateway, stream ON CONFLICT DO NOTHING
"""
# The names are added up in place: a function of SQL's would cost each row more than all the rest.
_CELLS: Final = """
    INSERT INTO figures_quarters AS f (hall_id, time, zone, plan, visits, ended, seconds, bytes_up, bytes_down, peak, languages, families)
    SELECT hall, to_timestamp(quarter), zone, plan, visits, ended, seconds, up, down, peak, languages::jsonb, families::jsonb
    FROM unnest($1::text::int[], $2::text::bigint[], $3::text[], $4::text[], $5::text::bigint[], $6::text::bigint[], $7::text::bigint[],
        $8::text::bigint[], $9::text::bigint[], $10::text::bigint[], $11::text[], $12::text[])
        AS x (hall, quarter, zone, plan, visits, ended, seconds, up, down, peak, languages, families)
    ORDER BY hall, quarter, zone, plan
    ON CONFLICT (hall_id, time, zone, plan) DO UPDATE SET
        visits = least(f.visits + excluded.visits, 1::bigint << 60),
        ended = least(f.ended + excluded.ended, 1::bigint << 60),
        seconds = least(f.seconds + excluded.seconds, 1::bigint << 60),
        bytes_up = least(f.bytes_up + excluded.bytes_up, 1::bigint << 60),
        bytes_down = least(f.bytes_down + excluded.bytes_down, 1::bigint << 60),
        peak = greatest(f.peak, excluded.peak),
        languages = f.languages || coalesce((SELECT jsonb_object_agg(key, value::bigint + coalesce((f.languages ->> key)::bigint, 0))
            FROM jsonb_each_text(excluded.languages)), '{}'),
        families = f.families || coalesce((SELECT jsonb_object_agg(key, value::bigint + coalesce((f.families ->> key)::bigint, 0))
            FROM jsonb_each_text(excluded.families)), '{}')
"""
_NUMBERS: Final = ("visits", "ended", "seconds", "bytes_up", "bytes_down", "peak")
_STATES: Final = """
    INSERT INTO gateway_states AS g (hall_id, gateway_id, seen_at, report_at, clock_offset, health)
    SELECT hall, gateway, to_timestamp(at), to_timestamp(at), ahead, coalesce(health::jsonb, '{}')
    FROM unnest($1::int[], $2::int[], $3::float8[], $4::float8[], $5::text[]) AS x (hall, gateway, at, ahead, health) ORDER BY gateway
    ON CONFLICT (gateway_id) DO UPDATE SET hall_id = excluded.hall_id, seen_at = greatest(g.seen_at, excluded.seen_at),
        report_at = greatest(g.report_at, excluded.report_at), clock_offset = excluded.clock_offset,
        health = CASE WHEN excluded.health = '{}' THEN g.health ELSE excluded.health END
"""


async def by_keys(connection: Connection) -> None:
    """In this transaction rows are found by their keys: the statistics of tables that were just made or restored say otherwise, and a plan
    that reads all streams for each batch costs more than the rest of it."""
    await connection.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off")


async def streams(connection: Connection, named: Iterable[Named], now: datetime) -> dict[tuple[int, str], Stream]:
    """What is known of these streams, by gateway and name; they are locked until the transaction ends, and new ones begin."""
    wanted = sorted(set(named))
    found: dict[tuple[int, str], Stream] = {}
    if wanted:
        found = await _locked(connection, wanted)
        new = [name for name in wanted if (name[1], name[2]) not in found]
        if new:
            await connection.execute(_BEGIN, *map(list, zip(*new, strict=True)), now)
            found |= await _locked(connection, new)
    return found


async def _locked(connection: Connection, wanted: Sequence[Named]) -> dict[tuple[int, str], Stream]:
    halls, gateways, names, _ = map(list, zip(*wanted, strict=True))
    return {
        (row["gateway_id"], row["stream"]): Stream(
            hall_id=row["hall_id"],
            start=row["start"],
            seen=tuple(row["seen"]),
            first_at=row["first_at"].timestamp(),
            same_start=row["same_start"],
            twin_at=row["twin_at"] and row["twin_at"].timestamp(),
            next_at=row["next_at"] and row["next_at"].timestamp(),
        )
        for row in await connection.fetch(_LOCK, halls, gateways, names)
    }


async def new_streams(connection: Connection, gateways: Sequence[int], since: datetime) -> dict[int, int]:
    """How many streams each of these gateways began after ``since``."""
    rows = await connection.fetch(
        "SELECT gateway_id, count(*) AS n FROM streams WHERE gateway_id = ANY($1::int[]) AND first_at > $2 GROUP BY gateway_id",
        gateways,
        since,
    )
    return {row["gateway_id"]: row["n"] for row in rows}


async def write(connection: Connection, batch: Batch, now: datetime) -> None:
    """Everything that a batch adds, but feedback and names. Raises this module's exceptions inside ``refusals``."""
    await _streams(connection, batch)
    await _cells(connection, batch)
    await _devices(connection, batch)
    await _due(connection, batch)
    await _states(connection, batch)
    await looks.write(connection, batch.looks)
    if batch.findings:
        found = [findings.Finding(hall, gateway, kind, detail) for (hall, gateway, kind), detail in batch.findings.items()]
        await findings.record(connection, found, now)


async def _streams(connection: Connection, batch: Batch) -> None:
    changed = sorted(
        (one.hall_id, gateway, name, "{" + ",".join(map(str, one.seen)) + "}", one.last_at)
        for (gateway, name), one in batch.streams.items()
        if one.last_at
    )
    if changed:
        await connection.execute(
            "UPDATE streams s SET seen = x.seen::bigint[], last_at = to_timestamp(x.at) "
            "FROM unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::float8[]) AS x (hall, gateway, stream, seen, at) "
            "WHERE s.hall_id = x.hall AND s.gateway_id = x.gateway AND s.stream = x.stream",
            *map(list, zip(*changed, strict=True)),
        )


async def _cells(connection: Connection, batch: Batch) -> None:
    if not batch.cells:
        return
    halls, quarters, zones, plans = zip(*batch.cells, strict=True)
    cells = batch.cells.values()
    numbers = (_array(getattr(cell, name) for cell in cells) for name in _NUMBERS)
    encode = msgspec.json.Encoder().encode
    languages = [encode(cell.languages).decode() if cell.languages else "{}" for cell in cells]
    families = [encode(cell.families).decode() if cell.families else "{}" for cell in cells]
    await connection.execute(_CELLS, _array(halls), _array(quarters), zones, plans, *numbers, languages, families)


def _array(numbers: Iterable[int]) -> str:
    """Whole numbers as PostgreSQL reads an array: the driver would look at each of them five times as long."""
    return "{" + ",".join(map(str, numbers)) + "}"


async def _devices(connection: Connection, batch: Batch) -> None:
    rows = sorted((*key, devices) for key, devices in batch.devices.items())
    if rows:
        await connection.execute(
            "INSERT INTO devices_days AS d (hall_id, day, gateway_id, devices) "
            "SELECT hall, day, gateway, devices "
            "FROM unnest($1::int[], $2::date[], $3::int[], $4::bigint[]) AS x (hall, day, gateway, devices) "
            "ORDER BY hall, day, gateway "
            "ON CONFLICT (hall_id, day, gateway_id) DO UPDATE SET devices = greatest(d.devices, excluded.devices)",
            *map(list, zip(*rows, strict=True)),
        )


async def _due(connection: Connection, batch: Batch) -> None:
    """Hours that must be made anew. An existing row is updated, not left alone: so it is locked, and the roll-up, which deletes it, either
    sees these quarters or leaves the row there."""
    rows = sorted((*key, at) for key, at in batch.due.items())
    if rows:
        await connection.execute(
            "INSERT INTO rollup_due (hall_id, hour, changed_at) SELECT hall, to_timestamp(hour), to_timestamp(at) "
            "FROM unnest($1::int[], $2::bigint[], $3::float8[]) AS x (hall, hour, at) ORDER BY hall, hour "
            "ON CONFLICT (hall_id, hour) DO UPDATE SET changed_at = excluded.changed_at",
            *map(list, zip(*rows, strict=True)),
        )


async def _states(connection: Connection, batch: Batch) -> None:
    rows = sorted(
        (state.hall_id, gateway, state.at, state.offset, None if state.health is None else msgspec.json.encode(state.health).decode())
        for gateway, state in batch.states.items()
    )
    if rows:
        await connection.execute(_STATES, *map(list, zip(*rows, strict=True)))


def moment(unix: float) -> datetime:
    """Seconds since 1970 as PostgreSQL's driver takes them."""
    return datetime.fromtimestamp(unix, UTC)
