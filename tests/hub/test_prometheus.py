"""A real Prometheus scrapes a hub and a gateway: every metric of rules and dashboards is there, and their expressions have answers."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from hotspot import wire
from hotspot.hub import watch
from hotspot.hub.access import Permission, Role
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.settings import Machine
from hotspot.hub.store import marks
from hotspot.lab.prometheus import Prometheus
from hotspot.looks.folder import write
from hotspot.looks.values import By, Look, Result, Step, Verdict, Visited
from hotspot.portal.metrics import Metrics
from hotspot.portal.service import Service
from tests.deploy.expressions import DASHBOARDS, RULES, metrics, of_dashboard, rules
from tests.hotspot.portal.conftest import ANNA, hall_settings
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_certificates import make_pair
from tests.hub.conftest import token_of
from tests.hub.fleet import Box, says
from tests.hub.town import delivery, gateway, report, row

pytestmark = pytest.mark.hub
ZONES = (wire.ZoneHealth("public", online=2, pool_used=99, pool_size=100), wire.ZoneHealth("council", pool_size=50))
OF_THIS_MACHINE = {"hotspot_hub_updated_timestamp_seconds", "hotspot_hub_restart_wanted_timestamp_seconds"}
"""There or not: whether Debian updates it by itself is its owner's matter."""
DEBIAN = {f"{who}{what}" for who in ("Hub", "Gateway") for what in ("UpdatesLate", "RestartWanted")}
"""So are these."""
COMPARED = re.compile(r"(?<![=!])(?:[<>]=?|==)(?!~)")
"""An expression that has no answer while all is well."""


def health(now: float) -> wire.Health:
    """A gateway that tells everything, and is not well."""
    return wire.Health(
        software="1.0", started=now - 3_600, zones=ZONES, accepts=40, accept_errors=1, drift=2, disk_free=2**33, disk_size=2**36,
        certificate_until=now + 20 * 86_400, updated=now - 86_400, restart_wanted=now - 3_600,
        backlog=1, policy=0, alarms=(wire.Alarm("clone", "public", now, now),),
    )  # fmt: skip


ONLINE = (Visited(zone="public", verdict=Verdict.ONLINE),)


async def fill(hub: Hub) -> None:
    """Two halls with figures, health and alarms."""
    now, ingest = hub.now(), Ingest(hub)
    for hall in ("kleinheim-rathaus", "grossdorf-rathaus"):
        box = await gateway(hub, hall)
        visits = [row(now - timedelta(hours=hours), visits=2, seconds=600, bytes_up=1_000, bytes_down=9_000) for hours in range(3)]
        looks = (Look(by=By.VISIT, at=now.timestamp() - 60, visited=ONLINE),)
        await ingest.take(box, delivery(now, report(1, now, visits), health=wire.Health(looks=looks)))
        async with hub.store.transaction() as connection:
            await says(connection, Box(box.hall_id, box.id, box.name), now, health(now.timestamp()))
    async with hub.store.connection() as connection:
        await marks.write(connection, marks.BACKUP, now, {"size": 1_000})
        await marks.count(connection, marks.STARTS, now)
    await watch.run(hub)


@asynccontextmanager
async def portal(folder: Path) -> AsyncIterator[str]:
    """The address of a portal's metrics; one visitor is online, and visitor, doctor and guard have looked."""
    (folder / "looks").mkdir()
    step = Step(name="dhcp", zone="public", family=4, result=Result.PASSED, seconds=0.5)
    for by in By:
        write(folder / "looks", Look(by=by, at=datetime.now(UTC).timestamp(), steps=(step,), visited=ONLINE if by is By.VISIT else ()))
    settings = hall_settings(folder)
    async with FakeFirewall(settings.firewall_socket) as firewall:
        firewall.neighbours = {"127.0.0.1": (ANNA, "public")}
        service, ready = Service(settings), asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(service.serve(ready.set))
            await ready.wait()
            try:
                pages = f"http://127.0.0.1:{settings.zones['public'].portal_port}"
                async with ClientSession(headers={"Host": "portal.hall.example"}) as http:
                    async with http.get(f"{pages}/") as page:
                        fields = dict(re.findall(r'name="(token|terms)" value="([^"]*)"', await page.text()))
                    async with http.post(f"{pages}/accept", data=fields, allow_redirects=False) as accepted:
                        assert accepted.status == 303
                yield f"{settings.management[0]}:{settings.management[1]}"
            finally:
                service.stopping.set()


def config(hub: str, token: str, gateway_: str) -> str:
    """As docs/monitoring.md says, but every second."""
    return f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{RULES}"]
scrape_configs:
  - job_name: hotspot-hub
    authorization: {{credentials: "{token}"}}
    static_configs: [{{targets: ["{hub.removeprefix("http://")}"]}}]
  - job_name: hotspot-gateway
    static_configs: [{{targets: ["{gateway_}"]}}]
"""


def portal_names() -> set[str]:
    """All metrics that a portal can have, as its text names them; those of a hall without a hub too."""
    every = Metrics()
    every.with_hub()
    names = set()
    for family in every.registry.collect():
        names.add(f"{family.name}_total" if family.type == "counter" else family.name)
        if family.type == "histogram":
            names.add(f"{family.name}_bucket")
    return names


async def scraped(prometheus: Prometheus, times: int) -> None:
    """Wait until both targets were scraped that often."""
    async with asyncio.timeout(60):
        while True:
            found = await prometheus.query(f"min(count_over_time(up[1m])) >= {times} and min(up) == 1")
            if found:
                return
            await asyncio.sleep(0.2)  # Prometheus tells nobody when it has scraped


async def test_a_real_prometheus_scrapes_hub_and_gateway(hub: Hub, base: str, tmp_path: Path) -> None:
    """Metrics of rules and dashboards exist, expressions are answered, all rules are in force, alerts are pending for what is amiss."""
    await fill(hub)
    (tmp_path / "hub.pem").write_bytes(make_pair(tmp_path, "hub.stadt.example")[0])
    hub.settings = replace(
        hub.settings, machine=Machine(certificate=tmp_path / "hub.pem", database=tmp_path, backups=tmp_path, updates=True)
    )
    token = await token_of(hub, "prometheus", Role.HOST_OPERATOR, permissions=frozenset({Permission.METRICS}))
    async with portal(tmp_path) as address, Prometheus(config(base, token, address)) as prometheus:
        await scraped(prometheus, 3)
        there = set(await prometheus.ask("label/__name__/values"))
        used = {name for dashboard in DASHBOARDS for _, expression in of_dashboard(dashboard) for name in metrics(expression)}
        used |= {name for rule in rules() for name in metrics(rule["expr"])}
        assert used - there - portal_names() - OF_THIS_MACHINE == set()
        assert {"hotspot_visit_ok", "hotspot_visit_step_seconds", "hotspot_doctor_findings", "hotspot_hall_visit_ok"} <= there
        ours = {name for name in used if name.startswith(("hotspot_gateway_", "hotspot_zone_", "hotspot_hub_"))}
        assert ours - there - OF_THIS_MACHINE == {"hotspot_hub_up"}
        for dashboard in DASHBOARDS:
            for title, expression in of_dashboard(dashboard):
                asked = expression.replace("$partner", ".*").replace("$hall", "kleinheim-rathaus").replace("$gateway", address)
                found = await prometheus.query(asked)
                if metrics(expression) <= there and not COMPARED.search(asked):
                    assert found, f"{dashboard}: {title}: {asked}"
        for rule in rules():
            await prometheus.query(rule["expr"])  # raises for what is no expression
        groups = (await prometheus.ask("rules"))["groups"]
        states = {rule["name"]: (rule["health"], rule["state"]) for group in groups for rule in group["rules"]}
        assert {health for health, _ in states.values()} == {"ok"}
        assert {name for name, (_, state) in states.items() if state != "inactive"} - DEBIAN == {
            *("HallPoolNearlyFull", "HallClone", "HallVersionOld", "HubCertificateEndsInDays"),
        }


async def test_no_series_names_a_client(hub: Hub, base: str, tmp_path: Path) -> None:
    """Neither hub nor gateway tells a MAC, an address or a device code to Prometheus; labels are those that are meant to be there."""
    await fill(hub)
    token = await token_of(hub, "prometheus", Role.HOST_OPERATOR, permissions=frozenset({Permission.METRICS}))
    async with portal(tmp_path) as address, ClientSession() as http:
        async with http.get(f"{base}/metrics", headers={"Authorization": f"Bearer {token}"}) as answer:
            text = await answer.text()
        async with http.get(f"http://{address}/metrics") as answer:
            text += await answer.text()
    assert re.findall(r"(?i)\b[0-9a-f]{2}([:-][0-9a-f]{2}){5}\b|\b\d{1,3}(\.\d{1,3}){3}\b|\b[A-Z0-9]{3}-[A-Z0-9]{3}\b", text) == []
    labels = {name for series in re.findall(r"^hotspot_\w+\{(.*)\} ", text, re.M) for name in re.findall(r'(\w+)="', series)}
    assert labels <= {
        "partner", "hall", "gateway", "zone", "direction", "kind", "severity", "software",
        "disk", "plan", "outcome", "reason", "family", "le", "how", "why", "which", "version", "by", "step",
    }  # fmt: skip
