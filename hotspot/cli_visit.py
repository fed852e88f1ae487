"""``hotspot visit``: the synthetic visitor. It is always this process of its own; nothing else imports it.

Exit status: 0 all is well, 1 something is amiss, 2 wrong usage or nothing to look with; with ``--nagios`` 0 to 3 as Nagios has them.
"""

import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from hotspot.console import print_json

GRACE = 60.0
"""Seconds for which the step in hand may go on when the visit's time is over."""
_UNKNOWN = 3
"""Nagios: the check cannot be made."""


@click.command()
@click.option("--interface", required=True, help="Interface on the guest side: a bridge, or any other for a macvlan.")
@click.option("--here", is_flag=True, help="Use the interface as it is, in this very network namespace.")
@click.option("--settings", type=click.Path(path_type=Path), help="portal.toml: says what to expect, and holds the key.")
@click.option("--zone", help="Zone of the settings; needed when there are several.")
@click.option("--portal-url", default="", help="Where the portal should be; without it, where the probes are led.")
@click.option("--phones", default="ios,android,windows", show_default=True, help="Makes of phone whose probes are asked, or all.")
@click.option("--key", type=click.Path(path_type=Path), help="Key that [visitor] in portal.toml names: the visit is not counted then.")
@click.option("--authority", type=click.Path(path_type=Path), help="Certificates to trust beside the system's, for a lab.")
@click.option("--download", default="", help="http address of a large file on the Internet: measures the rate down.")
@click.option("--upload", default="", help="http address that takes an upload: measures the rate up.")
@click.option("--measured", type=click.FloatRange(0.2, 10), default=2.0, show_default=True, help="Seconds of each measurement.")
@click.option("--no-rates", is_flag=True, help="Measure no rate.")
@click.option("--no-ipv6", is_flag=True, help="The hall has no IPv6.")
@click.option("--neighbour", multiple=True, help="Address of a device in the same Wi-Fi that must be out of reach; several times.")
@click.option("--forbidden", multiple=True, help="Address:port of the town's network that must be out of reach; several times.")
@click.option("--skip", multiple=True, help="A step that is not to be tried, by its name in --json; several times.")
@click.option("--patience", type=click.FloatRange(0.2, 5), default=1.0, show_default=True, help="Wait so many times as long for answers.")
@click.option("--looks", type=click.Path(path_type=Path), help="Folder where the result is left for the portal and the hub.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write the steps as JUnit's XML.")
@click.option("--nagios", is_flag=True, help="One line with performance data; exit status 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.")
@click.option("--german", is_flag=True, help="Words in German.")
@click.option("--timeout", type=click.FloatRange(5, 600), default=90.0, show_default=True, help="Seconds; what is left then is skipped.")
def visit(**options: Any) -> None:
    """Visit a hall as a phone does, and say what a visitor would notice. Needs root."""
    from hotspot.visitor.choices import BadChoice
    from hotspot.visitor.programs import CannotLook

    def too_long(_number: int, _frame: object) -> NoReturn:
        raise CannotLook(f"cannot end the visit: still busy after {options['timeout'] + GRACE:g} s")

    nagios = bool(options["nagios"])
    signal.signal(signal.SIGALRM, too_long)  # somebody in the hall may send a byte now and then, for ever
    signal.setitimer(signal.ITIMER_REAL, options["timeout"] + GRACE)
    try:
        status = _visit(options)
    except (BadChoice, CannotLook) as error:
        if nagios:
            click.echo(f"VISIT UNKNOWN - {error}")
        else:
            click.echo(str(error), err=True)
        status = _UNKNOWN if nagios else 2
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    sys.exit(status)


def _visit(options: dict[str, Any]) -> int:
    """Visit, tell, and return the exit status. Raises ``BadChoice`` and ``CannotLook``."""
    from importlib.metadata import PackageNotFoundError, version

    from hotspot.looks import folder
    from hotspot.visitor import choices, report
    from hotspot.visitor.programs import CannotLook
    from hotspot.visitor.walk import visit as walk

    known = choices.of_settings(options["settings"], options["zone"]) if options["settings"] else {"zone": options["zone"] or ""}
    if options["portal_url"]:
        known["portal_url"] = options["portal_url"].rstrip("/") + "/"
    if options["key"]:
        known["key"] = choices.key(options["key"])
    rates = not options["no_rates"]
    chosen = choices.Choices(
        interface=options["interface"],
        here=options["here"],
        families=(4,) if options["no_ipv6"] else (4, 6),
        phones=choices.phones(options["phones"]),
        authority=options["authority"],
        download=options["download"] if rates else "",
        upload=options["upload"] if rates else "",
        measured=options["measured"],
        neighbours=tuple(map(choices.address, options["neighbour"])),
        forbidden=tuple(map(choices.address_port, options["forbidden"])),
        patience=options["patience"],
        skip=choices.steps(options["skip"]),
        most=options["timeout"],
        **known,
    )
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
