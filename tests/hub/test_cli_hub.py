"""``hotspot hub …`` against a real hub: what a person reads, what a program reads, and how it ends when it cannot."""

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hotspot.cli import main
from hotspot.console import table
from hotspot.console_hub import show_one
from hotspot.hub.hub import Hub
from tests.hub import town
from tests.hub.conftest import Api

pytestmark = pytest.mark.hub

GOOD = "Rote Rüben im Rathaus"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any login; this machine's time is UTC."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    for name in ("XDG_CONFIG_HOME", "HOTSPOT_HUB_URL", "HOTSPOT_HUB_TOKEN", "HOTSPOT_HUB_AUTHORITY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


async def run(*words: str, typed: str = "", environ: dict[str, str] | None = None) -> Result:
    """Run a command beside the loop of the hub."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(main, ["hub", *words], input=typed, env=environ))


async def works(*words: str, typed: str = "") -> str:
    """What a command prints that works."""
    result = await run(*words, typed=typed)
    assert result.exit_code == 0, (words, result.output)
    return result.stdout


async def asked(*words: str, typed: str = "") -> Any:
    """The same for a program."""
    return json.loads(await works(*words, "--json", typed=typed))


@pytest.fixture
async def admin(api: Api, home: Path) -> Path:
    """The administrator is logged in."""
    await works("login", api.base, "--with-token", typed=f"{api.token}\n")
    return home


async def test_a_command_on_the_hub_itself_needs_no_login(api: Api, hub: Hub, home: Path) -> None:
    """``--here`` asks by the settings; nothing is kept; who cannot read them or the database is told so."""
    settings = home / "hub.toml"
    settings.write_text(f'database = "{hub.settings.database}"\nlisten = ["{api.base.removeprefix("http://")}"]\nproxies = ["::1"]\n')
    own = ("--here", "--here-config", str(settings))
    assert (await asked(*own, "whoami"))["user"] == "hub"
    await works(*own, "partner", "create", "kleinheim", "--title", "Gemeinde Kleinheim")
    await works(*own, "hall", "create", "rathaus", "--partner", "kleinheim", "--title", "Rathaus")
    assert (await asked(*own, "enrolment", "create", "rathaus"))["token"].startswith("hse_")
    assert sorted(path.name for path in home.iterdir()) == ["hub.toml"]
    result = await run("--here", "--here-config", str(home / "away.toml"), "whoami")
    assert (result.exit_code, "cannot read" in result.stderr) == (2, True)
    assert (await run(*own, "--token-file", str(settings), "whoami")).exit_code == 2


async def test_login_with_a_token_and_with_a_password(api: Api, home: Path) -> None:
    """It is kept for its owner alone, used by later commands, and gone after logging out."""
    result = await run("whoami")
    assert (result.exit_code, result.stderr[:40]) == (1, "cannot ask the hub: url = '': expected a")
    file = home / ".config/hotspot/hub.toml"
    said = await works("login", f"{api.base}/", "--with-token", typed=f"{api.token}\n")
    assert said == f"logged in as admin (host-admin) at {api.base}; kept in {file}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == f'url = "{api.base}"\ntoken = "{api.token}"\n'
    await works("partner", "create", "kleinheim", "--title", "Gemeinde Kleinheim")
    await works("user", "create", "anna", "--role", "partner-editor", "--partner", "kleinheim", "--full-name", "Anna Muster")
    await works("user", "password", "anna", typed=f"{GOOD}\n")
    refused = await run("login", api.base, "--user", "anna", typed="wrong\n")
    assert (refused.exit_code, refused.stderr) == (1, "cannot log in: name, password: expected those of a user who may log in\n")
    assert (await asked("whoami"))["user"] == "admin"
    await works("login", api.base, "--user", "anna", typed=f"{GOOD}\n")
    heads, rows = ["hub", api.base], [["user", "anna"], ["full name", "Anna Muster"], ["role", "partner-editor"], ["partner", "kleinheim"]]
    assert await works("whoami") == table(heads, [*rows, ["permissions", "edit, metrics, operate, see"]]) + "\n"
    assert (await works("logout"), file.exists()) == ("logged out\n", False)
    for words in ([], ["--user", "a", "--with-token"]):
        assert (await run("login", api.base, *words)).exit_code == 2


async def test_partners_and_halls(api: Api, admin: Path) -> None:
    """From nothing to a hall and to its end, as a person and as a program."""
    assert await works("partner", "list") == "there are no partners yet: hotspot hub partner create\n"
    made = await asked("partner", "create", "kleinheim", "--title", "Gemeinde Kleinheim")
    assert (made["name"], made["title"]) == ("kleinheim", "Gemeinde Kleinheim")
    said = await works("hall", "create", "kleinheim-rathaus", "--partner", "kleinheim", "--title", "Rathaus")
    assert said.splitlines()[:4] == [
        "name       kleinheim-rathaus",
        "partner    kleinheim",
        "title      Rathaus",
        "time zone  Europe/Berlin",
    ]
    assert (await asked("hall", "change", "kleinheim-rathaus", "--title", "Altes Rathaus"))["title"] == "Altes Rathaus"
    hall = await asked("hall", "show", "kleinheim-rathaus")
    since = hall["created_at"][:16].replace("T", " ")
    expected = table(
        ["name", "partner", "title", "time zone", "since", "closed"],
        [["kleinheim-rathaus", "kleinheim", "Altes Rathaus", "Europe/Berlin", since, "-"]],
    )
    assert await works("hall", "list", "--partner", "kleinheim") == f"{expected}\n"
    assert (await asked("partner", "change", "kleinheim", "--contact", "Frau Klein"))["contact"] == "Frau Klein"
    assert (await run("partner", "change", "kleinheim")).exit_code == 2
    assert (await run("hall", "close", "kleinheim-rathaus", "--confirm", "another")).exit_code == 2
    closed = await works("hall", "close", "kleinheim-rathaus", "--confirm", "kleinheim-rathaus")
    assert closed == "halls closed      kleinheim-rathaus\ngateways revoked  none\nusers disabled    none\n"
    assert await asked("partner", "leave", "kleinheim", "--confirm", "kleinheim") == {"halls": [], "gateways": [], "users": []}


async def test_users_and_tokens(api: Api, admin: Path) -> None:
    """Made, listed, changed, disabled; a token is printed once, alone on standard output."""
    await works("partner", "create", "kleinheim", "--title", "Gemeinde Kleinheim")
    await works("user", "create", "karl", "--role", "partner-viewer", "--partner", "kleinheim")
    assert (await asked("user", "change", "karl", "--role", "partner-editor"))["role"] == "partner-editor"
    assert (await asked("user", "change", "karl", "--role", "host-operator", "--partner", ""))["partner"] is None
    assert await works("user", "list") == table(
        ["name", "role", "partner", "full name", "password", "disabled"],
        [["admin", "host-admin", "-", "-", "no", "-"], ["karl", "host-operator", "-", "-", "no", "-"]],
    ) + "\n"  # fmt: skip
    token = (await works("token", "create", "grafana", "--user", "karl", "--permission", "metrics", "--permission", "see")).strip()
    (admin / "token").write_text(f"{token}\n")
    whoami = await run("--token-file", str(admin / "token"), "whoami", "--json")
    assert json.loads(whoami.stdout)["permissions"] == ["metrics", "see"]
    refused = await run("--token-file", str(admin / "token"), "user", "list")
    why = "listUsers needs the permission 'admin', which this token has not; ask an administrator of the host for another role or token"
    assert (refused.exit_code, refused.stderr) == (1, f"cannot list the users: {why}\n")
    assert [one["name"] for one in await asked("token", "list", "--user", "karl")] == ["grafana"]
    assert await works("token", "revoke", "grafana", "--user", "karl") == "grafana is revoked\n"
    assert await works("token", "list", "--user", "karl") == "there are no tokens in force\n"
    revoked = await run("--token-file", str(admin / "token"), "whoami")
    assert revoked.stderr.endswith("log in with 'hotspot hub login', or give a token with HOTSPOT_HUB_TOKEN\n")
    assert (await asked("user", "disable", "karl"))["disabled_at"] is not None
    assert (await asked("user", "enable", "karl"))["disabled_at"] is None
    assert (await asked("user", "show", "karl"))["name"] == "karl"
    assert (await run("--token-file", str(admin / "none"), "whoami")).exit_code == 2


async def test_the_audit_log(api: Api, admin: Path) -> None:
    """As a table, as JSON, as a file; a file that cannot be written, and a refusal that leaves none."""
    await works("partner", "create", "kleinheim", "--title", "Gemeinde Kleinheim")
    (entry,) = await asked("audit", "--action", "partner.")
    at = entry["at"][:16].replace("T", " ")
    assert await works("audit", "--action", "partner.") == table(
        ["at", "by", "what", "partner", "hall", "to"], [[at, "user admin", "partner.create", "kleinheim", "-", "-"]]
    ) + "\n"  # fmt: skip
    assert await works("audit", "--since", "2100-01-01") == "there are no such entries\n"
    file = admin / "audit.csv"
    await works("audit", "--csv", str(file))
    with file.open(encoding="utf-8", newline="") as lines:
        assert [row["action"] for row in csv.DictReader(lines)] == ["partner.create"]
    assert (await works("audit", "--csv", "-")).splitlines()[0] == "at,actor,action,partner,hall,subject,detail"
    bad = await run("audit", "--csv", str(admin / "no" / "audit.csv"))
    assert (bad.exit_code, bad.stderr) == (1, f"cannot write {admin / 'no' / 'audit.csv'}: No such file or directory\n")
    refused = await run("audit", "--csv", str(admin / "b.csv"), "--partner", "A B")
    assert (refused.exit_code, (admin / "b.csv").exists(), refused.stderr[:35]) == (1, False, "cannot read the audit log: query: e")
    assert (await run("audit", "--since", "gestern")).exit_code == 2


async def test_on_the_hub_itself(empty_database: str, home: Path) -> None:
    """Tables, the first administrator once, and what is wrong with the settings or the database in one line."""
    config = home / "hub.toml"
    config.write_text(f'database = "{empty_database}"\n')
    early = await run("first-admin", "root", "--config", str(config))
    assert (early.exit_code, early.stderr) == (
        1, "cannot make the first administrator: the tables are not there yet: run 'hotspot hub migrate'\n",
    )  # fmt: skip
    assert (await works("migrate", "--config", str(config))).startswith("done: 0001_tenants\n")
    assert await works("migrate", "--config", str(config)) == "nothing to do\n"
    made = await asked("first-admin", "root", "--config", str(config), "--hours", "1")
    assert (made["user"], made["token"][:4]) == ("root", "hst_")
    again = await run("first-admin", "other", "--config", str(config))
    assert again.stderr.startswith("cannot make the first administrator: root is an administrator who can log in: ask them")
    config.write_text('database = "postgresql:///hub?host=/nowhere"\n')
    away = await run("migrate", "--config", str(config))
    assert (away.exit_code, away.stderr.startswith(f"cannot migrate: PostgreSQL ('database' in {config}): ")) == (1, True)
    for wrong, right, told in (
        ("//postgres@", "//nobody-here@", """role "nobody-here" does not exist; run it as the hub's user (runuser -u hotspot-hub --)\n"""),
        ("/hub_", "/no_such_hub_", "does not exist\n"),
        ("?", "?colour=red&", 'unrecognized configuration parameter "colour"\n'),
        ("postgresql:", "mysql:", "got 'mysql'\n"),
    ):
        config.write_text(f'database = "{empty_database.replace(wrong, right, 1)}"\n')
        shut = await run("migrate", "--config", str(config))
        assert (shut.exit_code, shut.stderr[-len(told) :], shut.stderr.count("\n")) == (1, told, 1)
    config.write_text("")
    assert (await run("migrate", "--config", str(config))).exit_code == 2


async def test_names_and_answers_are_for_people(admin: Path) -> None:
    """A wrong name says which characters there are, yes and no are words."""
    wrong = await run("partner", "create", "Großdorf", "--title", "Großdorf")
    assert wrong.stderr == "cannot create the partner: body: expected 1 to 40 of a-z, 0-9 and -, first one of a-z, 0-9 - at `$.name`\n"
    wrong = await run("user", "create", "Jörg", "--role", "host-operator")
    assert "expected 1 to 40 of a-z, 0-9, ., _, -," in wrong.stderr
    assert "has password   no\n" in await works("user", "create", "otto", "--role", "host-operator")


def test_moments_have_their_own_lines(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is told of a moment does not look like what it is of."""
    show_one({"stage": 1, "stage_at": None, "made_at": None, "since": "2027-01-31T08:00:00Z", "on": True}, False)
    lines = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert lines == ["stage", "stage at", "made", "since", "on"]


async def test_every_command_explains_itself() -> None:
    """``--help`` of each, however deep; all that are listed can be loaded."""
    from hotspot.cli_hub import hub

    async def look(words: list[str], command: Any) -> int:
        if words[-1:] != ["serve"]:
            assert (await works(*words, "--help")).startswith("Usage: ")
            assert command.help or not words
        if not hasattr(command, "list_commands"):
            return 1
        return sum([await look([*words, name], command.get_command(None, name)) for name in command.list_commands(None)])

    assert await look([], hub) > 30


async def test_the_description_without_a_hub(home: Path) -> None:
    """It is printed, or written to a file."""
    text = await works("openapi")
    assert json.loads(text)["openapi"] == "3.1.0"
    await works("openapi", "--output", str(home / "openapi.json"))
    assert (home / "openapi.json").read_text() == text


async def test_gateways_go_with_their_hall(api: Api, admin: Path, hub: Any) -> None:
    """The names of what was revoked are said."""
    await town.gateway(hub, "kleinheim-rathaus")
    closed = await works("hall", "close", "kleinheim-rathaus", "--confirm", "kleinheim-rathaus")
    assert closed == "halls closed      kleinheim-rathaus\ngateways revoked  kleinheim-rathaus\nusers disabled    none\n"
