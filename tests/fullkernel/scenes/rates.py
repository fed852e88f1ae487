"""How exact a plan's speed is: one client, TCP or UDP, down or up, IPv4 or IPv6; ``rates OUT MBIT...``."""

import sys
import time

from tests.fullkernel.scenes.stage import LONG, MEGA, Stage, both_ways, stage, write

PACKETS = 2_000 if LONG else 400
"""So many full packets are measured, if that takes 0.2 to 10 s: of 400, one is 0.25 %."""


def measure(here: Stage, mbit: float, version: int, way: str, kind: str) -> dict[str, object]:
    """One transfer, bytes at layer 3 against the plan, after slow start."""
    plan = round(mbit * MEGA)
    seconds = min(10.0, max(0.4 if LONG else 0.2, PACKETS * 12_000 / plan))
    with here.loads() as loads:
        loads.start(1, way, version=version, udp=plan * 5 // 4 if kind == "UDP" else 0)
        time.sleep(0.5 if mbit >= 10 else 4)  # slow start, and the bursts are used up
        (rate,) = here.rates([1], way, seconds)
    return {"plan": mbit, "ip": version, "way": way, "kind": kind, "of": round(rate / plan, 4)}


def main() -> None:
    """All transfers of the plans that are named."""
    found = []
    with stage(1) as here:
        for mbit in map(float, sys.argv[2:]):
            session = here.allow(1, both_ways(round(mbit * MEGA)))
            for version in (4, 6):
                for way in ("down", "up"):
                    found += [measure(here, mbit, version, way, kind) for kind in ("TCP", "UDP")]
            here.peer.revoke(session)
    write(found)


if __name__ == "__main__":
    main()
