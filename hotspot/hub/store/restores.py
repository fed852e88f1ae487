"""Which backup was put back last, so that gateways send again what they had delivered since it was made."""

from datetime import datetime, timedelta
from typing import Final

from hotspot.hub.store.pool import Connection

ASK_FOR: Final = timedelta(days=7)
"""How long gateways are asked: one that was away in the meantime too."""

LOST_CHANGES: Final = 10_000
"""More changes of the policy than there can have been since the backup was made."""


async def note(connection: Connection, backup_at: datetime, now: datetime) -> None:
    """A backup was put back. Serials of the policy jump ahead: no new change may get a number that a gateway has seen for another one."""
    await connection.execute("SELECT setval('policy_serials', nextval('policy_serials') + $1)", LOST_CHANGES)
    await connection.execute("INSERT INTO restores (backup_at, restored_at) VALUES ($1, $2)", backup_at, now)


async def again(connection: Connection, now: datetime) -> float:
    """For ``Receipt.again``: a number that each restoration has for itself (when it was, seconds since 1970); 0: none lately."""
    found = await connection.fetchval("SELECT max(restored_at) FROM restores WHERE restored_at > $1", now - ASK_FOR)
    return 0.0 if found is None else float(found.timestamp())
