"""``hotspot visit``: the synthetic visitor, and ``hotspot plug``, which plugs its unit in. Each is always a process of its own; nothing
else imports them.

Exit status: 0 all is well, 1 something is amiss, 2 wrong usage or nothing to look with, 70 a fault of this program; with ``--nagios`` 0 to
3 as Nagios has them.
"""

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspot.console import print_json

if TYPE_CHECKING:
    from hotspot.visitor.choices import Choices

_PATH = click.Path(path_type=Path, readable=False)
"""access(2) knows nothing of the unit's capabilities: whoever reads the file says what is wrong with it."""
CRASHED = 70
"""EX_SOFTWARE of sysexits.h: the fault is here, and says nothing about the hall."""
_UNKNOWN = 3
"""Nagios: the check cannot be made."""


@click.command()
@click.option("--interface", multiple=True, help="Interface on the guest side: a bridge, or any other for a macvlan; one for each zone.")
@click.option("--here", is_flag=True, help="Use the interface as it is, in this very network namespace.")
@click.option("--plug", type=_PATH, help="Socket of hotspot-visit-plug: for the unit, which has an empty network.")
@click.option("--settings", type=_PATH, help="portal.toml: says what to expect, and holds the key.")
@click.option("--zone", multiple=True, help="Zone of the settings; several times for several visits; without it, all of them.")
@click.option("--portal-url", default="", help="Where the portal should be; without it, where the probes are led.")
@click.option("--phones", default="ios,android,windows", show_default=True, help="Makes of phone whose probes are asked, or all.")
@click.option("--key", type=_PATH, help="Key that [visitor] in portal.toml names: the visit is not counted then.")
@click.option("--authority", type=_PATH, help="Whom to trust beside the system's; without it portal-authority.pem beside the settings.")
@click.option("--download", default="", help="http address of a large file on the Internet: measures the rate down.")
@click.option("--upload", default="", help="http address that takes an upload: measures the rate up.")
@click.option("--measured", type=click.FloatRange(0.2, 10), default=2.0, show_default=True, help="Seconds of each measurement.")
@click.option("--no-rates", is_flag=True, help="Measure no rate.")
@click.option("--no-ipv6", is_flag=True, help="The hall has no IPv6.")
@click.option("--neighbour", multiple=True, help="Address of a device in the same Wi-Fi that must be out of reach; several times.")
@click.option("--forbidden", multiple=True, help="Address:port of the town's network that must be out of reach; several times.")
@click.option("--skip", multiple=True, help="A step that is not to be tried, by its name in --json; several times.")
@click.option("--patience", type=click.FloatRange(0.2, 5), default=1.0, show_default=True, help="Wait so many times as long for answers.")
@click.option("--looks", type=_PATH, help="Folder where the result is left for the portal and the hub.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@click.option("--junit", type=_PATH, help="Write the steps as JUnit's XML.")
@click.option("--nagios", is_flag=True, help="One line with performance data; exit status 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.")
@click.option("--german", is_flag=True, help="Words in German.")
@click.option("--timeout", type=click.FloatRange(5, 600), default=90.0, show_default=True, help="Seconds; what is left then is skipped.")
def visit(**options: Any) -> None:
    """Visit a hall as a phone does, and say what a visitor would notice. Needs root."""
    from hotspot.visitor.choices import BadChoice
    from hotspot.visitor.programs import CannotLook

    nagios = bool(options["nagios"])
    try:
        status = _visit(options)
    except (BadChoice, CannotLook) as error:
        _complain(str(error), nagios)
        status = _UNKNOWN if nagios else 2
    except Exception as error:  # noqa: BLE001 - Python would end with 1, which says that something is amiss in the hall
        traceback.print_exc()
        _complain(f"cannot visit: a fault of this program ({type(error).__name__})", nagios)
        status = _UNKNOWN if nagios else CRASHED
    sys.exit(status)


def _complain(text: str, nagios: bool) -> None:
    """Why there is no look."""
    click.echo(f"VISIT UNKNOWN - {text}" if nagios else text, err=not nagios)


def _choices(options: dict[str, Any]) -> "list[Choices]":
    """One visit for each zone. Raises ``BadChoice``."""
    from hotspot.looks.authority import beside
    from hotspot.visitor import choices

    rates = not options["no_rates"]
    if options["plug"] is not None and options["here"]:
        raise choices.BadChoice("plug: expected not to be given with --here, which needs no other interface")
    authority: Path | None = options["authority"]
    if authority is None and options["settings"] is not None:
        authority = beside(options["settings"])
    common: dict[str, Any] = {
        "here": options["here"],
        "plug": options["plug"],
        "phones": choices.phones(options["phones"]),
        "authority": "" if authority is None else choices.authority(authority),
        "download": choices.web_address(options["download"]) if rates else "",
        "upload": choices.web_address(options["upload"]) if rates else "",
        "measured": options["measured"],
        "neighbours": tuple(map(choices.address, options["neighbour"])),
        "forbidden": tuple(map(choices.address_port, options["forbidden"])),
        "patience": options["patience"],
        "skip": choices.steps(options["skip"]),
        "most": options["timeout"],
    }
    if options["portal_url"]:
        common["portal_url"] = options["portal_url"].rstrip("/") + "/"
    if options["key"]:
        common["key"] = choices.key(options["key"])
    if options["no_ipv6"]:
        common["families"] = (4,)
    return [choices.Choices(**(known | common)) for known in choices.zones(options["settings"], options["interface"], options["zone"])]


def _visit(options: dict[str, Any]) -> int:
    """Visit, tell, and return the exit status. Raises ``BadChoice`` and ``CannotLook``."""
    from importlib.metadata import PackageNotFoundError, version

    from hotspot import rights
    from hotspot.looks import folder
    from hotspot.visitor import report
    from hotspot.visitor.programs import CannotLook
    from hotspot.visitor.walk import visit as walk

    chosen = _choices(options)
    if options["plug"] is not None:  # the unit's right to read everything was for the settings; what comes now is said by strangers
        rights.keep((rights.NET_ADMIN, rights.NET_RAW))
    try:
        software = version("hotspot")
    except PackageNotFoundError:
        software = ""
    look = walk(chosen, software)
    try:
        if options["looks"]:
            folder.write(options["looks"], look)
        if options["junit"]:
            options["junit"].write_text(report.junit(look), encoding="utf-8")
    except OSError as error:
        raise CannotLook(f"cannot leave the result: {error.filename}: {error.strerror}") from None
    if options["nagios"]:
        state, line = report.nagios(look)
        click.echo(line)
        return state
    if options["as_json"]:
        print_json(look)
    else:
        click.echo(report.text(look, options["german"]))
    return 1 if report.failed(look) else 0


@click.command()
def plug() -> None:
    """Plug visits into the guests' network: what hotspot-visit-plug.service runs, and nobody by hand."""
    from hotspot.visitor import plug as program
    from hotspot.visitor.programs import CannotLook

    try:
        listening = program.inherited()
    except CannotLook as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    with listening:
        program.serve(listening)
