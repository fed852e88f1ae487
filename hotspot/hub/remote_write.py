"""Metrics pushed to where they are kept, for those whose Prometheus cannot reach the hub: remote write 1.0, snappy over HTTP.

What could not be sent is not kept: the next push has newer numbers, and counters lose nothing. A receiver that is away is tried again after
ever longer pauses; who is told: the log, the mark that ``hotspot.hub.watch`` makes an alarm of, and the metrics of the hub itself.
"""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import cramjam
import structlog

from hotspot.hub import protobuf
from hotspot.hub.api.metrics import collect
from hotspot.hub.hub import Hub
from hotspot.hub.settings import RemoteWrite
from hotspot.hub.store import marks
from hotspot.hub.watch import REMOTE_WRITE

SERIES: Final = 5_000
"""In one request."""
SECONDS: Final = 20.0
"""For one request."""
LONGEST: Final = 900.0
"""Seconds between two attempts, however often they failed."""
JOB: Final = (("instance", "hub"), ("job", "hotspot-hub"))
_HEADERS: Final = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
    "User-Agent": "hotspot-hub",
}

log = structlog.get_logger("remote_write")


class NotTaken(Exception):
    """The receiver is away or refuses; the text says why."""


async def run(hub: Hub) -> None:
    """Push, if it is time."""
    push = hub.settings.remote_write
    now = hub.now()
    async with hub.store.connection() as connection:
        mark = await marks.read(connection, REMOTE_WRITE)
        if push is None:
            if mark is not None and mark.detail.get("why"):  # it is wanted no more
                await marks.write(connection, REMOTE_WRITE, now, {"failures": 0})
            return
    if mark is not None and now < mark.at + timedelta(seconds=pause(push.every, mark.detail["failures"])):
        return
    why = ""
    try:
        series = await _push(hub, push, now)
        log.debug("pushed", series=series)
    except NotTaken as error:
        why = str(error)
    async with hub.store.connection() as connection:
        await marks.write(connection, REMOTE_WRITE, now, _state(mark, now, why))
    if why:
        log.warning("metrics not taken", why=why)


def pause(every: float, failures: int) -> float:
    """Seconds until the next attempt, which a job that looks every few seconds can keep."""
    return float(every if not failures else min(max(every, 5.0) * 2 ** min(failures - 1, 10), max(LONGEST, every)))


def _state(before: marks.Mark | None, now: datetime, why: str) -> dict[str, Any]:
    if not why:
        return {"failures": 0}
    failing = before is not None and before.detail.get("failures", 0) > 0
    since = before.detail["since"] if before is not None and failing else now.timestamp()
    return {"failures": (before.detail["failures"] if before is not None else 0) + 1, "since": since, "why": why[:500]}


async def _push(hub: Hub, push: RemoteWrite, now: datetime) -> int:
    """Everything, as it is now; returns the number of series. Raises ``NotTaken``."""
    headers = dict(_HEADERS)
    if push.token_file:
        try:
            headers["Authorization"] = f"Bearer {Path(push.token_file).read_text(encoding='utf-8').strip()}"
        except (OSError, ValueError) as error:
            raise NotTaken(f"remote_write.token_file: {error}") from None
    families = await collect(hub, None)
    bodies = await asyncio.to_thread(_bodies, families, int(now.timestamp() * 1000))
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout, headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as http:
            for body in bodies:
                async with http.post(push.url, data=body, allow_redirects=False) as response:
                    if not 200 <= response.status < 300:
                        said = (await response.content.read(300)).decode(errors="replace").strip()
                        raise NotTaken(f"status {response.status}: {said}" if said else f"status {response.status}")
    except TimeoutError:
        raise NotTaken(f"no answer within {SECONDS:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotTaken(f"{type(error).__name__}: {error}") from None
    return sum(len(family.samples) for family in families)


def _bodies(families: list[Any], milliseconds: int) -> list[bytes]:
    return [bytes(cramjam.snappy.compress_raw(request)) for request in protobuf.requests(families, milliseconds, JOB, SERIES)]
