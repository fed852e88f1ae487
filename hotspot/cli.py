"""``hotspot …``: run the services, ask and order a running portal, raise a hall in namespaces.

Everything behind a command is imported when that command runs, so that each starts quickly. Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
import msgspec

from hotspot.control import DEFAULT_SOCKET

if TYPE_CHECKING:
    from hotspot import control

_socket = click.option(
    "--socket", "path", type=click.Path(path_type=Path), default=DEFAULT_SOCKET, show_default=True, help="Control socket of the portal."
)
_zone = click.option("--zone", help="Zone, for a device that is known in several; without it where it was last.")
_json = click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")


class _Groups(click.Group):
    """The commands; ``lab`` is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of help."""
        return sorted([*super().list_commands(ctx), "lab"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name == "lab":
            from hotspot.lab.commands import lab

            return lab
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Groups, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hotspot", message="%(version)s")
def main() -> None:
    """Public Wi-Fi of a town hall: the gateway's services and what staff do with them."""


_ORDERS = {"BlocklistAdd": "add to the block list", "BlocklistRemove": "remove from the block list"}
"""Requests that are not called as what they do."""


def fail(text: str, status: int = 1) -> NoReturn:
    """End with one line on stderr."""
    click.echo(text, err=True)
    sys.exit(status)


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
@_json
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
        _print_json([{**msgspec.to_builtins(line), "recommended": line.recommended} for line in lines])
    else:
        click.echo("\n".join(map(report, lines)))
    sys.exit(0 if all(line.recommended for line in lines) else 1)


# Staff ------------------------------------------------------------------------------------------------------------------------------


def _ask(path: Path, request: "control.AnyRequest") -> "control.AnyReply":
    """A portal's reply that is not a refusal; else the command ends."""
    from hotspot import control
    from hotspot.ask import PortalUnavailable, ask

    try:
        reply = ask(path, request)
    except PortalUnavailable as error:
        fail(str(error))
    if isinstance(reply, control.Refused):
        fail(f"cannot {_ORDERS.get(type(request).__name__) or type(request).__name__.lower()}: {reply.message}")
    return reply


def _print_json(value: object) -> None:
    """A value as JSON, for programs and still readable."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=1).decode())


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns; a column whose cells all start with a digit goes to the right."""
    columns = list(zip(heads, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [len(column) > 1 and all(cell[:1].isdigit() for cell in column[1:]) for column in columns]
    lines = []
    for row in (heads, *rows):
        cells = (cell.rjust(width) if aligned else cell.ljust(width) for cell, width, aligned in zip(row, widths, right, strict=True))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def amount(count: int) -> str:
    """Bytes for a person: ``0 B``, ``1.5 MB``; decimal units as in the settings."""
    value, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.95 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{count} B" if units[0] == "B" else f"{value:.1f} {units[0]}"


def duration(seconds: int) -> str:
    """Seconds for a person: ``45 s``, ``12 min``, ``1 h 05 min``."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _closed(zone: "control.ZoneStatus") -> str:
    """What to add about a zone that is closed."""
    if zone.open:
        return ""
    return f", closed until {_clock(zone.closed_until)}" if zone.closed_until is not None else ", closed until further notice"


def _alarm(alarm: "control.Alarm") -> str:
    """One alarm in words."""
    what = {"clone": "another device uses the identity of"}.get(alarm.kind, alarm.kind)
    times = f", {alarm.times} times since {_clock(alarm.first)}" if alarm.times > 1 else ""
    return f"{_clock(alarm.last)}: {what} {alarm.code} in zone {alarm.zone}{times}"


def _clock(unix: float) -> str:
    """A moment of the wall clock, in this machine's time zone."""
    from datetime import datetime

    return datetime.fromtimestamp(unix).astimezone().strftime("%Y-%m-%d %H:%M")


@main.command()
@_socket
@_json
def status(path: Path, as_json: bool) -> None:
    """How the portal is; exit status 1 when something is amiss."""
    from hotspot import control

    reply = _ask(path, control.Status())
    assert isinstance(reply, control.StatusIs)
    if as_json:
        _print_json(reply)
    else:
        parts = (("firewall", reply.firewall, "connected", "NOT CONNECTED"), ("journal", reply.journal, "well", "UNWELL"))
        rows = [[name, good if well else bad] for name, well, good, bad in (*parts, ("internet", reply.internet, "reachable", "DOWN"))]
        rows += [[f"zone {zone.zone}", f"{zone.online} online, plans: {', '.join(zone.plans)}{_closed(zone)}"] for zone in reply.zones]
        rows += [["fault", fault] for fault in reply.faults]
        rows += [["block list", f"{reply.blocked} {'entry' if reply.blocked == 1 else 'entries'} in force"]]
        rows += [["alarm", _alarm(alarm)] for alarm in reply.alarms]
        click.echo(table(["portal", "ok" if reply.ok else "DEGRADED"], rows))
    sys.exit(0 if reply.ok else 1)


@main.command()
@_socket
@_json
def sessions(path: Path, as_json: bool) -> None:
    """The sessions in progress, by device code."""
    from hotspot import control

    reply = _ask(path, control.Sessions())
    assert isinstance(reply, control.SessionsAre)
    if as_json:
        _print_json(reply)
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

    reply = _ask(path, request)
    assert isinstance(reply, control.Done)
    if as_json:
        _print_json(reply)
    else:
        left = f", {duration(reply.seconds_left)} left" if reply.seconds_left is not None else ""
        click.echo(f"{reply.code} is {reply.state} now{left}")


@main.command()
@click.argument("code")
@_zone
@_socket
@_json
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
@_socket
@_json
def block(code: str, reason: str, seconds: float | None, zone: str | None, path: Path, as_json: bool) -> None:
    """End the session of device CODE and keep it out."""
    from hotspot import control

    _order(path, control.Block(code, reason, seconds, zone), as_json)


@main.command()
@click.argument("code")
@_zone
@_socket
@_json
def unblock(code: str, zone: str | None, path: Path, as_json: bool) -> None:
    """Lift the block of device CODE."""
    from hotspot import control

    _order(path, control.Unblock(code, zone), as_json)


@main.command()
@click.argument("code")
@click.option("--plan", help="Name of a plan; without it the zone's first.")
@click.option("--time", "seconds", callback=_seconds, help='How long, such as "2 h"; without it the time of the plan.')
@_zone
@_socket
@_json
def allow(code: str, plan: str | None, seconds: float | None, zone: str | None, path: Path, as_json: bool) -> None:
    """Let device CODE in without an acceptance; lifts a block."""
    from hotspot import control

    _order(path, control.Allow(code, plan, seconds, zone), as_json)


def _who(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    """Who decides."""
    from hotspot.ask import login

    return value or login()


@main.group()
def blocklist() -> None:
    """Domains, networks and ports that no visitor reaches; each with its reason, its case number and who decided it."""


_by = click.option("--by", callback=_who, help="Who decides; without it your login name. Your uid is written down in any case.")


@blocklist.command("add")
@click.argument("what")
@click.option("--service", help='One port of an address or a network only, such as "tcp/25".')
@click.option("--reason", required=True, help="Why, for the record.")
@click.option("--case", "case_number", required=True, help="Case number (Aktenzeichen) of the decision.")
@click.option("--time", "seconds", callback=_seconds, help='How long, such as "30 days"; without it until it is removed.')
@_by
@click.option("--zone", help="In this zone only; without it in all.")
@_socket
@_json
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
@_socket
@_json
def blocklist_remove(number: int, reason: str, by: str, path: Path, as_json: bool) -> None:
    """Lift the entry NUMBER; who added it and why stays on record."""
    from hotspot import control

    _change_blocklist(path, control.BlocklistRemove(number, reason, by), as_json)


@blocklist.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was removed and what is over.")
@_socket
@_json
def blocklist_list(everything: bool, path: Path, as_json: bool) -> None:
    """What is blocked, by whom and why."""
    from hotspot import control

    reply = _ask(path, control.Blocklist(everything))
    assert isinstance(reply, control.BlocklistIs)
    if as_json:
        _print_json(reply)
    elif not reply.entries:
        click.echo("nothing is blocked")
    else:
        rows = [
            [f"{row.number}", row.what, row.zone or "all", _clock(row.added_at), _ends(row), row.added_by, row.case_number, row.reason]
            for row in reply.entries
        ]
        click.echo(table(["number", "what", "zone", "since", "ends", "by", "case", "reason"], rows))


def _ends(row: "control.BlocklistRow") -> str:
    """How an entry ends, or has ended."""
    if row.removed_at is not None:
        return f"{_clock(row.removed_at)} removed by {row.removed_by}: {row.removed_reason}"
    return "when removed" if row.until is None else _clock(row.until)


def _change_blocklist(path: Path, request: "control.BlocklistAdd | control.BlocklistRemove", as_json: bool) -> None:
    """Carry out a change and say what is on record."""
    from hotspot import control

    reply = _ask(path, request)
    assert isinstance(reply, control.BlocklistChanged)
    if as_json:
        _print_json(reply)
        return
    row = reply.entry
    how = ("is blocked" + (f" until {_clock(row.until)}" if row.until else "")) if row.in_force else "is no longer blocked"
    click.echo(f"entry {row.number}: {row.what} {how} in {f'zone {row.zone}' if row.zone else 'every zone'}")
    if reply.pending:
        click.echo(f"it takes effect later: {reply.pending}", err=True)
