"""The command line, against a portal that answers from a script; what a person reads is compared whole."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from hotspot import control
from hotspot.ask import login
from hotspot.cli import main
from hotspot.console import amount, duration, table
from tests.hotspot.test_ask import portal

STATUS = control.StatusIs(True, (), True, True, True, (control.ZoneStatus("public", 3, ("free", "long")),), blocked=2)
SESSIONS = control.SessionsAre(
    (
        control.SessionRow("K7F-3QX", "public", "free", 1_700_000_000.0, 5_400, 1_500_000, 20_000_000, None, False),
        control.SessionRow("A00-0ZZ", "public", "long", 1_700_000_000.0, 59, 0, 999, 1_000_000_000, True),
    )
)


def run(tmp_path: Path, reply: control.AnyReply, *words: str) -> tuple[Result, list[control.AnyRequest]]:
    """Run a command against a portal that answers ``reply``."""
    with portal(tmp_path / "s", control.encode(reply)) as heard:
        result = CliRunner().invoke(main, [*words, "--socket", str(tmp_path / "s")])
    return result, heard


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def test_status_for_a_person(tmp_path: Path) -> None:
    """A short table, exit status 0."""
    result, heard = run(tmp_path, STATUS, "status")
    expected = """\
portal       ok
firewall     connected
journal      well
internet     reachable
zone public  3 online, plans: free, long
block list   2 entries in force
"""
    assert (result.output, result.exit_code, heard) == (expected, 0, [control.Status()])


def test_status_tells_alarms_and_closed_zones(tmp_path: Path, utc: None) -> None:
    """By device code, the newest last, with the moment in this machine's time."""
    closed = control.ZoneStatus("council", 0, ("long",), closed_until=1_700_006_400.0, open=False)
    shut = control.ZoneStatus("event", 1, ("long",), open=False)
    alarms = (
        control.Alarm("clone", "public", "K7F-3QX", 1_700_000_000.0, 1_700_000_000.0, 1),
        control.Alarm("clone", "council", "A00-0ZZ", 1_700_000_000.0, 1_700_000_600.0, 3),
    )
    result, _ = run(tmp_path, control.StatusIs(True, (), True, True, True, (closed, shut), alarms, 1), "status")
    expected = """\
portal        ok
firewall      connected
journal       well
internet      reachable
zone council  0 online, plans: long, closed until 2023-11-15 00:00
zone event    1 online, plans: long, closed until further notice
block list    1 entry in force
alarm         2023-11-14 22:13: another device uses the identity of K7F-3QX in zone public
alarm         2023-11-14 22:23: another device uses the identity of A00-0ZZ in zone council, 3 times since 2023-11-14 22:13
"""
    assert (result.output, result.exit_code) == (expected, 0)


def test_a_warning_is_no_fault(tmp_path: Path) -> None:
    """It is shown; the exit status stays 0."""
    result, _ = run(tmp_path, replace(STATUS, warnings=("legal pages are not complete",)), "status")
    assert ("warning      legal pages are not complete" in result.output.splitlines(), result.exit_code) == (True, 0)


def test_status_of_a_hall_with_a_hub(tmp_path: Path, utc: None) -> None:
    """Connected since when, which policy is in force and which is not, what waits; away since when and why, and that nobody gets in."""
    there = control.HubStatus(1_700_000_000.0, None, "", 7, 8, "cannot use policy 8: plans.free.down = 'fast'", backlog=1)
    result, _ = run(tmp_path, replace(STATUS, hub=there), "status")
    assert [line for line in result.output.splitlines() if line.startswith("hub")] == [
        "hub          connected since 2023-11-14 22:13",
        "hub          policy 7 in force",
        "hub          policy 8 refused: cannot use policy 8: plans.free.down = 'fast'",
        "hub          1 report waits",
    ]
    away = control.HubStatus(None, 1_700_000_000.0, "no answer in time", 0, backlog=20, lost=2, closes=True)
    (tmp_path / "s").unlink()
    result, _ = run(tmp_path, replace(STATUS, hub=away), "status")
    assert [line for line in result.output.splitlines() if line.startswith("hub")] == [
        "hub          AWAY since 2023-11-14 22:13: no answer in time",
        "hub          nobody new is let in",
        "hub          no policy yet",
        "hub          20 reports wait",
        "hub          2 reports LOST",
    ]


def test_status_of_a_degraded_portal_is_exit_1(tmp_path: Path) -> None:
    """What is amiss is said, and scripts notice."""
    degraded = control.StatusIs(False, ("the journal's disk is full",), True, False, False, ())
    result, _ = run(tmp_path, degraded, "status")
    expected = """\
portal      DEGRADED
firewall    connected
journal     UNWELL
internet    DOWN
fault       the journal's disk is full
block list  0 entries in force
"""
    assert (result.output, result.exit_code) == (expected, 1)


def test_sessions_for_a_person(tmp_path: Path) -> None:
    """One line per device, numbers to the right, no address of anybody."""
    result, _ = run(tmp_path, SESSIONS, "sessions")
    expected = """\
device   zone    plan   time left     down      up  volume  let in by
K7F-3QX  public  free  1 h 30 min  20.0 MB  1.5 MB  -       visitor
A00-0ZZ  public  long        59 s    999 B     0 B  1.0 GB  staff
"""
    assert (result.output, result.exit_code) == (expected, 0)


def test_sessions_when_nobody_is_online(tmp_path: Path) -> None:
    """No empty table."""
    result, _ = run(tmp_path, control.SessionsAre(()), "sessions")
    assert (result.output, result.exit_code) == ("nobody is online\n", 0)


@pytest.mark.parametrize(
    ("words", "reply"), [(["status"], STATUS), (["sessions"], SESSIONS), (["kick", "x"], control.Done("K7F-3QX", "ended"))]
)
def test_json_is_the_reply_itself(tmp_path: Path, words: list[str], reply: control.AnyReply) -> None:
    """What a program reads is what the portal said."""
    result, _ = run(tmp_path, reply, *words, "--json")
    assert json.loads(result.output) == json.loads(control.encode(reply))


@pytest.mark.parametrize(
    ("words", "request_sent"),
    [
        (["kick", "k7f3qx"], control.Kick("k7f3qx")),
        (["block", "K7F-3QX", "--reason", "too loud", "--time", "2 h"], control.Block("K7F-3QX", "too loud", 7200.0)),
        (["unblock", "K7F-3QX"], control.Unblock("K7F-3QX")),
        (["allow", "K7F-3QX", "--plan", "long", "--time", "90"], control.Allow("K7F-3QX", "long", 90.0)),
        (["allow", "K7F-3QX"], control.Allow("K7F-3QX")),
        (["allow", "K7F-3QX", "--zone", "council"], control.Allow("K7F-3QX", zone="council")),
        (["kick", "K7F-3QX", "--zone", "council"], control.Kick("K7F-3QX", "council")),
        (["block", "K7F-3QX", "--zone", "council"], control.Block("K7F-3QX", zone="council")),
        (["unblock", "K7F-3QX", "--zone", "council"], control.Unblock("K7F-3QX", "council")),
    ],
)
def test_orders_as_asked_for(tmp_path: Path, words: list[str], request_sent: control.AnyRequest) -> None:
    """Each order of the staff becomes its request; the answer says how the device stands now."""
    result, heard = run(tmp_path, control.Done("K7F-3QX", "online", 5_400), *words)
    assert (result.output, result.exit_code, heard) == ("K7F-3QX is online now, 1 h 30 min left\n", 0, [request_sent])


ROW = control.BlocklistRow(3, "casino.example", None, "court order", "7 K 26/26", 1_700_000_000.0, "clerk", 0, 1_700_086_400.0, True)


@pytest.mark.parametrize(
    ("words", "request_sent", "entry", "said"),
    [
        (
            ["add", "casino.example", "--reason", "court order", "--case", "7 K 26/26", "--by", "clerk", "--time", "1 day"],
            control.BlocklistAdd("casino.example", "court order", "7 K 26/26", "clerk", None, 86_400.0),
            ROW,
            "entry 3: casino.example is blocked until 2023-11-15 22:13 in every zone\n",
        ),
        (
            ["add", "198.51.100.1", "--service", "tcp/25", "--reason", "spam", "--case", "1", "--zone", "public", "--by", "clerk"],
            control.BlocklistAdd("198.51.100.1", "spam", "1", "clerk", "tcp/25", None, "public"),
            replace(ROW, what="198.51.100.1 tcp/25", zone="public", until=None),
            "entry 3: 198.51.100.1 tcp/25 is blocked in zone public\n",
        ),
        (
            ["remove", "3", "--reason", "lifted", "--by", "boss"],
            control.BlocklistRemove(3, "lifted", "boss"),
            replace(ROW, in_force=False, removed_at=1_700_000_060.0, removed_by="boss", removed_reason="lifted"),
            "entry 3: casino.example is no longer blocked in every zone\n",
        ),
    ],
)
def test_block_list_orders(
    tmp_path: Path, utc: None, words: list[str], request_sent: control.AnyRequest, entry: control.BlocklistRow, said: str
) -> None:
    """Each becomes its request; the answer says what is on record, and on stderr what has no effect yet."""
    result, heard = run(tmp_path, control.BlocklistChanged(entry, "the firewall does not answer"), "blocklist", *words)
    assert (result.stdout, result.exit_code, heard) == (said, 0, [request_sent])
    assert result.stderr == "it takes effect later: the firewall does not answer\n"


def test_the_block_list_for_a_person(tmp_path: Path, utc: None) -> None:
    """Who, when, why; what was removed says so."""
    removed = replace(ROW, number=4, what="tcp/25", zone="public", removed_at=1_700_000_060.0, removed_by="boss", removed_reason="lifted")
    result, heard = run(tmp_path, control.BlocklistIs((ROW, removed)), "blocklist", "list", "--all")
    expected = """\
number  what            zone    since             ends                                       by     case       reason
     3  casino.example  all     2023-11-14 22:13  2023-11-15 22:13                           clerk  7 K 26/26  court order
     4  tcp/25          public  2023-11-14 22:13  2023-11-14 22:14 removed by boss: lifted  clerk  7 K 26/26  court order
"""
    assert (result.output.split(), heard) == (expected.split(), [control.Blocklist(True)])


def test_an_empty_block_list(tmp_path: Path) -> None:
    """No empty table."""
    result, heard = run(tmp_path, control.BlocklistIs(()), "blocklist", "list")
    assert (result.output, heard) == ("nothing is blocked\n", [control.Blocklist()])


def test_a_block_needs_a_reason_and_a_case(tmp_path: Path) -> None:
    """Asked for before anything is sent; who decides is the login name if nobody says otherwise."""
    for words in (["casino.example", "--case", "1"], ["casino.example", "--reason", "x"]):
        assert CliRunner().invoke(main, ["blocklist", "add", *words]).exit_code == 2
    _, heard = run(tmp_path, control.BlocklistChanged(ROW), "blocklist", "add", "a.example", "--reason", "x", "--case", "1")
    assert heard == [control.BlocklistAdd("a.example", "x", "1", login())]


def test_a_refusal_is_one_line_and_exit_1(tmp_path: Path) -> None:
    """Nothing on stdout that a script could take for an answer."""
    result, _ = run(tmp_path, control.Refused("unknown", "no device has the code K7F-3QX"), "kick", "K7F-3QX")
    assert (result.stdout, result.stderr, result.exit_code) == ("", "cannot kick: no device has the code K7F-3QX\n", 1)


def test_a_portal_that_does_not_run_is_one_line_and_exit_1(tmp_path: Path) -> None:
    """The path that was tried is named."""
    result = CliRunner().invoke(main, ["status", "--socket", str(tmp_path / "none")])
    expected = f"cannot ask the portal: there is no {tmp_path / 'none'}; does it run? (--socket names another one)\n"
    assert (result.stdout, result.stderr, result.exit_code) == ("", expected, 1)


@pytest.mark.parametrize("words", [["kick"], ["dance"], ["block", "K7F-3QX", "--time", "soon"], ["status", "--loud"]])
def test_wrong_usage_is_exit_2(words: list[str]) -> None:
    """Missing, unknown and impossible arguments."""
    assert CliRunner().invoke(main, words).exit_code == 2


def test_sizes_for_a_person() -> None:
    """Decimal units; no unit shows 1000.0."""
    assert [amount(count) for count in (0, 999, 1000, 999_949, 999_950, 2_500_000_000)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "999.9 kB",
        "1.0 MB",
        "2.5 GB",
    ]


def test_durations_for_a_person() -> None:
    """Seconds below a minute, minutes below an hour."""
    assert [duration(seconds) for seconds in (0, 59, 60, 3599, 3600, 90_061)] == [
        "0 s",
        "59 s",
        "1 min",
        "59 min",
        "1 h 00 min",
        "25 h 01 min",
    ]


def test_a_table_without_rows_is_its_heads() -> None:
    """No rows, no fault."""
    assert table(["a", "bb"], []) == "a  bb"


def test_a_command_starts_without_the_services() -> None:
    """The command line stays quick: it loads neither web server, nor database, nor lab."""
    heavy = ["aiohttp", "apsw", "asyncio", "hotspot.lab", "hotspot.portal", "jinja2", "pyroute2", "structlog"]
    code = f"import sys, hotspot.cli; print([name for name in {heavy!r} if name in sys.modules])"
    root = Path(__file__).parents[2]
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root).stdout
    assert loaded == "[]\n"
