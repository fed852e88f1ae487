"""A portal that is started anew under load, by systemd's own program and by what its manager does: nobody is refused."""

import asyncio
import os
import re
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.hotspot.portal.conftest import free_port
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_certificates import install, make_pair
from tests.hotspot.portal.test_service import CONFIG
from tests.hotspot.test_handed import Manager

pytestmark = pytest.mark.alone
"""A client that is not given the processor for a second is cut, which is what the portal promises."""


class Visitors:
    """Requests without a pause, and what became of them."""

    def __init__(self) -> None:
        self.answered, self.failed = 0, list[str]()

    async def come(self, port: int, expected: bytes, tls: ssl.SSLContext | None = None, path: str = "/", pause: float = 0.0) -> None:
        """One connection after the other, each with one request; ``pause``: seconds that it takes in the middle of its header."""
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
                try:
                    header = f"GET {path} HTTP/1.1\r\nHost: portal.hall.example\r\nConnection: close\r\n\r\n".encode()
                    if pause:
                        writer.write(header[:20])
                        await asyncio.sleep(pause)
                    writer.write(header[20:] if pause else header)
                    answer = await reader.readuntil(b"\r\n\r\n")
                    found = re.search(rb"\r\nContent-Length: (\d+)\r\n", answer)
                    assert found is not None, answer
                    await reader.readexactly(int(found[1]))  # whole, as a browser has it: what comes afterwards is of no interest
                finally:
                    writer.transport.abort()
                    with suppress(OSError):
                        await writer.wait_closed()
                assert answer.startswith(expected), answer[:80]
            except (OSError, EOFError, AssertionError) as error:
                self.failed.append(f"{port}: {error!r}")
            else:
                self.answered += 1

    async def answers(self, more: int) -> None:
        """Until so many more were answered."""
        wanted = self.answered + more
        while self.answered < wanted:  # noqa: ASYNC110  counted by tasks of this test
            await asyncio.sleep(0.01)


@asynccontextmanager
async def crowd(visits: Callable[[Visitors], list[Awaitable[None]]]) -> AsyncIterator[Visitors]:
    """Visitors who keep coming while the context lasts."""
    visitors = Visitors()
    tasks = [asyncio.ensure_future(one) for one in visits(visitors)]  # noqa: TID251  ended here, and they raise nothing
    try:
        yield visitors
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def written(folder: Path) -> tuple[Path, int, int, int]:
    """Settings with a certificate; their ports for probes, pages and pages over TLS."""
    capture, plain, secure = free_port(), free_port(), free_port()
    text = CONFIG.format(management=free_port(), capture=capture, portal=plain, terms="1", time="2 h")
    for name, made in zip(("portal.pem", "portal.key"), make_pair(folder, "portal"), strict=True):
        install(folder / name, made)
    (folder / "portal.toml").write_text(f'certificate = "portal.pem"\nkey = "portal.key"\n{text}portal_tls_port = {secure}\n')
    return folder / "portal.toml", capture, plain, secure


async def test_a_restart_refuses_nobody(tmp_path: Path, firewall: FakeFirewall) -> None:
    """Portals that stop, and one that is killed, are followed by others on the same sockets: no connection is refused, and unless the
    process was killed none is cut. Probes, pages, and pages over TLS."""
    path, capture, plain, secure = written(tmp_path)
    trusting = ssl.create_default_context(cafile=str(tmp_path / "portal.pem"))
    trusting.check_hostname = False
    manager = Manager(tmp_path, "hotspot.portal", "--config", str(path))

    def visits(visitors: Visitors) -> list[Awaitable[None]]:
        pages = [visitors.come(port, b"HTTP/1.1 ", tls) for port, tls in ((plain, None), (secure, trusting)) for _ in range(4)]
        return [*pages, *(visitors.come(capture, b"HTTP/1.1 302 ") for _ in range(4))]

    child = await manager.start()
    try:
        async with crowd(visits) as visitors:
            for _ in range(3):
                await visitors.answers(50)
                child.terminate()
                assert await child.wait() == 0
                child = await manager.start()
            await visitors.answers(50)
            assert visitors.failed == []
            child.kill()
            await child.wait()
            child = await manager.start()
            await visitors.answers(50)
        assert [words for words in visitors.failed if "Refused" in words] == []
        assert len(visitors.failed) <= 12  # those whom the killed process was just talking to
    finally:
        child.terminate()
        await child.wait()
        manager.close()
    assert len(manager.kept) == 3
    assert b"handed over for nothing" not in manager.log.read_bytes()


async def test_systemd_hands_over(tmp_path: Path, firewall: FakeFirewall) -> None:
    """systemd's own program listens before there is a portal; whoever comes first has the portal started, and is answered by it. A socket
    that the settings do not want is closed."""
    path, capture, plain, _ = written(tmp_path)
    other = free_port()
    words = ["systemd-socket-activate", *(f"--listen=127.0.0.1:{port}" for port in (capture, other, plain))]
    words += ["--setenv=PYTHONPATH", sys.executable, "-P", "-m", "hotspot.portal", "--config", str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    child = await asyncio.create_subprocess_exec(*words, env=environment, stderr=asyncio.subprocess.PIPE)
    assert child.stderr is not None
    try:
        async with asyncio.timeout(30):
            while b"Listening on" not in (line := await child.stderr.readline()):
                assert line != b""
            async with crowd(lambda visitors: [visitors.come(capture, b"HTTP/1.1 302 ")]) as visitors:
                while b"handed over for nothing" not in (line := await child.stderr.readline()):
                    assert line != b""
                await visitors.answers(1)
        assert f"all-127.0.0.1-{other}".encode() in line
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", other)
    finally:
        child.terminate()
        await child.wait()
