"""A new version reaches a town under load: the hub first, then both halls at once. Nobody is cut, and the hub counts each report once."""

import concurrent.futures
import contextlib
import re
from pathlib import Path

import pytest

from tests.deploy.machines.busy import LOADERS, MORE, busy
from tests.deploy.machines.debs import NEW, changed, leaders, put, version
from tests.deploy.machines.fleet.fleet import PARTNERS, Fleet, hall_of, let_in, online, sql, until
from tests.deploy.packages.built import Built
from tests.kernel.attacks.programs import say

SERVICES = ("hotspot-firewall.service", "hotspot-portal.service", "hotspot-lan-guard.service")
WHOLE = re.compile(r"\{1,\d+\}")
"""Reports of a stream: from the first on without a gap."""


@pytest.fixture(scope="module")
def newer(packages: Built) -> dict[str, Path]:
    """Both packages as the next version."""
    return {part: changed(packages[part], NEW) for part in ("hub", "gateway")}


def streams(fleet: Fleet) -> dict[str, str]:
    """Which reports were counted, by gateway, start of its portal, and stream: another box counts its starts anew."""
    question = "SELECT concat_ws(' ', name, start, stream), seen FROM streams JOIN gateways ON id = gateway_id"
    return dict(row.split("|") for row in sql(fleet, question))


def visits(fleet: Fleet) -> dict[str, int]:
    """By hall."""
    question = "SELECT name, sum(visits) FROM figures_quarters JOIN halls ON id = hall_id GROUP BY name"
    return {hall: int(count) for hall, count in (row.split("|") for row in sql(fleet, question))}


def downloaded(fleet: Fleet, partner: str) -> tuple[int, int]:
    """Bytes that the hub has counted towards visitors of a hall, and those that arrived at its phones."""
    question = f"SELECT sum(bytes_down) FROM figures_quarters JOIN halls ON id = hall_id WHERE name = '{hall_of(partner)}'"
    phones = [fleet.phones[key] for key in (partner, f"{partner}-new")]
    return int(sql(fleet, question)[0]), sum(int(one.run("cat", "/sys/class/net/eth0/statistics/rx_bytes")) for one in phones)


def test_an_update_of_the_town_under_load(fleet: Fleet, newer: dict[str, Path]) -> None:
    """Gateways of the version before at the newer hub, then of the same. Each process is another one then, no load failed, no download was
    cut, no report is missing or was counted twice, and who comes next is counted."""
    wanted = {hall_of(partner): 1 for partner in PARTNERS}
    assert online(fleet, wanted) == wanted
    before, counted = {partner: leaders(fleet.halls[partner], *SERVICES) for partner in PARTNERS}, visits(fleet)
    known = streams(fleet)
    with contextlib.ExitStack() as load:
        seen = {partner: load.enter_context(busy(fleet.phones[partner], fleet.phones[f"{partner}-new"])) for partner in PARTNERS}
        put(fleet.hub, newer["hub"])
        assert version(fleet.hub, "hotspot-hub") == NEW
        assert online(fleet, wanted) == wanted
        assert visits(fleet) == counted
        with concurrent.futures.ThreadPoolExecutor() as threads:
            list(threads.map(lambda partner: put(fleet.halls[partner], newer["gateway"]), PARTNERS))
        assert online(fleet, wanted) == wanted
    for partner in PARTNERS:
        say(f"{partner}: {seen[partner].ends}, slowest {seen[partner].slowest:.2f} s, gap {seen[partner].gap:.2f} s")
        assert seen[partner].faults() == {}
        assert seen[partner].ends["200 0"] > LOADERS * MORE
        assert version(fleet.halls[partner], "hotspot-gateway") == NEW
        assert {*before[partner], "0"}.isdisjoint(leaders(fleet.halls[partner], *SERVICES))
    assert visits(fleet) == counted
    for partner in PARTNERS:
        let_in(fleet.phones[f"{partner}-new"])
    assert until(lambda: visits(fleet), lambda now: now != counted and sum(now.values()) == sum(counted.values()) + len(PARTNERS)) == {
        hall: count + 1 for hall, count in counted.items()
    }
    after = streams(fleet)
    assert {gateway: run for gateway, run in after.items() if gateway not in known and not WHOLE.fullmatch(run)} == {}
    assert len(after) == len(known) + len(PARTNERS)
    assert [row for row in sql(fleet, "SELECT kind FROM findings") if row in ("gaps", "lost", "refused", "streams")] == []
    for partner in PARTNERS:
        at_the_hub, at_the_phones = downloaded(fleet, partner)
        assert 0 < at_the_hub <= at_the_phones
