"""What a phone's system is told without asking a web page: the address of the API by DHCP and by router advertisement (RFC 8910), and the
API itself over TLS (RFC 8908), every field of it, over IPv4 and IPv6, until a session ends; and what it is told where there is no TLS."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from hotspot import control
from hotspot.ask import ask
from hotspot.lab import Hall, Options, certificates, processes, servers
from hotspot.lab.advertisements import captive_portal, options
from hotspot.lab.browse import Response
from hotspot.lab.forms import forms, submission
from hotspot.lab.layout import PORTAL_NAME
from hotspot.lab.phone import Phone
from tests.kernel.visits import PORTAL, PORTAL_TLS, accept, sessions

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = f"{PORTAL_TLS}api/captive"
MOST = 4_096
"""Characters of an answer that Android reads."""
ANDROID = {"Accept": "application/captive+json", "Connection": "close"}
FAMILIES = [socket.AF_INET, socket.AF_INET6]
HOUR, VOLUME, EXTENSION = 3_600, 100_000_000, 1_800


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall() -> AsyncIterator[Hall]:
    """A hall with a certificate, and a plan that has everything an answer can tell of."""
    choices = Options(tls=True, plan_time="1 h", plan_volume="100 MB", plan_extension="30 min")
    async with Hall(f"api{os.getpid()}", choices) as hall:
        yield hall


@pytest_asyncio.fixture(loop_scope="module")
async def phone(hall: Hall) -> Phone:
    """A new phone that has joined."""
    phone = await hall.add_phone(f"visitor{len(hall.record.phones)}")
    await phone.join()
    return phone


def told(answer: Response) -> dict[str, Any]:
    """The fields of an answer that Android would not throw away: status, type, length, caching as they must be."""
    about = (answer.status, answer.header("content-type"), answer.header("cache-control"), answer.header("connection"))
    assert about == (200, "application/captive+json", "private, no-store", "close")
    assert len(answer.text) <= MOST
    fields: dict[str, Any] = msgspec.json.decode(answer.body)
    return fields


def kick_everybody(hall: Hall) -> None:
    """End all sessions, as staff do."""
    for row in sessions(hall):
        assert isinstance(ask(hall.folder.control_socket, control.Kick(row.code)), control.Done)


async def test_dhcp_and_router_advertisement_say_the_same(phone: Phone) -> None:
    """Option 114 is the API's address, and option 37 is the same to the byte where this machine's radvd can send it; else there is none."""
    advertised = await phone.advertised()
    can = await servers.radvd_tells_portal()
    assert (phone.lease.option_114, captive_portal(advertised)) == (API, API if can else "")
    assert (37 in dict(options(advertised))) is can


@pytest.mark.parametrize("family", FAMILIES, ids=["ipv4", "ipv6"])
async def test_captive(phone: Phone, family: int) -> None:
    """Before acceptance: captive, where the portal is, where the town is; over TLS that the phone has checked; HEAD is as good as GET."""
    expected = {"captive": True, "user-portal-url": PORTAL_TLS, "venue-info-url": f"{PORTAL_TLS}town", "can-extend-session": False}
    assert told(await phone.get(API, ANDROID, family)) == expected
    head = await phone.request("HEAD", API, headers=ANDROID, family=family)
    assert (head.status, head.header("content-type"), head.body) == (200, "application/captive+json", b"")


@pytest.mark.parametrize("accepts", ["application/captive+json", "application/capport+json", "*/*", ""])
async def test_the_media_type_is_the_registered_one(phone: Phone, accepts: str) -> None:
    """Whatever is accepted, also what RFC 8910 prints by mistake: RFC 8908's type is the answer."""
    assert told(await phone.get(API, {"Accept": accepts}))["captive"] is True


@pytest.mark.parametrize("family", FAMILIES, ids=["ipv4", "ipv6"])
async def test_every_field_is_live(hall: Hall, phone: Phone, family: int) -> None:
    """Online: six fields; time goes by, bytes are used up, the button for more time counts and goes; after the end it is as before."""
    before = told(await phone.get(API, ANDROID, family))
    assert (await accept(phone, PORTAL_TLS)).status == 303
    first = told(await phone.get(API, ANDROID, family))
    seconds, count = first.pop("seconds-remaining"), first.pop("bytes-remaining")
    assert first == {**before, "captive": False, "can-extend-session": True}
    assert (HOUR - 30 < seconds <= HOUR, VOLUME - 100_000 < count <= VOLUME) == (True, True)

    counted = await phone.forwarded()
    await phone.get("http://download.town.example/bytes/50000")  # few enough that no queue drops what was counted already
    await asyncio.sleep(1.1)  # the time that is to go by, not a wait for something
    later = told(await phone.get(API, ANDROID, family))
    assert later["seconds-remaining"] < seconds
    used = (await phone.forwarded()).since(counted)
    assert (count - later["bytes-remaining"], used.down > 50_000) == (used.up + used.down, True)

    page = await phone.get(PORTAL_TLS)
    sent = submission(PORTAL_TLS, next(form for form in forms(page.text) if form.action.startswith("/extend")))
    assert (await phone.request("POST", sent.url, headers=sent.headers, body=sent.body)).status == 303
    longer = told(await phone.get(API, ANDROID, family))
    assert longer["can-extend-session"] is False
    assert EXTENSION - 30 < longer["seconds-remaining"] - later["seconds-remaining"] <= EXTENSION

    kick_everybody(hall)
    assert told(await phone.get(API, ANDROID, family)) == before


@pytest.mark.parametrize("version", [4, 6])
async def test_a_renewed_certificate_is_shown_without_a_restart(hall: Hall, phone: Phone, version: int) -> None:
    """New files and a signal: the phone sees another certificate of the same authority and the same process, and is online meanwhile."""
    assert (await accept(phone, PORTAL_TLS)).status == 303
    before, portal, log = await phone.certificate_serial(PORTAL_NAME, version), hall.process("portal"), hall.folder.log("portal")
    offset = log.stat().st_size
    await certificates.renew_portal(hall.folder.path / "tls")
    os.kill(portal.pid, signal.SIGHUP)
    await processes.line_in(log, "certificate_reloaded", portal, offset=offset)
    after = await phone.certificate_serial(PORTAL_NAME, version)
    assert (after != before, hall.process("portal") == portal, processes.alive(portal)) == (True, True, True)
    assert told(await phone.get(API, ANDROID))["captive"] is False
    kick_everybody(hall)


async def test_without_a_certificate_nothing_is_advertised() -> None:
    """Phones refuse an API without TLS, so no option names one, and whoever asks all the same is told no address of the portal."""
    async with Hall(f"plain{os.getpid()}", Options()) as hall:
        phone = await hall.add_phone("anna")
        await phone.join()
        advertised = await phone.advertised()
        assert (phone.lease.option_114, captive_portal(advertised), 37 in dict(options(advertised))) == ("", "", False)
        answer = told(await phone.get(f"{PORTAL}api/captive", ANDROID))
        assert answer == {"captive": True, "venue-info-url": f"{PORTAL}town", "can-extend-session": False}
