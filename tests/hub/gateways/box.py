"""A gateway as the hub sees it: it enrols, and speaks the wire protocol over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiohttp import ClientSession, web
from msgspec import Struct

from hotspot import wire
from hotspot.hub.app import make_runner
from hotspot.hub.hub import Hub
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store
from tests.hub.conftest import Api

Reply = TypeVar("Reply", bound=Struct)


class Box:
    """One gateway."""

    def __init__(self, http: ClientSession, base: str, name: str, credential: str) -> None:
        self.http, self.base, self.name, self.credential = http, base, name, credential

    async def raw(
        self, method: str, path: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of an answer."""
        said = {"Authorization": f"Bearer {self.credential}"} if self.credential else {}
        async with self.http.request(method, self.base + path, data=content, headers={**said, **(headers or {})}) as response:
            return response.status, await response.read(), dict(response.headers)

    async def post(self, path: str, body: Struct, reply: type[Reply]) -> Reply:
        """What the hub answers; it must be 200."""
        status, content, _ = await self.raw("POST", path, wire.encode(body))
        assert status == 200, content
        return wire.decode(reply, content)

    async def refused(self, path: str, body: Struct) -> tuple[int, wire.Problem]:
        """Status and problem of what is not taken."""
        status, content, _ = await self.raw("POST", path, wire.encode(body))
        assert status != 200
        return status, wire.decode(wire.Problem, content)

    async def poll(self, *done: str, policy: int = 0, seconds: float = 20.0) -> wire.News:
        """What is new."""
        return await self.post(wire.POLL, wire.Poll(policy=policy, done=done, seconds=seconds), wire.News)

    async def answer(self, order: str, **reply: Any) -> None:
        """Say what became of an order."""
        await self.post(wire.ANSWERS, wire.Answers(answers=(wire.Answer(id=order, reply=reply),)), wire.Ok)

    def at(self, base: str) -> "Box":
        """The same gateway, speaking to another hub process."""
        return Box(self.http, base, self.name, self.credential)

    def with_(self, credential: str) -> "Box":
        """The same gateway with another credential."""
        return Box(self.http, self.base, self.name, credential)


async def hall(api: Api, name: str = "kleinheim-rathaus") -> str:
    """A hall, with its partner."""
    partner = name.partition("-")[0]
    await api("POST", "/partners", {"name": partner, "title": partner})
    assert (await api("POST", "/halls", {"name": name, "partner": partner, "title": name}))[0] == 201
    return name


async def token(api: Api, hall: str, **wanted: Any) -> str:
    """A one-time token."""
    status, made = await api("POST", f"/halls/{hall}/enrolments", wanted)
    assert status == 201, made
    return str(made["token"])


async def enrolled(api: Api, hall: str, **wanted: Any) -> Box:
    """A gateway that has shown its token."""
    stranger = Box(api.http, api.base, "", "")
    said = wire.Enrol(token=await token(api, hall, **wanted), software="1.2", zones=("public",))
    found = await stranger.post(wire.ENROL, said, wire.Enrolled)
    return Box(api.http, api.base, found.gateway, found.credential)


@asynccontextmanager
async def another_process(database: str, *, listens: bool = True) -> AsyncIterator[tuple[str, Hub]]:
    """One more hub process on the same database (here: its parts on a store of their own); ``listens``: it hears the others."""
    async with Store(database) as store:
        hub = Hub(Settings(database=database), store)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(store.listen()) if listens else None
            runner = make_runner(hub, 0.1)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                host, port = runner.addresses[0][:2]
                yield f"http://{host}:{port}", hub
            finally:
                await runner.cleanup()
                if task is not None:
                    task.cancel()


async def value(hub: Hub, sql: str, *arguments: object) -> Any:
    """One value of the database."""
    async with hub.store.connection() as connection:
        return await connection.fetchval(sql, *arguments)


async def waiting(hub: Hub) -> None:
    """Returns when the hub hears notifications."""
    for _ in range(1_000):
        if hub.signals.reliable:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the hub does not listen")
