"""The front door's commands; what a person reads is compared whole."""

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from hotspot import control
from hotspot.cli import main
from hotspot.lab.services import FILE
from tests.hotspot.test_ask import portal

TABLE = "Name;Gebühr;IBAN;Empfänger;Verwendungszweck;Erreichbar\nAusweis;28,80;DE89 3704 0044 0532 0130 00;Stadtkasse;Ausweis;a.example\n"
LAMP = control.FeedbackRow(7, 1_700_000_000.0, "public", "damage", "de", "Markt", "Die Laterne ist aus.\nSeit Montag.", "anna@example.org")
LONG = control.FeedbackRow(12, 1_700_000_600.0, "public", "idea", "en", "", "word " * 40, "", done_at=1_700_001_200.0, done_by="Amt")


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def run(*words: str | Path) -> Result:
    """A command without a portal."""
    return CliRunner().invoke(main, list(map(str, words)))


def ask(tmp_path: Path, reply: control.AnyReply, *words: str) -> tuple[Result, list[control.AnyRequest]]:
    """A command against a portal that answers ``reply``."""
    (tmp_path / "s").unlink(missing_ok=True)
    with portal(tmp_path / "s", control.encode(reply)) as heard:
        result = run(*words, "--socket", tmp_path / "s")
    return result, heard


def test_import(tmp_path: Path) -> None:
    """A table becomes a file, which is good; a file that is there is not lost."""
    (tmp_path / "a.csv").write_text(TABLE, encoding="cp1252")
    out = tmp_path / "services.toml"
    first = run("services", "import", tmp_path / "a.csv", "--out", out)
    assert (first.output, first.exit_code) == (f"{out}: 1 service, 1 with a fee\n", 0)
    again = run("services", "import", tmp_path / "a.csv", "--out", out)
    assert (again.output, again.exit_code) == (f"cannot write {out}: it is there already (--force replaces it)\n", 1)
    assert run("services", "import", tmp_path / "a.csv", "--out", out, "--force").exit_code == 0
    checked = run("services", "check", out)
    assert (checked.output, checked.exit_code) == (f"{out}: 1 service, 1 with a fee\nreachable before acceptance: a.example\n", 0)


def test_import_prints(tmp_path: Path) -> None:
    """Without ``--out``."""
    (tmp_path / "a.csv").write_text("name\nAusweis\n")
    result = run("services", "import", tmp_path / "a.csv")
    expected = (
        '# Services of the hall: docs/services.md says what each key means.\n\n[services.ausweis]\nname = "Ausweis"\nauthority = "town"\n'
    )
    assert (result.output, result.exit_code) == (expected, 0)


def test_a_bad_row_writes_nothing(tmp_path: Path) -> None:
    """The error names line, column and cell; what was there stays."""
    (tmp_path / "a.csv").write_text(TABLE + "Pass;viel;;;;\n")
    out = tmp_path / "services.toml"
    out.write_text("as before")
    result = run("services", "import", tmp_path / "a.csv", "--out", out, "--force")
    column = "column 'fee_reference' (in German 'Verwendungszweck')"
    expected = f"cannot import {tmp_path / 'a.csv'}: line 3, {column} is empty, but other cells need it\n"
    assert (result.output, result.exit_code, out.read_text(), len(list(tmp_path.iterdir()))) == (expected, 1, "as before", 2)


def test_no_place_to_write(tmp_path: Path) -> None:
    """One line."""
    (tmp_path / "a.csv").write_text(TABLE)
    result = run("services", "import", tmp_path / "a.csv", "--out", tmp_path / "no" / "x.toml")
    assert (result.output, result.exit_code) == (f"cannot write {tmp_path}/no/x.toml: No such file or directory\n", 1)


def test_export_and_back(tmp_path: Path) -> None:
    """The lab's directory as a table that Excel opens, and the same directory from it."""
    out = tmp_path / "services.csv"
    result = run("services", "export", FILE, "--out", out)
    assert (result.output, result.exit_code, out.read_bytes()[:3]) == (f"{out}: 10 services, 3 with a fee\n", 0, b"\xef\xbb\xbf")
    back = run("services", "import", out, "--out", tmp_path / "services.toml")
    assert back.exit_code == 0
    assert run("services", "export", tmp_path / "services.toml").output.splitlines() == out.read_text(encoding="utf-8-sig").splitlines()


def test_check_says_what_is_wrong(tmp_path: Path) -> None:
    """File, key, value, and what was expected."""
    path = tmp_path / "services.toml"
    path.write_text('[services.a]\nname = "A"\nreachable = ["*.example"]\n')
    result = run("services", "check", path)
    assert result.exit_code == 1
    assert result.output.startswith(f"cannot use {path}: services.a.reachable = '*.example': expected the whole name of a host")


def test_garden_needs_a_zone_that_there_is(tmp_path: Path) -> None:
    """And settings that are good."""
    config = tmp_path / "portal.toml"
    config.write_text(
        'state_dir = "."\nfirewall_socket = "f"\ncontrol_socket = "c"\n[hall]\nname = "H"\n[terms]\nversion = "1"\ntext.de = "T"\n'
        '[plans.free]\ndown = "1 Mbit/s"\nup = "1 Mbit/s"\ntime = "1 h"\n[zones.public]\nplans = ["free"]\nportal_url = "http://p.example/"\n'
        '[wifi4eu]\nnetwork_id = "12345678-9abc-4def-8123-456789abcdef"\n'
    )
    good = run("garden", "--config", config)
    sets = "4#inet#hotspot_public#garden4,6#inet#hotspot_public#garden6"
    assert (good.output, good.exit_code) == (f"max-cache-ttl=10\nnftset=/collection.wifi4eu.ec.europa.eu/{sets}\n", 0)
    bad = run("garden", "--config", config, "--zone", "attic")
    assert (bad.output, bad.exit_code) == ("cannot print the garden: zone = 'attic': expected one of public\n", 2)
    assert run("garden", "--config", tmp_path / "no.toml").exit_code == 2


def test_list(tmp_path: Path) -> None:
    """A row for each message, in one line."""
    result, heard = ask(tmp_path, control.FeedbackIs((LAMP, replace(LONG, done_at=None))), "feedback", "list")
    expected = """\
number              when  kind    where  state  message
     7  2023-11-14 22:13  damage  Markt  open   Die Laterne ist aus. Seit Montag.
    12  2023-11-14 22:23  idea    -      open   word word word word word word word word word word word word…
"""
    assert (result.output, result.exit_code, heard) == (expected, 0, [control.Feedback()])


def test_list_is_empty(tmp_path: Path) -> None:
    """In words, and for programs."""
    assert ask(tmp_path, control.FeedbackIs(()), "feedback", "list")[0].output == "no messages\n"
    result, heard = ask(tmp_path, control.FeedbackIs(()), "feedback", "list", "--json", "--all")
    assert (json.loads(result.output), heard) == ({"messages": []}, [control.Feedback(all=True)])


def test_show(tmp_path: Path) -> None:
    """The whole text and all that there is about it."""
    result, heard = ask(tmp_path, control.FeedbackIs((replace(LAMP, fetched_at=1_700_000_300.0),)), "feedback", "show", "7")
    expected = """\
message 7, damage, 2023-11-14 22:13, zone public, written on the page in de
open; fetched by the hub 2023-11-14 22:18
where:  Markt
answer: anna@example.org

Die Laterne ist aus.
Seit Montag.
"""
    assert (result.output, result.exit_code, heard) == (expected, 0, [control.FeedbackShow(7)])


def test_done(tmp_path: Path) -> None:
    """Who says so is written down."""
    result, heard = ask(tmp_path, control.FeedbackIs((LONG,)), "feedback", "done", "12", "--by", "Frau Amt")
    assert heard == [control.FeedbackDone(12, "Frau Amt")]
    assert result.output.splitlines()[:3] == [
        "message 12, idea, 2023-11-14 22:23, zone public, written on the page in en",
        "done 2023-11-14 22:33 by Amt",
        "where:  -",
    ]


def test_refusals(tmp_path: Path) -> None:
    """In one line, exit status 1."""
    refused = control.Refused("unknown", "number = 9: expected the number of a message that is still kept")
    for words, what in ((("show", "9"), "show the message"), (("done", "9"), "mark the message as done")):
        result, _ = ask(tmp_path, refused, "feedback", *words)
        assert (result.output, result.exit_code) == (f"cannot {what}: {refused.message}\n", 1)
