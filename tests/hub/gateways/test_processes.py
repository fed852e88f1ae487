"""Real hub processes: one is killed while gateways wait at it, another one is told to stop."""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession

from hotspot import wire
from hotspot.hub import hub as hubs
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from tests.hotspot.portal.test_certificates import install, make_pair
from tests.hotspot.portal.test_restart import Visitors, crowd
from tests.hotspot.test_handed import Manager
from tests.hub import town
from tests.hub.conftest import Api, token_of
from tests.hub.gateways.box import Box, enrolled, hall, value

pytestmark = pytest.mark.hub


@asynccontextmanager
async def process(database: str, folder: Path) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """``hotspot hub serve`` on a port of its own, ready; it is killed at the end if it still runs."""
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = folder / "hub.toml"
    config.write_text(f'database = {json.dumps(database)}\nlisten = ["127.0.0.1:{port}"]\n', encoding="utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(folder / "notify"))
        told.setblocking(False)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "hotspot", "hub", "serve", "--config", str(config),
            env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify")},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(30):
                while b"READY=1" not in await asyncio.get_running_loop().sock_recv(told, 4_096):
                    pass
            yield f"http://127.0.0.1:{port}", child
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()


async def test_killed_and_stopped(database: str, hub: Hub, tmp_path: Path) -> None:
    """A poll at a process that is killed ends with its connection; the gateway goes on at the next one, with its orders and reports, and
    nothing is lost or there twice. A process that is told to stop answers those who wait."""
    async with (
        ClientSession() as http,
        process(database, tmp_path / "one") as (first, killed),
        process(database, tmp_path / "two") as (second, stopped),
    ):
        api = Api(http, first, await token_of(hub, "admin", Role.HOST_ADMIN))
        box = await enrolled(api, await hall(api))
        now = hubs.now()
        report = wire.encode(town.delivery(now, town.report(1, now, [town.row(now, visits=7)])))
        assert (await box.raw("POST", wire.REPORTS, report))[0] == 200
        async with asyncio.TaskGroup() as group:
            cut = group.create_task(broken(box))
            await asyncio.sleep(0.5)
            killed.send_signal(signal.SIGKILL)
            assert await cut
        api, box = Api(http, second, api.token), box.at(second)
        status, answer, _ = await box.raw("POST", wire.REPORTS, report)
        assert (status, wire.decode(wire.Receipt, answer).known) == (200, 1)
        status, order = await api("POST", f"/gateways/{box.name}/orders", {"order": "status", "wait": 0})
        assert status == 201
        assert [one.id for one in (await box.poll()).orders] == [order["id"]]
        async with asyncio.TaskGroup() as group:
            waits = group.create_task(box.poll(order["id"], seconds=40))
            await asyncio.sleep(0.5)
            stopped.send_signal(signal.SIGTERM)
            async with asyncio.timeout(5):
                assert await waits == wire.News()
                assert await stopped.wait() == 0
    assert await value(hub, "SELECT sum(visits) FROM figures_quarters") == 7


RESTARTS = int(os.environ.get("HOTSPOT_RESTARTS", "2"))
"""More of them take time, and show what is rare."""


@pytest.mark.alone
@pytest.mark.parametrize("safe", [True, False], ids=["TLS", "plain"])
async def test_a_restart_refuses_nobody(database: str, tmp_path: Path, safe: bool) -> None:
    """A hub that is stopped under load is followed by another on the same socket: whoever comes meanwhile waits, and each request is
    answered, also one whose handshake or header was half done."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = tmp_path / "hub.toml"
    names = 'certificate = "hub.pem"\nkey = "hub.key"\n' if safe else ""
    config.write_text(f'database = {json.dumps(database)}\nlisten = ["127.0.0.1:{port}"]\n{names}', encoding="utf-8")
    for name, content in zip(("hub.pem", "hub.key"), make_pair(tmp_path, "hub.example"), strict=True):
        install(tmp_path / name, content)
    trusting = ssl.create_default_context(cafile=str(tmp_path / "hub.pem")) if safe else None
    if trusting is not None:
        trusting.check_hostname = False
    manager = Manager(tmp_path, "hotspot", "hub", "serve", "--config", str(config))
    child = await manager.start()
    try:

        def visits(visitors: Visitors) -> list[Awaitable[None]]:
            return [visitors.come(port, b"HTTP/1.1 200 ", trusting, "/healthz", pause) for pause in (0, 0, 0, 0, 0.05, 0.3)]

        async with crowd(visits) as visitors:
            for _ in range(RESTARTS):
                await visitors.answers(30)
                child.terminate()
                assert await child.wait() == 0
                child = await manager.start()
            await visitors.answers(30)
        assert visitors.failed == []
        assert len(manager.kept) == 1
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
        manager.close()


async def broken(box: Box) -> bool:
    """Does a poll end with a broken connection?"""
    try:
        await box.poll(seconds=40)
    except (ClientError, OSError):
        return True
    return False
