"""Pictures of every page in every language, on a phone and on a desktop, in light and in dark: ``make screenshots``.

``make screenshots ARGS=--documents`` renews the pictures of the documentation instead.

They are in ``artefacts/screenshots/<scene>/<language>-<width>-<scheme>.png``; ``index.html`` there shows them all.
"""

import argparse
import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Final, Literal, NamedTuple

import click
from markupsafe import Markup
from playwright.async_api import Browser, async_playwright

from hotspot.portal.preview import Stages, serving
from hotspot.portal.scenes import shown
from tests.browser.demo import browser, demo_settings
from tests.browser.screens import ARTEFACTS, DESKTOP, PHONE, SCHEMES, Screen

SCREENS: Final = (PHONE, DESKTOP)
_SHEET = Markup(
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Pages</title><style>body{{font:1rem system-ui,sans-serif}}'
    "img{{border:1px solid #888;margin:.25rem;vertical-align:top;max-height:30rem}}</style></head><body><h1>Pages</h1>{}</body></html>"
)


class Document(NamedTuple):
    """A picture of the documentation: what is in view when a page of the preview was opened."""

    name: str
    path: str
    screen: Screen = PHONE
    scheme: Literal["light", "dark"] = "light"


DOCUMENTS: Final = (
    Document("splash-de", "/scenes/splash-plans?lang=de"),
    Document("splash-uk", "/scenes/splash?lang=uk"),
    Document("splash-ar", "/scenes/splash?lang=ar", scheme="dark"),
    Document("online-ar", "/scenes/online-volume?lang=ar"),
    Document("online-uk", "/scenes/online-extension?lang=uk", scheme="dark"),
    Document("town-de", "/scenes/town?lang=de"),
    Document("services-uk", "/scenes/services?lang=uk"),
    Document("tell-ar", "/scenes/tell?lang=ar"),
    Document("voucher-de", "/scenes/voucher?lang=de"),
    Document("privacy-de-simple", "/scenes/privacy?lang=de-simple"),
    Document("desktop-town-de", "/scenes/town?lang=de", DESKTOP),
    Document("desktop-splash-ar", "/scenes/splash?lang=ar", DESKTOP),
    Document("desktop-services-uk", "/scenes/services?lang=uk", DESKTOP, "dark"),
    Document("preview", "/frames/splash", DESKTOP),
)
PICTURES: Final = Path(__file__).parents[2] / "docs" / "pictures"
SMALLER: Final = 0.6
"""Of a desktop in the documentation, which is read in a column."""


def picture(folder: Path, scene: str, language: str, screen: Screen, scheme: str) -> Path:
    """Where a picture is kept."""
    return folder / scene / f"{language}-{screen.width}-{scheme}.png"


async def take(chromium: Browser, address: str, folder: Path, scenes: Sequence[str], languages: Sequence[str], screen: Screen) -> None:
    """All pictures of one screen."""
    async with contextlib.AsyncExitStack() as stack:
        context = await chromium.new_context(
            viewport={"width": screen.width, "height": screen.height},
            device_scale_factor=1,
            is_mobile=screen.touch,
            has_touch=screen.touch,
            reduced_motion="reduce",  # no picture in the middle of a change of colours
        )
        stack.push_async_callback(context.close)
        page = await context.new_page()
        for scene in scenes:
            (folder / scene).mkdir(parents=True, exist_ok=True)
            for language in languages:
                answer = await page.goto(f"{address}/scenes/{scene}?lang={language}")
                if answer is None or not answer.ok:
                    raise SystemExit(f"cannot take a picture of {scene} in {language}: {await page.inner_text('body')}")
                for scheme in SCHEMES:
                    await page.emulate_media(color_scheme=scheme)
                    await page.screenshot(path=picture(folder, scene, language, screen, scheme), full_page=True)


def sheet(folder: Path) -> Path:
    """A page with all pictures that there are."""
    image = Markup('<a href="{0}"><img src="{0}" alt="{0}" loading="lazy"></a>')
    parts = []
    for scene in sorted(path for path in folder.iterdir() if path.is_dir()):
        names = sorted(f"{scene.name}/{path.name}" for path in scene.glob("*.png"))
        parts.append(Markup("<h2>{}</h2>{}").format(scene.name, Markup("").join(image.format(name) for name in names)))
    target = folder / "index.html"
    target.write_text(_SHEET.format(Markup("").join(parts)))
    return target


async def document(config: Path) -> int:
    """The pictures of the documentation; how many they are."""
    PICTURES.mkdir(exist_ok=True)
    stages = Stages(config)
    async with async_playwright() as playwright, browser(playwright) as chromium, serving(stages, "127.0.0.1", 0) as address:
        for name, path, screen, scheme in DOCUMENTS:
            page = await chromium.new_page(
                viewport={"width": screen.width, "height": screen.height},
                device_scale_factor=1 if screen.touch else SMALLER,
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            await page.goto(address + path, wait_until="networkidle")
            await page.screenshot(path=PICTURES / f"{name}.png")
            await page.close()
    return len(DOCUMENTS)


async def make(config: Path, folder: Path, scenes: Sequence[str], languages: Sequence[str]) -> int:
    """All pictures, both screens at the same time; how many they are. Without names all scenes, without languages all of them."""
    stages = Stages(config)
    known = [scene.name for scene in shown(stages.stage(stages.settings(), stages.pages.languages[0]))]
    for what, wanted, there in (("scene", scenes, known), ("language", languages, stages.pages.languages)):
        if strange := sorted(set(wanted) - set(there)):
            raise SystemExit(f"cannot take pictures of the {what} {', '.join(strange)}: expected of {', '.join(there)}")
    scenes, languages = scenes or known, languages or stages.pages.languages
    async with (
        async_playwright() as playwright,
        browser(playwright) as chromium,
        serving(stages, "127.0.0.1", 0) as address,
        asyncio.TaskGroup() as both,
    ):
        for screen in SCREENS:
            both.create_task(take(chromium, address, folder, scenes, languages, screen))
    return len(scenes) * len(languages) * len(SCREENS) * len(SCHEMES)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="screenshots", description=make.__doc__)
    parser.add_argument("--config", type=Path, help="settings of a portal; without it the demo's")
    parser.add_argument("--folder", type=Path, default=ARTEFACTS, help="where the pictures are kept")
    parser.add_argument("--languages", default="", help='such as "de ar uk"; without it all')
    parser.add_argument("--scenes", default="", help='such as "splash online"; without it all')
    parser.add_argument("--documents", action="store_true", help="renew docs/pictures instead")
    given = parser.parse_args()
    began = perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        config = given.config or demo_settings(Path(temporary))
        if given.documents:
            click.echo(f"{asyncio.run(document(config))} pictures: {PICTURES}")
            return
        number = asyncio.run(make(config, given.folder, given.scenes.split(), given.languages.split()))
    click.echo(f"{number} pictures in {perf_counter() - began:.0f} s: {sheet(given.folder)}")


if __name__ == "__main__":
    main()
