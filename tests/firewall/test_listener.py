"""The socket: who may ask for what."""

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from firewall import api, listener
from firewall.listener import Connection, Listener

DOCTOR, STRANGER = 64_991, 64_992


async def test_who_may_only_look_asks_how_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor's user gets no request through but the one for the status; a stranger none; the portal's and root all."""
    arrived: list[api.AnyRequest] = []
    refused: list[None] = []

    def handle(requests: list[tuple[Connection, api.AnyRequest]]) -> None:
        for connection, request in requests:
            arrived.append(request)
            connection.send(api.Refused(request.id, "unknown", "", "asked"))

    office = Listener(tmp_path / "s", frozenset({0, os.getuid()}), handle, lambda: refused.append(None), frozenset({DOCTOR}))
    server = await office.open()

    async def asked(uid: int, *requests: api.AnyRequest) -> list[str]:
        monkeypatch.setattr(listener, "peer_uid", lambda _connection: uid)
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        try:
            writer.write(b"".join(map(api.encode, requests)))
            return [msgspec.json.decode(await reader.readline(), type=api.Refused).message for _ in requests]
        finally:
            writer.close()

    try:
        assert await asked(DOCTOR, api.Status(1)) == ["asked"]
        only = "cannot do that for a user who may only look: hotspot-doctor"
        assert await asked(DOCTOR, api.Watch(2), api.ReadUsage(3), api.Status(4)) == [only, only, "asked"]
        assert await asked(STRANGER, api.Status(5)) == [f"cannot serve uid {STRANGER}: it is not among the clients in the settings"]
        assert await asked(0, api.Watch(6), api.Status(7)) == ["asked", "asked"]
    finally:
        office.close_connections()
        server.close()
    assert ([request.id for request in arrived], len(refused)) == ([1, 4, 6, 7], 3)


def test_users_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a doctor has nobody who may only look."""
    monkeypatch.setattr(listener, "LOOKING", ("root", "nobody-of-this-name"))
    assert listener.looking() == {0}
