"""Citizens' feedback, walked: read, dealt with, exported; by keyboard alone and without scripts; hostile texts lie still."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.hub.console.walks.conftest import EDITOR, VIEWER, Walk

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


@SCREENS
async def test_dealt_with(walk: Walk, screen: Screen) -> None:
    """A clerk filters, opens the message in Arabic, notes what was done, opens it again, and takes the list away as a file."""
    async with walk(EDITOR, screen) as page:
        await page.goto("/feedback")
        await page.get_by_text("Filtern", exact=True).first.click()
        await page.get_by_label("Sprache").select_option(label="Arabisch")
        await page.get_by_role("button", name="Filtern").click()
        await page.locator("li.message a").first.click()
        said = page.locator("blockquote")
        assert await said.evaluate("it => getComputedStyle(it).direction") == "rtl"
        assert await page.get_by_role("link", name="layla@example.org").get_attribute("href") == "mailto:layla%40example.org"
        await page.get_by_label("Notiz").fill("Aufzugfirma ist bestellt.")
        await page.get_by_role("button", name="Es ist erledigt").click()
        await expect(page.get_by_role("status")).to_contain_text("ist erledigt")
        await page.get_by_role("link", name="Erledigt (").click()
        await page.locator("li.message a", has_text="Schaden").first.click()
        await expect(page.get_by_label("Notiz")).to_have_value("Aufzugfirma ist bestellt.")
        await page.get_by_role("button", name="Wieder öffnen").click()
        await expect(page.get_by_role("status")).to_have_text("Gespeichert.")
        await page.goto("/feedback?kind=damage")
        async with page.expect_download() as file:
            await page.get_by_role("link", name="Diese Nachrichten (CSV)").click()
        assert (await file.value).suggested_filename == "feedback.csv"


async def test_hostile_texts_lie_still(walk: Walk) -> None:
    """Markup of a visitor is text, its words do not widen the page, and nothing of it runs or is fetched (the walk would fail)."""
    async with walk(EDITOR, PHONE) as page:
        await page.goto("/feedback?language=en")
        await page.get_by_role("link", name="Ganz lesen").first.click()
        await expect(page.locator("blockquote")).to_contain_text("<script>alert(1)</script>")
        await expect(page.get_by_text("javascript:alert(3)")).to_be_visible()
        await expect(page.get_by_role("link", name="javascript")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


async def test_by_keyboard(walk: Walk) -> None:
    """The first message is opened, a note is saved, with Tab and Enter alone."""
    async with walk(EDITOR, DESKTOP) as page:
        await page.goto("/feedback")
        await _tab_to(page, "li.message a")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Was getan wurde")).to_be_visible()
        await _tab_to(page, "textarea")
        await page.keyboard.type("Gelesen.")
        await _tab_to(page, "button[value=new]")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_have_text("Gespeichert.")


async def _tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector!r}")


async def test_without_scripts(walk: Walk) -> None:
    """Filter, note and status work."""
    async with walk(EDITOR, PHONE, java_script_enabled=False) as page:
        await page.goto("/feedback?state=all&kind=complaint")
        await page.locator("li.message a").first.click()
        await page.get_by_label("Notiz").fill("Steckdosen sind beauftragt.")
        await page.get_by_role("button", name="Nur die Notiz speichern").click()
        await expect(page.get_by_label("Notiz")).to_have_value("Steckdosen sind beauftragt.")


async def test_a_viewer_reads(walk: Walk) -> None:
    """The messages of the own town, without a form."""
    async with walk(VIEWER, PHONE) as page:
        await page.goto("/feedback?state=all")
        await page.locator("li.message a").first.click()
        await expect(page.get_by_role("heading", name="Nachricht")).to_be_visible()
        await expect(page.get_by_label("Notiz")).to_have_count(0)
