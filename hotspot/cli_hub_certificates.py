"""``hotspot hub certificates``: names, state, another one now, one of your own authority, revocation."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from hotspot.console import fail, json_option
from hotspot.console_hub import ask_hub, moment, show, show_one


def _of(gateway: str) -> str:
    return f"/gateways/{quote(gateway, safe='')}/certificate"


@click.group()
def certificates() -> None:
    """Certificates of the halls' portals. Keys are made in the halls and stay there."""


@certificates.command("list")
@click.option("--partner", help="Only those of this town.")
@json_option
def list_certificates(partner: str | None, as_json: bool) -> None:
    """All gateways that asked or have names, with what they have and why the next one is not there yet."""
    found = ask_hub("list the certificates", "GET", "/certificates", partner=partner)
    rows = [
        [
            one["gateway"],
            ", ".join(one["names"]),
            one["state"] + (", TO BE REVOKED" if one["revoking"] else ""),
            moment(one["ends_at"]),
            moment(one["next_try_at"]),
            _trouble(one),
        ]
        for one in found
    ]
    heads = ["gateway", "names", "state", "until", "next try", "what is amiss"]
    show(found, as_json, heads, rows, "no names yet: hotspot hub certificates names GATEWAY NAME")


def _trouble(one: dict[str, Any]) -> str:
    revocation = f"revocation: {one['revocation_failure']}" if one["revocation_failure"] else ""
    return "; ".join(text for text in (one["refused"], one["failure"], revocation) if text) or "-"


@certificates.command("show")
@click.argument("gateway")
@click.option("--request", "what", flag_value="csr", help="Print the gateway's request (PEM), for an authority of your own.")
@click.option("--chain", "what", flag_value="chain", help="Print the certificate with its chain (PEM).")
@json_option
def show_certificate(gateway: str, what: str | None, as_json: bool) -> None:
    """One gateway's certificate."""
    found = ask_hub("show the certificate", "GET", _of(gateway))
    if what is None:
        show_one(found if as_json else found["certificate"], as_json)
    elif not found[what]:
        fail(f"cannot show it: {gateway} has none yet")
    else:
        click.echo(found[what].rstrip())


@certificates.command("names")
@click.argument("gateway")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@json_option
def set_names(gateway: str, names: tuple[str, ...], as_json: bool) -> None:
    """GATEWAY gets certificates for these NAMEs, and for no others."""
    show_one(ask_hub("set the names", "PUT", f"{_of(gateway)}/names", {"names": list(names)}), as_json)


@certificates.command("request")
@click.argument("gateway")
@json_option
def request(gateway: str, as_json: bool) -> None:
    """GATEWAY makes another key within minutes, and gets another certificate now."""
    show_one(ask_hub("ask for another certificate", "POST", f"{_of(gateway)}/request"), as_json)


@certificates.command("install")
@click.argument("gateway")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE")
@json_option
def install(gateway: str, file: Path, as_json: bool) -> None:
    """A certificate that your own authority has signed for the request of GATEWAY: FILE (PEM, - for standard input) with its chain."""
    try:
        chain = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"cannot read {file}: {getattr(error, 'strerror', None) or error}", 2)
    show_one(ask_hub("put the certificate in", "PUT", _of(gateway), {"chain": chain}), as_json)


@certificates.command("revoke")
@click.argument("gateway")
@click.option("--confirm", required=True, metavar="GATEWAY", help="The name once more: the certificate is worth nothing then.")
@json_option
def revoke(gateway: str, confirm: str, as_json: bool) -> None:
    """Others may have the key of GATEWAY: its certificate is revoked, and it makes another key within minutes."""
    if confirm != gateway:
        fail(f"cannot revoke the certificate of {gateway}: --confirm {confirm}: expected the same name")
    show_one(ask_hub("revoke the certificate", "POST", f"{_of(gateway)}/revoke"), as_json)
