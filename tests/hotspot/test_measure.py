"""Finding a line's rate: the search over a line in memory, and the real transfers against a site on this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.measure import Line, LineUnknown, Step, Target, measure, report, round_down, search, standing

MEGA = 1_000_000


class LineInMemory:
    """A line of ``rate`` whose round trip is 20 ms, and 60 ms more while more than ``knee`` of it is asked for."""

    def __init__(self, rate: int, knee: float) -> None:
        self.rate, self.knee = rate, knee
        self.asked: list[int] = []

    async def transfer(self, rate: int) -> Step:
        """One step."""
        self.asked.append(rate)
        reached = min(rate or self.rate, self.rate)
        return Step(rate, reached, 80.0 if reached > self.rate * self.knee else 20.0)


async def test_search_steps_down_until_nothing_waits() -> None:
    """The first rate from above without a queue is what the line carries; nine tenths of it are recommended."""
    line = LineInMemory(20 * MEGA, 0.93)
    found = await search("down", line.transfer, 20.0, 5.0)
    assert line.asked == [0, 19_600_000, 19_000_000, 18_400_000]
    assert (found.free, found.recommended) == (18_400_000, 16_500_000)


async def test_a_line_that_never_queues_is_what_it_carries() -> None:
    """One step is enough when the full line answers as quickly as the idle one."""
    line = LineInMemory(20 * MEGA, 1.0)
    found = await search("up", line.transfer, 20.0, 5.0)
    assert (line.asked, found.free, found.recommended) == ([0], 20 * MEGA, 18 * MEGA)


async def test_a_line_that_others_fill_has_no_value() -> None:
    """When even half of it queues, nothing is recommended."""
    found = await search("down", LineInMemory(20 * MEGA, 0.1).transfer, 20.0, 5.0)
    assert (found.free, found.recommended, len(found.steps)) == (0, 0, 11)


async def test_a_line_through_which_nothing_comes_is_said() -> None:
    """No byte, no figure."""
    with pytest.raises(LineUnknown, match="nothing arrived"):
        await search("down", LineInMemory(0, 1.0).transfer, 20.0, 5.0)


def test_bursts_are_no_queue() -> None:
    """What counts is what nine tenths of the round trips exceed; none at all is an error."""
    assert standing([90.0, 20.0, 21.0, 95.0, 60.0, 70.0, 22.0, 80.0, 85.0, 75.0]) == 21.0
    with pytest.raises(LineUnknown):
        standing([])


@pytest.mark.parametrize(("rate", "expected"), [(17_654_321, 17_600_000), (999, 999), (0, 0), (512_900, 512_000)])
def test_figures_have_three_digits(rate: int, expected: int) -> None:
    """Rounded down, never up."""
    assert round_down(rate) == expected


def test_what_a_person_reads() -> None:
    """The line to write into the settings stands last."""
    steps = (Step(0, 19_990_061, 69.63), Step(18_400_000, 18_365_390, 20.01))
    assert report(Line("down", 20.0, steps, 18_365_390)).splitlines() == [
        "down: 19.9 Mbit/s when filled; round trip 69.63 ms, idle 20.00 ms",
        "  no queue up to 18.3 Mbit/s; to set:",
        '  total_down = "16.5 Mbit/s"',
    ]
    assert "no value found" in report(Line("up", 20.0, steps, 0))
    assert "does not queue" in report(Line("up", 20.0, steps[:1], 19_990_061))


@pytest.mark.parametrize("url", ["ftp://a.example/", "speed.example", "http:///x"])
def test_an_address_that_cannot_be_is_named(url: str) -> None:
    """The message quotes it and shows one that can."""
    with pytest.raises(ValueError, match=r"http://speed\.example\.net"):
        Target.parse(url)


def test_an_address_has_its_default_port() -> None:
    """443 with TLS, 80 without, the query kept."""
    assert Target.parse("https://a.example/x?y=1") == Target("a.example", 443, "/x?y=1", True)
    assert Target.parse("http://[2001:db8::1]:8000") == Target("2001:db8::1", 8000, "/", False)


@asynccontextmanager
async def site(status: str = "200 OK") -> AsyncIterator[int]:
    """A server that sends for ever, or takes what comes; yields its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET"):
                writer.write(f"HTTP/1.1 {status}\r\n\r\n".encode())
                while status.startswith("200"):
                    writer.write(bytes(65_536))
                    await writer.drain()
            while await reader.read(262_144):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize("way", ["down", "up"])
async def test_real_transfers_fill_a_line_that_does_not_queue(way: str) -> None:
    """The loopback device carries far more than 10 Mbit/s, and nothing waits in it that half a second would not cover."""
    async with site() as port:
        found = await measure(way, f"http://127.0.0.1:{port}/", 0.3, 500.0, settle=0.1)
    assert (found.way, len(found.steps), found.free > 10 * MEGA) == (way, 1, True)


async def test_a_target_that_refuses_is_said() -> None:
    """Not what the server's own page weighs: the status is told."""
    async with site("404 Not Found") as port:
        with pytest.raises(LineUnknown, match="404"):
            await measure("down", f"http://127.0.0.1:{port}/", 0.1, 500.0, settle=0.1)


def test_the_command_says_what_it_needs() -> None:
    """Neither address is wrong usage; a target that is not there is a failure in one line."""
    nothing = CliRunner().invoke(main, ["measure-line"])
    assert (nothing.exit_code, "give --down, --up or both" in nothing.output) == (2, True)
    gone = CliRunner().invoke(main, ["measure-line", "--down", "http://127.0.0.1:1/", "--json"])
    assert (gone.exit_code, gone.output.count("\n"), "cannot reach 127.0.0.1 port 1" in gone.output) == (1, 1, True)
    with pytest.raises(json.JSONDecodeError):
        json.loads(gone.output)
