"""Hundreds of clients let in at once on a fresh tree: who has no class yet is online through the common one, and has its plan's rate as
soon as its own is made; ``boarding OUT CLIENTS``. One of them is a real client, the last."""

import sys
import time
from collections.abc import Iterator

from msgspec import structs

from firewall import api
from tests.fullkernel.scenes.stage import LONG, MEGA, SITES, Stage, both_ways, stage, until, write
from tests.kernel.daemons import grant

PLAN = 10 * MEGA


def crowd(clients: int) -> Iterator[api.Grant]:
    """Grants for so many, client 1 the last."""
    real = grant(1, rates=both_ways(PLAN))
    for number in range(2, clients + 1):
        yield structs.replace(real, mac=f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}", session=f"{number:016x}")
    yield real


def online(here: Stage) -> list[bool]:
    """Does client 1 reach the Internet over IPv4, over IPv6?"""
    return [here.wires.ping("c1", address) for address in SITES.values()]


def measure(here: Stage, way: str) -> float:
    """One TCP flow of client 1 against its plan."""
    with here.loads() as loads:
        loads.start(1, way)
        time.sleep(2)  # slow start
        return round(here.rates([1], way, 2.0 if LONG else 1.0)[0] / PLAN, 4)


def main() -> None:
    """All at once, then when nobody waits any more."""
    clients = int(sys.argv[2])
    with stage(1) as here:
        here.peer.send(b"".join(api.encode(api.Allow(1, each)) for each in crowd(clients)))
        answers = {type(here.peer.next()).__name__ for _ in range(clients)}
        found: dict[str, object] = {"answers": sorted(answers), "boarding": here.peer.status().counts["boarding"], "at once": online(here)}
        until(lambda: here.peer.status().counts["boarding"] == 0, 60)
        found["then"] = online(here)
        found["of"] = {way: measure(here, way) for way in ("down", "up")}
    write(found)


if __name__ == "__main__":
    main()
