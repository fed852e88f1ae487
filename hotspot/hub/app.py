"""The hub's web application: API, gateways, console, health; one composition for service, demo and tests."""

import logging
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from hotspot import wire
from hotspot.hub.api import metrics
from hotspot.hub.api import web as api
from hotspot.hub.api.problems import NotFound
from hotspot.hub.api.table import ALL
from hotspot.hub.console.table import PAGES
from hotspot.hub.console.web import Console
from hotspot.hub.gateways.web import Gateways
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.store import StoreUnavailable

KEEP_ALIVE = 75.0
"""Seconds until a connection is closed that says nothing, or whose header does not come to its end; more than a poll of a gateway lasts."""


def make_app(hub: Hub) -> web.Application:
    """Everything that a hub process serves."""
    app = web.Application(client_max_size=wire.LARGEST)
    app.add_routes([web.get("/healthz", _health(hub)), *api.routes(hub, ALL), *api.routes(hub, metrics.OPERATIONS, below="")])
    app.router.add_route("*", f"{api.BASE}/{{rest:.*}}", _unknown)
    Gateways(hub, Ingest(hub)).attach(app)
    console = Console(hub, PAGES)
    console.attach(app)
    app.router.add_route("*", "/{rest:.*}", console.unknown)
    app.on_response_prepare.append(api.secure(hub))
    app.on_cleanup.append(_end_printer(hub))
    return app


def _end_printer(hub: Hub) -> Callable[[web.Application], Awaitable[None]]:
    async def end(_: web.Application) -> None:
        hub.printer.close()

    return end


def make_runner(hub: Hub, shutdown: float) -> web.AppRunner:
    """The same ready to listen: with bounds on what a connection may hold. ``shutdown``: seconds for requests in hand when it stops."""
    return web.AppRunner(
        make_app(hub),
        access_log=None,
        shutdown_timeout=shutdown,
        keepalive_timeout=KEEP_ALIVE,
        lingering_time=2.0,
        logger=_log_of_faults(),
        auto_decompress=False,  # aiohttp unpacks megabytes before anybody can say stop
    )


def _log_of_faults() -> logging.Logger:
    """aiohttp's log of requests that could not be handled, without the address that it names, and without those that are no HTTP or whose
    sender hung up: a page of text for each would let strangers fill the disk."""

    def worth_it(record: logging.LogRecord) -> bool:
        record.msg, record.args = "cannot answer a request", ()
        return not (record.exc_info and isinstance(record.exc_info[1], ConnectionError | HttpProcessingError | web.RequestPayloadError))

    log = logging.getLogger("hotspot.hub.web")
    if not log.filters:
        log.addFilter(worth_it)
    return log


async def _unknown(request: web.Request) -> web.Response:
    return api.problem_response(NotFound(f"path = {request.path[:200]!r}: expected a path of the API"))


def _health(hub: Hub) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def health(_: web.Request) -> web.Response:
        """200 while the database answers."""
        try:
            async with hub.store.connection() as connection:
                await connection.execute("SELECT 1")
            status, body = 200, {"status": "ok"}
        except StoreUnavailable:
            status, body = 503, {"status": "the database does not answer"}
        return web.Response(
            body=msgspec.json.encode(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
        )

    return health
