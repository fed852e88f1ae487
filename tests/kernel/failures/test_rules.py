"""Somebody takes the rules away while visitors are online and strangers knock: the net stays shut, and nobody's session ends."""

from hotspot.lab import Hall, Options
from hotspot.lab.namespaces import LabFailed
from tests.kernel.conftest import RaiseHall
from tests.kernel.failures import books
from tests.kernel.failures.fence import Fence, watched
from tests.kernel.failures.machine import LONG, in_gateway, joined, kill
from tests.kernel.failures.visitors import downloading
from tests.kernel.visits import Download, accept, online, sessions, until

TIMES = 5 if LONG else 1
DAMAGE: dict[str, tuple[tuple[str, ...], ...]] = {
    "ruleset flushed": (("nft", "flush", "ruleset"),),
    "zone table deleted": (("nft", "delete", "table", "inet", "hotspot_public"),),
    "guard deleted": (("nft", "delete", "table", "inet", "hotspot_guard"),),
    "both tables deleted": (("nft", "delete table inet hotspot_guard; delete table inet hotspot_public"),),
    "chains flushed": (("nft", "flush", "table", "inet", "hotspot_public"),),
    "root qdiscs deleted": (("tc", "qdisc", "del", "dev", "lan0", "root"), ("tc", "qdisc", "del", "dev", "wan0", "root")),
    "connections forgotten": (("conntrack", "-F"),),
}
SURVIVED = ("zone table deleted", "guard deleted", "chains flushed", "root qdiscs deleted")
"""What an open connection survives. Where the guard is gone too, or the translation of addresses is forgotten, the gateway's own TCP may
answer the Internet in the visitor's place, with a reset."""


async def test_rules_taken_away(hall: Hall) -> None:
    """With the daemon running: no packet of a captive client gets out, the visitor is online within two seconds each time, in the same
    session, which goes on counting."""
    (anna,) = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    (before,) = sessions(hall)
    async with watched(hall, anna) as fence:
        for damage, words in [*DAMAGE.items()] * TIMES:
            await _do(hall, words)
            await until(lambda: _mended(hall), 2)
            await until(lambda: online(anna), 2)
            assert await fence.arrived() == 0, damage
            (after,) = sessions(hall)
            assert (after.code, after.accepted_at) == (before.code, before.accepted_at), damage
            assert after.bytes_up > before.bytes_up, damage
            before = after


async def test_rules_taken_away_from_a_dead_daemon(hall: Hall) -> None:
    """With nobody there to mend it the net stays shut to strangers; once the daemon is back the visitor is online without a new tap."""
    (anna,) = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    async with watched(hall, anna) as fence:
        for damage, words in [*DAMAGE.items()] * TIMES:
            await kill(hall, "firewall")
            tried = fence.stranger.sent
            await _do(hall, words)
            await until(lambda tried=tried: _tried(fence, tried + 100), 10)  # type: ignore[misc]
            assert await fence.arrived() == 0, damage
            await hall.start_firewall()
            await until(lambda: online(anna), 2)
    assert len(sessions(hall)) == 1


async def test_download_goes_on(raise_hall: RaiseHall) -> None:
    """A visitor's open connection survives what was taken away and put back."""
    hall = await raise_hall(Options(plan_down="40 Mbit/s"))  # so that a megabyte tells sooner
    (anna,) = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    async with downloading(anna) as download:
        for damage in [*SURVIVED] * (2 * TIMES):
            await _do(hall, DAMAGE[damage])
            got = download.received
            await until(lambda got=got: _more(download, got + 1_500_000), 10)  # type: ignore[misc]


async def _do(hall: Hall, several: tuple[tuple[str, ...], ...]) -> None:
    for words in several:
        await in_gateway(hall, *words)


async def _mended(hall: Hall) -> bool:
    """Rules, elements and shaping are there again."""
    try:
        ids, up = await books.maps(hall)
    except LabFailed:  # no such table yet
        return False
    return (
        len(ids) == len(up) == 1
        and "hotspot_guard" in await in_gateway(hall, "nft", "list", "tables")
        and (await in_gateway(hall, "tc", "qdisc", "show")).count("htb 1: ") == 2
        and books.firewall_status(hall).ready
    )


async def _tried(fence: Fence, count: int) -> bool:
    return fence.stranger.sent > count


async def _more(download: Download, count: int) -> bool:
    return download.received > count
