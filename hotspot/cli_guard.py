"""``hotspot guard``: the LAN guard, and what it has seen."""

import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspot.console import clock, fail, print_json

if TYPE_CHECKING:
    from hotspot.guard.post import Place
    from hotspot.looks.values import Look

_LOOKS = Path("/run/hotspot-looks")
_LARGEST = 1 << 20
_MOST_POOL = 1 << 24


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="portal.toml: listen at the LAN of each of its zones.")
@click.option(
    "--firewall", type=click.Path(path_type=Path), help="With --config: firewall.toml, which says how many addresses each zone has (pool)."
)
@click.option("--interface", "interfaces", multiple=True, metavar="IFACE[=ZONE]", help="Listen here instead; may be given several times.")
@click.option("--pool", type=click.IntRange(0, _MOST_POOL), default=0, help="Addresses that DHCP gives out; without it all of the network.")
@click.option("--looks", type=click.Path(path_type=Path), default=_LOOKS, show_default=True, help="Folder for what was seen.")
@click.option(
    "--show",
    is_flag=True,
    help="Show what the running guard has seen, German first; exit status 1 when that is more than notices, 2 when it no longer writes.",
)
@click.option("--json", "as_json", is_flag=True, help="With --show: as JSON.")
def guard(
    config: Path | None, firewall: Path | None, interfaces: tuple[str, ...], pool: int, looks: Path, show: bool, as_json: bool
) -> None:
    """Listen on the guests' network and say what endangers them: foreign DHCP servers and routers, spoofed addresses, cloned devices,
    somebody who takes all addresses, the town's own network among the guests. Sends nothing. Exit status 2: wrong usage."""
    if show:
        _show(looks, as_json)
    if (config is None) == (not interfaces):
        raise click.UsageError("where to listen: give --config or --interface")
    if firewall is not None and config is None:
        raise click.UsageError("--firewall says more of the zones of --config; with --interface there is --pool")
    places = _of_config(config, firewall, pool) if config is not None else [_place(text, pool) for text in interfaces]
    from hotspot.guard.service import run

    try:
        sys.exit(run(places, looks))
    except PermissionError as error:
        fail(f"cannot listen: it needs CAP_NET_RAW: {error.strerror}")


def _place(text: str, pool: int) -> "Place":
    from hotspot.guard.post import Place

    interface, _, zone = text.partition("=")
    if not 0 < len(interface) < 16 or "/" in interface or len(zone) > 32:
        raise click.BadParameter(f"{text!r}: expected the name of an interface, or name=zone", param_hint="--interface")
    return Place(interface=interface, zone=zone, pool=pool)


def _read(path: Path) -> dict[str, Any]:
    """Settings. Raises ``ValueError``."""
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_LARGEST).decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None


def _pools(firewall: Path) -> dict[str, int]:
    """How many addresses each zone has, as far as it is told. Without that the guard still does all else, so nothing here is an error."""
    try:
        zones = _read(firewall).get("zones")
    except ValueError as error:
        click.echo(f"{error}: all addresses of a zone's network are taken for its pool", err=True)
        return {}
    told = {name: zone.get("pool") for name, zone in zones.items() if isinstance(zone, dict)} if isinstance(zones, dict) else {}
    return {name: pool for name, pool in told.items() if isinstance(pool, int) and 0 < pool <= _MOST_POOL}


def _of_config(config: Path, firewall: Path | None, pool: int) -> list["Place"]:
    """The LAN of each zone; nothing else of the file is looked at."""
    try:
        told = _read(config)
    except ValueError as error:
        fail(str(error), 2)
    pools = _pools(firewall) if firewall is not None else {}
    zones = told.get("zones")
    if not isinstance(zones, dict) or not zones:
        fail(f"{config}: zones: expected at least one table [zones.NAME]", 2)
    places = []
    for name, zone in zones.items():
        lan = zone.get("lan") if isinstance(zone, dict) else None
        if not isinstance(lan, str) or not lan:
            fail(f"{config}: zones.{name}.lan = {lan!r}: expected the name of an interface", 2)
        places.append(_place(f"{lan}={name}", pools.get(name, pool)))
    return places


def _show(looks: Path, as_json: bool) -> None:
    from hotspot.looks import folder
    from hotspot.looks.values import By
    from hotspot.portal.looks import Seen

    try:
        look = folder.read(looks, By.GUARD)
    except folder.BadLook as error:
        fail(str(error), 2)
    if look is None:
        fail(f"{looks}: no guard has written anything here", 2)
    if as_json:
        print_json(look)
    else:
        click.echo(page(look))
    now = time.time()
    if Seen(look=look).old(now):
        when = f"{(now - look.at) / 60:.0f} min ago" if now > look.at else "at a time to come"
        fail(f"nobody listens: the guard wrote this {when}; see systemctl status hotspot-lan-guard", 2)
    sys.exit(0 if look.well else 1)


def page(look: "Look") -> str:
    """What was seen, for a person at the gateway."""
    from hotspot.looks.words import filled, gravest_first
    from hotspot.looks.words_guard import GUARD

    lines = [f"{clock(look.at)}  " + ("nichts gesehen / nothing seen" if not look.findings else f"{len(look.findings)}:")]
    for finding in gravest_first(look.findings):
        words = GUARD.get(finding.kind)
        lines += ["", f"[{finding.severity}] {finding.kind}  zone {finding.zone or '-'}  {clock(finding.first)}"]
        if words is None:
            continue
        texts = (words.german, words.meaning_german, words.remedy_german, words.english, words.meaning_english, words.remedy_english)
        lines += [f"  {filled(text, finding)}" for text in texts]
        lines += [f"  $ {filled(words.command, finding)}"] if words.command else []
    return "\n".join(lines)
