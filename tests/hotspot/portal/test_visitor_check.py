"""Test visits of the hall's own: they get their small plan by a proof and by nothing else, and leave no trace in the figures."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from hotspot import control
from hotspot.portal.desk import Accepted, Refusal
from hotspot.portal.settings import BadSettings, Settings
from hotspot.portal.settings_file import load
from hotspot.portal.staff import Staff
from hotspot.portal.uplink.health import health
from hotspot.session.sessions import Session
from hotspot.session.visitor_check import CHECK_PLAN, PLAN, prove
from tests.hotspot.portal.conftest import ANNA, ANNA_IP, BERT, BERT_IP, Bench, Clock, running
from tests.hotspot.portal.fake_firewall import FakeFirewall

KEY = b"k" * 32


@dataclass
class Checked:
    """A portal that knows the key, and its visitors."""

    bench: Bench
    firewall: FakeFirewall
    made: int = 0

    def proof(self, mac: str = ANNA, key: bytes = KEY) -> str:
        """One that was not used before."""
        self.made += 1
        return prove(key, mac, self.bench.clock.unix, f"{self.made:016x}")

    async def accept(self, proof: str, ip: str = ANNA_IP, plan: str | None = None) -> Session | Refusal:
        """The form with a proof."""
        visitor = await self.bench.visitor(ip)
        outcome = await self.bench.desk.accept(visitor, self.bench.form(visitor, plan), "de", "other", proof)
        if isinstance(outcome, Accepted):
            assert outcome.visitor.session is not None
            return outcome.visitor.session
        return outcome

    def figures(self) -> str:
        """Metrics that have a series of a zone."""
        self.bench.office.metrics.count_online(self.bench.office.register.in_progress())
        lines = self.bench.office.metrics.text().decode().splitlines()
        return "\n".join(line for line in lines if 'zone="public"' in line)


@pytest.fixture
async def checked(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> AsyncIterator[Checked]:
    """With ``[visitor]`` in its settings."""
    plans = {**portal_settings.plans, PLAN: CHECK_PLAN}
    async with running(replace(portal_settings, visitor_key=KEY, plans=plans), clock) as bench:
        yield Checked(bench, firewall)


async def test_a_proof_gets_the_small_plan_and_no_acceptance(checked: Checked) -> None:
    """Whatever plan the form names; the kernel has its limits, and nobody is said to have accepted the terms."""
    session = await checked.accept(checked.proof(), plan="long")
    assert isinstance(session, Session)
    grant = checked.firewall.grants[session.id]
    assert (grant.plan, grant.seconds, grant.volume, grant.rates) == (PLAN, 300, 20_000_000, CHECK_PLAN.rates)
    assert await checked.bench.rows("SELECT count(*) FROM acceptances") == [(0,)]
    assert await checked.bench.rows("SELECT plan FROM sessions") == [(PLAN,)]


async def test_it_is_in_no_figure(checked: Checked) -> None:
    """Neither metrics nor health nor status know of it, while it is online and when it has ended."""
    session = await checked.accept(checked.proof())
    assert isinstance(session, Session)
    checked.firewall.used[session.id] = (5, 6)
    await checked.bench.meter.read()
    staff = Staff(checked.bench.office, checked.bench.meter)
    status = await staff.answer(control.Status())
    assert isinstance(status, control.StatusIs)
    assert ([zone.online for zone in status.zones], [zone.online for zone in health(checked.bench.office).zones]) == ([0], [0])
    visitor = await checked.bench.visitor()
    await checked.bench.desk.leave(visitor, checked.bench.desk.token(visitor))
    assert (checked.figures(), health(checked.bench.office).accepts) == ("", 0)


@pytest.mark.parametrize("wrong", ["none", "key", "mac", "used", "old"])
async def test_without_a_good_proof_it_is_a_visit_like_any_other(checked: Checked, wrong: str) -> None:
    """The form is taken as if there were no proof at all: the same answer, the same plan, and it is counted."""
    proof = {"none": "", "key": checked.proof(key=b"x" * 32), "mac": checked.proof(BERT)}.get(wrong, checked.proof())
    if wrong == "used":
        assert isinstance(await checked.accept(proof), Session)
        visitor = await checked.bench.visitor()
        await checked.bench.desk.leave(visitor, checked.bench.desk.token(visitor))
    if wrong == "old":
        checked.bench.clock.tick(61)
    session = await checked.accept(proof)
    assert isinstance(session, Session)
    assert (session.plan, session.terms_version) == ("free", "2026-11")
    assert 'hotspot_accepts_total{outcome="online",zone="public"} 1.0' in checked.figures()


async def test_who_heard_a_proof_gains_nothing(checked: Checked) -> None:
    """Another device that sends it is a visitor; so is the same device a second time."""
    proof = checked.proof()
    first, other = await checked.accept(proof), await checked.accept(proof, BERT_IP)
    assert isinstance(first, Session)
    assert isinstance(other, Session)
    assert (first.plan, other.plan) == (PLAN, "free")


@pytest.mark.parametrize("proof", ["", "made-up", "1800000000.0123456789abcdef." + "0" * 64])
async def test_no_form_names_the_plan(checked: Checked, proof: str) -> None:
    """A form that asks for it is refused, as for any plan that is not on offer."""
    assert await checked.accept(proof, plan=PLAN) == Refusal("plan")


async def test_a_form_must_be_good_all_the_same(checked: Checked) -> None:
    """A proof lets nobody past the token, and is not used up by a form that is not taken."""
    visitor, proof = await checked.bench.visitor(), checked.proof()
    forged = replace(checked.bench.form(visitor), token="1.0")
    assert await checked.bench.desk.accept(visitor, forged, "de", "other", proof) == Refusal("token")
    session = await checked.accept(proof)
    assert isinstance(session, Session)
    assert session.plan == PLAN


async def test_staff_cannot_give_it(checked: Checked) -> None:
    """It is not among the plans that they may name."""
    visitor = await checked.bench.visitor()
    answer = await Staff(checked.bench.office, checked.bench.meter).answer(control.Allow(visitor.code, PLAN))
    assert answer == control.Refused("bad_request", f"plan = '{PLAN}': expected one of free, long")


async def test_without_a_key_no_proof_is_good(bench: Bench, firewall: FakeFirewall) -> None:
    """Not even one made with an empty key."""
    session = await Checked(bench, firewall).accept(prove(b"", ANNA, bench.clock.unix, "0" * 16))
    assert isinstance(session, Session)
    assert session.plan == "free"


SMALL = """state_dir = "state"
firewall_socket = "f.sock"
control_socket = "c.sock"
[hall]
name = "Rathaus"
[terms]
version = "1"
[terms.text]
de = "Bitte."
[plans.free]
down = "1 Mbit/s"
up = "1 Mbit/s"
time = "1 h"
[zones.public]
plans = ["free"]
portal_url = "http://portal.hall.example/"
"""


def test_the_settings(tmp_path: Path) -> None:
    """The key is what is in the file; the plan is known then and no zone offers it."""
    (tmp_path / "visitor.key").write_bytes(KEY + b"\n")
    (tmp_path / "portal.toml").write_text(SMALL + '[visitor]\nkey = "visitor.key"\n')
    settings = load(tmp_path / "portal.toml")
    assert (settings.visitor_key, settings.plans[PLAN], settings.zones["public"].plans) == (KEY, CHECK_PLAN, ("free",))
    (tmp_path / "portal.toml").write_text(SMALL)
    assert (load(tmp_path / "portal.toml").visitor_key, PLAN in load(tmp_path / "portal.toml").plans) == (b"", False)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("[visitor]\n", "visitor.key is missing"),
        ('[visitor]\nkey = "nowhere"\n', "visitor.key = 'nowhere': expected a readable file"),
        ('[visitor]\nkey = "portal.toml"\n', "visitor.key = 'portal.toml': expected a readable file of at most 1,025 bytes"),
        ('[visitor]\nkey = "short"\n', "visitor.key = 'short': expected a file with 32 to 1024 bytes"),
        (f"[plans.{PLAN}]\ndown = 8000\nup = 8000\ntime = 60\n", f"plans = '{PLAN}': expected another name"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, more: str, expected: str) -> None:
    """Key, value and what was expected."""
    (tmp_path / "short").write_text("abc")
    (tmp_path / "portal.toml").write_text(SMALL + more + "#" * 1_100 + "\n")
    with pytest.raises(BadSettings) as raised:
        load(tmp_path / "portal.toml")
    assert expected in str(raised.value)
