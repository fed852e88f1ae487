"""Vouchers and posters, walked as a clerk would: on a phone and on a desk, by keyboard alone, and without scripts."""

import asyncio
import re
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Download, Error, Page, Route, expect

from hotspot.hub.hub import Hub
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.hotspot.printing.reading import codes_in, fonts_of, image_of, pages_of, text_of
from tests.hub.console.walks.conftest import EDITOR, VIEWER, Walk

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

HALL = "/halls/kleinheim-rathaus"
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")


async def saved(download: Download, folder: Path) -> Path:
    """The file, under its own name."""
    path = folder / download.suggested_filename
    await download.save_as(path)
    return path


@SCREENS
async def test_made_printed_and_withdrawn(walk: Walk, tmp_path: Path, screen: Screen) -> None:
    """From the list of halls to tickets on paper; the codes on the screen are those on the tickets; then the batch is withdrawn."""
    async with walk(EDITOR, screen) as page:
        await page.goto("/vouchers")
        await page.get_by_role("link", name=re.compile("Gutscheine.*Rathaus Kleinheim")).click()
        await page.get_by_role("link", name="Gutscheine erstellen").click()
        await page.get_by_label("Wie viele Codes?").fill("3")
        await page.get_by_label("Geräte je Code").fill("0")
        await page.get_by_label("Für wen, wofür?").fill("Schulung <b>")
        await page.evaluate("document.querySelector('main form').noValidate = true")
        await page.get_by_role("button", name="Gutscheine erstellen").click()
        await expect(page.get_by_role("alert")).to_contain_text("Es wurde noch nichts erstellt")
        await expect(page.get_by_label("Für wen, wofür?")).to_have_value("Schulung <b>")
        await page.get_by_label("Geräte je Code").fill("2")
        await page.get_by_role("button", name="Gutscheine erstellen").click()
        await expect(page.get_by_role("status")).to_contain_text("Die Gutscheine sind erstellt")
        batch = page.url
        async with page.expect_download() as printed:
            await page.get_by_role("button", name="Drucken (PDF)").click()
        file = await saved(await printed.value, tmp_path)
        async with page.expect_download() as table:
            await page.get_by_role("button", name="Codes als Tabelle").click()
        rows = (await saved(await table.value, tmp_path)).read_text()
        await page.get_by_role("button", name="Codes anzeigen").click()
        codes = CODE.findall(await page.inner_text("ol.codes"))
        assert (len(codes), sorted(CODE.findall(text_of(file))), CODE.findall(rows)) == (3, sorted(codes), codes)
        assert ("Schulung <b>" in text_of(file), pages_of(file)[0], all(fonts_of(file).values())) == (True, 1, True)
        assert [code for code in codes if code in page.url] == []
        await page.goto(batch)
        await page.get_by_text("Diese Serie zurückziehen").click()
        await page.get_by_label("Warum?").fill("Nur ein Versuch")
        await page.get_by_label("Ich bin sicher").check()
        await page.get_by_role("button", name="Serie zurückziehen").click()
        await expect(page.get_by_role("status")).to_contain_text("ist zurückgezogen")


@SCREENS
async def test_a_poster(walk: Walk, tmp_path: Path, screen: Screen) -> None:
    """The picture follows the choices; the file has the size and the languages that were chosen, and its QR code joins the Wi-Fi."""
    async with walk(VIEWER if screen is PHONE else EDITOR, screen) as page:
        hall = "/halls/bergdorf-rathaus" if screen is PHONE else HALL
        await page.goto(f"{hall}/poster")
        if screen is PHONE:
            await expect(page.get_by_text("das ist hier noch nicht eingetragen")).to_be_visible()
            await expect(page.get_by_role("link", name="Namen des WLAN eintragen")).to_have_count(0)
            return
        picture = page.get_by_role("img", name=re.compile("Der Aushang"))
        await expect(picture).to_have_js_property("complete", True)
        async with page.expect_response(re.compile(r"poster\.svg\?.*language=fr")) as drawn:
            await page.get_by_label("Français").check()
        assert "Wi-Fi gratuit" in (await (await drawn.value).body()).decode()
        await expect(picture).to_have_attribute("alt", re.compile("in 6 Sprachen"))
        overtaken = asyncio.Event()
        await page.route(re.compile(r"/poster\?"), partial(_once, overtaken), times=1)
        await page.get_by_label("Русский").check()
        async with page.expect_event("requestfailed", lambda request: "/poster?" in request.url):  # a late answer must not come back
            await page.get_by_label("Polski").check()
        overtaken.set()
        await expect(picture).to_have_attribute("alt", re.compile("in 8 Sprachen"))
        await page.get_by_label("Română").check()
        await expect(page.get_by_role("alert")).to_contain_text("Das sind 9 Sprachen")
        await page.get_by_label("Română").uncheck()
        await expect(page.get_by_role("alert")).to_have_count(0)
        await page.get_by_label("A3 (doppelt so groß)").check()
        async with page.expect_download() as printed:
            await page.get_by_role("button", name="Herunterladen (PDF)").click()
        file = await saved(await printed.value, tmp_path)
        assert (pages_of(file)[1].endswith("(A3)"), codes_in(image_of(file, dots=60))) == (True, ["WIFI:T:nopass;S:Rathaus-WLAN;;"])


async def _once(event: asyncio.Event, route: Route) -> None:
    """Let a request go on when the event came; its page may have given it up by then."""
    await event.wait()
    with suppress(Error):
        await route.continue_()


async def test_the_name_of_the_wifi_by_keyboard(walk: Walk) -> None:
    """A hall whose Wi-Fi nobody has told yet: asked for, typed, and the poster is there, with Tab and Enter alone."""
    async with walk("admin", DESKTOP) as page:
        await page.goto("/halls/musterstadt-bauhof/poster")
        await _press(page, "Namen des WLAN eintragen")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Name des WLAN")
        await _press(page, "Name des WLAN", "")
        await page.keyboard.type("Bauhof-WLAN")
        await _press(page, "Adresse der Startseite", "")
        await page.keyboard.type("portal.bauhof.example")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_have_text("Der Name des WLAN ist gespeichert.")
        await expect(page.get_by_role("img", name=re.compile("Bauhof-WLAN"))).to_be_visible()


async def _press(page: Page, name: str, key: str = "Enter") -> None:
    """Go to the next thing of that name by Tab alone, and press a key there."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        focused = await page.evaluate("() => (document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()")
        if focused.startswith(name):
            if key:
                await page.keyboard.press(key)
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


async def test_without_scripts(walk: Walk, tmp_path: Path, town: tuple[Hub, str]) -> None:
    """Vouchers are made and printed, and the poster is looked at by a button."""
    async with walk(EDITOR, PHONE, java_script_enabled=False) as page:
        await page.goto(f"{HALL}/poster")
        await page.get_by_label("Türkçe").uncheck()
        await page.get_by_role("button", name="Ansehen").click()
        await expect(page.get_by_role("img", name=re.compile("in 4 Sprachen"))).to_be_visible()
        await page.goto(f"{HALL}/vouchers/new")
        await page.get_by_label("Wie viele Codes?").fill("1")
        await page.get_by_role("button", name="Gutscheine erstellen").click()
        async with page.expect_download() as printed:
            await page.get_by_role("button", name="Drucken (PDF)").click()
        assert len(CODE.findall(text_of(await saved(await printed.value, tmp_path)))) == 1
