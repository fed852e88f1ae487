"""What visitor, doctor and LAN guard of each gateway found last."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from hotspot.hub.look_alarms import Amiss, Looked, carried_on
from hotspot.hub.store.pool import Connection
from hotspot.looks.values import By, Look

_amiss = msgspec.json.Decoder(tuple[Amiss, ...])


class Kept(Struct, frozen=True, kw_only=True):
    """One look as it is kept."""

    at: datetime
    """By the hub's clock."""
    look: Look


def amiss_of(content: str) -> tuple[Amiss, ...]:
    """What was worth an alarm in a look, as it is kept."""
    return _amiss.decode(content)


async def write(connection: Connection, looks: Mapping[tuple[int, By], tuple[int, float, Look]]) -> None:
    """Looks by gateway and program, each with its hall and when it was made by the hub's clock. One that came before changes nothing."""
    before: dict[tuple[int, By], tuple[Amiss, ...]] = {}
    if any(by is By.VISIT for _, by in looks):
        for row in await connection.fetch(
            "SELECT gateway_id, by, amiss::text AS amiss FROM looks WHERE by = 'visit' AND gateway_id = ANY ($1)",
            sorted({gateway for gateway, by in looks if by is By.VISIT}),
        ):
            before[row["gateway_id"], By(row["by"])] = _amiss.decode(row["amiss"])
    rows = sorted(
        (
            hall,
            gateway,
            by.value,
            at,
            look.at,
            msgspec.json.encode(look).decode(),
            msgspec.json.encode(carried_on(look, before.get((gateway, by), ()))).decode(),
        )
        for (gateway, by), (hall, at, look) in looks.items()
    )
    if rows:
        await connection.execute(
            "INSERT INTO looks AS l (hall_id, gateway_id, by, at, made, content, amiss) "
            "SELECT hall, gateway, by, to_timestamp(at), made, content::jsonb, amiss::jsonb "
            "FROM unnest($1::int[], $2::int[], $3::text[], $4::float8[], $5::float8[], $6::text[], $7::text[]) "
            "AS x (hall, gateway, by, at, made, content, amiss) ORDER BY gateway, by "
            "ON CONFLICT (gateway_id, by) DO UPDATE SET hall_id = excluded.hall_id, at = excluded.at, made = excluded.made, "
            "content = excluded.content, amiss = excluded.amiss, before = l.amiss WHERE l.made <> excluded.made",
            *map(list, zip(*rows, strict=True)),
        )


async def verdicts(connection: Connection, gateways: Sequence[int], since: datetime) -> dict[int, tuple[Looked, ...]]:
    """What is known for alarms of these gateways, from looks since a moment."""
    found: dict[int, list[Looked]] = {}
    for row in await connection.fetch(
        "SELECT gateway_id, by, at, amiss::text AS amiss, before::text AS before FROM looks WHERE gateway_id = ANY ($1) AND at > $2 "
        "ORDER BY gateway_id, by",
        gateways,
        since,
    ):
        looked = Looked(by=By(row["by"]), at=row["at"].timestamp(), amiss=_amiss.decode(row["amiss"]), before=_amiss.decode(row["before"]))
        found.setdefault(row["gateway_id"], []).append(looked)
    return {gateway: tuple(each) for gateway, each in found.items()}


async def of_gateway(connection: Connection, gateway: int) -> list[Kept]:
    """The last look of each program at a gateway: visitor, doctor, guard."""
    rows = await connection.fetch("SELECT at, content::text AS content FROM looks WHERE gateway_id = $1", gateway)
    found = [Kept(at=row["at"], look=msgspec.json.decode(row["content"], type=Look)) for row in rows]
    return sorted(found, key=lambda one: list(By).index(one.look.by))
