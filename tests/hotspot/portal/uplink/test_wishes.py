"""What a policy wants of block list and vouchers: entered once, lifted when it wants it no longer, over restarts and a broken journal."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from firewall.api import BlockedPlace
from hotspot import control
from hotspot.control_vouchers import VoucherCreate, VoucherWithdraw
from hotspot.portal.policy_values import FromHub, WantedBatch, WantedEntry
from hotspot.portal.settings import Hub, Settings
from hotspot.portal.staff import Staff
from hotspot.portal.uplink.wishes import Wishes, objection
from hotspot.session.blocklist import parse_target
from hotspot.session.voucher_codes import codes
from hotspot.session.vouchers import KEPT
from tests.hotspot.portal.conftest import BERT_IP, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_accept import break_journal
from tests.hotspot.portal.test_blocking import shut
from tests.hotspot.portal.test_redeem import DAY, GUEST, use

CASINO = WantedEntry("a", parse_target("198.51.100.0/24"), None, "by order", "7 K 26/26", "hub: legal department")
MAIL = WantedEntry("b", parse_target("tcp/25"), "public", "spam", "8 K 26/26", "hub: legal department")
KEY = "ab" * 16
FAIR = WantedBatch("fair", KEY, "guest", 3, 2, DAY, None, None, "Messe", "hub: Meier")
CODES = codes(bytes.fromhex(KEY), 3)


@pytest.fixture
def portal_settings(portal_settings: Settings, tmp_path: Path) -> Settings:
    """With a plan for vouchers."""
    zone = replace(portal_settings.zones["public"], voucher_plans=("guest",))
    return replace(portal_settings, plans={**portal_settings.plans, "guest": GUEST}, zones={"public": zone})


async def follow(bench: Bench, *wanted: WantedEntry | WantedBatch, serial: int = 1) -> bool:
    """A policy that wants this comes into force."""
    blocklist = tuple(one for one in wanted if isinstance(one, WantedEntry))
    vouchers = tuple(one for one in wanted if isinstance(one, WantedBatch))
    bench.office.settings = replace(bench.office.settings, policy=FromHub(serial, blocklist, vouchers))
    return await Wishes(bench.office).look()


async def entries(bench: Bench) -> list[tuple[object, ...]]:
    """Of the block list, as the journal has them."""
    return await bench.rows("SELECT number, coalesce(network, service), added_by, added_uid, removed_by, removed_reason FROM blocklist")


async def batches(bench: Bench) -> list[tuple[object, ...]]:
    """Of vouchers, as the journal has them."""
    return await bench.rows("SELECT number, key, count, created_by, withdrawn_by FROM voucher_batches ORDER BY number")


async def test_the_block_list_follows_the_policy(bench: Bench, firewall: FakeFirewall) -> None:
    """Entered with who and why, in the kernel at once; the same policy again changes nothing; what leaves the policy is lifted, with the
    reason on record, and what changes is another entry."""
    assert await follow(bench, CASINO, MAIL)
    await bench.office.enforcement.look(bench.office.gate.link)
    assert BlockedPlace("198.51.100.0/24", None, None) in shut(firewall)["public"]
    before = await entries(bench)
    assert before == [
        (1, "198.51.100.0/24", "hub: legal department", None, "", ""),
        (2, "tcp/25", "hub: legal department", None, "", ""),
    ]
    assert await follow(bench, CASINO, MAIL, serial=2)
    assert await entries(bench) == before
    assert await follow(bench, replace(CASINO, reason="by another order"), serial=3)
    why = ("hub: policy 3", "the hub's policy has it no longer")
    assert await entries(bench) == [(*before[0][:4], *why), (*before[1][:4], *why), (3, *before[0][1:])]
    await bench.office.enforcement.look(bench.office.gate.link)
    assert shut(firewall)["public"] == (BlockedPlace("198.51.100.0/24", None, None),)


async def test_what_the_hall_has_stays_the_halls(bench: Bench, firewall: FakeFirewall) -> None:
    """An entry of the hall is not lifted with those of the hub, and one of the hub is not lifted in the hall as long as there is a hub."""
    staff = Staff(bench.office, bench.meter)
    own = await staff.answer(control.BlocklistAdd("198.51.100.0/24", "own order", "1", "hub: clerk"), 1_000)
    assert isinstance(own, control.BlocklistChanged)
    await follow(bench, CASINO)
    bench.office.settings = replace(bench.office.settings, hub=Hub(url="https://hub.example", authority=""))
    refused = await staff.answer(control.BlocklistRemove(2, "no", "clerk"), 1_000)
    assert refused == control.Refused("state", "number = 2: expected an entry of this hall; this one is lifted at the hub")
    await follow(bench, serial=2)
    assert [entry.in_force(bench.clock.unix) for entry in bench.office.register.blocklist.entries.values()] == [True, False]
    bench.office.settings = replace(bench.office.settings, hub=None)
    await follow(bench, CASINO, serial=3)
    assert isinstance(await staff.answer(control.BlocklistRemove(3, "the hub is gone", "clerk"), 1_000), control.BlocklistChanged)


async def test_an_entry_that_is_over(bench: Bench, clock: Clock) -> None:
    """It ends by itself, is not entered again, and not entered at all when it was over before it came."""
    await follow(bench, replace(CASINO, until=clock.unix + 60), replace(MAIL, until=clock.unix - 1))
    clock.tick(61)
    await follow(bench, replace(CASINO, until=clock.unix - 1), serial=2)
    assert [row[1] for row in await entries(bench)] == ["198.51.100.0/24"]


async def test_vouchers_follow_the_policy(bench: Bench, firewall: FakeFirewall) -> None:
    """The codes of the hub's key let in; when the batch leaves the policy it is withdrawn and its visitors are cut; when it comes back its
    codes are good again."""
    assert await follow(bench, FAIR)
    session = await use(bench, CODES[0])
    assert not isinstance(session, str)
    assert await follow(bench, FAIR, serial=2)
    assert await batches(bench) == [(1, KEY, 3, "hub: Meier", "")]
    assert await follow(bench, serial=3)
    assert (firewall.grants, await batches(bench)) == ({}, [(1, KEY, 3, "hub: Meier", "hub: policy 3")])
    assert await use(bench, CODES[1]) == "voucher_withdrawn"
    assert await follow(bench, FAIR, serial=4)
    assert not isinstance(await use(bench, CODES[1]), str)


async def test_a_batch_that_changes_keeps_its_number_and_what_was_used(bench: Bench) -> None:
    """More codes, another time: the ones that were used stay used."""
    await follow(bench, FAIR)
    await use(bench, CODES[0])
    await follow(bench, replace(FAIR, count=5, devices=1), serial=2)
    assert await batches(bench) == [(1, KEY, 5, "hub: Meier", "")]
    more = codes(bytes.fromhex(KEY), 5)
    assert await use(bench, more[0], BERT_IP) == "voucher_devices"
    assert not isinstance(await use(bench, more[4], BERT_IP), str)


async def test_what_the_hall_has_withdrawn_stays_withdrawn(bench: Bench, clock: Clock) -> None:
    """Also after the time for which batches are kept: a policy that still has it does not bring it back."""
    await follow(bench, FAIR)
    await Staff(bench.office, bench.meter).answer(VoucherWithdraw("clerk", number=1), 1_000)
    clock.tick(KEPT + DAY)
    bench.office.register.vouchers.sweep(clock())
    await follow(bench, FAIR, serial=2)
    assert await use(bench, CODES[0]) == "voucher_withdrawn"
    await follow(bench, serial=3)
    bench.office.register.vouchers.sweep(clock())
    assert bench.office.register.vouchers.batches == {}


async def test_a_batch_with_a_code_of_another_is_left_out(bench: Bench) -> None:
    """Nobody could say which of the two it is; the rest of the policy holds."""
    await follow(bench, FAIR)
    await follow(bench, replace(FAIR, by="hub: Meier", id="again"), CASINO, serial=2)
    assert [row[0] for row in await batches(bench)] == [1]
    own = await Staff(bench.office, bench.meter).answer(VoucherCreate("guest", 2, "clerk", DAY), 1_000)
    assert not isinstance(own, control.Refused)
    (_, batch) = bench.office.register.vouchers.batches.values()
    twin = replace(FAIR, id="twin", key=batch.key)
    assert await follow(bench, FAIR, twin, serial=3)
    assert [(row[0], row[3]) for row in await batches(bench)] == [(1, "hub: Meier"), (2, "clerk")]


async def test_a_firewall_that_does_not_answer(bench: Bench, firewall: FakeFirewall) -> None:
    """The batch is withdrawn, and its visitor is cut as soon as that is possible."""
    await follow(bench, FAIR)
    await use(bench, CODES[0])
    firewall.refuse["revoke"] = "kernel"
    assert not await follow(bench, serial=2)
    assert await use(bench, CODES[1], BERT_IP) == "voucher_withdrawn"
    firewall.refuse.clear()
    assert await Wishes(bench.office).look()
    assert firewall.grants == {}


async def test_a_journal_that_cannot_be_written(bench: Bench, portal_settings: Settings) -> None:
    """Nothing is in force that is not on record; it is as soon as the journal is well."""
    break_journal(portal_settings.state_dir)
    assert not await follow(bench, CASINO, FAIR)
    assert (bench.office.register.blocklist.entries, bench.office.register.vouchers.batches) == ({}, {})
    (portal_settings.state_dir / "journal.db").rmdir()
    await until(lambda: bench.office.journal.ok)
    assert bench.office.uplink.applied.is_set()
    assert await Wishes(bench.office).look()
    assert (len(await entries(bench)), len(await batches(bench))) == (1, 1)


async def test_a_restart_enters_nothing_twice(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """The journal knows what is the hub's; before it was read nothing is touched."""
    async with running(portal_settings, clock) as bench:
        await follow(bench, CASINO, FAIR)
    bench = Bench(portal_settings, clock)
    assert await follow(bench, CASINO, FAIR)
    assert bench.office.register.blocklist.entries == {}
    async with running(portal_settings, clock) as bench:
        await follow(bench, CASINO, FAIR)
        assert (len(await entries(bench)), len(await batches(bench))) == (1, 1)
        await follow(bench, serial=2)
        assert [row[4] for row in await entries(bench)] == ["hub: policy 2"]


async def test_what_does_not_fit_beside_what_the_hall_has(bench: Bench) -> None:
    """Too many networks, or too many codes: the policy is refused before anything is entered."""
    many = tuple(replace(CASINO, id=f"{n}", target=parse_target(f"198.51.{n // 128}.{n % 128 * 2}")) for n in range(400))
    fits = replace(bench.office.settings, policy=FromHub(1, many))
    assert objection(bench.office, fits) == ""
    await Staff(bench.office, bench.meter).answer(control.BlocklistAdd("203.0.113.1", "own order", "1", "clerk"), 1_000)
    assert objection(bench.office, fits) == "blocklist: expected at most 400 networks in zone public, with those of the hall, not 401"
    lots = tuple(replace(FAIR, id=f"{n}", key=f"{n:032x}", count=10_000) for n in range(11))
    too_many = replace(bench.office.settings, policy=FromHub(1, (), lots))
    assert objection(bench.office, too_many) == "vouchers: expected at most 100000 codes, with those of the hall, not 110000"
