"""Side by side: this gateway, openNDS from Debian and plain forwarding, in turns in one run, with the same clients on the same machine.

    python -m benchmarks.peers [--quick] [--parts arrivals packets upkeep] [--no-peer] [--json]

Needs root, and for openNDS the Debian mirror once (``benchmarks.peers.opennds``). Parts:

    arrivals  accept -> online with 0, 100, 1,000 and 5,000 online, 50 accepts at once, redirects and splash pages a second
    upkeep    memory and idle processor time with 5,000 online, a cold start, usage of 10,000 grants
    packets   forwarding with 5,000 online: bulk, one-MTU and 64-byte packets
    nginx     our redirects beside nginx answering the same, on one core each (``benchmarks.capture``)

``--quick`` is a short look at everything with 1,000 online, whose figures mean little. Exits 1 when a bar is missed.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
from collections.abc import Sequence
from functools import partial

from msgspec import Struct, structs

from benchmarks.peers import arrivals, halls, packets, upkeep
from benchmarks.peers.arrivals import Arrivals, Wait
from benchmarks.peers.opennds import Unavailable
from benchmarks.peers.table import Row, markdown, row
from benchmarks.peers.upkeep import ColdStart, Idle, Reading

PARTS = ("arrivals", "upkeep", "packets", "nginx")
CHILLI_REDIRECTS, CHILLI_PAGES, CHILLI_ACCEPTS = 600, 500, 18
"""CoovaChilli 1.9 on the machine of the first table: requests/s and accepts/s."""


class Sizes(Struct, frozen=True):
    """How much is measured."""

    levels: tuple[int, ...] = (0, 100, 1_000, 5_000)
    samples: int = 150
    peer_samples: int = 5
    at_once: int = 50
    peer_at_once: int = 10
    """So many at openNDS."""
    seconds: int = 8
    idle_seconds: float = 30.0
    grants: int = 10_000
    rounds: int = 5
    round_seconds: float = 2.0


QUICK = Sizes((0, 100, 1_000), 20, 2, 50, 5, 3, 10.0, 2_000, 2, 1.0)


class Full(Struct, frozen=True):
    """What a full hall of ours showed."""

    idle: Idle
    cold: ColdStart
    reading: Reading


async def our_hall(sizes: Sizes, parts: Sequence[str]) -> tuple[Arrivals | None, Full | None]:
    """Our hall: arrivals, and on top of them upkeep."""
    most = max(sizes.levels[-1], sizes.grants)
    visitors = most + 1_300 + 4 * sizes.samples * len(sizes.levels)
    async with halls.ours(visitors, most + 200) as here:
        lookers = here.crowd.fresh(200)
        quiet = await upkeep.pages(here, lookers, sizes.seconds) if "upkeep" in parts else []
        samples = sizes.samples if "arrivals" in parts else 0
        came = await arrivals.of_ours(here, sizes.levels, samples, sizes.at_once, sizes.seconds)
        if "upkeep" not in parts:
            return came, None
        idle = await upkeep.idle(here, sizes.idle_seconds)
        cold = await upkeep.cold_start(here)
        print(f"{came}\n{idle}\n{cold}", file=sys.stderr)
        await here.inside(partial(arrivals.come_in, here.crowd.fresh(sizes.grants - sizes.levels[-1]), sizes.at_once))
        reading = await upkeep.reading(here, lookers, quiet, sizes.seconds)
    return (came if "arrivals" in parts else None), Full(idle, cold, reading)


async def their_hall(sizes: Sizes) -> Arrivals:
    """openNDS's hall."""
    async with halls.theirs(sizes.levels[-1] + 2 * sizes.peer_samples * len(sizes.levels) + sizes.at_once + 200) as (daemon, everybody):
        return await arrivals.of_theirs(daemon, everybody, sizes.levels, sizes.peer_samples, sizes.peer_at_once, sizes.seconds)


def of_arrivals(ours: Arrivals, theirs: Arrivals | None) -> list[Row]:
    """Rows of the first part."""
    empty = ours.waits[0].p50
    other = {one.online: one for one in theirs.waits} if theirs else {}
    rows = [_wait(one, empty, other.get(one.online)) for one in ours.waits]
    rate, redirects, pages = ours.accepts_per_second, ours.redirects, ours.pages
    said = f"{theirs.accepts_per_second:.1f}/s at 10 at once, {theirs.accepts_failed} in vain" if theirs else ""
    rows.append(row("durable accepts, 50 at once", f"{rate:,.0f}/s", "≥ 500/s", rate >= 500, said))
    for name, mine, its, least in (
        ("captive redirects, 200 connections", redirects, theirs and theirs.redirects, 6 * CHILLI_REDIRECTS),
        ("splash pages, 50 connections (openNDS: 2)", pages, theirs and theirs.pages, 4 * CHILLI_PAGES),
    ):
        shown = f"{its.per_second:,.1f}/s, p99 {its.p99_ms:,.0f} ms, {its.failures} in vain" if its else ""
        passed = mine.per_second >= least and not mine.failures
        rows.append(row(name, f"{mine.per_second:,.0f}/s, p99 {mine.p99_ms:.0f} ms", f"≥ {least:,}/s", passed, shown))
    return rows


def _wait(one: Wait, empty: float, other: Wait | None) -> Row:
    good = one.p50 <= 6 and one.p99 <= 25 and one.p50 <= 1.3 * empty and (other is None or one.p50 <= other.p50 / 100)
    shown = f"{other.p50:,.0f} / {other.p99:,.0f} ms" if other else ""
    bar = "≤ 6 / 25 ms, ≤ 1.3 × with 0, ≤ 1/100 of openNDS"
    return row(f"accept → online, {one.online:,} online, p50 / p99", f"{one.p50:.1f} / {one.p99:.1f} ms", bar, good, shown)


def of_full(full: Full, theirs: Arrivals | None) -> list[Row]:
    """Rows of the second part."""
    idle, cold, reading = full.idle, full.cold, full.reading
    rise = reading.meanwhile_p99_ms - reading.quiet_p99_ms
    p99 = f"page p99 {reading.quiet_p99_ms:.1f} → {reading.meanwhile_p99_ms:.1f} ms"
    good = reading.usage_p50_ms <= 100 and rise <= 20
    memory = f"{idle.resident_mb:.0f} MB ({idle.share_mb:.0f} MB with shared pages divided)"
    started = f"{cold.everybody:.2f} s (firewall ready {cold.firewall_ready:.2f} s, own class {cold.own_class:.1f} s)"
    return [
        row(
            f"memory, {idle.online:,} online", memory, "≤ 200 MB", idle.resident_mb <= 200, f"{theirs.resident_mb:.0f} MB" if theirs else ""
        ),
        row(
            f"idle CPU, {idle.online:,} online",
            f"{idle.cpu_percent:.1f} %",
            "≤ 3 %",
            idle.cpu_percent <= 3,
            f"{theirs.cpu_percent:.1f} %" if theirs else "",
        ),
        row(f"cold start, {cold.sessions:,} sessions, until all are online", started, "≤ 2 s", cold.everybody <= 2),
        row(f"usage of {reading.grants:,} grants", f"{reading.usage_p50_ms:.0f} ms; {p99}", "≤ 100 ms; ≤ 20 ms more", good),
    ]


def of_packets(figures: dict[str, dict[str, list[float]]], online: int) -> list[Row]:
    """Rows of the third part."""
    rows = []
    for (name, seen), bar in zip(figures.items(), (0.93, 0.80, 0.72), strict=True):
        many, one = (packets.ratio(seen[packets.MANY], seen[base]) for base in (packets.PLAIN, packets.ONE))
        plain = statistics.median(seen[packets.PLAIN])
        unit = f"{plain / 1e3:,.0f} k packets/s" if name.startswith("64") else f"{plain / 1e9:.2f} Gbit/s"
        theirs = f"{packets.ratio(seen[packets.THEIRS], seen[packets.PLAIN]):.2f}" if packets.THEIRS in seen else ""
        shown = f"{many:.2f} of plain ({unit}), {one:.2f} of ours with 1"
        bars = f"≥ {bar:.2f}, ≥ 0.95"
        rows.append(row(f"forwarding, {online:,} online, {name}", shown, bars, many >= bar and one >= 0.95, theirs))
    return rows


def beside_nginx(rounds: int) -> list[Row]:
    """The row of ``benchmarks.capture``, which enters a namespace of its own."""
    words = [sys.executable, "-P", "-m", "benchmarks.capture", "--rounds", str(rounds), "--seconds", "2", "--json"]
    said = json.loads(subprocess.run(words, check=False, capture_output=True, text=True).stdout)
    shown = f"{said['ratio']:.2f} of nginx ({said['capture_per_second']:,.0f}/s), p99 {said['capture_p99_ms']:.0f} ms"
    return [row("captive redirects on one core beside nginx, 200 connections", shown, "≥ 1/3", said["ratio"] >= 1 / 3)]


def measure(sizes: Sizes, parts: Sequence[str], *, peer: bool) -> list[Row]:
    """All of it."""
    rows: list[Row] = []
    if "arrivals" in parts or "upkeep" in parts:
        came, full = asyncio.run(our_hall(sizes, parts))
        theirs = None
        if came is not None and peer:
            theirs = asyncio.run(their_hall(sizes))
        rows += of_arrivals(came, theirs) if came is not None else []
        rows += of_full(full, theirs) if full is not None else []
    if "packets" in parts:
        rows += of_packets(packets.compare(sizes.rounds, sizes.round_seconds, sizes.levels[-1], peer=peer), sizes.levels[-1])
    if "nginx" in parts:
        rows += beside_nginx(sizes.rounds)
    return rows


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short look at everything")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--no-peer", action="store_true", help="without openNDS")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was made is taken away
    missing = [tool for tool in ("wrk", "iperf3", "ethtool", "nft", "unshare", "nsenter") if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        print(f"cannot measure: {', '.join(missing) + ' not found' if missing else 'network namespaces need root'}", file=sys.stderr)
        return 2
    try:
        rows = measure(QUICK if arguments.quick else Sizes(), arguments.parts, peer=not arguments.no_peer)
    except Unavailable as why:
        print(f"{why}; --no-peer does without", file=sys.stderr)
        return 2
    print(json.dumps([structs.asdict(one) for one in rows]) if arguments.json else markdown(rows))
    return 0 if all(one.passed is not False for one in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
