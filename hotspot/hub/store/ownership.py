"""Whose rows are whose: for every table, how a row belongs to a partner or a hall. Export and erasure follow this list, so nothing that one
of them knows is unknown to the other; a test fails when a table is missing.
"""

from typing import Final

from msgspec import Struct

from hotspot.hub.store.pool import Connection

SCOPE: Final = "WITH scope AS (SELECT $1::int AS partner_id, $2::text AS partner, $3::int[] AS hall_ids, $4::text[] AS halls)"
"""Begins a statement: conditions speak of ``scope`` and of the table as ``t``."""


class Owned(Struct, frozen=True):
    """A table with rows that belong to somebody."""

    name: str
    condition: str
    secret: frozenset[str] = frozenset()
    """Columns that no export holds: hashes, keys, and what holds keys."""
    shown: tuple[tuple[str, str], ...] = ()
    """Columns of which an export holds something else: name, expression."""


class Scope(Struct, frozen=True):
    """What is exported or erased: a partner with all its halls, or one hall."""

    partner_id: int | None
    """None: a hall only."""
    partner: str | None
    hall_ids: tuple[int, ...]
    halls: tuple[str, ...]

    @property
    def arguments(self) -> tuple[object, ...]:
        """For a statement that begins with ``SCOPE``."""
        return self.partner_id, self.partner, list(self.hall_ids), list(self.halls)


def _secret(*names: str) -> frozenset[str]:
    return frozenset(names)


_HALL = "t.hall_id = ANY (scope.hall_ids)"
_PARTNER = "t.partner_id = scope.partner_id"
_GATEWAY = "t.gateway_id IN (SELECT g.id FROM gateways g, scope s WHERE g.hall_id = ANY (s.hall_ids))"
_USER = "t.user_id IN (SELECT u.id FROM users u, scope s WHERE u.partner_id = s.partner_id)"

_PARTNER_OR_HALL = f"{_PARTNER} OR {_HALL}"
_CHANNEL = "t.channel_id IN (SELECT c.id FROM channels c, scope s WHERE c.partner_id = s.partner_id)"

OWNED: Final[tuple[Owned, ...]] = (
    Owned("notifications", _CHANNEL),
    Owned("channel_events", f"{_CHANNEL} OR t.alarm->>'partner' = scope.partner OR t.alarm->>'hall' = ANY (scope.halls)"),
    Owned("channels", _PARTNER, _secret("secret")),
    Owned("feedback", _HALL),
    Owned("figures_quarters", _HALL),
    Owned("figures_hours", _HALL),
    Owned("figures_days", _HALL),
    Owned("totals", _HALL),
    Owned("devices_days", _HALL),
    Owned("rollup_due", _HALL),
    Owned("streams", _HALL),
    Owned("names", _HALL),
    Owned("findings", _HALL),
    Owned("alarm_memory", _HALL),
    Owned("alarms_ended", _HALL),
    Owned("alarms", _HALL),
    Owned("orders", _HALL),
    Owned("hall_policies", _HALL, _secret("settings")),
    Owned("policy_rollout_halls", _HALL),
    Owned("policy_rollouts", _PARTNER),
    Owned("policy_items", _PARTNER_OR_HALL, shown=(("item", "t.item::jsonb - 'key'"),)),
    Owned("policy_document_files", _PARTNER_OR_HALL),
    Owned("policy_documents", _PARTNER_OR_HALL),
    Owned("policy_drafts", f"{_PARTNER_OR_HALL} OR {_USER}"),
    Owned("policy_changes", _PARTNER),
    Owned("api_tokens", _USER, _secret("token_hash")),
    Owned("console_sessions", _USER, _secret("secret_hash", "challenge", "new_key")),
    Owned("factors", _USER, _secret("key", "credential_id")),
    Owned("recovery_codes", _USER, _secret("code_hash")),
    Owned("identities", _USER),
    Owned("users", _PARTNER, _secret("password_hash")),
    Owned("checklist_ticks", _PARTNER_OR_HALL),
    Owned("gateway_states", _HALL),
    Owned("looks", _HALL),
    Owned("certificate_revocations", _GATEWAY),
    Owned("certificate_issues", _GATEWAY),
    Owned("certificate_orders_left", _GATEWAY),
    Owned("portal_certificates", _GATEWAY),
    Owned("credentials", _GATEWAY, _secret("secret_hash")),
    Owned("enrolments", _HALL, _secret("token_hash")),
    Owned("networks", _HALL),
    Owned("zones", _HALL),
    Owned("gateways", _HALL),
    Owned("halls", "t.id = ANY (scope.hall_ids)"),
    Owned("audit", "t.partner = scope.partner OR t.hall = ANY (scope.halls)"),
    Owned("partners", "t.id = scope.partner_id"),
)
"""In the order in which they can be erased: what refers to a row goes before it."""

FILES: Final = f"SELECT DISTINCT t.digest FROM policy_document_files t, scope WHERE {_PARTNER_OR_HALL} ORDER BY t.digest"  # noqa: S608
"""Pictures and texts of a scope's policy, behind ``SCOPE``. One content may be of several partners: it goes with the last of them."""

NOBODYS: Final[dict[str, str]] = {
    "host": "the city itself",
    "login_attempts": "hashes of names and addresses of logins",
    "marks": "moments that the hub's processes share",
    "policy_files": "pictures and texts by content: ``FILES``",
    "migrations": "which tables there are",
    "retention_log": "what was erased because its time was up, by table",
    "restores": "which backups were put back",
}
"""Tables without a row of a partner, and what is in them."""


async def of_partner(connection: Connection, partner_id: int, partner: str) -> Scope:
    """A partner with all its halls."""
    rows = await connection.fetch("SELECT id, name FROM halls WHERE partner_id = $1 ORDER BY id", partner_id)
    return Scope(partner_id, partner, tuple(row["id"] for row in rows), tuple(row["name"] for row in rows))


def of_hall(hall_id: int, hall: str) -> Scope:
    """One hall."""
    return Scope(None, None, (hall_id,), (hall,))


async def columns(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Every table of the hub (partitions are their parent's) with its columns, in order."""
    rows = await connection.fetch(
        "SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
        "AND a.attnum > 0 AND NOT a.attisdropped GROUP BY c.relname ORDER BY c.relname"
    )
    return {row["name"]: tuple(row["columns"]) for row in rows}
