"""One visitor, from the first packet to the last: the whole product in one test. Read this file first; ``docs/tour.md`` has the same steps.

Everything here is real: network namespaces with their own kernel state, dnsmasq and radvd, a DHCP client, the firewall daemon with
CAP_NET_ADMIN and nothing else, the portal without any privilege, the Internet played by a web server and a name server, the city's hub with
its PostgreSQL, and eleven more halls that report to it, which are simulated.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time

import pytest

from hotspot import control
from hotspot.ask import ask
from hotspot.lab import Hall, Options
from hotspot.lab.browse import Unreachable
from hotspot.lab.city import Counted
from hotspot.lab.forms import forms, submission
from hotspot.lab.layout import SITE, SITE6, SITE_TLS_PORT
from hotspot.lab.phone import Phone

pytestmark = pytest.mark.kernel

PORTAL = "https://portal.hall.example/"
API = f"{PORTAL}api/captive"
PAGE = "http://www.town.example/"
MIB = 2**20


async def test_a_visitor_gets_online_and_leaves_on_time() -> None:
    """An address, a refusal, a redirect, a page, one tap, online at the plan's speed on both stacks, counted here and at the hub, and cut
    at the end."""
    plan = Options(plan_down="10 Mbit/s", plan_up="2 Mbit/s", plan_time="1 h", plan_volume="6 MB", tls=True, hub=True)
    async with Hall(f"journey{os.getpid()}", plan) as hall:
        anna, bert = await hall.add_phone("anna"), await hall.add_phone("bert")
        for phone in (anna, bert):
            await phone.join()

        # 0. An address by DHCP (with the portal's API in option 114) and by SLAAC; the name server tells the truth.
        assert anna.lease.option_114 == API
        assert (await anna.resolve("www.town.example"), await anna.resolve("www.town.example", socket.AF_INET6)) == (SITE, SITE6)

        # 1. The first packet of an unknown MAC: all but port 80 is refused at once, so that nothing on the phone waits.
        assert [await refused_within(anna, address, 0.3) for address in (SITE, SITE6)] == [True, True]

        # 2. The probe: 302 to the portal, whatever was asked for, and the API says the same.
        for family in (socket.AF_INET, socket.AF_INET6):
            probe = await anna.get("http://connectivitycheck.gstatic.com/generate_204", family=family)
            assert (probe.status, probe.header("location")) == (302, PORTAL)
        told = await anna.get(API)
        assert (told.header("content-type"), json.loads(told.text)) == (
            "application/captive+json",
            {"captive": True, "user-portal-url": PORTAL, "venue-info-url": f"{PORTAL}town", "can-extend-session": False},
        )

        # 3. The page: small, in the visitor's language, one form.
        splash = await anna.get(PORTAL, {"Accept-Language": "de-DE,de;q=0.9"})
        (form,) = [each for each in forms(splash.text) if each.method == "POST"]
        assert (splash.status, '<html lang="de"' in splash.text, splash.wire_bytes <= 14_336) == (200, True, True)

        # 4 and 5. Accept: written down, then granted, then answered. 6. The kernel lets her through, and only her.
        sent = submission(PORTAL, form)
        answer = await anna.request("POST", sent.url, headers=sent.headers, body=sent.body)
        assert (answer.status, answer.header("location")) == (303, "/online")
        assert [(await anna.get(PAGE, family=family)).status for family in (socket.AF_INET, socket.AF_INET6)] == [200, 200]
        assert await refused_within(bert, SITE, 0.3)
        again = await anna.request("POST", sent.url, headers=sent.headers, body=sent.body)  # tapped twice: the same session
        assert (again.status, len(sessions(hall))) == (303, 1)

        # The plan's speed, bytes at layer 3.
        rate = (await anna.download_rate(2.0, settle=0.5)).bits_per_second
        assert 9e6 < rate < 10.5e6  # a busy machine may leave some of it unused

        # 7. Usage: what the kernel counted is what the phone says, on her page, in the API and at the help desk alike.
        (row,) = sessions(hall)
        told = await anna.get(API)
        now = json.loads(told.text)
        assert (now["captive"], 3_500 < now["seconds-remaining"] <= 3_600) == (False, True)
        left = 6_000_000 - row.bytes_up - row.bytes_down
        assert 0 < now["bytes-remaining"] <= left
        assert row.code in (await anna.get(f"{PORTAL}online")).text

        await her_visit_is_at_the_hub(hall)
        await her_volume_is_used_up(hall, anna)

        # Nothing in any log tells who she was.
        logs = "".join(log.read_text() for log in hall.folder.logs.glob("*.log") if log.name.startswith(("firewall", "portal", "hub")))
        assert [word for word in (anna.mac, anna.lease.ip, anna.address6) if word in logs] == []


async def her_visit_is_at_the_hub(hall: Hall) -> None:
    """8. Report: counted there once, with as many bytes as the portal tells at that moment. 9. Dashboard: the city sees all its halls."""
    city = hall.city
    assert city is not None
    async with asyncio.timeout(20):
        while True:
            (row,) = sessions(hall)
            if await city.counted() == Counted(1, row.bytes_down, row.bytes_up):
                break
            await asyncio.sleep(0.2)
    now = {one["hall"]: (one["state"], one["online"]) for one in await city.ask("GET", "/figures/now")}
    assert (len(now), {state for state, _ in now.values()}, now[city.hall]) == (12, {"well"}, ("well", 1))


async def her_volume_is_used_up(hall: Hall, anna: Phone) -> None:
    """The end: a download that runs is cut, the page is the splash page again, and she is captive."""
    with pytest.raises(Unreachable):
        await anna.get("http://download.town.example/bytes/8000000")
    ended = await anna.get(PORTAL)
    assert (ended.status, sessions(hall)) == (200, ())
    assert await refused_within(anna, SITE, 0.3)
    assert (await anna.get(PAGE)).status == 302


async def refused_within(phone: Phone, address: str, seconds: float) -> bool:
    """Is the phone told at once that it may not connect there?"""
    began = time.monotonic()
    try:
        await phone.connect(address, SITE_TLS_PORT)
    except Unreachable:
        return time.monotonic() - began < seconds
    return False


def sessions(hall: Hall) -> tuple[control.SessionRow, ...]:
    """The sessions in progress, as staff see them."""
    reply = ask(hall.folder.control_socket, control.Sessions())
    assert isinstance(reply, control.SessionsAre), reply
    return reply.sessions


async def test_staff_end_block_and_let_in_by_device_code() -> None:
    """The command line names a visitor by the code that the visitor's own page shows: end, block, let in; each takes effect at once."""
    async with Hall(f"staff{os.getpid()}", Options()) as hall:
        anna = await hall.add_phone("anna")
        await anna.join()
        portal = PORTAL.replace("https", "http")
        page = await anna.get(portal)
        sent = submission(portal, next(form for form in forms(page.text) if form.method == "POST"))
        await anna.request("POST", sent.url, headers=sent.headers, body=sent.body)
        (row,) = sessions(hall)

        async def hotspot(*words: str) -> str:
            command = [sys.executable, "-P", "-m", "hotspot", *words, "--socket", str(hall.folder.control_socket)]
            done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout

        assert row.code in await hotspot("sessions")
        assert json.loads(await hotspot("status", "--json"))["ok"] is True
        seen = []
        code = row.code
        orders = (("kick", code), ("allow", code.lower()), ("block", code, "--reason", "Probe"), ("unblock", code), ("allow", code))
        for words in orders:
            await hotspot(*words)
            seen.append(not await refused_within(anna, SITE, 5))
            if words[0] == "block":
                assert "Probe" in (await anna.get(portal)).text
        assert seen == [False, True, False, False, True]
        assert anna.mac not in await hotspot("sessions", "--json")
