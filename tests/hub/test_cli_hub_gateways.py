"""``hotspot hub enrolment``, ``gateway`` and ``order`` against a running hub and a gateway that answers."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from hotspot import wire
from hotspot.cli import main
from hotspot.hub.hub import Hub
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, hall

pytestmark = pytest.mark.hub


async def hotspot(api: Api, *arguments: str, status: int = 0) -> str:
    """What a command prints."""
    environ = {"HOTSPOT_HUB_URL": api.base, "HOTSPOT_HUB_TOKEN": api.token, "TZ": "UTC", "HOME": "/nonexistent"}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["hub", *arguments], env=environ, catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done.output


async def enrolled(api: Api, *arguments: str) -> Box:
    """A box that ran the line which the command printed."""
    line = (await hotspot(api, "enrolment", "create", "kleinheim-rathaus", *arguments)).splitlines()[1]
    answer = await Box(api.http, api.base, "", "").post(wire.ENROL, wire.Enrol(token=line.split()[-1], software="1.2"), wire.Enrolled)
    return Box(api.http, api.base, answer.gateway, answer.credential)


async def test_boxes_come_and_go(api: Api, hub: Hub) -> None:
    """Token, enrolment, list, rotation, replacement, revocation: all by command."""
    place = await hall(api)
    assert await hotspot(api, "gateway", "list") == "no gateways yet: hotspot hub enrolment create HALL\n"
    box = await enrolled(api, "--valid", "2 h")
    assert "kleinheim-rathaus-1  kleinheim-rathaus  new" in await hotspot(api, "gateway", "list", "--hall", place)
    assert "used" in await hotspot(api, "enrolment", "list", place)
    assert json.loads(await hotspot(api, "gateway", "show", box.name, "--json"))["gateway"]["software"] == "1.2"
    assert "not used yet" in await hotspot(api, "gateway", "show", box.name)
    await box.poll(seconds=0)
    assert "in use" in await hotspot(api, "gateway", "show", box.name)
    await hotspot(api, "gateway", "rotate", box.name)
    new = await enrolled(api, "--replaces", box.name)
    assert new.name == box.name
    refused = await hotspot(api, "gateway", "revoke", box.name, "--confirm", "another", status=1)
    assert "expected the same name" in refused
    assert "revoked" in await hotspot(api, "gateway", "revoke", box.name, "--confirm", box.name)
    assert (await new.refused(wire.POLL, wire.Poll(seconds=0)))[0] == 401
    await hotspot(api, "enrolment", "create", place)
    name = json.loads(await hotspot(api, "enrolment", "list", place, "--json"))[0]["name"]
    assert "withdrawn" in await hotspot(api, "enrolment", "withdraw", place, name)
    assert "cannot make a token" in await hotspot(api, "enrolment", "create", "nowhere", status=1)


async def test_a_box_is_replaced_without_its_name(api: Api, hub: Hub) -> None:
    """The hall's only gateway, also when it was revoked; a hall without one, or with several, is told what to say instead."""
    place = await hall(api)
    assert "it has none: leave --replace out" in await hotspot(api, "enrolment", "create", place, "--replace", status=1)
    box = await enrolled(api)
    new = await enrolled(api, "--replace")
    assert (new.name, (await box.refused(wire.POLL, wire.Poll(seconds=0)))[0]) == (box.name, 401)
    await hotspot(api, "gateway", "revoke", new.name, "--confirm", new.name)
    again = await enrolled(api, "--replace")
    assert again.name == box.name
    await again.poll(seconds=0)
    second = await enrolled(api)
    said = await hotspot(api, "enrolment", "create", place, "--replace", status=1)
    assert f"it has several ({again.name}, {second.name}): name one with --replaces" in said
    said = await hotspot(api, "enrolment", "create", place, "--replace", "--replaces", second.name, status=2)
    assert "--replace and --replaces were given, expected one of them" in said


async def test_orders(api: Api, hub: Hub) -> None:
    """An order is carried out, refused, or not answered: words and exit status say which."""
    await hall(api)
    box = await enrolled(api)

    async def answers(**reply: object) -> None:
        (order,) = (await box.poll()).orders
        await box.answer(order.id, **reply)

    async with asyncio.TaskGroup() as group:
        group.create_task(answers(type="done", code="K7F-3QX", state="blocked"))
        said = await hotspot(api, "order", "block", box.name, "k7f3qx", "--reason", "noise", "--time", "2 h")
    assert said == "K7F-3QX is blocked now\n"
    async with asyncio.TaskGroup() as group:
        group.create_task(answers(type="refused", code="unknown", message="no such device"))
        assert await hotspot(api, "order", "end", box.name, "K7F-3QX", status=1) == f"{box.name} refused: no such device\n"
    async with asyncio.TaskGroup() as group:
        group.create_task(answers(type="sessions", sessions=[]))
        assert await hotspot(api, "order", "sessions", box.name) == "nobody is online\n"
    async with asyncio.TaskGroup() as group:
        group.create_task(answers(type="status", ok=True, faults=[], firewall=True, journal=True, internet=True, zones=[]))
        told = (await hotspot(api, "order", "status", box.name)).splitlines()
        assert (told[0], told[1].split(), told[2].split()) == (box.name, ["portal", "ok"], ["firewall", "connected"])
    assert "is not a device code" in await hotspot(api, "order", "end", box.name, "my phone", status=1)
    status, given = await api("POST", f"/gateways/{box.name}/orders", {"order": "status", "wait": 0})
    assert status == 201
    assert "has not answered; the order is pending" in await hotspot(api, "order", "show", given["id"], status=1)
