"""The whole portal on loopback: start, a visit over HTTP, reload, stop."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

import aiohttp
import msgspec
import pytest
from msgspec.structs import replace

from hotspot.portal import last_good
from hotspot.portal.desk import Accepted
from hotspot.portal.journal import Journal, Loaded
from hotspot.portal.listeners import CannotListen, open_sockets
from hotspot.portal.service import Service, keep_fixed, main
from hotspot.portal.settings import Settings, Terms, Zone, load
from hotspot.session.forms import AcceptForm
from hotspot.session.hours import Hours, parse_spans
from hotspot.session.plans import Plan
from tests.hotspot.portal.conftest import ANNA, RATES, free_port, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_certificates import install, make_pair, presented

HOST = {"Host": "portal.hall.example"}


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Service]:
    """A service that is ready."""
    service, ready = Service(settings), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(service.serve(ready.set))
        waiting = tasks.create_task(ready.wait())
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        yield service
        service.stopping.set()


@pytest.fixture
async def service(portal_settings: Settings, firewall: FakeFirewall) -> AsyncIterator[Service]:
    """A portal whose only visitor is this machine."""
    firewall.neighbours = {"127.0.0.1": (ANNA, "public")}
    async with serving(portal_settings) as service:
        yield service


async def test_a_visit(service: Service, firewall: FakeFirewall, portal_settings: Settings) -> None:
    """Probe, page, accept, online, leave, over real sockets."""
    zone = portal_settings.zones["public"]
    capture, pages = f"http://127.0.0.1:{zone.capture_port}", f"http://127.0.0.1:{zone.portal_port}"
    async with aiohttp.ClientSession(headers=HOST) as http:

        async def page(path: str) -> str:
            async with http.get(pages + path) as answer:
                return await answer.text()

        async def press(path: str, text: str) -> tuple[int, str]:
            fields = dict(re.findall(r'name="(token|terms)" value="([^"]*)"', text))
            async with http.post(pages + path, data=fields, allow_redirects=False) as answer:
                return answer.status, answer.headers["Location"]

        async with http.get(f"{capture}/generate_204", headers={"Host": "connectivitycheck.gstatic.com"}, allow_redirects=False) as probe:
            assert (probe.status, probe.headers["Location"]) == (302, "http://portal.hall.example/")
        status, location = await press("/accept", await page("/"))
        assert (status, location.startswith("/online"), [grant.mac for grant in firewall.grants.values()]) == (303, True, [ANNA])
        status, location = await press("/leave", await page("/online"))
        assert (status, location.startswith("/"), firewall.grants) == (303, True, {})
    value = service.office.metrics.registry.get_sample_value
    assert value("hotspot_probes_total", {"zone": "public", "family": "android"}) == 1


async def test_certificate(portal_settings: Settings, firewall: FakeFirewall, tmp_path: Path) -> None:
    """With a certificate the same pages are served over TLS; SIGHUP takes a renewed one."""
    firewall.neighbours = {"127.0.0.1": (ANNA, "public")}
    certificate, key = make_pair(tmp_path, "first")
    install(tmp_path / "portal.pem", certificate)
    install(tmp_path / "portal.key", key)
    zones = {"public": replace(portal_settings.zones["public"], portal_url="https://portal.hall.example/")}
    settings = replace(portal_settings, zones=zones, certificate=tmp_path / "portal.pem", key=tmp_path / "portal.key")
    port = zones["public"].portal_tls_port
    async with serving(settings) as service:
        async with aiohttp.ClientSession(headers=HOST) as http, http.get(f"https://127.0.0.1:{port}/api/captive", ssl=False) as answer:
            assert (answer.status, (await answer.json(content_type=None))["captive"]) == (200, True)
        first = await presented(port)
        renewed, new_key = make_pair(tmp_path, "second")
        install(tmp_path / "portal.pem", renewed)
        install(tmp_path / "portal.key", new_key)
        (tmp_path / "portal.toml").write_text(config())
        service._config = tmp_path / "portal.toml"
        service.reload()
        assert first != await presented(port)
    value = service.office.metrics.registry.get_sample_value
    assert value("hotspot_certificate_reloads_total", {"outcome": "reloaded"}) == 1


async def test_stop_leaves_the_kernel(portal_settings: Settings, firewall: FakeFirewall) -> None:
    """Stopping cuts nobody, writes what waits, and frees ports and socket."""
    firewall.neighbours = {"127.0.0.1": (ANNA, "public")}
    async with serving(portal_settings) as service:
        visitor = await service._desk.visitor("127.0.0.1")
        assert visitor is not None
        service.office.register.note("left", "over")
    assert not portal_settings.control_socket.exists()

    class Silent:
        def opened(self, loaded: Loaded, how: str) -> None:
            """Nothing to do."""

        def health(self, ok: bool, kind: str, why: str) -> None:
            """Nothing to do."""

        def committed(self, seconds: float, writes: int) -> None:
            """Nothing to do."""

    async with Journal(portal_settings.state_dir / "journal.db", Silent()) as journal:
        assert await journal.read("SELECT value FROM meta WHERE key = 'left'") == [("over",)]
    async with serving(portal_settings):
        pass


async def test_port_in_use(portal_settings: Settings, firewall: FakeFirewall) -> None:
    """A port that somebody else has ends the start with words."""
    with socket.create_server(("127.0.0.1", portal_settings.zones["public"].portal_port)), pytest.raises(ExceptionGroup) as caught:
        async with serving(portal_settings):
            pass
    assert caught.group_contains(CannotListen, match=r"cannot listen for zone public on 127\.0\.0\.1 port \d+: Address already in use")


def test_sockets_of_both_families() -> None:
    """One socket per address; the IPv6 one takes no IPv4."""
    zone = Zone("public", ("free",), "http://portal.hall.example/")
    sockets = open_sockets(zone, free_port())
    families = [listener.family for listener in sockets]
    only = sockets[1].getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    for listener in sockets:
        listener.close()
    assert (families, only) == ([socket.AF_INET, socket.AF_INET6], 1)


@pytest.mark.kernel
async def test_missing_interface(portal_settings: Settings, firewall: FakeFirewall) -> None:
    """Without its interface the zone waits, says so, and the rest of the portal serves."""
    zones = {"public": replace(portal_settings.zones["public"], lan="zP-none", listen=("0.0.0.0", "::"))}
    async with serving(replace(portal_settings, zones=zones)) as service:
        assert service.office.faults() == ("zone public is not served (interface zP-none is missing or was replaced)",)
        assert not service.office.serving


def test_reload_changes_what_it_can(portal_settings: Settings) -> None:
    """Plans, hours, terms and texts change; ports, sockets and files wait for a restart; a plan that is still on offer is not lost."""
    gold = Plan("gold", {"de": "Gold"}, RATES, 60)
    zone = replace(portal_settings.zones["public"], plans=("gold",), hours=HOURS, portal_port=1, portal_url="http://other.example/")
    new = replace(
        portal_settings, terms=Terms("2026-12", {"de": "Neu."}), plans={"gold": gold}, zones={"public": zone}, state_dir=Path("/elsewhere")
    )
    merged = keep_fixed(portal_settings, new)
    expected = replace(
        portal_settings,
        terms=new.terms,
        plans={"gold": gold},
        zones={"public": replace(portal_settings.zones["public"], plans=("gold",), hours=HOURS)},
    )
    assert merged == expected


HOURS = Hours(UTC, parse_spans("Mon-Fri 08:00-18:00"))
CONFIG = """
state_dir = "."
firewall_socket = "firewall.sock"
control_socket = "control.sock"
management = "127.0.0.1:{management}"
[hall]
name = "Rathaus"
[terms]
version = "{terms}"
text.de = "Bitte freundlich."
[plans.free]
down = "10 Mbit/s"
up = "2 Mbit/s"
time = "{time}"
[zones.public]
plans = ["free"]
portal_url = "http://portal.hall.example/"
listen = ["127.0.0.1"]
capture_port = {capture}
portal_port = {portal}
"""


def config(terms: str = "1", time: str = "2 h") -> str:
    """A settings file with free ports."""
    return CONFIG.format(management=free_port(), capture=free_port(), portal=free_port(), terms=terms, time=time)


def test_check_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 for good settings, and what is still to be seen to; 2 and one line for bad ones."""
    path = tmp_path / "portal.toml"
    path.write_text(config())
    assert main(["--config", str(path), "--check-config"]) == 0
    assert capsys.readouterr().err.startswith("warning: legal pages are not complete: legal.operator, ")
    path.write_text(config(time="2 ages"))
    assert main(["--config", str(path), "--check-config"]) == 2
    assert capsys.readouterr().err.startswith(f"cannot use {path}: plans.free.time = '2 ages': expected a duration")


async def first_word(told: socket.socket) -> bytes:
    """What a process tells first beside the sockets that it leaves with systemd."""
    while (word := await asyncio.get_running_loop().sock_recv(told, 100)).startswith(b"FDSTORE=1\n"):
        pass
    return word


async def test_process(tmp_path: Path, firewall: FakeFirewall) -> None:
    """The process: READY, SIGHUP with bad and good settings, SIGTERM, exit status 0; every log line is JSON."""
    path = tmp_path / "portal.toml"
    text = config()
    path.write_text(text)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as told:
        told.bind(str(tmp_path / "notify"))
        loop = asyncio.get_running_loop()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-c",
            "import sys; from hotspot.portal.service import main; sys.exit(main(sys.argv[1:]))",
            "--config",
            str(path),
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(20):
            assert await first_word(told) == b"READY=1"
            path.write_text(text.replace("2 h", "2 ages"))
            process.send_signal(signal.SIGHUP)
            reloading = [await loop.sock_recv(told, 100) for _ in range(2)]
            path.write_text(text.replace('version = "1"', 'version = "2"'))
            process.send_signal(signal.SIGHUP)
            reloading += [await loop.sock_recv(told, 100) for _ in range(2)]
            process.send_signal(signal.SIGTERM)
            assert await loop.sock_recv(told, 100) == b"STOPPING=1"
            assert process.stderr is not None
            log = (await process.stderr.read()).splitlines()
            assert await process.wait() == 0
    assert [one.partition(b"\n")[0] for one in reloading] == [b"RELOADING=1", b"READY=1"] * 2
    events = [msgspec.json.decode(line)["event"] for line in log]
    assert [event for event in events if "settings" in event] == ["settings not reloaded", "settings reloaded"]


async def told(path: Path, signal_sent: int | None, *words: str) -> tuple[int, list[dict[str, object]], bytes, bytes]:
    """One process, from READY (and perhaps a signal that it answers with READY) to SIGTERM: exit status, log, health and metrics."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listener:
        address = path.parent / f"notify{len(list(path.parent.glob('notify*')))}"
        listener.bind(str(address))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "hotspot.portal", "--config", str(path), *words),
            env={**os.environ, "NOTIFY_SOCKET": str(address), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stderr=asyncio.subprocess.PIPE,
        )
        loop, pages = asyncio.get_running_loop(), []
        async with asyncio.timeout(20):
            assert await first_word(listener) == b"READY=1"
            if signal_sent is not None:
                process.send_signal(signal_sent)
                assert [(await loop.sock_recv(listener, 100)).partition(b"\n")[0] for _ in range(2)] == [b"RELOADING=1", b"READY=1"]
            management = re.search(r'management = "([^"]+)"', (path.parent / "good.toml").read_text())
            assert management is not None
            async with aiohttp.ClientSession() as http:
                for page in ("healthz", "metrics"):
                    async with http.get(f"http://{management[1]}/{page}") as answer:
                        pages.append(await answer.read())
            process.send_signal(signal.SIGTERM)
            assert process.stderr is not None
            log = [msgspec.json.decode(line) for line in (await process.stderr.read()).splitlines()]
            return await process.wait(), log, pages[0], pages[1]


@pytest.fixture
def hall_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that name a theme, and a copy of them as they were."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    text = 'theme = "theme.toml"\n' + config()
    for name in ("portal.toml", "good.toml"):
        (tmp_path / name).write_text(text)
    (tmp_path / "theme.toml").write_text('welcome = "Willkommen!"\n')
    return tmp_path / "portal.toml"


async def test_a_start_with_broken_settings(hall_files: Path, firewall: FakeFirewall) -> None:
    """The last good ones serve; log, health and metrics name file, key and reason; good settings end it. The check still refuses."""
    theme = hall_files.parent / "theme.toml"
    status, log, health, metrics = await told(hall_files, None)
    assert (status, msgspec.json.decode(health)["faults"], b"hotspot_settings_ok 1.0" in metrics) == (0, [], True)
    assert [str(line["what"]).partition(":")[0] for line in log if line["event"] == "to be seen to"] == ["legal pages are not complete"]
    theme.write_text("wellcome = 5\n")
    assert main(["--config", str(hall_files), "--check-config"]) == 2
    keys = "base, colours, logo, photo, welcome, sign_language"
    why = f"cannot use {theme}: wellcome = 5: unknown key, expected one of {keys} (perhaps welcome)"
    status, log, health, metrics = await told(hall_files, signal.SIGHUP)
    assert [(line["event"], line["why"]) for line in log if line["level"] == "error"] == [
        ("started with the last good settings", why),
        ("settings not reloaded", why),
    ]
    assert msgspec.json.decode(health)["faults"] == [f"{why} (the last good settings are in force)"]
    assert (status, b"hotspot_settings_ok 0.0" in metrics) == (0, True)
    theme.write_text('welcome = "Hallo!"\n')
    status, log, health, metrics = await told(hall_files, None)
    assert (status, msgspec.json.decode(health)["faults"], b"hotspot_settings_ok 1.0" in metrics) == (0, [], True)


async def test_a_reload_of_broken_settings(hall_files: Path, portal_settings: Settings, firewall: FakeFirewall) -> None:
    """What was good stays in force and is told as a fault, until what is there is good again."""
    settings, theme = load(hall_files), hall_files.parent / "theme.toml"
    service = Service(settings, hall_files)
    value = service.office.metrics.registry.get_sample_value
    for broken, said in (
        ('[legal.operator]\nname = ""', "legal.operator.name = '': expected a name"),
        ('[feedback]\nkeep = "soon"', "feedback.keep = 'soon': expected"),
    ):
        hall_files.write_text(f"{(hall_files.parent / 'good.toml').read_text()}{broken}\n")
        service.reload()
        assert service.office.settings is settings
        assert service.office.settings_fault.startswith(f"cannot use {hall_files}: {said}")
        assert value("hotspot_settings_ok") == 0
    theme.unlink()
    service.reload()
    why = "theme = 'theme.toml': expected a readable file (No such file or directory)"
    assert service.office.settings_fault == f"cannot use {hall_files}: {why}"
    theme.write_text('welcome = "Hallo!"\n')
    hall_files.write_text((hall_files.parent / "good.toml").read_text())
    service.reload()
    assert (service.office.settings_fault, service.office.settings.hall.theme.welcome, value("hotspot_settings_ok")) == (
        "",
        {"de": "Hallo!"},
        1,
    )
    theme.unlink()
    restored = last_good.restore(hall_files)
    assert restored is not None
    assert restored.settings == service.office.settings


async def test_a_reload_with_other_terms_under_the_same_version(hall_files: Path, firewall: FakeFirewall) -> None:
    """Refused when somebody has accepted the words; a new version is taken."""
    firewall.neighbours = {"127.0.0.1": (ANNA, "public")}
    settings = load(hall_files)
    text, other = hall_files.read_text(), "Bitte sehr freundlich."
    async with serving(settings) as service:
        service._config = hall_files
        hall_files.write_text(text.replace("Bitte freundlich.", "Bitte."))
        service.reload()
        assert (service.office.settings_fault, service.office.settings.terms.text) == ("", {"de": "Bitte."})
        visitor = await service._desk.visitor("127.0.0.1")
        assert visitor is not None
        form = AcceptForm(token=service._desk.token(visitor), terms="1", plan=None)
        assert isinstance(await service._desk.accept(visitor, form, "de", "android"), Accepted)
        hall_files.write_text(text.replace("Bitte freundlich.", other))
        service.reload()
        assert service.office.settings_fault == (
            f"cannot use {hall_files}: terms.version = '1': the German text differs from what visitors accepted under this version; "
            "expected a new version"
        )
        assert service.office.settings.terms.text == {"de": "Bitte."}
        hall_files.write_text(text.replace("Bitte freundlich.", other).replace('version = "1"', 'version = "2"'))
        service.reload()
        assert (service.office.settings_fault, service.office.settings.terms) == ("", Terms("2", {"de": other}))


async def test_firewall_comes_later(portal_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a firewall the portal serves the problem page, and visitors as soon as there is one."""
    monkeypatch.setattr("hotspot.portal.service.FIRST_CONNECTION", 0.05)
    monkeypatch.setattr("hotspot.portal.patience.Patience.SECONDS", 0.2)
    async with serving(portal_settings) as service:
        url = f"http://127.0.0.1:{portal_settings.zones['public'].portal_port}/"
        async with aiohttp.ClientSession(headers=HOST) as http:
            async with http.get(url) as answer:
                assert answer.status == 503
            async with FakeFirewall(portal_settings.firewall_socket) as firewall:
                firewall.neighbours = {"127.0.0.1": (ANNA, "public")}
                await until(lambda: service.office.gate.up)
                async with http.get(url) as answer:
                    assert answer.status == 200
