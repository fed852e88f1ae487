"""Requests that wait for news: one of each gateway, answered as soon as there is an order or another policy.

Whoever makes news tells all processes (``hotspot.hub.signals``); one loop then looks for all gateways that may be meant, with a few
questions to the database, however many wait. It looks at all of them every ``RECHECK`` seconds as well: then a lost signal costs seconds,
not the order. With each look the credential is looked at too, so a revoked gateway is cut off while it waits.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from hotspot import wire
from hotspot.hub import policy
from hotspot.hub.gateways.auth import Known
from hotspot.hub.gateways.refusals import Refusal, not_known, unavailable
from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable, credentials, orders

RECHECK: Final = 5.0
RETRY: Final = 0.5
"""Seconds until the database is asked again that did not answer."""
LOOK_SECONDS: Final = 10.0
"""In which the first look for a request has to succeed."""
MOST_ORDERS: Final = 20
"""In one answer; the rest comes with the next."""
MOST_TOGETHER: Final = 2_000
"""Gateways in one question to the database."""

log = structlog.get_logger("polls")


class Turn:
    """One request that waits."""

    __slots__ = ("answer", "done", "known", "looked", "policy", "serial")

    def __init__(self, known: Known, poll: wire.Poll) -> None:
        self.known = known
        self.policy = poll.policy
        self.done = frozenset(poll.done)
        self.answer: asyncio.Future[wire.News | Refusal] = asyncio.get_running_loop().create_future()
        self.looked = asyncio.Event()
        self.serial: int | None = None
        """Of the policy that the gateway should have; None: not looked yet."""

    def end(self, answer: "wire.News | Refusal | None" = None) -> None:
        """It waits no longer; None: there is nothing new."""
        if not self.answer.done():
            self.answer.set_result(self.nothing if answer is None else answer)
        self.looked.set()

    @property
    def nothing(self) -> wire.News:
        """No news."""
        return wire.News(policy=self.policy if self.serial is None else self.serial)


class Polls:
    """All requests that wait at this process. ``run`` must run."""

    def __init__(self, hub: Hub, recheck: float = RECHECK) -> None:
        self._hub = hub
        self._recheck = recheck
        self._turns: dict[int, Turn] = {}
        self._meant: set[int] = set()
        self._all_meant = False
        self._wake = asyncio.Event()
        self._closing = False
        for subject in ("gateway", "credential"):
            hub.signals.on(subject, self._mean)
        hub.signals.on("policy", lambda _: self._mean_all())
        hub.signals.on_missed(self._mean_all)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._turns)

    async def wait(self, known: Known, poll: wire.Poll) -> wire.News:
        """News for a gateway, or none when its time is over. Raises ``Refusal``."""
        turn = Turn(known, poll)
        gateway = known.gateway.id
        before = self._turns.get(gateway)
        if before is not None:
            before.end()
        self._turns[gateway] = turn
        self._mean(str(gateway))
        if self._closing:
            turn.end()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await turn.looked.wait()
            async with asyncio.timeout(poll.seconds):
                answer = await turn.answer
        except TimeoutError:
            if turn.serial is None:
                raise unavailable() from None
            answer = turn.nothing
        finally:
            if self._turns.get(gateway) is turn:
                del self._turns[gateway]
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def close(self) -> None:
        """Answer all at once, and whoever still asks: this process stops, the next one is asked."""
        self._closing = True
        for turn in self._turns.values():
            turn.end()

    async def run(self) -> None:
        """Look for news until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._recheck):
                    await self._wake.wait()
            except TimeoutError:
                self._all_meant = True
            turns = self._due()
            try:
                for first in range(0, len(turns), MOST_TOGETHER):
                    await self._look(turns[first : first + MOST_TOGETHER])
            except StoreUnavailable as error:
                log.warning("cannot look for news", why=str(error), waiting=len(turns))
                self._mean_all()
                await asyncio.sleep(RETRY)

    def _mean(self, which: str) -> None:
        """There may be news for one gateway."""
        gateway = int(which)
        if gateway in self._turns:
            self._meant.add(gateway)
            self._wake.set()

    def _mean_all(self) -> None:
        """There may be news for anyone."""
        self._all_meant = True
        self._wake.set()

    def _due(self) -> list[Turn]:
        meant = list(self._turns) if self._all_meant else self._meant
        turns = [self._turns[gateway] for gateway in meant if gateway in self._turns]
        self._meant = set()
        self._all_meant = False
        self._wake.clear()
        return turns

    async def _look(self, turns: Sequence[Turn]) -> None:
        now = self._hub.now()
        gateways = [turn.known.gateway.id for turn in turns]
        async with self._hub.store.connection() as connection:
            good = await credentials.alive(connection, [turn.known.credential for turn in turns])
            serials = await policy.serials(connection, gateways)
            wanted: dict[int, list[orders.Wanted]] = defaultdict(list)
            for order in await orders.open_for(connection, gateways, now):
                wanted[order.gateway_id].append(order)
            for turn in turns:
                turn.serial = serials.get(turn.known.gateway.id, 0)
            news = {id(turn): _chosen(turn, wanted[turn.known.gateway.id]) for turn in turns if turn.known.credential in good}
            fresh = [order.id for chosen in news.values() for order in chosen if not order.delivered]
            if fresh:
                await orders.delivered(connection, fresh, now)
        for turn in turns:
            if turn.known.credential not in good:
                turn.end(not_known())
            elif (chosen := news[id(turn)]) or turn.serial not in (0, turn.policy):
                turn.end(wire.News(policy=turn.serial or 0, orders=tuple(_as_wire(order, now) for order in chosen)))
            turn.looked.set()


def _chosen(turn: Turn, wanted: Sequence[orders.Wanted]) -> list[orders.Wanted]:
    """Orders for one request: those that the gateway does not have yet."""
    return [order for order in wanted if order.id not in turn.done][:MOST_ORDERS]


def _as_wire(order: orders.Wanted, now: datetime) -> wire.Order:
    return wire.Order(id=order.id, request=order.request, seconds=min(3_600.0, max(0.0, (order.expires_at - now).total_seconds())))
