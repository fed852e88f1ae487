"""A town joins: from "agreement signed" to "first visitor online", at the desk and on a phone, with a gateway that speaks over the wire; by
keyboard alone; without scripts; and the end of a town."""

import contextlib
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession
from playwright.async_api import Page, expect

from hotspot import wire
from hotspot.hub.access import Role
from hotspot.hub.api import channels, data, halls
from hotspot.hub.hub import Hub
from hotspot.hub.store import tenants
from tests.browser.axe import ALL_RULES, examine
from tests.browser.screens import ARTEFACTS, DESKTOP, PHONE, Screen
from tests.hub import town as rows
from tests.hub.console import city
from tests.hub.console.conftest import secret_of
from tests.hub.console.walks.conftest import ADMIN, EDITOR, VIEWER, Walk
from tests.hub.gateways.box import Box

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
MOST_PAGES, MOST_CLICKS = 32, 28
"""Of the whole way of a town with one hall: at twenty seconds for each page that is the ten minutes that it may take."""


@contextlib.asynccontextmanager
async def leaving_nothing(hub: Hub, name: str) -> AsyncIterator[None]:
    """Afterwards the town is gone again: others walk in the same city."""
    try:
        yield
    finally:
        async with hub.store.connection() as connection:
            there = await tenants.partner(connection, name)
        if there is not None:
            if there.left_at is None:
                await city.done(hub, halls.leave, partner=name)
            await city.done(hub, data.erase_partner, {"confirm": name}, partner=name)


class Steps:
    """Somebody at the page; what they do is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.pages, self.clicks = page, 0, 0
        page.on("framenavigated", self._moved)

    def _moved(self, frame: object) -> None:
        self.pages += frame is self.page.main_frame

    async def press(self, name: str) -> None:
        """A button or a link by its words; of several the first one that is seen."""
        self.clicks += 1
        found = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        await found.first.click()

    async def back(self) -> None:
        """By the way that every page offers."""
        self.clicks += 1
        await self.page.get_by_role("link", name="Zurück zur Checkliste").click()

    async def applied(self) -> None:
        """A change of settings is looked at and goes into force."""
        await self.press("Änderungen ansehen")
        await self.press("Anwenden")

    async def state(self, title: str, words: str) -> None:
        """How far a step is, also of one that is folded away because it is done."""
        heading = self.page.get_by_role("heading", name=title, exact=True, include_hidden=True)
        step = self.page.get_by_role("listitem", include_hidden=True).filter(has=heading)
        await expect(step).to_contain_text(words, timeout=20_000)


async def speaks(box: Box, seq: int, visits: int = 0) -> None:
    """The gateway fetches its policy, applies it, and reports."""
    status, content, _ = await box.raw("GET", wire.POLICY)
    assert status == 200
    policy = wire.decode(wire.Policy, content)
    now = datetime.now(UTC)
    counted = [rows.row(now, visits=visits, seconds=60 * visits, bytes_down=10**6, languages={"de": visits})] if visits else []
    health = wire.Health(software="1.0", policy=policy.serial, zones=(wire.ZoneHealth("public", online=visits),))
    await box.post(wire.REPORTS, rows.delivery(now, rows.report(seq, now, counted), health=health), wire.Receipt)


async def _founded(at: Steps, name: str) -> None:
    """A town and its first hall, from the list of towns to the checklist."""
    page = at.page
    await page.goto("/partners")
    await at.press("Neue Kommune")
    await page.get_by_label("Die Vereinbarung zwischen Stadt und Kommune").check()
    await page.get_by_label("Name der Kommune", exact=True).fill("Gemeinde Neudorf")
    await page.get_by_label("Ansprechstelle dort").fill("Frau Muster, Telefon 123")
    await page.get_by_label("Ihr erster Standort").fill("Rathaus Neudorf")
    await page.get_by_text("Kurznamen").click()
    await page.get_by_label("Kurzname der Kommune").fill(name)
    await page.get_by_label("Kurzname des Standorts").fill(f"{name}-rathaus")
    await at.press("Anlegen und weiter")
    await expect(page.get_by_role("heading", name="Als Nächstes: Jemand in der Kommune hat ein Konto")).to_be_visible()


@SCREENS
async def test_a_town_joins(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """Every step by its button and back; the gateway enrols with the token of the page; at last the list says that the town is online."""
    hub, base = town
    name = f"neudorf-{screen.width}"
    began = time.monotonic()
    async with leaving_nothing(hub, name), walk(ADMIN, screen) as page, ClientSession() as http:
        at = Steps(page)
        await _founded(at, name)
        hook = {"name": f"chat-{name}", "kind": "webhook", "url": "https://chat.example/hook", "partner": name}
        await city.done(hub, channels.create_channel, hook)  # the hub of the tests has no mail server
        await at.press("Jemanden einladen")
        await page.get_by_label("Benutzername").fill(f"muster-{screen.width}")
        await at.press("Konto anlegen")
        await at.back()
        await secret_of(hub, f"muster-{screen.width}", Role.PARTNER_EDITOR, name)  # they log in

        await at.press("Name und Kontakt eintragen")
        await page.locator('[name="town"]').fill("Gemeinde Neudorf")
        await at.applied()
        await at.back()
        await at.press("Rechtliche Angaben ausfüllen")
        await page.locator('[name="legal.operator.name"]').fill("Gemeinde Neudorf")
        await at.applied()
        await at.back()
        await at.state("Jemand in der Kommune hat ein Konto", "erledigt")
        finished = page.get_by_text("Schritte sind erledigt").first
        await finished.click()
        await expect(page.get_by_role("heading", name="Jemand in der Kommune hat ein Konto")).to_be_visible()
        async with page.expect_response(lambda response: response.url.endswith("/checklist")):  # the list renews itself
            pass
        await expect(page.get_by_role("heading", name="Jemand in der Kommune hat ein Konto")).to_be_visible()
        await at.state("Impressum und Datenschutzhinweise nennen die Verantwortlichen", "erledigt")

        await at.press("Seiten ansehen")
        await expect(page.locator("iframe").first).to_be_visible()
        await at.back()
        await at.press("Abhaken: Die Seiten sind angesehen")
        await at.press("Gerät verbinden")
        await at.press("Einmal-Token ausstellen")
        line = await page.locator("#line").inner_text()
        stranger = Box(http, base, "", "")
        token = re.findall(r"hse_[A-Za-z0-9_-]{43}", line)[0]
        enrolled = await stranger.post(wire.ENROL, wire.Enrol(token=token, software="1.0", zones=("public",)), wire.Enrolled)
        box = Box(http, base, enrolled.gateway, enrolled.credential)
        await at.back()
        await at.state("Das Gateway gehört zu diesem Standort", "erledigt")
        await at.state("Das Gateway meldet sich", "offen")
        await speaks(box, 1)  # the page that is open finds out by itself
        await at.state("Das Gateway meldet sich", "erledigt")
        await at.state("Die Einstellungen gelten dort", "erledigt")
        await at.press("Abhaken: Das Gateway steht am Standort")
        await at.press("Abhaken: Der Aushang hängt")
        await speaks(box, 2, visits=1)
        await expect(page.get_by_text("Alles ist erledigt: Gemeinde Neudorf ist online.")).to_be_visible(timeout=20_000)
        size = "phone" if screen is PHONE else "desktop"
        await page.screenshot(path=ARTEFACTS / f"console-partner.checklist-all-done-{size}-light.png", full_page=True)
        assert await examine(page, ALL_RULES) == []
        (ARTEFACTS / f"joining-{size}.txt").write_text(f"{at.pages} pages, {at.clicks} clicks, {time.monotonic() - began:.0f} s\n")
        assert at.pages <= MOST_PAGES and at.clicks <= MOST_CLICKS, (at.pages, at.clicks)


async def test_by_keyboard_alone(walk: Walk, town: tuple[Hub, str]) -> None:
    """The form and the first step of the list."""
    async with leaving_nothing(town[0], "tastdorf"), walk(ADMIN, DESKTOP) as page:

        async def tab_to(label: str) -> None:
            for _ in range(60):
                focused = await page.evaluate(
                    "() => { const e = document.activeElement; return (e.labels?.[0]?.innerText ?? e.innerText ?? '').trim(); }"
                )
                if focused.startswith(label):
                    return
                await page.keyboard.press("Tab")
            raise AssertionError(f"{label}: the keyboard does not get there")

        await page.goto("/partners")
        await tab_to("Neue Kommune")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/partners/new")
        await tab_to("Name der Kommune")
        await page.keyboard.type("Gemeinde Tastdorf")
        await tab_to("Anlegen und weiter")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/partners/tastdorf/checklist")
        await tab_to("Abhaken")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_have_text("Abgehakt.")
        await expect(page.get_by_role("heading", name="Als Nächstes: Es ist bekannt")).to_be_visible()


async def test_without_scripts(walk: Walk, town: tuple[Hub, str]) -> None:
    """A town is set up, changed, and its steps are ticked; a report has its figures as a table."""
    async with leaving_nothing(town[0], "stilldorf"), walk(ADMIN, PHONE, java_script_enabled=False) as page:
        await page.goto("/partners/new")
        await page.get_by_label("Name der Kommune", exact=True).fill("Markt Stilldorf")
        await page.get_by_role("button", name="Anlegen und weiter").click()
        await page.get_by_role("button", name="Abhaken").first.click()
        await expect(page.get_by_text("Abgehakt.")).to_be_visible()
        await page.get_by_role("link", name="Ansprechstelle eintragen").first.click()
        await page.get_by_label("Ansprechstelle dort").fill("Rathaus, Zimmer 3")
        await page.get_by_role("button", name="Speichern").click()
        await expect(page.get_by_role("heading", name="Als Nächstes: Jemand in der Kommune hat ein Konto")).to_be_visible()
        await page.goto("/reports?partner=kleinheim")
        await page.get_by_role("link", name=re.compile(r"^\w+ \d{4}$")).nth(1).click()
        await page.locator("summary", has_text="Als Tabelle").first.click()
        assert await page.get_by_role("row").count() > 40


@SCREENS
async def test_the_end_of_a_town(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """It leaves when its name is typed, its data is taken along, and everything is erased."""
    name = f"enddorf-{screen.width}"
    await city.done(town[0], halls.create_partner, {"name": name, "title": "Gemeinde Enddorf"})
    async with leaving_nothing(town[0], name), walk(ADMIN, screen) as page:
        await page.goto(f"/partners/{name}")
        await page.get_by_role("link", name="Die Kommune tritt aus …").click()
        await page.get_by_label("Geben Sie den Kurznamen").fill("falsch")
        await page.get_by_role("button", name="Die Kommune tritt aus").click()
        await expect(page.get_by_text(f"Bitte geben Sie den Kurznamen der Kommune ein: {name}")).to_be_visible()
        await page.get_by_label("Geben Sie den Kurznamen").fill(name)
        await page.get_by_role("button", name="Die Kommune tritt aus").click()
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Daten mitnehmen (ZIP)").click()
        assert (await download.value).suggested_filename == f"{name}.zip"
        await page.get_by_role("link", name="Alles löschen …").click()
        await page.get_by_label("Geben Sie den Kurznamen").fill(name)
        await page.get_by_role("button", name="Alles endgültig löschen").click()
        await expect(page.get_by_role("status")).to_contain_text("Alles von Gemeinde Enddorf ist gelöscht")
        await page.get_by_role("link", name="Was gelöscht wurde").click()
        await expect(page.get_by_role("row", name=re.compile(name))).to_be_visible()


@SCREENS
async def test_a_report_is_read_and_taken_along(walk: Walk, screen: Screen) -> None:
    """A town's viewer finds the month, goes to the one before, and downloads the table and the document."""
    async with walk(VIEWER, screen) as page:
        await page.goto("/reports")
        await page.get_by_role("link", name=re.compile(r"^\w+ \d{4}$")).first.click()
        await expect(page.get_by_text("Der Monat ist noch nicht zu Ende").or_(page.get_by_text("Im "))).not_to_have_count(0)
        await page.locator('a[rel="prev"]').click()
        await expect(page.get_by_role("heading", name="Kurz gesagt")).to_be_visible()
        await page.get_by_text("Als Tabelle").first.click()
        await expect(page.get_by_role("row").nth(1)).to_be_visible()
        for button, end in (("Tabelle (CSV)", ".csv"), ("PDF zum Drucken", ".pdf")):
            async with page.expect_download(timeout=90_000) as download:
                await page.get_by_role("link", name=button).click()
            assert (await download.value).suggested_filename.endswith(end)


async def test_a_clerk_sees_what_is_theirs(walk: Walk) -> None:
    """The editor of a town finds the town's page, and in the list only what a town can do."""
    async with walk(EDITOR, PHONE) as page:
        await page.goto("/partners")
        await expect(page).to_have_url(re.compile("/partners/kleinheim$"))
        assert await page.get_by_role("link", name="Die Kommune tritt aus …").count() == 0
        await page.get_by_role("link", name=re.compile("^Checkliste:")).click()
        assert await page.get_by_role("link", name="Jemanden einladen").count() == 0
        await expect(page.get_by_role("link", name="Name und Kontakt eintragen").first).to_be_visible()
