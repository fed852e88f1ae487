"""What visitor, doctor and LAN guard wrote: bad files, old looks, metrics, and that nothing of a device comes in."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from msgspec.structs import replace
from structlog.testing import capture_logs

from hotspot import control, wire
from hotspot.console_status import portal_status
from hotspot.looks import folder, leaving
from hotspot.looks.values import By, Finding, Look, Result, Severity, Step, Verdict, Visited
from hotspot.portal import looks
from hotspot.portal.looks import OLD, Seen
from hotspot.portal.settings import Settings
from hotspot.portal.staff_hub import looks_status
from hotspot.portal.uplink.health import health
from tests.hotspot.portal.conftest import Bench
from tests.hotspot.portal.fake_firewall import FakeFirewall

UNITS = Path(__file__).parents[3] / "systemd"
MAC = "02:00:00:00:00:07"
FAILED = Finding(kind="option114-wrong", severity=Severity.URGENT, zone="public", values={"name": "portal.hall.example"})
VISIT = Look(
    by=By.VISIT,
    at=1_800_000_000.0,
    findings=(FAILED,),
    steps=(
        Step(name="dhcp", zone="public", family=4, result=Result.PASSED, seconds=0.5),
        Step(name="api", zone="public", family=4, result=Result.FAILED, seconds=2.0, why="option114-wrong"),
        Step(name="leave", zone="public", result=Result.SKIPPED),
    ),
)
SERVED = replace(VISIT, at=VISIT.at - 300, findings=(), steps=(Step(name="online", zone="public", family=4, result=Result.PASSED),))


@pytest.fixture
def portal_settings(portal_settings: Settings) -> Settings:
    """With a folder for looks."""
    portal_settings.looks.mkdir()
    return portal_settings


@pytest.fixture
def path(portal_settings: Settings) -> Path:
    """The folder."""
    return portal_settings.looks


@pytest.fixture
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    """What the module logs."""
    with capture_logs() as entries:
        yield entries


def lines(bench: Bench, *begin: str) -> list[str]:
    """Series of the looks."""
    names = begin or ("hotspot_visit", "hotspot_doctor", "hotspot_guard", "hotspot_look")
    return [line for line in bench.office.metrics.text().decode().splitlines() if line.startswith(names)]


async def test_nothing_was_written(bench: Bench, path: Path) -> None:
    """No series, no warning, nothing for the hub: also when the folder is missing."""
    await looks.look(bench.office)
    path.rmdir()
    await looks.look(bench.office)
    assert (lines(bench), looks.warnings(bench.office.looks, 0), health(bench.office).looks) == ([], (), ())


async def test_a_visit_that_failed(bench: Bench, path: Path) -> None:
    """Steps by name and family, not those that were skipped; the last good visit stays known; staff and hub see it."""
    office = bench.office
    folder.write(path, SERVED)
    await looks.look(office)
    assert 'hotspot_visit_ok{zone="public"} 1.0' in lines(bench)
    folder.write(path, VISIT)
    await looks.look(office)
    assert lines(bench) == [
        'hotspot_look_timestamp_seconds{by="visit"} 1.8e+09',
        'hotspot_visit_ok{zone="public"} 0.0',
        'hotspot_visit_last_success_timestamp_seconds{zone="public"} 1.7999997e+09',
        'hotspot_visit_step_passed{family="4",step="dhcp",zone="public"} 1.0',
        'hotspot_visit_step_passed{family="4",step="api",zone="public"} 0.0',
        'hotspot_visit_step_seconds{family="4",step="dhcp",zone="public"} 0.5',
        'hotspot_visit_step_seconds{family="4",step="api",zone="public"} 2.0',
    ]
    assert office.looks[By.VISIT].gap == 300
    assert health(office).looks == (VISIT,)
    assert looks_status(office) == (
        control.LookStatus("visit", VISIT.at, False, (("urgent", "option114-wrong"),), 2, 1, (("public", "stuck"),)),
    )
    status = control.StatusIs(True, (), True, True, True, (), looks=looks_status(office))
    assert "public NOT ONLINE, 1 of 2 steps passed, urgent: option114-wrong" in portal_status(status)
    folder.write(path, replace(VISIT, findings=(), steps=()))
    await looks.look(office)
    nowhere = portal_status(control.StatusIs(True, (), True, True, True, (), looks=looks_status(office)))
    assert ("visit NOT ONLINE" in nowhere, "nothing amiss" in nowhere) == (True, False)
    for kind, words in (("open-before-accept", "public OPEN WITHOUT ACCEPTANCE"), ("unexpected", "public NOT KNOWN")):
        stopped = Visited(zone="public", verdict=Verdict.STUCK, because=(kind,))
        folder.write(path, replace(VISIT, findings=(), visited=(stopped,)))
        await looks.look(office)
        said = portal_status(control.StatusIs(True, (), True, True, True, (), looks=looks_status(office)))
        assert (words in said, "NOT ONLINE" in said, "nothing amiss" in said) == (True, False, False)


async def test_a_visit_that_got_nowhere_is_not_well(bench: Bench, path: Path) -> None:
    """Nothing amiss was found, and nobody got online either: no good visit, in any zone. A hall that is closed is well without one."""
    folder.write(path, SERVED)
    await looks.look(bench.office)
    success = 'hotspot_visit_last_success_timestamp_seconds{zone="public"} 1.7999997e+09'
    for steps, ok in (
        ((), 'hotspot_visit_ok{zone=""} 0.0'),
        (VISIT.steps[:1], 'hotspot_visit_ok{zone="public"} 0.0'),
        (
            (Step(name="online", zone="public", result=Result.SKIPPED, why="no-time-left"), Step(name="leave", result=Result.PASSED)),
            'hotspot_visit_ok{zone="public"} 0.0',
        ),
        ((Step(name="page", zone="public", result=Result.SKIPPED, why="closed-now"),), 'hotspot_visit_ok{zone="public"} 1.0'),
    ):
        folder.write(path, replace(VISIT, findings=(), steps=steps))
        await looks.look(bench.office)
        assert lines(bench, "hotspot_visit_ok", "hotspot_visit_last") == [ok, success]


async def test_a_fault_of_ours_in_one_file_ends_nothing(
    bench: Bench, path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[structlog.typing.EventDict]
) -> None:
    """Whatever is raised while the file of one program is read: it is told, the others' are read, and the next look is taken."""
    for by in By:
        folder.write(path, replace(VISIT, by=by))
    cleaned = leaving.cleaned

    def spoilt(look: Look, *more: Any) -> tuple[Look, int]:
        if look.by is By.VISIT:
            raise OverflowError(MAC)
        return cleaned(look, *more)

    monkeypatch.setattr(leaving, "cleaned", spoilt)
    await looks.look(bench.office)
    assert [by for by, seen in bench.office.looks.items() if seen.look is not None] == [By.DOCTOR, By.GUARD]
    assert looks.warnings(bench.office.looks, VISIT.at) == ("what the visit wrote cannot be used: see the log",)
    assert [entry["why"] for entry in logged] == [f"{path / 'visit'}: OverflowError"]
    monkeypatch.undo()
    await looks.look(bench.office)
    assert looks.warnings(bench.office.looks, VISIT.at) == ()


async def test_doctor_and_guard(bench: Bench, path: Path) -> None:
    """Findings by severity, and by kind; no finding is a number too for the doctor, who has looked."""
    grave = Finding(kind="rogue-dhcp", severity=Severity.URGENT, zone="public")
    folder.write(path, Look(by=By.DOCTOR, at=VISIT.at, findings=(Finding(kind="clock", severity=Severity.WARNING),)))
    folder.write(path, Look(by=By.GUARD, at=VISIT.at, findings=(grave, replace(grave, times=3))))
    await looks.look(bench.office)
    assert lines(bench, "hotspot_doctor", "hotspot_guard") == [
        'hotspot_doctor_findings{severity="notice"} 0.0',
        'hotspot_doctor_findings{severity="warning"} 1.0',
        'hotspot_doctor_findings{severity="urgent"} 0.0',
        'hotspot_guard_findings{kind="rogue-dhcp",zone="public"} 2.0',
    ]
    folder.write(path, Look(by=By.GUARD, at=VISIT.at + 60))
    await looks.look(bench.office)
    assert lines(bench, "hotspot_guard") == []
    assert "nothing amiss" in portal_status(control.StatusIs(True, (), True, True, True, (), looks=looks_status(bench.office)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b'{"by": "doctor", "at": 1}',
        b'{"by": "visit", "at": 1e300}',
        b'{"by": "visit", "at": 1, "findings": [{"kind": "02:00:00:00:00:07", "severity": "notice"}]}',
        b'{"by": "visit", "at": 1, "findings": [{"kind": "x", "severity": "02:00:00:00:00:07"}]}',
        b"[" * 10_000,
        b" " * (folder.LARGEST + 1),
    ],
    ids=["empty", "half", "binary", "null", "another", "number", "kind", "severity", "deep", "large"],
)
async def test_a_bad_file_is_a_warning(bench: Bench, path: Path, content: bytes, logged: list[structlog.typing.EventDict]) -> None:
    """What was known before stays; nothing of the file is told, because nobody knows what is in it."""
    folder.write(path, VISIT)
    await looks.look(bench.office)
    (path / "visit" / "look.json").write_bytes(content)
    await looks.look(bench.office)
    await looks.look(bench.office)
    assert looks.warnings(bench.office.looks, VISIT.at) == ("what the visit wrote cannot be used: see the log",)
    assert health(bench.office).looks == (VISIT,)
    assert [entry["event"] for entry in logged].count("look cannot be used") == 1
    assert MAC not in str(logged) + wire.encode(health(bench.office)).decode()
    folder.write(path, VISIT)
    await looks.look(bench.office)
    assert looks.warnings(bench.office.looks, VISIT.at) == ()


async def test_what_is_no_file_is_a_warning(bench: Bench, path: Path) -> None:
    """A folder, a link, a pipe in its place: no reader waits for it or follows it."""
    for by in By:
        (path / by).mkdir()
    (path / "visit" / "look.json").mkdir()
    (path / "doctor" / "look.json").symlink_to("/etc/passwd")
    os.mkfifo(path / "guard" / "look.json")
    await looks.look(bench.office)
    assert len(looks.warnings(bench.office.looks, VISIT.at)) == 3


async def test_nothing_that_names_a_device_leaves(bench: Bench, path: Path, logged: list[structlog.typing.EventDict]) -> None:
    """A program with a fault writes addresses into values: they stay out of hub, metrics, status and log; the findings do not."""
    spoilt = replace(FAILED, values={"who": MAC, "ip": "198.18.0.7", "v6": "fd00::7", "port": "lan3"})
    folder.write(path, replace(VISIT, by=By.GUARD, findings=(spoilt, replace(FAILED, zone=MAC))))
    await looks.look(bench.office)
    said = wire.encode(health(bench.office)).decode() + bench.office.metrics.text().decode() + str(logged) + str(looks_status(bench.office))
    assert [secret for secret in (MAC, "198.18.0.7", "fd00::7") if secret in said] == []
    assert health(bench.office).looks[0].findings == (
        replace(FAILED, values={"name": "portal.hall.example"}, zone=""),
        replace(FAILED, values={"port": "lan3"}),
    )
    assert looks.warnings(bench.office.looks, VISIT.at) == ("what the guard wrote could name a device: 3 values were left out",)
    assert [entry["places"] for entry in logged if "places" in entry] == [3]


async def test_an_old_look_is_told_as_old(bench: Bench, path: Path, firewall: FakeFirewall) -> None:
    """Each program has its own time; a visitor who comes every three hours is late only after nine."""
    for by in By:
        folder.write(path, Look(by=by, at=bench.clock.unix))
    await looks.look(bench.office)
    for by, seconds in OLD.items():
        seen = bench.office.looks[by]
        assert [seen.old(bench.clock.unix + after) for after in (-301, 0, seconds, seconds + 1)] == [True, False, False, True], by
    bench.clock.tick(400)
    assert [line for line in bench.office.warnings() if "looked" in line] == ["the guard has not looked for 7 min"]
    assert "(OLD)" in portal_status(control.StatusIs(True, (), True, True, True, (), looks=looks_status(bench.office)))
    seldom = Seen(look=VISIT, usual=10_800.0)
    assert [seldom.old(VISIT.at + hours * 3_600) for hours in (8.9, 9.1)] == [False, True]


async def test_a_card_that_is_called_by_its_mac_is_the_gateways(bench: Bench, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """USB cards are called so. Where the gateway has it, its name goes on to the hub; a card that it does not have could be a device."""
    assert "lo" in looks._interfaces()
    monkeypatch.setattr(looks, "_interfaces", lambda: ["enx00e04c680001"])
    values = {"port": "enx00e04c680001", "interface": "enx00e04c680002"}
    folder.write(path, Look(by=By.GUARD, at=VISIT.at, findings=(replace(FAILED, values=values),)))
    await looks.look(bench.office)
    assert health(bench.office).looks[0].findings == (replace(FAILED, values={"port": "enx00e04c680001"}),)


@pytest.mark.parametrize(
    ("ends", "late", "hours"),
    [
        ((0, 300, 600, 600 + 36_000), 0.75, "it was away for ten hours: it is expected as before"),
        ((0, 300, 300 + 36_000, 300 + 72_000), 30, "twice ten hours: that is how often it comes now"),
        ((0, 864_000), 72, "whoever comes every ten days is late after three"),
    ],
)
def test_a_visitor_that_was_late_is_not_a_rare_one(path: Path, ends: tuple[int, ...], late: float, hours: str) -> None:
    """How long its silence may last does not grow by an outage, and has a bound."""
    seen: dict[By, Seen] = {}
    for end in ends:
        folder.write(path, replace(VISIT, at=VISIT.at + end))
        seen = looks.read(path, {"public"}, seen)
    last = VISIT.at + ends[-1]
    assert [seen[By.VISIT].old(last + late * 3_600 + past) for past in (-1, 1)] == [False, True], hours


def test_what_is_switched_on(tmp_path: Path) -> None:
    """By the links that enabling makes, as the administrator has it now: masked is off, disabled is off; without systemd nobody can say."""
    system, systemd = tmp_path / "system", tmp_path / "running"
    assert looks.switched_on(system, systemd) is None
    systemd.mkdir()
    assert looks.switched_on(system, systemd) == ()
    (system / "timers.target.wants").mkdir(parents=True)
    (system / "multi-user.target.wants").mkdir()
    (system / "timers.target.wants" / "hotspot-doctor.timer").symlink_to("/lib/systemd/system/hotspot-doctor.timer")
    (system / "multi-user.target.wants" / "hotspot-lan-guard.service").symlink_to("/lib/systemd/system/hotspot-lan-guard.service")
    (system / "timers.target.wants" / "hotspot-visit.timer").write_text("no link: nobody enabled it")
    assert looks.switched_on(system, systemd) == (By.DOCTOR, By.GUARD)
    (system / "hotspot-lan-guard.service").symlink_to("/dev/null")
    assert looks.switched_on(system, systemd) == (By.DOCTOR,)
    (system / "timers.target.wants" / "hotspot-doctor.timer").unlink()
    assert looks.switched_on(system, systemd) == ()
    assert {unit for unit in looks.UNITS.values() if not (UNITS / unit).is_file()} == set()


async def test_the_hub_hears_what_is_switched_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """With each delivery; before it was looked at, and where nobody can say, nothing."""
    assert health(bench.office).looking is None
    for told, said in (((By.GUARD,), ("guard",)), ((), ()), (None, None)):
        monkeypatch.setattr(looks, "switched_on", lambda told=told: told)
        await looks.look(bench.office)
        assert health(bench.office).looking == said
