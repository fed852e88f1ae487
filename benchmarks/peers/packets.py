"""How fast packets cross the gateway: plain masquerading, ours with one client and with all, openNDS with all, in turns.

The small hall of the kernel tests and the measurements of ``benchmarks.forwarding``; a plan's speed is above what the machine can do.
"""

import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import forwarding
from benchmarks.crowd import Visitor
from benchmarks.peers import opennds
from tests.kernel.wires import Wires, client_ip, client_mac, raised

SECTIONS = ("bulk TCP down", "one-MTU TCP down", "64-byte UDP up, packets/s")
SHORT = {"bulk TCP down": "bulk", "one-MTU TCP down": "one-MTU packets", "64-byte UDP up, packets/s": "64-byte packets"}
PLAIN, ONE, MANY, THEIRS = "plain", "ours, 1 online", "ours, all online", "openNDS, all online"


@contextlib.contextmanager
def _theirs(online: int) -> Iterator[Wires]:
    """openNDS in the small hall; client 1 in the middle of its lists, as the average client is."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wires = stack.enter_context(raised(clients=1))
        wires.run("gw", "nft", forwarding._PLAIN)
        daemon = stack.enter_context(opennds.running(wires.namespace("gw"), folder, folder / "leases", online + 100))
        others = [
            Visitor(f"198.18.{8 + (number >> 8)}.{number & 255}", f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}")
            for number in range(online - 1)
        ]
        daemon.let_in([*others[: online // 2], Visitor(client_ip(1), client_mac(1)), *others[online // 2 :]])
        stack.enter_context(forwarding._server(wires, folder))
        yield wires


def compare(rounds: int, seconds: float, online: int, *, peer: bool) -> dict[str, dict[str, list[float]]]:
    """By section and hall, a figure a round: bit/s of TCP payload, packets/s that arrive for UDP."""
    figures: dict[str, dict[str, list[float]]] = {}
    with contextlib.ExitStack() as stack:
        halls = {name: stack.enter_context(forwarding._hall(grants)) for name, grants in ((PLAIN, 0), (ONE, 1), (MANY, online))}
        if peer:
            halls[THEIRS] = stack.enter_context(_theirs(online))
        for section in SECTIONS:
            offloads, arguments = forwarding._SECTION[section]
            for wires in halls.values():
                forwarding._offloads(wires, offloads)
            by_name: dict[str, list[float]] = {name: [] for name in halls}
            for number in range(rounds):
                order = list(halls.items())
                for name, wires in order if number % 2 else reversed(order):
                    by_name[name].append(forwarding._measure(wires, arguments, seconds))
            figures[SHORT[section]] = by_name
            print(f"{section}: " + ", ".join(f"{name} {statistics.median(each):.4g}" for name, each in by_name.items()), file=sys.stderr)
    return figures


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median of the ratios round by round, which noise that hits both moves least."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
