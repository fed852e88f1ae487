"""Orders of the hub, carried out as those of the staff are (``Staff.answer``), each once, however often the hub sends it.

The id of an order is in the journal before it is carried out. One that comes again after a restart is answered, not repeated.
"""

import asyncio
import random
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import structlog

from hotspot import control, wire
from hotspot.portal.journal import JournalUnavailable, rows
from hotspot.portal.office import Office
from hotspot.portal.staff import Staff
from hotspot.portal.uplink.backoff import Backoff
from hotspot.portal.uplink.link import HubRefused, HubUnavailable, Link

Request = control.Status | control.Sessions | control.Kick | control.Block | control.Unblock | control.Allow
"""What the hub may ask for; all else is for people in the hall."""

AT_ONCE = 16
"""Orders in hand."""
REMEMBERED = 7_200.0
"""Seconds for which the id of an order is known: longer than any order is wanted."""
MOST_REMEMBERED = 1_000
MOST_ANSWERS = 100
"""In one message (``wire.Answers``)."""
META = "orders"
"""Key in the journal's ``meta``: JSON, id -> wall clock until which it is remembered."""

log = structlog.get_logger("orders")


class Orders:
    """Takes orders, carries them out, sends the answers."""

    def __init__(self, office: Office, staff: Staff, link: Link) -> None:
        self._office: Final = office
        self._staff: Final = staff
        self._link: Final = link
        self._known: dict[str, float] = {}
        """Id -> wall clock until which it is remembered, the oldest first."""
        self._before: dict[str, float] | None = None
        """The same, from before this start; None: not read yet."""
        self._untold: set[str] = set()
        """Ids that the hub does not know to be here."""
        self._waiting: asyncio.Queue[tuple[wire.Order, float]] = asyncio.Queue()
        """Orders, and until when (CLOCK_BOOTTIME) each is wanted."""
        self._answers: deque[wire.Answer] = deque(maxlen=MOST_REMEMBERED)
        self._answered = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)

    def done(self) -> tuple[str, ...]:
        """Ids of orders that are here and must not come again."""
        return tuple(self._untold)

    def told(self, done: Iterable[str]) -> None:
        """The hub has heard of these."""
        self._untold.difference_update(done)

    async def take(self, orders: Iterable[wire.Order]) -> bool:
        """Orders came; those that are new are carried out. True when there was one."""
        before = await self._read_before()
        fresh = {order.id: order for order in orders if order.id not in self._known}
        if not fresh:
            return False
        now = self._office.now()
        remembered = [(name, until) for name, until in self._known.items() if until > now.unix]
        self._known = dict(remembered[-MOST_REMEMBERED:]) | dict.fromkeys(fresh, now.unix + REMEMBERED)
        self._untold.update(fresh)
        try:
            await self._office.journal.write(rows.of_meta(META, msgspec.json.encode(before | self._known).decode()))
        except JournalUnavailable:
            log.warning("orders cannot be written down, and are carried out")
        for order in fresh.values():
            if order.id in before:
                why = "cannot say whether it was carried out: the portal was restarted meanwhile"
                self._answer(order, control.Refused("state", why))
            else:
                self._waiting.put_nowait((order, now.boottime + order.seconds))
        return True

    async def run(self) -> None:
        """Carry out and answer, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._deliver())
            while True:
                order, until = await self._waiting.get()
                await self._slots.acquire()
                tasks.create_task(self._carry_out(order, until))

    async def _carry_out(self, order: wire.Order, until: float) -> None:
        try:
            if self._office.now().boottime > until:
                log.warning("order of the hub dropped", why="it came too late")
                return
            try:
                request = msgspec.convert(order.request, Request)
            except msgspec.ValidationError as error:
                reply: control.AnyReply = control.Refused("bad_request", str(error))
            else:
                reply = await self._staff.answer(request)
                log.info("order of the hub", order=type(request).__name__.lower(), answer=type(reply).__name__.lower())
            self._answer(order, reply)
        finally:
            self._slots.release()

    def _answer(self, order: wire.Order, reply: control.AnyReply) -> None:
        answer = wire.Answer(id=order.id, reply=_as_json(reply))
        if len(wire.encode(wire.Answers(answers=(answer,)))) > wire.LARGEST:
            refused = control.Refused("full", f"the answer is larger than {wire.LARGEST:,} bytes: ask in the hall")
            answer = wire.Answer(id=order.id, reply=_as_json(refused))
        self._answers.append(answer)
        self._answered.set()

    async def _deliver(self) -> None:
        """Send what there is to be sent, for as long as it takes; of too many answers the oldest are given up."""
        backoff = Backoff(random.random)
        while True:
            await self._answered.wait()
            self._answered.clear()
            while batch := self._batch():
                try:
                    await self._link.post(wire.ANSWERS, wire.Answers(answers=batch), wire.Ok)
                except HubUnavailable as error:
                    await asyncio.sleep(backoff.wait(error.retry_after))
                    continue
                except HubRefused as error:
                    log.warning("answers to orders refused", why=str(error))
                backoff.reset()
                for answer in batch:
                    if self._answers and self._answers[0] is answer:
                        self._answers.popleft()

    def _batch(self) -> tuple[wire.Answer, ...]:
        """The oldest answers that fit into one message."""
        batch: list[wire.Answer] = []
        room = wire.LARGEST - 1_000
        for answer in self._answers:
            room -= len(wire.encode(answer)) + 1
            if batch and (room < 0 or len(batch) == MOST_ANSWERS):
                break
            batch.append(answer)
        return tuple(batch)

    async def _read_before(self) -> dict[str, float]:
        """The ids that the journal has from before this start."""
        if self._before is None:
            try:
                found = await self._office.journal.read("SELECT value FROM meta WHERE key = 'orders'")
            except JournalUnavailable:
                return {}
            now = self._office.now().unix
            known = _ids(str(found[0][0])) if found else {}
            self._before = {name: until for name, until in known.items() if until > now and name not in self._known}
        return self._before


def _ids(text: str) -> dict[str, float]:
    try:
        return msgspec.json.decode(text, type=dict[str, float])
    except msgspec.DecodeError:
        return {}


def _as_json(reply: control.AnyReply) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(reply)
    return built
