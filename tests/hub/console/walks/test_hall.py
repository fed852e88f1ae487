"""The page of a hall, and sessions by device code, walked on a phone and on a desk, by keyboard alone and without scripts."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from hotspot import wire
from hotspot.hub.hub import Hub
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.hub.console import city
from tests.hub.console.gateway_there import SESSIONS, there
from tests.hub.console.walks.conftest import ADMIN, EDITOR, OPERATOR, VIEWER, Walk
from tests.hub.fleet import Box, says

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
LIBRARY = "/halls/musterstadt-bibliothek"
TOWN_HALL = "/halls/kleinheim-rathaus"
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


def month_before() -> date:
    """The first of the month that is over: whatever day it is, that month has figures, and of all its days."""
    today = datetime.now(ZoneInfo("Europe/Berlin")).date()
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


async def press(page: Page, name: str, key: str = "Enter") -> None:
    """Go to the next thing of that name by Tab alone, and press a key there."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(
            "() => { const it = document.activeElement; return (it.labels?.[0] ?? it).textContent.trim().replace(/\\s+/g, ' ') }"
        )
        if name in focused:
            await page.keyboard.press(key)
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


@SCREENS
async def test_figures(walk: Walk, screen: Screen) -> None:
    """The table behind a chart, the file, the month before and the one after, the year, a day."""
    month = month_before()
    async with walk(ADMIN, screen) as page:
        await page.goto(f"{LIBRARY}?span=month&at={month}")
        await expect(page.locator(".plot.drawn canvas")).to_have_count(3)
        await expect(page.locator("svg.bars")).to_have_count(0)
        await page.get_by_text("Als Tabelle").first.click()
        rows = page.get_by_role("region", name="Besuche, ").get_by_role("row")
        assert await rows.count() > 2
        async with page.expect_download() as file:
            await page.get_by_role("link", name="Diese Zahlen als Datei (CSV)").click()
        assert (await file.value).suggested_filename == f"musterstadt-bibliothek-day-{month:%Y%m%d}.csv"
        await page.get_by_role("link", name="Früher").click()
        await expect(page).to_have_url(re.compile(f"at={month - timedelta(days=1)}"))
        await page.get_by_role("link", name="Später").click()
        await expect(page).to_have_url(re.compile(f"at={month}"))
        await page.get_by_role("link", name="Jahr", exact=True).click()
        await expect(page.get_by_role("link", name="Jahr", exact=True)).to_have_attribute("aria-current", "true")
        await page.get_by_role("link", name="Tag", exact=True).click()
        await expect(page).to_have_url(re.compile("span=day"))
        await page.get_by_role("link", name="Monat", exact=True).click()
        await expect(page).to_have_url(re.compile("span=month"))


async def test_a_chart_tells_its_values(walk: Walk) -> None:
    """Under the pointer; and it is drawn anew in the colours of the other theme."""
    async with walk(ADMIN, DESKTOP) as page:
        shown = month_before()
        await page.goto(f"{LIBRARY}?span=year&at={shown}")
        plot = page.locator('[data-chart="visits"]')
        await plot.scroll_into_view_if_needed()
        box = await plot.bounding_box()
        assert box is not None
        await page.mouse.move(box["x"] + 60 + (box["width"] - 60) * (shown.month - 0.5) / 12, box["y"] + 100)
        await expect(plot.locator(".readout")).to_contain_text(":")
        first = await plot.locator("canvas").evaluate("it => it.toDataURL()")
        await page.emulate_media(color_scheme="dark")
        await page.wait_for_function(
            """before => document.querySelector('[data-chart="visits"] canvas').toDataURL() !== before""", arg=first
        )


async def test_it_renews_itself(walk: Walk, town: tuple[Hub, str]) -> None:
    """A report is seen without a reload; who was at a link of that part is still there."""
    hub, _ = town
    async with hub.store.connection() as connection:
        hall_id, gateway = await connection.fetchval("SELECT (hall_id, id) FROM gateways WHERE name = 'kleinheim-schule'")
        before = await connection.fetchval("SELECT health::text FROM gateway_states WHERE gateway_id = $1", gateway)
    async with walk(OPERATOR, DESKTOP) as page:
        await page.goto("/halls/kleinheim-schule")
        link = page.locator("#now").get_by_role("link", name="kleinheim-schule")
        await link.focus()
        async with hub.store.transaction() as connection:
            health = wire.Health(software="0.1.0", zones=(wire.ZoneHealth("public", online=4_321),), policy=1)
            await says(connection, Box(hall_id, gateway, "kleinheim-schule"), hub.now(), health)
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(page.locator("#now")).to_contain_text("4.321")
        await expect(link).to_be_focused()
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE gateway_states SET health = $2::text::jsonb WHERE gateway_id = $1", gateway, before)


async def test_figures_without_scripts(walk: Walk) -> None:
    """The charts are pictures, the tables behind them are open."""
    async with walk(ADMIN, PHONE, java_script_enabled=False) as page:
        await page.goto(f"{LIBRARY}?span=month&at={month_before()}")
        await expect(page.locator("svg.bars")).to_have_count(3)
        assert await page.locator("svg.bars rect").count() > 10
        await expect(page.get_by_role("cell", name=re.compile(r"^\d+ MB|^\d+,\d GB")).first).to_be_visible()


@SCREENS
async def test_what_is_amiss(walk: Walk, screen: Screen) -> None:
    """A viewer of the town finds what it means and what to look at, and from there the gateway point by point."""
    async with walk(VIEWER, screen) as page:
        await page.goto(f"/halls/{city.SILENT}")
        await expect(page.get_by_text("Vom Standort ist seit")).to_be_visible()
        await expect(page.get_by_text("Ist das Gerät am Standort eingeschaltet")).to_be_visible()
        await page.get_by_role("link", name=city.SILENT, exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(city.SILENT)
        await expect(page.get_by_role("rowheader", name="Letzte Meldung")).to_be_visible()


@SCREENS
async def test_sessions(walk: Walk, town: tuple[Hub, str], screen: Screen) -> None:
    """A clerk looks who is online, ends a session, and blocks another device for a day with a reason."""
    code, other = str(SESSIONS[0]["code"]), str(SESSIONS[1]["code"])
    async with there(town[0], "kleinheim-rathaus") as got, walk(EDITOR, screen) as page:
        await page.goto(TOWN_HALL)
        await page.get_by_role("link", name="Sitzungen").click()
        await page.get_by_role("button", name="Sitzungen zeigen").click()
        await expect(page.get_by_role("heading", name="4 Sitzungen")).to_be_visible()
        await page.get_by_role("button", name=f"Beenden {code}").click()
        await expect(page.get_by_role("status")).to_contain_text(f"Die Sitzung von {code} ist beendet.")
        await page.get_by_role("button", name="Sitzungen zeigen").click()
        await page.get_by_role("button", name=f"Sperren … {other}").click()
        assert await page.get_by_label("Gerätecode").input_value() == other
        await page.get_by_label("Grund, den der Besucher liest").fill("Lärm im Wartezimmer")
        await page.get_by_label("Wie lange").select_option("1 Tag")
        await page.get_by_role("button", name="Ausführen").click()
        await expect(page.get_by_role("status")).to_contain_text(f"{other} ist gesperrt.")
        assert all(each not in page.url for each in (code, other))
    assert [each["type"] for each in got] == ["sessions", "kick", "sessions", "block"]
    assert (got[-1]["reason"], got[-1]["seconds"]) == ("Lärm im Wartezimmer", 86_400.0)


async def test_one_device_by_keyboard_alone(walk: Walk, town: tuple[Hub, str]) -> None:
    """A visitor reads their code: it is typed, and the device let in. Nothing is touched by a pointer."""
    async with there(town[0], "kleinheim-rathaus") as got, walk(EDITOR, DESKTOP) as page:
        await page.goto(f"{TOWN_HALL}/sessions")
        await press(page, "Gerätecode", "k")
        await page.keyboard.type("7f 3qx")
        await press(page, "Sitzung beenden", "ArrowDown")
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_label("Gerät hereinlassen")).to_be_checked()
        await press(page, "Ausführen")
        await expect(page.get_by_role("status")).to_contain_text("K7F-3QX ist online, noch 1 Stunde.")
    assert [each["type"] for each in got] == ["allow"]


async def test_sessions_without_scripts(walk: Walk, town: tuple[Hub, str]) -> None:
    """Asked and ended by forms alone."""
    async with there(town[0], "kleinheim-rathaus"), walk(EDITOR, PHONE, java_script_enabled=False) as page:
        await page.goto(f"{TOWN_HALL}/sessions")
        await page.get_by_role("button", name="Sitzungen zeigen").click()
        await page.get_by_role("button", name="Beenden Q9P-4HB").click()
        await expect(page.get_by_text("Die Sitzung von Q9P-4HB ist beendet.")).to_be_visible()


async def test_a_page_that_waits(walk: Walk, town: tuple[Hub, str]) -> None:
    """A gateway that is slow: the page waits, and shows the answer as soon as it is there, by itself."""
    hub, _ = town
    async with walk(EDITOR, DESKTOP) as page:
        await page.goto(f"{TOWN_HALL}/sessions")
        await page.get_by_label("Gerätecode").fill("AAA-AAA")
        await page.get_by_label("Sitzung beenden").check()
        await page.get_by_role("button", name="Ausführen").click()
        await expect(page.get_by_text("Warten auf das Gateway am Standort")).to_be_visible(timeout=15_000)
        async with there(hub, "kleinheim-rathaus"):
            await expect(page.get_by_role("status")).to_contain_text("kennt diesen Gerätecode nicht", timeout=15_000)
        await expect(page.get_by_role("button", name="Sitzungen zeigen")).to_be_visible()


@SCREENS
async def test_what_goes_for_a_hall(walk: Walk, screen: Screen) -> None:
    """What the town has said, and what it takes the place of; from there to where it is changed."""
    async with walk(EDITOR, screen) as page:
        await page.goto(TOWN_HALL)
        await page.get_by_role("navigation", name="Seiten dieses Standorts").get_by_role("link", name="Einstellungen").click()
        await expect(page.get_by_text("statt: 2 Stunden (Stadt)")).to_be_visible()
        await expect(page.get_by_role("link", name="Einstellungen dieses Standorts ändern")).to_have_attribute(
            "href", "/settings/hall/kleinheim-rathaus"
        )


@SCREENS
async def test_what_visitor_doctor_and_guard_found(town: tuple[Hub, str], walk: Walk, screen: Screen) -> None:
    """Without scripts: a viewer reads what is amiss and what mends it, opens the steps and what is behind "more"; nothing sticks out."""
    await city.look(town[0])
    async with walk(VIEWER, screen, java_script_enabled=False) as page:
        await page.goto(f"/halls/{city.FAULTY}")
        await expect(page.get_by_text("Besucher kommen nicht online: Das meldet der Probebesuch seit")).to_be_visible()
        await page.get_by_role("link", name="Was hilft, steht weiter unten unter „Probebesuch“.").click()
        visit = page.get_by_role("region", name="Probebesuch")
        await expect(visit.get_by_text("Besucher kommen nicht online.", exact=True)).to_be_visible()
        await visit.get_by_text("3 von 5 Schritten in Ordnung").click()
        await expect(visit.get_by_role("rowheader", name="Zertifikat gilt")).to_be_visible()
        assert await visit.get_by_role("row").count() == 7
        doctor = page.get_by_role("region", name="Befund des Gateways")
        await expect(doctor.get_by_role("article")).to_have_count(3)
        await doctor.get_by_text("4 weitere", exact=True).click()
        await expect(doctor.get_by_role("article")).to_have_count(7)
        await expect(doctor.locator("code").first).to_be_visible()
        await expect(page.get_by_role("region", name="Im WLAN gesehen").get_by_role("article")).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
