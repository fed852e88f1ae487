"""``hotspot hub login``, ``user``, ``token``, ``audit``: who may work with the hub, and who did what."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from hotspot.console import fail, json_option, print_json
from hotspot.console_hub import ask_hub, hub_client, hub_login, moment, refusal, show, show_one
from hotspot.hub_client import Client, HubRefused, HubUnavailable, Login, login_file, part
from hotspot.hub_client import login as known

ROLES = ("host-admin", "host-operator", "partner-editor", "partner-viewer")
PERMISSIONS = ("see", "operate", "edit", "admin", "metrics")


def _password(confirm: bool = False, text: str = "Password") -> str:
    """Asked for at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(text, hide_input=True, confirmation_prompt=confirm, err=True))
    return sys.stdin.readline().rstrip("\r\n")


# Oneself ----------------------------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("url")
@click.option("--user", "name", help="Log in with a password, which is asked for (or read from standard input).")
@click.option("--with-token", is_flag=True, help="Take over a token, which is asked for (or read from standard input).")
@click.option("--authority", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file of its certificate's authority.")
@json_option
def login(url: str, name: str | None, with_token: bool, authority: Path | None, as_json: bool) -> None:
    """Log in at the hub with address URL; later commands go there, until the login ends (12 hours) or the token does."""
    if (name is None) == (not with_token):
        raise click.UsageError("give either --user or --with-token")
    chosen = click.get_current_context().meta["hotspot.hub"]["authority"] if authority is None else str(authority.resolve())
    try:
        before = known(os.environ, url, chosen)
        where = Login(url=before.url, authority=before.authority)
        if name is None:
            token = _password(text="Token").strip()
        else:
            token = _token_for(Client(where), name)
        mine = Login(url=where.url, authority=where.authority, token=token)
        me = Client(mine).ask("GET", "/me")
    except HubUnavailable as error:
        fail(str(error))
    except HubRefused as error:
        fail(f"cannot log in: {error}")
    path = login_file(os.environ)
    try:
        _keep(path, mine)
    except OSError as error:
        fail(f"cannot keep the login: {path}: {error.strerror or error}")
    if as_json:
        print_json(me)
    else:
        click.echo(f"logged in as {me['user']} ({me['role']}) at {where.url}; kept in {path}")


def _token_for(client: Client, name: str) -> str:
    """Ask for the password, and for a code where the hub wants one too. Raises ``HubRefused`` and ``HubUnavailable``."""
    wanted = {"name": name, "password": _password()}
    try:
        issued = client.ask("POST", "/login", wanted)
    except HubRefused as error:
        if error.code != "code_wanted":
            raise
        issued = client.ask("POST", "/login", {**wanted, "code": _password(text="Code of your app, or a recovery code")})
    return str(issued["token"])


def _keep(path: Path, login: Login) -> None:
    """For its owner alone, whole or not at all. Raises ``OSError``."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{key} = {_toml(value)}\n" for key in ("url", "authority", "token") if (value := getattr(login, key)))
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)


def _toml(text: str) -> str:
    """A basic string of TOML: those of JSON are."""
    import json

    return json.dumps(text)


@click.command()
@json_option
def logout(as_json: bool) -> None:
    """End the token that commands use, and forget it."""
    path = login_file(os.environ)
    ask_hub("log out", "POST", "/logout")
    path.unlink(missing_ok=True)
    if as_json:
        print_json({"forgotten": str(path)})
    else:
        click.echo("logged out")


@click.command()
@json_option
def whoami(as_json: bool) -> None:
    """Whose token commands use, and what it can do."""
    found = ask_hub("ask who you are", "GET", "/me")
    show_one(found if as_json else {"hub": hub_login().url, **found, "permissions": ", ".join(found["permissions"])}, as_json)


# Users ------------------------------------------------------------------------------------------------------------------------------


@click.group()
def user() -> None:
    """Who may work with the hub."""


@user.command("list")
@click.option("--partner", help="Only the people of this town.")
@json_option
def list_users(partner: str | None, as_json: bool) -> None:
    """All users, disabled ones too."""
    found: list[dict[str, Any]] = []
    while True:
        page = ask_hub("list the users", "GET", "/users", partner=partner, after=found[-1]["name"] if found else None, limit=1_000)
        found += page
        if len(page) < 1_000:
            break
    rows = [
        [
            one["name"],
            one["role"],
            one["partner"] or "-",
            one["full_name"] or "-",
            "yes" if one["has_password"] else "no",
            moment(one["disabled_at"]),
        ]
        for one in found
    ]
    show(found, as_json, ["name", "role", "partner", "full name", "password", "disabled"], rows, "there are no users")


@user.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--partner", help="The town, for the roles of a partner.")
@click.option("--full-name", default="")
@click.option("--email", default="")
@json_option
def create_user(name: str, role: str, partner: str | None, full_name: str, email: str, as_json: bool) -> None:
    """Somebody who shall work with the hub, or a program; next: 'hotspot hub user password NAME' or 'hotspot hub token create'."""
    wanted = {"name": name, "role": role, "partner": partner, "full_name": full_name, "email": email}
    show_one(ask_hub("create the user", "POST", "/users", wanted), as_json)


@user.command("show")
@click.argument("name")
@json_option
def show_user(name: str, as_json: bool) -> None:
    """One user."""
    show_one(ask_hub("show the user", "GET", f"/users/{part(name)}"), as_json)


@user.command("change")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES))
@click.option("--partner", help="The town, for the roles of a partner; '' for those of the host.")
@click.option("--full-name")
@click.option("--email")
@json_option
def change_user(name: str, role: str | None, partner: str | None, full_name: str | None, email: str | None, as_json: bool) -> None:
    """Another role, town, full name or address."""
    wanted: dict[str, Any] = {"role": role, "full_name": full_name, "email": email}
    wanted = {key: value for key, value in wanted.items() if value is not None}
    if partner is not None:
        wanted["partner"] = partner or None
    if not wanted:
        raise click.UsageError("nothing to change: give at least one option")
    show_one(ask_hub("change the user", "PATCH", f"/users/{part(name)}", wanted), as_json)


@user.command("disable")
@click.argument("name")
@json_option
def disable(name: str, as_json: bool) -> None:
    """Somebody gets in no more; all their tokens end."""
    show_one(ask_hub("disable the user", "PATCH", f"/users/{part(name)}", {"disabled": True}), as_json)


@user.command("enable")
@click.argument("name")
@json_option
def enable(name: str, as_json: bool) -> None:
    """Somebody who was disabled gets in again, with the password of before or with new tokens."""
    show_one(ask_hub("enable the user", "PATCH", f"/users/{part(name)}", {"disabled": False}), as_json)


@user.command("password")
@click.argument("name", required=False)
def password(name: str | None) -> None:
    """Give user NAME a password, which is asked for (or read from standard input); without NAME change your own: first the old one."""
    if name is None:
        old = _password(text="Old password")
        ask_hub("change your password", "PUT", "/me/password", {"old": old, "new": _password(True, "New password")})
    else:
        ask_hub("set the password", "PUT", f"/users/{part(name)}/password", {"password": _password(True, f"Password of {name}")})
    click.echo("done; other logins with the old one have ended", err=True)


@user.command("sessions")
@click.argument("name")
@click.option("--end", is_flag=True, help="End all of them, and all logins.")
@json_option
def sessions(name: str, end: bool, as_json: bool) -> None:
    """Where user NAME is logged in at the console."""
    if end:
        show_one(ask_hub("end the sessions", "DELETE", f"/users/{part(name)}/sessions"), as_json)
        return
    found = ask_hub("list the sessions", "GET", f"/users/{part(name)}/sessions")
    rows = [[one["client"] or "-", moment(one["created_at"]), moment(one["used_at"]), moment(one["expires_at"])] for one in found]
    show(found, as_json, ["browser", "since", "last used", "until"], rows, "there are no sessions")


@user.command("reset-factors")
@click.argument("name")
@json_option
def reset_factors(name: str, as_json: bool) -> None:
    """User NAME has lost their second factor: take away apps, passkeys and recovery codes, and end all that is going on. Make sure that it
    is them who ask."""
    show_one(ask_hub("reset the factors", "DELETE", f"/users/{part(name)}/factors"), as_json)


# Tokens -----------------------------------------------------------------------------------------------------------------------------

_owner = click.option("--user", "owner", help="Of this user; without it your own.")


def _tokens_of(owner: str | None) -> str:
    return "/me/tokens" if owner is None else f"/users/{part(owner)}/tokens"


@click.group()
def token() -> None:
    """Tokens for programs."""


@token.command("list")
@_owner
@json_option
def list_tokens(owner: str | None, as_json: bool) -> None:
    """The tokens in force."""
    found = ask_hub("list the tokens", "GET", _tokens_of(owner))
    rows = [[one["name"], ", ".join(one["permissions"]), moment(one["expires_at"]), moment(one["last_used_at"])] for one in found]
    show(found, as_json, ["name", "permissions", "until", "last used"], rows, "there are no tokens in force")


@token.command("create")
@click.argument("name")
@_owner
@click.option(
    "--permission", "permissions", type=click.Choice(PERMISSIONS), multiple=True, required=True, help="May be given several times."
)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="Until it expires.")
@json_option
def create_token(name: str, owner: str | None, permissions: Sequence[str], days: int, as_json: bool) -> None:
    """A token called NAME, such as grafana; it is shown once, alone on standard output."""
    made = ask_hub("create the token", "POST", _tokens_of(owner), {"name": name, "permissions": sorted(set(permissions)), "days": days})
    if as_json:
        print_json(made)
    else:
        click.echo(made["token"])
        click.echo(f"until {moment(made['expires_at'])}; it is not shown again", err=True)


@token.command("revoke")
@click.argument("name")
@_owner
@json_option
def revoke_token(name: str, owner: str | None, as_json: bool) -> None:
    """Token NAME is of no use any more, at once."""
    ask_hub("revoke the token", "DELETE", f"{_tokens_of(owner)}/{part(name)}")
    if as_json:
        print_json({"revoked": name})
    else:
        click.echo(f"{name} is revoked")


# Audit ------------------------------------------------------------------------------------------------------------------------------


@click.command()
@click.option("--since", help="From this moment on, as 2027-01-31 or 2027-01-31T08:00:00Z.")
@click.option("--until", help="Before this moment.")
@click.option("--partner", help="About this town.")
@click.option("--hall", help="About this hall.")
@click.option("--actor", help="By whom, as 'user anna'.")
@click.option("--action", help="What, as hall.create; 'hall.' stands for all that begin so.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many; the newest first.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path, allow_dash=True), help="Write all of them as CSV; - is standard output.")
@json_option
def audit(since: str | None, until: str | None, limit: int, csv_file: Path | None, as_json: bool, **wanted: str | None) -> None:
    """Who changed what and when."""
    query: dict[str, Any] = {**wanted, "since": _instant(since, "--since"), "until": _instant(until, "--until")}
    if csv_file is not None:
        _write_csv(csv_file, query)
        return
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while len(found) < limit:
        page = ask_hub("read the audit log", "GET", "/audit", limit=min(1_000, limit - len(found)), cursor=cursor, **query)
        found, cursor = found + page["entries"], page["next"]
        if cursor is None:
            break
    rows = [
        [moment(one["at"]), one["actor"], one["action"], one["partner"] or "-", one["hall"] or "-", one["subject"] or "-"] for one in found
    ]
    show(found, as_json, ["at", "by", "what", "partner", "hall", "to"], rows, "there are no such entries")


def _instant(text: str | None, option: str) -> str | None:
    """A moment as the API wants it; a day begins at midnight of this machine's time zone."""
    from datetime import datetime

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r}: expected a moment such as 2027-01-31 or 2027-01-31T08:00:00Z", param_hint=option) from None
    return (found if found.tzinfo else found.astimezone()).isoformat()


def _write_csv(path: Path, query: dict[str, Any]) -> None:
    client = hub_client()
    try:
        pieces = client.pieces("GET", "/audit.csv", **query)
        if str(path) == "-":
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        first = next(pieces, b"")  # before the file is made: a refusal leaves none
        with path.open("wb") as file:
            file.write(first)
            file.writelines(pieces)
    except HubUnavailable as error:
        fail(str(error))
    except HubRefused as error:
        fail(refusal("read the audit log", error))
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror or error}")
