"""``hotspot enrol``: a gateway becomes known to the hub, by a token that is good for once."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.console import fail, json_option, print_json

if TYPE_CHECKING:
    from hotspot import wire
    from hotspot.portal.settings import Settings


@click.command()
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The portal's settings, with [hub].")
@click.option("--again", is_flag=True, help="Also when this gateway is known to the hub already: its credential is replaced.")
@click.argument("token")
@json_option
def enrol(config: Path, again: bool, token: str, as_json: bool) -> None:
    """Show TOKEN, which the hub's staff have made, and keep the credential that the hub gives for it. With - for TOKEN it is read from
    standard input. A running portal uses the credential at once."""
    import asyncio

    from hotspot.portal.settings import BadSettings, load
    from hotspot.portal.uplink.credential import BadCredential, CredentialFile

    try:
        settings = load(config)
    except BadSettings as error:
        fail(str(error))
    try:
        known = CredentialFile(settings.state_dir).read()
    except BadCredential:
        known = None  # it is of no use; a new one takes its place
    if settings.hub is None:
        fail(f"cannot enrol: {config} has no section [hub]")
    if known is not None and not again:
        fail(f"cannot enrol: this gateway is {known.gateway} of {known.hall} at the hub already; --again replaces its credential")
    if not os.access(settings.state_dir, os.W_OK | os.X_OK):  # before the token is used up
        fail(
            f"cannot enrol: state_dir = {str(settings.state_dir)!r}: expected a folder that this user can write in; the token was "
            "not used. The unit makes it: systemctl start hotspot-portal"
        )
    if token == "-" and sys.stdin.isatty():
        click.echo("token: ", nl=False, err=True)
    enrolled = asyncio.run(_enrol(settings, sys.stdin.readline().strip() if token == "-" else token))
    if as_json:
        print_json({"gateway": enrolled.gateway, "hall": enrolled.hall})
    else:
        click.echo(f"this gateway is {enrolled.gateway} of {enrolled.hall} at {settings.hub.url} now")


async def _enrol(settings: "Settings", token: str) -> "wire.Enrolled":
    from hotspot.portal.uplink.link import HubRefused, HubUnavailable, Link
    from hotspot.portal.vitals import SOFTWARE

    assert settings.hub is not None
    try:
        async with Link(settings.hub, settings.state_dir) as link:
            return await link.enrol(token, SOFTWARE, tuple(settings.zones))
    except (HubUnavailable, HubRefused) as error:
        fail(f"cannot enrol: {error}")
    except OSError as error:
        fail(
            f"cannot enrol: the credential cannot be kept in {settings.state_dir} ({error.strerror or error}); the token is used up, "
            "so have another one made"
        )
