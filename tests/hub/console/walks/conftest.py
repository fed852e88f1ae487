"""One city and one Chromium for all walks; each walker has cookies of their own. Its tests share one event loop:
``pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]``."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store.sessions import Stage
from hotspot.lab.city import PEOPLE
from hotspot.lab.postgres import Cluster
from tests.browser.chromium import FLAGS, PROGRAM
from tests.browser.screens import DESKTOP, Screen
from tests.hub.conftest import database_of
from tests.hub.console import city
from tests.hub.console.conftest import secret_of

ADMIN, OPERATOR, EDITOR, VIEWER = "admin", "betrieb", "kleinheim", "bergdorf"
"""Users of ``hotspot.lab.city.PEOPLE``."""
PROPER: Final = {"de": "de-DE", "en": "en-GB"}

REFUSED: Final = tuple(f"Failed to load resource: the server responded with a status of {status}" for status in (4, 503))
"""Chromium says it of every page that says no: walks look at the status themselves."""

Walk = Callable[..., contextlib.AbstractAsyncContextManager[Page]]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def town(cluster: Cluster) -> AsyncIterator[tuple[Hub, str]]:
    """A hub with the city in it, and its address on loopback."""
    async with database_of(cluster) as dsn, city.serving(dsn) as serving:
        yield serving


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as driver:
        running = await driver.chromium.launch(executable_path=PROGRAM, args=FLAGS, chromium_sandbox=False)
        yield running
        await running.close()


@pytest.fixture(scope="package")
def walk(town: tuple[Hub, str], browser: Browser) -> Walk:
    """``async with walk("admin", PHONE, "de") as page``: a fresh browser of somebody who is logged in (``""``: nobody; ``stage``: how far),
    with the console's address as its base. Whatever the browser complains about, or asks for elsewhere, fails the walk."""

    @contextlib.asynccontextmanager
    async def begin(
        who: str, screen: Screen = DESKTOP, language: str = "de", stage: Stage = Stage.FULL, **more: Any
    ) -> AsyncIterator[Page]:
        hub, base = town
        context = await browser.new_context(
            base_url=base,
            locale=PROPER[language],
            viewport={"width": screen.width, "height": screen.height},
            is_mobile=screen.touch,
            has_touch=screen.touch,
            reduced_motion="reduce",
            **more,
        )
        if who:
            role, partner = PEOPLE.get(who, (Role.HOST_ADMIN, None))
            secret = await secret_of(hub, who, role, partner, stage)
            await context.add_cookies([{"name": "session", "value": secret, "url": base, "httpOnly": True, "sameSite": "Lax"}])
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith((base, "data:", "blob:")) else complaints.append(request.url))
        try:
            yield page
            assert complaints == []
        finally:
            await context.close()

    return begin


def _is_complaint(message: ConsoleMessage) -> bool:
    return message.type in ("error", "warning") and not message.text.startswith(REFUSED)
