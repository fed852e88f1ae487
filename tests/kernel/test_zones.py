"""Several zones on one gateway: each has its interface, addresses, plans and rules, and a grant of one is worth nothing in another."""

import asyncio
from functools import partial

from hotspot import control
from hotspot.ask import ask
from hotspot.lab import Hall, Options
from hotspot.lab.phone import Phone
from hotspot.lab.zones import Extra
from tests.kernel.conftest import RaiseHall
from tests.kernel.visits import PORTAL, accept, at_rate, downloads, online, sessions, status, until

COUNCIL = Extra("council", 1, down="4 Mbit/s", up="1 Mbit/s")
MAC = "02:00:00:00:0c:01"


async def _one_device_in_both(hall: Hall) -> tuple[Phone, Phone]:
    """The same MAC on both LANs, as a cloned or a moving device has it."""
    public, council = await hall.add_phone("public", MAC), await hall.add_phone("council", MAC, COUNCIL)
    await public.join()
    await council.join()
    return public, council


async def test_a_grant_of_one_zone_is_worth_nothing_in_another(raise_hall: RaiseHall) -> None:
    """One MAC on two LANs: what it accepts, uses and leaves in one zone changes nothing in the other, and each has its own plan."""
    hall = await raise_hall(Options())
    await hall.add_zone(COUNCIL)
    public, council = await _one_device_in_both(hall)
    assert public.lease.router != council.lease.router
    seen = [(await online(public), await online(council))]
    assert (await accept(public)).status == 303
    await until(lambda: online(public), 2)
    seen.append((await online(public), await online(council)))
    captured = await council.get("http://www.town.example/")
    assert (captured.status, captured.header("Location")) == (302, COUNCIL.portal_url)
    assert (await accept(council, COUNCIL.portal_url)).status == 303
    await until(lambda: online(council), 2)
    seen.append((await online(public), await online(council)))
    assert sorted((row.zone, row.plan) for row in sessions(hall)) == [("council", "council"), ("public", "free")]
    assert all(await asyncio.gather(*(at_rate(partial(downloads, phone), plan) for phone, plan in ((public, 10e6), (council, 4e6)))))
    code = sessions(hall)[0].code
    assert ask(hall.folder.control_socket, control.Kick(code, "public")) == control.Done(code, "ended")
    seen.append((await online(public), await online(council)))
    assert [(zone.zone, zone.online) for zone in status(hall).zones] == [("public", 0), ("council", 1)]
    assert seen == [(False, False), (True, False), (True, True), (False, True)]


async def test_guests_of_one_zone_do_not_reach_the_other(raise_hall: RaiseHall) -> None:
    """Online in both zones: neither phone reaches the other's, nor the other zone's portal under its address there."""
    hall = await raise_hall(Options())
    await hall.add_zone(COUNCIL)
    public, council = await hall.add_phone("anna"), await hall.add_phone("bert", zone=COUNCIL)
    for phone, portal in ((public, PORTAL), (council, COUNCIL.portal_url)):
        await phone.join()
        assert (await accept(phone, portal)).status == 303
        await until(lambda phone=phone: online(phone), 2)  # type: ignore[misc]
    pairs = [(one, address) for one, other in ((public, council), (council, public)) for address in (other.lease.ip, other.address6)]
    tries = await asyncio.gather(*(one.run(["ping", "-c1", "-W1", "-n", address]) for one, address in pairs))
    assert [each.status for each in tries if each.status == 0] == []
