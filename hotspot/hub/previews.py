"""A visitor's page as the gateway of a hall would show it with given settings: drawn by the portal's own readers and pages, for those who
change the settings.

What is drawn stands for itself: pictures are in it, it loads nothing, runs nothing and sends nothing. Links to other pages of the portal
lead to ``?scene=…&lang=…`` beside it, all others nowhere.

All drawing is done by one thread, because a page takes a millisecond and the pages of the portal are made for one reader at a time.
"""

import asyncio
import base64
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from hotspot import wire
from hotspot.hub.policy.sources import Effective
from hotspot.hub.validation import UNKNOWN_ZONES, said_by
from hotspot.portal.pages import Pages
from hotspot.portal.policy_check import check
from hotspot.portal.preview import FIRST_VIEW, Stages, heavy, weigh
from hotspot.portal.scenes import SCENES, shown
from hotspot.portal.settings import Asset, BadSettings, Settings

T = TypeVar("T")
Contents = Callable[[Iterable[str]], Awaitable[dict[str, bytes]]]
"""Contents of files by SHA-256."""
KEPT: Final = 8
"""Settings that are kept, of halls that were looked at last."""
_HAND: Final = ThreadPoolExecutor(1, "preview")
_SCRIPT: Final = re.compile(r"<script\b[^>]*>.*?</script>", re.DOTALL)
_LINK: Final = re.compile(r'href="([^"]*)"')
_FORM: Final = re.compile(r'(<form\b[^>]*?) action="[^"]*"')


class CannotDraw(Exception):
    """These settings no gateway could use; the text says key, value and what was expected."""


class NoScene(LookupError):
    """There is no such page, zone or language with these settings; the text says which there are."""


class SceneSeen(Struct, frozen=True):
    """A page in one state that these settings have."""

    name: str
    what: str
    """English, for whoever looks through the list."""


class LanguageSeen(Struct, frozen=True):
    """A language of the visitors' pages."""

    code: str
    name: str
    """What it calls itself."""
    direction: str
    """``ltr`` or ``rtl``."""


class Seen(Struct, frozen=True):
    """What there is to look at, and what should be seen to."""

    zones: tuple[str, ...]
    scenes: tuple[SceneSeen, ...]
    languages: tuple[LanguageSeen, ...]
    first_view: int
    """Bytes on the wire until the start page is there, in the language in which it is heaviest."""
    most: int
    """Bytes that the first view should have at most."""
    heavy: tuple[str, ...]
    """What makes it too heavy; empty: it is not."""
    missing: tuple[str, ...]
    """Keys of the legal pages that nothing is said for."""


NOTHING: Final = Seen((), (), (), 0, FIRST_VIEW, (), ())
"""Of settings that no gateway could use."""


class Drawn(Struct, frozen=True):
    """One page in one language."""

    html: str
    style: str
    """Its style for ``style-src`` of a content security policy."""


class Given(Struct, frozen=True):
    """What a hall would be given."""

    title: str
    """Of the hall, for settings that do not name it."""
    zones: tuple[str, ...]
    """As its gateways have told; empty: none has."""
    effective: Effective


class _Stages(Stages):
    """The stages of settings that are in no file."""

    def __init__(self, settings: Settings, zone: str | None) -> None:
        super().__init__(Path("/"), zone)
        self._fixed = settings

    @property
    def pages(self) -> Pages:
        """Of this process."""
        return _pages()

    def settings(self) -> Settings:
        """As they were given."""
        return self._fixed


@lru_cache(maxsize=1)
def _pages() -> Pages:
    return Pages()


class _Kept(Struct):
    """Settings, and by zone what there is to look at: it takes a page in every language to weigh the first view."""

    settings: Settings
    seen: dict[str, Seen] = {}


class _Shelf:
    """Settings by what they were made of."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    def get(self, key: bytes) -> _Kept | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: bytes, settings: Settings) -> _Kept:
        kept = self._kept[key] = _Kept(settings)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept


_SHELF: Final = _Shelf()


async def look(given: Given, zone: str, contents: Contents) -> Seen:
    """What there is to look at. ``zone``: ``""`` for the first. Raises ``CannotDraw`` and ``NoScene``."""
    kept = await _settings(given, contents)
    if zone not in kept.seen:
        kept.seen[zone] = await _by_hand(lambda: _seen(kept.settings, zone))
    return kept.seen[zone]


async def draw(given: Given, zone: str, scene: str, language: str, contents: Contents) -> Drawn:
    """One page. Raises ``CannotDraw`` and ``NoScene``."""
    kept = await _settings(given, contents)
    return await _by_hand(lambda: _drawn(kept.settings, zone, scene, language))


async def _by_hand(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_HAND, work)


async def _settings(given: Given, contents: Contents) -> _Kept:
    """As the gateway would read them."""
    wanted = dict(given.effective.settings)
    hall = wanted.get("hall", {})
    if isinstance(hall, dict):
        wanted["hall"] = {"name": given.title, **hall}
    said = wanted.get("zones")
    zones = given.zones or (tuple(said) if isinstance(said, dict) else ()) or UNKNOWN_ZONES
    key = sha256(msgspec.json.encode((wanted, given.effective.files, zones))).digest()
    kept = _SHELF.get(key)
    if kept is None:
        files = given.effective.files
        known = await contents(files.values())
        by_name = {name: known[digest] for name, digest in files.items() if digest in known}
        kept = _SHELF.put(key, await _by_hand(lambda: _read(wanted, files, by_name, zones)))
    return kept


def _read(wanted: dict[str, Any], files: dict[str, str], contents: Mapping[str, bytes], zones: Sequence[str]) -> Settings:
    try:
        return check(wire.Policy(serial=0, settings=wanted, files=files), contents, zones)
    except BadSettings as error:
        raise CannotDraw(said_by(error)) from None


def _seen(settings: Settings, zone: str) -> Seen:
    stages = _stages(settings, zone)
    languages = stages.pages.catalogues.languages.values()
    weight = weigh(stages, settings)
    return Seen(
        zones=tuple(settings.zones),
        scenes=tuple(SceneSeen(one.name, one.what) for one in shown(stages.stage(settings, stages.pages.languages[0]))),
        languages=tuple(LanguageSeen(one.code, one.name, one.direction) for one in languages),
        first_view=weight.whole,
        most=FIRST_VIEW,
        heavy=tuple(heavy(stages, settings, weight)),
        missing=tuple(settings.legal.missing),
    )


def _stages(settings: Settings, zone: str) -> _Stages:
    if zone and zone not in settings.zones:
        raise NoScene(f"zone = {zone!r}: expected one of {', '.join(settings.zones)}")
    return _Stages(settings, zone or None)


def _drawn(settings: Settings, zone: str, name: str, language: str) -> Drawn:
    stages = _stages(settings, zone)
    if language not in stages.pages.languages:
        raise NoScene(f"language = {language!r}: expected one of {', '.join(stages.pages.languages)}")
    stage = stages.stage(settings, language, f"?scene={name}")
    scenes = shown(stage)
    if name not in {one.name for one in scenes}:
        raise NoScene(f"scene = {name!r}: there is no such page with these settings")
    by_address = {one.address: one.name for one in reversed(scenes) if one.address}
    theme = settings.hall.theme
    html = _alone(SCENES[name].draw(stage), theme.assets, by_address, language)
    return Drawn(html, stages.pages.style(theme).source)


# A page that stands for itself -----------------------------------------------------------------------------------------------------------


def _alone(html: str, assets: Mapping[str, Asset], by_address: Mapping[str, str], language: str) -> str:
    """Without scripts and addresses of the portal. What visitors or towns wrote is escaped, so none of it looks like markup here."""
    html = _SCRIPT.sub("", html)
    for name, asset in assets.items():
        source = f' src="/brand/{name}"'
        html = html.replace(source, "" if asset.path else f' src="{_data(asset)}"')
    html = _LINK.sub(lambda found: f'href="{_goal(found[1], by_address, language)}"', html)
    return _FORM.sub(r"\1", html).replace('type="submit"', 'type="button"')


def _data(asset: Asset) -> str:
    return f"data:{asset.media_type};base64,{base64.b64encode(asset.content).decode()}"


def _goal(address: str, by_address: Mapping[str, str], language: str) -> str:
    """Where a link of a page leads in the preview."""
    if address.startswith(("#", "?scene=")):
        return address
    path, _, query = address.partition("?")
    scene = by_address.get(path, "")
    wanted = parse_qs(query).get("lang", [language])[0]
    return f"?scene={scene}&amp;lang={wanted}" if scene else "#"
