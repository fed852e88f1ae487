"""What the Wi-Fi of a hall's zones is called."""

from datetime import datetime

from msgspec import Struct

from hotspot.hub.store.pool import Connection


class Network(Struct, frozen=True, kw_only=True):
    """Of one zone."""

    zone: str
    ssid: str
    password: str | None
    """As it stands on the poster; None: an open network."""
    address: str
    """Of the visitors' page, with a trailing slash."""
    changed_at: datetime
    changed_by: str


async def networks(connection: Connection, hall_id: int) -> list[Network]:
    """Of a hall, by zone."""
    rows = await connection.fetch(
        "SELECT zone, ssid, password, address, changed_at, changed_by FROM networks WHERE hall_id = $1 ORDER BY zone", hall_id
    )
    return [Network(**dict(row)) for row in rows]


async def put(connection: Connection, hall_id: int, network: Network) -> None:
    """A new one, or another name of one that there is."""
    await connection.execute(
        "INSERT INTO networks (hall_id, zone, ssid, password, address, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7) "
        "ON CONFLICT (hall_id, zone) DO UPDATE SET ssid = $3, password = $4, address = $5, changed_at = $6, changed_by = $7",
        hall_id,
        network.zone,
        network.ssid,
        network.password,
        network.address,
        network.changed_at,
        network.changed_by,
    )
