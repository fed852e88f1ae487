"""One client floods; what the others notice: the time of their splash page, whether a new phone gets a lease and its names."""

import asyncio
import contextlib
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from msgspec import Struct

from hotspot.lab import Hall, Options
from hotspot.lab.browse import fetch, target
from hotspot.lab.layout import LAN_GATEWAY, SITE
from hotspot.lab.namespaces import command
from hotspot.lab.phone import Phone
from tests.kernel.attacks.hold import Held
from tests.kernel.attacks.programs import LONG, program, say
from tests.kernel.visits import PORTAL, PORTAL_TLS

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOKS = 300 if LONG else 40
"""Splash pages that each of the others opens, 20 a second."""
BAR_P99, BAR_LEASE = 0.100, 2.0
"""Seconds."""


class Scene(Struct):
    """A hall with three visitors who look at the splash page."""

    hall: Hall
    visitors: list[Phone]
    gateway_mac: str
    portal: str = PORTAL
    joined: int = 0

    async def another(self, name: str) -> Phone:
        """One more phone, which has not joined."""
        self.joined += 1
        return await self.hall.add_phone(f"{name}{self.joined}")


@contextlib.asynccontextmanager
async def _raised(name: str, options: Options, portal: str) -> AsyncIterator[Scene]:
    async with Hall(f"{name}{os.getpid()}", options) as hall:
        visitors = [await hall.add_phone(name) for name in ("anna", "bert", "carl")]
        for phone in visitors:
            await phone.join()
        told = await command("ip", "-n", hall.layout.gateway, "-br", "link", "show", "lan0")
        yield Scene(hall, visitors, told.split()[2], portal)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Scene]:
    """One hall for all floods."""
    async with _raised("floods", Options(), PORTAL) as up:
        yield up


class Seen(Struct, frozen=True):
    """What the others saw."""

    p50: float
    p99: float
    worst: float
    lease: float
    """Seconds until a new phone had an address."""
    name: float
    """Seconds until it knew the portal's address."""


async def _look(phone: Phone, portal: str, took: list[float]) -> None:
    where = target(portal)
    tls = phone.tls if where.scheme == "https" else None
    for _ in range(LOOKS):
        began = time.monotonic()
        answer = await fetch(phone.namespace, LAN_GATEWAY, where, seconds=5.0, tls=tls)
        assert answer.status == 200
        took.append(time.monotonic() - began)
        await asyncio.sleep(max(0.0, 0.05 - took[-1]))  # the pace of the looks


async def _others(scene: Scene) -> Seen:
    """Let the others look, and then a new phone join; one after the other, because to add a phone is work for this machine too."""
    took: list[float] = []
    async with asyncio.TaskGroup() as group:
        for phone in scene.visitors:
            group.create_task(_look(phone, scene.portal, took))
    newcomer = await scene.another("newcomer")
    began = time.time()
    await newcomer.join()
    lease = (scene.hall.folder.path / f"{newcomer.name}.lease").stat().st_mtime - began
    asked = time.monotonic()
    assert await newcomer.resolve("portal.hall.example") == LAN_GATEWAY
    name = time.monotonic() - asked
    cuts = statistics.quantiles(took, n=100)
    return Seen(cuts[49], cuts[98], max(took), lease, name)


def _flooding(scene: Scene, kind: str, rate: int, phone: Phone) -> contextlib.AbstractAsyncContextManager[object]:
    words = [sys.executable, "-P", "-m", "tests.kernel.attacks.flood", kind, str(rate), phone.mac, phone.lease.ip, scene.gateway_mac]
    return program(phone.namespace, words, scene.hall.folder.log(f"flood-{kind}"), "the flood begins")


async def _judge(what: str, scene: Scene) -> None:
    """Hold what the others see against the bar. What else this machine does can only make it slower, so the best of six counts."""
    seen = None
    for _ in range(6):
        seen = await _others(scene)
        say(
            f"{what}: splash p50 {seen.p50 * 1000:.1f} ms, p99 {seen.p99 * 1000:.1f} ms, worst {seen.worst * 1000:.1f} ms; "
            f"lease {seen.lease:.2f} s, name {seen.name * 1000:.1f} ms"
        )
        if seen.p99 <= BAR_P99 and seen.lease <= BAR_LEASE:
            return
    raise AssertionError(f"{what}: {seen}")


async def test_nobody_floods(scene: Scene) -> None:
    """The same without a flood, to compare with."""
    await _judge("no flood", scene)


@pytest.mark.parametrize(("kind", "rate"), [("syn", 10_000), ("dns", 5_000), ("dhcp", 2_000), ("devices", 1_000), ("echo", 5_000)])
async def test_flood_of_packets(scene: Scene, kind: str, rate: int) -> None:
    """SYNs that are never completed, questions, DISCOVERs of one device and of thousands, echo: the others see their page as before."""
    attacker = await scene.another("mallory")
    await attacker.join()
    async with _flooding(scene, kind, rate, attacker):
        await _judge(f"{kind}, {rate}/s", scene)


@pytest.mark.parametrize("url", [f"http://{SITE}/generate_204", f"http://{LAN_GATEWAY}/"])
async def test_flood_of_requests(scene: Scene, url: str) -> None:
    """200 connections that ask without a pause, for probes (answered by the redirect) and for the portal's own pages."""
    attacker = await scene.another("mallory")
    await attacker.join()
    words = ["wrk", "-t1", "-c200", "-d600", "--timeout", "5s", url]
    async with program(attacker.namespace, words, scene.hall.folder.log("wrk")):
        await _judge(f"requests, {url}", scene)


async def test_flood_of_handshakes() -> None:
    """64 connections, as many as one client may have, that begin TLS again and again, for an address that the certificate is not for."""
    async with _raised("handshakes", Options(tls=True), PORTAL_TLS) as scene:
        attacker = await scene.another("mallory")
        await attacker.join()
        words = ["wrk", "-t1", "-c64", "-d600", "--timeout", "5s", f"https://{LAN_GATEWAY}/"]
        async with program(attacker.namespace, words, scene.hall.folder.log("wrk")):
            await _judge("handshakes", scene)


@pytest.mark.parametrize(
    ("address", "head", "longest"),
    [
        (SITE, r"GET /generate_204 HTTP/1.1\r\nX: ", 6.5),
        (LAN_GATEWAY, r"GET / HTTP/1.1\r\nX: ", 6.5),
        # After the time for a form comes the answer, and two seconds to read it.
        (LAN_GATEWAY, r"POST /accept HTTP/1.1\r\nHost: portal.hall.example\r\nContent-Length: 1000\r\n\r\n", 8.5),
    ],
    ids=["capture-header", "page-header", "page-body"],
)
async def test_connections_that_are_held(scene: Scene, address: str, head: str, longest: float) -> None:
    """200 connections whose header or form never ends, opened again whenever they are cut: at most 64 get in, each is cut within its limit,
    the others do not notice, and the log stays small."""
    attacker = await scene.another("mallory")
    await attacker.join()
    log = scene.hall.folder.log("hold")
    log.write_text("")
    portal_log = scene.hall.folder.log("portal")
    before = portal_log.stat().st_size
    words = [sys.executable, "-P", "-m", "tests.kernel.attacks.hold", address, "80", head]
    async with program(attacker.namespace, words, log, "the flood begins"):
        began = time.monotonic()
        await _judge(f"held connections, {address}", scene)
        await asyncio.sleep(max(0.0, longest + 1 - (time.monotonic() - began)))  # until the first ones must have been cut
    held = msgspec.json.decode(log.read_text().splitlines()[-1], type=Held)
    say(f"    {held.most} of 200 at once, {held.cut} were cut, the longest after {held.longest:.1f} s")
    assert held.cut >= held.most
    assert (held.most <= 64, held.longest <= longest) == (True, True)
    logged = portal_log.stat().st_size - before
    say(f"    {logged} bytes in the portal's log")
    assert logged < 100 * held.cut  # not a page of text for each, so nobody fills the disk
