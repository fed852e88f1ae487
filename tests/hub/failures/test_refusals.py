"""Gateway and hub disagree: a policy that cannot be applied, and a gateway that may not speak any more. Whole portals, by the real time."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hotspot.portal.service import Service
from hotspot.portal.uplink.link import Link
from tests.hotspot.portal.conftest import free_port, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.uplink.test_policy import CONFIG, accept, portal, serial
from tests.hub.failures.boxes import PHONES
from tests.hub.failures.city import HALL, City, RealTime, Tls

pytestmark = pytest.mark.hub
PATIENCE = 20.0


@pytest.fixture
def wall() -> RealTime:
    """Portals go by the machine's clock."""
    return RealTime()


@pytest.fixture
async def service(city: City, tls: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """A hub, and a portal that it knows; this machine is the only visitor."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    (tmp_path / "state").mkdir()
    (tmp_path / "hub.pem").write_text(tls.authority)
    mac = next(iter(PHONES.values()))
    async with city.serving(), FakeFirewall(tmp_path / "firewall.sock") as firewall:
        firewall.neighbours = {"127.0.0.1": (mac, "public")}
        await city.enrol(tmp_path / "state")
        section = f'[hub]\nurl = "https://localhost:{city.port}"\nauthority = "hub.pem"\nreport_every = "1 s"\naway = "open"\n'
        config = tmp_path / "portal.toml"
        config.write_text(CONFIG.format(management=free_port(), capture=free_port(), portal=free_port(), hub=section))
        async with portal(config) as running:
            await until(lambda: running.office.uplink.connected_since is not None, PATIENCE)
            yield running


async def _becomes(what: Callable[[], Awaitable[bool]]) -> float:
    """Ask the hub until it is so; how long it took."""
    began = time.monotonic()
    while not await what():
        assert time.monotonic() - began < PATIENCE
    return time.monotonic() - began


async def _gateway(city: City) -> dict[str, Any]:
    status, reply = await city.api("GET", f"/gateways/{HALL}-1")
    assert status == 200, reply
    shown: dict[str, Any] = reply["gateway"]
    return shown


async def _change(city: City, document: dict[str, Any]) -> int:
    body = {"documents": [{"scope": f"hall/{HALL}", "document": document}]}
    status, reply = await city.api("POST", "/policy/changes", body)
    assert status == 201, reply
    number: int = reply["serial"]
    return number


async def test_a_policy_that_only_the_gateway_can_refuse(city: City, service: Service) -> None:
    """Terms with other words under the version that a visitor has accepted: the hub cannot know. The gateway stays with the one before, and
    the hub shows which one it has, which one it refused, and why; taken back, all is well."""
    good = await _change(city, {"hall": {"contact": "Pforte"}})
    await until(lambda: serial(service) == good, PATIENCE)
    await accept(service)
    bad = await _change(city, {"hall": {"contact": "Amt"}, "terms": {"version": "1", "text": {"de": "Anders."}}})
    await until(lambda: service.office.uplink.refused == bad, PATIENCE)
    assert (serial(service), service.office.settings.hall.contact) == (good, "Pforte")

    async def told() -> bool:
        return bool((await _gateway(city))["policy_refused"] == bad)

    await _becomes(told)
    shown = await _gateway(city)
    assert (shown["policy"], "terms.version = '1': the German text differs" in shown["policy_error"]) == (good, True)
    assert await city.alarms() >= {(f"{HALL}-1", "policy_refused")}
    better = await _change(city, {"hall": {"contact": "Amt"}, "terms": None})
    await until(lambda: serial(service) == better, PATIENCE)

    async def well() -> bool:
        return bool((await _gateway(city))["policy"] == better)

    await _becomes(well)
    shown = await _gateway(city)
    assert (shown["policy_refused"], shown["policy_error"], service.office.settings.hall.contact) == (0, "", "Amt")


async def test_revoked_while_it_polls(city: City, service: Service, tmp_path: Path) -> None:
    """Its long request is cut at once, and nothing of it is taken any more; visitors are let in as before, their figures wait in the hall.
    Let in again under its name, it delivers them, once."""
    uplink = service.office.uplink
    await accept(service)

    async def arrived() -> bool:
        return (await city.total())["visits"] == 1

    await _becomes(arrived)
    assert (await city.api("POST", f"/gateways/{HALL}-1/revoke"))[0] == 200
    began = time.monotonic()
    await until(lambda: uplink.connected_since is None, 2.0)
    assert (time.monotonic() - began < 1.0, uplink.trouble.startswith("the hub refused (credential)")) == (True, True)
    assert (await _gateway(city))["state"] == "revoked"
    (session,) = service.office.register.in_progress()
    visitor = await service._desk.visitor("127.0.0.1")
    assert visitor is not None
    await service._desk.leave(visitor, service._desk.token(visitor))
    await accept(service)
    await until(lambda: uplink.backlog > 0, PATIENCE)
    assert (await city.total())["visits"] == 1
    status, made = await city.api("POST", f"/halls/{HALL}/enrolments", {"replaces": f"{HALL}-1"})
    assert status == 201, made
    async with Link(city.settings(), tmp_path / "state") as link:
        assert (await link.enrol(made["token"], "1.0", ("public",))).gateway == f"{HALL}-1"
    await until(lambda: uplink.connected_since is not None and uplink.backlog == 0, PATIENCE)
    total = await city.total()
    assert (total["visits"], total["ended"], session.id in {one.id for one in service.office.register.in_progress()}) == (2, 1, False)
