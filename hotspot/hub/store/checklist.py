"""What is known of a town that joins, and what people have ticked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from hotspot.hub.checklist import Facts, HallFacts, Tick
from hotspot.hub.look_alarms import FRESH
from hotspot.hub.store.pool import Connection
from hotspot.looks.values import By

_TOWN: Final = """
    SELECT p.created_at, p.contact <> '' AS contact,
        (SELECT count(*) FROM users u WHERE u.partner_id = p.id AND u.disabled_at IS NULL) AS users,
        EXISTS (SELECT FROM audit a WHERE a.partner = p.name AND a.action = 'user.login')
            OR EXISTS (SELECT FROM console_sessions c JOIN users u ON u.id = c.user_id WHERE u.partner_id = p.id) AS users_seen,
        (SELECT count(*) FROM channels c WHERE c.partner_id = p.id) AS channels,
        (SELECT count(*) FROM channels c WHERE c.partner_id IS NULL) AS citys_channels,
        (SELECT count(*) FROM channels c WHERE c.kind = 'mail' AND (c.partner_id = p.id OR c.partner_id IS NULL)) AS mail_channels
    FROM partners p WHERE p.id = $1
"""
_HALLS: Final = """
    SELECT h.name, h.title, h.created_at,
        (SELECT max(e.expires_at) FROM enrolments e
            WHERE e.hall_id = h.id AND e.used_at IS NULL AND e.withdrawn_at IS NULL AND e.expires_at > $2) AS token_until,
        g.enrolled_at, s.seen_at, coalesce(w.serial, 0) AS policy_wanted, coalesce((s.health ->> 'policy')::bigint, 0) AS policy,
        coalesce((s.health ->> 'policy_refused')::bigint, 0) AS policy_refused, coalesce(s.health ->> 'policy_error', '') AS policy_error,
        EXISTS (SELECT FROM audit a WHERE a.partner = p.name AND a.hall = h.name AND a.action = 'poster.print') AS poster_printed,
        coalesce(
            (SELECT f.day FROM figures_days f WHERE f.hall_id = h.id AND f.visits > 0 ORDER BY f.day LIMIT 1),
            (SELECT (q.time AT TIME ZONE h.time_zone)::date FROM figures_quarters q WHERE q.hall_id = h.id AND q.visits > 0
                ORDER BY q.time LIMIT 1)
        ) AS first_visit,
        (SELECT l.at FROM looks l WHERE l.gateway_id = g.id AND l.by = 'visit' AND l.amiss = '[]' AND l.at > $3
            AND (l.content @? '$.visited[*] ? (@.verdict == "online")'
                OR l.content @? '$.steps[*] ? (@.name == "online" && @.result == "passed")')) AS online_at
    FROM halls h JOIN partners p ON p.id = h.partner_id LEFT JOIN hall_policies w ON w.hall_id = h.id
    LEFT JOIN LATERAL (
        SELECT id, coalesce(enrolled_at, created_at) AS enrolled_at FROM gateways g
        WHERE g.hall_id = h.id AND g.revoked_at IS NULL ORDER BY id DESC LIMIT 1
    ) g ON true
    LEFT JOIN gateway_states s ON s.gateway_id = g.id
    WHERE h.partner_id = $1 AND h.closed_at IS NULL ORDER BY h.created_at, h.name
"""


async def facts(connection: Connection, partner_id: int, now: datetime, said: Mapping[str, frozenset[str]]) -> Facts:
    """Of one town, in a snapshot. ``said``: by hall what its settings say, also of one that has not been given any yet."""
    town = await connection.fetchrow(_TOWN, partner_id)
    assert town is not None
    rows = await connection.fetch(_HALLS, partner_id, now, now - timedelta(seconds=FRESH[By.VISIT]))
    return Facts(**dict(town), halls=[_hall(row, said) for row in rows], ticks=await ticks(connection, partner_id))


def _hall(row: Any, said: Mapping[str, frozenset[str]]) -> HallFacts:
    return HallFacts(**dict(row), sections=said.get(row["name"], frozenset()))


async def ticks(connection: Connection, partner_id: int) -> list[Tick]:
    """What people have ticked."""
    rows = await connection.fetch(
        "SELECT t.step, coalesce(h.name, '') AS hall, t.done_at AS at, t.done_by AS by FROM checklist_ticks t "
        "LEFT JOIN halls h ON h.id = t.hall_id WHERE t.partner_id = $1 ORDER BY t.done_at",
        partner_id,
    )
    return [Tick(**dict(row)) for row in rows]


async def tick(connection: Connection, partner_id: int, hall_id: int, step: str, at: datetime, by: str) -> bool:
    """A step is done; ``hall_id`` 0: of the town as a whole. False: it was ticked before, and stays as it was."""
    return bool(
        await connection.fetchval(
            "INSERT INTO checklist_ticks (partner_id, hall_id, step, done_at, done_by) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT DO NOTHING RETURNING true",
            partner_id,
            hall_id,
            step,
            at,
            by,
        )
    )


async def untick(connection: Connection, partner_id: int, hall_id: int, step: str) -> bool:
    """It is not done after all. False: it was not ticked."""
    return bool(
        await connection.fetchval(
            "DELETE FROM checklist_ticks WHERE partner_id = $1 AND hall_id = $2 AND step = $3 RETURNING true", partner_id, hall_id, step
        )
    )
