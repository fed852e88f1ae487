"""The short list for kernels that halls run: closed, allow, counters, rate, revoke, a flushed ruleset, nobody to put it back;
``basics OUT``."""

import platform
import signal
import time

from firewall.api import StatusIs
from tests.fullkernel.scenes.stage import MEGA, SITES, Stage, both_ways, stage, until, write

PLAN = 1 * MEGA
ECHOES = 5


def reaches(here: Stage, client: int) -> list[bool]:
    """Does the client reach the Internet over IPv4, over IPv6?"""
    return [here.wires.ping(f"c{client}", address) for address in SITES.values()]


def counted(here: Stage) -> list[int]:
    """Bytes down and up that the daemon counts for echo requests of known size on both stacks, and their answers."""

    def now() -> tuple[int, int]:
        (usage,) = here.peer.usages().values()
        return usage.bytes_down, usage.bytes_up

    before = now()
    for version in SITES:
        here.ping(1, ECHOES, version=version)
    return [after - start for start, after in zip(before, now(), strict=True)]


def bare(here: Stage) -> dict[str, object]:
    """The daemon is gone, then all rules are: what leaves the gateway of what a client with a grant and one without send, and what the
    shaper has dropped; its filter is the kernel's ``bpf`` classifier."""
    here.firewall.end(signal.SIGKILL)
    alone = reaches(here, 1)
    here.wires.run("gw", "nft", "flush", "ruleset")
    before = here.count("wan").up
    reached = [reaches(here, 1), reaches(here, 2)]
    filters = here.wires.run("gw", "tc", "filter", "show", "dev", "wan0").stdout
    shown = here.wires.run("gw", "tc", "-s", "class", "show", "dev", "wan0", "classid", "1:fffd").stdout
    dropped = int(shown.partition("dropped ")[2].partition(",")[0])
    return {"alone": alone, "reached": reached, "left": here.count("wan").up - before, "dropped": dropped >= 4, "bpf": " bpf " in filters}


def main() -> None:
    """One client's life, then what somebody else's ``nft flush ruleset`` does."""
    with stage(2) as here:
        found: dict[str, object] = {"kernel": platform.release(), "leaf": here.peer.status().leaf, "captive": reaches(here, 1)}
        session = here.allow(1, both_ways(PLAN))
        found |= {"online": reaches(here, 1), "other": reaches(here, 2), "counted": counted(here)}
        with here.loads() as loads:
            loads.start(1, "down", udp=PLAN * 3 // 2)  # an emulated processor is too slow for a steady TCP
            time.sleep(3)
            found["of"] = round(here.rates([1], "down", 5)[0] / PLAN, 4)
        here.wires.run("gw", "nft", "flush", "ruleset")
        until(lambda: repaired(here.peer.status()), 60)
        until(lambda: here.wires.ping("c1", SITES[4]), 60)
        found["after flush"] = [reaches(here, 1), reaches(here, 2)]
        here.peer.revoke(session)
        found["revoked"] = reaches(here, 1)
        here.allow(1, both_ways(PLAN), session=2)
        found["bare"] = bare(here)
    write(found)


def repaired(status: StatusIs) -> bool:
    """Has the daemon noticed the flush, and put everything back?"""
    return status.ready and status.drift.get("ruleset", 0) > 0


if __name__ == "__main__":
    main()
