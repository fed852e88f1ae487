"""``hotspot terms``: which terms visitors have accepted, word for word."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.console import ask_portal, clock, json_option, print_json, socket_option, table

if TYPE_CHECKING:
    from hotspot import control


@click.command()
@click.option("--text", nargs=2, metavar="VERSION LANGUAGE", help="Print the words of one text.")
@socket_option
@json_option
def terms(text: tuple[str, str] | None, path: Path, as_json: bool) -> None:
    """Versions of the terms that visitors have accepted: languages, since when, how often."""
    from hotspot import control

    reply = ask_portal(path, control.TermsAccepted(*text) if text else control.TermsAccepted())
    assert isinstance(reply, control.TermsAre)
    if as_json:
        print_json(reply)
    elif text:
        click.echo("\n\n".join(_whole(row) for row in reply.terms))
    elif not reply.terms:
        click.echo("nobody has accepted any terms yet")
    else:
        cells = [
            [row.version, row.language or "-", clock(row.since), f"{row.acceptances}", "in force" if row.in_force else "", row.digest[:12]]
            for row in reply.terms
        ]
        click.echo(table(["version", "language", "since", "acceptances", "state", "text"], cells))


def _whole(row: "control.TermsRow") -> str:
    """A text and what is known of it."""
    head = f"version {row.version}, {row.language}, accepted since {clock(row.since)}, {row.acceptances} times, SHA-256 {row.digest}"
    return f"{head}\n\n{row.text}"
