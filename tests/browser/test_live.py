"""Time and volume left on the open online page: they follow by themselves where scripts run, and are right at each load where not."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, expect

from hotspot.session.states import State
from tests.browser.demo import browser as start_browser
from tests.hotspot.portal.desk_in_memory import make_settings
from tests.hotspot.portal.served_hall import Hall
from tests.hotspot.portal.served_hall import hall as serve

pytestmark = pytest.mark.asyncio(loop_scope="package")

FIRST_LOOK, NEXT_LOOK = 5_000, 21_000
"""Milliseconds after which the script has looked: for the first time, and then again."""
TWO_HOURS, ONE_HOUR = "2\u00a0Stunden", "1\u00a0Stunde"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    """One browser for all tests here."""
    async with start_browser(playwright) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="package")
async def served() -> AsyncIterator[Hall]:
    """A hall on this machine whose one client is online for two hours and 500 MB."""
    async with serve(make_settings("http://127.0.0.1/")) as hall:
        hall.desk.state, hall.desk.seconds_left, hall.desk.bytes_left = State.ONLINE, 7_200, 500_000_000
        yield hall


async def test_they_follow_by_themselves(chromium: Browser, served: Hall) -> None:
    """What the desk says now stands on the page after the next look, without another page; when the session is over, its end is shown."""
    page = await chromium.new_page(locale="de-DE")
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    await page.clock.install()
    address = f"http://127.0.0.1:{served.port}"
    await page.goto(f"{address}/online")
    await expect(page.locator("#time-left")).to_have_text(TWO_HOURS)
    await expect(page.locator("#volume-left")).to_have_text("500\u00a0MB")
    served.desk.seconds_left, served.desk.bytes_left = 3_600, 123_000_000
    await page.clock.fast_forward(FIRST_LOOK)
    await expect(page.locator("#time-left")).to_have_text(ONE_HOUR)
    await expect(page.locator("#volume-left")).to_have_text("123\u00a0MB")
    assert loads == [f"{address}/online"]
    served.desk.state, served.desk.reason = State.ENDED, "time"
    await page.clock.fast_forward(NEXT_LOOK)
    await expect(page.locator("h1")).to_have_text("Ihre Zeit ist abgelaufen")
    assert page.url == f"{address}/"
    await page.close()


async def test_the_language_stays(chromium: Browser, served: Hall) -> None:
    """A chosen language is the one of the new words too."""
    page = await chromium.new_page(locale="de-DE")
    await page.clock.install()
    await page.goto(f"http://127.0.0.1:{served.port}/online?lang=ar")
    served.desk.seconds_left = 3_600
    await page.clock.fast_forward(FIRST_LOOK)
    await expect(page.locator("#time-left")).to_have_text("ساعة")
    await page.close()


async def test_right_without_scripts(chromium: Browser, served: Hall) -> None:
    """The words are right when the page comes, and again after the link for it."""
    context = await chromium.new_context(locale="de-DE", java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{served.port}/online")
    await expect(page.locator("#time-left")).to_have_text(TWO_HOURS)
    served.desk.seconds_left = 3_600
    await page.get_by_role("link", name="Aktualisieren").click()
    await expect(page.locator("#time-left")).to_have_text(ONE_HOUR)
    await context.close()
