"""Takes deliveries of many gateways at once and answers when they are durable.

Requests that come while a transaction is under way are written together in the next one (group commit): the first to get its turn writes
for all that wait. There is no task behind it, so nothing is left over when the process stops.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from hotspot import wire
from hotspot.hub import bounds
from hotspot.hub.counting import Batch, Sender
from hotspot.hub.hub import Hub
from hotspot.hub.known_halls import KnownHalls
from hotspot.hub.store import Connection, StoreUnavailable, feedback, findings, partitions, places, reports, restores
from hotspot.hub.store.places import Place
from hotspot.hub.store.tenants import Gateway

WRITERS: Final = 2
"""Transactions at the same time: while one is flushed to the disk, the next is filled."""
MOST_ROWS: Final = 4_000
"""In one transaction: it stays short, so that nobody waits long behind it."""
MOST_WAITING: Final = 4_000
"""Deliveries; more are sent away until there is room."""
MOST_ROWS_WAITING: Final = 200_000
"""In them, about 1 kB each: after a stop of the database a thousand gateways come with days of reports at once."""
ATTEMPTS: Final = 5
MOST_STREAMS: Final = 500
"""New ones of a gateway in a day. A portal that restarts without end waits with its reports; nothing of them is lost."""
DAY: Final = timedelta(days=1)
ZONES_SECONDS: Final = 3_600.0
"""How exactly it is known when a zone was last told."""

log = structlog.get_logger("ingest")


class Busy(StoreUnavailable):
    """Too many wait, or this gateway sends too much: it is to come back later."""


class _Waiting:
    """One delivery on its way into the database."""

    def __init__(self, gateway: Gateway, delivery: wire.Delivery, now: float, answer: "asyncio.Future[wire.Receipt]") -> None:
        self.gateway, self.delivery, self.now, self.answer = gateway, delivery, now, answer
        self.taken = False
        self.weight = 1 + sum(len(report.rows) for report in delivery.reports)


class Ingest:
    """One for each process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Semaphore(WRITERS)
        self._halls = KnownHalls()
        self._zones_seen: dict[tuple[int, str], float] = {}

    async def take(self, gateway: Gateway, delivery: wire.Delivery) -> wire.Receipt:
        """Count a delivery of this gateway and answer once it is durable. Raises ``StoreUnavailable``: nobody knows whether it was counted;
        sending it again is right and counts nothing twice."""
        if len(self._waiting) >= MOST_WAITING or sum(one.weight for one in self._waiting) >= MOST_ROWS_WAITING:
            raise Busy("too many reports wait")
        mine = _Waiting(gateway, delivery, self._hub.now().timestamp(), asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        try:
            async with self._turn:
                if not mine.taken:
                    await self._write_all(self._next())
            return await mine.answer
        finally:
            mine.answer.cancel()
            if not mine.taken:
                self._waiting.remove(mine)

    def _next(self) -> list[_Waiting]:
        """What goes into one transaction, the longest waiting first."""
        rows, end = 0, 0
        for one in self._waiting:
            rows += one.weight
            if end and rows > MOST_ROWS:
                break
            end += 1
        batch, self._waiting = self._waiting[:end], self._waiting[end:]
        for one in batch:
            one.taken = True
        return batch

    async def _write_all(self, batch: Sequence[_Waiting]) -> None:
        """Write and answer; what fails is the answer too."""
        try:
            await self._halved(batch)
        except BaseException as error:
            why = error if isinstance(error, StoreUnavailable) else StoreUnavailable("the hub stops")
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(why)
                    one.answer.exception()  # taken note of, also when nobody waits any more
            if why is not error:
                raise

    async def _halved(self, batch: Sequence[_Waiting]) -> None:
        """Write a batch; when the tables refuse something in it, each half alone, down to the one that is to blame."""
        try:
            receipts = await self._written(batch)
        except reports.CannotStore as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._halved(batch[:middle])
                await self._halved(batch[middle:])
                return
            receipts = [await self._refused(batch[0], str(error))]
        for one, receipt in zip(batch, receipts, strict=True):
            if isinstance(receipt, Busy):
                if not one.answer.done():
                    one.answer.set_exception(receipt)
                    one.answer.exception()
            elif not one.answer.done():
                one.answer.set_result(receipt)

    async def _refused(self, one: _Waiting, why: str) -> wire.Receipt:
        """The tables cannot hold it: sending it again is useless."""
        log.warning("report refused", gateway=one.gateway.name, why=why)
        finding = findings.Finding(one.gateway.hall_id, one.gateway.id, "refused", why)
        try:
            with reports.refusals():
                async with self._hub.store.transaction() as connection:
                    await findings.record(connection, [finding], reports.moment(one.now))
        except reports.CannotStore:  # the hall itself is gone
            log.warning("finding not kept", gateway=one.gateway.name)
        return wire.Receipt(
            refused=tuple(wire.Refused(report.stream, report.seq, f"cannot store: {why}"[:500]) for report in one.delivery.reports)
        )

    async def _written(self, batch: Sequence[_Waiting]) -> list[wire.Receipt | Busy]:
        """One transaction, again when another one is in its way. Raises ``StoreUnavailable`` and ``reports.CannotStore``."""
        now = self._hub.now().timestamp()
        named: dict[int, set[tuple[str, str]]] = {}
        for one in batch:
            named.setdefault(one.gateway.hall_id, set()).update(bounds.names(one.delivery))
        for _ in range(ATTEMPTS):
            counted = None
            try:
                with reports.refusals():
                    async with AsyncExitStack() as stack:
                        connection = await stack.enter_async_context(self._hub.store.transaction())
                        await reports.by_keys(connection)
                        halls = await self._halls.places(connection, named, now)
                        flooding = await self._flooding(connection, batch)
                        counted, receipts = await self._counted(connection, batch, halls, flooding)
                        await self._store(connection, counted)
            except reports.Collided as error:
                log.warning("written again", why=str(error))
            except reports.NoPartition:
                assert counted is not None
                await self._make_partitions(counted)
            else:
                self._halls.keep(halls, now)
                self._zones_seen |= counted.zones
                return receipts
        raise StoreUnavailable("too many transactions want the same rows")

    async def _counted(
        self, connection: Connection, batch: Sequence[_Waiting], halls: Mapping[int, Place], flooding: set[int]
    ) -> tuple[Batch, list[wire.Receipt | Busy]]:
        named = {
            (one.gateway.hall_id, one.gateway.id, report.stream): report.start
            for one in batch
            if one.gateway.id not in flooding
            for report in one.delivery.reports
        }
        now = self._hub.now()
        streams = await reports.streams(connection, ((*key, start) for key, start in named.items()), now)
        if len(streams) != len(named) or len(halls) != len({one.gateway.hall_id for one in batch}):
            raise reports.CannotStore("its gateway is not there any more")
        keep = self._hub.settings.retention
        spare = DAY.total_seconds() / 2
        counted = Batch(streams, min(keep.quarters, keep.hours, keep.days) - spare, keep.days - spare)
        receipts: list[wire.Receipt | Busy] = []
        for one in batch:
            if one.gateway.id in flooding:
                counted.findings[one.gateway.hall_id, one.gateway.id, "streams"] = f"more than {MOST_STREAMS} starts in a day"
                receipts.append(Busy("this gateway starts too often"))
            else:
                place = halls[one.gateway.hall_id]
                sender = Sender(one.gateway.hall_id, one.gateway.id, ZoneInfo(place.time_zone), place.names)
                receipts.append(counted.add(sender, one.delivery, one.now))
        return counted, receipts

    async def _store(self, connection: Connection, counted: Batch) -> None:
        now = self._hub.now()
        await self._believe_repeats(connection, counted)
        await reports.write(connection, counted, now)
        for hall, messages in sorted(counted.feedback.items()):
            await feedback.insert(connection, hall, messages)
        fresh = {key for key, at in counted.zones.items() if at - self._zones_seen.get(key, 0.0) > ZONES_SECONDS}
        await places.saw_zones(connection, fresh, now)

    async def _believe_repeats(self, connection: Connection, counted: Batch) -> None:
        """After the hub was restored from a backup, gateways repeat reports because they were asked to."""
        if any(kind == "restored" for _, _, kind in counted.findings) and await restores.again(connection, self._hub.now()):
            counted.findings = {key: detail for key, detail in counted.findings.items() if key[2] != "restored"}

    async def _flooding(self, connection: Connection, batch: Sequence[_Waiting]) -> set[int]:
        """Gateways with more new streams than an honest one has."""
        suspects = [one.gateway.id for one in batch if any(report.seq == 1 for report in one.delivery.reports)]
        if not suspects:
            return set()
        begun = await reports.new_streams(connection, suspects, self._hub.now() - DAY)
        return {gateway for gateway, number in begun.items() if number >= MOST_STREAMS}

    async def _make_partitions(self, counted: Batch) -> None:
        async with self._hub.store.connection() as connection:
            quarters = {reports.moment(quarter).date() for _, quarter, _, _ in counted.cells}
            await partitions.ensure_days(connection, "figures_quarters", quarters)
            await partitions.ensure_days(connection, "devices_days", {day for _, day, _ in counted.devices})
