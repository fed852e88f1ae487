"""What staff do with voucher codes."""

import zoneinfo
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from hotspot import control
from hotspot.control_vouchers import (
    VoucherBatch,
    VoucherCreate,
    VoucherList,
    VoucherPrint,
    VoucherRow,
    VouchersAre,
    VoucherWithdraw,
    VoucherWithdrawn,
)
from hotspot.portal.journal import Statement
from hotspot.portal.settings import Settings
from hotspot.portal.staff import Staff
from hotspot.portal.vouchers import MOST_CODES
from hotspot.session.sessions import Session
from hotspot.session.voucher_codes import codes
from tests.hotspot.portal.conftest import BERT_IP, Bench, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_accept import break_journal
from tests.hotspot.portal.test_redeem import DAY, GUEST, use

ORDER = VoucherCreate("guest", 3, " Meier ", DAY, devices=2, note="  Firma Muster, Schulung ")


@pytest.fixture
def portal_settings(portal_settings: Settings) -> Settings:
    """With a plan for vouchers."""
    zone = replace(portal_settings.zones["public"], voucher_plans=("guest",))
    return replace(portal_settings, plans={**portal_settings.plans, "guest": GUEST}, zones={"public": zone})


@pytest.fixture
def staff(bench: Bench) -> Staff:
    """Carries out orders."""
    return Staff(bench.office, bench.meter)


def row(bench: Bench, **changes: object) -> VoucherRow:
    """The batch of ``ORDER`` as it is listed."""
    made = VoucherRow(
        number=1,
        plan="guest",
        count=3,
        used=0,
        devices=2,
        valid=DAY,
        not_before=None,
        not_after=None,
        note="Firma Muster, Schulung",
        created_at=bench.clock.unix,
        created_by="Meier",
        created_uid=1_000,
        in_force=True,
    )
    return replace(made, **changes)


async def made(staff: Staff, order: VoucherCreate = ORDER) -> tuple[str, ...]:
    """The codes of a batch that was made."""
    reply = await staff.answer(order, 1_000)
    assert isinstance(reply, VoucherBatch), reply
    return codes(bytes.fromhex(reply.key), order.count)


async def test_create_list_print(bench: Bench, staff: Staff) -> None:
    """A batch is on disk with who made it; its codes can be printed again; how many were used is told."""
    all_codes = await made(staff)
    await use(bench, all_codes[2])
    again = await staff.answer(VoucherPrint(1))
    assert isinstance(again, VoucherBatch)
    assert (codes(bytes.fromhex(again.key), 3), again.batch) == (all_codes, row(bench, used=1))
    assert await staff.answer(VoucherList()) == VouchersAre((row(bench, used=1),))
    expected = [("guest", 3, 2, DAY, "Firma Muster, Schulung", "Meier", 1_000)]
    assert await bench.rows("SELECT plan, count, devices, valid, note, created_by, created_uid FROM voucher_batches") == expected


async def test_refused(bench: Bench, staff: Staff) -> None:
    """What cannot be made or found is said with what was expected."""
    answers = [
        await staff.answer(order)
        for order in (
            replace(ORDER, plan="free"),
            replace(ORDER, not_after="2027-01-14"),
            replace(ORDER, not_before="2027-02-02", not_after="2027-02-01"),
            replace(ORDER, not_before="2027-02-30"),
            VoucherPrint(1),
            VoucherWithdraw("Meier", number=1),
            VoucherWithdraw("Meier", code="00000-00000"),
            VoucherWithdraw("Meier", code="wrong"),
            VoucherWithdraw("Meier"),
            VoucherWithdraw("Meier", number=1, code="00000-00000"),
        )
    ]
    expected = "expected a day to come, and none before not_before"
    either = control.Refused("bad_request", "expected either number or code")
    number = control.Refused("unknown", "number = 1: expected the number of a batch of vouchers")
    assert answers == [
        control.Refused("bad_request", "plan = 'free': expected one of the plans for vouchers: guest"),
        control.Refused("bad_request", f"not_after = '2027-01-14': {expected}"),
        control.Refused("bad_request", f"not_after = '2027-02-01': {expected}"),
        control.Refused("bad_request", "not_before = '2027-02-30': expected a day such as \"2027-01-31\""),
        number,
        number,
        control.Refused("unknown", "code: expected a code of a batch that is on record"),
        control.Refused("bad_request", "code: expected 10 letters and digits"),
        either,
        either,
    ]


async def test_days(bench: Bench, staff: Staff) -> None:
    """Days are those of the hall: from the first one's beginning to the last one's end."""
    bench.office.settings = replace(
        bench.office.settings, hall=replace(bench.office.settings.hall, time_zone=zoneinfo.ZoneInfo("Europe/Berlin"))
    )
    all_codes = await made(staff, replace(ORDER, not_before="2027-01-16", not_after="2027-01-16"))
    begins = 1_800_000_000 + 15 * 3_600  # midnight in Berlin
    batch = bench.office.register.vouchers.batches[1]
    assert (batch.not_before, batch.not_after) == (begins, begins + DAY)
    answers = [await use(bench, all_codes[0])]
    bench.clock.tick(15 * 3_600)
    assert (answers, type(await use(bench, all_codes[0]))) == (["voucher_early"], Session)


async def test_room(bench: Bench, staff: Staff) -> None:
    """All codes together fit into memory."""
    full = control.Refused("full", f"count = 1: expected at most {MOST_CODES} codes of all batches together")
    for _ in range(MOST_CODES // 10_000):
        await made(staff, replace(ORDER, count=10_000))
    assert await staff.answer(replace(ORDER, count=1)) == full


async def test_withdraw_a_batch(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """Nobody gets in any more, who is in is cut; others stay; ordered again it changes nothing."""
    all_codes, others = await made(staff), await made(staff)
    await use(bench, all_codes[0])
    stays = await use(bench, others[0], BERT_IP)
    assert isinstance(stays, Session)
    withdrawn = row(bench, used=1, in_force=False, withdrawn_at=bench.clock.unix, withdrawn_by="Kaya", withdrawn_uid=7)
    assert await staff.answer(VoucherWithdraw(" Kaya ", number=1), 7) == VoucherWithdrawn(withdrawn, ended=1)
    assert (list(firewall.grants), await use(bench, all_codes[1])) == ([stays.id], "voucher_withdrawn")
    assert (await bench.visitor()).reason == "kicked"
    bench.clock.tick(5)
    assert await staff.answer(VoucherWithdraw("Someone", number=1), 8) == VoucherWithdrawn(withdrawn)
    shown = [await staff.answer(VoucherList(everything)) for everything in (False, True)]
    assert [[each.number for each in reply.batches] for reply in shown if isinstance(reply, VouchersAre)] == [[2], [1, 2]]


async def test_withdraw_a_code(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """The others of its batch stay good; a withdrawn code stays withdrawn after a fresh start of the journal."""
    all_codes = await made(staff)
    await use(bench, all_codes[0])
    reply = await staff.answer(VoucherWithdraw("Kaya", code=all_codes[0].lower()))
    assert reply == VoucherWithdrawn(row(bench, used=1, withdrawn_codes=1), code=all_codes[0], ended=1)
    assert (firewall.grants, await use(bench, all_codes[0])) == ({}, "voucher_withdrawn")
    assert isinstance(await use(bench, all_codes[1]), Session)


async def test_withdraw_while_the_firewall_is_away(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """It is withdrawn all the same; the session that could not be cut is told, and is cut when it is ordered again."""
    all_codes = await made(staff)
    await use(bench, all_codes[0])
    firewall.refuse = {"revoke": "internal"}
    reply = await staff.answer(VoucherWithdraw("Kaya", number=1))
    assert isinstance(reply, VoucherWithdrawn)
    assert (reply.ended, reply.pending, reply.batch.in_force) == (0, 1, False)
    firewall.refuse = {}
    again = await staff.answer(VoucherWithdraw("Kaya", number=1))
    assert isinstance(again, VoucherWithdrawn)
    assert (again.ended, again.pending, firewall.grants) == (1, 0, {})


async def test_staff_take_it_off_its_code(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """When staff give a device another plan, what it has used of its code until then counts there."""
    all_codes = await made(staff)
    online = await use(bench, all_codes[0])
    assert isinstance(online, Session)
    firewall.used[online.id] = (0, 4_000_000)  # not read by the meter yet
    await staff.answer(control.Allow((await bench.visitor()).code, plan="long"))
    firewall.used[online.id] = (0, 6_000_000)
    await use(bench, all_codes[0])
    assert firewall.grants[online.id].volume == 6_000_000 + 1_000_000


async def test_withdrawn_while_its_session_ends(
    bench: Bench, staff: Staff, firewall: FakeFirewall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends while the withdrawal is being written stays counted, and the row on disk is withdrawn even when an older one waited."""
    all_codes = await made(staff)
    online = await use(bench, all_codes[0])
    assert isinstance(online, Session)
    firewall.used[online.id] = (0, 4_000_000)
    journal, vouchers = bench.office.journal, bench.office.register.vouchers
    write, tickets = journal.write, vouchers.tickets[1]

    async def slow(statements: Sequence[Statement]) -> None:
        monkeypatch.setattr(journal, "write", write)
        await write(statements)
        firewall.end(online.id, "time")
        await until(lambda: not bench.office.register.in_progress() and not bench.office.register.unwritten())

    monkeypatch.setattr(journal, "write", slow)
    await staff.answer(VoucherWithdraw("Kaya", code=all_codes[0]))
    assert (list(tickets[0].devices.values()), tickets[0].withdrawn_by) == ([4_000_000], "Kaya")
    assert await bench.rows("SELECT withdrawn_by, devices LIKE '%:4000000}' FROM voucher_tickets") == [("Kaya", 1)]


async def test_an_older_batch_does_not_win(bench: Bench, staff: Staff) -> None:
    """A batch that waits to be written anew, as after a fresh file, is not written over its withdrawal."""
    await made(staff)
    bench.office.register.vouchers.write_all()
    await staff.answer(VoucherWithdraw("Kaya", number=1))
    assert await bench.office.save()
    assert await bench.rows("SELECT withdrawn_by FROM voucher_batches") == [("Kaya",)]


async def test_no_journal(bench: Bench, staff: Staff, portal_settings: Settings) -> None:
    """Without a journal nothing is made and nothing withdrawn."""
    all_codes = await made(staff)
    break_journal(portal_settings.state_dir)
    answers = [
        await staff.answer(order) for order in (ORDER, VoucherWithdraw("Kaya", number=1), VoucherWithdraw("Kaya", code=all_codes[0]))
    ]
    assert [one.code for one in answers if isinstance(one, control.Refused)] == ["journal"] * 3
    assert await staff.answer(VoucherList()) == VouchersAre((row(bench),))
