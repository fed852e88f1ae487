"""One hall for all browser tests; each visitor is a new phone with a new browser, so that no test sees what another one left."""

import contextlib
import itertools
import os
import signal
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Playwright, async_playwright

from hotspot.lab import Hall, Options, processes
from tests.browser.chromium import Preferences, chromium
from tests.browser.screens import ARTEFACTS, PHONE, Screen
from tests.browser.visitor import Visitor

Visit = Callable[..., contextlib.AbstractAsyncContextManager[Visitor]]

_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def hall() -> AsyncIterator[Hall]:
    """A whole hall, with a plan that has a volume; it looks after its line every half second, so that a cut is noticed soon."""
    async with Hall(f"browser{os.getpid()}", Options(plan_volume="1 GB")) as hall:
        portal, log = hall.process("portal"), hall.folder.log("portal")
        settings = hall.folder.portal_config.read_text()
        assert settings.count('interval = "5 s"') == 1
        hall.folder.portal_config.write_text(settings.replace('interval = "5 s"', 'interval = "0.5 s"'))
        os.kill(portal.pid, signal.SIGHUP)
        await processes.line_in(log, "settings reloaded", portal)
        yield hall


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def playwright() -> AsyncIterator[Playwright]:
    """What drives the browsers."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def visit(hall: Hall, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """Let a visitor in through the door: a phone that has just joined the Wi-Fi, and a browser in it that has never been used."""

    @contextlib.asynccontextmanager
    async def enter(language: str = "de", screen: Screen = PHONE, preferences: Preferences | None = None) -> AsyncIterator[Visitor]:
        phone = await hall.add_phone(f"visitor{next(_numbers)}")
        await phone.join()
        folder = tmp_path_factory.mktemp(phone.name)
        wanted = {"de": "de-DE", "en": "en-GB"}[language]
        async with chromium(playwright, phone, folder, screen, wanted, preferences or {}) as context:
            yield Visitor(hall, phone, context, screen, language)

    return enter
