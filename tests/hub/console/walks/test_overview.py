"""The overview in Chromium: whether all is well in ten seconds, what is wrong in a minute, and that it keeps itself up to date."""

from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from hotspot import wire
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.store import tenants
from hotspot.hub.store.pool import notify
from tests.browser.screens import ARTEFACTS, DESKTOP, PHONE, Screen
from tests.hub import town as reports
from tests.hub.console import city
from tests.hub.console.walks.conftest import ADMIN, EDITOR, OPERATOR, VIEWER, Walk

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
HALL = "musterstadt-bauhof"


@dataclass
class Reporting:
    """A gateway that delivers one report after the other."""

    hub: Hub
    number: int = 0

    async def report(self, online: int, visits: int, stream: str) -> None:
        """So many visitors are there, so many more came."""
        self.number += 1
        now = self.hub.now()
        async with self.hub.store.connection() as connection:
            box = await tenants.gateway(connection, HALL)
        assert box is not None
        zones = (wire.ZoneHealth("public", online=online),)
        sent = reports.report(self.number, now, [reports.row(now, visits=visits)], stream)
        taken = await Ingest(self.hub).take(box, reports.delivery(now, sent, health=wire.Health(software="0.1.0", zones=zones)))
        assert taken.taken == 1
        async with self.hub.store.transaction() as connection:
            await notify(connection, "alarms")  # so that the walk need not wait for the next look


async def opened(page: Page) -> None:
    """The overview is there and live."""
    await page.goto("/")
    await expect(page.locator("#live")).to_have_class("live on")


@SCREENS
async def test_what_is_wrong(walk: Walk, screen: Screen) -> None:
    """The number that needs attention, what it is in plain words, and the way to the hall."""
    async with walk(OPERATOR, screen) as page:
        await opened(page)
        attention = page.get_by_role("region", name="Das braucht Aufmerksamkeit")
        silent = attention.get_by_role("listitem").filter(has_text="Feuerwache Bergdorf")
        await expect(silent).to_contain_text("Kein Kontakt")
        await expect(silent).to_contain_text("Das Gateway meldet sich nicht, zuletzt am")
        await silent.get_by_role("link", name="Feuerwache Bergdorf").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Feuerwache Bergdorf")
        await page.go_back()
        await attention.get_by_role("link", name="Alle Alarme").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Alarme")


@SCREENS
async def test_when_all_is_well(walk: Walk, screen: Screen) -> None:
    """A town without an alarm says so within the width of the screen, in both languages."""
    for language in ("de", "en"):
        async with walk(EDITOR, screen, language) as page:
            await opened(page)
            await expect(page.locator("#calm")).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
            ARTEFACTS.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=ARTEFACTS / f"console-overview-calm-{screen.width}-{language}.png", full_page=True)


@SCREENS
async def test_a_report_is_seen_without_a_reload(
    walk: Walk, town: tuple[Hub, str], screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Online, today and the sums change in their place; where the reader is stays."""
    hub, moment = town[0], town[0].now()
    monkeypatch.setattr(hub, "now", lambda: moment)  # midnight would begin to count anew what came today
    reporting = Reporting(hub)
    stream = "a" if screen is PHONE else "b"
    async with walk(ADMIN, screen) as page:
        await opened(page)
        row = page.locator(f"#h-{HALL}")
        before = int((await row.locator(".v").inner_text()).split()[-1])
        await row.get_by_role("link").focus()
        await page.evaluate("window.same = true")
        await reporting.report(77, 5, stream)
        await expect(row.locator(".o")).to_have_text("77")
        await expect(row.locator(".v")).to_have_text(f"{before + 5}")
        await reporting.report(78, 0, stream)
        await expect(row.locator(".o")).to_have_text("78")
        assert await page.evaluate("window.same && document.activeElement.textContent") == "Bauhof Musterstadt"


async def test_what_gets_worse_is_said_aloud(walk: Walk, town: tuple[Hub, str]) -> None:
    """Once, politely; the list has it on top, and lets go of it when it is over. A title full of HTML is text."""
    hub, _ = town
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE halls SET title = '<img src=x onerror=alert(1)>' WHERE name = $1", HALL)
    async with walk(ADMIN, DESKTOP, "en") as page:
        await opened(page)
        async with hub.store.transaction() as connection:
            await connection.execute(
                "INSERT INTO alarms (hall_id, gateway_id, kind, severity, since, raised_at) "
                "SELECT hall_id, id, 'firewall_down', 'urgent', now(), now() FROM gateways WHERE name = $1",
                HALL,
            )
            await notify(connection, "alarms")
        await expect(page.get_by_role("status").first).to_have_text("<img src=x onerror=alert(1)>: Fault")
        item = page.locator("#amiss li", has_text="Firewall is not running")
        await expect(item.get_by_role("link", name="<img src=x onerror=alert(1)>")).to_have_attribute("href", f"/halls/{HALL}")
        await expect(page.locator(f"#h-{HALL} .state")).to_have_text("Fault")
        async with hub.store.transaction() as connection:
            await connection.execute("DELETE FROM alarms WHERE kind = 'firewall_down'")
            await connection.execute("UPDATE halls SET title = 'Bauhof Musterstadt' WHERE name = $1", HALL)
            await notify(connection, "alarms")
        await expect(item).to_have_count(0)
        await expect(page.locator(f"#h-{HALL} .state")).to_have_text("All well")


async def test_the_end_of_the_session_is_said(walk: Walk, town: tuple[Hub, str]) -> None:
    """The page says that it is no longer live, and why."""
    hub, _ = town
    async with walk("kleinheim", DESKTOP) as page:
        await opened(page)
        async with hub.store.transaction() as connection:
            await connection.execute("DELETE FROM console_sessions s USING users u WHERE u.id = s.user_id AND u.name = 'kleinheim'")
            await notify(connection, "alarms")
        await expect(page.locator("#live")).to_contain_text("Sie sind abgemeldet.")
        await expect(page.locator("#live")).to_have_class("live off")


@SCREENS
async def test_found_and_sorted(walk: Walk, screen: Screen) -> None:
    """The list follows what is typed, and the address with it; the page itself stays."""
    async with walk(ADMIN, screen) as page:
        await opened(page)
        await page.evaluate("window.same = true")
        await page.get_by_label("Standort oder Kommune suchen").fill("bibliothek")
        await expect(page.locator("#halls tbody tr")).to_have_count(1)
        await expect(page).to_have_url("/?q=bibliothek&state=&sort=")
        await expect(page.locator("#told")).to_have_text("1 Standort gefunden.")
        await page.get_by_label("Standort oder Kommune suchen").fill("")
        await page.get_by_label("Zustand").select_option("Braucht Aufmerksamkeit")
        await expect(page.locator("#halls tbody tr").first).to_contain_text("Bergdorf")
        await expect(page.locator("#halls")).to_contain_text("Standorte gefunden.")
        assert await page.evaluate("window.same")


async def test_by_keyboard_alone(walk: Walk) -> None:
    """Skip the navigation, close and open a town, search, follow a link: each where the focus is seen."""
    async with walk(ADMIN, DESKTOP) as page:
        await opened(page)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        summary = page.locator("#g-bergdorf summary")
        for _ in range(30):
            await page.keyboard.press("Tab")
            if await summary.evaluate("element => element === document.activeElement"):
                break
        await expect(summary).to_be_focused()
        outline = await summary.evaluate("element => getComputedStyle(element).outlineStyle")
        hidden = await summary.evaluate("element => element.getBoundingClientRect().top < document.querySelector('.top').offsetHeight")
        assert (outline, hidden) == ("solid", False)
        await page.keyboard.press("Enter")
        await expect(page.locator("#g-bergdorf table")).to_be_hidden()
        await page.keyboard.press("Space")
        await expect(page.locator("#g-bergdorf table")).to_be_visible()
        await page.get_by_label("Standort oder Kommune suchen").focus()
        await page.keyboard.type("museum")
        await expect(page.locator("#halls tbody tr")).to_have_count(1)
        await page.get_by_role("link", name="Heimatmuseum Bergdorf").last.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Heimatmuseum Bergdorf")


@SCREENS
async def test_without_scripts(walk: Walk, screen: Screen) -> None:
    """All figures are there, a search works by its button, and the page loads itself anew every minute."""
    async with walk(VIEWER, screen, java_script_enabled=False) as page:
        await page.goto("/")
        await expect(page.locator("#sum-online")).to_have_text("50")
        await expect(page.locator("#halls tbody tr")).to_have_count(5)
        assert await page.locator('meta[http-equiv="refresh"]').get_attribute("content") == "60"
        await page.get_by_label("Standort oder Kommune suchen").fill("rathaus")
        await page.get_by_role("button", name="Anzeigen").click()
        await expect(page.locator("#halls tbody tr")).to_have_count(1)
        await page.get_by_role("link", name="Alle Standorte anzeigen").click()
        await expect(page.locator(f"#h-{city.SILENT}")).to_contain_text("Kein Kontakt")
