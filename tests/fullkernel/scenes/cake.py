"""CAKE at the root of the zone beside our tree, in the same hall: what each gives one client, one with many flows, one with two addresses,
and pings; ``cake OUT``. A table for docs/benchmarks.md, and why CAKE is not an option of the settings."""

import time

from tests.fullkernel.scenes.latency import RUNS, pings
from tests.fullkernel.scenes.stage import LONG, MEGA, Loads, Stage, both_ways, stage, write

CLIENTS = 5
TOTAL, PLAN = 20 * MEGA, 10 * MEGA
OTHERS = range(2, CLIENTS + 1)
CASES = ("alone", "flows", "addresses") if LONG else ("alone", "addresses")


def load(loads: Loads, greedy: str) -> None:
    """Client 1 as the case says; in all cases but one the other clients have one flow each."""
    loads.start(1, "down", flows={"flows": 16}.get(greedy, 1))
    if greedy == "addresses":
        loads.start(1, "down", version=6)
    for client in OTHERS if greedy != "alone" else ():
        loads.start(client, "down")


def measure(here: Stage) -> dict[str, object]:
    """Mbit/s of client 1 and of the quickest other one in each case, and pings when the zone is full of many flows."""
    found: dict[str, object] = {}
    for case in CASES:
        with here.loads() as loads:
            load(loads, case)
            time.sleep(5 if LONG else 2)  # slow start
            first, *others = (round(rate / MEGA, 2) for rate in here.rates(range(1, CLIENTS + 1), "down", 10 if LONG else 3))
            found[case] = [first, max(others)]
            if case == "flows":
                found["pings"] = [pings(here, client)[RUNS // 2].p95 for client in (1, 2)]
    return found


def main() -> None:
    """Ours, then CAKE in its place; the daemon has ended by then, for it would put its tree back."""
    with stage(CLIENTS, total_down=f"{TOTAL} bit/s", total_up=f"{TOTAL} bit/s") as here:
        here.delay_line(20)
        for client in range(1, CLIENTS + 1):
            here.allow(client, both_ways(PLAN))
        found = {"htb": measure(here)}
        here.firewall.end()
        rate = ("bandwidth", f"{TOTAL}bit", "besteffort", "ethernet")
        here.wires.run("gw", "tc", "qdisc", "replace", "dev", "lan0", "root", "cake", *rate, "dual-dsthost")
        here.wires.run("gw", "tc", "qdisc", "replace", "dev", "wan0", "root", "cake", *rate, "dual-srchost", "nat")
        found["cake"] = measure(here)
    write(found)


if __name__ == "__main__":
    main()
