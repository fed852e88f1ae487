"""Visits of a time by what they have in common: zone, plan, language and device family in one look at the rows."""

from typing import Final

from msgspec import Struct

from hotspot.hub.spans import Span
from hotspot.hub.store.figures import arguments, sources
from hotspot.hub.store.pool import Connection

KINDS: Final = ("zone", "plan", "language", "family")


class Share(Struct, frozen=True):
    """Visits with one name."""

    kind: str
    """One of ``KINDS``, or ``all`` (which has no name)."""
    name: str
    visits: int


_NAMED: Final = """, named AS (
        SELECT 'all' AS kind, '' AS name, sum(sign * visits)::bigint AS visits FROM parts
        UNION ALL
        SELECT 'zone', zone, sum(sign * visits)::bigint FROM parts GROUP BY zone
        UNION ALL
        SELECT 'plan', plan, sum(sign * visits)::bigint FROM parts GROUP BY plan
        UNION ALL
        SELECT 'language', c.key, sum(sign * c.value::bigint)::bigint
        FROM parts CROSS JOIN LATERAL jsonb_each_text(languages) c GROUP BY c.key
        UNION ALL
        SELECT 'family', c.key, sum(sign * c.value::bigint)::bigint
        FROM parts CROSS JOIN LATERAL jsonb_each_text(families) c GROUP BY c.key
    ), ranked AS (
        SELECT kind, name, visits, row_number() OVER (PARTITION BY kind ORDER BY visits DESC, name) AS rank FROM named WHERE visits > 0
    )
    SELECT kind, name, visits FROM ranked WHERE rank <= {most} ORDER BY kind, rank
"""


async def of_hall(connection: Connection, hall: int, span: Span, step: str, most: int) -> list[Share]:
    """Of each kind the ``most`` frequent names. ``step``: from rows of ``quarter`` | ``hour`` | ``day`` | ``month``."""
    given = await arguments(connection, [hall], span, step)
    rows = await connection.fetch(sources(step) + _NAMED.format(most=int(most)), *given)
    return [Share(**row) for row in rows]
