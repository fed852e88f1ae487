"""The block list in a whole hall: what staff put on it no visitor reaches, everything else goes on, and nobody is dropped."""

import asyncio
import signal
import socket
import time

import pytest

from hotspot import control
from hotspot.ask import ask
from hotspot.lab import Hall, Options, names
from hotspot.lab.browse import Unreachable, open_connection
from hotspot.lab.layout import GARDEN, GARDEN6, SITE, SITE6, SITE_PORTS, SITE_TLS_PORT
from hotspot.lab.phone import Phone
from hotspot.lab.zones import Extra
from tests.kernel.conftest import RaiseHall
from tests.kernel.visits import accept, online, sessions, status, until

CLEAR, OTHER = SITE_PORTS
DOMAIN = "town.example"
PLACES = [(SITE, CLEAR), (SITE, OTHER), (SITE, SITE_TLS_PORT), (GARDEN, CLEAR), (SITE6, CLEAR), (SITE6, OTHER), (GARDEN6, OTHER)]
"""What is tried: the site and the same site elsewhere, over IPv4 and IPv6."""


def _add(hall: Hall, what: str, service: str | None = None, seconds: float | None = None, zone: str | None = None) -> control.BlocklistRow:
    reply = ask(hall.folder.control_socket, control.BlocklistAdd(what, "by order", "7 K 26/26", "clerk", service, seconds, zone))
    assert isinstance(reply, control.BlocklistChanged), reply
    assert reply.pending == ""
    return reply.entry


def _remove(hall: Hall, number: int) -> None:
    reply = ask(hall.folder.control_socket, control.BlocklistRemove(number, "order lifted", "clerk"))
    assert isinstance(reply, control.BlocklistChanged), reply


async def _phone(hall: Hall, name: str = "anna", zone: Extra | None = None) -> Phone:
    phone = await hall.add_phone(name, zone=zone)
    await phone.join()
    assert (await (accept(phone) if zone is None else accept(phone, zone.portal_url))).status == 303
    return phone


async def _reaches(phone: Phone, address: str, port: int) -> bool:
    try:
        await phone.connect(address, port)
    except Unreachable:
        return False
    return True


async def _shut(phone: Phone) -> set[tuple[str, int]]:
    """Which of ``PLACES`` the phone does not reach."""
    open_ = await asyncio.gather(*(_reaches(phone, *place) for place in PLACES))
    return {place for place, reached in zip(PLACES, open_, strict=True) if not reached}


async def _known(phone: Phone, name: str, family: int = socket.AF_INET) -> bool:
    """Does the zone's name server have an address for the name?"""
    kind = names.AAAA if family == socket.AF_INET6 else names.A
    return bool(await names.resolve(phone.namespace, phone.lease.dns[0], name, kind))


async def _unknown(phone: Phone, name: str) -> bool:
    return not await _known(phone, name)


async def test_addresses_networks_and_ports(hall: Hall) -> None:
    """Each kind of entry shuts exactly what it names, also together with others and overlapping; lifted, all is open; one session."""
    anna = await _phone(hall)
    assert await _shut(anna) == set()
    site = {place for place in PLACES if place[0] == SITE}
    by_port = {place for place in PLACES if place[1] == OTHER}
    in_network = {place for place in PLACES if place[0] in (SITE6, GARDEN6)}
    seen = []
    address = _add(hall, SITE)
    seen.append(await _shut(anna))
    service = _add(hall, f"tcp/{OTHER}")
    seen.append(await _shut(anna))
    _remove(hall, address.number)
    seen.append(await _shut(anna))
    network = _add(hall, "2001:db8:80::/64")
    _add(hall, SITE6)
    _add(hall, "198.51.100.0/24", f"tcp/{SITE_TLS_PORT}")
    _add(hall, SITE, f"tcp/{SITE_TLS_PORT}", 3_600)
    seen.append(await _shut(anna))
    _remove(hall, service.number)
    _remove(hall, network.number)
    seen.append(await _shut(anna))
    assert seen == [
        site,
        site | by_port,
        by_port,
        by_port | in_network | {(SITE, SITE_TLS_PORT)},
        {place for place in PLACES if place[0] == SITE6} | {(SITE, SITE_TLS_PORT)},
    ]
    assert (len(sessions(hall)), status(hall).blocked, status(hall).faults) == (1, 3, ())


async def test_a_domain_with_all_below_it(hall: Hall) -> None:
    """The name server knows it no longer, nor what is below it, over either family; its neighbours and what only ends alike stay. An answer
    that was given before is forgotten there."""
    anna = await _phone(hall)
    named = ["www.town.example", "download.town.example", "captive.apple.com"]
    assert [await _known(anna, name) for name in named] == [True, True, True]
    entry = _add(hall, DOMAIN)
    took = await until(lambda: _unknown(anna, "www.town.example"), 5)
    known = [await _known(anna, name, family) for family in (socket.AF_INET, socket.AF_INET6) for name in named]
    assert known == [False, False, True] * 2
    with pytest.raises(Exception, match="cannot resolve"):
        await anna.get("http://www.town.example/")
    assert await online(anna)
    _remove(hall, entry.number)
    await until(lambda: _known(anna, "www.town.example"), 3)
    assert ((await anna.get("http://www.town.example/")).status, len(sessions(hall)), took < 3.0) == (200, 1, True)


async def test_restarts_keep_it_and_the_end_comes_by_itself(hall: Hall) -> None:
    """The portal and the firewall are killed and come back: the list holds. Each entry ends at its moment, one while the portal is dead."""
    anna = await _phone(hall)
    began = time.monotonic()
    _add(hall, SITE, f"tcp/{OTHER}", 8.0)
    _add(hall, GARDEN, None, 20.0)
    _add(hall, DOMAIN, None, 20.0)
    expected = {(SITE, OTHER), (GARDEN, CLEAR)}
    seen = [await _shut(anna)]
    for victim in ("firewall", "portal"):
        await hall.end(victim, signal.SIGKILL)
        seen.append(await _shut(anna))
        await (hall.start_firewall() if victim == "firewall" else hall.start_portal())
        await until(lambda: _connected(hall), 3)
        seen.append(await _shut(anna))
    assert (seen, time.monotonic() - began < 8) == ([expected] * 5, True)
    assert await _unknown(anna, "www.town.example")
    await hall.end("portal", signal.SIGKILL)
    await until(lambda: _reaches(anna, SITE, OTHER), 9)
    assert 7.0 < time.monotonic() - began < 10.5
    assert await _shut(anna) == {(GARDEN, CLEAR)}
    await hall.start_portal()
    await until(lambda: _reaches(anna, GARDEN, CLEAR), 14)
    await until(lambda: _known(anna, "www.town.example"), 2)
    assert 19.0 < time.monotonic() - began < 23.5
    assert (await _shut(anna), len(sessions(hall)), status(hall).blocked) == (set(), 1, 0)


async def _connected(hall: Hall) -> bool:
    return status(hall).firewall


async def test_an_entry_of_one_zone(raise_hall: RaiseHall) -> None:
    """It holds there and nowhere else, address and domain; one of all zones holds in both."""
    hall, council = await raise_hall(Options()), Extra("council", 1)
    await hall.add_zone(council)
    anna, bert = await _phone(hall), await _phone(hall, "bert", council)
    _add(hall, SITE, zone="council")
    _add(hall, DOMAIN, zone="council")
    await until(lambda: _unknown(bert, "www.town.example"), 5)
    assert (await _reaches(anna, SITE, CLEAR), await _reaches(bert, SITE, CLEAR)) == (True, False)
    assert await _known(anna, "www.town.example")
    _add(hall, GARDEN)
    assert [await _reaches(phone, GARDEN, CLEAR) for phone in (anna, bert)] == [False, False]


@pytest.mark.parametrize("address", [SITE, SITE6], ids=["IPv4", "IPv6"])
async def test_what_is_open_ends(hall: Hall, address: str) -> None:
    """A running download from a place that is blocked stops; one from elsewhere goes on."""
    anna = await _phone(hall)
    other = GARDEN if address == SITE else GARDEN6
    drips = [await open_connection(anna.namespace, each, CLEAR) for each in (address, other)]
    try:
        for reader, writer in drips:
            writer.write(b"GET /drip/50 HTTP/1.1\r\nHost: download.town.example\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
        _add(hall, address)
        assert [await _dries_up(reader) for reader, _ in drips] == [True, False]
    finally:
        for _, writer in drips:
            writer.transport.abort()


async def _dries_up(reader: asyncio.StreamReader) -> bool:
    """Does nothing come any more, within 3 seconds?"""
    ends = time.monotonic() + 3
    while time.monotonic() < ends:
        try:
            async with asyncio.timeout(1):
                if not await reader.read(4_096):
                    return True
        except (TimeoutError, ConnectionError):
            return True
    return False
