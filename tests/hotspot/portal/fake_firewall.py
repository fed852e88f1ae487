"""A small firewall that speaks ``firewall.api`` on a unix socket and holds its grants in memory; the kernel tests use the real one."""

import asyncio
import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from firewall import api


class FakeFirewall:
    """Async context manager. Tests set ``neighbours``, ``refuse``, ``deaf``; they read ``grants`` and ``requests``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.neighbours: dict[str, tuple[str, str]] = {}
        """IP address -> MAC and zone."""
        self.grants: dict[str, api.Grant] = {}
        self.used: dict[str, tuple[int, int]] = {}
        self.requests: list[api.AnyRequest] = []
        self.refuse: dict[str, str] = {}
        """Kind of request (``allow``) -> code with which it is refused."""
        self.deaf: set[str] = set()
        """Kinds of request that get no answer, though they are carried out."""
        self.status = api.StatusIs(id=0, epoch="", version="fake", ready=True, leaf="bfifo", zones=(), drift={}, counts={})
        """What ``Status`` is answered with."""
        self.epoch = "epoch-1"
        self.ended: list[api.Ended] = []
        self._watchers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, str(self.path), limit=api.MAX_LINE)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Shut the socket; the grants stay, as they stay in the kernel."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self.path.unlink(missing_ok=True)

    async def restart(self, epoch: str) -> None:
        """Stop, forget what ended, start again."""
        await self.stop()
        self.epoch, self.ended = epoch, []
        await self.__aenter__()

    def usage(self, grant: api.Grant) -> api.Usage:
        """The grant's usage as ``used`` says."""
        up, down = self.used.get(grant.session, (grant.bytes_up, grant.bytes_down))
        return api.Usage(
            session=grant.session,
            zone=grant.zone,
            plan=grant.plan,
            mac=grant.mac,
            bytes_up=up,
            bytes_down=down,
            seconds_left=grant.seconds,
            quiet=0.0,
        )

    def end(self, session: str, reason: str) -> api.Ended:
        """The kernel ends a session by itself."""
        usage = msgspec.structs.replace(self.usage(self.grants.pop(session)), seconds_left=0.0)
        event = api.Ended(number=len(self.ended) + 1, reason=reason, usage=usage)
        self.ended.append(event)
        for writer in self._watchers:
            writer.write(api.encode(event))
        return event

    def alarm(self, kind: str, zone: str, mac: str) -> None:
        """The firewall notices something."""
        for writer in self._watchers:
            writer.write(api.encode(api.Alarm(kind, zone, mac, None)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError):
                while line := await reader.readline():
                    self._handle(api.decode_request(line), writer)
                    await writer.drain()
        finally:
            self._tasks.discard(task)
            self._watchers.discard(writer)
            writer.close()

    def _handle(self, request: api.AnyRequest, writer: asyncio.StreamWriter) -> None:
        kind = str(type(request).__struct_config__.tag)
        self.requests.append(request)
        if kind in self.refuse:
            reply: api.AnyReply = api.Refused(id=request.id, code=self.refuse[kind], field="", message="as the test wants")
        else:
            reply = self._carry_out(request)
        if kind not in self.deaf:
            writer.write(api.encode(reply))
        if isinstance(request, api.Watch):
            self._watchers.add(writer)
            for event in self.ended[request.ended_after :]:
                writer.write(api.encode(event))

    def _carry_out(self, request: api.AnyRequest) -> api.AnyReply:
        match request:
            case api.Allow(id=number, grant=grant):
                if any((one.zone, one.mac) == (grant.zone, grant.mac) and one.session != grant.session for one in self.grants.values()):
                    return api.Refused(id=number, code="conflict", field="grant.mac", message="has another session")
                self.grants.setdefault(grant.session, grant)
                return api.Allowed(id=number, usage=self.usage(self.grants[grant.session]))
            case api.Replace(id=number, grant=grant):
                if grant.session not in self.grants:
                    return api.Refused(id=number, code="unknown", field="grant.session", message="no such session")
                self.grants[grant.session] = grant
                return api.Allowed(id=number, usage=self.usage(grant))
            case api.Revoke(id=number, session=session, reason=reason):
                if session not in self.grants:
                    return api.Refused(id=number, code="unknown", field="session", message="no such session")
                return api.Revoked(id=number, usage=self.end(session, reason).usage)
            case api.Prepare(id=number, spare=spare):
                return api.Prepared(id=number, spare=spare)
            case api.WhoIs(id=number, ip=ip):
                mac, zone = self.neighbours.get(ip, (None, None))
                usage = next((self.usage(one) for one in self.grants.values() if (one.mac, one.zone) == (mac, zone)), None)
                return api.Found(id=number, mac=mac, zone=zone, usage=usage)
            case api.ReadUsage(id=number, ended_after=after):
                usages = tuple(map(self.usage, self.grants.values()))
                return api.UsageRead(id=number, epoch=self.epoch, usages=usages, ended=tuple(self.ended[after:]))
            case api.Watch(id=number):
                return api.Watching(id=number, epoch=self.epoch)
            case api.SetBlocked(id=number):
                return api.BlockedSet(id=number)
            case api.Status(id=number):
                return msgspec.structs.replace(self.status, id=number, epoch=self.epoch)
