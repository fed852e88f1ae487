"""The whole way of a visitor: a page of the Internet, the splash page instead, one tap, that page; and out again."""

import pytest

from tests.browser.chromium import REFUSING
from tests.browser.conftest import Visit
from tests.browser.screens import DESKTOP, PHONE, SMALL, Screen
from tests.browser.visitor import CODE, PORTAL, TOWN, Seen, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="package")

WORDS = {
    "de": {
        "splash": "Kostenloses WLAN",
        "online": "Sie sind online",
        "left": "Sie haben die Verbindung beendet",
        "accept": "Zustimmen und verbinden",
        "leave": "Verbindung beenden",
        "again": "Zustimmen und wieder verbinden",
        "time": "2\u00a0Stunden",
    },
    "en": {
        "splash": "Free Wi-Fi",
        "online": "You are online",
        "left": "You are disconnected",
        "accept": "Accept and connect",
        "leave": "Disconnect",
        "again": "Accept and connect again",
        "time": "2\u00a0hours",
    },
}
WALKS = [("de", SMALL), ("de", PHONE), ("de", DESKTOP), ("en", PHONE)]
"""German words are the longer ones, so they are tried on every screen."""
THE_TOWN = Seen(200, TOWN, "en", "Town of Example")


async def walk(visitor: Visitor, look: bool = True) -> None:
    """In and out, with pictures of each page if ``look``."""
    language, words = visitor.language, WORDS[visitor.language]
    button = visitor.page.locator("button")

    assert await visitor.open(TOWN) == Seen(200, PORTAL, language, words["splash"])
    assert await button.all_inner_texts() == [words["accept"]]
    code = await visitor.code()
    if look:
        await visitor.look("splash")

    assert await visitor.press_button() == Seen(200, f"{PORTAL}online", language, words["online"])
    assert await button.all_inner_texts() == [words["leave"]]
    shown = await visitor.text()
    assert words["time"] in shown
    assert "1\u00a0GB" in shown
    assert CODE.findall(shown) == [code]
    if look:
        await visitor.look("online")

    assert await visitor.open(TOWN) == THE_TOWN
    if look:
        await visitor.page.screenshot(path=visitor.picture("town"))

    assert await visitor.open(PORTAL) == Seen(200, PORTAL, language, words["online"])
    assert await visitor.press_button() == Seen(200, PORTAL, language, words["left"])
    assert await button.all_inner_texts() == [words["again"]]
    if look:
        await visitor.look("ended")

    assert await visitor.open(TOWN) == Seen(200, PORTAL, language, words["left"])
    assert (await visitor.press_button()).heading == words["online"]
    assert await visitor.open(TOWN) == THE_TOWN
    assert visitor.complaints == []


@pytest.mark.parametrize(("language", "screen"), WALKS, ids=[f"{language}-{screen.width}" for language, screen in WALKS])
async def test_a_visitor_gets_online_and_leaves(visit: Visit, language: str, screen: Screen) -> None:
    """One tap leads to the page that was asked for, one more out of the net; the language is the browser's."""
    async with visit(language, screen) as visitor:
        await walk(visitor)


@pytest.mark.parametrize("language", WORDS)
async def test_the_same_without_scripts_and_cookies(visit: Visit, language: str) -> None:
    """A browser that runs no script and takes no cookie walks the same way, and no answer tries to set one."""
    async with visit(language, preferences=REFUSING) as visitor:
        await walk(visitor, look=False)
        assert await visitor.page.evaluate("(document.cookie = 'tried=1', document.cookie)") == ""
        assert [response.url for response in visitor.responses if "set-cookie" in await response.all_headers()] == []


async def test_the_language_can_be_changed(visit: Visit) -> None:
    """A link in the menu leads to the other language, and everything that follows stays in it."""
    async with visit("de") as visitor:
        await visitor.open(TOWN)
        await visitor.page.locator("header summary").tap()
        chosen = await visitor.press(visitor.page.get_by_role("link", name="English"))
        assert chosen == Seen(200, f"{PORTAL}?lang=en", "en", "Free Wi-Fi")
        assert await visitor.press_button() == Seen(200, f"{PORTAL}online?lang=en", "en", "You are online")
        assert await visitor.press_button() == Seen(200, f"{PORTAL}?lang=en", "en", "You are disconnected")


async def test_the_keyboard_is_enough(visit: Visit) -> None:
    """Tab and Enter get a visitor online, and where the focus is can be seen."""
    async with visit("en", DESKTOP) as visitor:
        await visitor.open(TOWN)
        focused: list[str] = []
        while (focused or [""])[-1] != "Accept and connect":
            assert len(focused) < 5, focused
            await visitor.page.keyboard.press("Tab")
            focused.append(await visitor.page.locator(":focus-visible").inner_text())
        await visitor.page.screenshot(path=visitor.picture("focus"))
        async with visitor.page.expect_navigation():
            await visitor.page.keyboard.press("Enter")
        assert (focused, visitor.page.url) == (["Language:\nEnglish", "Accept and connect"], f"{PORTAL}online")
