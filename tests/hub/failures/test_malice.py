"""A gateway that means harm, or is out of order: it spoils its own hall's figures at most, others notice nothing, staff read of it."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, TCPConnector

from hotspot import wire
from hotspot.portal.settings_hub import trusting
from hotspot.portal.uplink.counting import moment
from hotspot.portal.uplink.credential import CredentialFile
from tests.hub.failures.boxes import Box, times
from tests.hub.failures.city import OTHER_HALL, City

pytestmark = pytest.mark.hub
RATHAUS = "kleinheim-rathaus-1"
"""The gateway that means harm."""


class Rogue:
    """Sends whatever it likes, with the credential of the first hall's gateway."""

    def __init__(self, city: City, box: Box, http: ClientSession) -> None:
        known = CredentialFile(box.folder).read()
        assert known is not None
        self._headers = {"Authorization": f"Bearer {known.secret}"}
        self._base, self._http = f"https://localhost:{city.port}", http

    async def send(self, content: bytes, path: str = wire.REPORTS, method: str = "POST", **headers: str) -> tuple[int, bytes]:
        """Status and body of the answer; status 0: the hub hung up."""
        try:
            async with self._http.request(method, self._base + path, data=content, headers={**self._headers, **headers}) as response:
                return response.status, await response.read()
        except (ConnectionError, OSError):
            return 0, b""

    async def deliver(self, *reports: Any, **more: Any) -> tuple[int, bytes]:
        """What looks like a delivery."""
        return await self.send(msgspec.json.encode({"sent": moment_of(), "reports": reports, **more}))


def moment_of() -> dict[str, Any]:
    """Some reading of clocks."""
    return {"unix": 1_800_000_000, "boottime": 5, "boot": "b"}


@pytest.fixture
async def halls(city: City, box: Box, tmp_path: Path) -> AsyncIterator[tuple[Rogue, Box]]:
    """The hub runs, with the gateway of one hall that was well once and means harm now, and an honest one in another, with figures."""
    async with city.serving():
        async with box.running():
            await box.deliver()
        other = Box(city, tmp_path / "other")
        await other.enrol(OTHER_HALL)
        async with (
            other.running(),
            ClientSession(connector=TCPConnector(ssl=trusting(city.tls.authority))) as http,
        ):
            await other.visit(2)
            await other.deliver()
            yield Rogue(city, box, http), other


async def _unharmed(city: City, other: Box) -> None:
    """The other hall has exactly its own figures, also what it says now, and no alarm is of it."""
    await other.visit()
    assert (await other.deliver(), await city.total(OTHER_HALL)) == (1, other.truth)
    assert {name for name, _ in await city.alarms()} <= {RATHAUS}


async def test_rubbish(city: City, halls: tuple[Rogue, Box]) -> None:
    """Noise, half a message, deep nesting, wrong types, other coding: each is refused with a reason, is no fault of the hub, and counts
    nothing. A gateway that says nothing else has fallen silent, which staff read."""
    rogue, other = halls
    chance = Random(20)
    whole = msgspec.json.encode(wire.Delivery(sent=wire.Moment(1.8e9, 5.0, "b")))
    noise = [chance.randbytes(chance.randrange(1, 3_000)) for _ in range(10)]
    shapes = [b"", b"{", whole[:-5], b"[" * 100_000, b"null", b'"x"', b"1e999", whole.replace(b"1800000000", b"-1"), b"\xff\xfe{}"]
    answers = [await rogue.send(content) for content in (*noise, *shapes)]
    answers += [await rogue.send(content, **{"Content-Encoding": "gzip"}) for content in (b"no gzip", gzip.compress(whole)[:-9])]
    answers += [await rogue.send(b"[]", path) for path in (wire.POLL, wire.ANSWERS, wire.ROTATE)]
    answers += [await rogue.send(b"", path, "GET") for path in (wire.FILE + "0" * 64, wire.FILE + "x" * 64, "/wire/v1/x")]
    problems = [(status, msgspec.json.decode(body, type=wire.Problem).code) for status, body in answers]
    assert {status for status, _ in problems} <= {400, 404}
    assert all(code in {"bad_request", "unknown"} for _, code in problems)
    assert await city.total() == times(0)
    await _unharmed(city, other)
    async with asyncio.timeout(30):
        while (RATHAUS, "silent") not in await city.alarms():
            city.wall.tick(60)
            await other.report()


async def test_huge(city: City, halls: tuple[Rogue, Box]) -> None:
    """More than the contract allows, packed so that it grows a thousandfold, and numbers beyond all measure: nothing of it is taken."""
    rogue, other = halls
    rows = [{"quarter": 900 * number, "zone": "public", "plan": "free", "visits": 1} for number in range(501)]
    report = {"stream": "a" * 32, "start": 1, "seq": 1, "closed": moment_of()}
    assert (await rogue.send(b" " * (wire.LARGEST + 1)))[0] in (0, 413)
    assert (await rogue.send(gzip.compress(b" " * 300_000_000), **{"Content-Encoding": "gzip"}))[0] == 413
    assert (await rogue.deliver({**report, "rows": rows}))[0] == 400
    assert (await rogue.deliver(*({**report, "seq": seq} for seq in range(1, 62))))[0] == 400
    huge = {**rows[0], "bytes_down": 2**60}
    status, body = await rogue.deliver({**report, "rows": [huge]})
    refused = msgspec.json.decode(body, type=wire.Receipt).refused
    assert (status, [one.seq for one in refused]) == (200, [1])
    assert (await city.total(), (RATHAUS, "refused") in await city.alarms()) == (times(0), True)
    await _unharmed(city, other)


async def test_in_the_name_of_another_hall(city: City, halls: tuple[Rogue, Box]) -> None:
    """It says the other hall's reports again, and takes the names that the other one's next reports will have: both are entered for its own
    hall, which is what its credential stands for, and the other one's count as ever."""
    rogue, other = halls
    stream = other.bench.office.register.counting
    assert stream is not None
    row = {"quarter": int(city.wall.unix // 900 * 900), "zone": "public", "plan": "free", "visits": 1_000}
    closed = msgspec.to_builtins(moment(other.clock()))
    forged = [{"stream": stream.stream, "start": 1, "seq": seq, "closed": closed, "rows": [row]} for seq in range(1, 11)]
    sent = msgspec.json.encode({"sent": closed, "reports": forged, "hall": OTHER_HALL, "gateway": other.name})
    status, body = await rogue.send(sent)
    assert (status, msgspec.json.decode(body, type=wire.Receipt).taken) == (200, 10)
    assert (await city.total())["visits"] == 10_000
    await _unharmed(city, other)


async def test_a_flood(city: City, halls: tuple[Rogue, Box]) -> None:
    """Several hundred requests at once: it is told to wait, and the honest one is served meanwhile at its first try."""
    rogue, other = halls
    row = {"quarter": int(city.wall.unix // 900 * 900), "zone": "public", "plan": "free", "visits": 1}
    closed = msgspec.to_builtins(moment(other.clock()))
    report = {"stream": "b" * 32, "start": 1, "closed": closed, "rows": [row]}

    async def one(seq: int) -> int:
        return (await rogue.send(msgspec.json.encode({"sent": closed, "reports": [{**report, "seq": seq}]})))[0]

    async with asyncio.TaskGroup() as tasks:
        flood = [tasks.create_task(one(seq)) for seq in range(1, 401)]
        await asyncio.sleep(0)
        await _unharmed(city, other)
    statuses = [task.result() for task in flood]
    assert (set(statuses) <= {200, 429, 0}, 429 in statuses) == (True, True)
    assert (await city.total())["visits"] == statuses.count(200)


async def test_a_credential_that_nobody_gave(city: City, halls: tuple[Rogue, Box]) -> None:
    """Guessed, cut short or of another kind: nothing is read, nothing is taken."""
    rogue, other = halls
    wrong = ["", "Bearer", "Bearer " + "x" * 43, f"Bearer {city.admin}", "Basic YTpi", "Bearer " + "ä" * 20]
    answers = [await rogue.send(b"{}", Authorization=value) for value in wrong]
    assert {status for status, _ in answers} == {401}
    await _unharmed(city, other)
