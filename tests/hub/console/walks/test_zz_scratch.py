import pytest

from tests.browser.screens import PHONE

pytestmark = [pytest.mark.hub, pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
async def test_it(walk, town):
    async with walk("admin", PHONE, "de") as page:
        await page.goto("/settings/in/partner:musterstadt/branding")
        print(await page.evaluate("""() => [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 361).map(e => e.tagName+'.'+e.className+'#'+e.id+' '+Math.round(e.getBoundingClientRect().left)+' '+Math.round(e.getBoundingClientRect().right)).slice(0,20)"""))
        await page.screenshot(path="/tmp/p/branding-phone.png", full_page=True)
