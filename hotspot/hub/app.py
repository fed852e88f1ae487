"""The hub's web application: API, gateways, health; one composition for service, demo and tests."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from hotspot import wire
from hotspot.hub.api import web as api
from hotspot.hub.api.problems import NotFound
from hotspot.hub.api.table import ALL
from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable


def make_app(hub: Hub) -> web.Application:
    """Everything that a hub process serves."""
    app = web.Application(client_max_size=wire.LARGEST)
    app.add_routes([web.get("/healthz", _health(hub)), *api.routes(hub, ALL)])
    app.router.add_route("*", f"{api.BASE}/{{rest:.*}}", _unknown)
    return app


async def _unknown(request: web.Request) -> web.Response:
    return api.problem_response(NotFound(f"{request.path}: expected a path of the API").problem)


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
