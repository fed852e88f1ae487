"""``hotspot hub partner …`` and ``hotspot hub hall …``: who takes part."""

from typing import Any

import click

from hotspot.console import json_option
from hotspot.console_hub import ask_hub, moment, show, show_one
from hotspot.hub_client import part

_title = click.option("--title", help="For people, as 'Gemeinde Kleinheim'.")
_confirm = click.option("--confirm", metavar="NAME", required=True, help="The same name again: this cannot be taken back.")


def _given(**values: Any) -> dict[str, Any]:
    """The options that were given, for a change."""
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise click.UsageError("nothing to change: give at least one option")
    return given


def _certain(name: str, confirm: str) -> None:
    if confirm != name:
        raise click.BadParameter(f"expected {name!r} again", param_hint="--confirm")


# Partners ---------------------------------------------------------------------------------------------------------------------------


@click.group()
def partner() -> None:
    """The towns that take part."""


@partner.command("list")
@json_option
def list_partners(as_json: bool) -> None:
    """All towns, those that have left too."""
    found = ask_hub("list the partners", "GET", "/partners")
    rows = [[one["name"], one["title"], moment(one["created_at"]), moment(one["left_at"])] for one in found]
    show(found, as_json, ["name", "title", "since", "left"], rows, "there are no partners yet: hotspot hub partner create")


@partner.command("create")
@click.argument("name")
@click.option("--title", required=True, help="For people, as 'Gemeinde Kleinheim'.")
@click.option("--contact", default="", help="Whom the host asks there.")
@json_option
def create_partner(name: str, title: str, contact: str, as_json: bool) -> None:
    """A town joins. NAME (lower case letters, digits, dashes) stays for ever."""
    show_one(ask_hub("create the partner", "POST", "/partners", {"name": name, "title": title, "contact": contact}), as_json)


@partner.command("show")
@click.argument("name")
@json_option
def show_partner(name: str, as_json: bool) -> None:
    """One town."""
    show_one(ask_hub("show the partner", "GET", f"/partners/{part(name)}"), as_json)


@partner.command("change")
@click.argument("name")
@_title
@click.option("--contact", help="Whom the host asks there.")
@json_option
def change_partner(name: str, title: str | None, contact: str | None, as_json: bool) -> None:
    """Another title or contact."""
    show_one(ask_hub("change the partner", "PATCH", f"/partners/{part(name)}", _given(title=title, contact=contact)), as_json)


@partner.command("leave")
@click.argument("name")
@_confirm
@json_option
def leave(name: str, confirm: str, as_json: bool) -> None:
    """A town's agreement has ended: halls are closed, gateways revoked, users disabled. Its data stay until they are erased."""
    _certain(name, confirm)
    _left(ask_hub("let the partner leave", "POST", f"/partners/{part(name)}/leave"), as_json)


def _left(ended: dict[str, list[str]], as_json: bool) -> None:
    rows = {what: ", ".join(names) or "none" for what, names in ended.items()}
    show_one(
        ended if as_json else {"halls closed": rows["halls"], "gateways revoked": rows["gateways"], "users disabled": rows["users"]},
        as_json,
    )


# Halls ------------------------------------------------------------------------------------------------------------------------------


@click.group()
def hall() -> None:
    """The town halls."""


@hall.command("list")
@click.option("--partner", help="Only those of this town.")
@json_option
def list_halls(partner: str | None, as_json: bool) -> None:
    """All halls, closed ones too."""
    found: list[dict[str, Any]] = []
    while True:
        page = ask_hub("list the halls", "GET", "/halls", partner=partner, after=found[-1]["name"] if found else None, limit=10_000)
        found += page
        if len(page) < 10_000:
            break
    rows = [
        [one["name"], one["partner"], one["title"], one["time_zone"], moment(one["created_at"]), moment(one["closed_at"])] for one in found
    ]
    show(
        found,
        as_json,
        ["name", "partner", "title", "time zone", "since", "closed"],
        rows,
        "there are no halls yet: hotspot hub hall create",
    )


@hall.command("create")
@click.argument("name")
@click.option("--partner", required=True, help="The town that it is of.")
@click.option("--title", required=True, help="For people, as 'Rathaus Kleinheim'.")
@click.option("--time-zone", default="Europe/Berlin", show_default=True, help="Whose days its figures are of.")
@json_option
def create_hall(name: str, partner: str, title: str, time_zone: str, as_json: bool) -> None:
    """A hall is set up. NAME (lower case letters, digits, dashes) stays for ever."""
    wanted = {"name": name, "partner": partner, "title": title, "time_zone": time_zone}
    show_one(ask_hub("create the hall", "POST", "/halls", wanted), as_json)


@hall.command("show")
@click.argument("name")
@json_option
def show_hall(name: str, as_json: bool) -> None:
    """One hall."""
    show_one(ask_hub("show the hall", "GET", f"/halls/{part(name)}"), as_json)


@hall.command("change")
@click.argument("name")
@_title
@click.option("--time-zone", help="Whose days its figures are of, as Europe/Berlin.")
@json_option
def change_hall(name: str, title: str | None, time_zone: str | None, as_json: bool) -> None:
    """Another title or time zone."""
    show_one(ask_hub("change the hall", "PATCH", f"/halls/{part(name)}", _given(title=title, time_zone=time_zone)), as_json)


@hall.command("close")
@click.argument("name")
@_confirm
@json_option
def close(name: str, confirm: str, as_json: bool) -> None:
    """A hall takes part no more: its gateways are revoked. Its data stay until they are erased."""
    _certain(name, confirm)
    _left(ask_hub("close the hall", "POST", f"/halls/{part(name)}/close"), as_json)
