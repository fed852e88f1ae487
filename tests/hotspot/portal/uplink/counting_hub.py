"""A hub that takes reports as the contract says, over real TLS by a real authority: each named report is added up once."""

import gzip
import ssl
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from hotspot import wire
from hotspot.portal.settings import Hub
from hotspot.portal.uplink.credential import Credential, CredentialFile
from tests.hotspot.portal.uplink.authority import make

Handler = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


class CountingHub:
    """Async context manager. Tests put answers into ``next_answers`` that come instead of the usual ones, and read what was counted."""

    def __init__(self, authority: str, context: ssl.SSLContext) -> None:
        self.authority = authority
        self._context = context
        self.credentials = {"first-credential-of-all"}
        self.tokens = {"one-time-token-000000"}
        self.attempts: list[str | None] = []
        """Of those who showed a token."""
        self.counted: dict[tuple[str, int], wire.Report] = {}
        self.deliveries: list[wire.Delivery] = []
        self.known = 0
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        """Path, headers and unpacked body."""
        self.next_answers: deque[Handler] = deque()
        self.refuses: Callable[[wire.Report], str] = lambda _: ""
        self.receipt: dict[str, Any] = {}
        """What receipts say beside."""
        self.port = 0
        self._made = 0
        self._runner: web.AppRunner | None = None

    @classmethod
    async def with_authority(cls, folder: Path) -> Self:
        """With an authority of its own."""
        return cls(*await make(folder, ["localhost"]))

    def hub(self, **changes: Any) -> Hub:
        """Settings of a gateway that knows this hub."""
        return Hub(**{"url": f"https://localhost:{self.port}", "authority": self.authority, "report_every": 3_600.0, **changes})

    def enrol(self, state_dir: Path) -> None:
        """The gateway gets its credential."""
        CredentialFile(state_dir).write(Credential("kleinheim-1", "kleinheim", "first-credential-of-all"))

    def total(self) -> Counter[str]:
        """What all reports say together."""
        total: Counter[str] = Counter()
        for row in (row for report in self.counted.values() for row in report.rows):
            total.update(visits=row.visits, ended=row.ended, up=row.bytes_up, down=row.bytes_down, seconds=row.seconds)
        return +total

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, auto_decompress=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._context, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Gone; ``__aenter__`` brings it back at the same address."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.requests.append((request.path, dict(request.headers), body))
        if self.next_answers:
            return await self.next_answers.popleft()(request, body)
        return self.answer(request, body)

    def answer(self, request: web.Request, body: bytes) -> web.Response:
        """The usual answer."""
        if request.path == wire.ENROL:
            return self._enrol(wire.decode(wire.Enrol, body))
        secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if secret not in self.credentials:
            return problem(401, "credential", "expected a credential that is known")
        if secret.startswith("rotated"):
            self.credentials = {secret}  # the first use of the new one ends the old one
        if request.path == wire.ROTATE:
            return self._rotate(secret)
        if request.path != wire.REPORTS:
            return problem(404, "unknown", "expected a path of the contract")
        if len(body) > wire.LARGEST:
            return problem(413, "too_large", f"expected at most {wire.LARGEST} bytes")
        try:
            delivery = wire.decode(wire.Delivery, body)
        except wire.NotUnderstood as error:
            return problem(400, error.code, str(error))
        return web.Response(body=wire.encode(self._count(delivery)))

    def _count(self, delivery: wire.Delivery) -> wire.Receipt:
        self.deliveries.append(delivery)
        taken = known = 0
        refused = []
        for report in delivery.reports:
            why = self.refuses(report)
            if why:
                refused.append(wire.Refused(report.stream, report.seq, why))
            elif (report.stream, report.seq) in self.counted:
                known += 1
            else:
                taken += 1
                self.counted[report.stream, report.seq] = report
        self.known += known
        return wire.Receipt(taken=taken, known=known, refused=tuple(refused), **self.receipt)

    def _enrol(self, enrol: wire.Enrol) -> web.Response:
        self.attempts.append(enrol.attempt)
        if enrol.token not in self.tokens and (enrol.attempt is None or enrol.attempt not in self.attempts[:-1]):
            return problem(403, "token", "expected a token that was not used yet")
        self.tokens.discard(enrol.token)
        self.credentials.add("enrolled-credential-0")
        return web.Response(body=wire.encode(wire.Enrolled(gateway="kleinheim-1", hall="kleinheim", credential="enrolled-credential-0")))

    def _rotate(self, _secret: str) -> web.Response:
        self._made += 1
        fresh = f"rotated-credential-{self._made:04d}"
        self.credentials.add(fresh)
        return web.Response(body=wire.encode(wire.Rotated(credential=fresh)))


def problem(status: int, code: str, message: str) -> web.Response:
    """A refusal in the contract's words."""
    return web.Response(status=status, body=wire.encode(wire.Problem(code, message)))


def says(status: int, body: bytes = b"", **headers: str) -> Handler:
    """An answer whatever was asked."""

    async def handle(_request: web.Request, _body: bytes) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return handle
