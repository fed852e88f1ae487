"""The firewall's socket: pipelining, errors by fault, and a connection that comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from firewall import api
from hotspot.portal import gate as gate_module
from hotspot.portal.gate import Gate, GateRefused, GateUnavailable, Link
from tests.hotspot.portal.conftest import ANNA, ANNA_IP, RATES, until
from tests.hotspot.portal.fake_firewall import FakeFirewall

GRANT = api.Grant(zone="public", mac=ANNA, session="0" * 16, plan="free", rates=RATES, seconds=60)


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[tuple[Gate, list[bool]]]:
    """A gate that watches from the beginning, and the states it told."""
    states: list[bool] = []
    gate = Gate(path, states.append)

    async def recover(link: Link) -> None:
        await link.watch(0)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(gate.run(recover))
        try:
            yield gate, states
        finally:
            task.cancel()


async def test_every_request(firewall: FakeFirewall) -> None:
    """Each request gets the answer of its kind."""
    async with connected(firewall.path) as (gate, _):
        await gate.connected.wait()
        link, usage = gate.link, firewall.usage(GRANT)
        assert await link.prepare("public", RATES, 8) == 8
        assert await link.allow(GRANT) == usage
        assert await link.replace(GRANT) == usage
        assert await link.whois(ANNA_IP) == api.Found(id=link.next_id() - 1, mac=ANNA, zone="public", usage=usage)
        assert (await link.read_usage(0)).usages == (usage,)
        assert (await link.revoke(GRANT.session, "left")).seconds_left == 0
        assert (await link.status()).epoch == "epoch-1"


async def test_many_at_once(firewall: FakeFirewall) -> None:
    """Answers find the requests that they belong to."""
    firewall.neighbours = {f"198.18.1.{number}": (f"02:00:00:00:00:{number:02x}", "public") for number in range(200)}
    async with connected(firewall.path) as (gate, _):
        await gate.connected.wait()
        found = await asyncio.gather(*(gate.link.whois(ip) for ip in firewall.neighbours))
    assert [(one.mac, one.zone) for one in found] == list(firewall.neighbours.values())


async def test_refused(firewall: FakeFirewall) -> None:
    """The daemon's no carries its code."""
    firewall.refuse["allow"] = "ceiling"
    async with connected(firewall.path) as (gate, _):
        await gate.connected.wait()
        with pytest.raises(GateRefused, match=r"the firewall refused \(ceiling\)") as caught:
            await gate.link.allow(GRANT)
    assert caught.value.code == "ceiling"


async def test_no_answer(firewall: FakeFirewall, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request without an answer fails in time, and the connection is made anew."""
    monkeypatch.setattr(gate_module, "TIMEOUT", 0.05)
    firewall.deaf.add("allow")
    async with connected(firewall.path) as (gate, states):
        await gate.connected.wait()
        with pytest.raises(GateUnavailable, match="did not answer within 0.05 s"):
            await gate.link.allow(GRANT)
        await until(lambda: states == [True, False, True])


async def test_comes_back(firewall: FakeFirewall) -> None:
    """While the daemon is away requests fail at once; those that wait fail with it; it is found again by itself."""
    firewall.deaf.add("status")
    async with connected(firewall.path) as (gate, states):
        await gate.connected.wait()
        waiting = asyncio.gather(gate.link.status(), return_exceptions=True)
        await until(lambda: any(isinstance(one, api.Status) for one in firewall.requests))
        await firewall.stop()
        assert [str(error) for error in await waiting] == ["the firewall closed the connection"]
        await until(lambda: not gate.up)
        with pytest.raises(GateUnavailable, match="no connection to the firewall"):
            await gate.link.whois(ANNA_IP)
        await firewall.restart("epoch-2")
        await gate.connected.wait()
        assert (states, gate.link.epoch) == ([True, False, True], "epoch-2")


async def test_lost_is_known_from_the_end_of_what_it_says(firewall: FakeFirewall) -> None:
    """asyncio closes a connection a turn before it says that it is lost: whoever asks in between finds the gate shut."""
    async with connected(firewall.path) as (gate, _):
        await gate.connected.wait()
        link = gate.link
        link.eof_received()
        assert (gate.up, gate.connected.is_set()) == (False, False)
    async with connected(firewall.path) as (gate, _):
        await gate.connected.wait()
        link = gate.link
        assert link._transport is not None
        link._transport.close()
        with pytest.raises(GateUnavailable):
            await link.status()
        assert (gate.up, gate.connected.is_set()) == (False, False)


async def test_lost_is_known_before_the_answers_that_are_missing(firewall: FakeFirewall) -> None:
    """Who waited for an answer finds the gate shut when it is told that there is none, and can wait until it is back; not for ever."""
    firewall.deaf.add("status")
    async with connected(firewall.path) as (gate, _):
        assert not await gate.back(0.0)  # who was the first to wait has not waited
        await gate.connected.wait()
        assert await gate.back(0.0)
        found = []

        async def ask() -> None:
            try:
                await gate.link.status()
            except GateUnavailable:
                found.append(gate.up)

        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(ask())
            await until(lambda: any(isinstance(one, api.Status) for one in firewall.requests))
            await firewall.stop()
            await asked
            waiting, brief = tasks.create_task(gate.back(60.0)), tasks.create_task(gate.back(0.01))
            assert (found, await brief) == ([False], False)
            await firewall.restart("epoch-2")
            assert await waiting


async def test_events(firewall: FakeFirewall) -> None:
    """Ends come with the daemon's epoch, in order."""
    async with connected(firewall.path) as (gate, _):
        await gate.connected.wait()
        await gate.link.allow(GRANT)
        event = firewall.end(GRANT.session, "time")
        assert await gate.events.get() == ("epoch-1", event)


async def test_not_the_contract(tmp_path: Path) -> None:
    """What is no message of the contract ends the connection, not the portal."""
    lines = [b"{}\n", b"nonsense\n", api.encode(api.Watching(id=1, epoch="e")) + b'{"type":"ended","number":"x"}\n']

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(lines.pop(0) if lines else api.encode(api.Watching(id=1, epoch="well")))
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(serve, str(tmp_path / "s")), connected(tmp_path / "s") as (gate, _):
        await until(lambda: gate.up and gate.link.epoch == "well")
    assert lines == []
