"""The web of the hall's Internet, in a process of its own: ``python -P -m hotspot.lab.site [CERTIFICATE KEY]``.

Both stacks, ports 80 and 8000 in clear; 443 with TLS when a certificate is given, else in clear too, because what counts there is whether a
connection gets through.

``/bytes/N``   N bytes as fast as they go, at most 10 GB
``/drip/N``    one byte every N ms until the client goes
``POST /sink`` takes everything, answers how many bytes it was
``/``          a plain page of the town, and everything in ``hotspot.lab.probes`` as the real servers answer it
"""

import asyncio
import contextlib
import signal
import socket
import ssl
import sys

from aiohttp import web

from hotspot.lab.layout import SITE_PORTS, SITE_TLS_PORT
from hotspot.lab.probes import BY_QUESTION

_CHUNK = bytes(65_536)
_MOST = 10_000_000_000
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Town of Example</title></head>
<body><h1>Town of Example</h1><p>This page is on the Internet of the hall. You can see it, so you are online.</p></body></html>
"""


async def any_page(request: web.Request) -> web.StreamResponse:
    """A probe's true answer, else the page of the town."""
    host = (request.headers.get("Host") or "").lower().partition(":")[0]
    probe = BY_QUESTION.get((host, request.path_qs))
    if probe is None:
        return web.Response(text=PAGE, content_type="text/html")
    answer = web.Response(status=probe.status, headers=dict(probe.headers), body=probe.body.encode() or None)
    if probe.body:
        answer.content_type = "text/html" if probe.body.startswith("<") else "text/plain"
    return answer


async def some_bytes(request: web.Request) -> web.StreamResponse:
    """So many zero bytes."""
    left = min(int(request.match_info["count"]), _MOST)
    answer = web.StreamResponse(headers={"Content-Length": str(left), "Content-Type": "application/octet-stream"})
    await answer.prepare(request)
    with contextlib.suppress(ConnectionError):  # the client may go when it has seen enough
        while left > 0:
            await answer.write(_CHUNK[:left])
            left -= len(_CHUNK)
    return answer


async def drip(request: web.Request) -> web.StreamResponse:
    """A steady trickle on one connection, to see when exactly it is cut."""
    pause = max(1, int(request.match_info["milliseconds"])) / 1000
    answer = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    answer.force_close()
    await answer.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await answer.write(b".")
            await asyncio.sleep(pause)
    return answer


async def sink(request: web.Request) -> web.Response:
    """Takes an upload of any size and tells its length."""
    taken = 0
    async for chunk in request.content.iter_any():
        taken += len(chunk)
    return web.Response(text=f"{taken}\n")


def make_app() -> web.Application:
    """The routes of the site."""
    app = web.Application(client_max_size=_MOST)
    app.router.add_get(r"/bytes/{count:\d+}", some_bytes)
    app.router.add_get(r"/drip/{milliseconds:\d+}", drip)
    app.router.add_post("/sink", sink)
    app.router.add_route("*", "/{path:.*}", any_page)
    return app


def _listener(family: int, port: int) -> socket.socket:
    """A listening socket for one stack on all addresses."""
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    listener.listen(1024)
    return listener


async def serve(certificate: str | None, key: str | None) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    runner = web.AppRunner(make_app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    for family in (socket.AF_INET, socket.AF_INET6):
        for port in SITE_PORTS:
            await web.SockSite(runner, _listener(family, port), backlog=1024).start()
        tls = None
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate, key)
        await web.SockSite(runner, _listener(family, SITE_TLS_PORT), ssl_context=tls, backlog=1024).start()
    print(f"site serves ports={','.join(map(str, (*SITE_PORTS, SITE_TLS_PORT)))} tls={'yes' if certificate else 'no'}", file=sys.stderr)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(*(sys.argv[1:3] if len(sys.argv) == 3 else (None, None))))
