"""What a gateway may fill the hub with."""

import time

from msgspec import structs

from hotspot import wire
from hotspot.hub import bounds
from hotspot.looks.values import By, Finding, Look, Severity

ROW = wire.Row(quarter=1_800_000_000, zone="public", plan="free")
REPORT = wire.Report(stream="a" * 32, start=1, seq=1, closed=wire.Moment(0, 0, "b"), rows=(ROW,))


def test_faults_name_key_and_value() -> None:
    """Each number that cannot be is named; what an honest gateway says is taken."""
    busy = structs.replace(ROW, visits=500, seconds=500 * 900, bytes_down=10**12, languages={"de": 500})
    assert bounds.fault(structs.replace(REPORT, rows=(busy,))) == ""
    cases = {
        "rows[1].quarter = 1800000001: expected a multiple of 900": structs.replace(ROW, quarter=1_800_000_001),
        f"rows[1].visits = {2**30}: expected at most {2**24}": structs.replace(ROW, visits=2**30),
        f"rows[1].languages.de = {2**40}: expected at most {2**24}": structs.replace(ROW, languages={"de": 2**40}),
        f"rows[1].families.apple = {2**40}: expected at most {2**24}": structs.replace(ROW, families={"apple": 2**40}),
    }
    for expected, row in cases.items():
        assert bounds.fault(structs.replace(REPORT, rows=(ROW, row))) == expected
    many = structs.replace(REPORT, days=(wire.Day("2026-11-18", 2**40),))
    assert bounds.fault(many) == f"days[0].devices = {2**40}: expected at most {2**24}"


def test_names() -> None:
    """All that would be told apart, of reports and health."""
    row = structs.replace(ROW, languages={"de": 1, "tr": 0})
    health = wire.Health(zones=(wire.ZoneHealth("council"),))
    sent = wire.Delivery(sent=wire.Moment(0, 0, "b"), reports=(structs.replace(REPORT, rows=(row,)),), health=health)
    expected = {("zone", "public"), ("plan", "free"), ("language", "de"), ("language", "tr"), ("zone", "council")}
    assert bounds.names(sent) == expected


def test_health_is_cut() -> None:
    """A page of zones, faults and alarms is kept, not a book; NUL is left out, all else stays as it is."""
    zones = tuple(wire.ZoneHealth(f"z{number}") for number in range(5_000))
    told = wire.Health(software="1\0", zones=zones, faults=("f\\u0000",) * 100, policy_error="\0")
    expected = wire.Health(software="1", zones=zones[:32], faults=("f\\u0000",) * 20)
    assert bounds.health(told) == expected
    small = wire.Health(software="1", accepts=3)
    assert bounds.health(small) == small


def test_looks_are_few_small_and_plain() -> None:
    """The last one of each program; what could name a device or rule a terminal is left out; one that no gateway of ours would send is
    none, and costs no time."""
    values = {"port": "lan3\x1b[2J\nx", "who": "02:00:00:00:00:07"}
    plain = Look(by=By.GUARD, at=2.0, software="1\0", findings=(Finding(kind="k", severity=Severity.WARNING, zone="a\nb", values=values),))
    huge = {f"k{number}": "1.2.3.4 " * 15 for number in range(3_000)}
    told = wire.Health(
        looks=(
            *(Look(by=By.VISIT, at=float(number)) for number in range(2_000)),
            structs.replace(plain, at=1.0),
            plain,
            Look(by=By.DOCTOR, at=1.0, findings=(Finding(kind="k", severity=Severity.URGENT, values=huge),)),
        )
    )
    began = time.perf_counter()
    visit, guard = bounds.looks(told)
    assert time.perf_counter() - began < 0.5
    assert (visit.at, guard.at, guard.software) == (1_999.0, 2.0, "1")
    assert (guard.findings[0].zone, guard.findings[0].values) == ("a b", {"port": "lan3 [2J x"})
    assert bounds.health(told).looks == ()
