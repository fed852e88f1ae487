"""Links and neighbours over rtnetlink: who is there, and events. ``include/uapi/linux/{rtnetlink,neighbour,if_link}.h``."""

import contextlib
import ipaddress
import struct

from msgspec import Struct

from firewall.addresses import mac_text
from firewall.elements import NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, Message, attribute, attributes, message
from firewall.kernel.netlink import KernelRefused, Netlink
from firewall.presence import NUD_PROBE, Neighbour

RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_TC = 1, 3, 4
_RTM_NEWLINK, _RTM_DELLINK, _RTM_GETLINK = 16, 17, 18
_RTM_NEWNEIGH, _RTM_DELNEIGH, _RTM_GETNEIGH = 28, 29, 30
TC_EVENTS = range(36, 47)
_NLM_F_REPLACE = 0x100
_NDMSG = struct.Struct("=BxxxiHBB")
_IFINFOMSG = struct.Struct("=BxHiII")
_NDA_DST, _NDA_LLADDR = 1, 2
_IFLA_IFNAME = 3
_IFF_UP, _IFF_LOWER_UP = 0x1, 0x10000


class Link(Struct, frozen=True):
    """One network interface."""

    index: int
    name: str
    up: bool
    """Administratively up and with a carrier."""
    gone: bool = False


def link_of(event: Message) -> Link | None:
    """A link event, or None."""
    if event.kind not in (_RTM_NEWLINK, _RTM_DELLINK):
        return None
    _family, _type, index, flags, _change = _IFINFOMSG.unpack_from(event.body)
    name = next((payload for kind, payload in attributes(event.body, _IFINFOMSG.size) if kind == _IFLA_IFNAME), b"")
    up = bool(flags & _IFF_UP and flags & _IFF_LOWER_UP)
    return Link(index, name.rstrip(b"\0").decode("utf-8", "replace"), up, event.kind == _RTM_DELLINK)


def neighbour_of(event: Message) -> Neighbour | None:
    """A neighbour event (also an entry of a dump), or None."""
    if event.kind not in (_RTM_NEWNEIGH, _RTM_DELNEIGH):
        return None
    family, index, state, _flags, _type = _NDMSG.unpack_from(event.body)
    if family not in (2, 10):
        return None
    ip = mac = ""
    for kind, payload in attributes(event.body, _NDMSG.size):
        if kind == _NDA_DST and len(payload) in (4, 16):
            ip = str(ipaddress.ip_address(payload))
        elif kind == _NDA_LLADDR and len(payload) == 6:
            mac = mac_text(payload)
    return Neighbour(index, ip, mac, state, event.kind == _RTM_DELNEIGH)


class Neighbours:
    """The reading and asking side of links and neighbours."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink

    def links(self) -> list[Link]:
        """All interfaces."""
        sequence = self._netlink.next_sequence()
        request = message(_RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, sequence, _IFINFOMSG.pack(0, 0, 0, 0, 0))
        batches = self._netlink.dump(request, sequence, "list links")
        return [link for batch in batches for each in batch if (link := link_of(each)) is not None]

    def all(self) -> list[Neighbour]:
        """All neighbours on all interfaces, IPv4 and IPv6."""
        out: list[Neighbour] = []
        for family in (2, 10):
            sequence = self._netlink.next_sequence()
            request = message(_RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, sequence, _NDMSG.pack(family, 0, 0, 0, 0))
            for batch in self._netlink.dump(request, sequence, "list neighbours"):
                out.extend(found for each in batch if (found := neighbour_of(each)) is not None)
        return out

    def get(self, index: int, ip: str) -> Neighbour | None:
        """One neighbour straight from the kernel."""
        sequence = self._netlink.next_sequence()
        request = message(_RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_ACK, sequence, self._body(index, ip, 0))
        try:
            answers = self._netlink.acknowledged(request, sequence, "look up a neighbour")
        except KernelRefused:
            return None
        return next((found for each in answers if (found := neighbour_of(each)) is not None), None)

    def ask(self, index: int, ip: str) -> None:
        """Let the kernel ask a known neighbour whether it is there (ARP or ND, unicast); the answer comes as an event."""
        sequence = self._netlink.next_sequence()
        request = message(_RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_ACK | _NLM_F_REPLACE, sequence, self._body(index, ip, NUD_PROBE))
        with contextlib.suppress(KernelRefused):  # forgotten meanwhile: then there is nobody to ask
            self._netlink.acknowledged(request, sequence, "ask a neighbour")

    @staticmethod
    def _body(index: int, ip: str, state: int) -> bytes:
        address = ipaddress.ip_address(ip)
        return _NDMSG.pack(2 if address.version == 4 else 10, index, state, 0, 0) + attribute(_NDA_DST, address.packed)
