"""The voucher page over real HTTP connections."""

import re

import pytest
from msgspec.structs import replace

from hotspot.portal.desk import Refusal
from hotspot.portal.redeem import REFUSALS
from hotspot.portal.settings import Settings
from hotspot.portal.web_vouchers import WRONG
from hotspot.session.admission import Barrier
from hotspot.session.forms import VoucherForm
from hotspot.session.plans import Plan
from hotspot.session.states import State
from tests.hotspot.portal.desk_in_memory import FREE, LONG, NOW, TOKEN, make_settings
from tests.hotspot.portal.served_hall import hall, heading

GUEST: Plan = replace(FREE, name="guest", voucher=True)
LINK = '<a href="/voucher">I have a voucher code</a>'
FIELDS = {"token": TOKEN, "terms": "2026-11", "code": "xn4q0 9b7ty"}


def with_vouchers(*plans: Plan) -> Settings:
    """A hall with plans for everybody and one for vouchers."""
    settings = make_settings(plans=plans or (FREE,))
    zone = replace(settings.zones["public"], voucher_plans=("guest",))
    return replace(settings, plans={**settings.plans, "guest": GUEST}, zones={"public": zone})


async def test_the_way_there() -> None:
    """From the splash page, from a pause and from the online page, where there are plans for vouchers; never where there are none."""
    found = []
    for settings in (with_vouchers(FREE, LONG), make_settings()):
        async with hall(settings) as served:
            pages = [await served.get("/", Accept_Language="en")]
            served.desk.barrier = Barrier("pause", NOW + 60)
            pages.append(await served.get("/", Accept_Language="en"))
            served.desk.barrier = Barrier("closed", NOW + 60)
            pages.append(await served.get("/", Accept_Language="en"))
            served.desk.barrier, served.desk.state = None, State.ONLINE
            pages.append(await served.get("/online", Accept_Language="en"))
            found.append([LINK in page.text for page in pages])
    assert found == [[True, True, False, True], [False] * 4]


async def test_voucher_plans_are_not_on_offer() -> None:
    """The radio buttons are those of the other plans."""
    async with hall(with_vouchers(FREE, LONG)) as served:
        page = await served.get("/", Accept_Language="en")
    assert re.findall(r'<input type="radio" name="plan" value="([^"]*)"', page.text) == ["free", "long"]


async def test_a_code_lets_in() -> None:
    """Form, 303, online page; what was typed goes to the desk as it is, and stands in no address."""
    async with hall(with_vouchers()) as served:
        page = await served.get("/voucher?lang=en")
        answer = await served.post("/voucher?lang=en", FIELDS, User_Agent="CaptiveNetworkSupport-407.40.1 wispr")
        online = await served.get("/online?lang=en")
    assert (page.status, heading(page)) == (200, "Enter your voucher code")
    assert '<form method="post" action="/voucher?lang=en">' in page.text
    assert (answer.status, answer.headers["Location"], online.status) == (303, "/online?lang=en", 200)
    assert served.desk.redeemed == [(VoucherForm(TOKEN, "2026-11", "xn4q0 9b7ty"), "en", "apple")]
    assert LINK in online.text or "/voucher?lang=en" in online.text


@pytest.mark.parametrize("code", REFUSALS)
async def test_wrong_code(code: str) -> None:
    """The form again, with what was typed, what is wrong with it, said to screen readers too, and in the other languages."""
    async with hall(with_vouchers()) as served:
        served.desk.refusal = Refusal(code)
        page = await served.post("/voucher", {**FIELDS, "code": '"><b>x'}, Accept_Language="en")
    field = re.search(r'<input type="text"[^>]*>', page.text)
    assert field is not None
    assert (page.status, WRONG[code].text in page.text) == (WRONG[code].status, True)
    assert 'value="&#34;&gt;&lt;b&gt;x"' in field[0]
    assert ('aria-describedby="wrong hint"' in field[0], 'id="wrong"' in page.text, 'role="alert"' in page.text) == (True, True, True)
    assert 'href="/voucher?lang=fr"' in page.text or 'href="/voucher?lang=de"' in page.text


async def test_other_refusals() -> None:
    """What is not about the code is told as everywhere."""
    statuses = []
    async with hall(with_vouchers()) as served:
        for code in ("closed", "daily", "journal", "firewall", "full", "blocked", "terms"):
            served.desk.refusal = Refusal(code)
            statuses.append((await served.post("/voucher", FIELDS)).status)
        served.desk.refusal = None
        statuses.append((await served.post("/voucher", {**FIELDS, "token": "old"})).status)
        statuses.append((await served.post("/voucher", {"token": TOKEN})).status)
        statuses.append((await served.post("/voucher", FIELDS, Origin="http://evil.example")).status)
    assert statuses == [409, 409, 503, 503, 503, 403, 409, 403, 400, 403]


async def test_without_vouchers() -> None:
    """A zone without plans for vouchers has no such page; a blocked device is told that it is blocked."""
    async with hall() as served:
        none = [(await served.get("/voucher")).status, (await served.post("/voucher", FIELDS)).status]
    async with hall(with_vouchers()) as served:
        served.desk.state = State.BLOCKED
        blocked = await served.get("/voucher")
    assert (none, blocked.status, blocked.headers["Location"]) == ([404, 404], 303, "/")
