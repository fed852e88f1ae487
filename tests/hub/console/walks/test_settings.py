"""The settings, walked: a plan from the form to the halls and back, hours, terms; by keyboard alone, without scripts, as a viewer."""

import re

import pytest
from playwright.async_api import Page, expect

from hotspot.hub.hub import Hub
from tests.browser.axe import ALL_RULES, CONTRAST, examine
from tests.browser.screens import ARTEFACTS, DESKTOP, PHONE, Screen
from tests.hub.console.walks.conftest import ADMIN, EDITOR, VIEWER, Walk

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


async def link(page: Page, name: str) -> None:
    """Follow a link."""
    await page.get_by_role("link", name=name, exact=True).first.click()


async def press(page: Page, name: str) -> None:
    """Press a button."""
    await page.get_by_role("button", name=name, exact=True).click()


@SCREENS
async def test_a_plans_time_in_stages_and_back(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """A clerk lets sessions last four hours: sees the difference, begins with one hall, goes on to the others, and takes it all back."""
    async with walk(EDITOR, screen) as page:
        await page.goto("/settings")
        await link(page, "Gemeinde Kleinheim")
        await link(page, "Tarife")
        await link(page, "Kostenlos")
        await page.get_by_label("Dauer einer Sitzung").first.fill("240")
        await page.get_by_label("Einheit: Dauer einer Sitzung").select_option(label="Minuten")
        await press(page, "Änderungen ansehen")
        await expect(page.get_by_role("heading", name="In 3 Standorten")).to_be_visible()
        row = page.get_by_role("row", name="Dauer einer Sitzung")
        await expect(row).to_contain_text(re.compile("3\\s*Stunden.*4\\s*Stunden", re.DOTALL))
        await page.get_by_label("Warum").fill("Wunsch der Bibliothek")
        assert not await page.get_by_label("Rathaus Kleinheim").is_visible()
        await page.get_by_label("In Stufen: erst einige Standorte").check()
        await press(page, "Anwenden")
        await expect(page.get_by_text("Bitte wählen Sie, mit welchen Standorten es beginnen soll.")).to_be_visible()
        await expect(page.get_by_label("Warum")).to_have_value("Wunsch der Bibliothek")
        await page.get_by_label("Rathaus Kleinheim").check()
        await press(page, "Anwenden")
        await expect(page.get_by_role("status")).to_have_text("Die ersten Standorte erhalten die Änderung jetzt.")
        await expect(page.get_by_role("row", name="Rathaus Kleinheim")).to_contain_text("hat noch nicht geantwortet")
        await looked_at(page, f"rollout-running-{'phone' if screen is PHONE else 'desktop'}")
        await takes_it(town[0], "kleinheim-rathaus")
        await expect(page.get_by_role("row", name="Rathaus Kleinheim")).to_contain_text("hat die Änderung", timeout=15_000)
        await press(page, "Weiter zu den nächsten Standorten")
        await expect(page.get_by_text("überall")).to_be_visible()
        await link(page, re.sub(".*/", "Änderung ", page.url))
        await link(page, "Rückgängig machen …")
        await page.get_by_label("Ja, diese Änderung überall rückgängig machen").check()
        await press(page, "Rückgängig machen")
        await expect(page.get_by_role("status")).to_contain_text("ist rückgängig gemacht")
        await page.goto("/settings/in/partner:kleinheim/plans/free")
        await expect(page.get_by_label("Dauer einer Sitzung").first).to_have_value("3")


async def takes_it(hub: Hub, hall: str) -> None:
    """The gateway of a hall says that it applies what it is given."""
    async with hub.store.connection() as connection:
        await connection.execute(
            "UPDATE gateway_states s SET health = s.health || jsonb_build_object('policy', p.serial) "
            "FROM hall_policies p JOIN halls h ON h.id = p.hall_id WHERE s.hall_id = h.id AND h.name = $1",
            hall,
        )


async def looked_at(page: Page, name: str) -> None:
    """A state of a page that no address leads to: axe finds nothing, and there is a picture."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for scheme, rules in (("light", ALL_RULES), ("dark", CONTRAST)):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.screenshot(path=ARTEFACTS / f"console-settings.{name}-{scheme}.png", full_page=True)
        assert await examine(page, rules) == [], scheme
    await page.emulate_media(color_scheme="light")


@SCREENS
async def test_a_mistake_is_shown_where_it_was_made(walk: Walk, screen: Screen) -> None:
    """With what was typed, in the reader's words; the page says so to axe, too."""
    async with walk(EDITOR, screen) as page:
        await page.goto("/settings/in/partner:kleinheim/plans/free")
        await page.get_by_text("Mehr: Grenzen, Pausen, Gutscheine").click()
        await page.get_by_label("Datenmenge einer Sitzung").first.fill("viel")
        await press(page, "Änderungen ansehen")
        field = page.get_by_label("Datenmenge einer Sitzung").first
        await expect(field).to_have_value("viel")
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(page.locator("#volume-fault")).to_contain_text("Erwartet wird eine Datenmenge wie")
        await looked_at(page, f"plan-wrong-{'phone' if screen is PHONE else 'desktop'}")


@SCREENS
async def test_opening_hours(walk: Walk, screen: Screen) -> None:
    """A hall's week and a holiday; the guest network goes by it; both are one change, and are discarded in the end."""
    async with walk(EDITOR, screen) as page:
        await page.goto("/settings/hall/kleinheim-schule")
        await link(page, "Öffnungszeiten")
        await link(page, "Neue Zeiten anlegen")
        await page.get_by_label("Montag").fill("8-12, 14-18")
        await page.get_by_label("Samstag").fill("9 bis 13 Uhr")
        await page.get_by_label("Erster oder einziger Tag").first.fill("24.12.")
        await press(page, "Änderungen ansehen")
        await expect(page.get_by_text("Mo 08:00-12:00, 14:00-18:00").first).to_be_visible()
        await link(page, "Mehr ändern")
        await link(page, "Angebotene Tarife")
        await page.get_by_label("Geöffnet").select_option(label="nur in den Öffnungszeiten „hall“")
        await press(page, "Änderungen ansehen")
        await expect(page.get_by_text("Nur in diesen Öffnungszeiten geöffnet")).to_be_visible()
        await press(page, "Entwurf verwerfen")
        await expect(page.get_by_role("status")).to_have_text("Der Entwurf ist verworfen. Es wurde nichts geändert.")


async def test_terms_show_only_what_is_needed(walk: Walk) -> None:
    """Fields for a text of one's own come with that choice; another text needs another version."""
    async with walk(EDITOR, DESKTOP) as page:
        await page.goto("/settings/in/partner:kleinheim/terms")
        await expect(page.get_by_label("Deutsch", exact=True)).to_be_hidden()
        await page.get_by_text("Muster lesen").click()
        await link(page, "Eigenen Text schreiben, mit dem Muster als Vorlage")
        await expect(page.get_by_label("Deutsch", exact=True)).to_have_value(re.compile("kostenlos"))
        await page.get_by_label("Deutsch", exact=True).fill("Bitte seien Sie freundlich.")
        await press(page, "Änderungen ansehen")
        await expect(page.locator("#version-fault")).to_contain_text("braucht er eine andere Fassung")
        await expect(page.get_by_label("Deutsch", exact=True)).to_have_value("Bitte seien Sie freundlich.")


async def test_by_keyboard_alone(walk: Walk) -> None:
    """A telephone number is changed, looked at and applied everywhere, with Tab, letters, space and Enter."""
    async with walk(ADMIN, DESKTOP) as page:
        await page.goto("/settings/hall/musterstadt-bauhof")
        await tab_to(page, "a[href$='/contact']")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Name und Kontakt")).to_be_visible()
        await tab_to(page, "#phone")
        await page.keyboard.type("+49 1234 567-8")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Änderungen ansehen")).to_be_visible()
        await tab_to(page, "form[action$='/apply'] button")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Angewendet")


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector!r}")


async def test_without_scripts(walk: Walk) -> None:
    """What new visitors meet while the line is down is set and applied."""
    async with walk(EDITOR, PHONE, java_script_enabled=False) as page:
        await page.goto("/settings/in/hall:kleinheim-bad/away")
        await page.get_by_label("Neue Besucher während eines Internetausfalls").select_option(label="müssen warten")
        await press(page, "Änderungen ansehen")
        await expect(page.get_by_role("heading", name="Freibad Kleinheim")).to_be_visible()
        await press(page, "Anwenden")
        await expect(page.get_by_role("status")).to_contain_text("Angewendet: Für 1 von 1 Standorten")


async def test_a_viewer_reads(walk: Walk, town: tuple[Hub, str]) -> None:
    """Everything that goes for the town, without a button."""
    async with walk(VIEWER, PHONE) as page:
        await page.goto("/settings")
        await link(page, "Markt Bergdorf")
        await link(page, "Tarife")
        await link(page, "Kostenlos")
        await expect(page.get_by_text("Sie können diese Einstellungen lesen, aber nicht ändern.")).to_be_visible()
        await expect(page.get_by_label("Dauer einer Sitzung").first).to_be_disabled()
        await expect(page.locator("main").get_by_role("button")).to_have_count(0)
