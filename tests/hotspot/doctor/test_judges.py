"""Each group's judge: what was read -> what is amiss. Every row is one fault, and beside each fault stands what is well."""

import errno
import ipaddress
import itertools
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from firewall import api
from hotspot.control import StatusIs
from hotspot.doctor import certificate, clock, disk, kernel, leases, rules, servers, services
from hotspot.doctor.found import NotLooked
from hotspot.doctor.subject import ZoneSeen
from hotspot.looks.values import Finding, Severity
from hotspot.portal.certificate_read import placeholder, private_pem
from hotspot.portal.journal import soundness
from hotspot.portal.settings_hub import CERTIFICATE
from hotspot.portal.uplink.certificate import REQUEST
from tests.hotspot.doctor.gateways import ADDRESSES, NOW, SEEN, dnsmasq, inspected

DAY = 86_400


def kinds(findings: Iterable[Finding]) -> list[str]:
    """In the order of reading."""
    return [finding.kind for finding in findings]


# Kernel, rules, shaping, grants -----------------------------------------------------------------------------------------------------


def test_the_kernel() -> None:
    """All built in; as modules that are there; one option missing; fq_codel missing; one module not on the disk."""
    all_of_them = dict.fromkeys([*kernel.NEEDED, kernel.FAIR[0]], "y")
    assert kinds(kernel.judge(kernel.Facts(all_of_them))) == []
    assert kinds(kernel.judge(kernel.Facts({**all_of_them, "NET_SCH_HTB": "m"}))) == []
    assert kinds(kernel.judge(kernel.Facts({**all_of_them, "NET_SCH_HTB": "m"}, frozenset({"sch_htb"})))) == ["kernel-feature-missing"]
    with pytest.raises(NotLooked, match="no-module-list"):
        list(kernel.judge(kernel.Facts(all_of_them, unlisted=True)))
    del all_of_them["NFT_HASH"]
    assert kinds(kernel.judge(kernel.Facts(all_of_them, unlisted=True))) == ["kernel-feature-missing"]
    all_of_them["NFT_HASH"] = "y"
    del all_of_them["NFT_QUOTA"], all_of_them["NET_SCH_FQ_CODEL"]
    assert kinds(kernel.judge(kernel.Facts(all_of_them))) == ["kernel-feature-missing", "kernel-no-fq-codel"]


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (rules.Facts(inspected()), []),
        (rules.Facts(None, "zones: expected"), ["firewall-settings-bad"]),
        (rules.Facts(None, unseen="it says nothing"), ["kernel-not-seen"]),
        (rules.Facts(inspected(guard="missing")), ["guard-missing"]),
        (rules.Facts(inspected(guard="changed")), ["guard-changed"]),
        (rules.Facts(inspected(seen=ZoneSeen("missing", 0, 0, 0))), ["zone-table-missing"]),
        (rules.Facts(inspected(seen=ZoneSeen("changed", 0, 0, 0))), ["zone-table-changed"]),
        (rules.Facts(inspected(seen=ZoneSeen("unknown", 0, 0, 0))), ["zone-table-unknown"]),
        (rules.Facts(inspected(), foreign=(("forward", "ip filter"),)), ["foreign-firewall"]),
    ],
)
def test_rules(facts: rules.Facts, wanted: list[str]) -> None:
    """Tables of ours, and of others."""
    assert kinds(rules.judge_rules(facts)) == wanted


def test_chains_of_others() -> None:
    """Only base chains that drop by policy, where guests pass, and not ours."""
    chain = {"family": "inet", "name": "c", "handle": 1, "hook": "forward", "policy": "drop"}
    several = ({"table": "ufw"}, {"table": "mild", "policy": "accept"}, {"table": "hotspot_guard"}, {"table": "nat", "hook": "output"})
    listed = {"nftables": [{"metainfo": {}}, *({"chain": chain | each} for each in several)]}
    assert rules._foreign(msgspec.json.encode(listed).decode()) == (("forward", "inet ufw"),)
    assert rules._foreign("no JSON") == ()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, []),
        ({"there": False}, ["interface-missing"]),
        ({"up": False}, ["interface-down"]),
        ({"tree": False}, ["shaping-missing"]),
        ({"missing": ("1:10",)}, ["shaping-classes-missing"]),
        ({"altered": ("1:1",)}, ["shaping-rates-wrong"]),
        ({"filter": False}, ["shaping-filter-missing"]),
    ],
)
def test_shaping(changes: dict[str, object], wanted: list[str]) -> None:
    """One interface of two."""
    seen = msgspec.structs.replace(SEEN, **changes)
    assert kinds(rules.judge_shaping(rules.Facts(inspected(wan0=seen)))) == wanted


def test_grants() -> None:
    """Counted against sessions; a portal that says nothing proves nothing; without a table there is nothing to count."""
    five = rules.Facts(inspected(seen=ZoneSeen("right", 5, 0, 0)))
    for sessions, wanted in ((None, []), ({"public": 5}, []), ({"public": 4}, ["grants-differ"])):
        assert kinds(rules.judge_grants(msgspec.structs.replace(five, sessions=sessions))) == wanted
    gone = rules.Facts(inspected(seen=ZoneSeen("missing", 0, 0, 0)), sessions={"public": 5})
    odd = rules.Facts(inspected(seen=ZoneSeen("right", 2, 3, 1)), sessions={"public": 2})
    assert (kinds(rules.judge_grants(gone)), kinds(rules.judge_grants(odd))) == ([], ["grants-stray", "grants-without-class"])


@pytest.mark.parametrize("judge", [rules.judge_shaping, rules.judge_grants])
def test_what_nobody_saw_is_not_judged(judge: Callable[[rules.Facts], Iterable[Finding]]) -> None:
    """Neither well nor ill: not looked at."""
    with pytest.raises(NotLooked, match="kernel-not-seen"):
        list(judge(rules.Facts(None, unseen="it says nothing")))


def test_rules_for_the_gateway_itself_are_no_fault() -> None:
    """An administrator's own table with an input chain that drops: a notice."""
    own, other = (rules.Facts(inspected(), foreign=((hook, "inet filter"),)) for hook in ("input", "forward"))
    assert [[each.severity for each in rules.judge_rules(facts)] for facts in (own, other)] == [[Severity.NOTICE], [Severity.WARNING]]


# Services ---------------------------------------------------------------------------------------------------------------------------

DAEMON = api.StatusIs(1, "e", "1.0", True, "fq_codel", (), {}, {})
PORTAL = StatusIs(True, (), True, True, True, ())
WELL = services.Facts(DAEMON, PORTAL, "")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, []),
        ({"firewall": None}, ["firewall-away"]),
        ({"firewall": msgspec.structs.replace(DAEMON, ready=False)}, ["firewall-not-ready"]),
        ({"firewall": msgspec.structs.replace(DAEMON, drift={"ruleset": 2})}, ["kernel-was-changed"]),
        ({"firewall": msgspec.structs.replace(DAEMON, drift={"link": 3})}, []),
        ({"restarting": (("hotspot-lan-guard.service", 7),)}, ["unit-restarts"]),
        ({"portal": None}, ["portal-away"]),
        ({"portal_error": "zones: expected"}, ["portal-settings-bad"]),
        ({"portal": msgspec.structs.replace(PORTAL, firewall=False)}, ["portal-without-firewall"]),
        ({"portal": msgspec.structs.replace(PORTAL, journal=False)}, ["journal-unwell"]),
        ({"portal": msgspec.structs.replace(PORTAL, internet=False)}, ["internet-away"]),
        ({"portal": msgspec.structs.replace(PORTAL, warnings=("a", "b"))}, ["portal-warns"]),
        ({"closed_socket": "/run/f.sock"}, ["socket-closed"]),
        ({"unknown_client": "nobody9"}, ["client-unknown"]),
        ({"units": ("hotspot-portal.service",)}, ["unit-failed"]),
        ({"idle": ("hotspot-visit.timer",)}, ["unit-idle"]),
        ({"visits_unset": True}, ["visits-unset"]),
        ({"lans": (("public", "lan0", ADDRESSES, True),)}, ["dhcp-server-missing", "radvd-missing"]),
        ({"lans": (("public", "lan0", ADDRESSES[:1], False),), "servers": (dnsmasq(),)}, []),
        ({"lans": (("public", "lan1", ADDRESSES[:1], False),), "servers": (dnsmasq(),)}, ["dhcp-server-missing"]),
        (
            {"lans": (("public", "lan0", ADDRESSES[:1], False),), "servers": (servers.Server(servers.DNSMASQ, unreadable="/d"),)},
            ["server-settings-unreadable"],
        ),
    ],
)
def test_services(changes: dict[str, object], wanted: list[str]) -> None:
    """Each service that is away or unwell."""
    assert kinds(services.judge(msgspec.structs.replace(WELL, **changes))) == wanted


def _shown(name: str, active: str, file: str, condition: str = "yes", asked: int = 9, load: str = "loaded") -> str:
    keys = ("Id", "LoadState", "ActiveState", "UnitFileState", "ConditionResult", "ConditionTimestampMonotonic")
    return "".join(f"{key}={value}\n" for key, value in zip(keys, (name, load, active, file, condition, asked), strict=True))


def test_units() -> None:
    """As systemctl shows them: failed, enabled and not running; not what a timer starts, nobody enabled, its conditions keep from running,
    or is not installed."""
    shown = (
        _shown("hotspot-portal.service", "failed", "enabled"),
        _shown("hotspot-guard.service", "active", "enabled"),
        _shown("hotspot-visit.timer", "inactive", "enabled"),
        _shown("hotspot-visit.service", "inactive", "static", "no"),
        _shown("dnsmasq-hotspot@public.service", "inactive", "enabled", "no", 0),
        _shown("radvd.service", "inactive", "disabled"),
        _shown("hotspot-lan-guard.service", "inactive", "enabled", "no"),
        _shown("chrony.service", "inactive", "", load="not-found"),
    )
    units = services.units_of("\n".join(shown))
    assert services.failed(units) == ("hotspot-portal.service",)
    assert services.idle(units) == ("hotspot-visit.timer", "dnsmasq-hotspot@public.service")
    assert services.units_of("") == []


@pytest.mark.parametrize(
    ("changes", "dies"),
    [
        ({"ActiveState": "activating", "SubState": "auto-restart"}, True),
        ({"ActiveState": "activating", "SubState": "start"}, False),
        ({"ActiveState": "active", "SubState": "running"}, True),
        ({"ActiveState": "active", "SubState": "running", "NRestarts": "1"}, False),
        ({"ActiveState": "active", "SubState": "running", "ActiveEnterTimestampMonotonic": "300000000"}, False),
    ],
)
def test_a_unit_that_dies_over_and_over(changes: dict[str, str], dies: bool) -> None:
    """``Restart=always``: it has never failed. Waiting for the next start, or just started for the third time; not after one mishap, nor
    when it has run since."""
    unit = {"Id": "a.service", "NRestarts": "3", "ActiveEnterTimestampMonotonic": "999000000"} | changes
    assert services.failed([unit]) == services.idle([unit]) == ()
    assert services.restarting([unit], 1_000.0) == ((("a.service", 3),) if dies else ())


# Leases, certificate, clock, disk ---------------------------------------------------------------------------------------------------


def test_leases() -> None:
    """The pool at 89, 90 and 98 of 100; files that differ, cannot be read, hold old leases; a range elsewhere."""
    grades = {used: [f.severity for f in leases.judge((leases.ZoneLeases("public", pool=100, used=used),))] for used in (89, 90, 98)}
    assert grades == {89: [], 90: [Severity.WARNING], 98: [Severity.URGENT]}
    assert kinds(leases.judge((leases.ZoneLeases("public", pool=100, used=90),))) == ["pool-nearly-full"]
    zones = (
        leases.ZoneLeases("a", "/one", "/other", "no such file"),
        leases.ZoneLeases("b", "/one", "/one", "no such file"),
        leases.ZoneLeases("c", "/one", "/one", over=1),
        leases.ZoneLeases("d", outside="dhcp-range"),
    )
    assert kinds(leases.judge(zones)) == ["lease-file-differs", "leases-unreadable", "leases-stale", "pool-outside"]


def test_leases_are_counted() -> None:
    """In force, without end, of another network, just over, long over, no lease at all."""
    rows = [(NOW + 9, "198.18.1.1"), (0, "198.18.1.2"), (NOW + 9, "10.0.0.1"), (NOW - 60, "198.18.1.3"), (NOW - 9_999, "198.18.1.4")]
    text = "".join(f"{until:.0f} 02:00:00:00:00:01 {address} name *\n" for until, address in rows) + "duid 00:01\n"
    assert leases.counted(text, [ipaddress.ip_network("198.18.0.0/20")], NOW) == (2, 1)
    (told,) = dnsmasq("dhcp-range=set:guests,lan0,198.18.1.0,198.18.1.9,1h\n").ranges
    assert (str(told.first), str(told.last), told.sets) == ("198.18.1.0", "198.18.1.9", frozenset({"guests"}))


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (certificate.Facts(NOW, ends=NOW + 30 * DAY), []),
        (certificate.Facts(NOW, none=True), ["certificate-none"]),
        (certificate.Facts(NOW, none=True, wants_tls=True), ["certificate-missing"]),
        (certificate.Facts(NOW, unreadable="PEM lib"), ["certificate-unreadable"]),
        (certificate.Facts(NOW, mismatch=True), ["certificate-key-differs"]),
        (certificate.Facts(NOW, ends=NOW - 1), ["certificate-ended"]),
        (certificate.Facts(NOW, ends=NOW + 13 * DAY), ["certificate-ends-soon"]),
        (certificate.Facts(NOW, ends=NOW + 30 * DAY, not_yet=True), ["certificate-not-yet"]),
        (certificate.Facts(NOW, ends=NOW + DAY, by_hub=True, placeholder=True, waits="3 min"), ["certificate-pending"]),
        (certificate.Facts(NOW, ends=NOW + DAY, by_hub=True, placeholder=True, untrusted="x"), ["certificate-not-asked-for"]),
        (certificate.Facts(NOW, ends=NOW + 13 * DAY, by_hub=True, waits="3 d 0 h"), ["certificate-not-renewed"]),
        (certificate.Facts(NOW, ends=NOW - DAY, by_hub=True), ["certificate-of-hub-ended"]),
        (certificate.Facts(NOW, ends=NOW + 3 * DAY, by_hub=True, margin=2 * DAY), []),
        (certificate.Facts(NOW, ends=NOW + 1.5 * DAY, by_hub=True, margin=2 * DAY), []),
        (certificate.Facts(NOW, ends=NOW + 0.9 * DAY, by_hub=True, margin=2 * DAY), ["certificate-not-renewed"]),
        (certificate.Facts(NOW, ends=NOW + 30 * DAY, uncovered=(("public", "x.example"),)), ["certificate-name-wrong"]),
        (certificate.Facts(NOW, ends=NOW + 30 * DAY, untrusted="unable to get local issuer certificate"), ["certificate-untrusted"]),
    ],
)
def test_certificates(facts: certificate.Facts, wanted: list[str]) -> None:
    """What phones would say."""
    assert kinds(certificate.judge(facts)) == wanted


def test_a_certificate_that_comes_by_the_hub(tmp_path: Path) -> None:
    """A placeholder, asked for or not; one that is there, and the request that it came for."""
    path, request = tmp_path / CERTIFICATE, tmp_path / REQUEST
    path.write_bytes(placeholder(("portal.hall.example",)))
    assert certificate._asked(tmp_path, path, NOW) == (True, "", 2 * DAY / 3)
    private = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(private, hashes.SHA256()).public_bytes(Encoding.PEM)
    request.write_bytes(csr + private_pem(private))
    os.utime(request, (NOW - 180, NOW - 180))
    assert certificate._asked(tmp_path, path, NOW) == (True, "3 min", 2 * DAY / 3)
    request.write_bytes(b"damaged")
    assert certificate._asked(tmp_path, path, NOW) == (True, "", 2 * DAY / 3)


def test_the_clock() -> None:
    """A minute is borne; what nobody keeps is a warning where somebody should."""
    for ahead, wanted in ((None, []), (-59.0, []), (61.0, ["clock-ahead"]), (-3_600.0, ["clock-behind"])):
        assert kinds(clock.judge(clock.Facts(NOW, True, True, ahead))) == wanted
    assert [(f.kind, f.values) for f in clock.judge(clock.Facts(0.0, True, True))] == [("clock-wrong", {"date": "1970-01-01"})]
    assert kinds(clock.judge(clock.Facts(NOW, None, True))) == []
    assert [clock.told(said) for said in ("yes\n", "no\n", "")] == [True, False, None]
    spans = [clock.span(each) for each in (61, 119.6, 180, 3_600, 7_500, 4 * 86_400 + 3 * 3_600, 40 * 86_400)]
    assert spans == ["61 s", "120 s", "3 min", "1 h 0 min", "2 h 5 min", "4 d 3 h", "40 d"]
    assert [f.severity for supervised in (True, False) for f in clock.judge(clock.Facts(NOW, False, supervised))] == ["warning", "notice"]


def test_the_disk() -> None:
    """Room, inodes, rights, and a journal that is none."""
    well = disk.Facts("/s", free=50 * 10**9, size=100 * 10**9, inodes_free=50, inodes=100)
    for changes, wanted in (
        ({}, []),
        ({"missing": True}, ["state-folder-missing"]),
        ({"read_only": True}, ["disk-read-only"]),
        ({"free": 9 * 10**9}, ["disk-nearly-full"]),
        ({"inodes_free": 9}, ["disk-inodes"]),
        ({"damaged": "not SQLite"}, ["journal-damaged"]),
        ({"unchecked": "no room for a copy"}, ["journal-unchecked"]),
    ):
        assert kinds(disk.judge(msgspec.structs.replace(well, **changes))) == wanted
    assert [f.severity for f in disk.judge(msgspec.structs.replace(well, free=10**9))] == [Severity.URGENT]


def test_a_journal_that_cannot_be_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room, a torn copy, no right to read it: not looked at, which is not damaged. What the disk cannot read is."""
    path = tmp_path / "journal.db"
    path.write_bytes(disk.MAGIC + (4_096).to_bytes(2) + bytes(4_078))

    def fails(number: int) -> Callable[[Path], str]:
        def raising(_path: Path) -> str:
            raise OSError(number, os.strerror(number))

        return raising

    assert disk._journal(path, alone=False) == ("", "")
    for number, wanted in ((errno.EACCES, ("", "Permission denied")), (errno.EIO, ("Input/output error", ""))):
        monkeypatch.setattr(disk, "damage", fails(number))
        assert disk._journal(path, alone=True) == wanted
    monkeypatch.undo()
    states = itertools.count()
    monkeypatch.setattr(soundness, "_state", lambda _path: [("journal.db", 4_096, next(states))])
    assert disk._journal(path, alone=True) == ("", "somebody writes it")
    monkeypatch.undo()
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=5_000))
    assert disk._journal(path, alone=True) == ("", "no room for a copy")
