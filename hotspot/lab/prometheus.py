"""A private Prometheus: made, started, asked and ended by tests. It listens on loopback only, on a port of the kernel's choice."""

import asyncio
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout

from hotspot.lab.namespaces import LabFailed
from hotspot.lab.processes import PATH

START_SECONDS = 30.0


def program(name: str) -> str:
    """``prometheus`` or ``promtool``: unpacked beside this Python by ``scripts/prepare``, or installed. Raises ``LabFailed``."""
    unpacked = Path(sys.prefix, "debian", "usr", "bin", name)
    found = str(unpacked) if unpacked.exists() else shutil.which(name, path=PATH)
    if found is None:
        raise LabFailed(f"cannot find {name}: Debian's package prometheus is neither unpacked nor installed")
    return found


class Prometheus:
    """``async with Prometheus(config) as running``; ``config`` is its file, YAML. It takes remote write."""

    def __init__(self, config: str, options: Sequence[str] = ()) -> None:
        self.config, self.options = config, tuple(options)
        self.url = ""

    async def __aenter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="hotspot-prom-"))
        self._http = ClientSession(timeout=ClientTimeout(total=10))
        async with AsyncExitStack() as unless_up:
            unless_up.push_async_exit(self.__aexit__)
            await self._start()
            unless_up.pop_all()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        process = getattr(self, "_process", None)
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()
        await self._http.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _start(self) -> None:
        file = self.folder / "prometheus.yml"
        file.write_text(self.config, encoding="utf-8")
        with socket.socket() as probe:  # its own log does not say which port the kernel chose
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        words = [
            f"--config.file={file}",
            f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-remote-write-receiver",
            *self.options,
        ]
        with (self.folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(program("prometheus"), *words, stdout=log, stderr=log, cwd=self.folder)
        loop = asyncio.get_running_loop()
        end = loop.time() + START_SECONDS
        while not await self._ready():
            if self._process.returncode is not None or loop.time() > end:
                said = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
                raise LabFailed(f"cannot start Prometheus: {said[-500:]}")
            await asyncio.sleep(0.1)

    async def _ready(self) -> bool:
        try:
            async with self._http.get(f"{self.url}/-/ready") as response:
                return response.status == 200
        except (ClientError, TimeoutError):
            return False

    async def ask(self, path: str, **parameters: str) -> Any:
        """``data`` of an answer of its API. Raises ``LabFailed``."""
        async with self._http.get(f"{self.url}/api/v1/{path}", params=parameters) as response:
            answer = await response.json()
        if answer["status"] != "success":
            raise LabFailed(f"Prometheus: {answer.get('error')}")
        return answer["data"]

    async def query(self, expression: str) -> list[Any]:
        """Series of an expression at this moment."""
        found: list[Any] = (await self.ask("query", query=expression))["result"]
        return found
