"""What a captive client reaches by name: nothing of the probes' hosts, and of a walled garden exactly the names that are in it."""

import asyncio
import re
import socket
import time
from pathlib import Path

from hotspot.lab import Hall, Options
from hotspot.lab.browse import Unreachable, fetch, target
from hotspot.lab.layout import GARDEN, GARDEN6, PORTAL_NAME, SITE, SITE6
from hotspot.lab.namespaces import command
from hotspot.lab.phone import Phone
from hotspot.lab.probes import PROBES, SITE_NAMES
from tests.kernel.attacks.programs import say
from tests.kernel.attacks.witness import Witness
from tests.kernel.conftest import RaiseHall
from tests.kernel.daemons import Peer
from tests.kernel.visits import accept, until

NAME = "help.town.example"
FAMILIES = ((socket.AF_INET, SITE), (socket.AF_INET6, SITE6))

_SITE_TABLE = f"""table inet witness {{
  counter seen {{ }}
  chain prerouting {{
    type filter hook prerouting priority raw - 10; policy accept;
    iifname "isp0" ip daddr {SITE} tcp dport != 80 counter name "seen"
    iifname "isp0" ip6 daddr {SITE6} tcp dport != 80 counter name "seen"
    iifname "isp0" ip daddr {SITE} meta l4proto != tcp counter name "seen"
    iifname "isp0" ip6 daddr {SITE6} meta l4proto != tcp counter name "seen"
  }}
}}
"""


async def _refused(phone: Phone, address: str, port: int) -> bool:
    """Refused at once?"""
    began = time.monotonic()
    try:
        await phone.connect(address, port)
    except Unreachable:
        return time.monotonic() - began < 0.3
    return False


async def test_no_host_of_the_probes_is_reachable(hall: Hall) -> None:
    """Every host that an operating system or browser asks is resolved truly, on both stacks, and answers nothing itself: HTTP leads to the
    portal, everything else is refused at once."""
    phone, site = await hall.add_phone("anna"), Witness(hall.layout.wan, _SITE_TABLE)
    await phone.join()
    await site.begin()
    wrong: list[str] = []
    path_of = {probe.host: probe.path for probe in PROBES}
    for family, address in FAMILIES:
        for number, name in enumerate(sorted(SITE_NAMES)):
            if family == socket.AF_INET and name.startswith("ipv6."):
                continue
            if number % 2 == 0 and await phone.resolve(name, family) != address:  # half of them: a phone's budget of questions
                wrong.append(f"{name} is not resolved truly")
            answer = await fetch(phone.namespace, address, target(f"http://{name}{path_of.get(name, '/')}"))
            if (answer.status, answer.header("location")) != (302, f"http://{PORTAL_NAME}/"):
                wrong.append(f"http://{name} answers {answer.status}")
            if not await _refused(phone, address, 443):
                wrong.append(f"https://{name} is not refused at once")
            await asyncio.sleep(0.03)  # the pace of a phone: 50 connections to the portal a second are its limit
        for port in (8_000, 853, 8_443):
            assert await _refused(phone, address, port)
    assert (wrong, await site.packets()) == ([], 0)
    assert (await accept(phone)).status == 303
    await phone.connect(SITE, 443)
    await phone.connect(SITE6, 443)
    assert await site.packets() > 0


def _cpu_seconds(pid: int) -> float:
    """Of a process and its children that have ended."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, words[11:15])) / 100


async def _set(hall: Hall, name: str) -> str:
    return await command("ip", "netns", "exec", hall.layout.gateway, "nft", "list", "set", "inet", "hotspot_public", name)


async def test_the_garden_is_filled_by_name(raise_hall: RaiseHall) -> None:
    """A name of the garden is reachable from the first question on, over both stacks, its neighbours in the same network are not; the
    addresses leave by themselves; and a set that somebody has emptied fills again within the cache's ten seconds."""
    hall = await raise_hall(Options(garden=(NAME,)))
    phone = await hall.add_phone("anna")
    await phone.join()
    assert [await _refused(phone, address, 443) for address in (GARDEN, GARDEN6)] == [True, True]
    for family in (socket.AF_INET, socket.AF_INET6):
        page = await phone.get(f"http://{NAME}/", family=family)
        assert (page.status, "Town of Example" in page.text) == (200, True)
    await phone.connect(GARDEN, 443)
    await phone.connect(GARDEN6, 443)
    assert [await _refused(phone, address, port) for address in (SITE, SITE6) for port in (443, 8_000)] == [True] * 4
    assert (await phone.get("http://www.town.example/")).status == 302
    for name, address in (("garden4", GARDEN), ("garden6", GARDEN6)):
        assert re.search(rf"elements = \{{ {re.escape(address)} expires 5\d+m\S* \}}", await _set(hall, name)), name
        await command("ip", "netns", "exec", hall.layout.gateway, "nft", "flush", "set", "inet", "hotspot_public", name)
    assert await _refused(phone, GARDEN, 443)

    async def open_again() -> bool:
        return (await phone.get(f"http://{NAME}/")).status == 200

    say(f"open again {await until(open_again, 12):.1f} s after the sets were emptied")


async def test_the_garden_costs_the_daemon_nothing(hall: Hall) -> None:
    """60 changes of the garden by somebody else, as dnsmasq makes them: no drift is seen, nothing is repaired, the load ends with them."""
    process, peer = hall.process("firewall"), Peer(hall.folder.firewall_socket)
    try:
        drift = peer.status().drift
        before, began = _cpu_seconds(process.pid), time.monotonic()
        for number in range(60):
            element = f"{{ 198.51.100.{100 + number} }}"
            await command("ip", "netns", "exec", hall.layout.gateway, "nft", "add", "element", "inet", "hotspot_public", "garden4", element)
        took, used = time.monotonic() - began, _cpu_seconds(process.pid) - before
        say(f"{60 / took:.0f} changes/s: {used / took * 100:.0f} % of a core in the daemon")
        await asyncio.sleep(1)  # the last look
        before = _cpu_seconds(process.pid)
        await asyncio.sleep(1.5)  # a measuring interval
        assert (peer.status().drift, peer.status().ready) == (drift, True)
        assert _cpu_seconds(process.pid) - before < 0.2
    finally:
        peer.close()
