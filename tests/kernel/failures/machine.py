"""What a test does to the processes, links and servers of a hall."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from hotspot.lab import Hall, gateway, processes
from hotspot.lab.layout import LAN_GATEWAY, LAN_GATEWAY6, LINK_GATEWAY, LINK_GATEWAY6, LINK_WAN, LINK_WAN6
from hotspot.lab.namespaces import LabFailed, command
from hotspot.lab.phone import Phone
from hotspot.lab.processes import line_in
from hotspot.lab.readiness import socket_of
from hotspot.lab.record import Started
from hotspot.lab.servers import python_environment
from tests.kernel.visits import sessions

LONG = os.environ.get("HOTSPOT_LONG", "") == "1"
"""More rounds of each failure, by command; continuous integration has the short ones."""
SERVICES = ("firewall", "portal")


async def in_gateway(hall: Hall, *words: str) -> str:
    """Run a program in the gateway's namespace."""
    return await command("ip", "netns", "exec", hall.layout.gateway, *words)


async def joined(hall: Hall, *names: str) -> list[Phone]:
    """Phones with an address."""
    phones = [await hall.add_phone(name) for name in names]
    for phone in phones:
        await phone.join()
    return phones


async def start(hall: Hall, name: str) -> None:
    """Start ``firewall`` or ``portal``; returns when it is ready."""
    await (hall.start_firewall() if name == "firewall" else hall.start_portal())


async def kill(hall: Hall, *names: str) -> None:
    """``kill -9`` of all of them at once."""
    await asyncio.gather(*(hall.end(name, signal.SIGKILL) for name in names))


async def kill_while_starting(hall: Hall, name: str, after: float) -> None:
    """Start a service and ``kill -9`` it so many seconds later, wherever it is then."""
    firewall, portal, _ = await gateway.rights()
    who = firewall if name == "firewall" else portal
    config = hall.folder.firewall_config if name == "firewall" else hall.folder.portal_config
    module = ["firewall"] if name == "firewall" else ["hotspot", "portal"]
    words = [*who.words(), sys.executable, "-P", "-m", *module, "--config", str(config)]
    environment = {**python_environment(), "NOTIFY_SOCKET": str(socket_of(hall.folder.path, name))}
    process = processes.start(name, hall.layout.gateway, words, hall.folder.log(name), environment)
    await asyncio.sleep(after)  # the moment is what the test chooses
    if not processes.alive(process):
        raise LabFailed(f"cannot kill {name}: it has ended by itself: {processes.tail(hall.folder.log(name))}")
    await processes.end(process, [signal.SIGKILL])


async def start_dnsmasq(hall: Hall) -> Started:
    """Start the hall's DHCP and DNS server again, as systemd would; returns when it serves."""
    log = hall.folder.log("dnsmasq")
    offset = log.stat().st_size
    words = ["dnsmasq", f"--conf-file={hall.folder.path}/dnsmasq.conf"]
    process = processes.start("dnsmasq", hall.layout.gateway, words, log)
    hall._note(process)
    await line_in(log, "started, version", process, offset=offset)
    return process


async def start_radvd(hall: Hall) -> Started:
    """Start the hall's router advertisements again."""
    log, path = hall.folder.log("radvd"), hall.folder.path
    offset = log.stat().st_size
    words = ["radvd", "-n", "-m", "stderr", "-d", "1", "-C", f"{path}/radvd.conf", "-p", f"{path}/radvd.pid"]
    process = processes.start("radvd", hall.layout.gateway, words, log)
    hall._note(process)
    await line_in(log, "syntax ok", process, offset=offset)
    return process


async def unplug(hall: Hall, link: str) -> None:
    """Take the cable out of ``lan0`` or ``wan0``: no carrier, the interface and its addresses stay."""
    far, port = _other_end(hall, link)
    await command("ip", "-n", far, "link", "set", port, "down")


async def plug_in(hall: Hall, link: str) -> None:
    """Put it in again. What the Internet's own end has lost with its carrier comes back with it."""
    far, port = _other_end(hall, link)
    await command("ip", "-n", far, "link", "set", port, "up")
    if link == "wan0":
        await command("ip", "-n", far, "addr", "replace", f"{LINK_WAN6}/64", "dev", port, "nodad")
        await command("ip", "-n", far, "route", "replace", "2001:db8:1::/64", "via", LINK_GATEWAY6)


def _other_end(hall: Hall, link: str) -> tuple[str, str]:
    return (hall.layout.access_point, "uplink") if link == "lan0" else (hall.layout.wan, "isp0")


async def take_out(hall: Hall, link: str) -> str:
    """Take the whole network card out: the interface is gone, with its addresses, routes, qdiscs and sockets. Returns its MAC address."""
    shown = msgspec.json.decode(await command("ip", "-n", hall.layout.gateway, "-j", "link", "show", "dev", link))
    await command("ip", "-n", hall.layout.gateway, "link", "del", link)
    return str(shown[0]["address"])


async def put_in(hall: Hall, link: str, mac: str) -> None:
    """Put the same network card in, and give it its addresses as the gateway's network settings would."""
    gw, (far, port) = hall.layout.gateway, _other_end(hall, link)
    await command("ip", "link", "add", link, "address", mac, "netns", gw, "type", "veth", "peer", "name", port, "netns", far)
    if link == "lan0":
        near = [f"addr add {LAN_GATEWAY}/20 dev lan0", f"addr add {LAN_GATEWAY6}/64 dev lan0"]
        there = ["link set uplink master br0", "link set uplink up gso_max_segs 1"]
    else:
        near = [f"addr add {LINK_GATEWAY}/24 dev wan0", f"addr add {LINK_GATEWAY6}/64 dev wan0"]
        there = ["link set isp0 up gso_max_segs 1", f"addr add {LINK_WAN}/24 dev isp0", f"addr add {LINK_WAN6}/64 dev isp0"]
    await _batch(far, there)
    await _batch(gw, [f"link set {link} up gso_max_segs 1", *near])
    if link == "wan0":
        await _batch(gw, [f"route add default via {LINK_WAN}", f"route add ::/0 via {LINK_WAN6}"])
        await _batch(far, [f"route replace 2001:db8:1::/64 via {LINK_GATEWAY6}"])


async def _batch(namespace: str, lines: Sequence[str]) -> None:
    await command("ip", "-n", namespace, "-batch", "-", stdin="\n".join(lines) + "\n")


async def rows(hall: Hall, count: int) -> bool:
    """Do staff see so many sessions?"""
    return len(sessions(hall)) == count


def resident(process: Started) -> int:
    """Resident memory of a process, bytes."""
    with Path(f"/proc/{process.pid}/status").open(encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
