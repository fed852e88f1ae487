"""How fast packets cross the gateway: grants, counters and HTB beside plain masquerading, in alternating rounds of one run.

``python -m benchmarks.forwarding [--rounds 5] [--seconds 2] [--grants 1000] [--json]``; needs root, iperf3 and ethtool. The plan's speed is
above what the machine can do, so that rules and queues are measured and not the shaper. Exits 1 below the bar: 0.88 of plain for bulk, 0.70
for one-MTU packets.
"""

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from firewall.api import Grant, Rates
from tests.kernel.daemons import running
from tests.kernel.wires import INTERNET4, Wires, client_mac, raised

_PLAIN = "table inet plain { chain postrouting { type nat hook postrouting priority srcnat; oifname wan0 masquerade; }; }"
_UNLIMITED = Rates(64_000, 40_000_000_000, 64_000, 40_000_000_000)
BARS = {"bulk TCP down": 0.88, "bulk TCP up": 0.88, "one-MTU TCP down": 0.70, "one-MTU TCP up": 0.70}
"""Least share of plain masquerading with many grants."""
_SECTION = {
    "bulk TCP down": (True, ("-R",)),
    "bulk TCP up": (True, ()),
    "one-MTU TCP down": (False, ("-R",)),
    "one-MTU TCP up": (False, ()),
    "64-byte UDP up, packets/s": (False, ("-u", "-b0", "-l22")),
}


def _offloads(wires: Wires, on: bool) -> None:
    state = "on" if on else "off"
    for place, device in (("gw", "lan0"), ("gw", "wan0"), ("wan", "eth0"), ("c1", "eth0"), ("ap", "gw0"), ("ap", "p1")):
        wires.run(place, "ethtool", "-K", device, "tso", state, "gso", state, "gro", state, check=False)


def _measure(wires: Wires, arguments: Sequence[str], seconds: float) -> float:
    """bit/s of TCP payload, or packets/s that arrive for UDP."""
    shown = wires.run("c1", "iperf3", "-J", "-t", f"{seconds:g}", "-O", "0.3", "-c", INTERNET4, *arguments, timeout=seconds + 30).stdout
    end = json.loads(shown)["end"]
    if "-u" in arguments:
        got = end["sum_received"]
        return float((got["packets"] - got["lost_packets"]) / got["seconds"])
    return float(end["sum_received"]["bits_per_second"])


@contextlib.contextmanager
def _server(wires: Wires, folder: Path) -> Iterator[None]:
    process = wires.start("wan", "iperf3", "-s", "-B", INTERNET4, log=folder / "iperf3.log")
    try:
        while not wires.run("wan", "ss", "-Hltn").stdout:
            pass
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _hall(grants: int) -> Iterator[Wires]:
    """A small hall: plain masquerading for 0 grants, else our daemon with so many of them, client 1 among them."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wires = stack.enter_context(raised(clients=1))
        if grants == 0:
            wires.run("gw", "nft", _PLAIN)
        else:
            zone = {"total_down": 100_000_000_000, "total_up": 100_000_000_000, "max_clients": 6_000}
            ceilings = "[zones.public.ceilings]\nrate_down = 100000000000\nrate_up = 100000000000\n"
            firewall, peer = stack.enter_context(running(wires, folder, ceilings, **zone))
            del firewall
            for number in range(1, grants + 1):
                mac = client_mac(1) if number == 1 else f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}"
                peer.allow(Grant("public", mac, f"{number:016x}", "visitor", _UNLIMITED, 3_600.0))
        stack.enter_context(_server(wires, folder))
        yield wires


def main(argv: Sequence[str] | None = None) -> int:
    """Run all sections and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--grants", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    names = {"plain": 0, "1 grant": 1, f"{options.grants} grants": options.grants}
    figures: dict[str, dict[str, list[float]]] = {section: {name: [] for name in names} for section in _SECTION}
    with contextlib.ExitStack() as stack:
        halls = {name: stack.enter_context(_hall(grants)) for name, grants in names.items()}
        for section, (offloads, arguments) in _SECTION.items():
            for wires in halls.values():
                _offloads(wires, offloads)
            for number in range(options.rounds):
                order = list(halls.items())
                for name, wires in order if number % 2 else reversed(order):
                    figures[section][name].append(_measure(wires, arguments, options.seconds))
    rows = {section: _row(by_name) for section, by_name in figures.items()}
    if options.json:
        sys.stdout.write(json.dumps({"figures": figures, "rows": rows}) + "\n")
    else:
        sys.stdout.write(_table(rows))
    return 0 if all(row["many : plain"] >= BARS.get(section, 0) for section, row in rows.items()) else 1


def _row(by_name: dict[str, list[float]]) -> dict[str, float]:
    """Median of each, and the medians of the ratios round by round, which noise that hits both moves least."""
    plain, one, many = by_name.values()
    row = {name: statistics.median(values) for name, values in by_name.items()}
    for name, values, base in (("1 : plain", one, plain), ("many : plain", many, plain), ("many : 1", many, one)):
        row[name] = statistics.median(a / b for a, b in zip(values, base, strict=True))
    return row


def _table(rows: dict[str, dict[str, float]]) -> str:
    names = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for section, row in rows.items():
        unit, scale = ("k", 1e3) if "UDP" in section else ("G", 1e9)
        shown = [f"{value:.2f}" if ":" in name else f"{value / scale:.2f} {unit}" for name, value in row.items()]
        lines.append(f"| {section} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
