"""A small hub that speaks ``hotspot.wire`` over real TLS on loopback: one gateway, one policy, everything in memory."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from hotspot import wire
from hotspot.portal.settings import Hub
from hotspot.portal.uplink.credential import Credential, CredentialFile
from hotspot.wire_certificate import Certified, Certify
from tests.hotspot.portal.test_certificates import make_pair

SECRET = "secret-of-the-gateway-0001"


class SmallHub:
    """Async context manager. Tests set ``policy``, ``files``, ``trouble``, and add to ``orders``; they read ``polls`` and ``answers``."""

    def __init__(self, folder: Path) -> None:
        certificate, key = make_pair(folder, "localhost")
        self.authority = folder / "hub.pem"
        self.authority.write_bytes(certificate)
        (folder / "hub.key").write_bytes(key)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.authority, folder / "hub.key")
        self.policy = wire.Policy(serial=0)
        self.files: dict[str, bytes] = {}
        self.orders: list[wire.Order] = []
        self.polls: list[wire.Poll] = []
        self.answers: list[wire.Answer] = []
        self.reports: list[wire.Report] = []
        self.fetched = 0
        """Times that the policy was fetched."""
        self.trouble: tuple[int, wire.Problem] | None = None
        """What every request is answered with."""
        self.certify: Callable[[Certify], Awaitable[Certified]] | None = None
        """What becomes of requests for certificates."""
        self.port = 0
        self._news = asyncio.Event()
        self._runner: web.AppRunner | None = None

    def hub(self, **changes: Any) -> Hub:
        """Settings of a gateway that knows this hub."""
        return Hub(url=f"https://localhost:{self.port}", authority=self.authority.read_text(), **changes)

    def section(self) -> str:
        """The same as a section of ``portal.toml``."""
        return f'[hub]\nurl = "https://localhost:{self.port}"\nauthority = "{self.authority}"\n'

    def enrol(self, state_dir: Path) -> None:
        """The gateway gets its credential."""
        CredentialFile(state_dir).write(Credential("kleinheim-1", "kleinheim", SECRET))

    def change(self, settings: dict[str, Any], files: dict[str, bytes] | None = None) -> int:
        """A new policy; returns its serial."""
        contents = files or {}
        digests = {name: sha256(content).hexdigest() for name, content in contents.items()}
        self.files |= {digests[name]: content for name, content in contents.items()}
        self.policy = wire.Policy(serial=self.policy.serial + 1, settings=settings, files=digests)
        self._news.set()
        return self.policy.serial

    def order(self, name: str, request: dict[str, Any], seconds: float = 60.0) -> None:
        """Something to be done."""
        self.orders.append(wire.Order(name, request, seconds))
        self._news.set()

    def answered(self, name: str) -> dict[str, Any] | None:
        """The reply to an order; None: not there yet."""
        return next((answer.reply for answer in self.answers if answer.id == name), None)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=wire.LARGEST)
        app.add_routes(
            [
                web.post(wire.POLL, self._poll),
                web.get(wire.POLICY, self._policy),
                web.get(wire.FILE + "{digest}", self._file),
                web.post(wire.ANSWERS, self._answers),
                web.post(wire.REPORTS, self._reports),
                web.post(wire.CERTIFICATE, self._certificate),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._context, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Gone; ``__aenter__`` brings it back at the same address."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _refusal(self, request: web.Request) -> web.Response | None:
        if self.trouble is not None:
            return web.Response(status=self.trouble[0], body=wire.encode(self.trouble[1]))
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            return web.Response(status=401, body=wire.encode(wire.Problem("credential", "expected a credential")))
        return None

    def _news_for(self, poll: wire.Poll) -> wire.News:
        self.orders = [order for order in self.orders if order.id not in poll.done]
        serial = 0 if self.policy.serial == poll.policy else self.policy.serial
        return wire.News(policy=serial, orders=tuple(self.orders))

    async def _poll(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        poll = wire.decode(wire.Poll, await request.read())
        self.polls.append(poll)
        news = self._news_for(poll)
        try:
            async with asyncio.timeout(poll.seconds):
                while not (news.policy or news.orders):
                    self._news.clear()
                    await self._news.wait()
                    news = self._news_for(poll)
        except TimeoutError:
            pass
        return web.Response(body=wire.encode(news))

    async def _policy(self, request: web.Request) -> web.Response:
        self.fetched += 1
        return self._refusal(request) or web.Response(body=wire.encode(self.policy))

    async def _file(self, request: web.Request) -> web.Response:
        return self._refusal(request) or web.Response(body=self.files[request.match_info["digest"]])

    async def _answers(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        self.answers += wire.decode(wire.Answers, await request.read()).answers
        return web.Response(body=wire.encode(wire.Ok()))

    async def _reports(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        delivery = wire.decode(wire.Delivery, await request.read())
        self.reports += delivery.reports
        return web.Response(body=wire.encode(wire.Receipt(taken=len(delivery.reports), policy=self.policy.serial)))

    async def _certificate(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        wanted = wire.decode(Certify, await request.read())
        return web.Response(body=wire.encode(Certified(state="off") if self.certify is None else await self.certify(wanted)))
