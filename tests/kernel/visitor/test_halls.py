"""One hall, well and then broken in every way of ``breakages``: each time the visit says what is amiss, and nothing that is not."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import msgspec
import pytest
import pytest_asyncio

from hotspot.lab import Hall, Options
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.walk_visit import LARGE, SINK, visit
from hotspot.looks import folder
from hotspot.looks.values import By, Look, Result
from tests.kernel.visitor.breakages import BROKEN, INNER, LIES, Broken
from tests.kernel.visitor.impostor import impostor
from tests.kernel.visitor.mending import Ground, line
from tests.kernel.visits import sessions, until

pytestmark = [pytest.mark.kernel, pytest.mark.asyncio(loop_scope="module")]

RIGHTS = ["setpriv", "--inh-caps=-all", "--bounding-set=-all,+net_admin,+net_raw,+sys_admin,+dac_read_search", "--no-new-privs"]
"""Of ``systemd/hotspot-visit.service``."""
QUICK = ("--skip", "countdown")
"""Nobody waits a second for the hall's clock but the tests of that."""
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
        told = await visit(ground.hall, ground.place, "--german", "--no-ipv6")
    assert told.status == 1
    assert "Handys, die der Option glauben, fragen dort und öffnen die Seite nicht von selbst." in told.out


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name.replace(" ", "-"))
async def test_a_broken_hall(ground: Ground, broken: Broken) -> None:
    """The right kinds are found, and no misleading other."""
    async with broken.how(ground):
        found = await look(ground, *QUICK, *broken.words)
    assert kinds(found) == set(broken.kinds), describe(found)


@pytest.mark.timeout(300)  # fifteen visits
async def test_a_portal_that_lies(ground: Ground) -> None:
    """An impostor in its place: without a fault nothing is amiss, with each the right kind is found and no other."""
    told: dict[str, Any] = {}
    async with impostor(ground) as liar:
        for liar.fault in ("", *LIES):
            found = await look(ground, "--no-ipv6", "--phones", "ios", *(() if liar.fault == "time-stands" else QUICK))
            told[liar.fault] = sorted(kinds(found) - {"not-ours"})
            liar.end_all()
    assert told == {"": [], **{lie: [lie] for lie in LIES}}


async def test_after_all_that_the_hall_is_well(ground: Ground) -> None:
    """Every breakage was mended, and every visit left nothing behind."""
    found = await look(ground, "--forbidden", f"{INNER}:8000")
    assert (kinds(found), sessions(ground.hall)) == (set(), ())


def describe(found: Look) -> str:
    """Steps that did not pass, for whoever reads the failure."""
    return "\n".join(f"{step.name} {step.family} {step.result} {step.why}" for step in found.steps if step.result is not Result.PASSED)


@pytest.mark.parametrize("interface", ["br0", "wlan0"])
async def test_it_makes_its_own_place(ground: Ground, interface: str) -> None:
    """On a bridge and on an interface that is none, with the rights of its unit; afterwards, and when it is killed, nothing is left."""
    namespace = ground.access_point if interface == "br0" else ground.neighbour.namespace
    before = await ground.run(namespace, "ip", "-br", "link")
    words = [*RIGHTS, sys.executable, "-P", "-m", "hotspot", "visit", "--interface", interface, "--json"]
    words += ["--settings", str(ground.hall.folder.portal_config), "--authority", str(ground.hall.folder.authority)]
    found = msgspec.json.decode(await ground.run(namespace, *words), type=Look)
    assert (kinds(found), found.well) == (set(), True)
    killed = await asyncio.create_subprocess_exec("ip", "netns", "exec", namespace, *words, stdout=subprocess.DEVNULL)

    async def has_joined() -> bool:
        return any("visit" in line for line in (await ground.run(namespace, "ip", "-br", "link")).splitlines()) or interface != "br0"

    await until(has_joined, 10)
    killed.kill()
    await killed.wait()

    async def nothing_left() -> bool:
        return before == await ground.run(namespace, "ip", "-br", "link")

    await until(nothing_left, 10)


async def test_a_hall_that_is_closed_is_well(ground: Ground) -> None:
    """Outside the opening hours there is no button, and nothing is amiss with that."""
    day = (datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=2)).strftime("%a")
    shut = line(r"\[hours\.hall\]", f'[hours.never]\nopen = ["{day} 08:00-09:00"]\n[hours.hall]')
    zone = line(r"\[zones\.public\]", '[zones.public]\nhours = "never"')
    async with ground.changed("portal.toml", lambda text: zone(shut(text)), ground.reload_portal):
        found = await look(ground, *QUICK)
    assert (kinds(found), [step.why for step in found.steps if step.name == "page"]) == (set(), ["closed-now"])


async def test_without_settings_it_goes_by_what_phones_are_told(ground: Ground) -> None:
    """The portal is where probes are led and option 114 says; nothing is amiss with a good hall."""
    words = ["--here", "--interface", "wlan0", "--authority", str(ground.hall.folder.authority), "--json", *QUICK]
    done = await ground.place.run([sys.executable, "-P", "-m", "hotspot", "visit", *words])
    found = msgspec.json.decode(done.out, type=Look)
    assert (kinds(found), {step.name for step in found.steps if step.result is Result.PASSED} >= {"api", "page", "accept", "leave"}) == (
        set(),
        True,
    )


async def test_a_gateway_needs_a_bridge(ground: Ground) -> None:
    """A macvlan does not reach its own machine: that is said, instead of a hall that seems to be mute."""
    words = [sys.executable, "-P", "-m", "hotspot", "visit", "--interface", "lan0"]
    with pytest.raises(LabFailed, match="interface = 'lan0': this machine is the router there"):
        await ground.run(ground.gateway, *words)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--interface", "nowhere0"], 2, "interface = 'nowhere0': expected an interface of this machine\n"),
        (["--interface", "wlan0", "--skip", "dinner"], 2, "skip = 'dinner': expected one of interface, dhcp, "),
        (["--interface", "wlan0", "--phones", "nokia"], 2, "phones = 'nokia': expected all, or some of ios, "),
        (["--interface", "wlan0", "--settings", "/nowhere.toml"], 2, "cannot read /nowhere.toml: "),
        (["--interface", "nowhere0", "--nagios"], 3, "VISIT UNKNOWN - interface = 'nowhere0'"),
        ([], 2, "Missing option '--interface'"),
    ],
)
async def test_what_it_cannot_use_is_named(ground: Ground, words: list[str], status: int, said: str) -> None:
    """Exit status 2, and 3 for Nagios; nothing is said of the hall."""
    done = await ground.place.run([sys.executable, "-P", "-m", "hotspot", "visit", *words])
    assert (done.status, said in done.out + done.complaint) == (status, True)
