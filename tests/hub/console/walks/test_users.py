"""Tasks about users, walked as an administrator would: on a phone and at a desk, by keyboard alone, and without scripts."""

import re

import pytest
from playwright.async_api import Page, expect

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store import people
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.hub.console.walks.conftest import ADMIN, Walk

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


async def user(hub: Hub, name: str) -> people.User:
    """As the database has it."""
    async with hub.store.connection() as connection:
        found = await people.user(connection, name)
    assert found is not None
    return found


async def made(page: Page, name: str, role: str, town: str) -> None:
    """A user by the form."""
    await page.goto("/users")
    await page.get_by_role("link", name="Neues Konto").click()
    await page.get_by_label("Benutzername").fill(name)
    await page.get_by_label("Name (freiwillig)").fill("Rita Roth")
    await page.get_by_label("Rolle", exact=True).select_option(label=role)
    await page.get_by_label("Kommune", exact=True).select_option(label=town)
    await page.get_by_role("button", name="Konto anlegen").click()


@SCREENS
async def test_a_user_from_first_to_last(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """Made with a password that is shown once, found, given another role, logged out, disabled and enabled."""
    name = f"r.roth-{screen.width}"
    async with walk(ADMIN, screen) as page:
        await made(page, name, "Bearbeitung der Kommune", "keine: die Stadt selbst")
        await expect(page.get_by_text("Diese Rolle ist für Personen einer Kommune")).to_be_visible()
        await expect(page.get_by_label("Benutzername")).to_have_value(name)
        await page.get_by_label("Kommune", exact=True).select_option(label="Gemeinde Kleinheim")
        await page.get_by_role("button", name="Konto anlegen").click()
        await expect(page.locator("#password")).to_have_text(re.compile("^[a-z2-9]{4}(-[a-z2-9]{4}){3}$"))
        await page.get_by_role("link", name="Zum Konto").click()
        await page.get_by_role("link", name="Benutzer", exact=True).last.click()
        await page.get_by_label("Name oder E-Mail").fill("roth")
        await page.get_by_role("button", name="Suchen").click()
        await page.get_by_role("link", name=name).click()
        await page.get_by_label("Rolle", exact=True).select_option(label="Einsicht der Kommune")
        await page.get_by_role("button", name="Speichern").click()
        await expect(page.get_by_text("Die Änderungen sind gespeichert.")).to_be_visible()
        assert (await user(town[0], name)).role is Role.PARTNER_VIEWER
        await page.get_by_role("link", name="Konto sperren").click()
        await page.get_by_label("Ich bin sicher").check()
        await page.get_by_role("button", name="Sperren").click()
        await expect(page.get_by_text("gesperrt", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Konto freigeben").click()
        await expect(page.get_by_text("kann sich wieder anmelden")).to_be_visible()
        await page.get_by_role("link", name="Was an diesem Konto geschehen ist").click()
        await expect(page.get_by_role("rowheader", name="Konto angelegt")).to_be_visible()


async def test_by_keyboard_alone(walk: Walk, town: tuple[Hub, str]) -> None:
    """A second factor is reset without a mouse: every stop can be seen, and it comes in the order of the page."""
    await _factor(town[0], "bergdorf")
    async with walk(ADMIN, DESKTOP) as page:
        await page.goto("/users/name/bergdorf")
        await _tab_to(page, "Zurücksetzen")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Zweiten Faktor von „bergdorf“ zurücksetzen")).to_be_visible()
        await _tab_to(page, "Ich bin sicher")
        await page.keyboard.press("Space")
        await _tab_to(page, "Zweiten Faktor zurücksetzen")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Der zweite Faktor ist entfernt.")).to_be_visible()
    assert not (await user(town[0], "bergdorf")).second_factor


async def _factor(hub: Hub, name: str) -> None:
    async with hub.store.transaction() as connection:
        await connection.execute(
            "INSERT INTO factors (user_id, kind, name, created_at, key) SELECT id, 'totp', '', now(), '' FROM users WHERE name = $1", name
        )


async def _tab_to(page: Page, words: str) -> None:
    """Press Tab until that is in focus; each stop has an outline."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        text, outline = await page.evaluate(
            "() => { const at = document.activeElement; "
            "return [(at.closest('label') || at).textContent.trim(), getComputedStyle(at).outlineStyle] }"
        )
        assert outline != "none", text
        if text == words:
            return
    raise AssertionError(f"{words!r} is never in focus")


async def test_without_scripts(walk: Walk, town: tuple[Hub, str]) -> None:
    """The same works: a user is made, with a password that is typed."""
    async with walk(ADMIN, PHONE, java_script_enabled=False) as page:
        await page.goto("/users/new")
        await page.get_by_label("Benutzername").fill("ohne.skript")
        await page.get_by_label("Rolle", exact=True).select_option(label="Betrieb der Stadt")
        await page.get_by_label("Mit diesem Kennwort:").check()
        await page.get_by_label("Kennwort", exact=True).fill("ein langes neues Kennwort")
        await page.get_by_role("button", name="Konto anlegen").click()
        await expect(page.get_by_text("Das Konto „ohne.skript“ ist angelegt.")).to_be_visible()
    found = await user(town[0], "ohne.skript")
    assert (found.role, found.has_password) == (Role.HOST_OPERATOR, True)
