"""The sockets that visitors reach, on a real interface that comes, goes and comes again."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

SPACE = f"zP-doors-{os.getpid()}"
SERVER = """
import asyncio, sys
from pathlib import Path
from hotspot.portal.listeners import serve_zone
from hotspot.portal.desk import Desk
from hotspot.portal.office import Office
from hotspot.portal.settings import Zone
from hotspot.portal import clock
from tests.hotspot.portal.conftest import FREE
from hotspot.portal.settings import HallTexts, Settings, Terms

async def main():
    here = Path(sys.argv[1])
    zone = Zone("public", ("free",), "http://portal.hall.example/", lan="lan0")
    settings = Settings(state_dir=here, firewall_socket=here / "f", control_socket=here / "c", hall=HallTexts("Rathaus"),
                        terms=Terms("1", {"de": "x"}), plans={"free": FREE}, zones={"public": zone})
    office = Office(settings, clock.now)
    async def tell():
        while True:
            await office.doors_changed.wait()
            office.doors_changed.clear()
            print("open" if not office.closed_zones else "shut", flush=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(tell())
        tasks.create_task(serve_zone(office, Desk(office), zone, None))

asyncio.run(main())
"""


async def ip(*words: str) -> None:
    """One ip(8) command that must succeed."""
    process = await asyncio.create_subprocess_exec("ip", *words)
    assert await process.wait() == 0, words


async def next_word(process: asyncio.subprocess.Process) -> bytes:
    """What the server tells next, between its log lines."""
    assert process.stdout is not None
    while (line := await process.stdout.readline()) not in (b"open\n", b"shut\n", b""):
        pass
    return line


async def curl(address: str) -> str:
    """Status and target of an answer, "000 " when there is none; asked from inside the namespace of the other end."""
    words = ("netns", "exec", f"{SPACE}-phone", "curl", "-s", "-o", "/dev/null", "-m", "2", "-w", "%{http_code} %{redirect_url}", address)
    process = await asyncio.create_subprocess_exec("ip", *words, stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0].decode()


async def lay_wire() -> None:
    """A veth pair between the two namespaces, with addresses."""
    await ip("link", "add", "lan0", "netns", SPACE, "type", "veth", "peer", "name", "wlan0", "netns", f"{SPACE}-phone")
    for space, name, number in ((SPACE, "lan0", 1), (f"{SPACE}-phone", "wlan0", 2)):
        await ip("-n", space, "addr", "add", f"198.18.0.{number}/24", "dev", name)
        await ip("-n", space, "addr", "add", f"2001:db8:1::{number}/64", "dev", name, "nodad")
        await ip("-n", space, "link", "set", name, "up")


@pytest.fixture
async def spaces() -> AsyncIterator[None]:
    """Gateway and phone, and a second interface that stands for the WAN."""
    for space in (SPACE, f"{SPACE}-phone"):
        await ip("netns", "add", space)
    await ip("link", "add", "wan0", "netns", SPACE, "type", "veth", "peer", "name", "wan0", "netns", f"{SPACE}-phone")
    for space, number in ((SPACE, 1), (f"{SPACE}-phone", 2)):
        await ip("-n", space, "addr", "add", f"203.0.113.{number}/24", "dev", "wan0")
        await ip("-n", space, "link", "set", "wan0", "up")
    yield
    for space in (SPACE, f"{SPACE}-phone"):
        await ip("netns", "del", space)


@pytest.mark.kernel
async def test_only_on_the_lan(spaces: None, tmp_path: Path) -> None:
    """Shut from the WAN; without interface the zone waits; an interface that was made anew is served again."""
    process = await asyncio.create_subprocess_exec(
        "ip", "netns", "exec", SPACE, sys.executable, "-P", "-c", SERVER, str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    said: list[bytes] = []
    served = "302 http://portal.hall.example/"
    try:
        async with asyncio.timeout(30):
            said.append(await next_word(process))
            for _ in range(2):
                await lay_wire()
                while said[-1] != b"open\n":
                    said.append(await next_word(process))
                answers = [await curl(f"http://{address}:8080/") for address in ("198.18.0.1", "[2001:db8:1::1]", "203.0.113.1")]
                assert answers == [served, served, "000 "]
                await ip("-n", SPACE, "link", "del", "lan0")
                while said[-1] != b"shut\n":
                    said.append(await next_word(process))
    finally:
        process.terminate()
        await process.wait()
    assert (said[0], said.count(b"open\n")) == (b"shut\n", 2)
