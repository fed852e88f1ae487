"""The block list, walked: something is blocked, found, and withdrawn; by keyboard alone and without scripts."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.hub.console.walks.conftest import EDITOR, VIEWER, Walk

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


async def blocked(page: Page, what: str) -> None:
    """Fill the form in, first with a mistake, and send it."""
    await page.goto("/blocks")
    await page.get_by_role("link", name="Etwas sperren").click()
    await page.get_by_label("Domain, Adresse, Netz oder Dienst").fill("kein Name")
    await page.get_by_label("Grund", exact=True).select_option(label="Jugendschutz")
    await page.get_by_label("Näheres zum Grund").fill("Glücksspiel")
    await page.get_by_label("Aktenzeichen").fill("4 K 77/26")
    await page.get_by_label("Ich bin sicher").check()
    await page.get_by_role("button", name="Sperren").click()
    await expect(page.get_by_role("alert")).to_contain_text("Es wurde noch nichts gesperrt")
    await expect(page.get_by_label("Aktenzeichen")).to_have_value("4 K 77/26")
    await page.get_by_label("Domain, Adresse, Netz oder Dienst").fill(what)
    await page.get_by_label("Ich bin sicher").check()
    await page.get_by_role("button", name="Sperren").click()
    await expect(page.get_by_role("status")).to_have_text(f"Gesperrt: {what}")


@SCREENS
async def test_blocked_and_withdrawn(walk: Walk, screen: Screen) -> None:
    """With a mistake on the way; found by its case number, withdrawn with a reason, and still on record."""
    what = f"spiel-{screen.width}.example"
    async with walk(EDITOR, screen) as page:
        await blocked(page, what)
        await page.get_by_label("Name, Grund oder Aktenzeichen suchen").fill("4 k 77")
        await page.get_by_role("button", name="Suchen").click()
        await page.get_by_role("link", name=what).click()
        await expect(page.get_by_text("Jugendschutz: Glücksspiel")).to_be_visible()
        await page.get_by_text("Diesen Eintrag zurückziehen").click()
        await page.get_by_label("Warum?").fill("aufgehoben")
        await page.get_by_label("Ich bin sicher").check()
        await page.get_by_role("button", name="Eintrag zurückziehen").click()
        await expect(page.get_by_role("status")).to_have_text(f"Nicht mehr gesperrt: {what}")
        await expect(page.get_by_role("link", name=what)).to_have_count(0)
        await page.get_by_role("link", name="zurückgezogen (").click()
        await expect(page.get_by_role("link", name=what)).to_be_visible()


async def test_by_keyboard(walk: Walk) -> None:
    """From the list to the form and back, with Tab, Space and Enter alone."""
    async with walk(EDITOR, DESKTOP) as page:
        await page.goto("/blocks/new")
        for label, text in (("Domain", "tasten.example"), ("Näheres", "Test"), ("Aktenzeichen", "1 T 1/26")):
            await _tab_to(page, label)
            await page.keyboard.type(text)
        await _tab_to(page, "Ich bin sicher")
        await page.keyboard.press("Space")
        await _tab_to(page, "Sperren")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_have_text("Gesperrt: tasten.example")


async def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        await page.keyboard.press("Tab")
        focused = await page.evaluate("() => (document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()")
        if focused.startswith(name):
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


async def test_without_scripts(walk: Walk) -> None:
    """The same form works, and the list can be taken away as a file."""
    async with walk(EDITOR, PHONE, java_script_enabled=False) as page:
        await blocked(page, "ohne-skript.example")
        async with page.expect_download() as file:
            await page.get_by_role("link", name="Ganze Liste (CSV)").click()
        assert (await file.value).suggested_filename == "blocklist.csv"


async def test_a_viewer_looks(walk: Walk) -> None:
    """What the city has blocked is there for them, without a button."""
    async with walk(VIEWER, PHONE) as page:
        await page.goto("/blocks")
        await expect(page.get_by_text("198.51.100.0/24")).to_be_visible()
        await expect(page.get_by_role("link", name="Etwas sperren")).to_have_count(0)
