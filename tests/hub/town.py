"""Halls with gateways for tests, and what such a gateway would report."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from hotspot import wire
from hotspot.hub.hub import Hub
from hotspot.hub.store import tenants
from hotspot.hub.store.tenants import Gateway

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
"""A Wednesday; 13:00 in Germany."""
BOOT = "9f1c"


async def gateway(hub: Hub, hall: str = "kleinheim-rathaus", name: str = "", time_zone: str = "Europe/Berlin") -> Gateway:
    """One more gateway of a hall, with hall and partner if they are not there yet."""
    partner = hall.partition("-")[0]
    async with hub.store.transaction() as connection:
        town = await tenants.partner(connection, partner)
        if town is None:
            await tenants.add_partner(connection, partner, partner.title(), "")
            town = await tenants.partner(connection, partner)
        assert town is not None
        place = await tenants.hall(connection, hall)
        if place is None:
            await tenants.add_hall(connection, town.id, hall, hall, time_zone)
            place = await tenants.hall(connection, hall)
        assert place is not None
        await connection.execute("INSERT INTO gateways (hall_id, name) VALUES ($1, $2)", place.id, name or hall)
        made = await tenants.gateway(connection, name or hall)
    assert made is not None
    return made


def row(at: datetime, zone: str = "public", plan: str = "free", **numbers: Any) -> wire.Row:
    """What was counted in the quarter of an hour in which ``at`` lies."""
    return wire.Row(quarter=int(at.timestamp()) // wire.QUARTER * wire.QUARTER, zone=zone, plan=plan, **numbers)


def report(number: int, at: datetime, rows: Iterable[wire.Row] = (), stream: str = "a", start: int = 1, **more: Any) -> wire.Report:
    """A report that was closed at ``at``; ``stream`` is one hexadecimal digit for short."""
    closed = wire.Moment(at.timestamp(), at.timestamp() - 1_000_000, BOOT)
    return wire.Report(stream=stream * 32, start=start, seq=number, closed=closed, rows=tuple(rows), **more)


def delivery(at: datetime, *reports: wire.Report, **more: Any) -> wire.Delivery:
    """What a gateway with the right time sends at ``at``."""
    return wire.Delivery(sent=wire.Moment(at.timestamp(), at.timestamp() - 1_000_000, BOOT), reports=reports, **more)


async def cells(hub: Hub, table: str = "figures_quarters", at: str = "time") -> list[tuple[Any, ...]]:
    """All rows of a table of figures, without families: hall's name, time, zone, plan, numbers, languages."""
    async with hub.store.connection() as connection:
        rows = await connection.fetch(
            f"SELECT h.name, f.{at}, zone, plan, visits, ended, seconds, bytes_up, bytes_down, peak, languages "
            f"FROM {table} f JOIN halls h ON h.id = f.hall_id ORDER BY 1, 2, 3, 4"
        )
    return [tuple(row) for row in rows]


async def findings(hub: Hub) -> list[tuple[str, str]]:
    """Gateway and kind of everything that was found odd."""
    async with hub.store.connection() as connection:
        rows = await connection.fetch("SELECT g.name, f.kind FROM findings f JOIN gateways g ON g.id = f.gateway_id ORDER BY 1, 2")
    return [tuple(row) for row in rows]
