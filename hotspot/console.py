"""What all commands share: options, how they ask a running portal, how they speak to a person and to a program, and how they end."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
import msgspec

from hotspot.control import DEFAULT_SOCKET

if TYPE_CHECKING:
    from hotspot import control

socket_option = click.option(
    "--socket", "path", type=click.Path(path_type=Path), default=DEFAULT_SOCKET, show_default=True, help="Control socket of the portal."
)
json_option = click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")


class Elsewhere(click.Group):
    """A group with commands of other modules, which are imported when they are asked for, so that each command starts quickly."""

    def __init__(self, *args: Any, elsewhere: Mapping[str, str], **more: Any) -> None:
        """``elsewhere``: name of a command -> module in which it is called so (``-`` as ``_``)."""
        super().__init__(*args, **more)
        self._elsewhere = elsewhere

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of help."""
        return sorted([*super().list_commands(ctx), *self._elsewhere])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in self._elsewhere:
            return super().get_command(ctx, cmd_name)
        command = getattr(import_module(self._elsewhere[cmd_name]), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


_ORDERS = {
    "BlocklistAdd": "add to the block list",
    "BlocklistRemove": "remove from the block list",
    "VoucherCreate": "make vouchers",
    "VoucherList": "list the vouchers",
    "VoucherPrint": "print the vouchers",
    "VoucherWithdraw": "withdraw the voucher",
    "Feedback": "list the messages",
    "FeedbackShow": "show the message",
    "FeedbackDone": "mark the message as done",
    "TermsAccepted": "list the terms",
}
"""Requests that are not called as what they do."""


def fail(text: str, status: int = 1) -> NoReturn:
    """End with one line on stderr."""
    click.echo(text, err=True)
    sys.exit(status)


def ask_portal(path: Path, request: "control.AnyRequest") -> "control.AnyReply":
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


def who(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    """Who decides: an option's value, else whose login it is."""
    from hotspot.ask import login

    return value or login()


def print_json(value: object) -> None:
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


def clock(unix: float) -> str:
    """A moment of the wall clock, in this machine's time zone."""
    from datetime import datetime

    return datetime.fromtimestamp(unix).astimezone().strftime("%Y-%m-%d %H:%M")
