"""The town's front door as a visitor uses it before accepting: look, search, read, tell; with scripts and without."""

import pytest

from tests.browser.chromium import REFUSING, Preferences
from tests.browser.conftest import Visit
from tests.browser.screens import PHONE, SMALL, Screen
from tests.browser.visitor import PORTAL, Seen

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize(("screen", "preferences"), [(PHONE, {}), (SMALL, REFUSING)], ids=["scripts", "no-scripts-320"])
async def test_a_visitor_looks_around_and_tells_the_town(visit: Visit, screen: Screen, preferences: Preferences) -> None:
    """From the splash page to the front door, to what a search finds, to its payment code, to a message and the word of thanks; nothing is
    asked of anybody but the gateway, nothing is complained about, everything fits."""
    async with visit("en", screen, preferences) as visitor:
        page = visitor.page
        await visitor.open(PORTAL)
        door = await visitor.press(page.get_by_role("link", name="About the hall"))
        assert door == Seen(200, f"{PORTAL}town", "en", "Rathaus Musterstadt")
        await visitor.look("town")
        assert (await visitor.press(page.get_by_role("link", name="Services"))).url == f"{PORTAL}services"
        await visitor.look("services")
        await page.get_by_role("searchbox").fill("perso")
        assert (await visitor.press_button()).url == f"{PORTAL}services?q=perso"
        assert await page.get_by_role("status").inner_text() == "Found: 1"
        card = await visitor.press(page.get_by_role("link", name="Identity card"))
        assert card == Seen(200, f"{PORTAL}services/personalausweis", "en", "Identity card")
        assert await page.get_by_role("img", name="Code to pay with a banking app (GiroCode)").count() == 1
        await visitor.look("service")
        await visitor.open(f"{PORTAL}tell")
        await page.get_by_label("Something is broken").check()
        await page.get_by_label("Your message").fill("The lamp is dark.")
        await visitor.look("tell")
        thanks = await visitor.press_button()
        assert thanks == Seen(200, f"{PORTAL}told", "en", "Thank you!")
        assert "Your message has arrived. Its number is " in await visitor.text()
        await visitor.look("told")
        assert visitor.complaints == []
        assert [asked for asked in visitor.requests if not asked.split()[1].startswith(PORTAL)] == []
