"""A hall from first cable to last: raised in a visible order, taken down in the reverse, by another process or after a crash as well."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable, Coroutine, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

import msgspec

from hotspot.lab import certificates, counting, gateway, links, namespaces, postgres, processes, servers, zones
from hotspot.lab.layout import Layout, phone_mac
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.options import Options
from hotspot.lab.phone import Phone
from hotspot.lab.processes import PATH
from hotspot.lab.record import NETNS_ETC, RUN, Folder, PhoneRecord, Record, Started, folder_of
from hotspot.lab.zones import Extra

if TYPE_CHECKING:
    from hotspot.lab.city import City

_DEFAULT = Options()
Starting = Callable[[Layout, Folder, Options], Coroutine[Any, Any, Started | list[Started]]]
"""Starts one or more processes of a hall; returns when they serve."""


class Hall:
    """A town hall in namespaces. ``async with Hall("name") as hall`` raises it and takes it down whatever happens; ``raise_`` and ``down``
    do the same in two separate programs."""

    def __init__(self, name: str = "hall", options: Options = _DEFAULT) -> None:
        self.layout, self.options = Layout(name), options
        self.folder: Folder = folder_of(self.layout)
        self.remark = ""
        """What is not as in production, for the person who looks; "" when nothing."""
        self.city: City | None = None
        """The hub and the other halls, in the program that raised them."""

    async def __aenter__(self) -> "Hall":
        await self.raise_()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await down(self.layout.hall)

    async def raise_(self) -> None:
        """Make everything; what was made is taken away again when something fails. Raises ``LabFailed``."""
        _check_machine(self.options)
        if namespaces.exists(self.layout.gateway) or self.folder.state.exists():
            raise LabFailed(f"cannot raise {self.layout.hall}: it is there already; 'hotspot lab down --name {self.layout.hall}' ends it")
        self.folder.logs.mkdir(parents=True, exist_ok=True)
        self._change(lambda _: Record(self.layout.hall, self.options))
        async with contextlib.AsyncExitStack() as unless_up:
            unless_up.push_async_callback(down, self.layout.hall)
            await links.raise_links(self.layout, self.options)
            await counting.install(self.layout.wan, counting.WAN_TABLE)
            if self.options.tls:
                await certificates.make(self.folder.path / "tls")
            around = [servers.start_wan, servers.start_lan]
            if self.options.gateway:
                await self._start_gateway(around)
            else:
                await self._together(around)
                await namespaces.command("ip", "netns", "exec", self.layout.gateway, "nft", gateway.PLAIN_TABLE)
            unless_up.pop_all()

    async def _start_gateway(self, around: Iterable[Starting]) -> None:
        """What is ``around`` it, and then the product: firewall, then portal."""
        firewall, portal, self.remark = await gateway.rights()
        if self.options.hub:
            from hotspot.lab.city import City  # what the hub needs, a hall alone does not

            self.city = City(self.layout, self.folder)
            around = [*around, self._prepare_city]
        gateway.prepare(self.folder, self.options, firewall, portal)
        await self._together([*around, gateway.start_readiness, gateway.start_reload])
        if self.city is None:
            await self._start_product()
            return
        await self._together([self._start_product, self._fill_city])
        await self._started(self.city.start_simulators())
        await self.city.give_policy()

    async def _start_product(self, *_: object) -> list[Started]:
        """Firewall, then portal; between them the hub, if any, which the portal finds there."""
        await self.start_firewall()
        if self.city is not None:
            await self._started(self.city.start_hub())
            await self.city.enrol()
        await self.start_portal()
        return []

    async def _prepare_city(self, *_: object) -> list[Started]:
        """The hub's database, while the network's servers start."""
        if self.city is not None:
            await self.city.prepare()
        return []

    async def _fill_city(self, *_: object) -> list[Started]:
        """Its past, while the product starts."""
        if self.city is not None:
            await self.city.fill()
        return []

    async def _together(self, several: Iterable[Starting]) -> None:
        """Start what does not need each other at the same time. Raises ``LabFailed``."""
        try:
            async with asyncio.TaskGroup() as group:
                for start in several:
                    group.create_task(self._started(start(self.layout, self.folder, self.options)))
        except ExceptionGroup as failures:
            if failures.split(LabFailed)[1] is not None:
                raise  # not a matter of the hall: with all that was raised
            raise namespaces.leaves(failures)[0] from None

    async def start_firewall(self) -> Started:
        """Start the firewall daemon (again, after ``end``); returns when it is ready."""
        who, _, _ = await gateway.rights()
        return (await self._started(gateway.start_firewall(self.layout, self.folder, who)))[0]

    async def start_portal(self) -> Started:
        """Start the portal (again, after ``end``); returns when it is ready."""
        _, who, _ = await gateway.rights()
        return (await self._started(gateway.start_portal(self.layout, self.folder, who)))[0]

    async def start_iperf3(self, port: int = 5201) -> Started:
        """Start an iperf3 server in the WAN (at ``layout.SITE`` and ``SITE6``); returns when it listens."""
        return (await self._started(servers.start_iperf3(self.layout, self.folder, port)))[0]

    async def add_zone(self, extra: Extra) -> None:
        """A further zone; firewall and portal are started again, because zones are read at their start."""
        await self._started(zones.raise_zone(self.layout, self.folder, self.options, extra))
        for name in ("portal", "firewall"):
            await self.end(name)
        await self.start_firewall()
        await self.start_portal()

    async def end(self, name: str, *signals: int) -> None:
        """End the process ``name`` (``firewall``, ``portal``, ``dnsmasq`` …), with these signals or politely."""
        process = self.process(name)
        await processes.end(process, *([signals] if signals else []))
        self._change(lambda record: msgspec.structs.replace(record, processes=tuple(p for p in record.processes if p != process)))

    def process(self, name: str) -> Started:
        """The process ``name`` of this hall; raises ``LabFailed`` when there is none."""
        record = self.record
        for process in record.processes:
            if process.name == name:
                return process
        raise LabFailed(f"cannot find process {name!r}: expected one of {', '.join(p.name for p in record.processes)}")

    async def _started(self, starting: Coroutine[Any, Any, Started | list[Started]]) -> list[Started]:
        """Await processes and write them down."""
        made = await starting
        fresh = made if isinstance(made, list) else [made]
        self._note(*fresh)
        return fresh

    def _note(self, *fresh: Started) -> None:
        """Write processes down."""
        self._change(lambda record: msgspec.structs.replace(record, processes=(*record.processes, *fresh)))

    @property
    def record(self) -> Record:
        """What is written down about this hall; raises ``LabFailed`` when it is down."""
        record = self.folder.read()
        if record is None:
            raise LabFailed(f"cannot use {self.layout.hall}: there is no such hall; 'hotspot lab up --name {self.layout.hall}' raises it")
        return record

    def _change(self, change: Callable[[Record], Record]) -> Record:
        """Write the record anew, alone."""
        with self.folder.locked():
            before = self.folder.read() or Record(self.layout.hall, self.options)
            after = change(before)
            self.folder.write(after)
        return after

    # Phones

    async def add_phone(self, name: str, mac: str | None = None, zone: Extra | None = None) -> Phone:
        """A phone that has not joined yet; ``mac`` None: the next one of the hall's own; ``zone`` None: the first. Raises ``LabFailed``."""
        namespace, options = self.layout.phone(name), self.record.options
        if namespaces.exists(namespace):
            raise LabFailed(f"cannot add phone {name}: there is one of this name")

        def enter(record: Record) -> Record:
            number = max((phone.number for phone in record.phones), default=0) + 1
            phone = PhoneRecord(name=name, namespace=namespace, number=number, mac=mac or phone_mac(number))
            return msgspec.structs.replace(record, phones=(*record.phones, phone))

        made = self._change(enter).phones[-1]
        await links.plug_in(self.layout, options, made)
        if zone is not None:
            await zones.move(self.layout, made, zone)
        await counting.install(namespace, counting.PHONE_TABLE)
        return self.phone(name)

    def phone(self, name: str) -> Phone:
        """A phone that was added before, maybe by another program; raises ``LabFailed``."""
        for phone in self.record.phones:
            if phone.name == name:
                return Phone(self.layout, self.folder, phone, self._note)
        raise LabFailed(f"cannot find phone {name!r}: expected one of {', '.join(p.name for p in self.record.phones) or 'none yet'}")


def _check_machine(options: Options) -> None:
    """Is everything there that a hall needs? Raises ``LabFailed`` that names what is not."""
    if os.geteuid() != 0:
        raise LabFailed("cannot raise a hall: network namespaces need root")
    needed = ("ip", "nft", "setpriv", "dnsmasq", "radvd", "nsd", "udhcpc", *(("openssl",) if options.tls or options.hub else ()))
    missing = [program for program in needed if shutil.which(program, path=PATH) is None]
    missing += [] if servers.chronyd() else ["chronyd"]
    if options.hub:
        postgres.programs()
    if missing:
        raise LabFailed(f"cannot raise a hall: {', '.join(missing)} not installed")


async def down(name: str) -> list[str]:
    """Take a hall away, whatever is left of it; returns what was found, nothing when there was nothing. Never raises for what is gone."""
    layout = Layout(name)
    folder = folder_of(layout)
    record = folder.read()
    found: list[str] = []
    for process in reversed(record.processes if record else ()):
        if processes.alive(process):
            found.append(f"process {process.name}")
            await processes.end(process)
    found += await asyncio.to_thread(postgres.take_away, folder.cluster)
    for namespace in own_namespaces(layout):
        found.append(f"namespace {namespace}")
        for pid in namespaces.processes_in(namespace):  # programs that somebody ran as a phone, or that no record knows
            ticks = processes.start_ticks(pid)
            if ticks is not None:
                await processes.end(Started(name="stray", pid=pid, ticks=ticks, namespace=namespace))
        await namespaces.command("ip", "netns", "del", namespace)
    for etc in sorted(entry for entry in NETNS_ETC.glob(f"{name}-*") if layout.owns(entry.name)):
        found.append(f"folder {etc}")
        shutil.rmtree(etc)
    if folder.path.exists():
        found.append(f"folder {folder.path}")
        shutil.rmtree(folder.path)
    for parent in (RUN, NETNS_ETC):
        with contextlib.suppress(OSError):  # not there, or another hall's things are in it
            parent.rmdir()
    return found


def own_namespaces(layout: Layout) -> list[str]:
    """Namespaces of this hall that exist: its own three and those of its phones, found by name."""
    if not namespaces.FOLDER.is_dir():
        return []
    return sorted(entry.name for entry in namespaces.FOLDER.iterdir() if layout.owns(entry.name))
