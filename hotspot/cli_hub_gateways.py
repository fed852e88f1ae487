"""``hotspot hub enrolment``, ``gateway`` and ``order``: boxes come and go, and are told to do something now."""

import sys
from typing import Any
from urllib.parse import quote

import click

from hotspot.console import fail, json_option, print_json, table
from hotspot.console_hub import ask_hub, moment, show, show_one

WAIT = 10.0
"""Seconds that a command waits for the answer of a gateway."""


def _seconds(_: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """An option's duration in seconds, as the settings write it."""
    from hotspot.session.quantities import parse_seconds

    try:
        return None if value is None else parse_seconds(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param=parameter) from None


# Tokens -----------------------------------------------------------------------------------------------------------------------------


@click.group()
def enrolment() -> None:
    """One-time tokens with which gateways enrol."""


@enrolment.command("create")
@click.argument("hall")
@click.option("--valid", callback=_seconds, default="7 d", show_default=True, help='How long it can be used, such as "2 h".')
@click.option("--replaces", metavar="GATEWAY", help="A gateway whose box is replaced: the new box goes on under its name.")
@click.option("--replace", is_flag=True, help="The same for the hall's only gateway, whatever it is called.")
@json_option
def create_enrolment(hall: str, valid: float, replaces: str | None, replace: bool, as_json: bool) -> None:
    """A token for one gateway of HALL. It is shown this once."""
    if replace and replaces is not None:
        raise click.UsageError("cannot make a token: --replace and --replaces were given, expected one of them")
    if replace:
        replaces = _only_gateway(hall)
    body = {"seconds": int(valid), "replaces": replaces}
    made = ask_hub("make a token", "POST", f"/halls/{quote(hall, safe='')}/enrolments", body)
    if as_json:
        print_json(made)
    else:
        click.echo(f"token {made['enrolment']['name']}, until {moment(made['enrolment']['expires_at'])}; on the gateway, as root:")
        click.echo(f"  {made['line']}")


def _only_gateway(hall: str) -> str:
    """The name under which the hall's new box goes on. One that was revoked counts when there is no other: that box was stolen. Ends the
    program when it is none or several."""
    found = ask_hub("make a token", "GET", "/gateways", hall=hall, limit=1_000)
    names = [one["name"] for one in found if one["state"] != "revoked"] or [one["name"] for one in found]
    if len(names) != 1:
        there = f"it has several ({', '.join(names)}): name one with --replaces" if names else "it has none: leave --replace out"
        fail(f"cannot make a token: --replace is for a hall with one gateway, {hall} is not: {there}")
    return str(names[0])


@enrolment.command("list")
@click.argument("hall")
@json_option
def list_enrolments(hall: str, as_json: bool) -> None:
    """The tokens of HALL, the newest first."""
    found = ask_hub("list the tokens", "GET", f"/halls/{quote(hall, safe='')}/enrolments")
    rows = [
        [
            one["name"],
            one["state"] + (", AND TRIED AGAIN" if one["tried_again_at"] else ""),
            one["gateway"] or (f"replaces {one['replaces']}" if one["replaces"] else "-"),
            one["created_by"],
            moment(one["created_at"]),
            moment(one["expires_at"]),
        ]
        for one in found
    ]
    show(found, as_json, ["token", "state", "gateway", "by", "made", "expires"], rows, "no tokens: hotspot hub enrolment create HALL")


@enrolment.command("withdraw")
@click.argument("hall")
@click.argument("name")
@json_option
def withdraw(hall: str, name: str, as_json: bool) -> None:
    """The token NAME of HALL is worth nothing any more."""
    path = f"/halls/{quote(hall, safe='')}/enrolments/{quote(name, safe='')}"
    show_one(ask_hub("withdraw the token", "DELETE", path), as_json)


# Gateways ---------------------------------------------------------------------------------------------------------------------------


@click.group()
def gateway() -> None:
    """The boxes in the halls."""


@gateway.command("list")
@click.option("--partner", help="Only those of this town.")
@click.option("--hall", help="Only those of this hall.")
@json_option
def list_gateways(partner: str | None, hall: str | None, as_json: bool) -> None:
    """All gateways, revoked ones too."""
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["name"] if found else None
        page = ask_hub("list the gateways", "GET", "/gateways", partner=partner, hall=hall, after=after, limit=1_000)
        found += page
        if len(page) < 1_000:
            break
    rows = [
        [one["name"], one["hall"], one["state"], f"{one['online']}", moment(one["seen_at"]), one["software"] or "-", _policy(one)]
        for one in found
    ]
    heads = ["name", "hall", "state", "online", "seen", "software", "policy"]
    show(found, as_json, heads, rows, "no gateways yet: hotspot hub enrolment create HALL")


@gateway.command("show")
@click.argument("name")
@json_option
def show_gateway(name: str, as_json: bool) -> None:
    """One gateway: how it is, and its credentials."""
    found = ask_hub("show the gateway", "GET", f"/gateways/{quote(name, safe='')}")
    show_one(found if as_json else found["gateway"], as_json)
    if not as_json:
        rows = [
            [moment(one["made"]), moment(one["used"]), moment(one["ended"]), one["why"] or ("in use" if one["used"] else "not used yet")]
            for one in found["credentials"]
        ]
        click.echo(table(["credential made", "first used", "ended", ""], rows))


@gateway.command("revoke")
@click.argument("name")
@click.option("--confirm", required=True, metavar="NAME", help="The name once more: the box is shut out at once.")
@json_option
def revoke(name: str, confirm: str, as_json: bool) -> None:
    """The box is shut out at once; it comes back only with a fresh token (enrolment create --replaces)."""
    if confirm != name:
        fail(f"cannot revoke {name}: --confirm {confirm}: expected the same name")
    show_one(ask_hub("revoke the gateway", "POST", f"/gateways/{quote(name, safe='')}/revoke"), as_json)


@gateway.command("rotate")
@click.argument("name")
@json_option
def rotate(name: str, as_json: bool) -> None:
    """The gateway gets another credential with its next report."""
    show_one(ask_hub("rotate the credential", "POST", f"/gateways/{quote(name, safe='')}/rotate"), as_json)


def _policy(one: dict[str, Any]) -> str:
    return f"{one['policy'] or '-'}" + (f", REFUSES {one['policy_refused']}" if one["policy_refused"] else "")


# Orders -----------------------------------------------------------------------------------------------------------------------------


@click.group()
def order() -> None:
    """Tell a gateway to do something now. Exit status 1 when it was not done."""


_zone = click.option("--zone", help="For a device that is known in several; without it where it was last.")
_for = click.option("--time", "seconds", callback=_seconds, help='How long, such as "2 h".')


def _give(gateway: str, as_json: bool, **wanted: Any) -> None:
    """Give an order, say what became of it, and end with the status that says so."""
    body = {"wait": WAIT, **{key: value for key, value in wanted.items() if value is not None}}
    _tell(ask_hub("give the order", "POST", f"/gateways/{quote(gateway, safe='')}/orders", body), as_json)


def _tell(given: dict[str, Any], as_json: bool) -> None:
    answer = given["answer"] or {}
    if as_json:
        print_json(given)
    elif given["state"] == "refused":
        click.echo(f"{given['gateway']} refused: {answer['message']}")
    elif given["state"] != "done":
        click.echo(f"{given['gateway']} has not answered; the order is {given['state']}: hotspot hub order show {given['id']}")
    elif answer["type"] == "done":
        click.echo(f"{answer['code']} is {answer['state']} now")
    elif answer["type"] == "sessions":
        rows = [[one["code"], one["zone"], one["plan"], f"{one['seconds_left'] // 60} min"] for one in answer["sessions"]]
        click.echo(table(["device", "zone", "plan", "time left"], rows) if rows else "nobody is online")
    else:
        click.echo(_portal(given["gateway"], answer))
    sys.exit(0 if given["state"] == "done" else 1)


def _portal(gateway: str, answer: dict[str, Any]) -> str:
    """As ``hotspot status`` says it there. A gateway of another version may say less or more: then its keys."""
    import msgspec

    from hotspot import control
    from hotspot.console_status import portal_status

    try:
        return f"{gateway}\n{portal_status(msgspec.convert(answer, control.StatusIs))}"
    except msgspec.ValidationError:
        return table([gateway, ""], [[key, str(value)] for key, value in answer.items() if key != "type"])


@order.command("end")
@click.argument("gateway")
@click.argument("code")
@_zone
@json_option
def end(gateway: str, code: str, zone: str | None, as_json: bool) -> None:
    """End the session of device CODE at GATEWAY; its visitor may accept again."""
    _give(gateway, as_json, order="end", code=code, zone=zone)


@order.command("block")
@click.argument("gateway")
@click.argument("code")
@click.option("--reason", help="Shown to the visitor.")
@_for
@_zone
@json_option
def block(gateway: str, code: str, reason: str | None, seconds: float | None, zone: str | None, as_json: bool) -> None:
    """End the session of device CODE at GATEWAY and keep it out; without --time until it is lifted."""
    _give(gateway, as_json, order="block", code=code, reason=reason, seconds=seconds, zone=zone)


@order.command("unblock")
@click.argument("gateway")
@click.argument("code")
@_zone
@json_option
def unblock(gateway: str, code: str, zone: str | None, as_json: bool) -> None:
    """Lift the block of device CODE at GATEWAY."""
    _give(gateway, as_json, order="unblock", code=code, zone=zone)


@order.command("allow")
@click.argument("gateway")
@click.argument("code")
@click.option("--plan", help="Without it the zone's first.")
@_for
@_zone
@json_option
def allow(gateway: str, code: str, plan: str | None, seconds: float | None, zone: str | None, as_json: bool) -> None:
    """Let device CODE in at GATEWAY without an acceptance; without --time for the time of the plan."""
    _give(gateway, as_json, order="allow", code=code, plan=plan, seconds=seconds, zone=zone)


@order.command("status")
@click.argument("gateway")
@json_option
def status(gateway: str, as_json: bool) -> None:
    """How GATEWAY is at this moment, from itself."""
    _give(gateway, as_json, order="status")


@order.command("sessions")
@click.argument("gateway")
@json_option
def sessions(gateway: str, as_json: bool) -> None:
    """The sessions in progress at GATEWAY, by device code."""
    _give(gateway, as_json, order="sessions")


@order.command("show")
@click.argument("order_id", metavar="ID")
@json_option
def show_order(order_id: str, as_json: bool) -> None:
    """What became of an order of the last hour."""
    _tell(ask_hub("show the order", "GET", f"/orders/{quote(order_id, safe='')}"), as_json)
