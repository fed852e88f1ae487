"""The running daemon: requests, the clock, the kernel's events. Everything that changes the kernel goes through ``turns`` or ``keeper``."""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import structlog

from firewall.addresses import parse_ip
from firewall.api import (
    Alarm,
    Allow,
    AnyReply,
    AnyRequest,
    Ended,
    Found,
    Prepare,
    Prepared,
    ReadUsage,
    Refused,
    Replace,
    Revoke,
    SetBlocked,
    Status,
    StatusIs,
    Usage,
    UsageRead,
    Watch,
    Watching,
    WhoIs,
    ZoneStatus,
)
from firewall.binding import Binding
from firewall.blocking import Blocking
from firewall.classes import Maker
from firewall.deadlines import Deadlines
from firewall.elements import NFPROTO_ARP, NFPROTO_INET
from firewall.events import Events
from firewall.grants import Grants, Held, Rejected, table_of
from firewall.keeper import Keeper
from firewall.kernel import Kernel
from firewall.kernel.netlink import KernelRefused
from firewall.listener import Connection, Listener, looking, uids_of
from firewall.notify import notify, watchdog_interval
from firewall.presence import ASK_AFTER
from firewall.settings import Settings
from firewall.shaper import MOST_SPARE, Slots
from firewall.state import State
from firewall.turns import Outcome, Turn

log = structlog.get_logger("firewall.daemon")

CHECK_DELAY = 0.02
"""Seconds from a foreign change to the look at it: a program's changes come in bursts."""
RETRY_DELAY = 1.0
"""Seconds until what could not be put right is tried again."""


AT_ONCE = 500
"""Grants that are looked at in one turn of the loop: about a millisecond in which no request is answered."""


def clock() -> float:
    """Seconds of CLOCK_BOOTTIME: never jumps, and goes on in suspend, as the kernel's idea of a timeout does for a visitor."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Daemon:
    """One daemon for all zones of a gateway."""

    def __init__(self, settings: Settings, kernel: Kernel, own_uid: int) -> None:
        slots = Slots()
        grants = Grants(settings.zones, slots, random.SystemRandom().randrange(1, 65_535))
        self.state = State(settings, f"{random.SystemRandom().getrandbits(64):016x}", slots, grants)
        self._kernel = kernel
        uids = uids_of(settings.clients, own_uid)
        self._listener = Listener(Path(settings.socket), uids, self._handle, self._count_refused, looking())
        self.keeper = Keeper(self.state, kernel, clock, self._listener.held)
        self._deadlines = Deadlines(self.state, kernel, clock, self._end)
        self._check_wanted = asyncio.Event()
        self._maker = Maker(self.state, kernel, self.keeper.lock, self._check_later)
        self._read_wanted = asyncio.Event()
        self._forgetting: asyncio.Queue[Outcome] = asyncio.Queue()
        self._askers: list[tuple[Connection, ReadUsage]] = []
        self._blocking = Blocking(self.state, kernel, self.keeper.lock, clock)
        self._stopping = asyncio.Event()
        self._binding = Binding(self.state, kernel, clock, self._tell)

    # Life ---------------------------------------------------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Run until told to stop. Stopping leaves the kernel as it is: visitors stay online."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        await self.keeper.start()
        self._binding.look()
        self.keeper.settle_leases()
        for held in self.state.grants:
            self._deadlines.arm(held)
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(Events(self.state, self._kernel, self._check_wanted, clock).listening())
            server = await stack.enter_async_context(await self._listener.open())
            stack.callback(self._listener.close_connections)
            stack.callback(server.close)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            running = [
                tasks.create_task(each)
                for each in (
                    self._checking(),
                    self._reading(),
                    self._maker.run(),
                    self._forget_connections(),
                    self._binding.run(),
                    self._blocking.run(),
                    self._watchdog(),
                )
            ]
            notify("READY=1")
            log.info("ready", zones=list(self.state.settings.zones), grants=len(self.state.grants), leaf=self._kernel.tc.leaf)
            await self._stopping.wait()
            notify("STOPPING=1")
            for task in running:
                task.cancel()
        log.info("stopped", grants=len(self.state.grants))

    def _reload(self) -> None:
        """SIGHUP: look at everything once more."""
        notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        self._check_wanted.set()
        notify("READY=1")

    async def _watchdog(self) -> None:
        while (interval := watchdog_interval()) is not None:
            notify("WATCHDOG=1")
            await asyncio.sleep(interval)

    # Requests -----------------------------------------------------------------------------------------------------------------------

    def _count_refused(self) -> None:
        self.state.counts["refused"] += 1

    def _handle(self, arrived: list[tuple[Connection, AnyRequest]]) -> None:
        changing = [(connection, request) for connection, request in arrived if isinstance(request, Allow | Replace | Revoke)]
        if changing:
            outcome = self._turn([request for _, request in changing])
            for (connection, _), reply in zip(changing, outcome.replies, strict=True):
                connection.send(reply)
        for connection, request in arrived:
            match request:
                case ReadUsage():
                    self._askers.append((connection, request))
                    self._read_wanted.set()
                case Watch():
                    connection.watching = True
                    connection.send(Watching(request.id, self.state.epoch), *self.state.ended_after(request.ended_after))
                case WhoIs():
                    connection.send(self._who_is(request))
                case Prepare():
                    connection.send(self._prepare(request))
                case Status():
                    connection.send(self._status(request))
                case SetBlocked():
                    self._blocking.orders.put_nowait((connection, request))

    def _turn(self, requests: list[Allow | Replace | Revoke]) -> Outcome:
        # A client that has just got its address must be bound to it before it is let in.
        self._binding.look({request.grant.zone for request in requests if isinstance(request, Allow)} & self.state.leases.keys())
        outcome = Turn(self.state, self._kernel, lambda _zone: self._check_wanted.set()).run(requests, clock())
        for request in requests:
            if not isinstance(request, Revoke) and (held := self.state.grants.get(request.grant.session)) is not None:
                self._deadlines.arm(held)
        if outcome.opened or outcome.closed:
            self._maker.changed = True
            self._forgetting.put_nowait(outcome)
            self._maker.wanted.set()
        self._tell(*outcome.ended)
        return outcome

    def _tell(self, *told: Ended | Alarm) -> None:
        for connection in self._listener.connections if told else ():
            if connection.watching:
                connection.send(*told)

    def _who_is(self, request: WhoIs) -> AnyReply:
        state = self.state
        try:
            ip = parse_ip(request.ip)
        except ValueError as error:
            self._count_refused()
            return Refused(request.id, "bad_request", "ip", f"cannot look up ip: {error}")
        lans = [(zone, index) for zone in state.settings.zones if (index := state.lan_index(zone))]
        for zone, index in lans:
            mac = state.presence.mac(index, ip)
            if mac is None and (asked := self._kernel.neighbours.get(index, ip)) is not None:
                state.presence.take(asked, clock())
                mac = state.presence.mac(index, ip)
            if mac is not None:
                held = state.grants.of_client(zone, mac)
                return Found(request.id, mac, zone, None if held is None else state.usage(held, clock()))
        return Found(request.id)

    def _prepare(self, request: Prepare) -> AnyReply:
        if request.zone not in self.state.settings.zones:
            self._count_refused()
            return Refused(
                request.id,
                "bad_request",
                "zone",
                f"cannot prepare zone {request.zone!r}: expected one of {', '.join(self.state.settings.zones)}",
            )
        try:
            self.state.grants.check_rates(request.zone, request.rates)
        except Rejected as rejected:
            self._count_refused()
            return Refused(request.id, rejected.code, rejected.field, rejected.message)
        if not self.state.slots.want_ahead(request.zone, request.rates, request.spare):
            self._count_refused()
            return Refused(
                request.id, "full", "spare", f"cannot prepare {request.spare}: all plans together have {MOST_SPARE} classes ahead"
            )
        self._maker.wanted.set()
        return Prepared(request.id, self.state.slots.spare(request.zone, request.rates))

    def _status(self, request: Status) -> StatusIs:
        state = self.state
        zones = []
        for name, zone in state.settings.zones.items():
            lan = state.links.get(zone.lan)
            up = lan is not None and lan.up
            there = state.presence.count(state.lan_index(name))
            leased = len(state.leases[name].by_ip) if name in state.leases else 0
            zones.append(ZoneStatus(name, zone.lan, zone.wan, state.grants.count(name), there, up, leased, zone.pool_size))
        ready = state.ready and all(
            interface in state.classes for zone in state.settings.zones.values() for interface in (zone.lan, zone.wan)
        )
        return StatusIs(request.id, state.epoch, _version(), ready, self._kernel.tc.leaf, tuple(zones), dict(state.drift), self._counts())

    def _counts(self) -> dict[str, int]:
        counts = dict(self.state.counts)
        counts["boarding"] = sum(map(len, self.state.boarding.values()))
        for zone in self.state.settings.zones:
            spoofed = [self._kernel.elements.counted(table_of(zone), "spoofed", family) for family in (NFPROTO_INET, NFPROTO_ARP)]
            counts["spoofed"] = counts.get("spoofed", 0) + sum(spoofed)
        return counts

    def _end(self, over: list[tuple[Held, str]]) -> None:
        requests: list[Allow | Replace | Revoke] = [Revoke(0, held.grant.session, reason) for held, reason in over]
        if requests:
            self._turn(requests)

    # Readings -----------------------------------------------------------------------------------------------------------------------

    async def _reading(self) -> None:
        """Read all counters every few seconds and when somebody asks."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.state.settings.usage_interval):
                    await self._read_wanted.wait()
            self._read_wanted.clear()
            askers, self._askers = self._askers, []
            now = clock()
            await self._read_counters(now)
            if askers:
                usages = await self._usages(now)
                for connection, request in askers:
                    connection.send(UsageRead(request.id, self.state.epoch, usages, self.state.ended_after(request.ended_after)))
            await self._end_absent(now)

    async def _read_counters(self, now: float) -> None:
        for zone in self.state.settings.zones:
            table, kernel = table_of(zone), self._kernel.readings
            ups: dict[bytes, tuple[bytes, int, int]] = {}
            try:
                async for batch in kernel.count_gently(table, "up", _turn_of_others):
                    ups.update({read[0]: read for read in batch})
                async for batch in kernel.count_gently(table, "down", _turn_of_others):
                    self._take_readings(ups, batch, now)
            except KernelRefused as refused:
                log.warning("reading_failed", zone=zone, why=str(refused))

    def _take_readings(self, ups: dict[bytes, tuple[bytes, int, int]], downs: Iterable[tuple[bytes, int, int]], now: float) -> None:
        """What was exchanged, opened or closed during the reading is left out: its meter knows better."""
        grants, meters = self.state.grants, self.state.meters
        for key, down, packets_down in downs:
            if (found := grants.of_mark(key)) is None:
                continue
            held, up_key = found
            if (read := ups.get(up_key)) is None or (meter := meters.get(held.grant.session)) is None:
                continue
            if meter.direct >= now:
                continue
            _, up, packets_up = read
            if up != meter.read_up or down != meter.read_down:  # most visitors do nothing most of the time
                meter.read(up, down, now)
                meter.packets = (packets_up, packets_down)

    async def _usages(self, now: float) -> tuple[Usage, ...]:
        """What every session in progress has used, put together in portions."""
        rows: list[Usage] = []
        for portion in self.state.portions(AT_ONCE):
            rows += self.state.usages(portion, now)
            await _turn_of_others()
        return tuple(row for row in rows if row.session in self.state.meters)  # what has ended meanwhile is told as ended, and only that

    async def _end_absent(self, now: float) -> None:
        """End the sessions of clients that were not heard of for their idle time; ask those that have been quiet for a while."""
        quiet: dict[tuple[int, str], tuple[float, float]] = {}
        over: list[tuple[Held, str]] = []
        index = {zone: self.state.lan_index(zone) for zone in self.state.settings.zones}
        for portion in self.state.portions(AT_ONCE):
            for held in portion:
                if (idle := held.grant.idle) is not None:
                    lan = index[held.grant.zone]
                    silence = self.state.quiet(held, now, lan)
                    if silence >= idle:
                        over.append((held, "idle"))
                    elif silence >= min(ASK_AFTER, idle / 2):
                        quiet[lan, held.grant.mac] = (silence, idle)
            await _turn_of_others()
        self._end([(held, reason) for held, reason in over if self.state.grants.get(held.grant.session) is held])
        for interface, ip in self.state.presence.to_ask(quiet, now):
            self._kernel.neighbours.ask(interface, ip)

    # Work beside the requests ---------------------------------------------------------------------------------------------------------

    def _check_later(self) -> None:
        """Nobody tells when the kernel would take what it has refused: try again."""
        asyncio.get_running_loop().call_later(RETRY_DELAY, self._check_wanted.set)

    async def _checking(self) -> None:
        while True:
            await self._check_wanted.wait()
            await asyncio.sleep(CHECK_DELAY)
            self._check_wanted.clear()
            await self.keeper.check()
            self._maker.wanted.set()
            if not self.state.ready:
                self._check_later()

    async def _forget_connections(self) -> None:
        """Delete the connections of clients that came or went, in a thread: the kernel walks its whole table for it."""
        while True:
            outcomes = [await self._forgetting.get()]
            while not self._forgetting.empty():
                outcomes.append(self._forgetting.get_nowait())
            presence, lan = self.state.presence, self.state.lan_index
            clients = [held.grant for outcome in outcomes for held in outcome.opened]
            addresses = {ip for grant in clients for ip in presence.addresses(lan(grant.zone), grant.mac)}
            marks = {held.mark for outcome in outcomes for held in outcome.closed}
            try:
                if marks:
                    await asyncio.to_thread(self._kernel.conntrack.forget_marks, marks)
                if addresses:
                    await asyncio.to_thread(self._kernel.conntrack.forget_captured, addresses)
            except KernelRefused as refused:
                log.warning("connections_not_forgotten", why=str(refused))


async def _turn_of_others() -> None:
    await asyncio.sleep(0)


def _version() -> str:
    try:
        return version("hotspot")
    except PackageNotFoundError:
        return "0"
