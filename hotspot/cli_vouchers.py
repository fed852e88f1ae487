"""``hotspot vouchers …`` and ``hotspot poster``: codes for visitors, and what a town prints."""

import csv
import os
import stat
from collections.abc import Callable, Sequence
from functools import wraps
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from hotspot.console import ask_portal, clock, duration, fail, json_option, print_json, socket_option, table, who

if TYPE_CHECKING:
    from hotspot.control_vouchers import VoucherBatch, VoucherRow
    from hotspot.portal.settings import Settings, Zone

DEFAULT_CONFIG = "/etc/hotspot/portal.toml"
DAY = 86_400

_config = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The portal's settings: hall, plans, theme.",
)
_zone = click.option("--zone", help="Zone to print for; without it the first that fits.")
_by = click.option("--by", callback=who, help="Who decides; without it your login name. Your uid is written down in any case.")
_ssid = click.option("--ssid", help="Name of the Wi-Fi, for print.")
_language = click.option("--language", default="de", show_default=True, help="Of the sheet.")
_pdf = click.option("--pdf", type=click.Path(path_type=Path), help="Write sheets of 24 tickets, A4.")
_csv = click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write a table of the codes.")


@click.group()
def vouchers() -> None:
    """Voucher codes: each lets in some devices on a plan of its own."""


def _valid(_: click.Context, parameter: click.Parameter, value: str) -> float:
    """An option's duration in seconds, as the settings write it."""
    from hotspot.session.quantities import parse_seconds

    try:
        return parse_seconds(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param=parameter) from None


def lasting(seconds: float) -> str:
    """Seconds for a person, in days from two on: ``7 days``, ``12 h 00 min``."""
    days, rest = divmod(int(seconds), DAY)
    return f"{days} days" if days > 1 and not rest else duration(int(seconds))


class _Print(msgspec.Struct, frozen=True):
    """Where codes go besides the screen, and what a sheet needs to know."""

    pdf: Path | None
    csv_file: Path | None
    config: Path
    zone: str | None
    ssid: str | None
    language: str

    def check(self) -> None:
        """Ends the command when a sheet could not be made: before codes are."""
        if self.pdf is not None:
            if not self.ssid:
                raise click.UsageError("--pdf needs --ssid: the tickets name the Wi-Fi")
            _settings(self.config)


def _handing_out(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that hands out codes, as its argument ``target``, checked before anything is done."""

    @wraps(command)
    def handing_out(
        *, pdf: Path | None, csv_file: Path | None, config: Path, zone: str | None, ssid: str | None, language: str, **others: Any
    ) -> None:
        target = _Print(pdf, csv_file, config, zone, ssid, language)
        target.check()
        command(target=target, **others)

    for option in (_config, _zone, _language, _ssid, _csv, _pdf):  # click shows them the other way round
        handing_out = option(handing_out)
    return handing_out


def _settings(config: Path) -> "Settings":
    """The settings, or the end of the command."""
    from hotspot.portal.settings import BadSettings
    from hotspot.portal.settings_reader import Files
    from hotspot.portal.uplink.kept import in_force

    try:
        return in_force(config, Files())
    except BadSettings as error:
        fail(str(error))


def _write(path: Path, content: bytes) -> None:
    """A file, whole; or the end of the command."""
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")


def _write_secret(path: Path, content: bytes) -> None:
    """A file with codes in it: for its owner alone, also when it was there before with other rights."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                os.fchmod(file.fileno(), 0o600)
            file.write(content)
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")


@vouchers.command("create")
@click.option("--plan", required=True, help="A plan with voucher = true.")
@click.option("--count", type=click.IntRange(1, 10_000), required=True, help="How many codes.")
@click.option("--devices", type=click.IntRange(1, 100), default=1, show_default=True, help="Devices that one code lets in.")
@click.option("--valid", callback=_valid, required=True, help='How long a code is good from its first use on, such as "7 d".')
@click.option("--not-before", help="First day of use, such as 2027-01-04; without it at once.")
@click.option("--not-after", help="Last day of a first use, such as 2027-01-31; without it for ever.")
@click.option("--note", default="", help="For whom, for what: for staff only.")
@_by
@_handing_out
@socket_option
@json_option
def create(
    plan: str,
    count: int,
    devices: int,
    valid: float,
    not_before: str | None,
    not_after: str | None,
    note: str,
    by: str,
    target: _Print,
    path: Path,
    as_json: bool,
) -> None:
    """Make a batch of codes. Without --pdf and --csv they are listed."""
    from hotspot.control_vouchers import VoucherBatch, VoucherCreate

    request = VoucherCreate(plan, count, by, valid, devices, not_before, not_after, note)
    reply = ask_portal(path, request)
    assert isinstance(reply, VoucherBatch)
    _hand_out(reply, target, as_json)


@vouchers.command("print")
@click.argument("number", type=int)
@_handing_out
@socket_option
@json_option
def print_again(number: int, target: _Print, path: Path, as_json: bool) -> None:
    """The codes of batch NUMBER again. Without --pdf and --csv they are listed."""
    from hotspot.control_vouchers import VoucherBatch, VoucherPrint

    reply = ask_portal(path, VoucherPrint(number))
    assert isinstance(reply, VoucherBatch)
    _hand_out(reply, target, as_json)


def _hand_out(made: "VoucherBatch", target: _Print, as_json: bool) -> None:
    """The codes, as files or on the screen."""
    from hotspot.session.voucher_codes import codes

    batch, all_codes = made.batch, codes(bytes.fromhex(made.key), made.batch.count)
    if not as_json:
        click.echo(_said(batch))  # first: a sheet that cannot be written can be printed again by this number
    if target.csv_file is not None:
        _write_secret(target.csv_file, _table(batch, all_codes))
    if target.pdf is not None:
        _write_secret(target.pdf, _sheets(batch, all_codes, target))
    if as_json:
        print_json({"batch": batch, "codes": all_codes})
        return
    for file in (target.csv_file, target.pdf):
        if file is not None:
            click.echo(f"written: {file}")
    if target.csv_file is None and target.pdf is None:
        click.echo("\n".join(all_codes))


def _said(batch: "VoucherRow") -> str:
    """A batch in one line."""
    devices = "1 device" if batch.devices == 1 else f"{batch.devices} devices"
    count = "1 code" if batch.count == 1 else f"{batch.count} codes"
    until = "" if batch.not_after is None else f", void from {clock(batch.not_after)} on when unused"
    return f"batch {batch.number}: {count} for plan {batch.plan}, {devices} each, good for {lasting(batch.valid)} from the first use{until}"


def _table(batch: "VoucherRow", all_codes: Sequence[str]) -> bytes:
    """CSV for a spreadsheet: UTF-8 with a mark, as Excel wants it."""
    text = StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(("number", "code", "batch", "plan", "devices", "valid", "note"))
    for number, code in enumerate(all_codes, 1):
        writer.writerow((number, code, batch.number, batch.plan, batch.devices, lasting(batch.valid), _harmless(batch.note)))
    return text.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _sheets(batch: "VoucherRow", all_codes: Sequence[str], target: _Print) -> bytes:
    """The tickets as PDF, or the end of the command."""
    from hotspot.printing.pdf import CannotPrint, pdf
    from hotspot.printing.sheet import sheets
    from hotspot.printing.words import UnknownLanguage, ticket_of

    settings = _settings(target.config)
    plan = settings.plans.get(batch.plan)
    if plan is None:
        fail(f"cannot print: plan {batch.plan!r} is not in {target.config}: expected one of {', '.join(settings.plans)}")
    zone = _zone_of(settings, target.zone, batch.plan)
    try:
        return pdf(sheets(ticket_of(settings, zone, batch, plan, target.ssid or "", target.language), all_codes))
    except (CannotPrint, UnknownLanguage) as error:
        fail(str(error))


def _zone_of(settings: "Settings", name: str | None, plan: str | None = None) -> "Zone":
    """The zone that is printed for: by its name, else the first that has the plan, or the first."""
    if name is not None:
        if name not in settings.zones:
            fail(f"cannot print: zone {name!r}: expected one of {', '.join(settings.zones)}")
        return settings.zones[name]
    fitting = [zone for zone in settings.zones.values() if plan is None or plan in zone.voucher_plans]
    return fitting[0] if fitting else next(iter(settings.zones.values()))


@vouchers.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was withdrawn and what is void.")
@socket_option
@json_option
def list_batches(everything: bool, path: Path, as_json: bool) -> None:
    """The batches that there are, and how many of their codes were used."""
    from hotspot.control_vouchers import VoucherList, VouchersAre

    reply = ask_portal(path, VoucherList(everything))
    assert isinstance(reply, VouchersAre)
    if as_json:
        print_json(reply)
    elif not reply.batches:
        click.echo("there are no vouchers")
    else:
        heads = ["batch", "plan", "codes", "used", "devices", "valid", "unused until", "made", "by", "note"]
        click.echo(table(heads, [_row(batch) for batch in reply.batches]))


def _row(batch: "VoucherRow") -> list[str]:
    until = "-" if batch.not_after is None else clock(batch.not_after)
    if batch.withdrawn_at is not None:
        until = f"withdrawn {clock(batch.withdrawn_at)} by {batch.withdrawn_by}"
    left = f", {batch.withdrawn_codes} withdrawn" if batch.withdrawn_codes else ""
    counts = [f"{batch.count}{left}", f"{batch.used}", f"{batch.devices}"]
    return [f"{batch.number}", batch.plan, *counts, lasting(batch.valid), until, clock(batch.created_at), batch.created_by, batch.note]


@vouchers.command("withdraw")
@click.argument("what", metavar="BATCH|CODE")
@_by
@socket_option
@json_option
def withdraw(what: str, by: str, path: Path, as_json: bool) -> None:
    """Nobody gets in any more with BATCH (its number) or with one CODE; who is online with it is cut."""
    from hotspot.control_vouchers import VoucherWithdraw, VoucherWithdrawn

    number = int(what) if what.isascii() and what.isdigit() and len(what) < 10 else None
    reply = ask_portal(path, VoucherWithdraw(by, number, None if number is not None else what))
    assert isinstance(reply, VoucherWithdrawn)
    if as_json:
        print_json(reply)
        return
    named = f"code {reply.code} of batch {reply.batch.number}" if reply.code else f"batch {reply.batch.number}"
    click.echo(f"{named} is withdrawn; sessions ended: {reply.ended}")
    if reply.pending:
        fail(f"{reply.pending} sessions could not be ended, because the firewall does not answer: withdraw it again")


@click.command()
@click.option("--ssid", required=True, help="Name of the Wi-Fi.")
@click.option("--password", help="Of the Wi-Fi; without it the QR code is for an open network (also where OWE encrypts it).")
@click.option("--languages", default="de,en,tr,ar,uk", show_default=True, help="The first is the main one.")
@click.option("--svg", type=click.Path(path_type=Path), help="Write SVG.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Write PDF.")
@click.option("--size", type=click.Choice(["A4", "A3"]), default="A4", show_default=True)
@_zone
@_config
def poster(
    ssid: str, password: str | None, languages: str, svg: Path | None, pdf: Path | None, size: str, zone: str | None, config: Path
) -> None:
    """The hall's poster: Wi-Fi QR code, how to in several languages, whom to ask."""
    from hotspot.printing import drawing
    from hotspot.printing import pdf as printer
    from hotspot.printing import poster as layout
    from hotspot.printing.words import UnknownLanguage, poster_of

    if svg is None and pdf is None:
        raise click.UsageError("nothing to write: give --svg, --pdf or both")
    if not 1 <= len(ssid.encode()) <= 32:
        raise click.BadParameter("expected 1 to 32 bytes (IEEE 802.11)", param_hint="--ssid")
    if password is not None and not 8 <= len(password) <= 63:
        raise click.BadParameter("expected 8 to 63 characters (WPA)", param_hint="--password")
    settings = _settings(config)
    codes = list(dict.fromkeys(code.strip() for code in languages.split(",") if code.strip()))
    try:
        page = layout.poster(poster_of(settings, _zone_of(settings, zone), ssid, password, codes))
        scale = drawing.SIZES[size]
        files = [(svg, drawing.svg(page, scale).encode())] if svg is not None else []
        files += [(pdf, printer.pdf([page], scale))] if pdf is not None else []
    except (UnknownLanguage, layout.TooManyLanguages, printer.CannotPrint) as error:
        fail(str(error))
    for file, content in files:
        _write(file, content)
        click.echo(f"written: {file}")
