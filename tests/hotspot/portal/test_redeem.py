"""Redeeming a voucher code: journal, then kernel, step by step and when a step fails."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from firewall.api import Rates
from hotspot.control_vouchers import VoucherBatch, VoucherCreate
from hotspot.portal.desk import Accepted, Refusal
from hotspot.portal.journal import JournalUnavailable, Statement
from hotspot.portal.retention import forget
from hotspot.portal.settings import Settings, Terms
from hotspot.portal.staff_vouchers import Issuing
from hotspot.portal.vouchers import TRIES_OF_CLIENT, TRIES_OF_ZONE, TRIES_SECONDS
from hotspot.session.forms import ExtendForm, VoucherForm
from hotspot.session.hours import Hours
from hotspot.session.plans import Plan
from hotspot.session.sessions import Session
from hotspot.session.terms import digest_of
from hotspot.session.voucher_codes import check_character, codes
from hotspot.session.vouchers import Place, device_name
from tests.hotspot.portal.conftest import ANNA, ANNA_IP, BERT, BERT_IP, FREE, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall

CARL, CARL_IP = "02:00:00:00:00:0c", "198.18.0.12"
FAST = Rates(rate_down=64_000, ceil_down=50_000_000, rate_up=64_000, ceil_up=10_000_000)
GUEST = Plan(name="guest", title={"de": "Gast"}, rates=FAST, seconds=36_000, volume=5_000_000, extension=3_600, voucher=True)
DAY = 86_400.0


@pytest.fixture
def portal_settings(portal_settings: Settings) -> Settings:
    """With a plan for vouchers."""
    zone = replace(portal_settings.zones["public"], voucher_plans=("guest",))
    return replace(portal_settings, plans={**portal_settings.plans, "guest": GUEST}, zones={"public": zone})


async def make(bench: Bench, count: int = 3, devices: int = 2, valid: float = 2 * DAY, not_after: str | None = None) -> tuple[str, ...]:
    """A batch; its codes."""
    request = VoucherCreate("guest", count, "Meier", valid, devices=devices, not_after=not_after)
    reply = await Issuing(bench.office).create(request, uid=0)
    assert isinstance(reply, VoucherBatch), reply
    return codes(bytes.fromhex(reply.key), count)


async def use(bench: Bench, code: str, ip: str = ANNA_IP) -> Session | str:
    """Type a code; the session, or the refusal's code."""
    visitor = await bench.visitor(ip)
    form = VoucherForm(bench.desk.token(visitor), bench.desk.terms.version, code)
    result = await bench.desk.redeem(visitor, form, "tr", "apple")
    if isinstance(result, Refusal):
        return result.code
    assert isinstance(result, Accepted)
    assert result.visitor.session is not None
    return result.visitor.session


async def test_begins_a_session(bench: Bench, firewall: FakeFirewall) -> None:
    """Acceptance, use and session are on disk, without the code and without the device on the code; the kernel has the code's plan."""
    code = (await make(bench))[1]
    session = await use(bench, code.lower())
    assert isinstance(session, Session)
    grant = firewall.grants[session.id]
    assert (grant.plan, grant.rates, grant.seconds, grant.volume) == ("guest", FAST, 36_000, 5_000_000)
    assert await bench.rows("SELECT plan, terms_version, language, family, voucher FROM sessions") == [
        ("guest", "2026-11", "tr", "apple", "1.1")
    ]
    assert await bench.rows("SELECT terms_version, language FROM acceptances") == [("2026-11", "tr")]
    name = device_name(bench.office.register.hall_key, bench.office.register.vouchers.batches[1], 1, ANNA)
    rows = await bench.rows('SELECT batch, "index", first_at, left, devices FROM voucher_tickets')
    assert rows == [(1, 1, bench.clock.unix, 2 * DAY, f'{{"{name}":0}}')]


async def test_twice_typed_is_one_session(bench: Bench, firewall: FakeFirewall) -> None:
    """The same code on the same device, also at the same moment."""
    code = (await make(bench))[0]
    sessions = await asyncio.gather(*(use(bench, code) for _ in range(3)))
    assert len({session.id for session in sessions if isinstance(session, Session)}) == 1
    assert len(firewall.grants) == 1


async def test_devices_of_a_code(bench: Bench, firewall: FakeFirewall) -> None:
    """As many as the batch says, even when they come at once; the one that is in may come again."""
    firewall.neighbours[CARL_IP] = (CARL, "public")
    code = (await make(bench))[0]
    results = await asyncio.gather(*(use(bench, code, ip) for ip in (ANNA_IP, BERT_IP, CARL_IP)))
    assert [one if isinstance(one, str) else one.mac for one in results] == [ANNA, BERT, "voucher_devices"]
    firewall.end(next(iter(firewall.grants)), "time")
    await until(lambda: len(bench.office.register.in_progress()) == 1)
    assert isinstance(await use(bench, code), Session)


async def test_online_goes_on_with_the_code(bench: Bench, firewall: FakeFirewall) -> None:
    """Who is online is not cut: the same session, with the code's plan and time, and its bytes until then do not count."""
    online = (await bench.accept()).session
    assert online is not None
    firewall.used[online.id] = (100_000, 400_000)
    await bench.meter.read()
    session = await use(bench, (await make(bench))[0])
    assert isinstance(session, Session)
    grant = firewall.grants[online.id]
    assert (session.id, grant.plan, grant.rates, grant.seconds, grant.volume) == (online.id, "guest", FAST, 36_000, 5_500_000)
    assert await bench.rows("SELECT plan, voucher, volume_base FROM sessions") == [("guest", "1.0", 500_000)]


async def test_leaving_a_code_for_another(bench: Bench, firewall: FakeFirewall) -> None:
    """What was used of a code before its session went on with another one counts, to the last byte, in memory and on disk: going back
    and forth makes no volume."""
    first, second = (await make(bench))[:2]
    online = await use(bench, first)
    assert isinstance(online, Session)
    firewall.used[online.id] = (0, 4_000_000)  # not read by the meter yet
    await use(bench, second)
    assert firewall.grants[online.id].volume == 4_000_000 + 5_000_000
    firewall.used[online.id] = (0, 7_000_000)
    await use(bench, first)
    assert firewall.grants[online.id].volume == 7_000_000 + 1_000_000
    firewall.used[online.id] = (0, 8_000_000)
    await use(bench, second)
    assert (firewall.grants[online.id].volume, await use(bench, first)) == (8_000_000 + 2_000_000, "voucher_volume")
    charged = [json.loads(str(devices)) for (devices,) in await bench.rows('SELECT devices FROM voucher_tickets ORDER BY "index"')]
    assert [list(devices.values()) for devices in charged] == [[5_000_000], [3_000_000]]


async def test_older_rows_do_not_win(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A use that came to nothing waits to be undone on disk; when the code is used before that, its use stays written."""
    code = (await make(bench))[0]
    write = bench.office.journal.write

    async def full(statements: Sequence[Statement]) -> None:
        raise JournalUnavailable("full", "no space left")

    monkeypatch.setattr(bench.office.journal, "write", full)
    assert await use(bench, code) == "journal"
    await until(lambda: not bench.office.wake.is_set())
    monkeypatch.setattr(bench.office.journal, "write", write)
    assert isinstance(await use(bench, code), Session)
    assert await bench.office.save()
    assert await bench.rows('SELECT batch, "index" FROM voucher_tickets') == [(1, 0)]


async def test_rest_of_a_code(bench: Bench, firewall: FakeFirewall) -> None:
    """A device that comes back has what is left of the code's volume and time; a second one has its own volume."""
    code = (await make(bench))[0]
    first = await use(bench, code)
    assert isinstance(first, Session)
    firewall.used[first.id] = (0, 4_000_000)
    visitor = await bench.visitor()
    await bench.desk.leave(visitor, bench.desk.token(visitor))
    bench.clock.tick(2 * DAY - 600)
    second, of_bert = await use(bench, code), await use(bench, code, BERT_IP)
    assert isinstance(second, Session)
    assert isinstance(of_bert, Session)
    grants = [firewall.grants[session.id] for session in (second, of_bert)]
    assert [(grant.volume, grant.seconds) for grant in grants] == [(1_000_000, 600), (5_000_000, 600)]


async def test_the_code_ends_the_session(bench: Bench, firewall: FakeFirewall) -> None:
    """The end is the code's: the button for more time is not there, the page says why, and the code is over."""
    code = (await make(bench, valid=600))[0]
    session = await use(bench, code)
    assert isinstance(session, Session)
    assert not (await bench.visitor()).can_extend
    bench.clock.tick(600)
    firewall.end(session.id, "time")
    await until(lambda: not bench.office.register.in_progress())
    assert ((await bench.visitor()).reason, await use(bench, code)) == ("voucher", "voucher_over")


async def test_extension_within_the_code(bench: Bench, firewall: FakeFirewall) -> None:
    """The button adds its time as long as the code is good for it."""
    session = await use(bench, (await make(bench))[0])
    assert isinstance(session, Session)
    visitor = await bench.visitor()
    await bench.desk.extend(visitor, ExtendForm(bench.desk.token(visitor), 0))
    assert firewall.grants[session.id].seconds == 39_600


async def test_wrong_codes(bench: Bench) -> None:
    """Each mistake has its own answer; nothing is opened."""
    code = (await make(bench, not_after="2027-01-15"))[0]
    other = "000000000"
    answers = [await use(bench, text) for text in ("", code[:-1] + ("0" if code[-1] != "0" else "1"), other + check_character(other))]
    bench.clock.tick(16 * 3_600)
    answers.append(await use(bench, code))
    assert answers == ["voucher_mistyped", "voucher_mistyped", "voucher_unknown", "voucher_over"]
    counted = bench.office.metrics.vouchers.labels("public", "voucher_mistyped")._value.get()
    assert (bench.office.register.in_progress(), counted) == ([], 2)


async def test_tries_of_a_client(bench: Bench) -> None:
    """After so many wrong codes even the right one must wait; others are not held up, and after a while all is well."""
    code = (await make(bench))[0]
    answers = {await use(bench, "wrong") for _ in range(TRIES_OF_CLIENT)}
    assert (answers, await use(bench, code)) == ({"voucher_mistyped"}, "voucher_tries")
    assert isinstance(await use(bench, code, BERT_IP), Session)
    bench.clock.tick(TRIES_SECONDS)
    assert isinstance(await use(bench, code), Session)


async def test_tries_of_the_zone(bench: Bench) -> None:
    """Guessing with many devices makes all wait; typing mistakes do not."""
    code, tries, now = (await make(bench))[0], bench.office.register.vouchers.tries, bench.office.now()
    for number in range(TRIES_OF_ZONE):
        tries.wrong("public", f"mac-{number}", now, mistyped=True)
    assert isinstance(await use(bench, code), Session)
    for number in range(TRIES_OF_ZONE):
        tries.wrong("public", f"mac-{number}", now, mistyped=False)
    assert await use(bench, code, BERT_IP) == "voucher_guessing"
    bench.clock.tick(TRIES_SECONDS)
    assert isinstance(await use(bench, code, BERT_IP), Session)


async def test_right_only_where_it_belongs(bench: Bench) -> None:
    """A code is refused where its plan is not, outside the hours, to a blocked device; the pause of another plan does not hold it up."""
    code, office = (await make(bench))[0], bench.office
    settings, zone = office.settings, office.settings.zones["public"]
    office.settings = replace(settings, zones={"public": replace(zone, voucher_plans=())})
    answers = [await use(bench, code)]
    office.settings = replace(settings, zones={"public": replace(zone, hours=Hours(time_zone=settings.hall.time_zone, spans=()))})
    answers.append(await use(bench, code))
    paused = {**settings.plans, "free": replace(FREE, pause=3_600)}
    office.settings = replace(settings, plans=paused)
    visitor = await bench.accept()
    await bench.desk.leave(visitor, bench.desk.token(visitor))
    assert (answers, bench.desk.offers(await bench.visitor()).plans) == (["voucher_elsewhere", "closed"], ())
    assert isinstance(await use(bench, code), Session)


async def test_no_kernel_no_use(bench: Bench, firewall: FakeFirewall) -> None:
    """When the kernel refuses, the code is as good as before, on disk too, for a new visitor and for one who is online."""
    code = (await make(bench, devices=1))[0]
    firewall.refuse = {"allow": "full"}
    assert await use(bench, code) == "full"
    firewall.refuse = {"replace": "ceiling"}
    online = (await bench.accept(BERT_IP)).session
    assert (online is not None, await use(bench, code, BERT_IP)) == (True, "firewall")
    firewall.refuse = {}
    await until(lambda: not bench.office.register.unwritten())
    assert await bench.rows("SELECT * FROM voucher_tickets") == []
    assert await bench.rows("SELECT plan, voucher FROM sessions WHERE ended_at IS NULL") == [("free", "")]
    assert isinstance(await use(bench, code), Session)


async def test_no_journal_no_use(bench: Bench, firewall: FakeFirewall, portal_settings: Settings) -> None:
    """Nothing opens that is not on disk; when the journal is well again the code is good, and the batch is in the fresh file."""
    code = (await make(bench))[0]
    journal: Path = portal_settings.state_dir / "journal.db"
    journal.unlink()
    journal.mkdir()
    assert (await use(bench, code), firewall.grants) == ("journal", {})
    journal.rmdir()
    await until(lambda: bench.office.journal.ok and not bench.office.register.unwritten())
    assert isinstance(await use(bench, code), Session)
    assert await bench.rows("SELECT count(*) FROM voucher_batches") == [(1,)]


async def test_survives(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """After a restart and after a reboot with a clock that woke up in the past, codes, uses and what is left are as before."""
    async with running(portal_settings, clock) as bench:
        code = (await make(bench, devices=1))[0]
        session = await use(bench, code)
        assert isinstance(session, Session)
    clock.tick(DAY)
    async with running(portal_settings, clock) as bench:
        found = bench.office.register.vouchers.at(Place(1, 0))
        assert found is not None
        assert await use(bench, code, BERT_IP) == "voucher_devices"
        assert bench.office.register.vouchers.left(session, bench.office.now()) == DAY
        await forget(bench.office)
    firewall.grants.clear()
    clock.reboot(-10 * DAY, "boot-2")
    async with running(portal_settings, clock) as bench:
        assert bench.office.register.vouchers.left(session, bench.office.now()) == DAY
        await forget(bench.office)
    clock.reboot(-10 * DAY, "boot-3")
    async with running(portal_settings, clock) as bench:
        assert bench.office.register.vouchers.left(session, bench.office.now()) == DAY
        await forget(bench.office)
        clock.tick(DAY)
        assert await use(bench, code, BERT_IP) == "voucher_over"


async def test_crash_between_journal_and_kernel(
    portal_settings: Settings, firewall: FakeFirewall, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was on disk when the process died is what the kernel gets from the next one, also for one who was online before."""
    async with running(portal_settings, clock) as bench:
        code = (await make(bench))[0]
        online = (await bench.accept()).session
        assert online is not None
        firewall.refuse = {"replace": "internal"}
        release = asyncio.Event()
        monkeypatch.setattr(bench.office, "save", release.wait)  # it dies before it could take anything back
        await use(bench, code)
        bench.office.register.wrote(bench.office.register.unwritten())
        firewall.refuse = {}
        release.set()
    async with running(portal_settings, clock) as bench:
        await until(lambda: firewall.grants[online.id].plan == "guest")
        assert firewall.grants[online.id].rates == FAST


async def test_forgets_devices(bench: Bench, firewall: FakeFirewall) -> None:
    """When a code is over nothing says which devices used it; after the retention time no session names a code."""
    code = (await make(bench, valid=600))[0]
    session = await use(bench, code)
    assert isinstance(session, Session)
    firewall.end(session.id, "time")
    await until(lambda: not bench.office.register.in_progress())
    bench.clock.tick(bench.office.settings.retention + 1)
    await forget(bench.office)
    assert await bench.rows("SELECT devices, left FROM voucher_tickets") == [("{}", 0.0)]
    assert await bench.rows("SELECT mac, voucher FROM sessions") == [(None, "")]


async def test_batches_go_in_the_end(bench: Bench) -> None:
    """Some months after the last code can be in use a batch is gone, and its number is not used again."""
    await make(bench, not_after="2027-01-15")
    bench.clock.tick(16 * 3_600 + 2 * DAY + 90 * DAY)
    await forget(bench.office)
    await until(lambda: not bench.office.register.unwritten())
    assert (await bench.rows("SELECT * FROM voucher_batches"), bench.office.register.vouchers.batches) == ([], {})
    await make(bench)
    assert list(bench.office.register.vouchers.batches) == [2]


async def test_new_terms_with_a_code_are_a_proof_of_their_own(bench: Bench, clock: Clock) -> None:
    """Who goes on with a code while online has accepted twice: what was accepted first stays on record beside the new version."""
    code = (await make(bench))[0]
    first, began = await bench.accept(), clock.unix
    bench.office.settings = replace(bench.office.settings, terms=Terms("2026-12", {"de": "Neu."}))
    clock.tick(60)
    session = await use(bench, code)
    assert isinstance(session, Session)
    assert first.session is not None
    assert (session.id, session.terms_version) == (first.session.id, "2026-12")
    digests = [digest_of("2026-11", "de", "Bitte freundlich."), digest_of("2026-12", "de", "Neu.")]
    assert await bench.rows("SELECT session, terms_version, accepted_at, digest FROM acceptances ORDER BY accepted_at") == [
        (session.id, "2026-11", began, digests[0]),
        (session.id, "2026-12", began + 60, digests[1]),
    ]
    assert [row[0] for row in await bench.rows("SELECT digest FROM terms ORDER BY since")] == digests
