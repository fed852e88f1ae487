"""The portal as a process: what runs, in which order it starts, and that it stops the other way round.

Stop (SIGTERM, SIGINT) means: take no more visitors, finish the write in hand, leave the kernel as it is. SIGHUP reads the settings again.
"""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import structlog

from hotspot.handed import received
from hotspot.notify import notify, notify_reloading, watchdog
from hotspot.portal import clock, internet, last_good, looks, retention, vitals
from hotspot.portal.certificate_read import judged, of_files, placeholder, safe_hosts
from hotspot.portal.certificates import INTERVAL, LiveCertificate, Manner, Presented
from hotspot.portal.control import serve_control
from hotspot.portal.desk import Desk
from hotspot.portal.journal import NewerJournal
from hotspot.portal.listeners import CannotListen, serve_zone
from hotspot.portal.management import serve_management
from hotspot.portal.meter import Meter
from hotspot.portal.office import NOT_OPEN_YET, Office, warnings_of
from hotspot.portal.recovery import Recovery
from hotspot.portal.settings import BadSettings, Hub, Settings
from hotspot.portal.settings_reader import Files
from hotspot.portal.staff import Staff
from hotspot.portal.uplink import certificate, kept
from hotspot.portal.uplink import parts as parts_of_uplink
from hotspot.portal.uplink.policy import Source

CERTIFICATE_SECONDS = INTERVAL
"""Between two looks whether there is another certificate."""
FIRST_CONNECTION = 5.0
"""Seconds for which READY waits for the firewall; without it the portal serves the problem page."""

log = structlog.get_logger("service")


class Service:
    """One portal. ``serve`` is the list of its parts, top to bottom."""

    def __init__(self, settings: Settings, config: Path | None = None, files: Files | None = None, fault: str = "") -> None:
        """``files``: what the settings were read from, to be kept when they have proved good; ``fault``: they are the last good ones,
        because of this."""
        self.office = Office(settings, clock.now)
        self.stopping = asyncio.Event()
        self.office.settings_judged(fault)
        self._config = config
        self._files = files
        self._recovery = Recovery(self.office)
        self._meter = Meter(self.office, self._recovery)
        self._staff = Staff(self.office, self._meter)
        self._desk = Desk(self.office)
        self._certificate: LiveCertificate | None = None
        self.office.uplink.reached_before = settings.hub is not None and kept.was_reached(settings.state_dir)

    async def serve(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Run until ``stopping`` is set. Raises what a part could not live with."""
        office = self.office
        async with AsyncExitStack() as parts:
            await parts.enter_async_context(office.journal)
            parts.push_async_callback(self._last_save)
            background = await parts.enter_async_context(_Tasks())
            background.start(office.journal.run())
            background.start(office.gate.run(self._recovery.connected))
            background.start(self._recovery.events())
            background.start(office.enforcement.run(office.gate))
            background.start(self._meter.run())
            background.start(retention.run(office))
            background.start(internet.run(office))
            background.start(vitals.run(office))
            background.start(looks.run(office))
            background.start(parts_of_uplink.run(office, self._staff, self._source, self._take_policy, self._renewed))
            background.start(watchdog())
            await parts.enter_async_context(serve_management(office))
            await parts.enter_async_context(serve_control(office, self._staff))
            tls, handed = await self._tls(parts), received()
            await self._first_connection()
            doors = await parts.enter_async_context(_Tasks())
            for zone in office.settings.zones.values():
                doors.start(serve_zone(office, self._desk, zone, tls, handed))
            await self._first_doors()
            if unwanted := handed.close_rest():
                log.warning("handed over for nothing", listeners=[where.label for where in unwanted])
            self._keep(None if office.settings_fault else self._files)
            self._warn()
            notify("READY=1")
            log.info("ready", zones=len(office.settings.zones), faults=office.faults())
            on_ready()
            await self.stopping.wait()
            notify("STOPPING=1")
            log.info("stopping")

    def reload(self) -> None:
        """Read the settings file again; a bad one changes nothing, but is told."""
        if self._config is None:
            return
        notify_reloading()
        try:
            self._reload(self._config)
            if self._certificate is not None:
                self._certificate.look()
        finally:
            notify("READY=1")

    def _renewed(self) -> None:
        """The hub has sent another certificate."""
        if self._certificate is not None:
            self._certificate.look()

    def _reload(self, config: Path) -> None:
        office, files = self.office, Files()
        try:
            new = kept.in_force(config, files)
            objection = office.register.terms.objection(new.terms) if new.terms != office.settings.terms else ""
            if objection:
                raise BadSettings(f"cannot use {config}: {objection}")
        except BadSettings as error:
            log.error("settings not reloaded", why=str(error))
            office.settings_judged(str(error))
            return
        office.settings_judged("")
        self._take(new, files)
        office.uplink.try_again()

    def _take(self, new: Settings, files: Files) -> None:
        """Bring checked settings into force; nobody is cut."""
        office, self._files = self.office, files
        office.settings = merged = keep_fixed(office.settings, new)
        office.terms_fault = office.register.terms.objection(new.terms)
        log.info("settings reloaded", restart_needed=merged != new)
        if merged == new:
            self._keep(files)  # what only a restart tries has not proved good yet
        self._warn()
        office.wake.set()
        office.uplink.applied.set()

    def _take_policy(self, new: Settings, files: Files) -> None:
        """The same for a policy; it may be what was missing for the settings file to be good."""
        self._take(new, files)
        if self.office.settings_fault and self._config is not None:
            try:
                whole = kept.in_force(self._config, Files())
            except BadSettings:
                return
            if whole == new:
                self.office.settings_judged("")

    def _source(self) -> Source | None:
        """What the settings in force were read from; None: from no file."""
        return None if self._config is None or self._files is None else Source(self._config, self._files)

    def _keep(self, files: Files | None) -> None:
        """These settings are good: the next start can do with them, whatever happens to the files."""
        if self._config is None or files is None:
            return
        try:
            last_good.keep(self.office.settings.state_dir, self._config, files)
        except OSError as error:
            log.warning("last good settings cannot be kept", why=error.strerror or str(error))

    def _warn(self) -> None:
        for warning in self.office.warnings():
            log.warning("to be seen to", what=warning)

    async def _last_save(self) -> None:
        if not await self.office.save():
            log.warning("stopped with unwritten changes", subjects=len(self.office.register.unwritten()))

    async def _tls(self, parts: AsyncExitStack) -> Any:
        settings = self.office.settings
        if settings.certificate is None or settings.key is None:
            return None
        from_hub = settings.hub is not None and settings.hub.certificate
        if from_hub:
            try:
                certificate.prepare(settings)
            except OSError as error:  # the disk: visitors get their pages all the same, and staff the fault
                log.error("no certificate can be written", why=str(error))
                self.office.presented = Presented(f"the portal's certificate cannot be written ({error.strerror or error})")
                return None
        hosts = certificate.names_of(settings) if from_hub else safe_hosts(settings)

        def on_reload(worked: bool) -> None:
            self.office.metrics.certificate_reloads.labels("reloaded" if worked else "refused").inc()
            self.office.presented = live.presented

        manner = Manner(lambda pem: judged(pem, hosts), lambda: self.office.now().unix, lambda: placeholder(hosts), on_reload)
        live = LiveCertificate(settings.certificate, settings.key, manner, CERTIFICATE_SECONDS)
        self._certificate = await parts.enter_async_context(live)
        self.office.presented = live.presented
        return live.context

    async def _first_connection(self) -> None:
        try:
            async with asyncio.timeout(FIRST_CONNECTION):
                await self.office.gate.connected.wait()
        except TimeoutError:
            log.warning("serving without firewall")

    async def _first_doors(self) -> None:
        """Every zone is open, or its interface is missing."""
        while NOT_OPEN_YET in self.office.closed_zones.values():
            self.office.doors_changed.clear()
            await self.office.doors_changed.wait()


class _Tasks:
    """A task group that ends its tasks when it is left: they run for as long as the service does."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "_Tasks":
        await self._group.__aenter__()
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(kind, error, trace)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` until the group is left; its error ends the service."""
        self._tasks.append(self._group.create_task(work))


def keep_fixed(old: Settings, new: Settings) -> Settings:
    """The new settings with what only a restart changes: sockets, files, zones and their addresses."""
    zones = {
        name: msgspec.structs.replace(
            zone, plans=new.zones[name].plans, voucher_plans=new.zones[name].voucher_plans, hours=new.zones[name].hours
        )
        if name in new.zones
        else zone
        for name, zone in old.zones.items()
    }
    named = [name for zone in zones.values() for name in (*zone.plans, *zone.voucher_plans)]
    plans = {**{name: old.plans[name] for name in named if name in old.plans}, **new.plans}
    return msgspec.structs.replace(
        new,
        state_dir=old.state_dir,
        firewall_socket=old.firewall_socket,
        control_socket=old.control_socket,
        management=old.management,
        blocked_names=old.blocked_names,
        certificate=old.certificate,
        key=old.key,
        zones=zones,
        plans=plans,
        hub=_hub_fixed(old.hub, new.hub),
    )


def _hub_fixed(old: Hub | None, new: Hub | None) -> Hub | None:
    """The new manners with the old hub: where it is, only a restart changes."""
    if old is None or new is None:
        return old
    return msgspec.structs.replace(new, url=old.url, authority=old.authority, proxy=old.proxy, certificate=old.certificate)


def configure_log() -> None:
    """One JSON object per line on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda event, **_: msgspec.json.encode(event)),
        ],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


async def _run(settings: Settings, config: Path, files: Files, fault: str) -> None:
    service = Service(settings, config, files, fault)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stopping.set)
    loop.add_signal_handler(signal.SIGHUP, service.reload)
    await service.serve()


def main(argv: list[str] | None = None) -> int:
    """``hotspot portal --config portal.toml [--check-config]``; returns the exit status: 2 for bad settings, 1 when it cannot run."""
    parser = argparse.ArgumentParser(prog="hotspot portal", description="The hall's web: splash page, journal, RFC 8908.")
    parser.add_argument("--config", type=Path, required=True, help="settings file (TOML)")
    parser.add_argument("--check-config", action="store_true", help="only check the settings file")
    arguments = parser.parse_args(argv)
    try:
        if arguments.check_config:
            checked = kept.in_force(arguments.config, Files())
            for warning in (*warnings_of(checked), *of_files(checked, clock.now().unix)):
                sys.stderr.write(f"warning: {warning}\n")
            return 0
        settings, files, fault = last_good.start(arguments.config, Files())
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return 2
    os.umask(0o077)  # the journal holds MACs
    configure_log()
    if fault:
        log.error("started with the last good settings", why=fault)
    status = 0
    # Thousands of sessions are objects without a cycle among them: looking for cycles seldom, so that no page waits for it.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        asyncio.run(_run(settings, arguments.config, files, fault))
    except* (CannotListen, NewerJournal, OSError) as errors:
        status = 1
        for one in _single(errors):
            log.critical("cannot run", why=str(one))  # said in one line: it is not a bug
    return status


def _single(errors: BaseExceptionGroup[Exception]) -> list[Exception]:
    """The errors of a group and of the groups in it."""
    single: list[Exception] = []
    for error in errors.exceptions:
        single += _single(error) if isinstance(error, BaseExceptionGroup) else [error]
    return single
