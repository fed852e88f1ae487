"""Several hub processes at once: each certificate is got by one of them, and what one leaves behind another one goes on with."""

import asyncio
from datetime import timedelta

import pytest

from hotspot.hub.certificates import work as working
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


async def test_a_process_that_was_killed(hub: Hub, box: Box, authority: Authority) -> None:
    """What it had claimed is nobody else's for a quarter of an hour, and then the next one's."""
    csr = request(PORTAL)
    await ask(box, csr)
    async with hub.store.transaction() as connection:
        assert await certificates.claim(connection, hub.now(), hub.now() + working.LEASE) is not None
    await work(hub)
    assert authority.requests == []
    before = hub.now
    hub.now = lambda: before() + working.LEASE + timedelta(seconds=1)
    await work(hub)
    assert (await ask(box, csr)).state == "ready"
    assert await value(hub, "SELECT next_try_at FROM certificates") is None
