"""Every page in both languages, both colour schemes and both widths: nothing for axe to find, nothing that sticks out, no complaint."""

import pytest

from hotspot.hub.hub import Hub
from tests.browser.axe import ALL_RULES, CONTRAST, examine
from tests.browser.screens import DESKTOP, PHONE
from tests.hub.console.walks.conftest import ADMIN, Walk
from tests.hub.console.walks.places import PLACES, Place, address

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

_SIDEWAYS = """() => {
  const page = document.documentElement, found = [];
  if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} px wide on ${page.clientWidth}`);
  if (document.querySelectorAll("h1").length !== 1) found.push(`${document.querySelectorAll("h1").length} h1`);
  for (const element of document.querySelectorAll("button, .button, summary, nav a, select, input:not([type=hidden])")) {
    if (["checkbox", "radio"].includes(element.type)) continue;
    const box = element.getBoundingClientRect();
    if (box.height && box.height < 24) found.push(`${element.tagName} ${element.textContent.trim()} is ${box.height} px high`);
  }
  return found;
}"""

_DRAWN = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"""
"""A chart hears of its new width when the first frame is laid out, and has it in the next."""

LIGHT, DARK = "light", "dark"
SEEN = (
    (PHONE, "de", DESKTOP, ((LIGHT, ALL_RULES), (DARK, CONTRAST))),
    (DESKTOP, "en", PHONE, ((DARK, ALL_RULES), (LIGHT, CONTRAST))),
)
"""As what a page is opened, in which language, to what its window is drawn then (so each width is seen in each language), and with which
rules axe looks at it in which scheme: all of them once in each, and what colours change in each language."""


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_page(walk: Walk, town: tuple[Hub, str], place: Place) -> None:
    """Nothing sticks out at either width in either language; axe finds nothing in light and in dark."""
    where = await address(town[0], place)
    for screen, language, other, schemes in SEEN:
        async with walk(ADMIN if place.who is None else place.who, screen, language, place.stage) as page:
            answer = await page.goto(where)
            assert answer is not None and answer.status == place.status, await page.inner_text("body")
            assert await page.get_attribute("html", "lang") == language
            assert await page.evaluate(_SIDEWAYS) == [], (screen, language)
            if place.sandboxed:
                html = await page.content()
                await page.goto("about:blank")
                await page.set_content(html)
            for scheme, rules in schemes:
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                assert await examine(page, rules) == [], (screen, language, scheme)
            await page.set_viewport_size({"width": other.width, "height": other.height})
            await page.evaluate(_DRAWN)
            assert await page.evaluate(_SIDEWAYS) == [], (other, language)
