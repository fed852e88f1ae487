"""Sizes and colour schemes of visitors' screens, pictures of what they show, and what must hold on every page whatever the screen."""

from pathlib import Path
from typing import Literal

from msgspec import Struct
from playwright.async_api import Page

ARTEFACTS = Path(__file__).parents[2] / "artefacts" / "screenshots"
"""Where the pictures are kept; not in git."""
FINGER = 44
"""CSS pixels that a thing to tap is high at least (WCAG 2.2, 2.5.5)."""
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


class Screen(Struct, frozen=True):
    """A screen in CSS pixels."""

    width: int
    height: int
    touch: bool = True


SMALL = Screen(320, 568)
"""The narrowest phone that is still in use, and a wide screen at 400 % zoom (WCAG 2.2, 1.4.10)."""
PHONE = Screen(360, 640)
DESKTOP = Screen(1280, 800, touch=False)

_MISFITS = """([finger]) => {
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} px wide on ${page.clientWidth}`);
  for (const element of document.querySelectorAll("body *")) {
    const box = element.getBoundingClientRect();
    if (box.width && (box.left < 0 || box.right > page.clientWidth + 0.5)) found.push(`${element.tagName} sticks out`);
  }
  for (const element of document.querySelectorAll("button, .button, summary, nav a, label, li, p, h1, h2")) {
    if (element.scrollWidth > element.clientWidth) found.push(`${element.tagName} ${element.textContent.trim()} is wider than its box`);
  }
  for (const element of document.querySelectorAll("button, .button, summary, nav a, label:has(input)")) {
    const height = element.getBoundingClientRect().height;
    if (height < finger) found.push(`${element.tagName} ${element.textContent.trim()} is ${height} px high`);
  }
  return found;
}"""


async def misfits(page: Page) -> list[str]:
    """What does not fit on the page: sideways scrolling, cut-off words, things too small for a finger. Empty when all is well."""
    found: list[str] = await page.evaluate(_MISFITS, [FINGER])
    return found


async def look(page: Page, picture: Path) -> None:
    """Take a picture of the whole page in light and in dark; everything must fit, and dark must really be dark."""
    grounds: list[str] = []
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.screenshot(path=picture.with_stem(f"{picture.stem}-{scheme}"), full_page=True)
        grounds.append(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    await page.emulate_media(color_scheme="light")
    assert await misfits(page) == [], picture.stem
    assert grounds[0] != grounds[1], f"{picture.stem} is {grounds[0]} in light and in dark"
