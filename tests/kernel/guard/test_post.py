"""One interface at a time of its own: deaf while there is nothing to hear, and what the bridge says of who spoke when."""

import time

from hotspot.guard.bridge import Kernel, index_of
from hotspot.guard.hall import Shared
from hotspot.guard.post import PATIENCE, Place, Post
from tests.kernel.guard.guarded import BRIDGE, Guarded, guest_mac
from tests.kernel.wires import inside

COMES = "comes0"


class _Late:
    """A post at an interface that is not there yet, and what it finds."""

    def __init__(self) -> None:
        self.kernel, self.now = Kernel(), 1000.0
        self.post = Post(Place(interface=COMES), self.kernel, Shared(), self.now)

    def after(self, seconds: float) -> list[tuple[str, str]]:
        """What is seen so much later."""
        self.kernel.changes()
        self.post.look(self.now)
        self.now += seconds
        self.post.tick(self.now)
        return [(one.kind, one.values["port"]) for one in self.post.watch.findings(self.now, 1_800_000_000)]

    def close(self) -> None:
        self.post.close()
        self.kernel.close()


def test_it_is_deaf_while_the_interface_is_missing_or_down(wires: Guarded) -> None:
    """A minute without it is a finding, which ends some minutes after it has come; a cable that is pulled is the same."""
    late = inside(wires.namespace("gw"), _Late)

    def after(seconds: float) -> list[tuple[str, str]]:
        return inside(wires.namespace("gw"), lambda: late.after(seconds))

    deaf = [("guard-deaf", COMES)]
    try:
        assert (after(PATIENCE - 1), after(1)) == ([], deaf)
        wires.run("gw", "ip", "link", "add", COMES, "type", "veth", "peer", "name", "other0", "netns", wires.namespace("c3"))
        wires.run("gw", "ip", "link", "set", COMES, "up")
        assert (after(1), after(299)) == (deaf, deaf)  # it is there, but nothing is plugged in
        wires.run("c3", "ip", "link", "set", "other0", "up")
        assert (after(1), after(301)) == (deaf, [])
        wires.run("c3", "ip", "link", "set", "other0", "down")
        assert (after(PATIENCE - 1), after(1)) == ([], deaf)
    finally:
        late.close()
        wires.run("gw", "ip", "link", "del", COMES, check=False)


def test_the_bridge_says_when_somebody_spoke(wires: Guarded) -> None:
    """Whatever they said, without the guard reading it; of who never spoke it says nothing."""
    mac = bytes.fromhex(guest_mac(77).replace(":", ""))

    def asked() -> tuple[str, float | None]:
        kernel = Kernel()
        try:
            index = index_of(BRIDGE)
            return kernel.port(index, mac), kernel.silent(index, mac)
        finally:
            kernel.close()

    assert inside(wires.namespace("gw"), asked) == ("", None)
    with wires.wire(3) as end:
        began = time.monotonic()
        end.send(b"\xff" * 6 + mac + b"\x88\xb5" + bytes(46))
    port, silent = inside(wires.namespace("gw"), asked)
    assert silent is not None
    assert (port, 0 <= silent <= time.monotonic() - began + 0.02) == ("p3", True)
