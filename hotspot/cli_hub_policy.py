"""``hotspot hub policy …``: what the halls are told, as documents of host, partners, halls and zones."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspot.console import fail, json_option, print_json
from hotspot.console_hub import ask_hub, hub_client, moment, refusal, show, show_one
from hotspot.hub_client import part

if TYPE_CHECKING:
    from hotspot.policy_text import Text

_SECONDS = 120.0
"""Longest silence while the hub checks a change."""


@click.group()
def policy() -> None:
    """What the halls are told: plans, hours, terms, pages, themes, services.

    SCOPE is host, partner/NAME, hall/NAME or zone/HALL/ZONE; each inherits from those above it. FILE is TOML in the shape of portal.toml.
    """


# Documents ----------------------------------------------------------------------------------------------------------------------------


@policy.command("show")
@click.argument("scope")
@click.option("--serial", type=int, help="As it was after this change.")
@click.option("--output", type=click.Path(path_type=Path), help="Write a file to be edited, and beside it the files that it names.")
@json_option
def show_document(scope: str, serial: int | None, output: Path | None, as_json: bool) -> None:
    """What SCOPE itself says, as TOML."""
    from hotspot.policy_text import CannotRead, write

    found = ask_hub("show the policy", "GET", "/policy/document", scope=scope, serial=serial)
    if as_json:
        print_json(found)
        return
    try:
        text = write(found["document"], found["scope"], found["serial"])
        if output is None:
            click.echo(text, nl=False)
            return
        if output.exists():
            fail(f"cannot write {output}: it is there already")
        for name, digest in found["files"].items():
            (output.parent / name).write_bytes(_fetched(digest))
        output.write_text(text, encoding="utf-8")
    except CannotRead as error:
        fail(str(error))
    except OSError as error:
        fail(f"cannot write {output}: {error.strerror or error}")


def _fetched(digest: str) -> bytes:
    from hotspot.hub_client import HubRefused, HubUnavailable

    try:
        return hub_client(_SECONDS).fetch("GET", f"/policy/files/{digest}")
    except HubUnavailable as error:
        fail(str(error))
    except HubRefused as error:
        fail(refusal("fetch a file of the policy", error))


@policy.command("explain")
@click.argument("hall")
@click.option("--key", default="", help="Only what begins so, as plans.free.")
@json_option
def explain(hall: str, key: str, as_json: bool) -> None:
    """Everything that goes for HALL, and where each value comes from."""
    from msgspec.json import encode

    found = ask_hub("explain the policy", "GET", f"/halls/{part(hall)}/policy")
    found["values"] = [one for one in found["values"] if one["key"].startswith(key)]
    if as_json:
        print_json(found)
        return
    rows = [
        [
            one["key"],
            "(removed)" if one["removed"] else _short(encode(one["value"]).decode()),
            one["scope"],
            str(one["serial"]),
            one["author"],
            moment(one["at"]),
            ", ".join(f"{hidden['scope']}: {_short(encode(hidden['value']).decode())}" for hidden in one["hides"]),
        ]
        for one in found["values"]
    ]
    show(found, False, ["key", "value", "from", "change", "by", "at", "hides"], rows, f"nothing is said for {hall}")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


# Changing -----------------------------------------------------------------------------------------------------------------------------

_pairs = click.argument("pairs", nargs=-1, required=True, metavar="SCOPE FILE [SCOPE FILE]...")


@policy.command("check")
@_pairs
@json_option
def check(pairs: Sequence[str], as_json: bool) -> None:
    """What a change would do to every hall; nothing is stored. Exit status 1 when a gateway would refuse."""
    found = _asked("check the policy", "/policy/check", {"documents": _documents(pairs)})
    if as_json:
        print_json(found)
    else:
        _print_check(found)
    if not found["valid"]:
        fail("the change is not valid")


def _print_check(found: dict[str, Any]) -> None:
    for objection in found["objections"]:
        click.echo(f"not valid: {objection}")
    if found["conflict"]:
        click.echo(f"not now: {found['conflict']}")
    groups: dict[tuple[str, ...], list[str]] = {}
    for hall in found["halls"]:
        objection = [f"not valid: {hall['objection']}"] if hall["objection"] else []
        groups.setdefault((*objection, *_lines(hall["differences"])), []).append(hall["hall"])
    for lines, halls in groups.items():
        click.echo(f"{', '.join(halls[:5])}{f' and {len(halls) - 5} more' if len(halls) > 5 else ''}:")
        click.echo("\n".join(f"  {line}" for line in lines))
    if not groups and not found["objections"]:
        click.echo("no hall would be told anything else")


def _lines(differences: Sequence[dict[str, Any]]) -> list[str]:
    from msgspec.json import encode

    def shown(value: Any) -> str:
        return _short(encode(value).decode())

    lines = []
    for one in differences:
        before, after = shown(one.get("before")), shown(one.get("after"))
        match one["kind"]:
            case "added":
                lines.append(f"+ {one['key']} = {after}")
            case "removed":
                lines.append(f"- {one['key']} = {before}")
            case _:
                lines.append(f"  {one['key']} = {before} -> {after}")
    return lines


@policy.command("apply")
@_pairs
@click.option("--note", default="", help="Why, for the history.")
@click.option("--base", type=int, help="Serial of the version that was edited; without it the one in the first line of FILE.")
@click.option("--stage", "stages", multiple=True, help="Some halls first: names with commas, or a share as 25%. Several times.")
@click.option("--wait", help='The next stage begins by itself after this time when all gateways apply the change, as "1 h".')
@json_option
def apply(pairs: Sequence[str], note: str, base: int | None, stages: Sequence[str], wait: str | None, as_json: bool) -> None:
    """Change the documents, together, in all halls at once or in stages."""
    from hotspot.session.quantities import parse_seconds

    documents = _documents(pairs)
    if base is not None and len(documents) > 1:
        raise click.UsageError("--base goes with one document")
    if base is not None:
        documents[0]["base"] = base
    body: dict[str, Any] = {"documents": documents, "note": note}
    if stages:
        body["stages"] = [_stage(text) for text in stages]
    if wait is not None:
        try:
            body["wait"] = parse_seconds(wait)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--wait") from None
    _print_changed(_asked("change the policy", "/policy/changes", body), as_json)


def _stage(text: str) -> dict[str, Any]:
    if text.endswith("%"):
        try:
            return {"percent": int(text[:-1])}
        except ValueError:
            raise click.BadParameter(f"{text!r}: expected a share such as 25%", param_hint="--stage") from None
    return {"halls": [name.strip() for name in text.split(",") if name.strip()]}


def _print_changed(done: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    where = f"{done['given']} of {done['halls']} halls are told something else"
    click.echo(f"change {done['serial']}: {where}{': the first stage' if done['staged'] else ''}")


def _documents(pairs: Sequence[str]) -> list[dict[str, Any]]:
    """Scopes and files as the API takes them; the files that they name are brought first."""
    from hotspot.policy_text import CannotRead, read

    if len(pairs) % 2:
        raise click.UsageError("expected SCOPE FILE, and more of such pairs")
    found = []
    for scope, name in zip(pairs[::2], pairs[1::2], strict=True):
        try:
            text = read(Path(name))
        except CannotRead as error:
            fail(str(error), 2)
        if text.scope not in (None, scope):
            fail(f"cannot use {name}: it is the document of {text.scope}, not of {scope}: expected its first line to name {scope}", 2)
        found.append({"scope": scope, "base": text.base, "document": text.document, "files": _brought(text)})
    return found


def _brought(text: "Text") -> dict[str, str]:
    """Bring the files; their SHA-256 by name."""
    from hotspot.hub_client import HubRefused, HubUnavailable

    found = {}
    for name, path in text.files.items():
        try:
            found[name] = hub_client(_SECONDS).send("POST", "/policy/files", path.read_bytes())["sha256"]
        except OSError as error:
            fail(f"cannot read {path}: {error.strerror or error}", 2)
        except HubUnavailable as error:
            fail(str(error))
        except HubRefused as error:
            fail(refusal(f"bring {path}", error))
    return found


def _asked(what: str, path: str, body: Any) -> Any:
    """As ``ask_hub``, with more patience."""
    from hotspot.hub_client import HubRefused, HubUnavailable

    try:
        return hub_client(_SECONDS).ask("POST", path, body)
    except HubUnavailable as error:
        fail(str(error))
    except HubRefused as error:
        fail(refusal(what, error))


# History ------------------------------------------------------------------------------------------------------------------------------


@policy.command("history")
@click.option("--scope", help="Only changes of this document.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many.")
@json_option
def history(scope: str | None, limit: int, as_json: bool) -> None:
    """Who changed what, the newest first."""
    found = ask_hub("list the changes", "GET", "/policy/changes", scope=scope, limit=limit)
    if as_json:
        print_json(found)
        return
    for one in found:
        kind = f" (takes back {one['rolls_back']})" if one["rolls_back"] else ""
        click.echo(f"{one['serial']}  {moment(one['at'])}  {one['author']}{kind}  {', '.join(one['scopes'])}  {one['note']}".rstrip())
        for document in one["documents"]:
            click.echo("\n".join(f"    {document['scope']}: {line}" for line in _lines(document["differences"])))
    if not found:
        click.echo("nothing was ever changed")


@policy.command("rollback")
@click.argument("serial", type=int)
@click.option("--note", default="", help="Why, for the history.")
@json_option
def rollback(serial: int, note: str, as_json: bool) -> None:
    """Take change SERIAL back, in all halls at once; if it is still on its way, that ends."""
    _print_changed(_asked("take the change back", f"/policy/changes/{serial}/rollback", {"note": note}), as_json)


# Halls and roll-outs ------------------------------------------------------------------------------------------------------------------


@policy.command("halls")
@click.option("--partner", help="Only halls of this partner.")
@json_option
def halls(partner: str | None, as_json: bool) -> None:
    """Which hall has which policy, and why not."""
    found = ask_hub("list the halls", "GET", "/policy/halls", partner=partner)
    rows = [
        [one["hall"], one["gateway"] or "-", str(one["wanted"]), str(one["in_force"]), one["state"], moment(one["seen_at"]), one["error"]]
        for one in found
    ]
    show(found, as_json, ["hall", "gateway", "wanted", "in force", "state", "seen", "error"], rows, "there are no halls")


@policy.group("rollout")
def rollout() -> None:
    """Changes that reach their halls in stages."""


@rollout.command("list")
@click.option("--unfinished", is_flag=True, help="Only those that have not reached all of their halls.")
@json_option
def list_rollouts(unfinished: bool, as_json: bool) -> None:
    """The newest first."""
    found = ask_hub("list the roll-outs", "GET", "/policy/rollouts", unfinished=unfinished)
    rows = [[str(one["serial"]), one["state"], f"{one['stage']} of {one['stages']}", ", ".join(one["scopes"]), one["why"]] for one in found]
    show(found, as_json, ["change", "state", "stage", "scopes", "why"], rows, "there are none")


@rollout.command("show")
@click.argument("serial", type=int)
@json_option
def show_rollout(serial: int, as_json: bool) -> None:
    """How far change SERIAL is, and which halls it waits for."""
    show_one(ask_hub("show the roll-out", "GET", f"/policy/rollouts/{serial}"), as_json)


@rollout.command("advance")
@click.argument("serial", type=int)
@json_option
def advance(serial: int, as_json: bool) -> None:
    """The next stage of change SERIAL, also of one that had stopped."""
    show_one(ask_hub("advance the roll-out", "POST", f"/policy/rollouts/{serial}/advance"), as_json)


@rollout.command("stop")
@click.argument("serial", type=int)
@json_option
def stop(serial: int, as_json: bool) -> None:
    """No further stage of change SERIAL begins by itself."""
    show_one(ask_hub("stop the roll-out", "POST", f"/policy/rollouts/{serial}/stop"), as_json)
