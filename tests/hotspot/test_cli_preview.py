"""``hotspot preview`` as a program: served until Ctrl-C, checked before visitors see it, refused with the reason."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import aiohttp
from click.testing import CliRunner

from hotspot.cli import main
from tests.browser.demo import demo_settings

TEST_TIMEOUT = 60.0


async def test_served_until_interrupted(tmp_path: Path) -> None:
    """It says where it is, shows a page there, and ends in good order."""
    words = ["-P", "-m", "hotspot", "preview", "--config", str(demo_settings(tmp_path)), "--port", "0"]
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(TEST_TIMEOUT):
            said = (await process.stdout.readline()).decode()
            found = re.fullmatch(r"preview at (http://127\.0\.0\.1:\d+)/ \(Ctrl-C ends it\)\n", said)
            assert found is not None, said
            async with aiohttp.ClientSession() as client, client.get(f"{found[1]}/scenes/splash?lang=en") as answer:
                assert (answer.status, "<h1>Free Wi-Fi</h1>" in await answer.text()) == (200, True)
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_check(tmp_path: Path) -> None:
    """The weight of the first view, and exit status 0 when all is well."""
    result = CliRunner().invoke(main, ["preview", "--config", str(demo_settings(tmp_path)), "--check"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(r"first view: [\d,]+ of 14,336 bytes \(page [\d,]+ in \S+, logo [\d,]+\)\n", result.output)


def test_check_of_a_broken_theme(tmp_path: Path) -> None:
    """File, key and reason, and exit status 1."""
    config = demo_settings(tmp_path)
    theme = tmp_path / "theme.toml"
    theme.write_text('[colours]\naccent = "yellow"\n')
    config.write_text(re.sub('theme = ".*"', 'theme = "theme.toml"', config.read_text()))
    result = CliRunner().invoke(main, ["preview", "--config", str(config), "--check"])
    expected = f"cannot use {theme}: colours.accent = 'yellow': expected a colour such as \"#0b5394\"\n"
    assert (result.exit_code, result.stderr) == (1, expected)
