"""What the commands of ``hotspot hub`` share: how they ask the hub, how they end when it refuses, how they show moments."""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from hotspot.console import fail, print_json, table
from hotspot.hub_client import Client, HubRefused, HubUnavailable, Login, login

if TYPE_CHECKING:
    from hotspot.hub.settings import Settings
    from hotspot.hub.store import Store

T = TypeVar("T")

_ADVICE = {
    "unauthorized": "log in with 'hotspot hub login', or give a token with HOTSPOT_HUB_TOKEN",
    "forbidden": "ask an administrator of the host for another role or token",
}
"""What to do about a refusal whose own words cannot say it."""
_WORDS = {
    r"Expected `str` matching regex '^[a-z0-9][a-z0-9-]{0,39}$(?!\\n)'": "expected 1 to 40 of a-z, 0-9 and -, first one of a-z, 0-9",
    r"Expected `str` matching regex '^[a-z0-9][a-z0-9._-]{0,39}$(?!\\n)'": "expected 1 to 40 of a-z, 0-9, ., _, -, first one of a-z, 0-9",
}
"""Patterns of names, for people."""

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default="/etc/hotspot/hub.toml",
    show_default=True,
    help="The hub's settings, on the hub itself.",
)


def hub_login() -> Login:
    """Which hub and whose token, by the options of ``hotspot hub``, the environment and the file of ``hotspot hub login``."""
    given = click.get_current_context().meta.get("hotspot.hub", {})
    try:
        return login(os.environ, given.get("url"), given.get("authority"), given.get("token"))
    except HubUnavailable as error:
        fail(str(error))


def hub_client(seconds: float | None = None) -> Client:
    """The hub that the command is for; ``seconds``: longest silence."""
    try:
        return Client(hub_login()) if seconds is None else Client(hub_login(), seconds)
    except HubUnavailable as error:
        fail(str(error))


def ask_hub(what: str, method: str, path: str, body: Any = None, **query: object) -> Any:
    """JSON answer of the hub's API; else the command ends with one line: ``cannot <what>: <why>``."""
    client = hub_client()
    try:
        return client.ask(method, path, body, **query)
    except HubUnavailable as error:
        fail(str(error))
    except HubRefused as error:
        fail(refusal(what, error))


def refusal(what: str, error: HubRefused) -> str:
    """A refusal in one line, with what to do where the hub's words do not say it."""
    advice = _ADVICE.get(error.code)
    said = str(error)
    for pattern, words in _WORDS.items():
        said = said.replace(pattern, words)
    return f"cannot {what}: {said}" + (f"; {advice}" if advice else "")


def on_database(config: Path, what: str, work: "Callable[[Settings, Store], Awaitable[T]]") -> T:
    """Do something on the hub itself, with its settings and its database; else the command ends: ``cannot <what>: <why>``. ``work`` raises
    ``ValueError`` (or ``CannotMigrate``) for what cannot be done."""
    import asyncio

    from hotspot.hub.settings import BadSettings, load
    from hotspot.hub.store import Store, StoreShut, StoreUnavailable
    from hotspot.hub.store.migrations import CannotMigrate

    try:
        settings = load(config)
    except BadSettings as error:
        fail(str(error), 2)

    async def done() -> T:
        async with Store(settings.database, connections=2, application="hotspot-hub command") as store:
            return await work(settings, store)

    try:
        return asyncio.run(done())
    except StoreShut as error:
        fail(f"cannot {what}: PostgreSQL ('database' in {config}): {error}; run it as the hub's user (runuser -u hotspot-hub --)")
    except StoreUnavailable as error:
        fail(f"cannot {what}: PostgreSQL ('database' in {config}): {error}")
    except (CannotMigrate, ValueError) as error:
        fail(f"cannot {what}: {error}")


def show(value: Any, as_json: bool, heads: Sequence[str], rows: Sequence[Sequence[str]], nothing: str) -> None:
    """A list of the hub as JSON for programs, as a table for people, or ``nothing`` in words when it is empty."""
    if as_json:
        print_json(value)
    elif not rows:
        click.echo(nothing)
    else:
        click.echo(table(heads, rows))


def show_one(value: Mapping[str, Any], as_json: bool) -> None:
    """One thing of the hub: JSON for programs, its keys and values for people."""
    if as_json:
        print_json(value)
    else:
        click.echo(table(["", ""], [[_name(key, value), _cell(key, inner)] for key, inner in value.items()]).strip("\n"))


def _name(key: str, among: Mapping[str, Any]) -> str:
    bare = key.removesuffix("_at")
    return (key if bare != key and bare in among else bare).replace("_", " ")


def _cell(key: str, value: Any) -> str:
    if key.endswith("_at") or (key == "since" and isinstance(value, str)):
        return moment(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value) or "-"
    return "-" if value is None else msgspec.json.encode(value).decode()


def moment(text: str | None) -> str:
    """A moment of the API in this machine's time zone; ``-``: none."""
    from datetime import datetime

    if text is None:
        return "-"
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone().strftime("%Y-%m-%d %H:%M")
