"""Everything of a partner or a hall, erased."""

from hotspot.hub.store.ownership import FILES, OWNED, SCOPE, Scope
from hotspot.hub.store.pool import Connection

SECONDS = 1_800.0
"""For one table: a year of many halls takes minutes."""


async def erase(connection: Connection, scope: Scope) -> dict[str, int]:
    """Delete all rows of a scope, in the caller's transaction; returns how many of each table that had some."""
    await connection.execute("SELECT set_config('hotspot.erasure', 'on', true)")  # the audit log lets go of rows only then
    files = [row["digest"] for row in await connection.fetch(f"{SCOPE} {FILES}", *scope.arguments)]
    erased = {}
    for table in OWNED:
        sql = f"{SCOPE} DELETE FROM {table.name} t USING scope WHERE {table.condition}"  # noqa: S608  own names
        status = await connection.execute(sql, *scope.arguments, timeout=SECONDS)
        if count := int(status.rpartition(" ")[2]):
            erased[table.name] = count
    orphans = await connection.execute(
        "DELETE FROM policy_files f WHERE f.digest = ANY ($1::text[]) "
        "AND NOT EXISTS (SELECT FROM policy_document_files d WHERE d.digest = f.digest)",
        files,
    )
    if count := int(orphans.rpartition(" ")[2]):
        erased["policy_files"] = count
    await connection.execute("SELECT set_config('hotspot.erasure', 'off', true)")
    return erased


async def gateways(connection: Connection, scope: Scope) -> list[int]:
    """Ids of the gateways of a scope, so that processes can be told that they are gone."""
    rows = await connection.fetch("SELECT id FROM gateways WHERE hall_id = ANY ($1::int[]) ORDER BY id", list(scope.hall_ids))
    return [row["id"] for row in rows]
