"""How a full zone is shared: five clients whose plans add up to more than the zone has, equal, with unequal numbers of flows, and with UDP
beside TCP; ``sharing OUT``."""

import time

from tests.fullkernel.scenes.stage import LONG, MEGA, Stage, both_ways, stage, write

CLIENTS = 5
TOTAL, PLAN = 20 * MEGA, 10 * MEGA


def measure(here: Stage, flows: list[int], udp: bool = False, seconds: float = 10.0 if LONG else 5.0) -> list[float]:
    """Mbit/s of every client; client 1 sends UDP at its plan's speed when ``udp``."""
    with here.loads() as loads:
        for client, count in enumerate(flows, 1):
            loads.start(client, "down", flows=count, udp=PLAN if udp and client == 1 else 0)
        time.sleep(5 if LONG else 3)  # slow start
        return [round(rate / MEGA, 3) for rate in here.rates(range(1, CLIENTS + 1), "down", seconds)]


def main() -> None:
    """Three ways to fill a zone."""
    with stage(CLIENTS, total_down=f"{TOTAL} bit/s", total_up=f"{TOTAL} bit/s") as here:
        here.delay_line(20)
        for client in range(1, CLIENTS + 1):
            here.allow(client, both_ways(PLAN))
        found = {
            "equals": measure(here, [1, 1, 1, 1, 1]),
            "flows": measure(here, [16, 1, 1, 1, 1]),
            "udp": measure(here, [1, 1, 1, 1, 1], udp=True),
        }
    write(found)


if __name__ == "__main__":
    main()
