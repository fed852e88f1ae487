"""What the hub is told of the gateway: every field, and nothing that names a client."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from firewall.api import Alarm
from hotspot import debian, wire
from hotspot.portal.settings import Hub, Settings
from hotspot.portal.uplink.health import MOST_LINES, health
from hotspot.portal.vitals import SOFTWARE, Pool, Vitals
from hotspot.session.hours import Hours
from tests.hotspot.portal.conftest import ANNA, ANNA_IP, BERT, Bench, Clock, running
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_certificates import make_pair


@pytest.fixture
async def bench(portal_settings: Settings, firewall: FakeFirewall, clock: Clock, tmp_path: Path) -> AsyncIterator[Bench]:
    """A portal with a hub that is away."""
    hub = Hub(url="https://localhost:9", authority=make_pair(tmp_path, "localhost")[0].decode(), away="open")
    async with running(replace(portal_settings, hub=hub), clock) as one:
        yield one


async def test_all_is_well(bench: Bench) -> None:
    """Every field has its value."""
    office, begun = bench.office, bench.clock.unix
    await bench.accept()
    office.metrics.accepts.labels("public", "full").inc(2)
    office.metrics.accepts.labels("public", "token").inc(3)
    office.metrics.accepts.labels("council", "journal").inc()
    office.vitals = Vitals(7, 9, 5.0, 3, ("e", 3), {"public": Pool(40, 200)}, debian.Upkeep(6.0, 7.0))
    office.closed_zones.clear()
    office.uplink.backlog, office.uplink.lost, office.uplink.refused, office.uplink.error = 4, 1, 6, "cannot use policy 6"
    bench.clock.tick(30)
    said = health(office)
    assert said == wire.Health(
        software=SOFTWARE,
        started=begun,
        zones=(wire.ZoneHealth("public", 1, True, 40, 200),),
        faults=office.faults(),
        warnings=office.warnings(),
        accepts=7,
        accept_errors=3,
        drift=3,
        disk_free=7,
        disk_size=9,
        certificate_until=5.0,
        updated=6.0,
        restart_wanted=7.0,
        backlog=4,
        lost=1,
        policy_refused=6,
        policy_error="cannot use policy 6",
    )
    assert wire.decode(wire.Health, wire.encode(said)) == said


async def test_alarms_without_their_devices(bench: Bench) -> None:
    """Of one kind in one zone they are one; those of the day before are over; no device is named."""
    for mac in (ANNA, BERT, ANNA):
        bench.office.alarm(Alarm("clone", "public", mac, None))
        bench.clock.tick(10)
    first = bench.clock.unix - 30
    said = health(bench.office)
    assert said.alarms == (wire.Alarm("clone", "public", first, first + 20, 3),)
    text = wire.encode(said).decode()
    client = next(iter(bench.office.register.in_progress()), None)
    assert (client, [secret for secret in (ANNA, BERT, ANNA_IP, *(told.code for told in bench.office.alarms.all())) if secret in text]) == (
        None,
        [],
    )
    bench.clock.tick(86_400)
    assert health(bench.office).alarms == ()


async def test_what_is_amiss(bench: Bench, firewall: FakeFirewall) -> None:
    """In the words that staff in the hall read; never more or longer than the contract takes."""
    office = bench.office
    office.internet_up = False
    office.settings_fault = "x" * 10_000
    office.closed_zones.update({f"zone{number}": "no interface" for number in range(100)})
    zone = replace(office.settings.zones["public"], hours=Hours(office.settings.hall.time_zone, (), ()))
    office.settings = replace(office.settings, zones={"public": zone})
    said = health(office)
    assert (said.internet, said.zones[0].open, len(said.faults), max(map(len, said.faults)) <= 500) == (False, False, MOST_LINES, True)
    assert wire.decode(wire.Health, wire.encode(said)) == said
