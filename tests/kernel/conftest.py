"""Halls for the kernel tests: raised for one test each, and always taken down."""

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from hotspot.lab import Hall, Options
from tests.kernel.daemons import Firewall, Peer, running
from tests.kernel.wall_clock import WallClock, steered
from tests.kernel.watching import WATCH
from tests.kernel.wires import Wires, client_ip, client_mac, raised

RaiseHall = Callable[[Options], Awaitable[Hall]]


@pytest.fixture
async def raise_hall() -> AsyncIterator[RaiseHall]:
    """Raise a hall with chosen options; further ones get names of their own."""
    async with contextlib.AsyncExitStack() as stack:
        raised = 0

        async def raise_one(options: Options) -> Hall:
            nonlocal raised
            raised += 1
            return await stack.enter_async_context(Hall(f"test{os.getpid()}x{raised}", options))

        yield raise_one


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[WallClock]:
    """Every hall that is raised from here on goes by it."""
    with steered(monkeypatch) as clock:
        yield clock


@pytest.fixture
async def hall(raise_hall: RaiseHall) -> Hall:
    """A whole hall as in the demo: network, servers, firewall, portal."""
    return await raise_hall(Options())


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    """One small hall for all tests here."""
    with raised() as up:
        yield up


@pytest.fixture
def both(wires: Wires, tmp_path: Path) -> Iterator[tuple[Firewall, Peer]]:
    """A daemon with nothing granted, removed from the kernel afterwards."""
    tmp_path.chmod(0o755)
    with running(wires, tmp_path) as (firewall, peer):
        yield firewall, peer
    wires.run("gw", "nft", "flush", "ruleset")
    wires.run("gw", "tc", "qdisc", "del", "dev", "lan0", "root", check=False)
    wires.run("gw", "tc", "qdisc", "del", "dev", "wan0", "root", check=False)


@pytest.fixture
def peer(both: tuple[Firewall, Peer]) -> Peer:
    """The peer alone."""
    return both[1]


@pytest.fixture
def watched(wires: Wires) -> Iterator[Wires]:
    """The Internet counts every packet that reaches its server."""
    wires.run("wan", "nft", WATCH)
    yield wires
    wires.run("wan", "nft", "delete", "table", "inet", "watch")


@pytest.fixture
def leases(tmp_path: Path) -> Path:
    """A file of leases as dnsmasq writes it, with client 1 and 2 in it."""
    path = tmp_path / "leases"
    path.write_text("".join(f"1790000000 {client_mac(n)} {client_ip(n)} phone{n} 01:{client_mac(n)}\n" for n in (1, 2)), encoding="utf-8")
    return path


@pytest.fixture
def bound(wires: Wires, tmp_path: Path, leases: Path) -> Iterator[tuple[Firewall, Peer]]:
    """A daemon that knows the leases."""
    tmp_path.chmod(0o755)
    with running(wires, tmp_path, leases=str(leases)) as both:
        yield both
    wires.run("gw", "nft", "flush", "ruleset")
    for device in ("lan0", "wan0"):
        wires.run("gw", "tc", "qdisc", "del", "dev", device, "root", check=False)
