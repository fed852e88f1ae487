"""Cables, network cards and the DHCP server: gone and back, while visitors are online and strangers knock."""

import signal

from hotspot.lab import Hall
from hotspot.lab.phone import Phone
from tests.kernel.failures.fence import watched
from tests.kernel.failures.machine import LONG, in_gateway, joined, plug_in, put_in, start_dnsmasq, start_radvd, take_out, unplug
from tests.kernel.failures.visitors import downloading
from tests.kernel.visits import PORTAL, Download, accept, online, sessions, status, until

TIMES = 5 if LONG else 1


async def test_cable_out_and_in(hall: Hall) -> None:
    """The cable of the guests' side, or of the line, is out for a while and in again: the session is the same, the visitor is online again
    within three seconds without doing anything, and a new one is let in."""
    anna, bert = await joined(hall, "anna", "bert")
    assert (await accept(anna)).status == 303
    async with watched(hall, anna) as fence:
        for link in ("lan0", "wan0") * TIMES:
            await unplug(hall, link)
            assert not await online(anna, 0.5)
            if link == "wan0":
                assert (await anna.get(PORTAL)).status == 200
            await plug_in(hall, link)
            await until(lambda: online(anna), 3)
            assert await fence.arrived() == 0
        assert (await accept(bert)).status == 303
        assert await online(bert)
    assert len(sessions(hall)) == 2


async def test_network_card_out_and_in(hall: Hall) -> None:
    """The interface itself is gone and comes back as a new one: shaped and served again, same session; DHCP and router advertisements are
    started again, as their units' dependency on the interface does."""
    anna, bert = await joined(hall, "anna", "bert")
    assert (await accept(anna)).status == 303
    async with watched(hall, anna) as fence:
        for link in ("lan0", "wan0") * TIMES:
            mac = await take_out(hall, link)
            assert not await online(anna, 0.5)
            await put_in(hall, link, mac)
            if link == "lan0":
                await hall.end("dnsmasq")
                await hall.end("radvd")
                await start_dnsmasq(hall)
                await start_radvd(hall)
            await until(lambda: online(anna), 5)
            await until(lambda: _healthy(hall), 5)
            await until(lambda link=link: _shaped(hall, link), 1)  # type: ignore[misc]
            assert await fence.arrived() == 0
        await until(lambda: _accepted(bert), 3)
        await until(lambda: online(bert), 1)
    assert len(sessions(hall)) == 2


async def _shaped(hall: Hall, link: str) -> bool:
    return "htb" in await in_gateway(hall, "tc", "qdisc", "show", "dev", link)


async def _healthy(hall: Hall) -> bool:
    return all(not fault.startswith("zone") for fault in status(hall).faults)


async def _accepted(phone: Phone) -> bool:
    return (await accept(phone)).status == 303


async def test_dhcp_server_restarted(hall: Hall) -> None:
    """The DHCP and DNS server is stopped, or killed, and started again: a download goes on, who is online stays it, a new phone gets an
    address of its own and is let in."""
    (anna,) = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    async with watched(hall, anna), downloading(anna) as download:
        for number, how in enumerate((signal.SIGTERM, signal.SIGKILL) * TIMES):
            await hall.end("dnsmasq", how)
            before = download.received
            await until(lambda before=before: _more(download, before + 300_000), 5)  # type: ignore[misc]
            assert await online(anna)
            await start_dnsmasq(hall)
            (fresh,) = await joined(hall, f"fresh{number}")
            assert fresh.lease.ip != anna.lease.ip
            assert (await accept(fresh)).status == 303
            assert [await online(phone) for phone in (anna, fresh)] == [True, True]
    assert (len(sessions(hall)), download.longest_gap < 2) == (1 + 2 * TIMES, True)


async def _more(download: Download, count: int) -> bool:
    return download.received > count
