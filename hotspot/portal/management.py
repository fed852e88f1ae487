"""The management listener: ``/metrics`` and ``/healthz``, on an address that visitors cannot reach."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from hotspot.portal.office import Office


def make_app(office: Office) -> web.Application:
    """Two pages, both GET, both without state."""

    async def metrics(_request: web.Request) -> web.Response:
        office.metrics.count_online(office.register.in_progress())
        return web.Response(body=office.metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def health(_request: web.Request) -> web.Response:
        faults = office.faults()
        body = {"status": "ok" if not faults else "degraded" if office.serving else "failing", "faults": faults}
        return web.Response(
            body=msgspec.json.encode(body),
            status=200 if office.serving else 503,  # 503: new visitors cannot be let in
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/healthz", health)])
    return app


@asynccontextmanager
async def serve_management(office: Office) -> AsyncIterator[None]:
    """Listen while the context lasts."""
    runner = web.AppRunner(make_app(office), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, *office.settings.management).start()
        yield
    finally:
        await runner.cleanup()
