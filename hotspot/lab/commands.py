"""``hotspot lab …``: raise a hall, add phones, take it down, show it."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click
import msgspec

from hotspot.lab import describe
from hotspot.lab.demo import Choices, demo
from hotspot.lab.hall import Hall, down
from hotspot.lab.namespaces import LabFailed, leaves
from hotspot.lab.options import Options
from hotspot.lab.record import halls

T = TypeVar("T")
_DEFAULT = Options()

_name = click.option("--name", default="hall", show_default=True, help="Name of the hall, first part of all its namespaces.")
_json = click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Do it; a failure of the lab is one line on stderr and exit status 1. A reader that went away (``… | head``) is no fault."""
    failures: list[BaseException] = []
    try:
        return asyncio.run(work)
    except* LabFailed as group:
        failures += leaves(group)
    except* BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered has nowhere to go
    for failure in failures:
        click.echo(str(failure), err=True)
    sys.exit(1)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """The choices about a hall, as options of a command."""
    for decorate in (
        click.option("--plan-down", default=_DEFAULT.plan_down, show_default=True, help="Speed of the plan towards the client."),
        click.option("--plan-up", default=_DEFAULT.plan_up, show_default=True, help="Speed of the plan from the client."),
        click.option("--plan-time", default=_DEFAULT.plan_time, show_default=True, help="Time of the plan."),
        click.option("--plan-volume", default=None, help="Volume of the plan, such as '1 GB'."),
        click.option("--plan-idle", default=None, help="Idle time after which a session ends, such as '15 min'."),
        click.option("--total-down", default=_DEFAULT.total_down, show_default=True, help="Speed of the line towards all clients."),
        click.option("--total-up", default=_DEFAULT.total_up, show_default=True, help="Speed of the line from all clients."),
        click.option("--max-clients", default=_DEFAULT.max_clients, show_default=True, help="Clients online at once."),
        click.option("--tls", is_flag=True, help="Give portal and site certificates of an authority of the hall; DHCP option 114 with it."),
        click.option("--isolation", is_flag=True, help="Let the access point keep its phones apart."),
        click.option("--bundles", is_flag=True, help="Allow packets of up to 64 kB inside the machine, to measure speed."),
    ):
        command = decorate(command)
    return command


def _chosen(bundles: bool, **choices: Any) -> Options:
    """Options from those of a command."""
    return Options(whole_frames=not bundles, vouchers=True, **choices)


@click.group()
def lab() -> None:
    """A town hall in network namespaces (root only)."""


@lab.command()
@_name
@_json
@_options
@click.option("--no-gateway", is_flag=True, help="Only the network and its servers: the gateway masquerades for everybody.")
def up(name: str, as_json: bool, no_gateway: bool, **choices: Any) -> None:
    """Raise a hall and leave it running."""

    async def work() -> describe.HallIs:
        hall = Hall(name, msgspec.structs.replace(_chosen(**choices), gateway=not no_gateway))
        await hall.raise_()
        return describe.hall_is(hall)

    _show(_run(_valid(work)), as_json)


@lab.command()
@click.argument("phone_name", metavar="NAME")
@_name
@_json
def phone(phone_name: str, name: str, as_json: bool) -> None:
    """Add a phone to a hall; it has an address when this returns."""

    async def work() -> describe.PhoneIs:
        added = await Hall(name).add_phone(phone_name)
        await added.join()
        return describe.phone_is(added)

    _show(_run(_valid(work)), as_json)


@lab.command(name="down")
@click.option("--name", default=None, help="Name of the hall; without it all halls.")
@_json
def down_(name: str | None, as_json: bool) -> None:
    """Take a hall down, whatever is left of it; again changes nothing."""

    async def work() -> dict[str, list[str]]:
        return {each: await down(each) for each in ([name] if name else halls())}

    removed = _run(_valid(work))
    if as_json:
        click.echo(msgspec.json.encode(removed).decode())
        return
    for each, things in removed.items():
        click.echo("\n".join(f"{each}: removed {thing}" for thing in things) or f"{each}: there was nothing")
    if not removed:
        click.echo("there is no hall")


@lab.command(name="demo")
@_name
@_json
@_options
@click.option("--once", is_flag=True, help="Walk, tell and end; exit status 0 only if every step passed.")
@click.option("--port", default=8000, show_default=True, help="Loopback port for the browser; a free one when it is taken.")
@click.option("--seconds", default=4.0, show_default=True, help="Length of each speed measurement.")
@click.option("--hub/--no-hub", default=True, show_default=True, help="A city's hub with three towns and twelve halls around this one.")
def demo_(name: str, as_json: bool, once: bool, port: int, seconds: float, hub: bool, **choices: Any) -> None:
    """Raise a hall and the city's hub, walk a phone through it, tell what it saw, and stay up for a person to look."""

    async def work() -> int:
        return await demo(Choices(name, msgspec.structs.replace(_chosen(**choices), hub=hub), once, as_json, port, seconds))

    sys.exit(_run(_valid(work)))


@lab.command()
@click.argument("key")
def code(key: str) -> None:
    """The code that an authenticator app with KEY shows now, for a login at the demo's console."""
    import pyotp

    try:
        click.echo(pyotp.TOTP(key).now())
    except ValueError as error:
        raise click.UsageError(f"KEY: expected one that the demo shows: {error}") from None


async def _valid(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """A name or a value that cannot be is a failure of the lab like any other."""
    try:
        return await work()
    except ValueError as error:
        raise LabFailed(str(error)) from None


def _show(value: describe.HallIs | describe.PhoneIs, as_json: bool) -> None:
    """For a program or a person."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(value), indent=1).decode())
    else:
        click.echo("\n".join(describe.lines(value)))
