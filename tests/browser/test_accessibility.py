"""Every page against WCAG 2.2 AA, in every language: what axe-core finds, what a small screen and large text do, what a keyboard reaches.

All scenes of the preview, in all languages.
"""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Playwright

from hotspot.portal.catalogues import Catalogues
from hotspot.portal.preview import Stages, serving
from hotspot.portal.scenes import SCENES
from tests.browser.axe import ALL_RULES, examine
from tests.browser.demo import browser as start_browser
from tests.browser.demo import demo_settings
from tests.browser.survey import Faults, survey

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(400)]

LANGUAGES = Catalogues().languages
CHECKS = ("axe", "contrast", "misfits", "large", "head", "motion", "tongues", "complaints")
WALKS = ("splash-plans", "online-extension", "tell-text", "services-search", "voucher-mistyped", "town", "privacy")
"""Pages with each kind of thing that a keyboard can reach."""
_FOCUS = """() => {
  const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
  return {
    name: `${element.tagName} ${element.name || element.getAttribute("href") || element.textContent.trim()}`.trim(),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0,
    shows: box.bottom > 0 && box.top < innerHeight,
    y: box.top + scrollY, first: element === document.body,
  };
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    """One browser for all tests here."""
    async with start_browser(playwright) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The preview of the demo's hall."""
    async with serving(Stages(demo_settings(tmp_path_factory.mktemp("demo"))), "127.0.0.1", 0) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="package", params=LANGUAGES)
async def faults(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Faults:
    """What is wrong with the pages in one language, by check."""
    language = LANGUAGES[request.param]
    return await survey(chromium, address, language.code, language.direction, list(SCENES))


@pytest.mark.parametrize("check", CHECKS)
async def test_nothing_is_wrong(faults: Faults, check: str) -> None:
    """On no page: what axe finds in light (all rules), contrast in dark and forced colours (``survey`` says of which scenes), things that
    stick out or are too small for a finger at 320 px (with text of twice its size too), language and heading, movement against the
    visitor's wish, words of another language that are not marked, complaints of the browser, requests to anybody else."""
    assert faults[check] == []


async def test_every_check_was_made(faults: Faults) -> None:
    """The survey knows all checks that the test above asks for."""
    assert set(CHECKS) == set(faults)


async def test_axe_finds_what_is_planted(chromium: Browser) -> None:
    """A picture without words, pale text, a tiny button, a field without a name: the rules are really at work."""
    page = await chromium.new_page()
    await page.set_content(
        '<html lang="en"><title>t</title><main><h1>t</h1><img src="data:,"><p style="color:#aaa;background:#fff">pale</p>'
        '<input><button style="width:9px;height:9px;padding:0" aria-label="a"></button>'
        '<button style="width:9px;height:9px;padding:0" aria-label="b"></button></main>'
    )
    found = {fault.partition(" ")[0] for fault in await examine(page, ALL_RULES)}
    await page.close()
    assert found == {"color-contrast", "image-alt", "label", "target-size"}


async def _tabs(page: Page) -> list[dict[str, object]]:
    """What the Tab key reaches, in its order, until it leaves the page."""
    reached: list[dict[str, object]] = []
    while len(reached) < 60:
        await page.keyboard.press("Tab")
        focus = await page.evaluate(_FOCUS)
        if focus["first"] or (reached and focus["name"] == reached[0]["name"] and focus["y"] == reached[0]["y"]):
            return reached
        reached.append(focus)
    raise AssertionError("the Tab key never leaves the page")


@pytest.mark.parametrize("language", ["de", "ar"])
@pytest.mark.parametrize("scene", WALKS)
async def test_the_keyboard_reaches_everything(chromium: Browser, address: str, scene: str, language: str) -> None:
    """From top to bottom, nothing is left out, and one sees at each step where one is."""
    page = await chromium.new_page(viewport={"width": 360, "height": 640})
    await page.goto(f"{address}/scenes/{scene}?lang={language}")
    reached = await _tabs(page)
    there = await page.evaluate(
        "[...document.querySelectorAll('a, button, input:not([type=hidden]):not([type=radio]), textarea, select, summary')]"
        ".filter(one => one.checkVisibility()).length + new Set([...document.querySelectorAll('[type=radio]')].map(one => one.name)).size"
    )
    await page.close()
    assert len(reached) == there
    assert [one["name"] for one in reached if not (one["seen"] and one["shows"])] == []
    main = [float(str(one["y"])) for one in reached]
    assert [later for earlier, later in itertools.pairwise(main) if later < earlier - 60] == []


async def test_online_by_keyboard_alone(chromium: Browser, address: str) -> None:
    """Language, choice of plan and button come in this order; Enter sends the form."""
    page = await chromium.new_page(viewport={"width": 360, "height": 640})
    await page.goto(f"{address}/scenes/splash-plans?lang=de")
    names = [str(one["name"]).partition(" ")[0] for one in (await _tabs(page))[:4]]
    assert names == ["SUMMARY", "INPUT", "BUTTON", "SUMMARY"]
    await page.reload()
    for key in ("Tab", "Tab", "ArrowDown", "Tab"):
        await page.keyboard.press(key)
    assert await page.evaluate("document.querySelector(':checked').value") == "example"
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert (page.url, await page.inner_text("h1")) == (f"{address}/scenes/online?lang=de", "Sie sind online")
    await page.close()


@pytest.mark.parametrize("language", ["de", "fa"])
async def test_the_main_button_is_large(chromium: Browser, address: str, language: str) -> None:
    """At least 44 px high on every page that has one, and all the width of the page."""
    page = await chromium.new_page(viewport={"width": 320, "height": 568})
    small: list[str] = []
    for name in SCENES:
        await page.goto(f"{address}/scenes/{name}?lang={language}", wait_until="domcontentloaded")
        boxes = await page.evaluate("[...document.querySelectorAll('button, .button')].map(one => one.getBoundingClientRect().toJSON())")
        small += [name for box in boxes if box["height"] < 44 or box["width"] < 200]
    await page.close()
    assert small == []
