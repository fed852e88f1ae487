"""What a clerk does to the town's pages, in Chromium: the branding with a picture, a notice, a service, a table; and the preview."""

import re
from typing import Final

import pytest
from playwright.async_api import Page, expect

from hotspot.hub.hub import Hub
from tests.browser.screens import ARTEFACTS, DESKTOP, PHONE, Screen
from tests.hub.console import faces
from tests.hub.console.walks.conftest import Walk

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
SCREENS: Final = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
TOWN: Final = "/settings/in/partner:kleinheim"


async def discard(page: Page) -> None:
    """Throw the draft away that a walk has made."""
    await page.get_by_role("button", name="Entwurf verwerfen").click()


async def choose(page: Page, label: str, name: str, content: bytes) -> None:
    """A file for the field of that label."""
    kind = "image/svg+xml" if name.endswith(".svg") else "text/csv"
    await page.get_by_label(label, exact=True).set_input_files({"name": name, "mimeType": kind, "buffer": content})


@SCREENS
async def test_a_clerk_gives_the_town_a_face(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """Name, coat of arms, colour with its contrast, a notice: shown beside, looked at before and after, not applied by itself."""
    async with walk("kleinheim", screen, "de") as page:
        await page.goto(f"{TOWN}/branding")
        await page.get_by_label("Name der Kommune").fill("Gemeinde Kleinheim")
        await page.get_by_role("group", name="Begrüßung oder Hinweis").get_by_label("Deutsch").fill("Am Freitag ist geschlossen.")
        colour = page.get_by_role("textbox", name="Farbe (freiwillig)", exact=True)
        await colour.fill("#ffee00")
        await expect(page.get_by_text("Diese Farben lassen sich nicht verwenden")).to_be_visible()
        await page.get_by_role("button", name="#787000 nehmen").click()
        await expect(colour).to_have_value("#787000")
        await expect(page.get_by_text("Diese Farben sind gut lesbar")).to_be_visible()
        content = faces.TOWN.joinpath("wappen.svg").read_bytes()
        await page.get_by_label("Wappen", exact=True).set_input_files(
            {"name": "Wappen.svg", "mimeType": "image/svg+xml", "buffer": content}
        )
        await page.get_by_role("button", name="Als Entwurf merken und daneben zeigen").click()
        frame = page.frame_locator("iframe[title=Startseite]")
        await expect(frame.get_by_text("Am Freitag ist geschlossen.")).to_be_visible()
        assert await frame.locator("img.logo").evaluate("image => image.naturalWidth") > 0
        await page.get_by_role("link", name="Entwurf ansehen").click()
        await page.get_by_role("link", name="Vorschau").click()
        await page.get_by_role("link", name="Vorher und nachher").click()
        await expect(page.frame_locator("iframe[title^=Jetzt]").get_by_text("Gemeinde Kleinheim")).to_have_count(0)
        after = page.frame_locator("iframe[title^='Mit Ihren']")
        await expect(after.get_by_text("Gemeinde Kleinheim")).to_be_visible()
        await page.get_by_role("link", name="Zurück zu Ihren Änderungen").click()
        await discard(page)


@SCREENS
async def test_a_clerk_adds_a_service_and_imports_a_table(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """One by a form; then a table with a fault, and without."""
    async with walk("kleinheim", screen, "de") as page:
        await page.goto(f"{TOWN}/services")
        await page.get_by_role("link", name="Dienstleistung hinzufügen").click()
        await page.get_by_role("group", name="Name der Dienstleistung").get_by_label("Deutsch").fill("Hundesteuer")
        await page.get_by_label("Telefon").fill("keine Nummer")
        await page.get_by_role("button", name="Änderungen ansehen").first.click()
        await expect(page.locator("p.fault", has_text="Erwartet: eine Telefonnummer")).to_be_visible()
        await page.get_by_label("Telefon").fill("+49 1234 567")
        await page.get_by_role("button", name="Änderungen ansehen").first.click()
        await expect(page).to_have_url(re.compile("/settings/drafts/"))
        await page.goto(f"{TOWN}/services-import")
        table = "Name;Telefon\nBücherei;+49 1234 9\nFalsch;ohne\n"
        await page.get_by_label("Datei", exact=True).set_input_files(
            {"name": "a.csv", "mimeType": "text/csv", "buffer": table.encode("cp1252")}
        )
        await page.get_by_role("button", name="Zeigen, was sie bewirkt").click()
        await expect(page.get_by_text("1 Zeile ist nicht verwendbar.")).to_be_visible()
        assert await page.get_by_role("button", name="Importieren").count() == 0
        table = "Name;Telefon\nBücherei;+49 1234 9\n"
        await choose(page, "Datei", "liste.csv", table.encode())
        await page.get_by_role("button", name="Zeigen, was sie bewirkt").click()
        await page.get_by_role("button", name="Importieren", exact=True).click()
        await expect(page.get_by_text("Bücherei").first).to_be_visible()
        await expect(page.get_by_text("Hundesteuer").first).to_be_visible()
        await discard(page)


async def test_the_preview_is_looked_through(walk: Walk, town: tuple[Hub, str]) -> None:
    """Another page, one language large; links inside a frame lead on in it, buttons do nothing."""
    async with walk("bergdorf", DESKTOP, "de") as page:
        await page.goto("/halls/bergdorf-rathaus/preview")
        assert await page.locator("iframe").count() == 13
        await page.get_by_label("Seite", exact=True).select_option(label="Online")
        await page.get_by_role("button", name="Anzeigen").click()
        await page.get_by_role("link", name="Türkçe").click()
        frame = page.frame_locator("iframe.phone")
        await expect(frame.locator("html")).to_have_attribute("lang", "tr")
        await frame.locator("button").first.click()
        await expect(frame.locator(".tick")).to_be_visible()
        await frame.locator("footer nav a").last.click()
        await expect(frame.locator(".tick")).to_have_count(0)
        await expect(frame.locator("html")).to_have_attribute("lang", "tr")


async def test_frames_show_the_whole_page(walk: Walk, town: tuple[Hub, str]) -> None:
    """The chosen language stands first; no frame cuts the foot of its page off; they use the width that there is."""
    for screen in (PHONE, DESKTOP):
        async with walk("bergdorf", screen, "de") as page:
            await page.goto("/halls/bergdorf-rathaus/preview?lang=tr")
            first = page.locator("iframe.phone").first
            await expect(first.content_frame.locator("html")).to_have_attribute("lang", "tr")
            await expect(first.content_frame.locator("footer")).to_be_visible()
            await page.wait_for_function(
                "() => { const frame = document.querySelector('iframe.phone');"
                " return frame.clientHeight >= frame.contentDocument.documentElement.scrollHeight; }"
            )
            left, right = await page.evaluate(
                "() => { const all = [...document.querySelectorAll('.phones li')].map((one) => one.getBoundingClientRect().right);"
                " return [Math.max(...all), document.querySelector('.phones').getBoundingClientRect().right]; }"
            )
            assert left == pytest.approx(right, abs=1)


async def test_faults_are_seen_at_once(walk: Walk, town: tuple[Hub, str]) -> None:
    """Without a script: the summary has the focus, and each of its links leads to a field that can be typed in at once."""
    for screen in (PHONE, DESKTOP):
        async with walk("kleinheim", screen, "de", java_script_enabled=False) as page:
            await page.goto(f"{TOWN}/legal")
            await page.locator("[id='legal.operator.phone']").fill("abc")
            await page.locator("[id='legal.operator.email']").fill("rathaus")
            await page.get_by_role("button", name="Änderungen ansehen").click()
            summary = page.locator("#summary")
            await expect(summary).to_be_focused()
            assert await summary.get_by_role("link").count() == 2
            await page.screenshot(path=ARTEFACTS / f"console-faults-{screen.width}.png", full_page=True)
            await summary.get_by_role("link", name="E-Mail").click()
            await expect(page.locator("[id='legal.operator.email']")).to_be_focused()


async def test_by_keyboard_alone(walk: Walk, town: tuple[Hub, str]) -> None:
    """From the list of services to a new one and its draft."""
    async with walk("kleinheim", DESKTOP, "de") as page:
        await page.goto(f"{TOWN}/services")
        await tab_to(page, "Dienstleistung hinzufügen")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/services/_new")
        await tab_to(page, "services.services._.name.de")
        await page.keyboard.type("Fundbüro")
        await tab_to(page, "Änderungen ansehen")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/settings/drafts/*")
        await expect(page.get_by_text("Fundbüro").first).to_be_visible()
        await discard(page)


async def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on it, by its words or its name; what has the focus is never hidden behind the header."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        found, top = await page.evaluate(
            "() => [`${document.activeElement.name || ''} ${document.activeElement.textContent.trim()}`, "
            "document.activeElement.getBoundingClientRect().bottom]"
        )
        if wanted in found:
            assert top > 56
            return
    raise AssertionError(f"cannot reach {wanted!r} by Tab: expected it within 80 steps")


async def test_without_scripts(walk: Walk, town: tuple[Hub, str]) -> None:
    """Colours are checked by a button, the preview is there, a draft is kept."""
    async with walk("kleinheim", PHONE, "de", java_script_enabled=False) as page:
        await page.goto(f"{TOWN}/branding")
        await page.get_by_role("textbox", name="Farbe (freiwillig)", exact=True).fill("#ffee00")
        await page.get_by_role("button", name="Farben prüfen").click()
        await page.get_by_role("button", name="#787000 nehmen").click()
        await expect(page.get_by_text("Diese Farben sind gut lesbar")).to_be_visible()
        await page.get_by_role("button", name="Änderungen ansehen").click()
        await page.get_by_role("link", name="Vorschau").click()
        await expect(page.frame_locator("iframe").first.get_by_role("heading", level=1)).to_be_visible()
        await page.get_by_role("link", name="Zurück zu Ihren Änderungen").click()
        await discard(page)
