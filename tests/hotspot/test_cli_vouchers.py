"""``hotspot vouchers`` and ``hotspot poster``, against a portal that answers from a script; what a person reads is compared whole."""

import csv
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from hotspot import control
from hotspot.cli import main
from hotspot.control_vouchers import (
    VoucherBatch,
    VoucherCreate,
    VoucherList,
    VoucherPrint,
    VoucherRow,
    VouchersAre,
    VoucherWithdraw,
    VoucherWithdrawn,
)
from hotspot.session.voucher_codes import codes
from tests.hotspot.printing.reading import codes_in, image_of, text_of
from tests.hotspot.test_ask import portal

KEY = "00" * 16
CODES = codes(bytes(16), 3)
ROW = VoucherRow(7, "guest", 3, 1, 2, 604_800.0, None, 1_801_440_000.0, "=Schulung", 1_800_000_000.0, "Meier", 0, True)
MADE = VoucherBatch(ROW, KEY)
SAID = "batch 7: 3 codes for plan guest, 2 devices each, good for 7 days from the first use, void from 2027-02-01 00:00 on when unused\n"
CONFIG = """\
firewall_socket = "f"
control_socket = "c"
state_dir = "."

[hall]
name = "Rathaus Neustadt"
contact = "Empfang"
time_zone = "UTC"

[terms]
version = "1"
text.de = "Bitte freundlich."

[plans.free]
down = "10 Mbit/s"
up = "2 Mbit/s"
time = "2 h"

[plans.guest]
title = "Gast"
down = "50 Mbit/s"
up = "10 Mbit/s"
time = "12 h"
voucher = true

[zones.public]
plans = ["free", "guest"]
portal_url = "http://portal.hall.example/"
"""


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A hall's settings."""
    (tmp_path / "portal.toml").write_text(CONFIG)
    return str(tmp_path / "portal.toml")


def run(tmp_path: Path, reply: control.AnyReply, *words: str) -> tuple[Result, list[control.AnyRequest]]:
    """Run a command against a portal that answers ``reply``."""
    path = tmp_path / f"s{len(list(tmp_path.iterdir()))}"
    with portal(path, control.encode(reply)) as heard:
        result = CliRunner().invoke(main, ["vouchers", *words, "--socket", str(path)])
    return result, heard


def test_create(tmp_path: Path) -> None:
    """The order as it was meant, and the codes on the screen."""
    words = (
        "--plan",
        "guest",
        "--count",
        "3",
        "--devices",
        "2",
        "--valid",
        "7 d",
        "--not-after",
        "2027-01-31",
        "--note",
        "x",
        "--by",
        "Meier",
    )
    result, heard = run(tmp_path, MADE, "create", *words)
    order = VoucherCreate("guest", 3, "Meier", 604_800.0, 2, None, "2027-01-31", "x")
    assert (result.output, result.exit_code, heard) == (SAID + "\n".join(CODES) + "\n", 0, [order])


def test_create_for_programs(tmp_path: Path) -> None:
    """One JSON object with batch and codes."""
    result, _ = run(tmp_path, MADE, "create", "--plan", "guest", "--count", "3", "--valid", "7 d", "--json")
    told = json.loads(result.output)
    assert (told["batch"]["number"], told["codes"]) == (7, list(CODES))


def test_print(tmp_path: Path, config: str) -> None:
    """Sheet and table hold the codes that the key gives; a note is no formula in a spreadsheet."""
    pdf, table = tmp_path / "sheet.pdf", tmp_path / "codes.csv"
    words = ("print", "7", "--pdf", str(pdf), "--csv", str(table), "--ssid", "Rathaus-WLAN", "--config", config, "--language", "en")
    result, heard = run(tmp_path, MADE, *words)
    assert (result.output, heard) == (f"{SAID}written: {table}\nwritten: {pdf}\n", [VoucherPrint(7)])
    text = text_of(pdf)
    assert ([code for code in CODES if code in text], "Gast, 50" in text) == (list(CODES), True)
    assert codes_in(image_of(pdf, dots=200)) == ["http://portal.hall.example/voucher"] * 3
    rows = list(csv.reader(table.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert rows[:2] == [
        ["number", "code", "batch", "plan", "devices", "valid", "note"],
        ["1", CODES[0], "7", "guest", "2", "7 days", "'=Schulung"],
    ]


def test_codes_are_for_their_owner(tmp_path: Path, config: str) -> None:
    """Files with codes are readable by whoever made them alone, also where one with other rights was before."""
    pdf, table = tmp_path / "sheet.pdf", tmp_path / "codes.csv"
    table.write_text("longer than what comes" * 100)
    table.chmod(0o644)
    run(tmp_path, MADE, "print", "7", "--pdf", str(pdf), "--csv", str(table), "--ssid", "x", "--config", config)
    assert [oct(file.stat().st_mode & 0o777) for file in (pdf, table)] == ["0o600", "0o600"]
    assert len(table.read_text(encoding="utf-8-sig").splitlines()) == 4


def test_what_could_not_be_printed_is_not_made(tmp_path: Path, config: str) -> None:
    """Settings and the network's name are looked at before codes are made."""
    words = ["vouchers", "create", "--plan", "guest", "--count", "3", "--valid", "7 d", "--pdf", str(tmp_path / "x.pdf")]
    without = CliRunner().invoke(main, [*words, "--config", config, "--socket", str(tmp_path / "nobody")])
    missing = CliRunner().invoke(main, [*words, "--ssid", "x", "--config", str(tmp_path / "none"), "--socket", str(tmp_path / "nobody")])
    assert ("--pdf needs --ssid" in without.output, without.exit_code) == (True, 2)
    assert (missing.output, missing.exit_code) == (f"cannot read {tmp_path / 'none'}: No such file or directory\n", 1)


def test_list(tmp_path: Path) -> None:
    """A table; what was withdrawn says by whom."""
    gone = replace(ROW, number=8, in_force=False, withdrawn_at=1_800_000_060.0, withdrawn_by="Kaya", note="")
    result, heard = run(tmp_path, VouchersAre((ROW, gone)), "list", "--all")
    expected = """\
batch  plan   codes  used  devices   valid  unused until                                    made  by     note
    7  guest      3     1        2  7 days  2027-02-01 00:00                    2027-01-15 08:00  Meier  =Schulung
    8  guest      3     1        2  7 days  withdrawn 2027-01-15 08:01 by Kaya  2027-01-15 08:00  Meier
"""
    assert (result.output, heard) == (expected, [VoucherList(True)])
    empty, _ = run(tmp_path, VouchersAre(()), "list")
    assert empty.output == "there are no vouchers\n"


def test_withdraw(tmp_path: Path) -> None:
    """By number or by code; what could not be ended is an error."""
    batch, first = run(tmp_path, VoucherWithdrawn(ROW, ended=2), "withdraw", "7", "--by", "Kaya")
    code, second = run(tmp_path, VoucherWithdrawn(ROW, code=CODES[0], pending=1), "withdraw", CODES[0].lower(), "--by", "Kaya")
    assert (batch.output, first) == ("batch 7 is withdrawn; sessions ended: 2\n", [VoucherWithdraw("Kaya", number=7)])
    assert second == [VoucherWithdraw("Kaya", code=CODES[0].lower())]
    assert code.exit_code == 1
    assert code.output == (
        f"code {CODES[0]} of batch 7 is withdrawn; sessions ended: 0\n"
        "1 sessions could not be ended, because the firewall does not answer: withdraw it again\n"
    )


def test_refused(tmp_path: Path) -> None:
    """The portal's reason, exit status 1."""
    result, _ = run(tmp_path, control.Refused("unknown", "number = 9: expected the number of a batch of vouchers"), "print", "9")
    assert (result.output, result.exit_code) == ("cannot print the vouchers: number = 9: expected the number of a batch of vouchers\n", 1)


def test_poster(tmp_path: Path, config: str) -> None:
    """SVG and PDF, with the hall's name and the network's code."""
    svg, pdf = tmp_path / "p.svg", tmp_path / "p.pdf"
    words = ["poster", "--ssid", "Rathaus-WLAN", "--config", config, "--svg", str(svg), "--pdf", str(pdf), "--size", "A3"]
    result = CliRunner().invoke(main, words)
    assert (result.output, result.exit_code) == (f"written: {svg}\nwritten: {pdf}\n", 0)
    assert ("Rathaus Neustadt" in svg.read_text(), "Rathaus Neustadt" in text_of(pdf)) == (True, True)
    assert codes_in(image_of(pdf, dots=50)) == ["WIFI:T:nopass;S:Rathaus-WLAN;;"]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ((), 2, "nothing to write: give --svg, --pdf or both"),
        (("--svg", "x", "--ssid", "x" * 33), 2, "expected 1 to 32 bytes (IEEE 802.11)"),
        (("--svg", "x", "--password", "kurz"), 2, "expected 8 to 63 characters (WPA)"),
        (("--svg", "x", "--languages", "de,xx"), 1, "cannot print: language 'xx': expected one of de, "),
        (("--svg", "x", "--zone", "council"), 1, "cannot print: zone 'council': expected one of public"),
        (("--svg", "/nowhere/x"), 1, "cannot write /nowhere/x: No such file or directory"),
    ],
)
def test_poster_refused(
    words: tuple[str, ...], status: int, says: str, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be printed is said in one line."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["poster", "--config", config, "--ssid", "Rathaus-WLAN", *words])
    assert (says in result.output, result.exit_code) == (True, status)
