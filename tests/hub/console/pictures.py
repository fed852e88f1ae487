"""Pictures of every page of the console, in both languages, on phone and desktop, in light and in dark: part of ``make screenshots``.

They are in ``artefacts/screenshots/console/<page>/<language>-<width>-<scheme>.png``; ``index.html`` there shows them all. With
``--documents`` the pictures of docs/console.md are renewed instead.
"""

import argparse
import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final, Literal

import asyncpg
import click
from msgspec import Struct
from playwright.async_api import Browser, BrowserContext, async_playwright

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store import migrations
from hotspot.lab.city import PEOPLE
from hotspot.lab.postgres import Cluster
from tests.browser.chromium import FLAGS, PROGRAM
from tests.browser.screens import ARTEFACTS, DESKTOP, PHONE, SCHEMES, Screen
from tests.browser.screenshots import PICTURES, SMALLER, picture, sheet
from tests.hub.console import city
from tests.hub.console.conftest import secret_of
from tests.hub.console.walks.places import PLACES, Place, address

DAYS: Final = 400
"""Of the city's past: charts of a year are full."""
PROPER: Final = {"de": "de-DE", "en": "en-GB"}


class Document(Struct, frozen=True):
    """A picture of docs/console.md: what is in view when a place was opened."""

    place: str
    screen: Screen = DESKTOP
    scheme: Literal["light", "dark"] = "light"
    height: int = 800


DOCUMENTS: Final = (
    Document("login.enrol"),
    Document("overview"),
    Document("overview", PHONE, "dark", 640),
    Document("hall-faulty", height=900),
    Document("alarms", PHONE, height=960),
    Document("hall.order", height=640),
    Document("partner.checklist", height=900),
    Document("enrol-new", height=860),
    Document("settings.host", height=900),
    Document("settings.draft", height=900),
    Document("settings.branding", height=1000),
    Document("preview.hall", height=900),
    Document("hall.poster", height=900),
    Document("feedback.message", PHONE, height=900),
    Document("report", height=1000),
)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[tuple[Hub, str]]:
    """The city with a long past, on a PostgreSQL of its own."""
    with Cluster() as cluster:
        connection = await asyncpg.connect(cluster.dsn())
        try:
            await connection.execute("CREATE DATABASE pictures")
        finally:
            await connection.close()
        connection = await asyncpg.connect(cluster.dsn("pictures"))
        try:
            await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
            await migrations.migrate(connection)
        finally:
            await connection.close()
        async with city.serving(cluster.dsn("pictures"), DAYS) as (hub, base):
            yield hub, base


async def context_of(browser: Browser, hub: Hub, base: str, place: Place, language: str, screen: Screen, scale: float) -> BrowserContext:
    """A browser of whoever looks at that place."""
    context = await browser.new_context(
        base_url=base,
        locale=PROPER[language],
        viewport={"width": screen.width, "height": screen.height},
        device_scale_factor=scale,
        is_mobile=screen.touch,
        has_touch=screen.touch,
        reduced_motion="reduce",
    )
    who = city.WHO if place.who is None else place.who
    if who:
        role, partner = PEOPLE.get(who, (Role.HOST_ADMIN, None))
        secret = await secret_of(hub, who, role, partner, place.stage)
        await context.add_cookies([{"name": "session", "value": secret, "url": base, "httpOnly": True, "sameSite": "Lax"}])
    return context


async def all_of(places: Sequence[Place], languages: Sequence[str], folder: Path) -> int:
    """Every picture; how many they are."""
    number = 0
    async with running() as (hub, base), async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=PROGRAM, args=FLAGS, chromium_sandbox=False)
        for place in places:
            (folder / place.name).mkdir(parents=True, exist_ok=True)
            for language in languages:
                for screen in (PHONE, DESKTOP):
                    context = await context_of(browser, hub, base, place, language, screen, 1)
                    page = await context.new_page()
                    await page.goto(await address(hub, place))
                    for scheme in SCHEMES:
                        await page.emulate_media(color_scheme=scheme)
                        await page.screenshot(path=picture(folder, place.name, language, screen, scheme), full_page=True)
                        number += 1
                    await context.close()
        await browser.close()
    return number


async def documents() -> int:
    """The pictures of docs/console.md, in German; how many they are."""
    PICTURES.mkdir(exist_ok=True)
    by_name = {place.name: place for place in PLACES}
    async with running() as (hub, base), async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=PROGRAM, args=FLAGS, chromium_sandbox=False)
        for one in DOCUMENTS:
            place, scale = by_name[one.place], 1 if one.screen.touch else SMALLER
            context = await context_of(browser, hub, base, place, "de", one.screen, scale)
            page = await context.new_page()
            await page.set_viewport_size({"width": one.screen.width, "height": one.height})
            await page.emulate_media(color_scheme=one.scheme)
            await page.goto(await address(hub, place))
            size = "phone" if one.screen.touch else "desktop"
            await page.screenshot(path=PICTURES / f"console-{one.place}-{size}.png")
            await context.close()
        await browser.close()
    return len(DOCUMENTS)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="pictures", description=__doc__)
    parser.add_argument("--languages", default="", help='such as "de"; without it both')
    parser.add_argument("--pages", default="", help='such as "overview hall"; without it all')
    parser.add_argument("--documents", action="store_true", help="renew the pictures of docs/console.md instead")
    given, _ = parser.parse_known_args()
    began = perf_counter()
    if given.documents:
        click.echo(f"{asyncio.run(documents())} pictures: {PICTURES}")
        return
    wanted = given.pages.split()
    places = [place for place in PLACES if not wanted or place.name in wanted]
    languages = [language for language in given.languages.split() if language in PROPER] or list(PROPER)
    folder = ARTEFACTS / "console"
    folder.mkdir(parents=True, exist_ok=True)
    number = asyncio.run(all_of(places, languages, folder))
    click.echo(f"{number} pictures in {perf_counter() - began:.0f} s: {sheet(folder)}")


if __name__ == "__main__":
    main()
