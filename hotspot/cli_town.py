"""``hotspot services …``, ``feedback …``, ``garden``: the town's front door on the command line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.console import ask_portal, clock, fail, json_option, print_json, socket_option, table, who

if TYPE_CHECKING:
    from hotspot import control
    from hotspot.town.directory import Entry

_file = click.argument("file", type=click.Path(path_type=Path))


# Services ---------------------------------------------------------------------------------------------------------------------------


@click.group()
def services() -> None:
    """The directory of services: what the town and the district do for people."""


@services.command("import")
@_file
@click.option("--out", type=click.Path(path_type=Path), help="TOML file to write; without it the text is printed.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def services_import(file: Path, out: Path | None, force: bool) -> None:
    """Make a directory from the table FILE (CSV). Nothing is written unless every row is good."""
    from hotspot.portal.services_sheet import read_sheet
    from hotspot.portal.settings import BadSettings
    from hotspot.town.file import file_text

    try:
        entries = read_sheet(file)
    except BadSettings as error:
        fail(str(error))
    if out is None:
        click.echo(file_text(entries), nl=False)
        return
    if out.exists() and not force:
        fail(f"cannot write {out}: it is there already (--force replaces it)")
    _write(out, file_text(entries).encode())
    click.echo(f"{out}: {_count(entries)}")


@services.command("export")
@_file
@click.option("--out", type=click.Path(path_type=Path), help="CSV file to write; without it the table is printed.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def services_export(file: Path, out: Path | None, force: bool) -> None:
    """Make a table (CSV) from the directory FILE, for a spreadsheet program."""
    from hotspot.town.sheet import to_text

    entries = _entries(file)
    if out is None:
        click.echo(to_text(entries), nl=False)
        return
    if out.exists() and not force:
        fail(f"cannot write {out}: it is there already (--force replaces it)")
    _write(out, to_text(entries).encode("utf-8-sig"))  # the mark tells Excel that it is UTF-8
    click.echo(f"{out}: {_count(entries)}")


@services.command("check")
@_file
def services_check(file: Path) -> None:
    """Check the directory FILE (TOML) and say what is in it."""
    entries = _entries(file)
    click.echo(f"{file}: {_count(entries)}")
    reachable = sorted({host for entry in entries for host in entry.reachable})
    if reachable:
        click.echo(f"reachable before acceptance: {', '.join(reachable)}")


def _entries(file: Path) -> "list[Entry]":
    from hotspot.portal.settings import BadSettings
    from hotspot.portal.settings_reader import Reader
    from hotspot.portal.settings_town import services_file

    try:
        return services_file(Reader(file))
    except BadSettings as error:
        fail(str(error))


def _count(entries: "Sequence[Entry]") -> str:
    fees = sum(entry.fee is not None for entry in entries)
    return f"{len(entries)} {'service' if len(entries) == 1 else 'services'}, {fees} with a fee"


def _write(path: Path, content: bytes) -> None:
    """The whole file or nothing: a portal may read it at this moment."""

    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_bytes(content)
        if path.exists():
            fresh.chmod(path.stat().st_mode & 0o777)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        fail(f"cannot write {path}: {error.strerror or error}")


# Garden -----------------------------------------------------------------------------------------------------------------------------


@click.command()
@click.option("--config", type=click.Path(path_type=Path), required=True, help="Settings file of the portal.")
@click.option("--zone", help="One zone; without it all of them.")
def garden(config: Path, zone: str | None) -> None:
    """Print the lines with which dnsmasq opens the walled garden: what is marked reachable in the services, and WiFi4EU's host."""
    from hotspot.portal.settings import BadSettings
    from hotspot.portal.settings_reader import Files
    from hotspot.portal.uplink.kept import in_force
    from hotspot.town.garden import dnsmasq_lines

    try:
        settings = in_force(config, Files())
    except BadSettings as error:
        fail(str(error), 2)
    if zone is not None and zone not in settings.zones:
        fail(f"cannot print the garden: zone = {zone!r}: expected one of {', '.join(settings.zones)}", 2)
    for line in dnsmasq_lines(settings.garden, [zone] if zone else settings.zones):
        click.echo(line)


# Feedback ---------------------------------------------------------------------------------------------------------------------------


@click.group()
def feedback() -> None:
    """What visitors told the town: ideas, complaints, damage."""


@feedback.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was dealt with.")
@socket_option
@json_option
def feedback_list(everything: bool, path: Path, as_json: bool) -> None:
    """Messages that nobody has dealt with yet, the oldest first."""
    rows = list(_all_messages(path, everything))
    if as_json:
        print_json({"messages": rows})
    elif not rows:
        click.echo("no messages")
    else:
        cells = [[f"{row.number}", clock(row.at), row.kind, row.place or "-", _state(row), _line(row.text)] for row in rows]
        click.echo(table(["number", "when", "kind", "where", "state", "message"], cells))


def _all_messages(path: Path, everything: bool) -> "Iterator[control.FeedbackRow]":
    """Page after page."""
    from hotspot import control

    after, more = 0, True
    while more:
        reply = ask_portal(path, control.Feedback(after, everything))
        assert isinstance(reply, control.FeedbackIs)
        yield from reply.messages
        more = reply.more and bool(reply.messages)
        after = reply.messages[-1].number if reply.messages else after


def _state(row: "control.FeedbackRow") -> str:
    return "done" if row.done_at is not None else "open"


def _line(text: str) -> str:
    """The beginning of a message in one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59].rstrip() + "…"


@feedback.command("show")
@click.argument("number", type=int)
@socket_option
@json_option
def feedback_show(number: int, path: Path, as_json: bool) -> None:
    """The message NUMBER, whole."""
    from hotspot import control

    _show(path, control.FeedbackShow(number), as_json)


@feedback.command("done")
@click.argument("number", type=int)
@click.option("--by", callback=who, help="Who dealt with it; without it your login name.")
@socket_option
@json_option
def feedback_done(number: int, by: str, path: Path, as_json: bool) -> None:
    """The message NUMBER was dealt with; it leaves the list, and later the journal."""
    from hotspot import control

    _show(path, control.FeedbackDone(number, by), as_json)


def _show(path: Path, request: "control.FeedbackShow | control.FeedbackDone", as_json: bool) -> None:
    """One message with all that there is about it."""
    from hotspot import control

    reply = ask_portal(path, request)
    assert isinstance(reply, control.FeedbackIs)
    row = reply.messages[0]
    if as_json:
        print_json(row)
        return
    done = f"done {clock(row.done_at)} by {row.done_by}" if row.done_at is not None else "open"
    fetched = [f"fetched by the hub {clock(row.fetched_at)}"] if row.fetched_at is not None else []
    click.echo(f"message {row.number}, {row.kind}, {clock(row.at)}, zone {row.zone}, written on the page in {row.language}")
    click.echo("; ".join([done, *fetched]))
    click.echo(f"where:  {row.place or '-'}\nanswer: {row.contact or 'not wanted'}\n\n{row.text}")
