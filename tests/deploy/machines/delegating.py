"""A line that delegates prefixes (DHCPv6, RFC 8415), as a provider's router does: ``delegating.py IFACE PREFIX...``

One client. It gets the first prefix; with SIGUSR1 the next one, and the one before is taken back at the client's next renewal, a second or
two later. Writes a line when it listens, and one for each prefix that a client has taken.
"""

import ipaddress
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator

from scapy.layers import dhcp6
from scapy.packet import Packet

SERVERS, PORT = "ff02::1:2", 547
RENEW, VALID = 2, 60
"""Seconds after which a client renews, and for which it may use a prefix."""
DUID = dhcp6.DUID_LL(lladdr="02:00:00:00:fe:01")
ANSWERS = {
    dhcp6.DHCP6_Solicit: dhcp6.DHCP6_Advertise,
    dhcp6.DHCP6_Request: dhcp6.DHCP6_Reply,
    dhcp6.DHCP6_Renew: dhcp6.DHCP6_Reply,
    dhcp6.DHCP6_Rebind: dhcp6.DHCP6_Reply,
    dhcp6.DHCP6_Release: dhcp6.DHCP6_Reply,
}


class Line:
    """The provider's side."""

    def __init__(self, interface: str, prefixes: Iterable[str]) -> None:
        self.interface = interface
        self._coming = list(map(ipaddress.IPv6Network, prefixes))
        self._now = self._coming.pop(0)
        self._before: ipaddress.IPv6Network | None = None
        self._told: ipaddress.IPv6Network | None = None

    def renumber(self, *_: object) -> None:
        """The next prefix."""
        self._before, self._now = self._now, self._coming.pop(0)

    def answer(self, said: bytes, client: str) -> bytes | None:
        """What a client that has said this hears, and the way to it."""
        kind = next((kind for kind in ANSWERS if kind().msgtype == said[0]), None)
        if kind is None or dhcp6.DHCP6OptClientId not in (asked := kind(said)):
            return None
        reply = ANSWERS[kind](trid=asked.trid) / dhcp6.DHCP6OptServerId(duid=DUID)
        reply /= dhcp6.DHCP6OptClientId(duid=asked[dhcp6.DHCP6OptClientId].duid)
        for wanted in _options(asked, dhcp6.DHCP6OptIA_NA):
            none = dhcp6.DHCP6OptStatusCode(statuscode=2)
            reply /= dhcp6.DHCP6OptIA_NA(iaid=wanted.iaid, T1=0, T2=0, ianaopts=[none])
        for wanted in _options(asked, dhcp6.DHCP6OptIA_PD):
            reply /= dhcp6.DHCP6OptIA_PD(iaid=wanted.iaid, T1=RENEW, T2=2 * RENEW, iapdopt=list(self._prefixes()))
            if kind not in (dhcp6.DHCP6_Solicit, dhcp6.DHCP6_Release):
                self._lead(client)
        return bytes(reply)

    def _prefixes(self) -> Iterator[Packet]:
        for network, seconds in ((self._before, 0), (self._now, VALID)):
            if network is not None:
                address = str(network.network_address)
                yield dhcp6.DHCP6OptIAPrefix(preflft=seconds, validlft=seconds, plen=network.prefixlen, prefix=address)

    def _lead(self, client: str) -> None:
        if self._told == self._now:
            return
        if self._told is not None:
            subprocess.run(["ip", "-6", "route", "del", str(self._told)], check=True)
        subprocess.run(["ip", "-6", "route", "replace", str(self._now), "via", client, "dev", self.interface], check=True)
        self._told = self._now
        say(f"delegated {self._now}")


def say(line: str) -> None:
    """To whoever started this."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _options(packet: Packet, kind: type[Packet]) -> Iterator[Packet]:
    """All options of a kind, one after the other in a message."""
    layer = packet.getlayer(kind)
    while layer is not None:
        yield layer
        layer = layer.payload.getlayer(kind)


def main() -> None:
    """Answer until ended."""
    line = Line(sys.argv[1], sys.argv[2:])
    signal.signal(signal.SIGUSR1, line.renumber)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as heard:
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, line.interface.encode())
        heard.bind(("::", PORT))
        group = socket.inet_pton(socket.AF_INET6, SERVERS) + struct.pack("@I", socket.if_nametoindex(line.interface))
        heard.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        say("line delegates")
        while True:
            said, client = heard.recvfrom(4096)
            if (reply := line.answer(said, client[0].partition("%")[0])) is not None:
                heard.sendto(reply, client)


if __name__ == "__main__":
    main()
