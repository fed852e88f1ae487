"""A portal that does one thing wrong: it stands where the hall's own would, opens the kernel by the same daemon, and lies as told."""

import os
import secrets
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from firewall import api
from hotspot.lab import layout as at
from hotspot.lab import namespaces
from hotspot.lab.gateway import rights
from tests.kernel.daemons import RATES, Peer
from tests.kernel.visitor.mending import Ground

PORTAL = f"https://{at.PORTAL_NAME}/"
_FORM = '<form method="post" action="/{0}"><input type="hidden" name="token" value="t"><button>{0}</button></form>'


class Impostor:
    """Its pages."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.faults: tuple[str, ...] = ()
        """What is wrong with it; without any it is a good portal."""
        self._sessions: dict[str, str] = {}
        self._asked = 0

    def captured(self, request: web.Request) -> web.Response:
        """Port 80 of captive clients."""
        if "probe-answered" in self.faults:
            return web.Response(text="Success")
        goal = "http://elsewhere.example/" if "probe-elsewhere" in self.faults else PORTAL
        return web.Response(status=302, headers={"Location": goal})

    def answer(self, request: web.Request) -> web.Response:
        """The portal's own address."""
        who = request.remote or ""
        match request.method, request.path:
            case "GET", "/api/captive":
                return self._api(who)
            case "POST", "/accept":
                return self._accept(who)
            case "POST", "/leave":
                return self._leave(who)
            case "GET", "/online":
                return _page(_FORM.format("leave"))
        if "unexpected" in self.faults:
            return _page(_FORM.format("/[/accept"))
        return _page("closed for lunch" if "page-without-form" in self.faults else _FORM.format("accept"))

    def _api(self, who: str) -> web.Response:
        online = who in self._sessions
        if "api-status" in self.faults:
            return web.Response(status=404)
        if "api-unreadable" in self.faults:
            return web.Response(body=b"<html>", content_type="application/captive+json")
        self._asked += 1
        left = 200 if "time-stands" in self.faults else 200 - self._asked
        fields: dict[str, Any] = {"captive": not online, "user-portal-url": PORTAL, **({"seconds-remaining": left} if online else {})}
        if "api-not-captive" in self.faults:
            fields["captive"] = False
        if "api-still-captive" in self.faults:
            fields["captive"] = True
        if "api-no-page" in self.faults:
            del fields["user-portal-url"]
        kind = "application/json" if "api-type" in self.faults else "application/captive+json"
        return web.Response(body=msgspec.json.encode(fields), content_type=kind)

    def _accept(self, who: str) -> web.Response:
        if "accept-refused" in self.faults:
            return web.Response(status=500)
        session = self._sessions[who] = secrets.token_hex(8)
        found = self._peer.ask(api.Found, api.WhoIs, who)
        if "grants-nothing" not in self.faults:
            assert found.mac is not None
            assert found.zone is not None
            self._peer.ask(api.Allowed, api.Allow, api.Grant(found.zone, found.mac, session, plan="free", rates=RATES, seconds=60.0))
        return _to("/online")

    def _leave(self, who: str) -> web.Response:
        if "leave-refused" in self.faults:
            return web.Response(status=500)
        session = self._sessions.pop(who)
        if "leave-cuts-nothing" in self.faults:
            self._sessions[f"kept {who}"] = session
        elif "grants-nothing" not in self.faults:
            self._peer.ask(api.Revoked, api.Revoke, session, "left")
        return _to("/")

    def end_all(self) -> None:
        """Nobody stays online."""
        for session in self._sessions.values():
            self._peer.say(api.Revoke, session)
        self._sessions.clear()


def _page(body: str) -> web.Response:
    return web.Response(text=f"<!doctype html><html><body>{body}</body></html>", content_type="text/html")


def _to(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})


@asynccontextmanager
async def impostor(ground: Ground) -> AsyncIterator[Impostor]:
    """In the place of the hall's portal, which is back afterwards."""
    await ground.hall.end("portal")
    _, portal, _ = await rights()
    os.seteuid(portal.uid)  # the daemon serves the portal's user alone, and looks at who connects
    try:
        peer = Peer(ground.hall.folder.firewall_socket)
    finally:
        os.seteuid(0)
    liar = Impostor(peer)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(ground.path / "tls" / "portal.pem", ground.path / "tls" / "portal.key")
    runners = []
    try:
        for handler, port, context in (
            (liar.captured, at.CAPTURE_PORT, None),
            (liar.answer, at.PORTAL_PORT, None),
            (liar.answer, at.PORTAL_TLS_PORT, tls),
        ):

            async def handle(request: web.BaseRequest, answer: Any = handler) -> web.StreamResponse:
                response: web.Response = answer(request)
                response.force_close()
                return response

            runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
            await runner.setup()
            runners.append(runner)
            for family in (socket.AF_INET, socket.AF_INET6):
                await web.SockSite(runner, _listener(ground, family, port), ssl_context=context).start()
        yield liar
    finally:
        for runner in runners:
            await runner.cleanup()
        liar.end_all()
        peer.close()
        await ground.hall.start_portal()
        await ground.settled()


def _listener(ground: Ground, family: int, port: int) -> socket.socket:
    listener = namespaces.socket_in(ground.gateway, family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    listener.listen(128)
    return listener
