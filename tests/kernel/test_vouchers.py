"""Voucher codes on the real kernel: a phone types one, has its plan's rates, and others may not."""

import signal

from msgspec.structs import replace

from hotspot.ask import ask
from hotspot.control_vouchers import VoucherBatch, VoucherCreate, VoucherWithdraw, VoucherWithdrawn
from hotspot.lab import Hall
from hotspot.lab.browse import Response
from hotspot.lab.forms import forms, submission
from hotspot.lab.phone import Phone
from hotspot.session.voucher_codes import codes
from tests.kernel.failures.visitors import downloading
from tests.kernel.test_plans import _more_than, _phone, _rate, _reload
from tests.kernel.visits import PORTAL, accept, at_rate, downloads, online, sessions, until

GUEST = """
[plans.guest]
title = { de = "Gast", en = "Guest" }
down = "20 Mbit/s"
up = "4 Mbit/s"
time = "30 min"
voucher = true

[zones.public]
"""
ENGLISH = {"Accept-Language": "en"}


async def _codes(hall: Hall, devices: int) -> tuple[str, ...]:
    """The hall has a plan for vouchers; the codes of a batch."""
    await _reload(hall, ("\n[zones.public]\n", GUEST), ('plans = ["free"]', 'plans = ["free", "guest"]'))
    made = ask(hall.folder.control_socket, VoucherCreate("guest", 3, "staff", 3_600.0, devices))
    assert isinstance(made, VoucherBatch), made
    return codes(bytes.fromhex(made.key), 3)


async def _redeem(phone: Phone, code: str) -> Response:
    """Open the page for codes, type one, tap."""
    page = await phone.get(f"{PORTAL}voucher", ENGLISH)
    form = next(form for form in forms(page.text) if form.method == "POST")
    typed = replace(form, fields=tuple((name, code if name == "code" else value) for name, value in form.fields))
    sent = submission(PORTAL, typed)
    return await phone.request("POST", sent.url, headers={**sent.headers, **ENGLISH}, body=sent.body)


async def test_a_code_lets_in_and_makes_faster(hall: Hall) -> None:
    """One who is online goes on with the code's rates on the same connection, another gets in with it, a third is refused; a portal that
    was killed still knows; withdrawn, both are cut at once."""
    code = (await _codes(hall, devices=2))[0]
    anna, bert, carl = [await _phone(hall, name) for name in ("anna", "bert", "carl")]
    splash = await anna.get(PORTAL, ENGLISH)
    await accept(anna)
    async with downloading(anna) as download:
        await until(lambda: _more_than(download, 1_000_000), 5)
        redeemed = await _redeem(anna, code.lower())
        assert await at_rate(lambda: _rate(anna, 2), 20e6)
    assert ("I have a voucher code" in splash.text, redeemed.status, redeemed.header("location")) == (True, 303, "/online")
    assert download.longest_gap < 1.0
    assert (await _redeem(bert, code)).status == 303
    assert await at_rate(lambda: downloads(bert), 20e6)
    await hall.end("portal", signal.SIGKILL)
    await hall.start_portal()
    third = await _redeem(carl, code)
    assert (third.status, "used on other devices already" in third.text, code in third.text) == (409, True, True)
    assert [await online(phone) for phone in (anna, bert, carl)] == [True, True, False]
    assert [(row.plan, row.seconds_left > 1_700) for row in sessions(hall)] == [("guest", True)] * 2
    withdrawn = ask(hall.folder.control_socket, VoucherWithdraw("staff", number=1))
    assert isinstance(withdrawn, VoucherWithdrawn)
    assert (withdrawn.ended, [await online(phone) for phone in (anna, bert)]) == (2, [False, False])


async def test_a_code_ends_the_session(hall: Hall) -> None:
    """The code's time is over before the plan's: the kernel shuts then, the page says why, and the code lets nobody in any more."""
    await _codes(hall, devices=2)
    made = ask(hall.folder.control_socket, VoucherCreate("guest", 1, "staff", 15.0, 2))
    assert isinstance(made, VoucherBatch)
    (code,) = codes(bytes.fromhex(made.key), 1)
    anna = await _phone(hall)
    assert (await _redeem(anna, code)).status == 303
    assert 10 < sessions(hall)[0].seconds_left <= 15
    await until(lambda: _captive(anna), 20)
    await until(lambda: _says(anna, "The time of your voucher is over"), 3)
    again = await _redeem(anna, code)
    assert (again.status, "This code is no longer valid." in again.text) == (409, True)


async def _captive(phone: Phone) -> bool:
    return not await online(phone)


async def _says(phone: Phone, words: str) -> bool:
    return words in (await phone.get(PORTAL, ENGLISH)).text
