"""The preview: what a designer sees, what changes with the files, what is said of files that cannot be used."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from hotspot.portal.preview import FIRST_VIEW, Stages, Weight, check, serving
from hotspot.portal.scenes import SCENES
from hotspot.portal.settings import BadSettings
from tests.browser.demo import demo_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings with a theme of their own, both to be edited."""
    path = demo_settings(tmp_path)
    theme = tmp_path / "theme.toml"
    theme.write_text('[colours]\naccent = "#7a1f3d"\n[welcome]\nde = "Hallo."\n')
    lines = [line for line in path.read_text().splitlines(keepends=True) if not line.startswith("theme = ")]
    path.write_text('theme = "theme.toml"\n' + "".join(lines))
    return path


def rewrite(path: Path, old: str, new: str) -> None:
    """A change that an editor saved; the file's time moves on even where the clock of the file system is coarse."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))


@pytest_asyncio.fixture
async def preview(config: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a running preview."""
    async with serving(Stages(config), "127.0.0.1", 0) as address, aiohttp.ClientSession(address) as client:
        yield client


async def get(preview: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    """Status and text of a page, redirects not followed."""
    async with preview.get(path, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_the_list_leads_to_every_scene(preview: aiohttp.ClientSession) -> None:
    """All scenes of these settings in all languages; a scene is shown in frames, one a language."""
    status, page = await get(preview, "/")
    names = [name for name in SCENES if name != "sign-language"]
    assert (status, [name for name in names if f'href="/scenes/{name}?lang=de"' not in page]) == (200, [])
    assert page.count("?lang=de&") == 0
    assert page.count('?lang=de"') == len(names)
    status, frames = await get(preview, "/frames/splash")
    assert (status, frames.count("<iframe")) == (200, page.count('href="/scenes/splash?lang='))


async def test_a_change_is_one_reload_away(preview: aiohttp.ClientSession, config: Path) -> None:
    """Another colour and another word are on the next page."""
    _, before = await get(preview, "/scenes/splash?lang=de")
    rewrite(config.parent / "theme.toml", "#7a1f3d", "#1d5c2e")
    rewrite(config.parent / "theme.toml", "Hallo.", "Guten Tag.")
    _, after = await get(preview, "/scenes/splash?lang=de")
    assert [("#7a1f3d" in page, "Hallo." in page, "#1d5c2e" in page, "Guten Tag." in page) for page in (before, after)] == [
        (True, True, False, False),
        (False, False, True, True),
    ]


async def test_what_cannot_be_used_is_said(preview: aiohttp.ClientSession, config: Path) -> None:
    """File, key and reason stand where the page would, and the next change mends it."""
    theme = config.parent / "theme.toml"
    rewrite(theme, "#7a1f3d", "#ffee00")
    status, page = await get(preview, "/scenes/splash?lang=de")
    assert (status, f"cannot use {theme}: colours.accent" in page) == (500, True)
    rewrite(theme, "#ffee00", "#7a1f3d")
    assert (await get(preview, "/scenes/splash?lang=de"))[0] == 200


@pytest.mark.parametrize(
    ("path", "goal"),
    [
        ("/privacy?lang=ar", "/scenes/privacy?lang=ar"),
        ("/services?lang=uk", "/scenes/services?lang=uk"),
        ("/?lang=de", None),
        ("/unknown", "/"),
    ],
)
async def test_links_of_pages_lead_to_scenes(preview: aiohttp.ClientSession, path: str, goal: str | None) -> None:
    """An address of the portal is its scene in the same language; what has none leads to the list."""
    async with preview.get(path, allow_redirects=False) as answer:
        assert answer.headers.get("Location") == goal


async def test_forms_lead_on(preview: aiohttp.ClientSession) -> None:
    """Accepting leads to the online page, leaving to the end; strange names are not found."""
    goals = {}
    for form in ("/accept", "/extend", "/leave"):
        async with preview.post(f"{form}?lang=en", allow_redirects=False) as answer:
            goals[form] = (answer.status, answer.headers["Location"])
    assert goals == {
        "/accept": (303, "/scenes/online?lang=en"),
        "/extend": (303, "/scenes/online?lang=en"),
        "/leave": (303, "/scenes/ended-left?lang=en"),
    }
    assert [(await get(preview, path))[0] for path in ("/scenes/nothing", "/frames/nothing", "/brand/nothing", "/left")] == [
        404,
        404,
        404,
        204,
    ]


def test_the_demo_is_light(tmp_path: Path) -> None:
    """Page, logo and heads in the language in which they are heaviest; nothing to mend."""
    weight, faults = check(demo_settings(tmp_path))
    assert faults == []
    assert 0 < weight.logo < weight.page < weight.whole <= FIRST_VIEW


def test_a_heavy_logo_is_named(config: Path) -> None:
    """A first view that is too large says what it consists of, the heaviest first."""
    (config.parent / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'>" + " " * 20_000 + "</svg>")
    with (config.parent / "theme.toml").open("a") as theme:
        theme.write('[logo]\nfile = "logo.svg"\n')
    weight, faults = check(config)
    assert weight == Weight(weight.language, weight.page, 20_046)
    assert [fault.partition("; heavy are ")[2].startswith("the logo 20,046, ") for fault in faults] == [True]


def test_a_zone_that_there_is_not(config: Path) -> None:
    """It is named, with those that there are."""
    with pytest.raises(BadSettings, match="cannot show the zone 'council': expected one of public"):
        check(config, "council")
