"""All halls at a glance, worked out once for everybody who looks: how each is, who is online, today, the last two weeks, its alarms.

A glance is made when somebody asks and the last one is too old, or, while somebody listens, every few seconds and as soon as an alarm is
raised or ends. However many people look at it, it is one set of queries, in one snapshot of the database.
"""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeVar

import structlog
from msgspec import Struct

from hotspot.hub.access import Role
from hotspot.hub.signals import Signals
from hotspot.hub.store import Connection, Store, StoreUnavailable, alarms, figures, sessions, tenants

T = TypeVar("T")
INTERVAL: Final = 5.0
"""Seconds between two glances while somebody listens …"""
SHARE: Final = 20.0
"""… or so many times as long as one takes, when that is more: a large city's halls shall not keep the database busy."""
LONGEST: Final = 30.0
"""… but never more."""
GAP: Final = 1.0
"""Seconds between two glances however many alarms come."""
AGE: Final = 5.0
"""Seconds that a glance may be old for somebody who asks, unless an alarm was raised, ended or acknowledged since."""
DAYS: Final = 14
"""Whole days of which visits are shown, up to yesterday."""
TREND_SECONDS: Final = 300.0
"""How long those are believed: they change at midnight, and when a hall that was away comes back."""
KEPT: Final = 24
"""Glances that are remembered, for those who come back after a gap."""
MOST_OF_SESSION: Final = 6
"""Streams of one session: more windows are not looked at."""
MOST: Final = 1_000
"""Streams of one process."""
Level = Literal["bad", "warn", "new", "good"]
LEVELS: Final[tuple[Level, ...]] = ("bad", "warn", "new", "good")
"""The worst first."""

log = structlog.get_logger("board")


class Crowded(Exception):
    """There are too many streams already."""


class AlarmNow(Struct, frozen=True, kw_only=True):
    """An alarm that is in force."""

    id: int
    kind: str
    severity: str
    gateway: str | None
    subject: str
    detail: dict[str, Any]
    """The numbers of its text."""
    raised_at: datetime
    acknowledged: bool


class HallNow(Struct, frozen=True, kw_only=True):
    """A hall at this moment."""

    hall: str
    title: str
    partner: str
    condition: figures.Condition
    """``new``: no gateway, or one that never spoke; ``silent``: not heard of for three minutes; ``faulty``: a gateway tells of a fault."""
    level: Level
    """The sum of condition and alarms: ``bad``, ``warn``, ``new`` or ``good``."""
    seen_at: datetime | None
    online: int
    visits_today: int
    bytes_today: int
    days: tuple[int, ...]
    """Visits on each of the last days up to yesterday; empty when it never had any."""
    alarms: tuple[AlarmNow, ...]
    """The gravest first."""


class Glance:
    """All halls at one moment."""

    def __init__(
        self,
        number: str,
        at: datetime,
        taken: float,
        halls: Sequence[HallNow],
        towns: Mapping[str, str],
        own: Sequence[AlarmNow],
        standing: Mapping[int, tuple[Role, str | None]],
    ) -> None:
        """``number``: unique among those of all hub processes; ``taken``: by the loop's clock; ``towns``: names and titles; ``own``: alarms
        of the hub itself; ``standing``: those sessions that listen and have not ended."""
        self.number, self.at, self.taken, self.towns, self.own, self.standing = number, at, taken, towns, tuple(own), standing
        self.halls = tuple(sorted(halls, key=lambda hall: (LEVELS.index(hall.level), hall.title.casefold(), hall.hall)))
        self._made: dict[object, Any] = {}

    def of(self, partner: str | None) -> tuple[HallNow, ...]:
        """The halls of a partner, or all, the worst first."""
        if partner is None:
            return self.halls
        return self.once(("of", partner), lambda: tuple(hall for hall in self.halls if hall.partner == partner))

    def once(self, what: object, make: Callable[[], T]) -> T:
        """What is made of this glance, made for the first who wants it only."""
        if what not in self._made:
            self._made[what] = make()
        made: T = self._made[what]
        return made

    def forget(self) -> None:
        """There is a newer one: only differences to this one are still wanted."""
        self._made.clear()


class Board:
    """Makes glances and shares them."""

    def __init__(self, store: Store, signals: Signals, now: Callable[[], datetime]) -> None:
        self._store, self._signals, self._now = store, signals, now
        self._computing, self._turn = asyncio.Lock(), asyncio.Lock()
        self._name = secrets.token_hex(4)
        self._glances: deque[Glance] = deque(maxlen=KEPT)
        self._trend: tuple[float, frozenset[int], dict[int, tuple[int, ...]]] = (0.0, frozenset(), {})
        self._took = 0.0
        self._attempts = 0
        self._alarmed = False
        self._listeners: Counter[int] = Counter()
        self.made = 0
        """Glances since the process began."""
        signals.on("alarms", self._alarm)

    def _alarm(self, _: str) -> None:
        self._alarmed = True

    # Those who look -----------------------------------------------------------------------------------------------------------------

    def known(self, number: str) -> Glance | None:
        """One of the last glances."""
        return next((glance for glance in self._glances if glance.number == number), None)

    @property
    def listeners(self) -> int:
        """Streams at the moment."""
        return self._listeners.total()

    async def latest(self, age: float = AGE) -> Glance:
        """A glance that is at most so many seconds old. Raises ``StoreUnavailable``."""
        clock = asyncio.get_running_loop().time
        async with self._computing:
            if not self._glances or self._alarmed or clock() - self._glances[-1].taken > age:
                self._keep(await self._look())
            return self._glances[-1]

    async def newer(self, than: Glance) -> Glance:
        """The next one, when its time has come: one of those who wait makes it for all. The same again when the database does not answer or
        the process stops."""
        attempts = self._attempts
        async with self._turn:
            if self._attempts != attempts or self._glances[-1] is not than:
                return self._glances[-1]
            try:
                alarmed = await self._due()
                return than if self._signals.stopping else await self.latest(0.0 if alarmed else INTERVAL / 2)
            except StoreUnavailable as error:
                log.warning("no glance", why=str(error))
                return than
            finally:
                self._attempts += 1

    @contextmanager
    def listening(self, session: int) -> Iterator[None]:
        """While a session has a stream; each glance says whether it still lasts. Raises ``Crowded``."""
        if self._listeners[session] >= MOST_OF_SESSION or self._listeners.total() >= MOST:
            raise Crowded
        self._listeners[session] += 1
        try:
            yield
        finally:
            self._listeners[session] -= 1
            if not self._listeners[session]:
                del self._listeners[session]

    async def _due(self) -> bool:
        """Wait until the next one is due; True: because of an alarm."""
        clock = asyncio.get_running_loop().time
        began = clock()
        with self._signals.awaited("alarms") as woken:
            if not self._alarmed:
                try:
                    async with asyncio.timeout(min(LONGEST, max(INTERVAL, SHARE * self._took))):
                        await woken.wait()
                except TimeoutError:
                    return False
            if not self._signals.stopping:
                await asyncio.sleep(max(0.0, GAP - (clock() - began)))
        return True

    # The look -----------------------------------------------------------------------------------------------------------------------

    def _keep(self, glance: Glance) -> None:
        if self._glances:
            self._glances[-1].forget()
        self._glances.append(glance)

    async def _look(self) -> Glance:
        now, begun = self._now(), asyncio.get_running_loop().time()
        self._alarmed = False
        async with self._store.transaction(snapshot=True) as connection:
            halls = [hall for hall in await tenants.halls(connection) if hall.closed_at is None]
            ids = [hall.id for hall in halls]
            today, seen = await figures.today(connection, ids, now), await figures.seen(connection, ids)
            trend = await self._days(connection, ids, now, begun)
            in_force = await alarms.in_force(connection, alarms.Wanted())
            towns = {town.name: town.title for town in await tenants.partners(connection)}
            standing = await sessions.standing(connection, list(self._listeners), now) if self._listeners else {}
        raised = _by_hall(in_force)
        shown = [
            _hall(hall, today.get(hall.id), seen.get(hall.id), trend.get(hall.id, ()), raised.get(hall.name, []), now) for hall in halls
        ]
        self.made += 1
        self._took = asyncio.get_running_loop().time() - begun
        return Glance(f"{self._name}-{self.made}", now, begun, shown, towns, raised.get(None, ()), standing)

    async def _days(self, connection: Connection, ids: Collection[int], now: datetime, clock: float) -> Mapping[int, tuple[int, ...]]:
        since, known, trend = self._trend
        wanted = frozenset(ids)
        if known != wanted or clock - since > TREND_SECONDS:
            trend = await figures.trend(connection, list(ids), now.date() - timedelta(days=DAYS), DAYS)
            self._trend = clock, wanted, trend
        return trend


def _by_hall(found: Sequence[alarms.Alarm]) -> dict[str | None, list[AlarmNow]]:
    """Those of the hub itself under None; the gravest first, as they come."""
    raised: dict[str | None, list[AlarmNow]] = {}
    for alarm in found:
        raised.setdefault(alarm.hall, []).append(
            AlarmNow(
                id=alarm.id,
                kind=alarm.kind,
                severity=alarm.severity,
                gateway=alarm.gateway,
                subject=alarm.subject,
                detail=alarm.detail,
                raised_at=alarm.raised_at,
                acknowledged=alarm.acknowledged_at is not None,
            )
        )
    return raised


def _hall(
    hall: tenants.Hall,
    day: figures.Today | None,
    gateways: figures.Seen | None,
    days: tuple[int, ...],
    raised: list[AlarmNow],
    now: datetime,
) -> HallNow:
    condition = gateways.condition(now) if gateways else "new"
    return HallNow(
        hall=hall.name,
        title=hall.title,
        partner=hall.partner,
        condition=condition,
        level=level(condition, [alarm.severity for alarm in raised]),
        seen_at=gateways.seen_at if gateways else None,
        online=gateways.online if gateways and condition != "silent" else 0,
        visits_today=day.visits if day else 0,
        bytes_today=day.bytes_up + day.bytes_down if day else 0,
        days=days,
        alarms=tuple(raised),
    )


def level(condition: figures.Condition, severities: Collection[str]) -> Level:
    """How a hall is, all in all."""
    if condition in ("silent", "faulty") or "urgent" in severities:
        return "bad"
    if "warning" in severities:
        return "warn"
    return "new" if condition == "new" else "good"
