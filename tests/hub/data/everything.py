"""A partner with a row in every table that can have one, and the whole database as values to compare."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import asyncpg

from hotspot.hub.store import Connection
from hotspot.hub.store.ownership import columns

NOW = datetime.now(UTC)
"""There are parts of the growing tables for now."""
DAY = NOW.date()
Row = dict[str, Any]


def rows_of(name: str, partner: int, hall: int, gateway: int, user: int) -> dict[str, Row]:
    """Rows by table, for what hangs on a partner, its hall, gateway and user. The order is that of the references."""
    secret = sha256(name.encode()).digest()
    cell = {"visits": 3, "ended": 2, "seconds": 60, "bytes_up": 1, "bytes_down": 2, "peak": 1, "languages": {"de": 3}, "families": {}}
    scope = f"partner/{name}"
    alarm = {"kind": "silent", "subject": "", "severity": "warning", "detail": {}, "since": NOW, "raised_at": NOW}
    return {
        "api_tokens": {"user_id": user, "name": "t", "token_hash": secret, "permissions": ["see"], "expires_at": NOW},
        "console_sessions": {
            "user_id": user, "secret_hash": secret, "stage": "full", "created_at": NOW, "expires_at": NOW, "idle_until": NOW,
        },
        "identities": {"user_id": user, "issuer": "https://login.example", "subject": name, "linked_at": NOW},
        "factors": {"user_id": user, "kind": "totp", "name": "app", "created_at": NOW, "key": secret},
        "recovery_codes": {"user_id": user, "code_hash": secret, "created_at": NOW},
        "zones": {"hall_id": hall, "name": "public"}, "credentials": {"gateway_id": gateway, "secret_hash": secret},
        "networks": {
            "hall_id": hall, "zone": "public", "ssid": f"WLAN {name}", "address": "http://portal.hall.example/", "changed_at": NOW,
            "changed_by": "user a",
        },
        "enrolments": {"hall_id": hall, "token_hash": secret, "created_by": "user a", "expires_at": NOW, "name": f"e-{name}"},
        "gateway_states": {"hall_id": hall, "gateway_id": gateway, "seen_at": NOW},
        "looks": {"hall_id": hall, "gateway_id": gateway, "by": "visit", "at": NOW, "made": 1.5, "content": {"by": "visit", "at": 1.5}},
        "figures_quarters": {"hall_id": hall, "time": NOW, "zone": "public", "plan": "free", **cell},
        "figures_hours": {"hall_id": hall, "time": NOW, "zone": "public", "plan": "free", **cell},
        "figures_days": {"hall_id": hall, "day": DAY, "zone": "public", "plan": "free", **cell},
        "totals": {"hall_id": hall, "zone": "public", "visits": 3, "seconds": 60, "bytes_up": 1, "bytes_down": 2},
        "devices_days": {"hall_id": hall, "day": DAY, "gateway_id": gateway, "devices": 5},
        "rollup_due": {"hall_id": hall, "hour": NOW, "changed_at": NOW},
        "streams": {"hall_id": hall, "gateway_id": gateway, "stream": "a" * 32, "start": 1, "first_at": NOW, "last_at": NOW},
        "names": {"hall_id": hall, "kind": "plan", "name": "free", "first_at": NOW},
        "findings": {"hall_id": hall, "gateway_id": gateway, "kind": "clock", "since": NOW, "last": NOW, "times": 1, "detail": ""},
        "orders": {
            "id": f"o-{name}", "hall_id": hall, "gateway_id": gateway, "kind": "kick", "request": {"type": "kick", "code": "K7F-3QX"},
            "ordered_by": "user a", "created_at": NOW, "expires_at": NOW,
        },
        "policy_changes": {"serial": partner, "author": "user a", "kind": "documents", "partner_id": partner},
        "policy_documents": {"scope": scope, "serial": partner, "partner_id": partner, "document": "{}"},
        "policy_drafts": {
            "id": secret.hex()[:32], "user_id": user, "scope": scope, "partner_id": partner, "base": 0, "document": "{}", "files": "{}",
            "created_at": NOW, "changed_at": NOW, "expires_at": NOW,
        },
        "policy_files": {"digest": secret.hex(), "content": name.encode()},
        "policy_document_files": {"scope": scope, "serial": partner, "name": "logo.svg", "digest": secret.hex(), "partner_id": partner},
        "policy_items": {
            "id": f"i-{name}", "section": "vouchers", "number": 1, "scope": f"hall/{name}", "hall_id": hall, "partner_id": partner,
            "item": '{"key": "0123456789abcdef", "plan": "guest"}', "serial": partner, "made_by": "user a", "made_at": NOW,
        },
        "policy_rollouts": {"serial": partner, "partner_id": partner, "state": "finished", "stages": 1},
        "policy_rollout_halls": {"serial": partner, "hall_id": hall, "stage": 1},
        "hall_policies": {"hall_id": hall, "serial": partner, "at": NOW, "digest": secret, "settings": "{}", "files": "{}"},
        "alarms": {"hall_id": hall, "gateway_id": gateway, **alarm},
        "alarms_ended": {"hall_id": hall, "gateway_id": gateway, **alarm, "ended_at": NOW, "id": 1, "acknowledged_by": "", "note": ""},
        "checklist_ticks": {"partner_id": partner, "hall_id": hall, "step": "poster", "done_at": NOW, "done_by": "user a"},
        "alarm_memory": {"hall_id": hall, "gateway_id": gateway, "memory": {}}, **certificates_of(gateway),
        "feedback": {
            "hall_id": hall, "at": NOW, "id": "ab" * 8, "written_at": NOW, "zone": "public", "kind": "idea", "language": "de",
            "text": f"Mehr Bänke in {name}", "place": "", "contact": "",
        },
        "audit": {"actor": "user a", "action": "hall.create", "partner": name, "hall": f"{name}-rathaus", "at": NOW},
    }  # fmt: skip


def certificates_of(gateway: int) -> dict[str, dict[str, object]]:
    """Of its portal."""
    return {
        "portal_certificates": {"gateway_id": gateway, "names": ["a.b"]},
        "certificate_revocations": {"gateway_id": gateway, "chain": "", "wanted_at": NOW, "next_try_at": NOW},
        "certificate_orders_left": {"gateway_id": gateway, "order_url": "https://a.example/1", "left_at": NOW, "next_try_at": NOW},
        "certificate_issues": {"gateway_id": gateway, "names": ["a.b"], "at": NOW},
    }


async def fill(connection: Connection, name: str) -> tuple[int, int]:
    """A partner of that name that has left, with one closed hall and a row in every table; returns the ids of both."""
    partner = await _insert(connection, "partners", {"name": name, "title": name, "left_at": NOW})
    hall = await _insert(connection, "halls", {"partner_id": partner, "name": f"{name}-rathaus", "title": name, "closed_at": NOW})
    gateway = await _insert(connection, "gateways", {"hall_id": hall, "name": f"{name}-1"})
    user = await _insert(connection, "users", {"name": f"u-{name}", "role": "partner-editor", "partner_id": partner})
    for table, row in rows_of(name, partner, hall, gateway, user).items():
        await _insert(connection, table, row)
    channel = await _insert(
        connection,
        "channels",
        {"name": name, "partner_id": partner, "kind": "mail", "lowest": "notice", "created_at": NOW, "created_by": "user a"},
    )
    event = {"channel_id": channel, "alarm_id": 1, "what": "raised", "severity": "notice", "at": NOW, "alarm": {"partner": name}}
    await _insert(connection, "channel_events", event)
    await _insert(connection, "notifications", {"channel_id": channel, "created_at": NOW, "urgent": False, "body": {}})
    return partner, hall


async def _insert(connection: Connection, table: str, row: Row) -> int:
    """Returns the id, or 0 where there is none."""
    names, values = ", ".join(row), ", ".join(f"${number}" for number in range(1, len(row) + 1))
    there = (await columns(connection))[table]
    returned = "id" if "id" in there and "id" not in row else "0"
    found: int = await connection.fetchval(f"INSERT INTO {table} ({names}) VALUES ({values}) RETURNING {returned}", *row.values())
    return found


async def whole(dsn: str) -> dict[str, list[str]]:
    """Every row of every table, as text, in order."""
    connection = await asyncpg.connect(dsn)
    try:
        return {
            table: sorted(row[0] for row in await connection.fetch(f'SELECT t::text FROM "{table}" t'))
            for table in await columns(connection)
        }
    finally:
        await connection.close()
