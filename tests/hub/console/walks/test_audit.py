"""The audit log, walked: an entry is found, its details are read, and what was found is exported."""

import csv
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.hub.console.walks.conftest import ADMIN, EDITOR, Walk

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_an_entry_is_found(walk: Walk, screen: Screen, tmp_path: Path) -> None:
    """By what was done and where; more details open; the export has the same entries."""
    async with walk(ADMIN, screen) as page:
        await page.goto("/audit")
        await page.get_by_text("Im Protokoll suchen").click()
        await page.get_by_label("Was", exact=True).select_option(label="Gutscheine erstellt")
        await page.get_by_label("Kommune", exact=True).select_option(label="Gemeinde Kleinheim")
        await page.get_by_role("button", name="Anzeigen").click()
        rows = page.locator("tbody tr")
        count = await rows.count()
        assert count >= 1
        await expect(rows.last.get_by_role("rowheader")).to_have_text("Gutscheine erstellt")
        await rows.last.get_by_text("weitere Angabe").click()
        await expect(rows.last.locator("details dl")).to_be_visible()
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Treffer als CSV exportieren").click()
        file = tmp_path / "audit.csv"
        await (await download.value).save_as(file)
        with file.open(encoding="utf-8-sig", newline="") as source:
            assert [row["action"] for row in csv.DictReader(source)] == ["policy.vouchers.add"] * count


async def test_without_scripts(walk: Walk) -> None:
    """A town's editor searches what happened to a user, and sees nothing of other towns."""
    async with walk(EDITOR, PHONE, java_script_enabled=False) as page:
        await page.goto("/audit")
        await page.get_by_text("Im Protokoll suchen").click()
        await page.get_by_label("Betrifft (Name)").fill("kleinheim")
        await page.get_by_role("button", name="Anzeigen").click()
        await expect(page.get_by_role("rowheader", name="Konto angelegt")).to_be_visible()
        assert await page.get_by_text("Bergdorf").count() == 0
