"""How exact a plan's speed is: one client, one TCP flow each way, bytes at layer 3 against the plan.

``python -m benchmarks.rates [--seconds 10] [--json]``; needs root and iperf3. Payload is counted where it arrives; layer 3 adds the
52 bytes of IPv4 and TCP headers (72 with IPv6) to each 1,448 (1,428) bytes of it.
"""

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from firewall.api import Rates
from tests.kernel.daemons import grant, running
from tests.kernel.wires import INTERNET4, INTERNET6, Wires, raised

PLANS = {"10/2": Rates(64_000, 10_000_000, 64_000, 2_000_000), "50/10": Rates(64_000, 50_000_000, 64_000, 10_000_000)}


def measure(wires: Wires, address: str, way: str, seconds: float) -> float:
    """bit/s at layer 3 over the whole time from the first byte on, slow start included."""
    reverse = ["-R"] if way == "down" else []
    shown = wires.run("c1", "iperf3", "-J", "-t", f"{seconds:g}", "-c", address, *reverse, timeout=seconds + 30).stdout
    received = json.loads(shown)["end"]["sum_received"]
    headers = 72 if ":" in address else 52
    return float(received["bytes"] * 8 / received["seconds"] * 1500 / (1500 - headers))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure each plan each way on both stacks; exit status 1 if one is off by more than 5 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    rows: list[tuple[str, int, str, float]] = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wires = stack.enter_context(raised(clients=1))
        _, peer = stack.enter_context(running(wires, folder))
        servers = [wires.start("wan", "iperf3", "-s", "-B", address, log=folder / "iperf3.log") for address in (INTERNET4, INTERNET6)]
        for server in servers:
            stack.callback(server.wait)
            stack.callback(server.terminate)
        for number, (name, rates) in enumerate(PLANS.items()):
            wanted = grant(1, f"{number + 1:016x}", rates=rates)
            peer.allow(wanted)
            for version, address in ((4, INTERNET4), (6, INTERNET6)):
                for way, plan in (("down", rates.ceil_down), ("up", rates.ceil_up)):
                    ratio = measure(wires, address, way, options.seconds) / plan
                    rows.append((name, version, way, round(ratio, 4)))
            peer.revoke(wanted.session)
    if options.json:
        keys = ("plan", "ip", "way", "of the plan")
        sys.stdout.write(json.dumps([dict(zip(keys, row, strict=True)) for row in rows]) + "\n")
    else:
        sys.stdout.write("| plan | IP | way | of the plan |\n|---|---|---|---|\n")
        for name, version, way, ratio in rows:
            sys.stdout.write(f"| {name} Mbit/s | {version} | {way} | {ratio:.3f} |\n")
    return 0 if all(abs(ratio - 1) <= 0.05 for *_, ratio in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
