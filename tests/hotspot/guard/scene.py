"""A guard in virtual time: what devices send goes straight into its watch."""

from hotspot.guard.hall import Gateway, Shared
from hotspot.guard.watch import Watch
from tests.hotspot.guard import packets as at

POOL = 3_584


class Scene:
    """One interface, by its gateway's addresses, at a time of its own."""

    def __init__(self, pool: int = POOL, shared: Shared | None = None) -> None:
        self.now, self.ports, self.heard, self.frames = 1000.0, dict[bytes, str](), dict[bytes, float](), 0
        gateway = Gateway(at.GATEWAY, frozenset((at.GATEWAY4, at.GATEWAY6)), (at.NETWORK,), pool)
        where, heard = (lambda mac: self.ports.get(mac, "")), (lambda mac: self.heard.get(mac, 0.0))
        self.watch = Watch("public", "lan0", gateway, where, self.now, heard, shared)

    def hear(self, *frames: bytes, every: float = 0.0) -> None:
        """Somebody sends."""
        for frame in frames:
            self.watch.incoming(frame, self.now)
            self.frames += 1
            if every:
                self.wait(every)

    def wait(self, seconds: float) -> None:
        """Time passes, and the guard looks each second."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + 1.0, end)
            self.watch.tick(self.now)

    def lease(self, client: bytes, address: bytes, seconds: int = 1800) -> None:
        """The gateway gives an address."""
        self.watch.outgoing(at.dhcp(at.GATEWAY, 5, client=client, reply=True, given=address, server=at.GATEWAY4, seconds=seconds), self.now)

    def join(self, number: int) -> bytes:
        """A phone comes, gets its address and uses it."""
        mac, own = at.mac(number), at.guest(number)
        self.hear(at.router_wanted(mac), at.dhcp(mac, 1), at.dhcp(mac, 3, server=at.GATEWAY4))
        self.lease(mac, own)
        self.hear(at.arp(mac, at.NOBODY4, own), at.arp(mac, own, own), at.arp(mac, own, at.GATEWAY4))
        self.hear(at.solicitation(mac, at.NOBODY6, at.guest6(number)), at.solicitation(mac, at.guest6(number), at.GATEWAY6))
        return mac

    @property
    def kinds(self) -> list[str]:
        """What is seen now."""
        return sorted(one.kind for one in self.watch.findings(self.now, 1_800_000_000))

    @property
    def places(self) -> list[tuple[str, str]]:
        """With the ports."""
        return sorted((one.kind, one.values["port"]) for one in self.watch.findings(self.now, 1_800_000_000))
