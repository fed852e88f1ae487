"""All scenes of the preview in one language, each looked at once with every check that needs no more than looking."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from playwright.async_api import Browser, Page, Request

from tests.browser.axe import ALL_RULES, CONTRAST, examine
from tests.browser.screens import SMALL, misfits

LARGE: Final = "200%"
"""Text at twice its size (WCAG 2.2, 1.4.4); all sizes of the style are in rem, which follow the root."""
_LOOK = """(expected) => {
  const root = document.documentElement, found = {head: [], motion: [], tongues: []};
  const say = (check, text) => found[check].push(text);
  if (root.lang !== expected.lang || root.dir !== expected.dir) say("head", `is ${root.lang} ${root.dir}`);
  if (document.querySelectorAll("h1").length !== 1) say("head", `has ${document.querySelectorAll("h1").length} h1`);
  if (!/^.+ – .+$/.test(document.title)) say("head", `has the title "${document.title}"`);
  for (const element of document.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    const longest = Math.max(...`${style.transitionDuration},${style.animationDuration}`.split(",").map(parseFloat));
    if (longest > 0.01) say("motion", `${element.tagName} moves for ${longest} s`);
  }
  if (!expected.latin) {
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = words.nextNode(); node; node = words.nextNode()) {
      const parent = node.parentElement;
      if (parent.closest("script, textarea, [translate=no]") || parent.closest("[lang]") !== root) continue;
      if (/\\p{Script=Latin}{3,}[\\s,]+\\p{Script=Latin}{2,}/u.test(node.data)) say("tongues", `"${node.data.trim()}" is not marked`);
    }
  }
  return found;
}"""
AT_ONCE: Final = 2
"""Pages that are looked at at the same time."""
LATIN: Final = frozenset(("de", "de-simple", "en", "fr", "tr", "pl", "ro", "es", "it"))
"""Languages in which one cannot tell foreign words by their letters."""
WHOLE: Final = frozenset(("de", "ar"))
"""Languages in which axe looks at every scene, in all colour schemes: one for each direction of writing …"""
THIRDS: Final = 1 if os.environ.get("HOTSPOT_LONG", "") == "1" else 3
"""… and of the other languages at every third scene in the light scheme, at another third in each: their pages are the same templates in
the same colours, and what differs, the length and the letters of texts, is looked at in all of them."""
UNDECIDED: Final = ("video-caption",)
"""What axe leaves to a person: the video in sign language has no sound, and its page says so."""
_SCHEMES: Final[Mapping[str, Mapping[str, Any]]] = {
    "dark": {"color_scheme": "dark"},
    "forced light": {"color_scheme": "light", "forced_colors": "active"},
    "forced dark": {"color_scheme": "dark", "forced_colors": "active"},
}

Faults = dict[str, list[str]]
"""By check; each names the scene."""


async def _scene(page: Page, language: str, direction: str, with_axe: bool) -> Faults:
    """All checks of the page that is open."""
    expected = {"lang": language, "dir": direction, "latin": language in LATIN}
    faults: Faults = await page.evaluate(_LOOK, expected)
    faults["axe"] = await examine(page, ALL_RULES, UNDECIDED) if with_axe else []
    faults["misfits"] = await misfits(page)
    faults["contrast"] = []
    for name, media in _SCHEMES.items() if language in WHOLE else ():
        await page.emulate_media(**media)
        faults["contrast"] += [f"{name}: {fault}" for fault in await examine(page, CONTRAST)]
    await page.emulate_media(color_scheme="light", forced_colors="none")
    await page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", LARGE)
    faults["large"] = await misfits(page)
    return faults


def _listen(page: Page, address: str) -> list[str]:
    """What the browser complains about from now on, and what the pages ask for elsewhere; grows as it happens."""
    complaints: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith(f"{address}/"):
            complaints.append(f"asks for {request.url}")

    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", asked)
    return complaints


async def _walk(
    browser: Browser,
    address: str,
    language: str,
    direction: str,
    scenes: "asyncio.Queue[tuple[str, bool]]",
    note: Callable[[str, Faults], None],
) -> None:
    """Takes scenes until there are none. The pages' own content security policy is in force."""
    context = await browser.new_context(
        viewport={"width": SMALL.width, "height": SMALL.height}, is_mobile=True, has_touch=True, reduced_motion="reduce"
    )
    page = await context.new_page()
    complaints = _listen(page, address)
    while not scenes.empty():
        scene, with_axe = scenes.get_nowait()
        answer = await page.goto(f"{address}/scenes/{scene}?lang={language}")
        assert answer is not None and answer.ok, await page.inner_text("body")
        note(scene, await _scene(page, language, direction, with_axe))
        note(scene, {"complaints": [*complaints]})
        complaints.clear()
    await context.close()


async def survey(browser: Browser, address: str, language: str, direction: str, scenes: Sequence[str]) -> Faults:
    """All faults of all scenes in one language, by check."""
    found: Faults = defaultdict(list)
    queue: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
    turn = sum(language.encode()) % THIRDS
    for number, scene in enumerate(scenes):
        queue.put_nowait((scene, language in WHOLE or number % THIRDS == turn))

    def note(scene: str, faults: Faults) -> None:
        for check, texts in faults.items():
            found[check] += [f"{scene}: {text}" for text in texts]

    await asyncio.gather(*(_walk(browser, address, language, direction, queue, note) for _ in range(AT_ONCE)))
    return found
