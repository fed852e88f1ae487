"""Interfaces, addresses and routes as ``ip`` prints them, and what a network card does by itself (ethtool's ioctl, read only)."""

import array
import fcntl
import json
import socket
import struct
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from hotspot.doctor.programs import printed

_SIOCETHTOOL = 0x8946
_ETHTOOL_GFLAGS, _ETHTOOL_GTSO, _ETHTOOL_GGSO, _ETHTOOL_GGRO = 0x25, 0x1E, 0x23, 0x2B
_ETH_FLAG_LRO = 1 << 15
_IP_MTU = 14
"""Of ``linux/in.h``: what the kernel knows of the path to where a socket is connected."""


class Interface(Struct, frozen=True):
    """One interface."""

    name: str
    mtu: int
    up: bool
    addresses: tuple[str, ...] = ()
    """With prefix length, those of global scope."""
    offloads: tuple[str, ...] = ()
    """``tso``, ``gso``, ``gro``, ``lro`` that are on."""
    whole_frames: bool = False
    """The interface hands out frames one by one, whatever its offloads say."""


def interfaces() -> dict[str, Interface]:
    """All of this network namespace, by name; loopback left out."""
    found: dict[str, Interface] = {}
    for link in _listed("-d", "addr", "show"):
        name = str(link.get("ifname", ""))
        if "LOOPBACK" in link.get("flags", ()):
            continue
        addresses = tuple(f"{each['local']}/{each['prefixlen']}" for each in link.get("addr_info", ()) if each.get("scope") == "global")
        up = {"UP", "LOWER_UP"} <= set(link.get("flags", ()))
        found[name] = Interface(name, int(link.get("mtu", 0)), up, addresses, offloads(name), int(link.get("gso_max_segs", 0)) == 1)
    return found


def default_route(family: int, wanted: Collection[str] = ()) -> str:
    """The interface of the default route, of several next hops one that is ``wanted``; "" when there is none."""
    hops = ([route, *route.get("nexthops", ())] for route in _listed(f"-{family}", "route", "show", "default"))
    ways = next((ways for each in hops if (ways := [str(hop["dev"]) for hop in each if "dev" in hop])), [""])
    return next((way for way in ways if way in wanted), ways[0])


def _listed(*words: str) -> list[dict[str, Any]]:
    try:
        answer = json.loads(printed("ip", "-j", *words) or "[]")
    except ValueError:
        return []
    return [entry for entry in answer if isinstance(entry, dict) and entry]


def offloads(name: str) -> tuple[str, ...]:
    """What the card or the kernel puts together for this interface (ethtool(8), ``-k``)."""
    asked: Mapping[str, tuple[int, int]] = {
        "tso": (_ETHTOOL_GTSO, 1),
        "gso": (_ETHTOOL_GGSO, 1),
        "gro": (_ETHTOOL_GGRO, 1),
        "lro": (_ETHTOOL_GFLAGS, _ETH_FLAG_LRO),
    }
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        return tuple(what for what, (command, bit) in asked.items() if _ethtool(any_socket, name, command) & bit)


def _ethtool(any_socket: socket.socket, name: str, command: int) -> int:
    value = array.array("I", [command, 0])
    request = struct.pack("16sP16x", name.encode(), value.buffer_info()[0])
    try:
        fcntl.ioctl(any_socket.fileno(), _SIOCETHTOOL, request)
    except OSError:
        return 0  # the card cannot say
    return value[1]


def path_mtu(address: str) -> int:
    """What the kernel knows of the way to an address, without sending anything; 0: there is no way."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    level, name = (socket.IPPROTO_IPV6, 24) if family == socket.AF_INET6 else (socket.IPPROTO_IP, _IP_MTU)
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((address, 9))
            return way.getsockopt(level, name)
    except OSError:
        return 0
