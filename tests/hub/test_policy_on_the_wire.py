"""Gateways on their polls: woken by a change, the policy and its files fetched with a credential."""

import asyncio
from hashlib import sha256
from io import BytesIO

import msgspec
import pytest
from aiohttp import ClientSession

from hotspot import wire
from hotspot.hub.gateways.web import PART
from hotspot.hub.hub import Hub
from hotspot.hub.store import tenants
from hotspot.hub.tokens import hashed, make
from tests.hub.conftest import Api
from tests.hub.test_policy import HOST, changed, town

pytestmark = pytest.mark.hub

VIDEO = b"\0\0\0\x20ftypisom" + bytes(range(256)) * 4_096
"""Larger than what is sent at a time."""


class Box(msgspec.Struct):
    """A gateway's side of the wire."""

    http: ClientSession
    base: str
    credential: str

    async def ask(self, method: str, path: str, body: msgspec.Struct | None = None) -> tuple[int, bytes]:
        """Status and body."""
        headers = {"Authorization": f"Bearer {self.credential}"}
        data = None if body is None else wire.encode(body)
        async with self.http.request(method, self.base + path, data=data, headers=headers) as response:
            return response.status, await response.read()

    async def poll(self, serial: int) -> int:
        """The serial that a poll answers with."""
        status, content = await self.ask("POST", wire.POLL, wire.Poll(policy=serial))
        assert status == 200, content
        return wire.decode(wire.News, content).policy

    async def policy(self) -> wire.Policy:
        """What it is given."""
        return wire.decode(wire.Policy, (await self.ask("GET", wire.POLICY))[1])


async def box(api: Api, hub: Hub, hall: str) -> Box:
    """The gateway of a hall with a credential."""
    secret = make("credential")
    async with hub.store.transaction() as connection:
        found = await tenants.gateway(connection, f"{hall}-1")
        assert found is not None
        await connection.execute("INSERT INTO credentials (gateway_id, secret_hash) VALUES ($1, $2)", found.id, hashed(secret))
    return Box(api.http, api.base, secret)


async def test_a_change_wakes_the_polls_that_it_concerns(api: Api, hub: Hub) -> None:
    """A gateway on its poll hears of a change by itself; one of another hall goes on waiting."""
    await town(api, hub, "klein-a", "klein-b")
    ours, theirs = await box(api, hub, "klein-a"), await box(api, hub, "klein-b")
    first = await changed(api, {"host": HOST})
    assert [await one.poll(0) for one in (ours, theirs)] == [first, first]
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(one.poll(first)) for one in (ours, theirs)]
        second = await changed(api, {"hall/klein-a": {"hall": {"name": "A"}}})
        assert await asyncio.wait_for(waiting[0], 10) == second
        assert not waiting[1].done()
        third = await changed(api, {"partner/klein": {"hall": {"town": "Klein"}}})
        assert await asyncio.wait_for(waiting[1], 10) == third
    assert (await ours.policy()).settings["hall"] == {"name": "A", "town": "Klein"}
    assert (await theirs.policy()).serial == third


async def test_files_by_their_content(api: Api, hub: Hub) -> None:
    """A file of several parts arrives whole at the gateway whose policy names it, and is not there for another one."""
    await town(api, hub, "klein-a", "klein-b")
    ours, theirs = await box(api, hub, "klein-a"), await box(api, hub, "klein-b")
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/octet-stream"}
    async with api.http.post(f"{api.base}/api/v1/policy/files", data=BytesIO(VIDEO), headers=headers) as response:
        digest = (await response.json())["sha256"]
    assert (digest, len(VIDEO) > 2 * PART) == (sha256(VIDEO).hexdigest(), True)
    document = {"scope": "hall/klein-a", "document": {"theme": {"sign_language": {"file": "dgs.mp4"}}}, "files": {"dgs.mp4": digest}}
    assert (await api("POST", "/policy/changes", {"documents": [document]}))[0] == 201
    assert (await ours.policy()).files == {"dgs.mp4": digest}
    assert await ours.ask("GET", wire.FILE + digest) == (200, VIDEO)
    for one, path in ((theirs, digest), (ours, "0" * 64), (ours, "..%2fetc%2fpasswd")):
        assert (await one.ask("GET", wire.FILE + path))[0] == 404
