"""``hotspot hub policy``, ``vouchers`` and ``block`` against a running hub."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.hub.hub import Hub
from tests.hub.conftest import Api
from tests.hub.test_policy import given, town

pytestmark = pytest.mark.hub

DOCUMENT = """
retention = "24 h"
[terms]
version = "2026-11"
[plans.free]
down = "10 Mbit/s"
up = "2 Mbit/s"
time = "2 h"
[plans.guest]
down = "10 Mbit/s"
up = "2 Mbit/s"
time = "2 h"
voucher = true
[zones.public]
plans = ["free", "guest"]
[theme.logo]
file = "wappen.svg"
"""


async def hotspot(api: Api, *arguments: str, status: int = 0) -> str:
    """What a command prints."""
    environ = {"HOTSPOT_HUB_URL": api.base, "HOTSPOT_HUB_TOKEN": api.token, "TZ": "UTC", "HOME": "/nonexistent"}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["hub", *arguments], env=environ, catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done.output


async def test_from_file_to_hall_and_back(api: Api, hub: Hub, tmp_path: Path) -> None:
    """A file is checked and applied with the logo beside it, shown again as a file, edited, applied; an old copy of it is refused."""
    await town(api, hub, "klein-a", "klein-b")
    file, copy = tmp_path / "host.toml", tmp_path / "copy" / "host.toml"
    file.write_text(DOCUMENT)
    (tmp_path / "wappen.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>')
    assert (await hotspot(api, "policy", "check", "host", str(file))).startswith('klein-a, klein-b:\n  + files."wappen.svg" = ')
    assert (
        await hotspot(api, "policy", "apply", "host", str(file), "--note", "Anfang") == "change 1: 2 of 2 halls are told something else\n"
    )
    assert list((await given(hub, "klein-a")).files) == ["wappen.svg"]
    copy.parent.mkdir()
    await hotspot(api, "policy", "show", "host", "--output", str(copy))
    assert (copy.parent / "wappen.svg").read_bytes() == (tmp_path / "wappen.svg").read_bytes()
    copy.write_text(copy.read_text().replace('"24 h"', '"12 h"'))
    output = await hotspot(api, "policy", "check", "host", str(copy))
    assert output == 'klein-a, klein-b:\n    retention = "24 h" -> "12 h"\n'
    await hotspot(api, "policy", "apply", "host", str(copy), "--stage", "klein-b")
    assert (await given(hub, "klein-b")).settings["retention"] == "12 h"
    assert "klein-a" in await hotspot(api, "policy", "halls")
    output = await hotspot(api, "policy", "apply", "host", str(copy), status=1)
    assert "cannot change the policy: the roll-out of change" in output
    serial = (await api("GET", "/policy/rollouts"))[1][0]["serial"]
    assert f"{serial}" in await hotspot(api, "policy", "rollout", "list", "--unfinished")
    assert "finished" in await hotspot(api, "policy", "rollout", "advance", str(serial))
    output = await hotspot(api, "policy", "apply", "host", str(copy), status=1)
    assert f"base = 1: host was changed meanwhile by user admin: expected {serial}" in output
    output = await hotspot(api, "policy", "explain", "klein-a", "--key", "plans.free.t")
    assert output.splitlines()[1].split()[:4] == ["plans.free.time", '"2', 'h"', "host"]
    await hotspot(api, "policy", "rollback", str(serial))
    assert 'retention = "12 h" -> "24 h"' in await hotspot(api, "policy", "history", "--limit", "1")
    assert (await given(hub, "klein-a")).settings["retention"] == "24 h"


async def test_wrong_files(api: Api, hub: Hub, tmp_path: Path) -> None:
    """What gateways would refuse ends with status 1 and words; a file of another scope, or none, with 2."""
    await town(api, hub, "klein-a")
    file = tmp_path / "klein.toml"
    file.write_text("# scope = partner/klein, base = 0\n[plans.free]\ndown = 1\n")
    output = await hotspot(api, "policy", "check", "partner/klein", str(file), status=1)
    assert output.startswith("klein-a:\n  not valid: plans.free.")
    assert "expected its first line to name host" in await hotspot(api, "policy", "check", "host", str(file), status=2)
    assert "cannot read" in await hotspot(api, "policy", "check", "host", str(tmp_path / "none.toml"), status=2)
    assert "expected SCOPE FILE" in await hotspot(api, "policy", "check", "host", status=2)


async def test_vouchers_and_blocks(api: Api, hub: Hub, tmp_path: Path) -> None:
    """Made, listed, printed, withdrawn."""
    await town(api, hub, "klein-a")
    file = tmp_path / "host.toml"
    file.write_text(DOCUMENT.partition("[theme")[0])
    await hotspot(api, "policy", "apply", "host", str(file))
    await hotspot(api, "vouchers", "create", "klein-a", "--plan", "guest", "--count", "3", "--valid", "7 d")
    batch = (await api("GET", "/halls/klein-a/vouchers"))[1][0]["id"]
    codes = (await hotspot(api, "vouchers", "print", "klein-a", batch)).splitlines()
    assert [len(code) for code in codes] == [11, 11, 11]
    table = tmp_path / "codes.csv"
    await hotspot(api, "vouchers", "print", "klein-a", batch, "--csv", str(table))
    assert (codes[2] in table.read_text(), table.stat().st_mode & 0o777) == (True, 0o600)
    assert batch in await hotspot(api, "vouchers", "list", "klein-a")
    await hotspot(api, "vouchers", "withdraw", "klein-a", batch, "--why", "verloren")
    assert await hotspot(api, "vouchers", "list", "klein-a") == "there are no vouchers for klein-a\n"
    await hotspot(api, "block", "add", "evil.example", "--reason", "Anordnung", "--case-number", "12 O 3/26", "--scope", "hall/klein-a")
    entry = (await api("GET", "/blocks"))[1][0]["id"]
    assert "evil.example" in await hotspot(api, "block", "list")
    await hotspot(api, "block", "remove", entry)
    assert await hotspot(api, "block", "list") == "nothing is blocked\n"
