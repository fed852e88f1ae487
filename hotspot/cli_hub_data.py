"""``hotspot hub data|export|erase|backup|restore``: what is stored and why, handed over, erased, saved and put back."""

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from hotspot.console import fail, json_option, print_json
from hotspot.console_hub import ask_hub, config_option, hub_client, refusal

T = TypeVar("T")
_confirm = click.option("--confirm", metavar="NAME", required=True, help="The same name again: this cannot be taken back.")
_to = click.option("--to", type=click.Path(path_type=Path), help="File to write; without it NAME.zip here.")


@click.group()
def data() -> None:
    """What is stored, and why."""


@data.command()
@click.option("--of", "part", type=click.Choice(["all", "hub", "gateway"]), default="all", show_default=True, help="Whose data.")
def inventory(part: str) -> None:
    """The list of what is really stored, in German (Markdown): the annex of the processing agreement. Needs no running hub."""
    from hotspot.data_list import text

    click.echo(text(part), nl=False)


@click.group()
def export() -> None:
    """Everything of a partner or of a hall, as a ZIP file with CSV and JSON."""


@export.command("partner")
@click.argument("name")
@_to
def export_partner(name: str, to: Path | None) -> None:
    """Everything of partner NAME."""
    _fetch(f"/partners/{name}/export", f"export partner {name}", to or Path(f"{name}.zip"))


@export.command("hall")
@click.argument("name")
@_to
def export_hall(name: str, to: Path | None) -> None:
    """Everything of hall NAME: also what there is to give when an authority asks."""
    _fetch(f"/halls/{name}/export", f"export hall {name}", to or Path(f"{name}.zip"))


def _fetch(path: str, what: str, file: Path) -> None:
    """Write an answer into a new file, whole or not at all."""
    import os
    import zipfile

    from hotspot.hub_client import HubRefused, HubUnavailable

    if file.exists():
        fail(f"cannot {what}: {file} exists")
    fresh = file.with_name(f"{file.name}.part")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
            for piece in hub_client(seconds=300.0).pieces("GET", path):
                written.write(piece)
        with zipfile.ZipFile(fresh) as archive:
            if broken := archive.testzip():
                fail(f"cannot {what}: {broken} in it is broken: try again")
        fresh.rename(file)
    except HubUnavailable as error:
        fail(str(error))
    except HubRefused as error:
        fail(refusal(what, error))
    except zipfile.BadZipFile:
        fail(f"cannot {what}: the hub's answer was cut off: try again")
    except OSError as error:
        fail(f"cannot write {file}: {error.strerror or error}")
    finally:
        fresh.unlink(missing_ok=True)
    click.echo(f"{file}: {file.stat().st_size} bytes")


@click.group()
def erase() -> None:
    """Everything of a partner that has left, or of a hall that is closed, for good."""


@erase.command("partner")
@click.argument("name")
@_confirm
@json_option
def erase_partner(name: str, confirm: str, as_json: bool) -> None:
    """Erase partner NAME with its halls, gateways, figures, messages and users. Export first what it wants to keep."""
    _erased(ask_hub(f"erase partner {name}", "POST", f"/partners/{name}/erasure", {"confirm": confirm}), as_json)


@erase.command("hall")
@click.argument("name")
@_confirm
@json_option
def erase_hall(name: str, confirm: str, as_json: bool) -> None:
    """Erase hall NAME with its gateways, figures and messages."""
    _erased(ask_hub(f"erase hall {name}", "POST", f"/halls/{name}/erasure", {"confirm": confirm}), as_json)


def _erased(reply: Any, as_json: bool) -> None:
    if as_json:
        print_json(reply)
    else:
        rows = ", ".join(f"{count} of {table}" for table, count in reply["rows"].items())
        click.echo(f"{reply['subject']} is erased: {sum(reply['rows'].values())} rows ({rows})")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@config_option
@json_option
def backup(file: Path, config: Path, as_json: bool) -> None:
    """Save the whole hub to FILE and FILE.json while it goes on. Live orders, which hold device codes, are left out."""
    from hotspot.hub.data import backup as backups
    from hotspot.hub.store import StoreUnavailable

    async def save(dsn: str) -> backups.Manifest:
        made = await backups.backup(dsn, file, _now())
        try:
            await backups.note(dsn, made)
        except StoreUnavailable as error:  # the files are there, and whole
            click.echo(f"cannot note the backup in the database: {error}", err=True)
        return made

    made = _on_database(config, save)
    if as_json:
        print_json(made)
    else:
        click.echo(f"{file}: {made.size} bytes, {sum(made.rows.values())} rows of {len(made.rows)} tables, SHA-256 {made.sha256}")


@click.command(hidden=True)
@config_option
@click.option("--result", envvar="SERVICE_RESULT", required=True, help="As systemd says it.")
def backup_tried(config: Path, result: str) -> None:
    """For hotspot-hub-backup.service: have the hub know how the backup ended that it made, carried away and tidied up after."""
    from hotspot.hub.data import backup as backups

    _on_database(config, lambda dsn: backups.tried(dsn, _now(), failed=result != "success"))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Give up the tables that are in the database.")
@click.option("--check", is_flag=True, help="Only look whether FILE is whole and fits this version.")
@config_option
@json_option
def restore(file: Path, replace: bool, check: bool, config: Path, as_json: bool) -> None:
    """Put FILE back into a database without tables, whole or not at all. Stop all hub processes first."""
    from hotspot.hub.data import backup as backups

    if check:
        manifest = _on_database(config, lambda _: backups.check(file))
    else:
        manifest = _on_database(config, lambda dsn: backups.restore(dsn, file, _now(), replace=replace))
    if as_json:
        print_json(manifest)
        return
    rows = f"{sum(manifest.rows.values())} rows of {len(manifest.rows)} tables, as of {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"{file} is whole: {rows}" if check else f"restored: {rows}")
    if not check:
        click.echo("next: hotspot hub migrate; start the hub; gateways send again what they have delivered since", err=True)


def _now() -> Any:
    from hotspot.hub.hub import now

    return now()


def _on_database(config: Path, work: Callable[[str], Coroutine[Any, Any, T]]) -> T:
    """Do it with the DSN of the hub's settings; what cannot be done ends the command."""
    import asyncio

    from hotspot.hub.data.backup import CannotBackUp, CannotRestore
    from hotspot.hub.settings import BadSettings, load
    from hotspot.hub.store import StoreUnavailable

    try:
        return asyncio.run(work(load(config).database))
    except BadSettings as error:
        fail(str(error), 2)
    except (CannotBackUp, CannotRestore) as error:
        fail(str(error))
    except StoreUnavailable as error:
        fail(f"cannot reach the database: {error}")
    sys.exit(1)
