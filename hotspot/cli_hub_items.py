"""``hotspot hub vouchers …`` and ``hotspot hub block …``: what goes to the halls one by one and at once."""

from pathlib import Path
from typing import Any

import click

from hotspot.console import fail, json_option, print_json
from hotspot.console_hub import ask_hub, hub_client, moment, refusal, show, show_one
from hotspot.hub_client import part

_why = click.option("--why", default="", help="For the record.")
_withdrawn = click.option("--withdrawn", is_flag=True, help="Also those that are no longer in force.")


# Vouchers -----------------------------------------------------------------------------------------------------------------------------


@click.group()
def vouchers() -> None:
    """Voucher codes for a hall."""


@vouchers.command("list")
@click.argument("hall")
@_withdrawn
@json_option
def list_batches(hall: str, withdrawn: bool, as_json: bool) -> None:
    """The batches of HALL."""
    found = ask_hub("list the vouchers", "GET", f"/halls/{part(hall)}/vouchers", withdrawn=withdrawn)
    rows = [
        [
            one["id"], str(one["number"]), one["plan"], str(one["count"]), str(one["devices"]), str(one["valid"]), one["not_after"] or "-",
            moment(one["withdrawn_at"]), one["note"],
        ]
        for one in found
    ]  # fmt: skip
    heads = ["id", "number", "plan", "codes", "devices", "valid", "until", "withdrawn", "note"]
    show(found, as_json, heads, rows, f"there are no vouchers for {hall}")


@vouchers.command("create")
@click.argument("hall")
@click.option("--plan", required=True, help="A plan with voucher = true.")
@click.option("--count", type=click.IntRange(1, 10_000), required=True, help="How many codes.")
@click.option("--devices", type=click.IntRange(1, 100), default=1, show_default=True, help="Devices that one code lets in.")
@click.option("--valid", required=True, help='How long a code is good from its first use on, such as "7 d".')
@click.option("--not-before", help="First day of use, such as 2027-01-04; without it at once.")
@click.option("--not-after", help="Last day of a first use, such as 2027-01-31; without it for ever.")
@click.option("--note", default="", help="For whom, for what: for staff only.")
@json_option
def create(hall: str, as_json: bool, **wanted: Any) -> None:
    """Make a batch of codes for HALL."""
    made = ask_hub(
        "make vouchers", "POST", f"/halls/{part(hall)}/vouchers", {key: value for key, value in wanted.items() if value is not None}
    )
    show_one(made, as_json)
    if not as_json:
        click.echo(f"the codes: hotspot hub vouchers print {hall} {made['id']}", err=True)


@vouchers.command("print")
@click.argument("hall")
@click.argument("batch")
@click.option("--csv", "to", type=click.Path(path_type=Path), help="Write a table of the codes, for its owner alone.")
@json_option
def print_codes(hall: str, batch: str, to: Path | None, as_json: bool) -> None:
    """The codes of BATCH. Whoever has one is let in."""
    path = f"/halls/{part(hall)}/vouchers/{part(batch)}/codes"
    if to is not None:
        _write_secret(to, _fetched(f"{path}.csv"))
        return
    found = ask_hub("print the vouchers", "GET", path)
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(found["codes"]))


def _fetched(path: str) -> bytes:
    from hotspot.hub_client import HubRefused, HubUnavailable

    try:
        return hub_client().fetch("GET", path)
    except HubUnavailable as error:
        fail(str(error))
    except HubRefused as error:
        fail(refusal("print the vouchers", error))


def _write_secret(path: Path, content: bytes) -> None:
    """A new file with codes in it."""
    import os

    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")


@vouchers.command("withdraw")
@click.argument("hall")
@click.argument("batch")
@_why
@json_option
def withdraw(hall: str, batch: str, why: str, as_json: bool) -> None:
    """No code of BATCH lets anybody in any more; sessions on it end."""
    show_one(ask_hub("withdraw the vouchers", "POST", f"/halls/{part(hall)}/vouchers/{part(batch)}/withdraw", {"why": why}), as_json)


# Block list ---------------------------------------------------------------------------------------------------------------------------


@click.group()
def block() -> None:
    """The block list of all halls, of a partner or of a hall."""


@block.command("list")
@click.option("--scope", help="Only entries that were made for it: host, partner/NAME, hall/NAME.")
@_withdrawn
@json_option
def list_blocks(scope: str | None, withdrawn: bool, as_json: bool) -> None:
    """What is blocked, and why."""
    found = ask_hub("list the block list", "GET", "/blocks", scope=scope, withdrawn=withdrawn)
    rows = [
        [one["id"], one["scope"], one["what"], one["zone"] or "-", one["case_number"], one["until"] or "-", one["made_by"], one["reason"]]
        for one in found
    ]
    show(found, as_json, ["id", "scope", "what", "zone", "case", "until", "by", "reason"], rows, "nothing is blocked")


@block.command("add")
@click.argument("what")
@click.option("--scope", default="host", show_default=True, help="host, partner/NAME or hall/NAME.")
@click.option("--zone", help="Only in this zone.")
@click.option("--service", help="Only this service, such as tcp/443.")
@click.option("--reason", required=True, help="Why; it is shown to staff.")
@click.option("--case-number", required=True, help="Who ordered it.")
@click.option("--until", help="Last day, such as 2027-01-31.")
@json_option
def add(what: str, as_json: bool, **wanted: Any) -> None:
    """Block WHAT, a domain, address or network."""
    body = {"what": what, **{key: value for key, value in wanted.items() if value is not None}}
    show_one(ask_hub("block it", "POST", "/blocks", body), as_json)


@block.command("remove")
@click.argument("entry")
@_why
@json_option
def remove(entry: str, why: str, as_json: bool) -> None:
    """Block ENTRY, by its id, no longer."""
    show_one(ask_hub("remove it from the block list", "POST", f"/blocks/{part(entry)}/withdraw", {"why": why}), as_json)
