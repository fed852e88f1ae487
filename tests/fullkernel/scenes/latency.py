"""What a full queue costs: round trips of the client that fills its plan, and of another one, beside those of an idle hall;
``latency OUT frames|bundles``. ``bundles``: packets may be bundles of up to 64 kB, as receive offload makes them. Without netem (outside a
guest) there is no line delay."""

import subprocess
import sys
import time

import msgspec

from tests.fullkernel.scenes.stage import LONG, MEGA, Spread, Stage, both_ways, spread, stage, write

PLAN = 10 * MEGA
LINE_MS = 20.0
RUNS, PINGS = (7, 60) if LONG else (5, 24)
"""Pings may fall into the queue of a bulk flow (``firewall.shaper.LEAF_FLOWS``), hence several: each to another address, because the
kernel's hash of a ping is that of its addresses alone, whatever program sends it."""


def pings(here: Stage, client: int) -> list[Spread]:
    """Several programs one after the other, the one with the lowest 95th hundredth first."""
    return sorted((spread(here.ping(client, PINGS, number=number)) for number in range(1, RUNS + 1)), key=lambda run: run.p95)


def under_load(here: Stage, way: str, flows: int) -> dict[str, object]:
    """Client 1 fills its plan; its own pings, those of client 2, and the rate meanwhile."""
    with here.loads() as loads:
        loads.start(1, way, flows=flows)
        time.sleep(5 if LONG else 3)
        (rate,) = here.rates([1], way, 5 if LONG else 2)
        own, other = pings(here, 1), pings(here, 2)
    apart = [run.p95 for run in own]
    return {"way": way, "flows": flows, "of": round(rate / PLAN, 4), "own": own[RUNS // 2], "other": other[RUNS // 2], "runs": apart}


def main() -> None:
    """Idle, then a download and an upload, each with 1 and 8 flows."""
    with stage(2, whole_frames="bundles" not in sys.argv[2:]) as here:
        try:
            here.delay_line(LINE_MS)
            delay = LINE_MS
        except subprocess.CalledProcessError:
            delay = 0.0
        for client in (1, 2):
            here.allow(client, both_ways(PLAN))
        idle = pings(here, 1)[RUNS // 2]
        loaded = [under_load(here, way, flows) for way in ("down", "up") for flows in (1, 8)]
        leaf = here.peer.status().leaf
    write(msgspec.to_builtins({"leaf": leaf, "frames": sys.argv[2], "delay": delay, "idle": idle, "loaded": loaded}))


if __name__ == "__main__":
    main()
