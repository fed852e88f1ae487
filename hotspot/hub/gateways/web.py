"""The endpoints of ``hotspot.wire``. Every request: who is it, is it too often, what does it say, what is the answer.

A stranger costs a look at a header; one with something like a credential a question to the database, of which only so many are asked at a
time. Whatever is wrong is answered with a ``wire.Problem``; another gateway's requests never wait for it.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web

from hotspot import wire
from hotspot.hub import policy
from hotspot.hub.certificates import desk
from hotspot.hub.gateways import bodies, enrolment, orders
from hotspot.hub.gateways.auth import Doorkeeper, Known, shown
from hotspot.hub.gateways.limits import Buckets, Limits, Slots
from hotspot.hub.gateways.polls import Polls
from hotspot.hub.gateways.refusals import HEADERS, Refusal, busy, unavailable
from hotspot.hub.gateways.remembered import Remembered
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.store import StoreUnavailable, restores
from hotspot.wire_certificate import Certified, Certify

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

PART: Final = 256 * 1024
"""Bytes of a file that are read and sent at a time."""

COMPRESSED_FROM: Final = 1_400
"""Bytes of an answer; what fits into one packet gains nothing."""

log = structlog.get_logger("gateways")

_Web = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Work = Callable[[Known, Any], Awaitable[msgspec.Struct | web.StreamResponse]]


class Gateways:
    """The hub's side of ``hotspot.wire`` in one process."""

    def __init__(self, hub: Hub, ingest: Ingest, limits: Limits | None = None) -> None:
        self.hub, self.ingest, self.limits = hub, ingest, limits or Limits()
        self.doorkeeper = Doorkeeper(hub)
        self.polls = Polls(hub)
        self._buckets = Buckets(self.limits.per_second, self.limits.burst)
        self._in_hand = Slots(self.limits.at_once)
        self._strangers = Slots(self.limits.strangers)
        self._questions = asyncio.Semaphore(self.limits.questions)
        self._enrolments = Slots(self.limits.enrolments)
        self._serials: Remembered[int, int] = Remembered(hub.signals, time.monotonic)
        self._restored: Remembered[str, float] = Remembered(hub.signals, time.monotonic)
        hub.signals.on("policy", lambda _: self._serials.forget_all())

    def attach(self, app: web.Application) -> None:
        """Serve at ``app``, and work while it does."""
        post, get = self._post, self._get
        app.add_routes(
            [
                web.post(wire.ENROL, self._enrol),
                web.post(wire.ROTATE, post(wire.Rotate, self._rotate)),
                web.post(wire.REPORTS, post(wire.Delivery, self._reports)),
                web.post(wire.POLL, post(wire.Poll, self._poll, waits=True)),
                web.post(wire.ANSWERS, post(wire.Answers, self._answers)),
                web.post(wire.CERTIFICATE, post(Certify, self._certify)),
                web.get(wire.POLICY, get(self._policy)),
                web.get(wire.FILE + "{digest}", get(self._file)),
                web.route("*", wire.PREFIX + "/{rest:.*}", _nowhere),
            ]
        )
        app.cleanup_ctx.append(self._working)
        app.on_shutdown.append(self._stop)

    async def _working(self, _: web.Application) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self.polls.run())
            yield
            looking.cancel()

    async def _stop(self, _: web.Application) -> None:
        self.polls.close()
        self.hub.signals.stop()

    # Endpoints ----------------------------------------------------------------------------------------------------------------------

    async def _enrol(self, request: web.Request) -> web.StreamResponse:
        try:
            with _one_of(self._enrolments, None, busy):
                wanted = await bodies.read(request, wire.Enrol, self.limits.seconds, enrolment.LARGEST)
                async with self._questions:
                    return _answered(await enrolment.enrol(self.hub, wanted))
        except Refusal as refusal:
            return refusal.response
        except StoreUnavailable as error:
            return _away(error)

    async def _rotate(self, known: Known, _: wire.Rotate) -> wire.Rotated:
        return await enrolment.rotate(self.hub, known.gateway)

    async def _reports(self, known: Known, delivery: wire.Delivery) -> wire.Receipt:
        receipt = await self.ingest.take(known.gateway, delivery)
        rotate = known.to_rotate(self.hub.now(), self.hub.settings.credential_age)
        return msgspec.structs.replace(receipt, policy=await self._serial(known), rotate=rotate, again=await self._again())

    async def _poll(self, known: Known, poll: wire.Poll) -> wire.News:
        return await self.polls.wait(known, poll)

    async def _answers(self, known: Known, answers: wire.Answers) -> wire.Ok:
        await orders.take(self.hub, known.gateway, answers)
        return wire.Ok()

    async def _certify(self, known: Known, wanted: Certify) -> Certified:
        return await desk.certify(self.hub, known.gateway, wanted)

    async def _policy(self, known: Known, _: web.Request) -> wire.Policy:
        async with self.hub.store.connection() as connection:
            return await policy.for_gateway(connection, known.gateway)

    async def _file(self, known: Known, request: web.Request) -> web.StreamResponse:
        digest = request.match_info["digest"]
        if _DIGEST.fullmatch(digest):
            async with self.hub.store.connection() as connection:
                size = await policy.file_size(connection, known.gateway, digest)
            if size is not None:
                return await self._sent(known, request, digest, size)
        raise Refusal(404, "unknown", f"file = {digest[:64]!r}: expected the SHA-256 of a file that this gateway's policy names")

    async def _sent(self, known: Known, request: web.Request, digest: str, size: int) -> web.StreamResponse:
        """A file in parts: after a change every gateway wants it at the same time. One that cannot be sent whole is cut off."""
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "application/octet-stream"})
        response.content_length = size
        await response.prepare(request)
        sent = 0
        try:
            while sent < size:
                async with self.hub.store.connection() as connection:
                    part = await policy.file_part(connection, known.gateway, digest, sent, PART)
                if not part:
                    break  # its policy names it no more
                await response.write(part)
                sent += len(part)
        except StoreUnavailable as error:
            log.warning("file cut off", why=str(error))
        if sent < size and request.transport is not None:
            request.transport.abort()
        return response

    async def _serial(self, known: Known) -> int:
        gateway = known.gateway.id
        serial = self._serials.get(gateway)
        if serial is None:
            age = self._serials.age
            async with self.hub.store.connection() as connection:
                serial = (await policy.serials(connection, [gateway])).get(gateway, 0)
            self._serials.put(gateway, serial, age)
        return serial

    async def _again(self) -> float:
        """When this hub was restored from a backup; 0: not lately. It cannot be while a process serves."""
        restored = self._restored.get("again")
        if restored is None:
            age = self._restored.age
            async with self.hub.store.connection() as connection:
                restored = await restores.again(connection, self.hub.now())
            self._restored.put("again", restored, age)
        return restored

    # Carrying -----------------------------------------------------------------------------------------------------------------------

    def _post(self, kind: type[msgspec.Struct], work: _Work, *, waits: bool = False) -> _Web:
        async def said(known: Known, request: web.Request) -> msgspec.Struct | web.StreamResponse:
            with self._room(known):
                body = await bodies.read(request, kind, self.limits.seconds)
                if not waits:
                    return await work(known, body)
            return await work(known, body)

        return self._carried(said)

    def _get(self, work: _Work) -> _Web:
        async def asked(known: Known, request: web.Request) -> msgspec.Struct | web.StreamResponse:
            with self._room(known):
                return await work(known, request)

        return self._carried(asked)

    def _carried(self, work: _Work) -> _Web:
        async def carry(request: web.Request) -> web.StreamResponse:
            try:
                known = await self._who(request)
                return _answered(await work(known, request))
            except Refusal as refusal:
                return refusal.response
            except StoreUnavailable as error:
                return _away(error)

        return carry

    async def _who(self, request: web.Request) -> Known:
        """Raises ``Refusal``: not known, or too often."""
        secret_hash = shown(request.headers.get("Authorization", ""))
        known = self.doorkeeper.remembered(secret_hash)
        if known is None:
            with _one_of(self._strangers, None, busy):
                async with self._questions:
                    known = self.doorkeeper.remembered(secret_hash) or await self.doorkeeper.find(secret_hash)
        wait = self._buckets.take(known.gateway.id, time.monotonic())
        if wait:
            raise _too_many(f"more than {self.limits.per_second:g} requests per second", wait)
        return known

    def _room(self, known: Known) -> AbstractContextManager[None]:
        """One more request in hand of that gateway. Raises ``Refusal``."""
        return _one_of(self._in_hand, known.gateway.id, lambda: _too_many(f"more than {self.limits.at_once} requests at once", 1.0))


@contextmanager
def _one_of(slots: Slots, key: int | None, else_: Callable[[], Refusal]) -> Iterator[None]:
    if not slots.take(key):
        raise else_()
    try:
        yield
    finally:
        slots.give_back(key)


def _answered(reply: msgspec.Struct | web.StreamResponse) -> web.StreamResponse:
    if isinstance(reply, web.StreamResponse):
        return reply
    body = wire.encode(reply)
    response = web.Response(body=body, headers=HEADERS, content_type="application/json")
    if len(body) > COMPRESSED_FROM:
        response.enable_compression()
    return response


def _away(error: StoreUnavailable) -> web.Response:
    log.warning("unavailable", why=str(error))
    return unavailable().response


def _too_many(why: str, wait: float) -> Refusal:
    return Refusal(429, "too_many", f"{why}: come back later", wait=wait, hang_up=True)


async def _nowhere(request: web.Request) -> web.Response:
    return Refusal(404, "unknown", f"{request.method[:10]} {request.path[:100]}: expected an endpoint of {wire.PREFIX}").response
