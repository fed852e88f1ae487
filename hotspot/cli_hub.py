"""``hotspot hub …``: run the hub, and everything that people do at it.

``serve``, ``migrate``, ``first-admin`` and what else names ``--config`` run on the hub itself, with its database; all other commands ask
its API, from anywhere, as the user whose token they are given.
"""

import sys
from collections.abc import Awaitable
from pathlib import Path

import click

from hotspot.console import Elsewhere, fail, json_option, print_json
from hotspot.console_hub import config_option, moment, on_database

_ELSEWHERE = {
    "alarm": "hotspot.cli_hub_alarms",
    "audit": "hotspot.cli_hub_people",
    "backup": "hotspot.cli_hub_data",
    "backup-tried": "hotspot.cli_hub_data",
    "block": "hotspot.cli_hub_items",
    "certificates": "hotspot.cli_hub_certificates",
    "channel": "hotspot.cli_hub_alarms",
    "data": "hotspot.cli_hub_data",
    "distribute": "hotspot.cli_hub_figures",
    "enrolment": "hotspot.cli_hub_gateways",
    "erase": "hotspot.cli_hub_data",
    "erased": "hotspot.cli_hub_figures",
    "export": "hotspot.cli_hub_data",
    "feedback": "hotspot.cli_hub_alarms",
    "figures": "hotspot.cli_hub_figures",
    "gateway": "hotspot.cli_hub_gateways",
    "hall": "hotspot.cli_hub_halls",
    "login": "hotspot.cli_hub_people",
    "logout": "hotspot.cli_hub_people",
    "order": "hotspot.cli_hub_gateways",
    "partner": "hotspot.cli_hub_halls",
    "policy": "hotspot.cli_hub_policy",
    "restore": "hotspot.cli_hub_data",
    "token": "hotspot.cli_hub_people",
    "upkeep": "hotspot.cli_hub_figures",
    "user": "hotspot.cli_hub_people",
    "vouchers": "hotspot.cli_hub_items",
    "whoami": "hotspot.cli_hub_people",
}
"""Commands of other modules, each called there as here (``-`` as ``_``)."""


@click.group(cls=Elsewhere, elsewhere=_ELSEWHERE)
@click.option("--url", help="Address of the hub; without it HOTSPOT_HUB_URL, else where 'hotspot hub login' went.")
@click.option("--authority", type=click.Path(), help="PEM file of the authority of its certificate; without it HOTSPOT_HUB_AUTHORITY.")
@click.option("--token-file", type=click.Path(path_type=Path), help="File with a token; without it HOTSPOT_HUB_TOKEN.")
@click.option("--here", is_flag=True, help="On the hub itself, as its user: ask as administrator, without login or token.")
@click.option("--here-config", type=click.Path(path_type=Path), default="/etc/hotspot/hub.toml", show_default=True, help="For --here.")
@click.pass_context
def hub(context: click.Context, url: str | None, authority: str | None, token_file: Path | None, here: bool, here_config: Path) -> None:
    """The city's hub: towns, halls, gateways, figures, policy, users."""
    token = None
    if here and token_file is not None:
        raise click.UsageError("give either --here or --token-file")
    if here:
        own, token = _here(here_config)
        url = url or own
    if token_file is not None:
        try:
            token = token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            fail(f"cannot read the token: {token_file}: {error}", 2)
    context.meta["hotspot.hub"] = {"url": url, "authority": authority, "token": token}


def _here(config: Path) -> tuple[str, str]:
    """Address and token for one command on the hub itself."""
    from hotspot.hub.setup import here, here_url

    return on_database(config, "ask as the hub's own administrator", lambda settings, store: _both(here_url(settings), here(store)))


async def _both(url: str, token: Awaitable[str]) -> tuple[str, str]:
    return url, await token


@hub.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def serve(arguments: tuple[str, ...]) -> None:
    """Run a hub process (--config, --check-config)."""
    from hotspot.hub.service import main as run

    sys.exit(run(list(arguments)))


@hub.command()
@config_option
@json_option
def migrate(config: Path, as_json: bool) -> None:
    """Bring the database's tables up to date; runs as often as you like."""
    from hotspot.hub.setup import migrate as work

    done = on_database(config, "migrate", work)
    if as_json:
        print_json({"migrations": done})
    else:
        click.echo("\n".join(f"done: {name}" for name in done) or "nothing to do")


@hub.command("first-admin")
@click.argument("name")
@click.option("--hours", type=click.FloatRange(0.1, 24 * 30), default=24.0, show_default=True, help="How long its token is good.")
@click.option(
    "--forgotten", is_flag=True, help="NAME is an administrator who forgot the password: it is taken away, a token takes its place."
)
@config_option
@json_option
def first_admin(name: str, hours: float, forgotten: bool, config: Path, as_json: bool) -> None:
    """Make administrator NAME while there is none who can log in, and print a token once."""
    from hotspot.hub.setup import first_admin as work

    made = on_database(config, "make the first administrator", lambda _, store: work(store, name, hours, forgotten=forgotten))
    if as_json:
        print_json(made)
    else:
        click.echo(f"administrator {made['user']}, token until {moment(made['expires_at'])}; it is not shown again:\n{made['token']}")
        click.echo("next: 'hotspot hub login URL --with-token' takes it, 'hotspot hub user password' gives you a password", err=True)


@hub.command()
@click.option("--output", type=click.Path(path_type=Path), help="Write a file instead.")
def openapi(output: Path | None) -> None:
    """The description of the API (OpenAPI 3.1, JSON); needs no running hub."""
    from hotspot.hub.api.openapi import text

    if output is None:
        click.echo(text(), nl=False)
        return
    try:
        output.write_text(text(), encoding="utf-8")
    except OSError as error:
        fail(f"cannot write {output}: {error.strerror or error}")
