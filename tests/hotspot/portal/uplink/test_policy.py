"""Policies, end to end: a whole portal, a hub over TLS, the state folder, restarts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from firewall.api import Replace
from hotspot.portal import last_good
from hotspot.portal.desk import Accepted
from hotspot.portal.service import Service
from hotspot.portal.settings_reader import Files
from hotspot.session.forms import AcceptForm
from hotspot.session.states import State
from tests.hotspot.portal.conftest import ANNA, free_port, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.uplink.small_hub import SmallHub

CONFIG = """
state_dir = "state"
firewall_socket = "firewall.sock"
control_socket = "control.sock"
management = "127.0.0.1:{management}"
usage_interval = 0.1
[hall]
name = "Rathaus"
contact = "Empfang"
[terms]
version = "1"
text = {{ de = "Bitte freundlich.", en = "Please be kind." }}
[plans.free]
down = "10 Mbit/s"
up = "2 Mbit/s"
time = "2 h"
[zones.public]
plans = ["free"]
portal_url = "http://portal.hall.example/"
listen = ["127.0.0.1"]
capture_port = {capture}
portal_port = {portal}
{hub}
"""
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'
FASTER = {"down": "20 Mbit/s", "up": "4 Mbit/s", "time": "3 h"}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[SmallHub]:
    """A hub that knows this gateway."""
    async with SmallHub(tmp_path) as hub:
        (tmp_path / "state").mkdir()
        hub.enrol(tmp_path / "state")
        yield hub


@pytest.fixture
def config(tmp_path: Path, hub: SmallHub, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of a gateway of that hub."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    path = tmp_path / "portal.toml"
    path.write_text(CONFIG.format(management=free_port(), capture=free_port(), portal=free_port(), hub=hub.section()))
    return path


@pytest.fixture
async def firewall(tmp_path: Path) -> AsyncIterator[FakeFirewall]:
    """This machine is the only visitor."""
    async with FakeFirewall(tmp_path / "firewall.sock") as fake:
        fake.neighbours = {"127.0.0.1": (ANNA, "public")}
        yield fake


@asynccontextmanager
async def portal(config: Path) -> AsyncIterator[Service]:
    """The portal as a process starts it, until it is ready."""
    service, ready = Service(*_start(config)), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(service.serve(ready.set))
        waiting = tasks.create_task(ready.wait())
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        yield service
        service.stopping.set()


def _start(config: Path) -> tuple[Any, ...]:
    settings, files, fault = last_good.start(config, Files())
    return settings, config, files, fault


def serial(service: Service) -> int:
    """Of the policy in force."""
    policy = service.office.settings.policy
    return 0 if policy is None else policy.serial


async def accept(service: Service) -> Accepted:
    """The visitor gets online."""
    visitor = await service._desk.visitor("127.0.0.1")
    assert visitor is not None
    form = AcceptForm(token=service._desk.token(visitor), terms=service.office.settings.terms.version, plan=None)
    accepted = await service._desk.accept(visitor, form, "de", "android")
    assert isinstance(accepted, Accepted), accepted
    return accepted


async def test_a_policy_comes_into_force_and_nobody_is_cut(hub: SmallHub, config: Path, firewall: FakeFirewall) -> None:
    """Plans, texts, terms and a theme with its file; who is online stays so, with the new rates; what the policy does not name is the
    box's."""
    async with portal(config) as service:
        await until(lambda: len(hub.polls) >= 2)
        anna = await accept(service)
        (online,) = firewall.grants.values()
        wanted = {
            "hall": {"contact": "Pforte"},
            "plans": {"free": FASTER},
            "terms": {"version": "2", "text": {"de": "Neue Regeln."}},
            "theme": {"logo": {"file": "wappen.svg", "alt": "Wappen"}, "welcome": {"de": "Willkommen!"}},
        }
        hub.change(wanted, {"wappen.svg": LOGO})
        await until(lambda: serial(service) == 1)
        settings = service.office.settings
        logo = settings.hall.theme.logo
        assert (settings.hall.name, settings.hall.contact, settings.terms.version) == ("Rathaus", "Pforte", "2")
        assert (logo is not None and logo.content, settings.hall.theme.welcome) == (LOGO, {"de": "Willkommen!"})
        await until(lambda: any(isinstance(one, Replace) for one in firewall.requests))
        assert [(grant.session, grant.rates.ceil_down) for grant in firewall.grants.values()] == [(online.session, 20_000_000)]
        visitor = await service._desk.visitor("127.0.0.1")
        assert visitor is not None
        assert (visitor.state, visitor.session is not None and visitor.session.id) == (
            State.ONLINE,
            anna.visitor.session and online.session,
        )
        assert [path.name for path in (config.parent / "state" / "policy-files").iterdir()] == [f"{sha256(LOGO).hexdigest()}.svg"]


async def test_a_policy_survives_a_restart_without_the_hub(hub: SmallHub, config: Path, firewall: FakeFirewall) -> None:
    """It is in force at once, files included; when the hub is back the same policy changes nothing."""
    hub.change({"plans": {"free": FASTER}, "theme": {"logo": {"file": "wappen.svg"}}}, {"wappen.svg": LOGO})
    async with portal(config) as service:
        await until(lambda: serial(service) == 1)
        before = service.office.settings
    await hub.stop()
    async with portal(config) as service:
        assert service.office.settings == before
        assert serial(service) == 1
        await hub.__aenter__()
        await until(lambda: service.office.uplink.fetched == 1, 10)
        assert service.office.settings == before


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"plans": {"free": {**FASTER, "down": "fast"}}}, "plans.free.down = 'fast': expected a rate"),
        ({"zones": {"public": {"plans": ["gold"]}}}, "zones.public.plans = 'gold': expected one of the plans free"),
        ({"state_dir": "/elsewhere"}, "state_dir = '/elsewhere': only the gateway itself can know this"),
        (
            {"terms": {"version": "1", "text": {"de": "Anders."}}},
            "terms.version = '1': the German text differs from what visitors accepted",
        ),
        (
            {"blocklist": {"a": {"what": "casino.example", "reason": "x", "case_number": "1"}}},
            "blocklist.a.what = 'casino.example': expected no",
        ),
    ],
)
async def test_a_policy_that_cannot_be_used(
    hub: SmallHub, config: Path, firewall: FakeFirewall, settings: dict[str, Any], said: str
) -> None:
    """The one before stays in force, on disk too, and everybody is told why; the next good one is taken."""
    hub.change({"hall": {"contact": "Pforte"}})
    async with portal(config) as service:
        await until(lambda: serial(service) == 1)
        await accept(service)
        before, uplink = service.office.settings, service.office.uplink
        hub.change(settings)
        await until(lambda: uplink.refused == 2)
        assert uplink.error.startswith(f"cannot use policy 2: {said}")
        assert (service.office.settings == before, serial(service)) == (True, 1)
        assert f"{uplink.error} (the settings from before are in force)" in service.office.faults()
        await until(lambda: hub.polls[-1].policy == 2)  # it is not asked for again and again
        assert last_good.start(config, Files())[0] == before
        hub.change({"hall": {"contact": "Pforte 2"}})
        await until(lambda: serial(service) == 3)
        assert (uplink.refused, uplink.error, service.office.settings.hall.contact) == (0, "", "Pforte 2")


async def test_a_file_that_is_another_than_named(hub: SmallHub, config: Path, firewall: FakeFirewall) -> None:
    """It is not kept, the policy is refused with that reason, and tried again: then the right one is there."""
    hub.change({"theme": {"logo": {"file": "wappen.svg"}}}, {"wappen.svg": LOGO})
    digest = sha256(LOGO).hexdigest()
    hub.files[digest] = b"something else"
    async with portal(config) as service:
        uplink = service.office.uplink
        await until(lambda: uplink.refused == 1)
        assert uplink.error == "cannot keep policy 1: cannot use file wappen.svg: its SHA-256 is another than the policy says"
        hub.files[digest] = LOGO
        await until(lambda: serial(service) == 1, 10)
        assert (uplink.refused, uplink.error) == (0, "")


async def test_files_that_no_policy_names_any_more_go(hub: SmallHub, config: Path, firewall: FakeFirewall) -> None:
    """Only those of the policy in force are kept."""
    hub.change({"theme": {"logo": {"file": "wappen.svg"}}}, {"wappen.svg": LOGO})
    async with portal(config) as service:
        await until(lambda: serial(service) == 1)
        hub.change({"terms": {"version": "2", "file": {"de": "terms.txt"}}}, {"terms.txt": b"Neu."})
        await until(lambda: serial(service) == 2)
        folder = config.parent / "state" / "policy-files"
        assert [path.suffix for path in folder.iterdir()] == [".txt"]
        assert (service.office.settings.terms.text, service.office.settings.hall.theme.logo) == ({"de": "Neu."}, None)


async def test_a_reload_keeps_the_policy_and_a_policy_brings_no_half_written_file(
    hub: SmallHub, config: Path, firewall: FakeFirewall
) -> None:
    """SIGHUP reads the box's file again, under the policy; a policy that comes while somebody is editing that file does not."""
    hub.change({"hall": {"contact": "Pforte"}})
    async with portal(config) as service:
        await until(lambda: serial(service) == 1)
        good = config.read_text()
        config.write_text(good.replace('name = "Rathaus"', 'name = "Altes Rathaus"'))
        hub.change({"hall": {"contact": "Pforte 2"}})
        await until(lambda: serial(service) == 2)
        assert (service.office.settings.hall.name, service.office.settings.hall.contact) == ("Rathaus", "Pforte 2")
        service.reload()
        assert (service.office.settings.hall.name, service.office.settings.hall.contact) == ("Altes Rathaus", "Pforte 2")
        config.write_text(good.replace("2 h", "2 ages"))
        service.reload()
        assert "plans.free.time = '2 ages'" in service.office.settings_fault
        hub.change({"hall": {"contact": "Pforte 3"}})
        await until(lambda: serial(service) == 3)
        assert (service.office.settings.hall.name, "2 ages" in service.office.settings_fault) == ("Altes Rathaus", True)
    settings, _, fault = last_good.start(config, Files())
    assert (settings.hall.name, settings.hall.contact, "2 ages" in fault) == ("Altes Rathaus", "Pforte 3", True)


async def test_a_refused_policy_is_tried_again_after_a_reload(hub: SmallHub, config: Path, firewall: FakeFirewall) -> None:
    """What the box's own file made impossible may be possible now."""
    hub.change({"zones": {"public": {"plans": ["free", "late"]}}})
    async with portal(config) as service:
        await until(lambda: service.office.uplink.refused == 1)
        config.write_text(config.read_text() + "[plans.late]\ndown = 1e6\nup = 1e6\ntime = 60\n")
        service.reload()
        await until(lambda: serial(service) == 1)
        assert (service.office.uplink.refused, service.office.settings.zones["public"].plans) == (0, ("free", "late"))


async def test_a_damaged_policy_on_disk(hub: SmallHub, config: Path, firewall: FakeFirewall) -> None:
    """The start goes on with the last good settings, which hold the policy too; without those with the box's own, and says so; then the
    hub's policy heals it."""
    hub.change({"hall": {"contact": "Pforte"}})
    state = config.parent / "state"
    async with portal(config) as service:
        await until(lambda: serial(service) == 1)
    (state / "policy.json").write_bytes(b"\0" * 100)
    settings, _, fault = last_good.start(config, Files())
    assert (settings.hall.contact, fault.startswith(f"cannot read {state / 'policy.json'}: cannot read Policy")) == ("Pforte", True)
    (state / last_good.NAME).unlink()
    settings, _, fault = last_good.start(config, Files())
    assert (settings.hall.contact, settings.policy, fault.endswith("; started without the policy of the hub")) == ("Empfang", None, True)
    async with portal(config) as service:
        await until(lambda: serial(service) == 1)
        assert (service.office.settings.hall.contact, service.office.settings_fault) == ("Pforte", "")
        service.reload()
        assert (service.office.settings.hall.contact, service.office.settings_fault) == ("Pforte", "")


async def test_a_disk_that_is_full(hub: SmallHub, config: Path, firewall: FakeFirewall) -> None:
    """What cannot be kept is not applied; it is as soon as there is room."""
    blocking = config.parent / "state" / ".policy.json.new"
    blocking.mkdir()  # writing fails for root, too
    hub.change({"hall": {"contact": "Pforte"}})
    async with portal(config) as service:
        uplink = service.office.uplink
        await until(lambda: uplink.refused == 1)
        assert (uplink.error, service.office.settings.policy) == ("cannot keep policy 1: Is a directory", None)
        blocking.rmdir()
        await until(lambda: serial(service) == 1, 10)
