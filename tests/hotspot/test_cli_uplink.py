"""``hotspot enrol``: the command as it is typed, against a real hub on loopback in a thread of its own."""

import asyncio
import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotspot.cli import main
from hotspot.portal.uplink.credential import Credential, CredentialFile
from tests.hotspot.portal.uplink.counting_hub import CountingHub

EXAMPLE = Path(__file__).parents[2] / "docs" / "portal.toml"
TOKEN = "one-time-token-000000"


@contextmanager
def serving(folder: Path) -> Iterator[CountingHub]:
    """A hub in its own event loop: the command has one itself."""
    started: queue.SimpleQueue[tuple[CountingHub, Callable[[], object]]] = queue.SimpleQueue()

    async def serve() -> None:
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        async with await CountingHub.with_authority(folder) as hub:
            started.put((hub, lambda: loop.call_soon_threadsafe(over.set)))
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    hub, stop = started.get(timeout=20)
    try:
        yield hub
    finally:
        stop()
        thread.join(20)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[CountingHub]:
    """A hub with a token for this gateway."""
    with serving(tmp_path / "hub") as one:
        yield one


@pytest.fixture
def config(tmp_path: Path, hub: CountingHub) -> Path:
    """Settings of a gateway that knows the hub."""
    (tmp_path / "authority.pem").write_text(hub.authority)
    (tmp_path / "state").mkdir()
    path = tmp_path / "portal.toml"
    section = f'[hub]\nurl = "https://localhost:{hub.port}"\nauthority = "authority.pem"\n'
    path.write_text(EXAMPLE.read_text().replace("/var/lib/hotspot-portal", str(tmp_path / "state")) + section)
    return path


def enrol(config: Path, *arguments: str, typed: str = "") -> Result:
    """The command."""
    return CliRunner().invoke(main, ["enrol", "--config", str(config), *arguments], input=typed)


def test_enrolment(config: Path, hub: CountingHub, tmp_path: Path) -> None:
    """The credential is kept, the gateway's name is said, and neither token nor credential is."""
    result = enrol(config, TOKEN)
    assert (result.exit_code, result.output) == (0, f"this gateway is kleinheim-1 of kleinheim at https://localhost:{hub.port} now\n")
    assert CredentialFile(tmp_path / "state").read() == Credential("kleinheim-1", "kleinheim", "enrolled-credential-0")
    path, headers, body = hub.requests[0]
    assert (path, "Authorization" in headers, b'"zones":["public"]' in body) == ("/wire/v1/enrol", False, True)


def test_a_gateway_that_is_known_already(config: Path, hub: CountingHub, tmp_path: Path) -> None:
    """Its credential is not replaced by accident."""
    hub.tokens.add("another-token-0000000")
    assert json.loads(enrol(config, "--json", "-", typed=f"{TOKEN}\n").output) == {"gateway": "kleinheim-1", "hall": "kleinheim"}
    result = enrol(config, "another-token-0000000")
    assert (result.exit_code, "--again replaces its credential" in result.output) == (1, True)
    assert enrol(config, "--again", "another-token-0000000").exit_code == 0


def test_what_goes_wrong(config: Path, hub: CountingHub, tmp_path: Path) -> None:
    """One line that says why; nothing is kept."""
    assert enrol(config, "x" * 20).output == "cannot enrol: the hub refused (token): expected a token that was not used yet\n"
    assert "section [hub]" in enrol(EXAMPLE, TOKEN).output
    config.write_text(config.read_text().replace(f":{hub.port}", ":9"))
    result = enrol(config, TOKEN)
    assert (result.exit_code, "cannot enrol: cannot reach the hub" in result.output, TOKEN in result.output) == (1, True, False)
    assert list((tmp_path / "state").iterdir()) == []


def test_a_box_whose_portal_never_ran(config: Path, hub: CountingHub, tmp_path: Path) -> None:
    """There is no folder for the credential yet: that is said before the token is used up."""
    (tmp_path / "state").rmdir()
    result = enrol(config, TOKEN)
    assert (result.exit_code, "the token was not used" in result.output, hub.requests) == (1, True, [])
    (tmp_path / "state").mkdir()
    assert enrol(config, TOKEN).exit_code == 0


def test_a_token_that_is_none(config: Path, hub: CountingHub) -> None:
    """The hub says what it expected."""
    result = enrol(config, "no")
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
