"""How the box is: what is looked at, and what the gauges say."""

from pathlib import Path

from msgspec.structs import replace

from firewall import api
from hotspot import debian
from hotspot.portal.certificate_end import end_of
from hotspot.portal.vitals import Pool, Vitals, look, show
from tests.hotspot.portal.conftest import Bench, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_certificates import make_pair


def status(drift: dict[str, int], zones: tuple[api.ZoneStatus, ...] = ()) -> api.StatusIs:
    """An answer of the daemon."""
    return api.StatusIs(id=1, epoch="", version="1", ready=True, leaf="bfifo", zones=zones, drift=drift, counts={})


async def test_a_look(bench: Bench, firewall: FakeFirewall, tmp_path: Path) -> None:
    """Disk and certificate of this machine, addresses and drift as the firewall says; drift goes on over a restart of the firewall."""
    certificate, _ = make_pair(tmp_path, "portal.hall.example")
    (tmp_path / "portal.pem").write_bytes(certificate)
    bench.office.settings = replace(bench.office.settings, certificate=tmp_path / "portal.pem")
    zones = (api.ZoneStatus("public", "lan0", "wan0", 1, 1, True, 40, 200),)
    seen = Vitals()
    for epoch, said in (("a", status({"ruleset": 2, "element": 1}, zones)), ("a", status({"ruleset": 5})), ("b", status({"ruleset": 1}))):
        firewall.epoch, firewall.status = epoch, said
        seen, before = await look(bench.office, seen), seen
        show(bench.office.metrics, before, seen)
        if said.zones:
            assert seen.pools == {"public": Pool(40, 200)}
    assert (seen.drift, seen.certificate_until, seen.pools) == (6, end_of(certificate.decode()), {})
    assert 0 < seen.disk_free <= seen.disk_size
    assert "hotspot_drift_total 6.0" in bench.office.metrics.text().decode()


async def test_what_is_not_known_has_no_series(bench: Bench) -> None:
    """No certificate, no pool: no number that somebody would take for one."""
    show(bench.office.metrics, Vitals(), Vitals(pools={"public": Pool(3, 0)}))
    text = bench.office.metrics.text().decode()
    names = (
        "hotspot_certificate_until_seconds{",
        "hotspot_pool_used{",
        "hotspot_hub_up",
        "hotspot_report_backlog",
        "hotspot_upkeep_timestamp_seconds{",
    )
    assert [name for name in names if name in text] == []
    known = Vitals(certificate_until=5.0, pools={"public": Pool(3, 9)}, upkeep=debian.Upkeep(6.0, 7.0))
    show(bench.office.metrics, Vitals(), known)
    lines = bench.office.metrics.text().decode().splitlines()
    assert {
        'hotspot_certificate_until_seconds{which="portal"} 5.0',
        'hotspot_upkeep_timestamp_seconds{which="updated"} 6.0',
        'hotspot_upkeep_timestamp_seconds{which="restart"} 7.0',
        'hotspot_pool_used{zone="public"} 3.0',
        'hotspot_pool_size{zone="public"} 9.0',
    } <= set(lines)


async def test_without_firewall_and_certificate(bench: Bench, firewall: FakeFirewall, tmp_path: Path) -> None:
    """What was known of the kernel stays; a certificate that cannot be read is none."""
    (tmp_path / "portal.pem").write_text("nonsense")
    bench.office.settings = replace(bench.office.settings, certificate=tmp_path / "portal.pem", state_dir=tmp_path / "gone")
    before = Vitals(drift=3, pools={"public": Pool(1, 2)}, upkeep=debian.look())
    await firewall.stop()
    await until(lambda: not bench.office.gate.up)
    assert await look(bench.office, before) == before
