"""Against a provider that others have written: Canaille, with its own pages, in Chromium."""

import asyncio
import socket
import sys
import time
from base64 import b32encode
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pyotp
import pytest
from playwright.async_api import Page, async_playwright, expect

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.oidc.provider import Provider
from hotspot.hub.oidc.settings import OpenId, RoleOf
from hotspot.hub.store import people
from tests.browser.chromium import FLAGS, PROGRAM
from tests.hub.oidc.canaille_server import APP_KEY, CLIENT, PASSWORD, PEOPLE, SECRET, STEP

pytestmark = [pytest.mark.hub, pytest.mark.browser]
ROOT = Path(__file__).parents[3]
SLOW = 30_000
"""Milliseconds."""


@pytest.fixture
async def canaille(hub: Hub, base: str, tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """It runs, and the hub knows it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "secret").write_text(SECRET)
    settings = OpenId(
        issuer=f"http://localhost:{port}",
        client_id=CLIENT,
        client_secret_file=str(tmp_path / "secret"),
        callback=f"{base}/login/oidc/callback",
        label="Stadt Musterstadt",
        scopes=("openid", "profile", "email", "groups"),
        roles=(RoleOf(value="wlan-betrieb", role=Role.HOST_OPERATOR),),
        second_factor=True,
    )
    hub.settings = msgspec.structs.replace(hub.settings, oidc=settings)
    hub.openid = Provider(settings)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "tests.hub.oidc.canaille_server", f"{port}", settings.callback,
        cwd=ROOT, env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def page(base: str) -> AsyncIterator[Page]:
    """A browser of nobody yet, on a phone."""
    async with async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=PROGRAM, args=FLAGS, chromium_sandbox=False)
        context = await chromium.new_context(base_url=base, locale="de-DE", viewport={"width": 360, "height": 640})
        context.set_default_timeout(SLOW)
        yield await context.new_page()
        await chromium.close()


async def at_canaille(page: Page, login: str) -> None:
    """Log in there: name, password, the app's code."""
    await page.locator("input[name=login]").fill(login)
    await page.locator("input[name=login]").press("Enter")
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("input[name=password]").press("Enter")
    await page.locator("input[name=otp]").fill(pyotp.HOTP(b32encode(APP_KEY.encode()).decode()).at(int(time.time()) // STEP))
    await page.locator("input[name=otp]").press("Enter")


async def test_the_whole_way(canaille: asyncio.subprocess.Process, hub: Hub, page: Page) -> None:
    """From the console's login to Canaille and back in, with two factors there and none here; out, and in again without a password; and a
    clear page when Canaille is gone."""
    await page.goto("/login?next=/alarms")
    await page.get_by_role("link", name="Mit Stadt Musterstadt anmelden").click()
    await page.wait_for_url("http://localhost:*/**")
    await at_canaille(page, "anna")
    await page.wait_for_url("**/alarms")
    async with hub.store.connection() as connection:
        user = await people.user(connection, "anna")
    first, last, _ = PEOPLE["anna"]
    assert user is not None
    assert (user.role, user.full_name, user.email) == (Role.HOST_OPERATOR, f"{first} {last}", "anna@stadt.example")
    await page.locator(".menu summary").click()
    await page.get_by_role("button", name="Abmelden").click()
    await page.wait_for_url("**/login")
    await page.get_by_role("link", name="Mit Stadt Musterstadt anmelden").click()
    await expect(page.get_by_role("heading", name="Übersicht")).to_be_visible(timeout=SLOW)
    canaille.kill()
    await canaille.wait()
    assert hub.settings.oidc is not None
    hub.openid = Provider(hub.settings.oidc)
    await page.context.clear_cookies()
    answer = await page.goto("/login/oidc")
    assert answer is not None and answer.status == 503
    await expect(page.get_by_role("heading", name="Der Anmeldedienst antwortet nicht")).to_be_visible()


async def test_a_guest(canaille: asyncio.subprocess.Process, hub: Hub, page: Page) -> None:
    """Somebody whom Canaille knows, and whose group gives no role here, is told so."""
    await page.goto("/login/oidc")
    await at_canaille(page, "gast")
    await expect(page.get_by_text("Ihr Konto darf diesen Leitstand nicht benutzen.")).to_be_visible(timeout=SLOW)
    assert await page.locator("#subject").inner_text() == "gast"
    async with hub.store.connection() as connection:
        assert await people.user(connection, "gast") is None
