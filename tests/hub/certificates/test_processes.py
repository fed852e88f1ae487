"""Several hub processes at once: each certificate is got by one of them, and what one leaves behind another one goes on with."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from hotspot.hub.certificates import work as working
from hotspot.hub.certificates.issue import longest
from hotspot.hub.certificates.records import Records
from hotspot.hub.hub import Hub
from hotspot.hub.store import certificates
from tests.hotspot.portal.conftest import until
from tests.hub.certificates.authority import Authority
from tests.hub.certificates.conftest import PORTAL, ask, request, work
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, enrolled, hall, value

pytestmark = pytest.mark.hub


async def test_two_processes_get_each_certificate_once(
    api: Api, hub: Hub, box: Box, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are at it all the time; there are as many orders as halls, and neither holds a connection while it waits."""
    monkeypatch.setattr(working, "SECONDS", 0.05)
    other = await enrolled(api, await hall(api, "kleinheim-schule"))
    await api("PUT", f"/gateways/{other.name}/certificate/names", {"names": ["schule.kleinheim.example"]})
    wanted = {box: request(PORTAL), other: request("schule.kleinheim.example")}
    async with asyncio.TaskGroup() as group:
        processes = [group.create_task(working.run(hub)) for _ in range(2)]
        for one, csr in wanted.items():
            await ask(one, csr)
        await until(lambda: len([order for order in authority.orders.values() if order["status"] == "valid"]) == 2, 20.0)
        for one, csr in wanted.items():
            async with asyncio.timeout(10):
                while (await ask(one, csr)).state != "ready":
                    pass
        for process in processes:
            process.cancel()
    assert authority.requests.count("new-order") == 2


def leased(hub: Hub) -> timedelta:
    """For how long a process has one certificate."""
    settings = hub.settings.certificates
    assert settings is not None
    assert settings.dns is not None
    return working.lease(Records(settings.dns))


async def test_a_process_that_was_killed(hub: Hub, box: Box, authority: Authority) -> None:
    """What it had claimed is nobody else's for as long as it may have taken, and then the next one's."""
    lease = leased(hub)
    csr = request(PORTAL)
    await ask(box, csr)
    async with hub.store.transaction() as connection:
        assert await certificates.claim(connection, hub.now(), "killed", hub.now() + lease) is not None
    await work(hub)
    assert authority.requests == []
    before = hub.now
    hub.now = lambda: before() + lease + timedelta(seconds=1)
    await work(hub)
    assert (await ask(box, csr)).state == "ready"
    assert await value(hub, "SELECT next_try_at FROM portal_certificates") is None


async def test_a_long_wait_for_dns(hub: Hub, box: Box) -> None:
    """However long records may take to be shown: the process that works at a certificate has it for longer than that may last, and one
    that comes after its time changes nothing."""
    settings = hub.settings.certificates
    assert settings is not None
    assert settings.dns is not None
    dns = msgspec.structs.replace(settings.dns, wait=3_600.0)
    hub.settings = msgspec.structs.replace(hub.settings, certificates=msgspec.structs.replace(settings, dns=dns))
    assert leased(hub).total_seconds() > longest(Records(dns)) > 3_600.0
    await ask(box, request(PORTAL))
    async with hub.store.transaction() as connection:
        first = await certificates.claim(connection, hub.now(), "first", hub.now() + leased(hub))
    before, ours = hub.now, leased(hub)
    async with hub.store.transaction() as connection:
        assert await certificates.claim(connection, before() + ours - timedelta(seconds=9), "second", before() + 2 * ours) is None
        second = await certificates.claim(connection, before() + ours, "second", before() + 2 * ours)
    assert first is not None
    assert second is not None
    async with hub.store.connection() as connection:
        assert not await certificates.ordered(connection, first, "https://a.example/1")
        await certificates.failed(connection, first, "late", before(), before() + timedelta(days=1))
        await certificates.release(connection, first)
        assert await certificates.ordered(connection, second, "https://a.example/2")
    assert await value(hub, "SELECT held_by || failure || order_url FROM portal_certificates") == "secondhttps://a.example/2"
