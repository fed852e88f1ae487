"""Phones that walk through a whole hall, firewall and portal included."""

import socket
from urllib.parse import urljoin

import pytest

from hotspot.lab import Hall, Options, Phone
from hotspot.lab.forms import forms, submission
from hotspot.lab.layout import SITE
from hotspot.lab.walk import Plan, Walker

pytestmark = pytest.mark.kernel


async def accepted(phone: Phone, portal: str) -> tuple[int, int]:
    """Tap the button of the splash page; status of the accept and of the page that it leads to, asked for at once as a browser does."""
    page = await phone.get(portal)
    tap = submission(portal, next(form for form in forms(page.text) if form.method == "POST"))
    answer = await phone.request("POST", tap.url, headers=tap.headers, body=tap.body)
    shown = await phone.request("GET", urljoin(tap.url, answer.header("location") or ""), seconds=3)
    return answer.status, shown.status


async def test_no_visitor_loses_the_page_after_the_tap(raised_hall: Hall) -> None:
    """Connections that a client opened while captive are forgotten when it comes online; the one on which it reads the portal's answer is
    not, or every tenth visitor would look at an empty page."""
    seen = []
    for number in range(15):
        phone = await raised_hall.add_phone(f"p{number}")
        await phone.join()
        seen.append(await accepted(phone, "http://portal.hall.example/"))
    assert seen == [(303, 200)] * 15


async def test_a_hall_with_certificates(name: str) -> None:
    """Every step passes over HTTPS too, and a phone that trusts the hall's authority accepts the portal's certificate."""
    async with Hall(name, Options(tls=True)) as hall:
        phone = await hall.add_phone("anna")
        steps = await Walker(hall, phone, Plan(10e6, 2e6), seconds=1).walk()
        assert [step for step in steps if not step.passed] == []
        assert phone.lease.option_114 == "https://portal.hall.example/api/captive"


async def test_iperf3_is_there_for_those_who_measure(raised_hall: Hall) -> None:
    """A server in the WAN, reached by a phone that is online, over both stacks."""
    await raised_hall.start_iperf3()
    phone = await raised_hall.add_phone("anna")
    await phone.join()
    assert await accepted(phone, "http://portal.hall.example/") == (303, 200)
    for target in (SITE, await phone.resolve("www.town.example", socket.AF_INET6)):
        assert (await phone.run(["iperf3", "--client", target, "--time", "1"])).status == 0
