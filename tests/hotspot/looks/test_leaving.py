"""What leaves the hall: no address of a device in any spelling, and never more than fits."""

import ipaddress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from hotspot.looks.leaving import LARGEST, LEAST, cleaned, cut, identifies
from hotspot.looks.values import MOST_FINDINGS, MOST_STEPS, MOST_ZONES, By, Finding, Look, Result, Severity, Step, Verdict, Visited

MACS = some.binary(min_size=6, max_size=6)
WORDS = some.sampled_from(["", "port ", "von ", "(", "[", "mac=", "http://", "x "])
ENDS = some.sampled_from(["", " ", ")", "]", ", dann", ".", "%eth0", ":80"])


@given(MACS, some.sampled_from([":", "-", ""]), WORDS, some.booleans())
def test_a_mac_is_found(mac: bytes, between: str, before: str, large: bool) -> None:
    """In every usual spelling, wherever it stands."""
    text = mac.hex(between) if between else mac.hex()
    assert identifies(f"{before}{text.upper() if large else text} gesehen")
    assert identifies(".".join(mac.hex()[at : at + 4] for at in (0, 4, 8)))


@given(some.integers(0, 2**32 - 1), WORDS, ENDS)
def test_an_ipv4_address_is_found(number: int, before: str, after: str) -> None:
    """Also within an address of the web, with a port, or as a network of one device."""
    address = str(ipaddress.IPv4Address(number))
    assert identifies(f"{before}{address}{after}")
    assert identifies(f"{address}/32")


@given(some.integers(0, 2**128 - 1), WORDS, some.sampled_from(["", " ", ")", "]", ", dann", "%eth0", "."]))
def test_an_ipv6_address_is_found(number: int, before: str, after: str) -> None:
    """Short and long."""
    address = ipaddress.IPv6Address(number)
    assert identifies(f"{before}{address.compressed}{after}")
    assert identifies(f"{before}{address.exploded.upper()}{after}")


@pytest.mark.parametrize(
    "text",
    [
        "", "public", "portal.hall.example", "lan0", "enp3s0.12", "12:30:15", "2026-11-23 13:22:07", "6.18.0-rc4", "2.90", "10.0.0.0/24",
        "fd00:1::/64", "1.234.567", "8 Mbit/s statt 20 Mbit/s", "option 114", "tcp/443", "ap-1 port 7", "https://portal.hall.example:8443/",
    ],
)  # fmt: skip
def test_what_names_no_device_stays(text: str) -> None:
    """Names, numbers, times, versions and networks."""
    assert not identifies(text)


def look(**fields: object) -> Look:
    """Of the guard."""
    return msgspec.convert({"by": "guard", "at": 5.0, **fields}, Look)


def test_a_value_with_an_address_does_not_leave() -> None:
    """The finding stays, its other values too, and it is told how many places there were."""
    finding = {
        "kind": "rogue-dhcp",
        "severity": "urgent",
        "zone": "public",
        "values": {"port": "lan3", "who": "02:00:00:00:00:07", "ip": "10.0.0.7"},
    }
    clean, removed = cleaned(look(findings=[finding]), {"public"})
    assert removed == 2
    assert clean.findings == (Finding(kind="rogue-dhcp", severity=Severity.URGENT, zone="public", values={"port": "lan3"}),)


CARD = "enx00e04c680001"


@pytest.mark.parametrize(
    ("value", "here", "there"),
    [
        (CARD, True, True),
        (f"{CARD}, lan0", True, True),
        ("enx00e04c680002", False, True),
        ("00e04c680001", False, False),
        (f"x{CARD}", False, False),
        (f"{CARD} 02:00:00:00:00:07", False, False),
        (f"{CARD.upper()}", False, False),
    ],
)
def test_a_card_that_is_called_by_its_mac(value: str, here: bool, there: bool) -> None:
    """The gateway's own stays where its interfaces are known, and all of that form at the hub; a bare MAC never does."""
    told = look(findings=[{"kind": "rogue-dhcp", "severity": "urgent", "values": {"port": value}}])
    assert [cleaned(told, (), known)[0].findings[0].values == {"port": value} for known in ([CARD, "lan0"], None)] == [here, there]
    assert [cleaned(told, (), known)[1] for known in ([CARD], None)] == [not here, not there]


def test_kinds_and_keys_can_name_a_device_too() -> None:
    """A kind, a key, a step, a reason or the version that spells an address goes; a zone that the hall does not have is none."""
    mac = "02-00-00-00-00-07"
    clean, removed = cleaned(
        look(
            software=f"1.0 {mac}",
            findings=[
                {"kind": mac, "severity": "notice"},
                {"kind": "spoof", "severity": "warning", "zone": "10.0.0.7", "values": {mac: "x"}},
            ],
            steps=[
                {"name": mac, "result": "passed"},
                {"name": "dhcp", "result": "failed", "why": mac},
                {"name": "dns", "result": "passed", "zone": mac},
            ],
        ),
        {"public"},
    )
    assert removed == 5
    assert clean == look(findings=[{"kind": "spoof", "severity": "warning"}], steps=[{"name": "dns", "result": "passed"}])
    assert mac not in msgspec.json.encode(clean).decode()


def test_a_clean_look_is_not_touched() -> None:
    """Nothing is removed from what names nobody."""
    whole = look(findings=[{"kind": "starved", "severity": "warning", "zone": "public", "values": {"rate": "40"}}])
    assert cleaned(whole, {"public"}) == (whole, 0)


def test_a_look_that_is_too_large_keeps_what_is_grave() -> None:
    """The largest look that there can be fits: the gravest findings and the failed steps are in it."""
    values = {f"value-{number}": "ä" * 120 for number in range(5)}
    severities = (Severity.NOTICE, Severity.WARNING, Severity.URGENT)
    findings = tuple(
        Finding(kind=f"{'k' * 44}-{number}", severity=severities[number % 3], zone="z" * 32, values=values)
        for number in range(MOST_FINDINGS)
    )
    results = (Result.PASSED, Result.FAILED, Result.SKIPPED)
    steps = tuple(
        Step(name=f"{'n' * 44}-{number}", zone="z" * 32, result=results[number % 3], seconds=1.5, why="w" * 48)
        for number in range(MOST_STEPS)
    )
    small = cut(Look(by=By.VISIT, at=1.0, findings=findings, steps=steps))
    assert len(msgspec.json.encode(small)) <= LARGEST
    assert len(small.findings) >= 1
    assert {finding.severity for finding in small.findings} == {Severity.URGENT}
    assert {step.result for step in small.steps} <= {Result.FAILED}
    few = cut(Look(by=By.VISIT, at=1.0, findings=findings[:LEAST], steps=steps), 20_000)
    assert len(few.findings) == LEAST
    assert sum(step.result is Result.FAILED for step in few.steps) == sum(step.result is Result.FAILED for step in steps)


def test_whether_anybody_got_online_stays() -> None:
    """Passed steps go, but not that one; and the verdicts of as many zones as there can be leave room."""
    long = tuple(f"{number:02d}{'k' * 46}" for number in range(MOST_FINDINGS))
    verdicts = tuple(Visited(zone=f"{number:02d}{'z' * 30}", verdict=Verdict.STUCK, because=long) for number in range(MOST_ZONES))
    online = Step(name="online", zone="z" * 32, result=Result.PASSED)
    steps = (*(Step(name=f"{'n' * 40}-{number}", zone="z" * 32, result=Result.PASSED) for number in range(MOST_STEPS - 1)), online)
    small = cut(Look(by=By.VISIT, at=1.0, steps=steps, visited=verdicts))
    assert len(msgspec.json.encode(small)) <= LARGEST
    assert (online in small.steps, len(small.steps) < MOST_STEPS) == (True, True)
    assert [(one.zone, one.verdict, one.because[0]) for one in small.visited] == [(one.zone, one.verdict, long[0]) for one in verdicts]


def test_a_look_that_fits_only_changes_its_order() -> None:
    """The gravest first."""
    one, two = Finding(kind="a", severity=Severity.NOTICE), Finding(kind="b", severity=Severity.URGENT)
    whole = Look(by=By.DOCTOR, at=1.0, findings=(one, two), steps=(Step(name="x", result=Result.PASSED),))
    assert cut(whole) == msgspec.structs.replace(whole, findings=(two, one))
    assert cut(whole, 1) == Look(by=By.DOCTOR, at=1.0)


def test_the_verdict_stays() -> None:
    """With its zone, if the hall has it."""
    stuck = Visited(zone="public", verdict=Verdict.STUCK, because=("dns-empty", "aabbccddeeff"))
    clean, _ = cleaned(look(by="visit", visited=[stuck, Visited(zone="elsewhere", verdict=Verdict.CLOSED)]), {"public"})
    assert clean.visited == (Visited(zone="public", verdict=Verdict.STUCK, because=("dns-empty",)), Visited(verdict=Verdict.CLOSED))
    assert (clean.well, look(by="visit").visited) == (False, ())
