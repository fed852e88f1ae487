"""Alarms in Chromium: what it means, who sees to it, who is told; on a phone, on a desk, by keyboard, and without scripts."""

import pytest
from playwright.async_api import expect

from hotspot.hub.hub import Hub
from hotspot.hub.store.pool import notify
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.hub.console.walks.conftest import ADMIN, EDITOR, OPERATOR, VIEWER, Walk

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


async def begun(hub: Hub, hall: str, kind: str) -> None:
    """Another alarm, for this walk alone."""
    async with hub.store.transaction() as connection:
        await connection.execute(
            "INSERT INTO alarms (hall_id, gateway_id, kind, severity, since, raised_at) "
            "SELECT hall_id, id, $2, 'warning', now(), now() FROM gateways WHERE name = $1 "
            "ON CONFLICT (hall_id, gateway_id, kind, subject) DO UPDATE SET acknowledged_at = NULL",
            hall,
            kind,
        )


async def ended(hub: Hub, kind: str) -> None:
    """And its end."""
    async with hub.store.transaction() as connection:
        await connection.execute("DELETE FROM alarms WHERE kind = $1", kind)


@SCREENS
async def test_somebody_sees_to_it(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """The operator reads what it means, says that they see to it, and everybody can read that."""
    hub, _ = town
    await begun(hub, "musterstadt-rathaus", "drift")
    async with walk(OPERATOR, screen) as page:
        await page.goto("/alarms")
        card = page.get_by_role("article").filter(has_text="Kernel und Journal")
        await expect(card).to_contain_text("Was Sie prüfen können:")
        await card.get_by_text("Ich kümmere mich darum").click()
        await card.get_by_label("Notiz für Ihre Kolleginnen und Kollegen").fill("Ich rufe im Rathaus an <b>")
        await card.get_by_role("button", name="Alarm quittieren").click()
        await expect(page.locator(".notice.good").first).to_have_text("Notiert: Sie kümmern sich darum.")
        await expect(card).to_contain_text("betrieb kümmert sich darum")
        await expect(card).to_contain_text("Ich rufe im Rathaus an <b>")
    await ended(hub, "drift")


async def test_a_new_alarm_is_said(walk: Walk, town: tuple[Hub, str]) -> None:
    """A page of alarms that is open says when it is no longer what is so; nothing moves under the reader."""
    hub, _ = town
    async with walk(ADMIN, DESKTOP) as page:
        async with page.expect_response(lambda response: "/live" in response.url):
            await page.goto("/alarms")
        await begun(hub, "kleinheim-rathaus", "gaps")
        async with hub.store.transaction() as connection:
            await notify(connection, "alarms")
        await expect(page.get_by_text("Bei den Alarmen hat sich etwas geändert.")).to_be_visible()
        await page.get_by_role("link", name="Seite neu laden").click()
        await expect(page.get_by_role("article").filter(has_text="Zu viele Lücken")).to_be_visible()
    await ended(hub, "gaps")


async def test_by_keyboard_alone(walk: Walk, town: tuple[Hub, str]) -> None:
    """From the fold to the button, with nothing but Tab, Enter and letters."""
    hub, _ = town
    await begun(hub, "kleinheim-rathaus", "lost")
    async with walk(EDITOR, DESKTOP) as page:
        await page.goto("/alarms")
        card = page.get_by_role("article").filter(has_text="Meldungen verloren")
        await card.locator("summary").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.type("Ich sehe nach")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(card).to_contain_text("kleinheim kümmert sich darum")
    await ended(hub, "lost")


@SCREENS
async def test_past_alarms(walk: Walk, screen: Screen) -> None:
    """Chosen by kind, then page after page."""
    async with walk(ADMIN, screen) as page:
        await page.goto("/alarms")
        await page.get_by_role("link", name="Frühere").click()
        await page.get_by_label("Zeitraum").select_option("Letztes Jahr")
        await expect(page.locator("tbody tr")).to_have_count(25)
        await page.get_by_role("link", name="Ältere").click()
        await expect(page.get_by_role("link", name="Neueste")).to_be_visible()
        await expect(page.locator("tbody tr")).to_have_count(25)
        await page.get_by_role("link", name="Neueste").click()
        await page.get_by_label("Art", exact=True).select_option("Kein Internet")
        await expect(page.locator("tbody tr").first).to_contain_text("Kein Internet")
        await expect(page.locator("tbody")).not_to_contain_text("Datenträger")


@SCREENS
async def test_who_is_told(walk: Walk, screen: Screen) -> None:
    """A clerk adds an address; a typing error loses nothing; it is deleted again when they are sure."""
    name = f"rathaus-{screen.width}"
    async with walk(EDITOR, screen) as page:
        await page.goto("/alarms/channels")
        await expect(page.locator("tbody")).not_to_contain_text("it-team")
        await page.get_by_role("link", name="Jemanden per E-Mail benachrichtigen").click()
        await page.get_by_label("Name", exact=True).fill(name)
        await page.get_by_label("E-Mail-Adressen").fill("frau.muster@kleinheim")
        await page.get_by_label("Bei welchen Alarmen?").select_option("Nur dringende Alarme")
        await page.get_by_role("button", name="Speichern").click()
        await expect(page.get_by_label("E-Mail-Adressen")).to_have_value("frau.muster@kleinheim")
        await expect(page.get_by_text("Bitte eine E-Mail-Adresse je Zeile")).to_be_visible()
        await page.get_by_label("E-Mail-Adressen").fill("frau.muster@kleinheim.example")
        await page.get_by_role("button", name="Speichern").click()
        await expect(page.get_by_role("status")).to_contain_text(f"„{name}“ wird ab jetzt")
        row = page.get_by_role("row").filter(has_text=name)
        await expect(row).to_contain_text("Nur dringende Alarme")
        await row.get_by_role("button", name="Testnachricht").click()
        await expect(page.get_by_role("alert")).to_contain_text("ist nicht angekommen")
        await page.get_by_role("row").filter(has_text=name).get_by_role("link", name="löschen").click()
        await page.get_by_label("Ich bin sicher").check()
        await page.get_by_role("button", name="Löschen").click()
        await expect(page.get_by_role("status")).to_contain_text("wird nicht mehr benachrichtigt")


async def test_a_secret_is_shown_once(walk: Walk) -> None:
    """The webhook's; afterwards it is nowhere."""
    async with walk(ADMIN, DESKTOP) as page:
        await page.goto("/alarms/channels/new/webhook")
        await page.get_by_label("Name", exact=True).fill("ops-chat")
        await page.get_by_label("Adresse des Webhooks").fill("https://chat.stadt.example/hook")
        await page.get_by_role("button", name="Speichern").click()
        secret = await page.locator("#secret").inner_text()
        assert len(secret) > 30
        await page.get_by_role("link", name="Ich habe es kopiert").click()
        await expect(page.get_by_role("row").filter(has_text="ops-chat")).to_be_visible()
        assert secret not in await page.content()


@SCREENS
async def test_without_scripts(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """Alarms are read and acknowledged; a viewer reads only."""
    hub, _ = town
    await begun(hub, "bergdorf-rathaus", "clock")
    async with walk(VIEWER, screen, java_script_enabled=False) as page:
        await page.goto("/alarms")
        await expect(page.get_by_role("article").filter(has_text="Uhr geht falsch")).to_be_visible()
        await expect(page.get_by_text("Ich kümmere mich darum")).to_have_count(0)
    async with walk(OPERATOR, screen, java_script_enabled=False) as page:
        await page.goto("/alarms")
        card = page.get_by_role("article").filter(has_text="Uhr geht falsch")
        await card.get_by_text("Ich kümmere mich darum").click()
        await card.get_by_role("button", name="Alarm quittieren").click()
        await expect(page.get_by_role("article").filter(has_text="Uhr geht falsch")).to_contain_text("betrieb kümmert sich darum")
        await page.get_by_label("Art", exact=True).select_option("Uhr geht falsch")
        await page.get_by_role("button", name="Anzeigen").click()
        await expect(page.get_by_role("article")).to_have_count(1)
    await ended(hub, "clock")
