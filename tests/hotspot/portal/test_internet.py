"""Is the WAN up?"""

import asyncio

from hotspot.portal.internet import check
from hotspot.portal.settings import Internet
from tests.hotspot.portal.conftest import free_port, until


async def test_check() -> None:
    """One target that takes a connection is enough; none that does is down; no target at all is assumed to be up."""
    dead = ("127.0.0.1", free_port())
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            seen.append(await reader.read())
        except ConnectionError:
            seen.append(b"")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        alive = server.sockets[0].getsockname()
        actual = [await check(Internet(targets=targets, timeout=1.0)) for targets in ((dead, alive), (dead,), ())]
        await until(lambda: seen != [])
    assert (actual, seen) == ([True, False, True], [b""])
