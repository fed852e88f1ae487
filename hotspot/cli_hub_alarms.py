"""``hotspot hub alarm …``, ``channel …`` and ``feedback …``: what is amiss, who is told, what visitors said."""

import sys
from typing import Any

import click

from hotspot.console import fail, json_option
from hotspot.console_hub import ask_hub, hub_client, moment, refusal, show, show_one
from hotspot.hub_client import HubRefused, HubUnavailable, part

_partner = click.option("--partner", help="Only of this town.")
_hall = click.option("--hall", help="Only of this hall.")


# Alarms -----------------------------------------------------------------------------------------------------------------------------


@click.group()
def alarm() -> None:
    """What is amiss at the halls and at the hub itself."""


@alarm.command("list")
@click.option("--past", is_flag=True, help="Those that have ended, of the last 30 days.")
@click.option("--kind", help="Only of this kind, as 'silent'.")
@_partner
@_hall
@json_option
def list_alarms(past: bool, kind: str | None, partner: str | None, hall: str | None, as_json: bool) -> None:
    """Alarms in force, the gravest first."""
    path = "/alarms/past" if past else "/alarms"
    found = ask_hub("list the alarms", "GET", path, kind=kind, partner=partner, hall=hall)
    rows = [
        [
            f"{one['id']}",
            one["severity"],
            _place(one),
            one["text"],
            moment(one["raised_at"]),
            moment(one["ended_at"]),
            one["acknowledged_by"],
        ]
        for one in found
    ]
    heads = ["number", "severity", "where", "what", "since", "ended", "seen by"]
    show(found, as_json, heads, rows, "no alarm has ended" if past else "nothing is amiss")


def _place(one: dict[str, Any]) -> str:
    where = one["hall"] or "the hub"
    return f"{where}/{one['subject']}" if one["subject"] else where


@alarm.command("show")
@click.argument("number", type=click.IntRange(1))
@json_option
def show_alarm(number: int, as_json: bool) -> None:
    """One alarm."""
    show_one(ask_hub("show the alarm", "GET", f"/alarms/{number}"), as_json)


@alarm.command("acknowledge")
@click.argument("number", type=click.IntRange(1))
@click.option("--note", default="", help="For the others.")
@json_option
def acknowledge(number: int, note: str, as_json: bool) -> None:
    """You see to it. An alarm of an event (an old image, a twin) ends with that."""
    show_one(ask_hub("acknowledge the alarm", "POST", f"/alarms/{number}/acknowledge", {"note": note}), as_json)


# Channels ---------------------------------------------------------------------------------------------------------------------------


@click.group()
def channel() -> None:
    """Who is told of alarms: webhooks and e-mail."""


@channel.command("list")
@_partner
@json_option
def list_channels(partner: str | None, as_json: bool) -> None:
    """All channels, and whether they work."""
    found = ask_hub("list the channels", "GET", "/channels", partner=partner)
    rows = [
        [one["name"], one["partner"] or "host", one["url"] or ", ".join(one["recipients"]), one["lowest"], _quiet(one), *_works(one)]
        for one in found
    ]
    show(
        found, as_json, ["name", "of", "to", "from", "quiet", "last told", "state"], rows, "nobody is told yet: hotspot hub channel create"
    )


def _works(one: dict[str, Any]) -> list[str]:
    return [moment(one["told_at"]), one["failure"] or "well"]


def _quiet(one: dict[str, Any]) -> str:
    return f"{one['quiet_from']}-{one['quiet_until']}" if one["quiet_from"] else "-"


@channel.command("create")
@click.argument("name")
@click.option("--webhook", help="Address that is sent JSON by POST, signed.")
@click.option("--mail", multiple=True, help="Address that is sent e-mail; may be given several times.")
@click.option("--partner", help="Of this town's halls only; without it of all.")
@click.option(
    "--lowest", type=click.Choice(["notice", "warning", "urgent"]), default="warning", show_default=True, help="This grave or graver."
)
@click.option("--quiet", nargs=2, metavar="FROM UNTIL", help="As '22:00 07:00': then only what is urgent.")
@click.option("--time-zone", default="Europe/Berlin", show_default=True, help="Whose clock the quiet hours follow.")
@json_option
def create_channel(
    name: str,
    webhook: str | None,
    mail: tuple[str, ...],
    partner: str | None,
    lowest: str,
    quiet: tuple[str, str] | None,
    time_zone: str,
    as_json: bool,
) -> None:
    """Somebody is told of alarms from now on. The secret of a webhook is shown this once."""
    if bool(webhook) == bool(mail):
        raise click.UsageError("give --webhook or --mail")
    body: dict[str, Any] = {"name": name, "partner": partner, "lowest": lowest, "time_zone": time_zone}
    body |= {"kind": "webhook", "url": webhook} if webhook else {"kind": "mail", "recipients": list(mail)}
    if quiet:
        body |= {"quiet_from": quiet[0], "quiet_until": quiet[1]}
    made = ask_hub("create the channel", "POST", "/channels", body)
    shown = made if as_json or not webhook else {"name": made["name"], "to": made["url"], "secret (shown once)": made["secret"]}
    show_one(shown if as_json or webhook else {"name": made["name"], "to": ", ".join(made["recipients"])}, as_json)


@channel.command("test")
@click.argument("name")
@json_option
def try_channel(name: str, as_json: bool) -> None:
    """Send a test message now; exit status 1 when it does not arrive."""
    found = ask_hub("test the channel", "POST", f"/channels/{part(name)}/test")
    show_one(found if as_json else {"arrived": "yes" if found["arrived"] else f"NO: {found['why']}"}, as_json)
    if not found["arrived"]:
        raise SystemExit(1)


@channel.command("delete")
@click.argument("name")
def delete_channel(name: str) -> None:
    """It is told nothing any more."""
    ask_hub("delete the channel", "DELETE", f"/channels/{part(name)}")


# Feedback ---------------------------------------------------------------------------------------------------------------------------


@click.group()
def feedback() -> None:
    """What visitors told the town."""


@feedback.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was dealt with.")
@click.option("--kind", help="idea, complaint or damage.")
@_partner
@_hall
@json_option
def list_feedback(everything: bool, kind: str | None, partner: str | None, hall: str | None, as_json: bool) -> None:
    """The newest 100 messages."""
    query = {"kind": kind, "partner": partner, "hall": hall, "done": None if everything else False}
    found = ask_hub("list the messages", "GET", "/feedback", **query)
    rows = [[f"{one['number']}", moment(one["at"]), one["hall"], one["kind"], one["done_by"], _glimpse(one["text"])] for one in found]
    show(found, as_json, ["number", "came", "hall", "kind", "done by", "text"], rows, "there are no messages")


def _glimpse(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


@feedback.command("show")
@click.argument("number", type=click.IntRange(1))
@json_option
def show_feedback(number: int, as_json: bool) -> None:
    """One message, whole."""
    show_one(ask_hub("show the message", "GET", f"/feedback/{number}"), as_json)


@feedback.command("done")
@click.argument("number", type=click.IntRange(1))
@click.option("--note", default="", help="What was done.")
@click.option("--undo", is_flag=True, help="It was not, after all.")
@json_option
def done(number: int, note: str, undo: bool, as_json: bool) -> None:
    """A message was dealt with."""
    show_one(ask_hub("change the message", "PUT", f"/feedback/{number}/status", {"done": not undo, "note": note}), as_json)


@feedback.command("export")
@_partner
@_hall
def export(partner: str | None, hall: str | None) -> None:
    """All messages as CSV, on the standard output."""
    client = hub_client()
    try:
        for piece in client.pieces("GET", "/feedback.csv", partner=partner, hall=hall):
            sys.stdout.buffer.write(piece)
    except HubUnavailable as error:
        fail(str(error))
    except HubRefused as error:
        fail(refusal("export the messages", error))
