"""Somebody takes the rules away while visitors are online and strangers knock: the net stays shut, and nobody's session ends."""

import pytest

from hotspot.lab import Hall
from hotspot.lab.namespaces import LabFailed
from tests.kernel.failures import books
from tests.kernel.failures.fence import Fence, watched
from tests.kernel.failures.machine import in_gateway, joined, kill
from tests.kernel.failures.visitors import downloading
from tests.kernel.visits import Download, accept, online, sessions, until

TIMES = 3
DAMAGE: dict[str, tuple[tuple[str, ...], ...]] = {
    "ruleset flushed": (("nft", "flush", "ruleset"),),
    "zone table deleted": (("nft", "delete", "table", "inet", "hotspot_public"),),
    "guard deleted": (("nft", "delete", "table", "inet", "hotspot_guard"),),
    "both tables deleted": (("nft", "delete table inet hotspot_guard; delete table inet hotspot_public"),),
    "chains flushed": (("nft", "flush", "table", "inet", "hotspot_public"),),
    "qdiscs deleted": (("tc", "qdisc", "del", "dev", "lan0", "root"), ("tc", "qdisc", "del", "dev", "wan0", "root")),
    "connections forgotten": (("conntrack", "-F"),),
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_rules_taken_away(hall: Hall, damage: str) -> None:
    """Again and again, with the daemon running: no packet of a captive client gets out, the visitor is online within two seconds each time,
    in the same session, which goes on counting."""
    (anna,) = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    (before,) = sessions(hall)
    async with watched(hall, anna) as fence:
        for _ in range(TIMES):
            for words in DAMAGE[damage]:
                await in_gateway(hall, *words)
            await until(lambda: _mended(hall), 2)
            await until(lambda: online(anna), 2)
            assert await fence.arrived() == 0
    (after,) = sessions(hall)
    assert (after.code, after.accepted_at, after.bytes_up > before.bytes_up) == (before.code, before.accepted_at, True)


async def _mended(hall: Hall) -> bool:
    """Rules, elements and shaping are there again."""
    try:
        granted = await books.granted(hall)
    except LabFailed:  # no such table yet
        return False
    return (
        len(granted) == 1
        and "hotspot_guard" in await in_gateway(hall, "nft", "list", "tables")
        and all("htb" in await in_gateway(hall, "tc", "qdisc", "show", "dev", link) for link in ("lan0", "wan0"))
        and books.firewall_status(hall).ready
    )


@pytest.mark.parametrize("damage", ["ruleset flushed", "zone table deleted", "guard deleted", "qdiscs deleted"])
async def test_rules_taken_away_from_a_dead_daemon(hall: Hall, damage: str) -> None:
    """With nobody there to mend it the net stays shut to strangers; once the daemon is back the visitor is online without a new tap."""
    (anna,) = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    async with watched(hall, anna) as fence:
        await kill(hall, "firewall")
        tried = fence.stranger.sent
        for words in DAMAGE[damage]:
            await in_gateway(hall, *words)
        await until(lambda: _tried(fence, tried + 200), 10)
        assert await fence.arrived() == 0
        await hall.start_firewall()
        await until(lambda: online(anna), 2)
    assert len(sessions(hall)) == 1


async def _tried(fence: Fence, count: int) -> bool:
    return fence.stranger.sent > count


@pytest.mark.parametrize("damage", ["zone table deleted", "qdiscs deleted", "guard deleted", "chains flushed"])
async def test_download_goes_on(hall: Hall, damage: str) -> None:
    """A visitor's open connection survives what was taken away and put back."""
    (anna,) = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    async with downloading(anna) as download:
        for _ in range(TIMES):
            for words in DAMAGE[damage]:
                await in_gateway(hall, *words)
            got = download.received
            await until(lambda got=got: _more(download, got + 500_000), 5)  # type: ignore[misc]


async def _more(download: Download, count: int) -> bool:
    return download.received > count
