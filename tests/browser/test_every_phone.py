"""A phone's own sign-in view, as Chromium with a phone's screen: from the probe to the page, online, and out again, on phones and a tablet,
with scripts and without; and what such a view lacks is not missed.
"""

import contextlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Dialog, Download, Page, Playwright

from tests.browser.chromium import REFUSING, Preferences, chromium
from tests.browser.conftest import Visit
from tests.browser.screens import PHONE, SMALL, Screen
from tests.browser.visitor import PORTAL, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="package")

TABLET = Screen(768, 1024)
SCREENS = [SMALL, PHONE, TABLET]
SCRIPTS: dict[str, Preferences] = {"scripts": {}, "no scripts": REFUSING}
PROBE = "http://captive.apple.com/hotspot-detect.html"
ACCEPT, LEAVE = 'form[action^="/accept"] button', 'form[action^="/leave"] button'
MAC_SHEET = Screen(900, 572, touch=False)
"""Apple's window on a Mac, which cannot be made larger."""


class Strays:
    """What a sign-in view cannot show: other windows, dialogs, files."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        page.context.on("page", lambda opened: self.seen.append(f"window {opened.url}"))
        page.on("download", self._download)
        page.on("dialog", self._dialog)

    def _download(self, download: Download) -> None:
        self.seen.append(f"download {download.url}")

    async def _dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog {dialog.message}")
        await dialog.dismiss()


@contextlib.asynccontextmanager
async def probing(visit: Visit, screen: Screen, preferences: Preferences) -> AsyncIterator[tuple[Visitor, Strays]]:
    """A visitor whose phone has shown the portal instead of the answer to its probe."""
    async with visit("de", screen, preferences) as visitor:
        strays = Strays(visitor.page)
        seen = await visitor.open(PROBE)
        assert (seen.status, seen.url) == (200, PORTAL)
        yield visitor, strays


async def is_online(visitor: Visitor) -> bool:
    """Does the probe get the answer of its own server?"""
    await visitor.page.goto(PROBE)
    return await visitor.page.title() == "Success" and visitor.page.url == PROBE


@pytest.mark.parametrize("scripts", SCRIPTS)
@pytest.mark.parametrize("screen", [*SCREENS, MAC_SHEET], ids=lambda screen: str(screen.width))
async def test_from_the_probe_to_the_end(visit: Visit, screen: Screen, scripts: str) -> None:
    """Probe, page, one tap, online, leave, page: each fits the screen, by whole navigations, and all of it comes from the portal."""
    async with probing(visit, screen, SCRIPTS[scripts]) as (visitor, strays):
        await visitor.look(f"phone-splash-{scripts.replace(' ', '-')}")
        online = await visitor.press(visitor.page.locator(ACCEPT))
        assert [(each.status, each.url) for each in visitor.responses if "/brand/" not in each.url][-2:] == [
            (303, f"{PORTAL}accept"),
            (200, f"{PORTAL}online"),
        ]
        await visitor.look(f"phone-online-{scripts.replace(' ', '-')}")
        assert await is_online(visitor)
        assert (await visitor.open(PORTAL)).heading == online.heading
        left = await visitor.press(visitor.page.locator(LEAVE))
        await visitor.look(f"phone-left-{scripts.replace(' ', '-')}")
        assert await visitor.open(PROBE) == left
        asked = {request.split(" ", 1)[1] for request in visitor.requests}
        assert [url for url in sorted(asked) if not url.startswith(PORTAL)] == [PROBE]
        assert (strays.seen, visitor.complaints, await visitor.page.context.cookies()) == ([], [], [])


async def test_nothing_is_stored(visit: Visit) -> None:
    """After the whole way there is nothing in the browser's stores."""
    async with probing(visit, PHONE, {}) as (visitor, _):
        await visitor.press(visitor.page.locator(ACCEPT))
        stored = await visitor.page.evaluate(
            "(async () => [document.cookie, localStorage.length, sessionStorage.length, (await indexedDB.databases()).length])()"
        )
        assert stored == ["", 0, 0, 0]


async def test_the_sheet_may_be_closed_at_any_time(visit: Visit, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Android closes its view as soon as the probe passes, Apple forgets everything with its sheet: the device stays online, and the next
    view, which knows nothing of the first, shows the same session and can end it."""
    async with probing(visit, PHONE, {}) as (visitor, _):
        code = await visitor.code()
        async with visitor.page.expect_response(f"{PORTAL}accept") as answered:
            await visitor.page.locator(ACCEPT).tap(no_wait_after=True)
        assert (await answered.value).status == 303
        await visitor.page.context.close()  # before the next page has come
        async with chromium(playwright, visitor.phone, tmp_path_factory.mktemp("again"), PHONE, "de-DE", {}) as context:
            again = Visitor(visitor.hall, visitor.phone, context, PHONE, "de")
            assert await is_online(again)
            await again.open(PORTAL)
            assert await again.code() == code
            left = await again.press(again.page.locator(LEAVE))
            assert (await again.open(PROBE)) == left
