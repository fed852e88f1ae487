"""A phone: a namespace with a MAC of its own, a real DHCP client, SLAAC, and what a person does with it."""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from hotspot.lab import advertisements, counting, names, namespaces, processes
from hotspot.lab.browse import Response, Unreachable, converse, exchange, fetch, hang_up, open_connection, target
from hotspot.lab.layout import SITE, SITE6, Layout
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.record import NETNS_ETC, Folder, PhoneRecord, Started

JOIN_SECONDS = 15.0
"""How long address and router may take; without load both come in less than a second."""
_IPV6_CHANGES = 0x100 | 0x400
"""RTMGRP_IPV6_IFADDR and RTMGRP_IPV6_ROUTE of linux/rtnetlink.h."""


class Lease(Struct, frozen=True):
    """What the DHCP server gave."""

    ip: str
    router: str
    dns: tuple[str, ...]
    seconds: int
    option_114: str
    """The URL of option 114, "" when there was none."""


class Rate(Struct, frozen=True):
    """A measured transfer: bytes at layer 3 where they arrive, and in how many seconds."""

    bytes: int
    seconds: float

    @property
    def bits_per_second(self) -> float:
        """The rate."""
        return self.bytes * 8 / self.seconds


class Finished(Struct, frozen=True):
    """A program that ran as the phone."""

    status: int
    out: str
    complaint: str


class Phone:
    """One phone of a hall; made by ``Hall.add_phone``."""

    def __init__(self, layout: Layout, folder: Folder, record: PhoneRecord, note: Callable[[Started], None]) -> None:
        self._layout, self._folder, self._note = layout, folder, note
        self.name, self.namespace, self.mac = record.name, record.namespace, record.mac
        self._lease_file = folder.path / f"{record.name}.lease"
        trusted = str(folder.authority) if folder.authority.exists() else None
        self.tls = ssl.create_default_context(cafile=trusted)
        """What the phone trusts: the hall's authority, if it has one."""
        self.address6 = ""
        """Its SLAAC address, "" before it has joined."""

    # Getting onto the network

    async def join(self) -> None:
        """Plug the link in, get a lease, a router and an IPv6 address; the DHCP client stays. Raises ``LabFailed``."""
        own_etc = NETNS_ETC / self.namespace
        own_etc.mkdir(parents=True, exist_ok=True)
        resolv = own_etc / "resolv.conf"
        resolv.write_text("")
        script, log = Path(__file__).with_name("lease.sh"), self._folder.log(f"{self.name}-dhcp")
        self._lease_file.unlink(missing_ok=True)
        log.touch()
        offset = log.stat().st_size
        words = ["udhcpc", "-f", "-i", "wlan0", "-s", str(script), "-O", "114", "-t", "10", "-T", "1", "-x", f"hostname:{self.name}"]
        with namespaces.socket_in(self.namespace, socket.AF_NETLINK, socket.SOCK_RAW) as changes:
            changes.bind((0, _IPV6_CHANGES))
            await namespaces.ip_batch(["link set wlan0 up"], self.namespace)
            given = {"LEASE": str(self._lease_file), "RESOLV": str(resolv)}
            client = processes.start(f"{self.name}-dhcp", self.namespace, words, log, given)
            async with contextlib.AsyncExitStack() as unless_joined:
                unless_joined.push_async_callback(processes.end, client)
                await processes.line_in(log, "lease written: bound", client, JOIN_SECONDS, offset)
                self.address6 = await self._slaac(changes)
                unless_joined.pop_all()
        self._note(client)

    async def _slaac(self, changes: socket.socket) -> str:
        """Wait for a global IPv6 address and an IPv6 router, looking again whenever the kernel tells of a change."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                while True:
                    found, routed = await self._address6(), await self._show("-6", "route", "show", "default")
                    if found and routed:
                        return found
                    await loop.sock_recv(changes, 65_536)
        except TimeoutError:
            raise LabFailed(f"cannot join {self.name}: no IPv6 address and router within {JOIN_SECONDS} s") from None

    async def _address6(self) -> str:
        """The global IPv6 address that is ready for use, "" when there is none."""
        shown = await self._show("-6", "address", "show", "dev", "wlan0", "scope", "global", "-tentative")
        return next((str(info["local"]) for link in shown for info in link.get("addr_info", ())), "")

    async def _show(self, *words: str) -> list[dict[str, list[dict[str, object]]]]:
        """What ``ip -json`` says in the phone's namespace."""
        said = await namespaces.command("ip", "-n", self.namespace, "-j", *words)
        answer: list[dict[str, list[dict[str, object]]]] = json.loads(said or "[]")
        return answer

    @property
    def lease(self) -> Lease:
        """What DHCP gave; raises ``LabFailed`` before the phone has joined."""
        try:
            told = dict(line.partition("=")[::2] for line in self._lease_file.read_text().splitlines())
        except FileNotFoundError:
            raise LabFailed(f"cannot tell the lease of {self.name}: it has not joined") from None
        url = bytes.fromhex(told["option_114"]).decode() if told["option_114"] else ""
        return Lease(told["ip"], told["router"], tuple(told["dns"].split()), int(told["lease"]), url)

    # Using it

    async def resolve(self, name: str, family: int = socket.AF_INET) -> str:
        """The first address of ``name`` by the name server of the lease; raises ``LabFailed`` when it has none."""
        kind = names.AAAA if family == socket.AF_INET6 else names.A
        found = await names.resolve(self.namespace, self.lease.dns[0], name, kind)
        if not found:
            raise LabFailed(f"cannot resolve {name}: {self.lease.dns[0]} knows no {'AAAA' if kind == names.AAAA else 'A'} record")
        return found[0]

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        family: int = socket.AF_INET,
        seconds: float = 20.0,
    ) -> Response:
        """One HTTP request, redirects not followed; the name is asked of the phone's own name server. Raises ``Unreachable``."""
        where = target(url)
        literal = where.host[0].isdigit() or ":" in where.host
        address = where.host if literal else await self.resolve(where.host, family)
        tls = self.tls if where.scheme == "https" else None
        return await fetch(self.namespace, address, where, method=method, headers=headers, body=body, seconds=seconds, tls=tls)

    async def get(self, url: str, headers: Mapping[str, str] | None = None, family: int = socket.AF_INET) -> Response:
        """GET ``url``."""
        return await self.request("GET", url, headers=headers, family=family)

    async def post(self, url: str, form: bytes, headers: Mapping[str, str] | None = None, family: int = socket.AF_INET) -> Response:
        """POST an encoded form to ``url``."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.request("POST", url, headers={**kind, **(headers or {})}, body=form, family=family)

    async def send(self, data: bytes, version: int = 4, *, seconds: float = 5.0, tls_name: str | None = None) -> Response:
        """Send a request to the site as it is, byte by byte, to port 80, or over TLS to ``tls_name``; the name server is not asked. Raises
        ``Unreachable``."""
        address, tls = SITE6 if version == 6 else SITE, self.tls if tls_name else None
        return await exchange(self.namespace, address, 443 if tls else 80, data, seconds=seconds, tls=tls, name=tls_name)

    async def talk(self, data: bytes, version: int = 4, seconds: float = 5.0) -> bytes:
        """Send bytes to the site's port 80 and take everything until the other side hangs up; raises ``Unreachable`` when it does not."""
        return await converse(self.namespace, SITE6 if version == 6 else SITE, 80, data, seconds)

    async def advertised(self) -> bytes:
        """The next router advertisement, as ``hotspot.lab.advertisements`` reads it; raises ``LabFailed``."""
        return await advertisements.next_one(self.namespace)

    async def certificate_serial(self, name: str, version: int = 4) -> str:
        """Serial number of the certificate that ``name`` shows, checked against the authority that the phone trusts. Raises
        ``Unreachable``."""
        address = await self.resolve(name, socket.AF_INET6 if version == 6 else socket.AF_INET)
        _, writer = await open_connection(self.namespace, address, 443, tls=self.tls, name=name)
        shown = writer.get_extra_info("peercert")
        await hang_up(writer)
        return str(shown["serialNumber"])

    async def connect(self, address: str, port: int, seconds: float = 5.0) -> float:
        """Open a TCP connection and close it; returns the seconds it took, raises ``Unreachable``."""
        began = time.monotonic()
        _, writer = await open_connection(self.namespace, address, port, seconds)
        took = time.monotonic() - began
        await hang_up(writer)
        return took

    async def run(self, words: Sequence[str], seconds: float = 60.0) -> Finished:
        """Run any program as the phone to its end; it is ended by force after ``seconds``."""
        process = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", self.namespace, *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(seconds):
                out, complaint = await process.communicate()
        except (TimeoutError, asyncio.CancelledError):
            process.kill()
            await process.communicate()
            raise
        return Finished(process.returncode or 0, out.decode(errors="replace"), complaint.decode(errors="replace"))

    # Measuring

    async def forwarded(self) -> counting.Bytes:
        """Bytes at layer 3 that this phone has exchanged with the world beyond the gateway, since it was made."""
        return await counting.read(self.namespace)

    async def download_rate(self, seconds: float, settle: float = 1.0, family: int = socket.AF_INET) -> Rate:
        """TCP from the site as fast as it comes, by the phone's own counter, after ``settle`` seconds of running in."""
        reader, writer = await open_connection(self.namespace, SITE6 if family == socket.AF_INET6 else SITE, 80)

        async def drain() -> None:
            while await reader.read(262_144):
                pass

        writer.write(b"GET /bytes/10000000000 HTTP/1.1\r\nHost: download.town.example\r\nConnection: close\r\n\r\n")
        return await self._measured(drain(), writer, self.namespace, "down", seconds, settle)

    async def upload_rate(self, seconds: float, settle: float = 1.0, family: int = socket.AF_INET) -> Rate:
        """TCP to the site as fast as it goes, by the Internet's counter (so the hall should have no other traffic), after running in."""
        _, writer = await open_connection(self.namespace, SITE6 if family == socket.AF_INET6 else SITE, 80)

        async def pump() -> None:
            while True:
                writer.write(bytes(16_384))
                await writer.drain()

        writer.write(b"POST /sink HTTP/1.1\r\nHost: download.town.example\r\nContent-Length: 10000000000\r\n\r\n")
        return await self._measured(pump(), writer, self._layout.wan, "up", seconds, settle)

    async def _measured(
        self, transfer: Coroutine[None, None, None], writer: asyncio.StreamWriter, counted_in: str, way: str, seconds: float, settle: float
    ) -> Rate:
        """Let ``transfer`` run, look at a counter after ``settle`` and after ``seconds`` more, then reset the connection."""
        try:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(transfer)
                await asyncio.sleep(settle)  # a measuring interval, not a wait for something
                first, began = await counting.read(counted_in), time.monotonic()
                await asyncio.sleep(seconds)
                second, ended = await counting.read(counted_in), time.monotonic()
                if running.done():
                    raise LabFailed(f"cannot measure {way}: the transfer ended by itself")
                running.cancel()
        finally:
            reset = struct.pack("ii", 1, 0)  # SO_LINGER 0: what is still queued is not sent
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            writer.transport.abort()
        return Rate(getattr(second.since(first), way), ended - began)


__all__ = ["Finished", "Lease", "Phone", "Rate", "Unreachable"]
