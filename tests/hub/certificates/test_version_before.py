"""Hubs of the version before go on with the tables of this one until it is their turn: they ask as they asked then, word for word,
and what they write is heard."""

from datetime import datetime, timedelta

import pytest

from hotspot.hub.hub import Hub
from hotspot.hub.store import Store, certificates, erasure, migrations, revocations
from hotspot.hub.store.ownership import OWNED, Owned, of_hall
from hotspot.hub.store.pool import Connection
from tests.hub.certificates.conftest import PORTAL, ask, request, work
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, enrolled, hall, value

pytestmark = pytest.mark.hub

LAST = [file.name for file in migrations.known()].index("0016_certificates_again")
FIELDS = (
    "gateway_id gateway hall partner names csr key_hash asked_at chain chain_key_hash begins_at ends_at issued order_url next_try_at tries "
    "failing_since failure renew revoke"
)
"""What it makes a row of; one more was an error."""
ROW = (
    "SELECT c.*, g.name AS gateway, h.name AS hall, p.name AS partner FROM certificates c JOIN gateways g ON g.id = c.gateway_id "
    "JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id"
)
CLAIM = (
    "UPDATE certificates SET next_try_at = $2 WHERE gateway_id = (SELECT c.gateway_id FROM certificates c "
    "JOIN gateways g ON g.id = c.gateway_id JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id "
    "WHERE g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL "
    "AND (c.next_try_at <= $1 OR (c.next_try_at IS NULL AND c.revoke <> '')) "
    "ORDER BY c.next_try_at NULLS FIRST LIMIT 1 FOR UPDATE OF c SKIP LOCKED) RETURNING gateway_id"
)
GIVE_BACK = "UPDATE certificates SET next_try_at = $3 WHERE gateway_id = $1 AND next_try_at = $2"
PUT_NAMES = (
    "INSERT INTO certificates (gateway_id, names) VALUES ($1, $2) ON CONFLICT (gateway_id) DO UPDATE SET names = excluded.names, "
    "csr = '', key_hash = NULL, order_url = '', next_try_at = NULL, tries = 0, failing_since = NULL, failure = ''"
)
ASKED = (
    "UPDATE certificates SET csr = $2, key_hash = $3, asked_at = $4, order_url = '', next_try_at = $5, tries = 0, "
    "failing_since = NULL, failure = '', renew = false WHERE gateway_id = $1"
)
ORDERED = "UPDATE certificates SET order_url = $3 WHERE gateway_id = $1 AND key_hash = $2"
ISSUED = (
    "UPDATE certificates SET chain = $3, chain_key_hash = $2, begins_at = $4, ends_at = $5, order_url = '', tries = 0, "
    "next_try_at = NULL, failing_since = NULL, failure = '', "
    "issued = array_append(array(SELECT at FROM unnest(issued) AS at WHERE at > $7), $6) "
    "WHERE gateway_id = $1 AND key_hash = $2 RETURNING true"
)
FAILED = (
    "UPDATE certificates SET failure = $2, failing_since = coalesce(failing_since, $3), next_try_at = $4, tries = tries + $5 "
    "WHERE gateway_id = $1 AND key_hash IS NOT DISTINCT FROM $6"
)
ERASED = tuple(
    Owned("certificates", table.condition) if table.name == "portal_certificates" else table
    for table in OWNED
    if table.name not in ("certificate_revocations", "certificate_issues", "certificate_orders_left")
)
"""What it deletes of a hall: it knows no other tables."""
WANT_ANOTHER = (
    "UPDATE certificates SET renew = true, revoke = CASE WHEN $2 THEN chain ELSE revoke END, next_try_at = NULL WHERE gateway_id = $1"
)


async def _theirs(connection: Connection, gateway: int) -> dict[str, object]:
    row = await connection.fetchrow(f"{ROW} WHERE c.gateway_id = $1 FOR UPDATE OF c", gateway)
    assert row is not None
    assert sorted(row.keys()) == sorted(FIELDS.split())
    return dict(row)


async def _ours(connection: Connection, gateway: int) -> certificates.Row:
    row = await certificates.one(connection, gateway)
    assert row is not None
    return row


async def _issue(connection: Connection, gateway: int, key: bytes, chain: str, now: datetime) -> None:
    """As a hub of the version before does, from the gateway's request to the chain."""
    await connection.execute(ASKED, gateway, f"csr of {chain}", key, now, now)
    assert await connection.fetchval(CLAIM, now, now + timedelta(minutes=15)) == gateway
    await connection.execute(ORDERED, gateway, key, "https://authority.example/1")
    await connection.execute(FAILED, gateway, "away", now, now + timedelta(minutes=1), 1, key)
    month = now + timedelta(days=30)
    assert await connection.fetchval(ISSUED, gateway, key, chain, now, month, now, now - timedelta(days=7))


async def test_it_works_on_and_is_heard(hub: Hub, box: Box) -> None:
    """A certificate that it got is ready and counts; a key that it wants no more gets none here either, and what it wants revoked is."""
    now = hub.now()
    gateway = int(await value(hub, "SELECT id FROM gateways"))
    async with hub.store.connection() as connection:
        await connection.execute(PUT_NAMES, gateway, [PORTAL])
        await _issue(connection, gateway, b"one", "the first", now)
        ours = await _ours(connection, gateway)
        assert (ours.ready, ours.chain, ours.look_at is not None) == (True, "the first", True)
        assert await certificates.lately(connection, gateway, [PORTAL], now - timedelta(hours=1)) == [now]
        await connection.execute(ASKED, gateway, "another", b"two", now, now)
        assert not (await _ours(connection, gateway)).ready
        await _issue(connection, gateway, b"two", "the second", now)
        await connection.execute(WANT_ANOTHER, gateway, True)
        assert await connection.fetchval(CLAIM, now, now) is None
        assert (await _theirs(connection, gateway))["renew"] is True
        ours = await _ours(connection, gateway)
        assert (ours.renewing, set(ours.unwanted), ours.revoking) == (True, {b"two"}, True)
        await connection.execute(ASKED, gateway, "the old key again", b"two", now, now)
        assert (await _theirs(connection, gateway))["renew"] is True
        await connection.execute(GIVE_BACK, gateway, now, None)
        await connection.execute(ASKED, gateway, "a new key", b"three", now, now)
        assert (await _theirs(connection, gateway))["renew"] is False


async def test_it_hears_this_one(api: Api, hub: Hub, box: Box) -> None:
    """It gives the chain that was issued here to the gateway, and has it make another key when staff wanted that here."""
    await ask(box, request(PORTAL))
    await work(hub)
    gateway = int(await value(hub, "SELECT id FROM gateways"))
    async with hub.store.connection() as connection:
        theirs = await _theirs(connection, gateway)
        assert (theirs["chain_key_hash"], theirs["renew"]) == (theirs["key_hash"], False)
        assert "BEGIN CERTIFICATE" in str(theirs["chain"])
        await api("POST", f"/gateways/{box.name}/certificate/request")
        assert (await _theirs(connection, gateway))["renew"] is True
        await ask(box, request(PORTAL))
        assert (await _theirs(connection, gateway))["renew"] is False


async def test_what_is_held_is_not_due_for_it(api: Api, hub: Hub, box: Box) -> None:
    """While a process of this version is ordering, it finds nothing to be done there, and does not change that by what it writes besides;
    it finds others, and this one as soon as it is free."""
    other = await enrolled(api, await hall(api, "kleinheim-schule"))
    await api("PUT", f"/gateways/{other.name}/certificate/names", {"names": ["schule.kleinheim.example"]})
    await ask(box, request(PORTAL))
    now = hub.now()
    async with hub.store.transaction() as connection:
        ours = await certificates.claim(connection, now, "ours", now + timedelta(minutes=9))
    assert ours is not None
    await ask(other, request("schule.kleinheim.example"))
    async with hub.store.connection() as connection:
        later = now + timedelta(minutes=15)
        assert await connection.fetchval(CLAIM, hub.now(), later) == (await value(hub, "SELECT max(gateway_id) FROM portal_certificates"))
        assert await connection.fetchval(CLAIM, hub.now(), later) is None
        await connection.execute(PUT_NAMES, ours.gateway_id, [PORTAL])  # with csr = '' and next_try_at = NULL, which are its words
        assert (await _theirs(connection, ours.gateway_id))["next_try_at"] is None
        await connection.execute(ASKED, ours.gateway_id, ours.csr, ours.key_hash, now, now)
        shown = await _theirs(connection, ours.gateway_id)
        assert shown["next_try_at"] == ours.held_until
        await connection.execute(FAILED, ours.gateway_id, "away", now, shown["next_try_at"], 0, ours.key_hash)
        assert (await _ours(connection, ours.gateway_id)).next_try_at == now
        assert await certificates.ordered(connection, ours, "https://authority.example/1")
        await certificates.release(connection, ours)
        assert await connection.fetchval(CLAIM, hub.now(), later) == ours.gateway_id
        assert await certificates.claim(connection, hub.now(), "ours", later) is None  # and what it has is not due here


async def test_it_can_erase(hub: Hub, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hall with certificates that were counted here, and one that is to be revoked."""
    await ask(box, request(PORTAL))
    await work(hub)
    gateway = int(await value(hub, "SELECT id FROM gateways"))
    async with hub.store.transaction() as connection:
        ours = await _ours(connection, gateway)
        await revocations.want(connection, gateway, ours.chain, revocations.Reason.KEY, hub.now())
    monkeypatch.setattr(erasure, "OWNED", ERASED)
    async with hub.store.transaction() as connection:
        found = await connection.fetchrow("SELECT id, name FROM halls")
        assert found is not None
        erased = await erasure.erase(connection, of_hall(found["id"], found["name"]))
    assert (erased["certificates"], erased["gateways"]) == (1, 1)
    for table in ("portal_certificates", "certificate_revocations", "certificate_issues"):
        assert await value(hub, f"SELECT count(*) FROM {table}") == 0


async def test_what_it_left(empty_database: str) -> None:
    """What is ready has its authority asked about renewals from now on; what is to be revoked is, by one hub."""
    async with Store(empty_database) as store, store.connection() as connection:
        await migrations.migrate(connection, migrations.known()[:LAST])
        partner = await connection.fetchval("INSERT INTO partners (name, title) VALUES ('kleinheim', 'Kleinheim') RETURNING id")
        hall = await connection.fetchval(
            "INSERT INTO halls (partner_id, name, title) VALUES ($1, 'rathaus', 'Rathaus') RETURNING id", partner
        )
        now = await connection.fetchval("SELECT now()")
        gateways = []
        for name in ("ready", "revoked"):
            gateway = await connection.fetchval("INSERT INTO gateways (hall_id, name) VALUES ($1, $2) RETURNING id", hall, name)
            await connection.execute(PUT_NAMES, gateway, [f"{name}.kleinheim.example"])
            await _issue(connection, gateway, name.encode(), name, now)
            gateways.append(gateway)
        await connection.execute(WANT_ANOTHER, gateways[1], True)
        await migrations.migrate(connection)
        ready, revoked = [await _ours(connection, gateway) for gateway in gateways]
        assert (ready.ready, ready.look_at is not None, ready.revoking, ready.unwanted) == (True, True, False, ())
        assert (revoked.ready, revoked.look_at, revoked.revoking, set(revoked.unwanted)) == (False, None, True, {b"revoked"})
        for gateway in gateways:
            assert len(await certificates.lately(connection, gateway, [], now - timedelta(hours=1))) == 1
        assert (await _theirs(connection, gateways[1]))["revoke"] == ""
        assert (await _theirs(connection, gateways[1]))["renew"] is True
