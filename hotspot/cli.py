"""``hotspot …``: run the services, ask and order a running portal, raise a hall in namespaces.

Everything behind a command is imported when that command runs, so that each starts quickly. Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from hotspot.console import Elsewhere, amount, ask_portal, clock, duration, fail, json_option, print_json, socket_option, table, who

if TYPE_CHECKING:
    from hotspot import control

_zone = click.option("--zone", help="Zone, for a device that is known in several; without it where it was last.")


_ELSEWHERE = {
    "check": "hotspot.cli_check",
    "doctor": "hotspot.cli_doctor",
    "enrol": "hotspot.cli_uplink",
    "feedback": "hotspot.cli_town",
    "garden": "hotspot.cli_town",
    "guard": "hotspot.cli_guard",
    "hub": "hotspot.cli_hub",
    "lab": "hotspot.lab.commands",
    "plug": "hotspot.cli_visit",
    "poster": "hotspot.cli_vouchers",
    "preview": "hotspot.cli_preview",
    "services": "hotspot.cli_town",
    "terms": "hotspot.cli_legal",
    "troubleshooting": "hotspot.cli_doctor",
    "visit": "hotspot.cli_visit",
    "vouchers": "hotspot.cli_vouchers",
}
"""Commands of other modules, each called there as here."""


@click.group(cls=Elsewhere, elsewhere=_ELSEWHERE, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hotspot", message="%(version)s")
def main() -> None:
    """Public Wi-Fi of a town hall: the gateway's services and what staff do with them."""


# Services ---------------------------------------------------------------------------------------------------------------------------


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def firewall(arguments: tuple[str, ...]) -> None:
    """Run the privileged daemon (--config, --check-config, --show, --remove …)."""
    from firewall.__main__ import main as run

    sys.exit(run(list(arguments)))


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def portal(arguments: tuple[str, ...]) -> None:
    """Run the hall's web (--config, --check-config)."""
    from hotspot.portal.service import main as run

    sys.exit(run(list(arguments)))


@main.command("measure-line")
@click.option("--down", "down", help="Address to load from: a large file, http or https.")
@click.option("--up", "up", help="Address that takes an upload of any size.")
@click.option("--seconds", type=click.FloatRange(1, 60), default=4.0, show_default=True, help="Of each step; there are up to 11 each way.")
@click.option("--slack", type=click.FloatRange(1, 500), default=5.0, show_default=True, help="ms above idle that count as no queue.")
@json_option
def measure_line(down: str | None, up: str | None, seconds: float, slack: float, as_json: bool) -> None:
    """Find values for total_down and total_up: 90 % of the rate at which the line starts to queue. Run it while nobody is online."""
    import asyncio

    from hotspot.measure import LineUnknown, measure, report

    urls = {way: url for way, url in (("down", down), ("up", up)) if url}
    if not urls:
        raise click.UsageError("nothing to measure: give --down, --up or both")
    try:
        lines = [asyncio.run(measure(way, url, seconds, slack)) for way, url in urls.items()]
    except (LineUnknown, ValueError) as error:
        fail(str(error))
    if as_json:
        print_json([{**msgspec.to_builtins(line), "recommended": line.recommended} for line in lines])
    else:
        click.echo("\n".join(map(report, lines)))
    sys.exit(0 if all(line.recommended for line in lines) else 1)


# Staff ------------------------------------------------------------------------------------------------------------------------------


@main.command()
@socket_option
@json_option
def status(path: Path, as_json: bool) -> None:
    """How the portal is; exit status 1 when something is amiss."""
    from hotspot import control
    from hotspot.console_status import portal_status

    reply = ask_portal(path, control.Status())
    assert isinstance(reply, control.StatusIs)
    if as_json:
        print_json(reply)
    else:
        click.echo(portal_status(reply))
    sys.exit(0 if reply.ok else 1)


@main.command()
@socket_option
@json_option
def sessions(path: Path, as_json: bool) -> None:
    """The sessions in progress, by device code."""
    from hotspot import control

    reply = ask_portal(path, control.Sessions())
    assert isinstance(reply, control.SessionsAre)
    if as_json:
        print_json(reply)
    elif not reply.sessions:
        click.echo("nobody is online")
    else:
        rows = [
            [
                row.code,
                row.zone,
                row.plan,
                duration(row.seconds_left),
                amount(row.bytes_down),
                amount(row.bytes_up),
                amount(row.volume) if row.volume else "-",
                "staff" if row.by_staff else "visitor",
            ]
            for row in reply.sessions
        ]
        click.echo(table(["device", "zone", "plan", "time left", "down", "up", "volume", "let in by"], rows))


def _order(path: Path, request: "control.Kick | control.Block | control.Unblock | control.Allow", as_json: bool) -> None:
    """Carry out an order and say how the client stands now."""
    from hotspot import control

    reply = ask_portal(path, request)
    assert isinstance(reply, control.Done)
    if as_json:
        print_json(reply)
    else:
        left = f", {duration(reply.seconds_left)} left" if reply.seconds_left is not None else ""
        click.echo(f"{reply.code} is {reply.state} now{left}")


@main.command()
@click.argument("code")
@_zone
@socket_option
@json_option
def kick(code: str, zone: str | None, path: Path, as_json: bool) -> None:
    """End the session of device CODE; its visitor may accept again."""
    from hotspot import control

    _order(path, control.Kick(code, zone), as_json)


def _seconds(_: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """An option's duration in seconds, as the settings write it."""
    from hotspot.session.quantities import parse_seconds

    try:
        return None if value is None else parse_seconds(float(value) if value.replace(".", "", 1).isdigit() else value)
    except ValueError as error:
        raise click.BadParameter(str(error), param=parameter) from None


@main.command()
@click.argument("code")
@click.option("--reason", default="", help="Shown to the visitor.")
@click.option("--time", "seconds", callback=_seconds, help='How long, such as "2 h"; without it until it is lifted.')
@_zone
@socket_option
@json_option
def block(code: str, reason: str, seconds: float | None, zone: str | None, path: Path, as_json: bool) -> None:
    """End the session of device CODE and keep it out."""
    from hotspot import control

    _order(path, control.Block(code, reason, seconds, zone), as_json)


@main.command()
@click.argument("code")
@_zone
@socket_option
@json_option
def unblock(code: str, zone: str | None, path: Path, as_json: bool) -> None:
    """Lift the block of device CODE."""
    from hotspot import control

    _order(path, control.Unblock(code, zone), as_json)


@main.command()
@click.argument("code")
@click.option("--plan", help="Name of a plan; without it the zone's first.")
@click.option("--time", "seconds", callback=_seconds, help='How long, such as "2 h"; without it the time of the plan.')
@_zone
@socket_option
@json_option
def allow(code: str, plan: str | None, seconds: float | None, zone: str | None, path: Path, as_json: bool) -> None:
    """Let device CODE in without an acceptance; lifts a block."""
    from hotspot import control

    _order(path, control.Allow(code, plan, seconds, zone), as_json)


@main.group()
def blocklist() -> None:
    """Domains, networks and ports that no visitor reaches; each with its reason, its case number and who decided it."""


_by = click.option("--by", callback=who, help="Who decides; without it your login name. Your uid is written down in any case.")


@blocklist.command("add")
@click.argument("what")
@click.option("--service", help='One port of an address or a network only, such as "tcp/25".')
@click.option("--reason", required=True, help="Why, for the record.")
@click.option("--case", "case_number", required=True, help="Case number (Aktenzeichen) of the decision.")
@click.option("--time", "seconds", callback=_seconds, help='How long, such as "30 days"; without it until it is removed.')
@_by
@click.option("--zone", help="In this zone only; without it in all.")
@socket_option
@json_option
def blocklist_add(
    what: str,
    service: str | None,
    reason: str,
    case_number: str,
    seconds: float | None,
    by: str,
    zone: str | None,
    path: Path,
    as_json: bool,
) -> None:
    """Block WHAT: a domain with all below it, an address, a network, or a service such as tcp/25."""
    from hotspot import control

    _change_blocklist(path, control.BlocklistAdd(what, reason, case_number, by, service, seconds, zone), as_json)


@blocklist.command("remove")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why, for the record.")
@_by
@socket_option
@json_option
def blocklist_remove(number: int, reason: str, by: str, path: Path, as_json: bool) -> None:
    """Lift the entry NUMBER; who added it and why stays on record."""
    from hotspot import control

    _change_blocklist(path, control.BlocklistRemove(number, reason, by), as_json)


@blocklist.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was removed and what is over.")
@socket_option
@json_option
def blocklist_list(everything: bool, path: Path, as_json: bool) -> None:
    """What is blocked, by whom and why."""
    from hotspot import control

    reply = ask_portal(path, control.Blocklist(everything))
    assert isinstance(reply, control.BlocklistIs)
    if as_json:
        print_json(reply)
    elif not reply.entries:
        click.echo("nothing is blocked")
    else:
        rows = [
            [f"{row.number}", row.what, row.zone or "all", clock(row.added_at), _ends(row), row.added_by, row.case_number, row.reason]
            for row in reply.entries
        ]
        click.echo(table(["number", "what", "zone", "since", "ends", "by", "case", "reason"], rows))


def _ends(row: "control.BlocklistRow") -> str:
    """How an entry ends, or has ended."""
    if row.removed_at is not None:
        return f"{clock(row.removed_at)} removed by {row.removed_by}: {row.removed_reason}"
    return "when removed" if row.until is None else clock(row.until)


def _change_blocklist(path: Path, request: "control.BlocklistAdd | control.BlocklistRemove", as_json: bool) -> None:
    """Carry out a change and say what is on record."""
    from hotspot import control

    reply = ask_portal(path, request)
    assert isinstance(reply, control.BlocklistChanged)
    if as_json:
        print_json(reply)
        return
    row = reply.entry
    how = ("is blocked" + (f" until {clock(row.until)}" if row.until else "")) if row.in_force else "is no longer blocked"
    click.echo(f"entry {row.number}: {row.what} {how} in {f'zone {row.zone}' if row.zone else 'every zone'}")
    if reply.pending:
        click.echo(f"it takes effect later: {reply.pending}", err=True)
