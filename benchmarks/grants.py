"""The firewall daemon's own speed: allow request on the socket -> answered, reading usage, memory, start with many grants in the kernel.

``python -m benchmarks.grants [--grants 1000] [--requests 2000] [--json]``; needs root. Exits 1 below
the bar: p50 0.5 ms, p99 3 ms, and 15 ms for the usage of 1,000.
"""

import argparse
import contextlib
import json
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from firewall import api
from tests.kernel.daemons import RATES, Firewall, Peer
from tests.kernel.wires import raised

BAR_P50_MS, BAR_P99_MS, BAR_USAGE_MS = 0.5, 3.0, 15.0
"""For an allow request, and for reading the usage of 1,000 grants."""


def _grant(number: int) -> api.Grant:
    mac = f"02:00:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    return api.Grant("public", mac, f"{number:016x}", "visitor", RATES, 3_600.0, volume=10**9)


def _milliseconds(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": round(statistics.median(ordered) * 1e3, 3), "p99": round(ordered[int(len(ordered) * 0.99)] * 1e3, 3)}


def _allow(peer: Peer, present: int, requests: int) -> list[float]:
    """Seconds from request to answer. Each client is revoked again, untimed, so that the number present stays."""
    out = []
    for number in range(present + 1, present + 1 + requests):
        wanted = _grant(number)
        start = time.perf_counter()
        peer.allow(wanted)
        out.append(time.perf_counter() - start)
        peer.revoke(wanted.session)
    return out


def _together(peer: Peer, present: int, at_once: int) -> float:
    """Seconds per grant when many requests arrive at once."""
    lines = b"".join(api.encode(api.Allow(10**6 + number, _grant(number))) for number in range(present + 1, present + 1 + at_once))
    start = time.perf_counter()
    peer.send(lines)
    replies = [peer.next() for _ in range(at_once)]
    seconds = (time.perf_counter() - start) / at_once
    assert all(isinstance(reply, api.Allowed) for reply in replies), replies
    for number in range(present + 1, present + 1 + at_once):
        peer.revoke(_grant(number).session)
    return seconds


def _usage(peer: Peer, times: int) -> list[float]:
    """Seconds for a reading of all, asked as the portal does: for the ends that it has not heard of."""
    heard = max((ended.number for ended in peer.ask(api.UsageRead, api.ReadUsage).ended), default=0)
    out = []
    for _ in range(times):
        start = time.perf_counter()
        peer.ask(api.UsageRead, api.ReadUsage, heard)
        out.append(time.perf_counter() - start)
    return out


def _memory(firewall: Firewall) -> float:
    """MiB of resident memory of the daemon."""
    status = Path(f"/proc/{firewall.pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grants", type=int, default=1_000)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    rows: dict[str, object] = {}
    missed: list[str] = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wires = stack.enter_context(raised(clients=0))
        firewall = Firewall(wires, folder, max_clients=15_000)
        peer = firewall.start()
        stack.callback(lambda: firewall.end(signal.SIGKILL))
        peer.ask(api.Prepared, api.Prepare, "public", RATES, 64)
        for number in range(1, options.grants + 1):
            peer.allow(_grant(number))
        allow = _milliseconds(_allow(peer, options.grants, options.requests))
        rows["allow, request -> answer, ms"] = allow
        together = [_together(peer, options.grants, 100) for _ in range(9)]
        rows["allow, 100 requests at once, ms each"] = round(statistics.median(together) * 1e3, 3)
        usage = _milliseconds(_usage(peer, 50))
        rows["usage of all, ms"] = usage
        if allow["p50"] > BAR_P50_MS or allow["p99"] > BAR_P99_MS:
            missed.append("allow")
        if usage["p50"] > BAR_USAGE_MS * options.grants / 1_000:
            missed.append("usage")
        rows["memory of the daemon, MiB"] = round(_memory(firewall), 1)
        peer.close()
        firewall.end(signal.SIGKILL)
        start = time.perf_counter()
        peer = firewall.start()
        rows["kill -9 -> ready again, s"] = round(time.perf_counter() - start, 2)
        assert len(peer.usages()) == options.grants
        peer.close()
    if options.json:
        sys.stdout.write(json.dumps({"grants": options.grants, **rows}) + "\n")
    else:
        sys.stdout.write(f"{options.grants} grants present\n" + "".join(f"{name}: {value}\n" for name, value in rows.items()))
    sys.stdout.write(f"below the bar: {', '.join(missed)}\n" if missed and not options.json else "")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
