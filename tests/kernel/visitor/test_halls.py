"""One hall, well and then broken in every way of ``broken``: each time the visit says what is amiss, and nothing that is not."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import msgspec
import pytest
import pytest_asyncio

from hotspot.lab import Hall, Options
from hotspot.lab.gateway import rights as users
from hotspot.lab.gateway import visitor_key
from hotspot.lab.walk_visit import LARGE, SINK, visit
from hotspot.looks import folder
from hotspot.looks.values import By, Look, Result, Verdict
from tests.kernel.visitor.breakages import INNER, answers_for, firewall_down
from tests.kernel.visitor.broken import BROKEN, LIES, Broken
from tests.kernel.visitor.impostor import impostor
from tests.kernel.visitor.mending import Ground, intruder, line
from tests.kernel.visits import sessions, until

pytestmark = [pytest.mark.kernel, pytest.mark.asyncio(loop_scope="module")]


def _rights(unit: str) -> list[str]:
    """Of a unit as installed: root without what root may do beside that."""
    text = (Path(__file__).parents[3] / "systemd" / unit).read_text()
    kept = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in re.findall(r"(?m)^CapabilityBoundingSet=(.+)$", text)[-1].split())
    return ["setpriv", "--inh-caps=-all", f"--bounding-set=-all,{kept}", "--no-new-privs"]


STRANGER = 64_990
"""Uid of nobody else here."""
QUICK = ("--skip", "countdown")
"""Nobody waits a second for the hall's clock but the tests of that."""
WITHOUT_IPV6 = ("--no-ipv6", "--skip", "advertisement")
"""Quicker; that somebody advertises it is no fault of this hall."""
TOLD_ANYWAY = {"option37-missing"}
"""A notice on machines whose radvd cannot send it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground() -> AsyncIterator[Ground]:
    """A hall with certificates, an access point that keeps devices apart, a neighbour, and a machine of the town behind the gateway."""
    async with Hall(f"visit{os.getpid()}", Options(tls=True, isolation=True)) as hall:
        place, neighbour = await hall.add_phone("probe"), await hall.add_phone("bert")
        await neighbour.join()
        ground = Ground(hall, place, neighbour)
        await ground.run(hall.layout.wan, "ip", "address", "add", f"{INNER}/32", "dev", "lo")
        yield ground


async def look(ground: Ground, *words: str) -> Look:
    """A visit, as its JSON says it."""
    done = await visit(ground.hall, ground.place, "--json", "--neighbour", ground.neighbour.lease.ip, *words)
    assert done.status in (0, 1), (done.complaint, done.out)
    found = msgspec.json.decode(done.out, type=Look)
    assert (done.status == 0) == found.well
    return found


def kinds(found: Look) -> set[str]:
    """What it says is amiss, but for what this machine's radvd cannot do."""
    return {finding.kind for finding in found.findings} - TOLD_ANYWAY


async def test_a_good_hall_passes_every_step(ground: Ground, tmp_path: Path) -> None:
    """IPv4 and IPv6, rates, isolation, town, time left, leaving; what it leaves for others is the same look; nobody was counted."""
    words = ["--phones", "all", "--download", LARGE, "--upload", SINK, "--forbidden", f"{INNER}:8000", "--looks", str(tmp_path)]
    found = await look(ground, *words)
    assert (kinds(found), [step for step in found.steps if step.result is not Result.PASSED]) == (set(), [])
    assert len(found.steps) == 64
    assert folder.read(tmp_path, By.VISIT) == found
    assert sessions(ground.hall) == ()
    assert "hotspot_accepts_total{" not in await metrics(ground)


def verdict(found: Look) -> tuple[Verdict, set[str]]:
    """Of the only zone."""
    (visited,) = found.visited
    return visited.verdict, set(visited.because)


async def metrics(ground: Ground) -> str:
    """What the portal counts."""
    return await ground.run(ground.gateway, "curl", "-s", "http://127.0.0.1:9464/metrics")


async def test_without_the_key_it_is_a_visit_like_any_other(ground: Ground, tmp_path: Path) -> None:
    """A wrong key is told to whoever visits, and to nobody else: the plan is the zone's, and it is counted."""
    (tmp_path / "key").write_text("x" * 40)
    found = await look(ground, "--key", str(tmp_path / "key"))
    assert (kinds(found), found.well) == ({"not-ours"}, True)
    assert 'hotspot_accepts_total{outcome="online",zone="public"} 1.0' in await metrics(ground)


async def test_it_speaks_to_programs(ground: Ground, tmp_path: Path) -> None:
    """Nagios: one line with numbers; JUnit: a case for each step; and words for a person, in German too."""
    nagios = await visit(ground.hall, ground.place, "--no-rates", "--nagios", "--junit", str(tmp_path / "visit.xml"))
    assert (nagios.status, nagios.out.count("\n")) == (0, 1)
    assert nagios.out.startswith("VISIT OK - 38 steps passed | time=")
    suite = ET.parse(tmp_path / "visit.xml").getroot()
    assert (suite.get("failures"), len(suite)) == ("0", int(suite.get("tests", "")))
    async with BROKEN[0].how(ground):
        told = await visit(ground.hall, ground.place, "--german", *WITHOUT_IPV6)
    assert told.status == 1
    assert "Handys, die der Option glauben, fragen dort und öffnen die Seite nicht von selbst." in told.out


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name.replace(" ", "-"))
async def test_a_broken_hall(ground: Ground, broken: Broken) -> None:
    """The right kinds are found, and no misleading other; and whether a visitor gets online is told."""
    async with broken.how(ground):
        found = await look(ground, *QUICK, *broken.words)
    assert kinds(found) == set(broken.kinds), describe(found)
    assert verdict(found) == (Verdict.STUCK if broken.stuck else Verdict.ONLINE, set(broken.stuck))


async def test_a_hall_without_its_daemon_and_then_without_its_rules(ground: Ground) -> None:
    """The kernel goes on, and the portal can let nobody in; then not even that."""
    async with firewall_down(ground):
        found = await look(ground, *QUICK)
        assert (kinds(found), verdict(found)) == ({"api-status", "portal-problem"}, (Verdict.STUCK, {"portal-problem"})), describe(found)
        await ground.run(ground.gateway, "nft", "delete", "table", "inet", "hotspot_public")
        found = await look(ground, *QUICK, "--patience", "0.6")
        assert (kinds(found), verdict(found)) == ({"gateway-mute"}, (Verdict.STUCK, {"gateway-mute"})), describe(found)


async def test_a_portal_that_lies(ground: Ground) -> None:
    """An impostor in its place: without a fault nothing is amiss, with some the right kinds are found and no other."""
    told: list[tuple[str, ...]] = []
    async with impostor(ground) as liar:
        for liar.faults in LIES:
            found = await look(ground, *WITHOUT_IPV6, "--phones", "ios", *(() if "time-stands" in liar.faults else QUICK))
            told.append(tuple(sorted(kinds(found) - {"not-ours"})))
            liar.end_all()
    assert told == [tuple(sorted(lies)) for lies in LIES]


async def test_after_all_that_the_hall_is_well(ground: Ground) -> None:
    """Every breakage was mended, and every visit left nothing behind."""
    found = await look(ground, "--forbidden", f"{INNER}:8000")
    assert (kinds(found), sessions(ground.hall)) == (set(), ())


def describe(found: Look) -> str:
    """Steps that did not pass, for whoever reads the failure."""
    return "\n".join(f"{step.name} {step.family} {step.result} {step.why}" for step in found.steps if step.result is not Result.PASSED)


@contextlib.asynccontextmanager
async def plugging(namespace: str, path: Path) -> AsyncIterator[None]:
    """Whoever plugs visits in listens in the namespace, with the rights of its unit, as systemd starts it."""
    words = [*_rights("hotspot-visit-plug.service"), "systemd-socket-activate", f"--listen={path}"]
    path.unlink(missing_ok=True)
    command = ("ip", "netns", "exec", namespace, *words, sys.executable, "-P", "-m", "hotspot", "plug")
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)

    async def listens() -> bool:
        return path.is_socket()

    try:
        await until(listens, 10)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # nobody has come for a while
            process.kill()
        await process.wait()


async def as_installed(ground: Ground, tmp_path: Path, plug: Path | None) -> list[str]:
    """The options of a visit, where settings, key and state are another user's, as on a gateway: with the rights of its unit and in an
    empty network, or as an administrator makes it by hand."""
    settings, state, looks = tmp_path / "portal.toml", tmp_path / "state", tmp_path / "looks"
    for file in ground.path.glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text())
    settings.write_text(line("state_dir = .*", f'state_dir = "{state}"')(ground.hall.folder.portal_config.read_text()))
    for path in (state, looks):
        path.mkdir(mode=0o700)
    for path in (settings, state):
        os.chown(path, STRANGER, STRANGER)
        path.chmod(0o700)
    _, portal, _ = await users()
    rights = ["unshare", "--net", *_rights("hotspot-visit.service"), f"--groups={portal.uid}"] if plug is not None else []
    words = [*rights, sys.executable, "-P", "-m", "hotspot", "visit", "--json", "--looks", str(looks)]
    words += ["--plug", str(plug)] if plug is not None else []
    key, authority = visitor_key(ground.hall.folder), ground.hall.folder.authority
    return [*words, "--settings", str(settings), "--authority", str(authority), "--key", str(key)]


@pytest.mark.parametrize("interface", ["br0", "wlan0", "lan0", "br0 by hand"])
async def test_it_has_its_own_place(ground: Ground, tmp_path: Path, interface: str) -> None:
    """On a bridge, on an interface that is none, and on one of the gateway itself that is none, plugged in with the rights of the units;
    and by hand. Afterwards, and when it is killed, nothing is left. In the bridge it is kept apart as guests are; on the gateway it gets
    the plan's rate. Of several visits each is made."""
    plug = None if interface.endswith("hand") else tmp_path / "plug"
    interface = interface.partition(" ")[0]
    namespace = {"br0": ground.access_point, "wlan0": ground.neighbour.namespace, "lan0": ground.gateway}[interface]
    before = await ground.run(namespace, "ip", "-br", "link")
    words = await as_installed(ground, tmp_path, plug)
    words += {
        "br0": ["--interface", "br0", "--neighbour", ground.neighbour.lease.ip],
        "wlan0": ["--interface", "wlan0", "--zone", "public", "--interface", "wlan0", "--zone", "public"],
        "lan0": ["--download", LARGE, "--upload", SINK, "--measured", "1"],
    }[interface]
    async with plugging(namespace, plug) if plug is not None else contextlib.nullcontext():
        found = msgspec.json.decode(await ground.run(namespace, *words), type=Look)
    assert (kinds(found), found.well) == (set(), True), describe(found)
    assert [one.verdict for one in found.visited] == [Verdict.ONLINE] * (2 if interface == "wlan0" else 1)
    tried = {step.name for step in found.steps if step.result is Result.PASSED}
    assert tried >= {"status", *{"br0": ["neighbour"], "wlan0": [], "lan0": ["download", "upload"]}[interface]}
    assert folder.read(tmp_path / "looks", By.VISIT) == found

    async def has_joined() -> bool:
        return any("visit" in line for line in (await ground.run(namespace, "ip", "-br", "link")).splitlines()) or interface == "wlan0"

    async def nothing_left() -> bool:
        return before == await ground.run(namespace, "ip", "-br", "link")

    async with plugging(namespace, plug) if plug is not None else contextlib.nullcontext():
        killed = await asyncio.create_subprocess_exec("ip", "netns", "exec", namespace, *words, stdout=subprocess.DEVNULL)
        await until(has_joined, 10)
        killed.kill()
        await killed.wait()
        await until(nothing_left, 10)


async def test_who_answers_for_others_is_no_neighbour(ground: Ground) -> None:
    """Proxy ARP: somebody answers for an address, and nobody is there. A neighbour is one who says something."""
    address = "198.18.15.77"
    with intruder(ground, answers_for(address)):
        done = await visit(ground.hall, ground.place, "--json", "--neighbour", address, *WITHOUT_IPV6, *QUICK)
    found = msgspec.json.decode(done.out, type=Look)
    assert (kinds(found), [step.result for step in found.steps if step.name == "neighbour"]) == (set(), [Result.PASSED])


async def test_a_hall_that_is_closed_is_well(ground: Ground) -> None:
    """Outside the opening hours there is no button, and nothing is amiss with that."""
    day = (datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=2)).strftime("%a")
    shut = line(r"\[hours\.hall\]", f'[hours.never]\nopen = ["{day} 08:00-09:00"]\n[hours.hall]')
    zone = line(r"\[zones\.public\]", '[zones.public]\nhours = "never"')
    async with ground.changed("portal.toml", lambda text: zone(shut(text)), ground.reload_portal):
        found = await look(ground, *QUICK)
    assert (kinds(found), [step.why for step in found.steps if step.name == "page"]) == (set(), ["closed-now"])
    assert verdict(found) == (Verdict.CLOSED, set())


async def test_without_settings_it_goes_by_what_phones_are_told(ground: Ground) -> None:
    """The portal is where probes are led and option 114 says; nothing is amiss with a good hall."""
    words = ["--here", "--interface", "wlan0", "--authority", str(ground.hall.folder.authority), "--json", *QUICK]
    done = await ground.place.run([sys.executable, "-P", "-m", "hotspot", "visit", *words])
    found = msgspec.json.decode(done.out, type=Look)
    assert (kinds(found), {step.name for step in found.steps if step.result is Result.PASSED} >= {"api", "page", "accept", "leave"}) == (
        set(),
        True,
    )


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--interface", "nowhere0"], 2, "interface = 'nowhere0': expected an interface of this machine\n"),
        (["--interface", "wlan0", "--skip", "dinner"], 2, "skip = 'dinner': expected one of interface, dhcp, "),
        (["--interface", "wlan0", "--phones", "nokia"], 2, "phones = 'nokia': expected all, or some of ios, "),
        (["--interface", "wlan0", "--settings", "/nowhere.toml"], 2, "cannot read /nowhere.toml: "),
        (["--interface", "nowhere0", "--nagios"], 3, "VISIT UNKNOWN - interface = 'nowhere0'"),
        ([], 2, "interface is missing: expected one, and at most one zone, where there are no settings"),
    ],
)
async def test_what_it_cannot_use_is_named(ground: Ground, words: list[str], status: int, said: str) -> None:
    """Exit status 2, and 3 for Nagios; nothing is said of the hall."""
    done = await ground.place.run([sys.executable, "-P", "-m", "hotspot", "visit", *words])
    assert (done.status, said in done.out + done.complaint) == (status, True)
