"""Ways to break a hall, one function each: it is broken inside, and mended again afterwards."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Final

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, IPv6
from scapy.layers.l2 import ARP, Ether

from hotspot.lab import namespaces
from hotspot.lab.gateway import give, rights
from hotspot.lab.layout import LAN_GATEWAY, LAN_PREFIX, LINK_WAN, NAMESERVER, PORTAL_NAME, SITE, SITE6
from tests.kernel.visitor.certificates import signed
from tests.kernel.visitor.mending import Ground, intruder, line
from tests.kernel.visits import status, until

STRANGER: Final = "02:00:00:00:ff:01"
INNER: Final = "10.20.30.40"
"""A machine of the town, behind the gateway; guests must not reach it."""
UPSTREAM_PORT: Final = 8_099
DAY: Final = timedelta(days=1)


def _dnsmasq(pattern: str, instead: str = "") -> Callable[[Ground], AbstractAsyncContextManager[None]]:
    """Another line in the configuration of DHCP and DNS."""
    return lambda ground: ground.changed("dnsmasq.conf", line(pattern, instead), ground.restart("dnsmasq"))


def _captive_dns(pattern: str, instead: str = "") -> Callable[[Ground], AbstractAsyncContextManager[None]]:
    """Another line in the configuration of DNS for captive clients."""
    return lambda ground: ground.changed("dnsmasq-captive.conf", line(pattern, instead), ground.restart("dnsmasq-captive"))


def _radvd(change: Callable[[str], str]) -> Callable[[Ground], AbstractAsyncContextManager[None]]:
    """Other router advertisements."""
    return lambda ground: ground.changed("radvd.conf", change, ground.restart("radvd"))


option114_another = _dnsmasq("dhcp-option=114,.*", "dhcp-option=114,https://old.hall.example/api/captive")
option114_missing = _dnsmasq("dhcp-option=114,.*")
no_router = _dnsmasq("dhcp-option=option:router,.*", "dhcp-option=option:router")
router_elsewhere = _dnsmasq("dhcp-option=option:router,.*", "dhcp-option=option:router,192.0.2.1")
router_silent = _dnsmasq("dhcp-option=option:router,.*", "dhcp-option=option:router,198.18.15.200")
no_name_server = _dnsmasq("dhcp-option=option:dns-server,.*", "dhcp-option=option:dns-server")
name_server_elsewhere = _dnsmasq("dhcp-option=option:dns-server,.*", f"dhcp-option=option:dns-server,{NAMESERVER}")
no_dhcp = _dnsmasq("dhcp-range=.*")
dns_lies = _captive_dns("no-hosts", f"no-hosts\naddress=/#/{LAN_GATEWAY}")
dns_empty = _captive_dns("no-hosts", "no-hosts\nlocal=/com/")
portal_name_unknown = _captive_dns("host-record=.*")
portal_name_elsewhere = _captive_dns("host-record=.*", f"host-record={PORTAL_NAME},{SITE},{SITE6}")
no_rdnss = _radvd(line(" *RDNSS .*"))
no_prefix = _radvd(lambda text: text.replace("AdvAutonomous on", "AdvAutonomous off"))


def no_advertisement(ground: Ground) -> AbstractAsyncContextManager[None]:
    """radvd does not run."""
    return ground.without("radvd")


def dns_dead(ground: Ground) -> AbstractAsyncContextManager[None]:
    """The name server for captive clients does not run."""
    return ground.without("dnsmasq-captive")


def upstream_dead(ground: Ground) -> AbstractAsyncContextManager[None]:
    """The name server on the Internet does not answer."""
    return ground.table("chain in { type filter hook input priority -400; udp dport 53 drop; tcp dport 53 drop; }", ground.wan)


def _certificate(
    begins: timedelta, ends: timedelta, name: str = PORTAL_NAME, foreign: bool = False, refused: bool = False
) -> Callable[[Ground], AbstractAsyncContextManager[None]]:
    """``refused``: the portal itself would not take it while it has a better one; it has to be there when it starts."""

    @asynccontextmanager
    async def broken(ground: Ground) -> AsyncIterator[None]:
        folder = ground.path / "tls"
        files = [folder / "portal.pem", folder / "portal.key"]
        before = [file.read_text() for file in files]
        _, portal, _ = await rights()

        async def put(contents: list[str]) -> None:
            for file, content in zip(files, contents, strict=True):
                file.write_text(content)
                give(file, portal)
            if refused:
                await ground.hall.end("portal")
                await ground.hall.start_portal()
            else:
                await ground.reload_portal()

        await put(list(signed(folder, name, begins, ends, foreign)))
        try:
            yield
        finally:
            await put(before)

    return broken


certificate_expired = _certificate(-60 * DAY, -1 * DAY, refused=True)
certificate_untrusted = _certificate(-DAY, 60 * DAY, foreign=True)
certificate_soon = _certificate(-60 * DAY, 5 * DAY)


@asynccontextmanager
async def portal_down(ground: Ground) -> AsyncIterator[None]:
    """The portal does not run."""
    await ground.hall.end("portal")
    try:
        yield
    finally:
        await ground.hall.start_portal()
        await ground.settled()


def portal_without_ipv6(ground: Ground) -> AbstractAsyncContextManager[None]:
    """It listens on IPv4 only."""
    return ground.changed(
        "portal.toml", line("portal_url = .*", f'portal_url = "https://{PORTAL_NAME}/"\nlisten = ["0.0.0.0"]'), ground.restart("portal")
    )


@asynccontextmanager
async def firewall_down(ground: Ground) -> AsyncIterator[None]:
    """The daemon does not run; the kernel goes on, and the portal can let nobody in."""
    await ground.hall.end("firewall")
    try:
        yield
    finally:
        await ground.hall.start_firewall()
        await ground.settled()


def refusals_lost(ground: Ground) -> AbstractAsyncContextManager[None]:
    """A rule of somebody else's swallows what the gateway says in the names of others; who has accepted notices nothing."""
    return ground.table('chain o { type filter hook output priority 0; oifname "lan0" tcp sport 443 tcp flags & rst == rst drop; }')


def grants_nothing(ground: Ground) -> AbstractAsyncContextManager[None]:
    """A rule of somebody else's refuses what is granted."""
    return ground.table('chain f { type filter hook forward priority -10; iifname "lan0" meta l4proto tcp reject with tcp reset; }')


def internet_down(ground: Ground) -> AbstractAsyncContextManager[None]:
    """Nothing comes back from the Internet but names."""
    return ground.table("chain in { type filter hook input priority -400; meta l4proto tcp drop; }", ground.wan)


def internet_without_ipv6(ground: Ground) -> AbstractAsyncContextManager[None]:
    """The provider does not carry the guests' IPv6."""
    return ground.table(f"chain in {{ type filter hook input priority -400; ip6 saddr {LAN_PREFIX} drop; }}", ground.wan)


def rate_low(ground: Ground) -> AbstractAsyncContextManager[None]:
    """Something on the way lets little through."""
    return ground.table('chain f { type filter hook forward priority 10; oifname "lan0" limit rate over 60 kbytes/second drop; }')


def _own_class(rules: str) -> str:
    found = re.search(r"meta priority set ([0-9a-f]*):([0-9a-f]+)", rules)
    assert found is not None, rules
    return f"{found[1]}{found[2]:>04}"


@asynccontextmanager
async def rate_unlimited(ground: Ground) -> AsyncIterator[None]:
    """A rule of somebody else's puts guests' packets into the gateway's own class, which has no limit but the line's."""
    own = _own_class(await ground.run(ground.gateway, "nft", "list", "chain", "inet", "hotspot_public", "output"))
    async with ground.table(f'chain f {{ type filter hook forward priority 10; oifname "lan0" meta priority set 0x{own}; }}'):
        yield


@asynccontextmanager
async def portal_upstream(ground: Ground) -> AsyncIterator[None]:
    """The provider has a portal of its own, which the line has not accepted."""

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):  # the portal only looks whether the line is up
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://login.provider.example/\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    listener = namespaces.socket_in(ground.wan, socket.AF_INET6)
    listener.bind(("::", UPSTREAM_PORT))
    server = await asyncio.start_server(redirect, sock=listener)
    nat = f'chain p {{ type nat hook prerouting priority dstnat; iifname "isp0" tcp dport 80 redirect to :{UPSTREAM_PORT}; }}'
    async with server, ground.table(nat, ground.wan):
        yield


@asynccontextmanager
async def leaks(ground: Ground, name: str, address: str) -> AsyncIterator[None]:
    """The Internet is in the walled garden."""
    await ground.run(ground.gateway, "nft", "add", "element", "inet", "hotspot_public", name, f"{{ {address} }}")
    try:
        yield
    finally:
        await ground.run(ground.gateway, "nft", "delete", "element", "inet", "hotspot_public", name, f"{{ {address} }}")


def leaks4(ground: Ground) -> AbstractAsyncContextManager[None]:
    """Over IPv4."""
    return leaks(ground, "garden4", SITE)


def leaks6(ground: Ground) -> AbstractAsyncContextManager[None]:
    """Over IPv6 only."""
    return leaks(ground, "garden6", SITE6)


@asynccontextmanager
async def neighbour_reachable(ground: Ground) -> AsyncIterator[None]:
    """The access point does not keep devices apart."""
    ports = re.findall(r"^\d+: (port\d+)", await ground.run(ground.access_point, "bridge", "link", "show"), re.MULTILINE)
    assert len(ports) >= 2, ports
    for port in ports:
        await ground.run(ground.access_point, "bridge", "link", "set", "dev", port, "isolated", "off")
    try:
        yield
    finally:
        for port in ports:
            await ground.run(ground.access_point, "bridge", "link", "set", "dev", port, "isolated", "on")


@asynccontextmanager
async def town_reachable(ground: Ground) -> AsyncIterator[None]:
    """The town's networks are not shut."""
    async with ground.changed(
        "firewall.toml", line("max_clients = .*", "max_clients = 1000\nblocked_networks = []"), ground.restart("firewall")
    ):
        await ground.settled()
        yield
    await ground.settled()


@asynccontextmanager
async def hub_away(ground: Ground) -> AsyncIterator[None]:
    """There should be a hub, which has not given the hall its first certificate yet, and nobody answers."""
    where = f'url = "https://{LINK_WAN}:8799"\nauthority = "{ground.hall.folder.authority}"'
    hub = f'[hub]\n{where}\naway = "open"\naway_after = "1 s"\ncertificate = true\n\n[internet]'
    own = r'certificate = ".*/portal.pem"\nkey = ".*/portal.key"\n'

    def change(text: str) -> str:
        return re.sub(own, "", line(r"\[internet\]", hub)(text))

    async with ground.changed("portal.toml", change, ground.restart("portal")):

        async def away() -> bool:
            return any("hub away" in warning for warning in status(ground.hall).warnings)

        await until(away, 15.0)
        yield


def _by_intruder(
    every: Callable[[], bytes] | None, answer: Callable[[bytes], bytes | None] = lambda _: None
) -> Callable[[Ground], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def broken(ground: Ground) -> AsyncIterator[None]:
        with intruder(ground, answer, every):
            yield

    return broken


def _foreign_offer(frame: bytes) -> bytes | None:
    """A second DHCP server: the offer that somebody gets who asks."""
    if len(frame) < 282 or frame[12:14] != b"\x08\x00" or frame[23] != 17 or frame[36:38] != b"\0\x43":
        return None
    here, given = "198.18.15.251", socket.inet_aton("198.18.15.99")
    options = b"\x63\x82\x53\x63\x35\x01\x02\x36\x04" + socket.inet_aton(here) + b"\x01\x04\xff\xff\xf0\x00\xff"
    message = b"\x02\x01\x06\x00" + frame[46:50] + bytes(8) + given + bytes(8) + frame[70:278] + options
    return bytes(Ether(src=STRANGER, dst=frame[6:12].hex(":")) / IP(src=here, dst="255.255.255.255") / UDP(sport=67, dport=68) / message)


def answers_for(address: str) -> Callable[[bytes], bytes | None]:
    """ARP: that address is mine."""

    def answer(frame: bytes) -> bytes | None:
        if frame[12:14] != b"\x08\x06" or frame[20:22] != b"\0\x01" or frame[38:42] != socket.inet_aton(address):
            return None
        asker, where = frame[6:12].hex(":"), socket.inet_ntoa(frame[28:32])
        return bytes(Ether(src=STRANGER, dst=asker) / ARP(op=2, hwsrc=STRANGER, psrc=address, hwdst=asker, pdst=where))

    return answer


def _advertise() -> bytes:
    """A router that is not the hall's."""
    said = ICMPv6ND_RA(routerlifetime=1800) / ICMPv6NDOptPrefixInfo(prefix="2001:db8:bad::", prefixlen=64)
    return bytes(Ether(src=STRANGER, dst="33:33:00:00:00:01") / IPv6(src="fe80::bad", dst="ff02::1", hlim=255) / said)


second_dhcp_server = _by_intruder(None, _foreign_offer)
second_gateway = _by_intruder(None, answers_for(LAN_GATEWAY))
second_router = _by_intruder(_advertise)
