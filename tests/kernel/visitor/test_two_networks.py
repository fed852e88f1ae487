"""A gateway with two networks: one command visits both from the gateway itself, and says of each whether visitors get online."""

import asyncio
import subprocess
import sys

import msgspec

from hotspot.lab import Hall, Options
from hotspot.lab.gateway import visitor_key
from hotspot.lab.zones import Extra
from hotspot.looks.values import Look, Result, Severity, Verdict
from tests.kernel.conftest import RaiseHall
from tests.kernel.visits import sessions

COUNCIL = Extra("council", 1, down="4 Mbit/s", up="1 Mbit/s")
ZONES = ("council", "public")


async def look(hall: Hall, *words: str) -> Look:
    """A visit to every network that the settings have, each on the interface that they name."""
    fixed = ["--settings", str(hall.folder.portal_config), "--key", str(visitor_key(hall.folder)), "--skip", "countdown"]
    program = ("ip", "netns", "exec", hall.layout.gateway, sys.executable, "-P", "-m", "hotspot", "visit", "--json")
    visiting = await asyncio.create_subprocess_exec(*program, *fixed, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said, complaint = await visiting.communicate()
    assert visiting.returncode in (0, 1), (complaint, said)
    return msgspec.json.decode(said, type=Look)


def verdicts(found: Look) -> dict[str, Verdict]:
    """By zone."""
    return {one.zone: one.verdict for one in found.visited}


def amiss(found: Look, zone: str) -> set[str]:
    """Kinds of a zone's findings, without notices."""
    return {each.kind for each in found.findings if each.zone == zone and each.severity is not Severity.NOTICE}


def failed(found: Look) -> list[tuple[str, str, str | None]]:
    """Steps that did not pass, for whoever reads the failure."""
    return [(step.zone, step.name, step.why) for step in found.steps if step.result is Result.FAILED]


async def test_each_network_has_its_own_verdict(raise_hall: RaiseHall) -> None:
    """Both are well and nobody was counted; then nobody gives out addresses in one of them, and only that one is stuck."""
    hall = await raise_hall(Options())
    await hall.add_zone(COUNCIL)
    found = await look(hall)
    assert verdicts(found) == dict.fromkeys(ZONES, Verdict.ONLINE), failed(found)
    assert [amiss(found, zone) for zone in ZONES] == [set(), set()]
    assert sessions(hall) == ()
    for server in ("dnsmasq-council", "radvd-council"):
        await hall.end(server)
    found = await look(hall, "--patience", "0.4")
    assert verdicts(found) == {"council": Verdict.STUCK, "public": Verdict.ONLINE}, failed(found)
    assert [amiss(found, zone) for zone in ZONES] == [{"gateway-mute"}, set()]
