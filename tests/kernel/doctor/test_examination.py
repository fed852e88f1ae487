"""``hotspot doctor`` at a real gateway: nothing is changed, nothing is invented, and each fault is found as what it is."""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import apsw
import pytest

from hotspot.doctor import servers, sysctls
from hotspot.doctor.subject import Place
from hotspot.lab import Hall, namespaces
from hotspot.lab.gateway import ZONE
from hotspot.looks.leaving import cleaned
from hotspot.looks.values import Result
from hotspot.looks.words_doctor import DOCTOR, STEPS
from tests.kernel.daemons import eventually
from tests.kernel.doctor.conftest import examined, grave, place_of
from tests.kernel.doctor.mistakes import MISTAKES, Mistake
from tests.kernel.doctor.spoilt import SPOILT, Spoiling, again_portal, ended, run

pytestmark = pytest.mark.kernel
NEVER = '\n[hours.never]\nopen = ["Mon 08:00-09:00"]\nclosed = ["2020-01-01..2090-01-01"]\n'


def _state(hall: Hall) -> dict[str, str]:
    """Rules, shaping, links, routes, sysctls and files of the gateway, without what moves by itself."""
    said = {
        name: run(hall, *words.split())
        for name, words in {
            "ruleset": "nft -s -t list ruleset",
            "qdiscs": "tc qdisc show",
            "lan": "tc class show dev lan0",
            "wan": "tc class show dev wan0",
            "filters": "tc filter show dev lan0",
            "links": "ip -o link show",
            "addresses": "ip -o addr show",
            "routes": "ip route show table all",
            "sysctls": "sysctl -a --ignore --pattern ^net",
        }.items()
    }
    said["sysctls"] = "\n".join(line for line in said["sysctls"].splitlines() if "nf_conntrack_count" not in line)
    ours = [path for pattern in ("*.toml", "*.conf", "tls/*", "names/*", "firewall/*.listing") for path in hall.folder.path.glob(pattern)]
    for path in sorted(ours):
        said[str(path)] = f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_mode} {path.stat().st_mtime_ns}"
    return said


def test_a_healthy_hall_has_no_warning(spoilt_hall: Hall) -> None:
    """Notices are of this machine alone: its kernel, its radvd, and that a lab sets no clock. Every group looked, but for the hub."""
    look = examined(spoilt_hall)
    assert {finding.kind for finding in look.findings} <= {"clock-unsynchronised", "kernel-no-fq-codel", "radvd-without-option37"}
    assert [step.name for step in look.steps] == [*STEPS]
    assert {step.name: step.result for step in look.steps if step.result is not Result.PASSED} == {"hub": Result.SKIPPED}
    assert look.well


def test_a_part_that_stumbles_ends_no_other(spoilt_hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the doctor's own in a group, and in what is read for all of them: said, and nothing else is made up or left out."""
    monkeypatch.setattr(sysctls, "WANTED", None)
    monkeypatch.setattr(servers, "_THREAD", None)
    look = examined(spoilt_hall)
    assert {finding.values["part"] for finding in look.findings if finding.kind == "look-stumbled"} == {"sysctls", "servers"}
    assert grave(look) == {"look-stumbled"}
    assert {step.name for step in look.steps if step.why == "stumbled"} == {"sysctls"}


def test_who_only_calls_himself_dnsmasq(spoilt_hall: Hall) -> None:
    """Any user may start the real program, with any file on its command line: on that word nothing is read, and nothing is said of it."""
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "dnsmasq", "-k", "-p", "5999", "-C", "/dev/null", "-x", ""]
    impostor = subprocess.Popen(["ip", "netns", "exec", spoilt_hall.layout.gateway, *words], stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: Path(f"/proc/{impostor.pid}/comm").read_text().strip() == "dnsmasq", 5)
        assert namespaces.inside(spoilt_hall.layout.gateway, lambda: [each for each in servers.running() if each.port == 5999]) == []
        assert impostor.poll() is None
    finally:
        impostor.kill()
        impostor.wait(5)


def test_a_look_changes_nothing(spoilt_hall: Hall) -> None:
    """Rules, shaping, addresses, routes, sysctls, files: all as before."""
    before = _state(spoilt_hall)
    examined(spoilt_hall)
    assert _state(spoilt_hall) == before
    assert len(before) > 20


@pytest.mark.parametrize(("spoiling", "wanted"), [each[1:] for each in SPOILT], ids=[each[0] for each in SPOILT])
def test_a_spoilt_gateway(spoilt_hall: Hall, spoiling: Spoiling, wanted: set[str]) -> None:
    """The doctor finds what was spoilt and nothing else, and nothing of it is held back where it leaves the hall."""
    with spoiling(spoilt_hall):
        look = examined(spoilt_hall)
    assert (grave(look), cleaned(look, {ZONE})[1]) == (wanted, 0)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each.name for each in MISTAKES])
def test_a_mistake_in_the_settings(spoilt_hall: Hall, copies: Place, mistake: Mistake) -> None:
    """The doctor finds it and nothing else, whether the gateway runs with it yet or not."""
    copy = {"portal": copies.portal, "firewall": copies.firewall}.get(mistake.file)
    path = copy or spoilt_hall.folder.path / mistake.file
    good = path.read_text()
    assert mistake.old in good
    try:
        path.write_text(good.replace(mistake.old, mistake.new) + (NEVER if "never" in mistake.new else ""))
        look = examined(spoilt_hall, copies if copy else None)
        assert (grave(look), cleaned(look, {ZONE})[1]) == (set(mistake.found), 0)
    finally:
        path.write_text(good)


@pytest.mark.parametrize(("days", "kind"), [(17.0, "certificate-ends-soon"), (31.0, "certificate-ended")], ids=["nearly over", "over"])
def test_a_certificate_that_ends(spoilt_hall: Hall, days: float, kind: str) -> None:
    """A month's certificate, looked at later."""
    assert grave(examined(spoilt_hall, now=time.time() + days * 86_400)) == {kind}


def test_a_certificate_that_nobody_knows(spoilt_hall: Hall) -> None:
    """Phones that do not know the hall's own authority show a warning."""
    place = place_of(spoilt_hall)
    assert grave(examined(spoilt_hall, Place(place.portal, place.firewall))) == {"certificate-untrusted"}


def test_a_damaged_journal(spoilt_hall: Hall, copies: Place, tmp_path: Path) -> None:
    """Its first bytes are not SQLite's."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "journal.db").write_bytes(os.urandom(8_192))
    copies.portal.write_text(copies.portal.read_text().replace(f"{spoilt_hall.folder.path}/portal/state", str(state)))
    assert grave(examined(spoilt_hall, copies)) == {"journal-damaged"}


def test_a_journal_damaged_in_the_middle(spoilt_hall: Hall, copies: Place, tmp_path: Path) -> None:
    """Found when no portal holds it, in a copy: the files stay as they are."""
    state, live = tmp_path / "state", spoilt_hall.folder.path / "portal" / "state"
    with ended("portal", again_portal)(spoilt_hall):
        shutil.copytree(live, state)
        copies.portal.write_text(copies.portal.read_text().replace(str(live), str(state)))
        assert grave(examined(spoilt_hall, copies)) == {"portal-away"}
        _flush(state / "journal.db")
        with (state / "journal.db").open("r+b") as file:
            file.seek(4_096)
            file.write(os.urandom(16_384))
        before = {path.name: path.read_bytes() for path in state.iterdir()}
        assert grave(examined(spoilt_hall, copies)) == {"portal-away", "journal-damaged"}
        assert {path.name: path.read_bytes() for path in state.iterdir()} == before


def _flush(path: Path) -> None:
    """All of the WAL into the file."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def test_it_was_all_mended(spoilt_hall: Hall) -> None:
    """After all this the hall is as healthy as at first: what the tests above found was there while it was spoilt, and only then."""
    assert grave(examined(spoilt_hall)) == set()


def test_every_kind_that_was_found_has_words(spoilt_hall: Hall) -> None:
    """And there are more than the twenty that were wanted."""
    kinds = {kind for _, _, wanted in SPOILT for kind in wanted} | {kind for mistake in MISTAKES for kind in mistake.found}
    assert kinds <= set(DOCTOR)
    assert len(kinds) > 20
    assert namespaces.exists(spoilt_hall.layout.gateway)
