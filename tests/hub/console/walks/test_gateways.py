"""Connecting a box, replacing it, giving it new credentials, shutting it out, closing its hall: walked on a phone and on a desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession
from playwright.async_api import expect

from hotspot import wire
from hotspot.hub.api import halls
from hotspot.hub.hub import Hub
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.hub.console import city
from tests.hub.console.city import done
from tests.hub.console.walks.conftest import ADMIN, Walk
from tests.hub.gateways.box import Box

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


@asynccontextmanager
async def enrolled(base: str, line: str) -> AsyncIterator[Box]:
    """A box on which somebody runs the command, and which reports at once."""
    async with ClientSession() as http:
        stranger = Box(http, base, "", "")
        said = wire.Enrol(token=line.rsplit(maxsplit=1)[-1], software="0.9", zones=("public",))
        found = await stranger.post(wire.ENROL, said, wire.Enrolled)
        box = stranger.with_(found.credential)
        box.name = found.gateway
        yield box


async def report(hub: Hub, box: Box) -> None:
    """It says that all is well."""
    health = wire.Health(software="0.9", zones=(wire.ZoneHealth("public", online=5),))
    sent = wire.Moment(hub.now().timestamp(), 60.0, "c" * 32)
    await box.post(wire.REPORTS, wire.Delivery(sent=sent, health=health), wire.Receipt)


@SCREENS
async def test_the_life_of_a_box(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """A hall gets its box, which appears on the open page by itself; the box is replaced, gets new credentials, is shut out; at last the
    hall is closed."""
    hub, base = town
    name = f"bergdorf-probe-{screen.width}"
    await done(hub, halls.create_hall, {"partner": "bergdorf", "name": name, "title": f"Probe {screen.width}"})
    async with walk(ADMIN, screen) as page:
        await page.goto("/gateways")
        await page.get_by_role("link", name="Gerät verbinden").click()
        await page.get_by_label("Standort suchen").fill("probe")
        await page.get_by_role("button", name="Suchen").click()
        await page.get_by_role("button", name="Einmal-Token ausstellen").click()
        await expect(page.get_by_text("Warten auf das Gerät")).to_be_visible()
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("button", name="Befehl kopieren").click()
        line = str(await page.evaluate("() => navigator.clipboard.readText()"))
        assert line == (await page.locator("#line").inner_text()).strip()
        async with enrolled(base, line) as box:
            await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            await expect(page.get_by_role("link", name=box.name)).to_be_visible()
            await expect(page.get_by_text("Warten auf das Gerät")).to_have_count(0)
            await report(hub, box)
            await page.get_by_role("link", name=box.name).click()
            await expect(page.get_by_text("mit 5 Besuchern online")).to_be_visible()
            await page.get_by_role("button", name="Neue Zugangsdaten geben").click()
            await expect(page.get_by_text("Neue Zugangsdaten kommen mit der nächsten Meldung.")).to_be_visible()
            await page.get_by_role("link", name="Gerät ersetzen").click()
            await page.get_by_role("button", name="Einmal-Token ausstellen").click()
            await expect(page.get_by_text(f"das alte Gerät von {box.name} ausgesperrt")).to_be_visible()
            async with enrolled(base, await page.locator("#line").inner_text()) as second:
                assert second.name == box.name
                assert (await box.refused(wire.POLL, wire.Poll(policy=0)))[0] == 401
                await page.goto(f"/gateways/{box.name}")
                await page.get_by_role("link", name="Aussperren").click()
                await page.get_by_label("Ich bin sicher").check()
                await page.get_by_role("button", name="Aussperren").click()
                await expect(page.get_by_text("Es ist seit")).to_be_visible()
                assert (await second.refused(wire.POLL, wire.Poll(policy=0)))[0] == 401
        await page.goto(f"/halls/{name}")
        await page.get_by_role("link", name="Verwalten").click()
        await page.get_by_label("Name des Standorts").fill("Probe & <b>Ende</b>")
        await page.get_by_role("button", name="Speichern").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Probe & <b>Ende</b>")
        await page.get_by_role("link", name="Standort schließen").click()
        await page.get_by_label("Tippen Sie den Kurznamen").fill(name)
        await page.get_by_role("button", name="Standort schließen").click()
        await expect(page.get_by_text("Der Standort ist geschlossen, seine Gateways sind ausgesperrt.")).to_be_visible()


async def test_a_token_without_scripts(walk: Walk, town: tuple[Hub, str]) -> None:
    """The command is there, and the token can be withdrawn."""
    hub, _ = town
    await done(hub, halls.create_hall, {"partner": "bergdorf", "name": "bergdorf-ohne", "title": "Ohne Skript"})
    async with walk(ADMIN, PHONE, java_script_enabled=False) as page:
        await page.goto("/halls/bergdorf-ohne/enrol")
        await page.get_by_label("Wie lange soll das Token gelten?").select_option("1 Tag")
        await page.get_by_role("button", name="Einmal-Token ausstellen").click()
        await expect(page.locator("#line")).to_contain_text("hotspot enrol --config /etc/hotspot/portal.toml")
        await expect(page.get_by_role("button", name="Befehl kopieren")).to_have_count(0)
        await page.get_by_role("button", name="Zurückziehen").click()
        await expect(page.get_by_text("Das Token gilt nicht mehr.")).to_be_visible()
    await done(hub, halls.close, hall="bergdorf-ohne")


@SCREENS
async def test_the_list(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """Those that need somebody come first; a choice of the state narrows the list without a button."""
    async with town[0].store.connection() as connection:  # the others have said nothing since the city was made
        await connection.execute(
            "UPDATE gateway_states SET seen_at = $1 WHERE gateway_id <> (SELECT id FROM gateways WHERE name = $2)",
            town[0].now(),
            city.SILENT,
        )
    async with walk(ADMIN, screen) as page:
        await page.goto("/gateways")
        await expect(page.get_by_role("rowheader").first).to_have_text(city.SILENT)
        await page.locator("#state").select_option("degraded")
        await page.wait_for_url("**state=degraded**")
        await expect(page.get_by_role("rowheader")).to_have_count(1)
        await page.get_by_role("link", name=city.FAULTY).click()
        await expect(page.get_by_text("Besucher sehen die Willkommensseite, kommen aber nicht ins Internet.")).to_be_visible()
