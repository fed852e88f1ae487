"""The preview: all scenes on a loopback address, for whoever gives a hall its face. Settings, theme and texts are read again for every
page, so that a change is one reload of the browser away; what cannot be used is said in place of the page.

Nothing is loaded from elsewhere, not even the banner of WiFi4EU.
"""

import contextlib
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web
from markupsafe import Markup
from msgspec import Struct

from hotspot.portal.catalogues import FOLDER
from hotspot.portal.office import warnings_of
from hotspot.portal.pages import Pages, Reader, source_of
from hotspot.portal.scenes import SCENES, shown
from hotspot.portal.settings import BadSettings, Settings, Theme
from hotspot.portal.settings_reader import Files
from hotspot.portal.stage import CODE, TOKEN, Scene, Stage
from hotspot.portal.texts import SPLASH
from hotspot.portal.uplink.kept import in_force

FIRST_VIEW: Final = 14_336
"""Bytes that a server sends before it waits for the first acknowledgement: ten segments (RFC 6928)."""
HEADS: Final = 1_500
"""Bytes of the heads of three answers: redirect, page, logo."""
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:70rem;color:#17212b;background:#fff}"
    "ul{list-style:none;margin:0;padding:0}li{padding:.5rem 0;border-bottom:1px solid #d5dde5}small{color:#4a5866;margin-inline:.5rem}"
    "nav a{display:inline-block;min-width:2rem;padding:.25rem .375rem}pre{white-space:pre-wrap;font:inherit;color:#8a3b00}"
    "iframe{display:block;width:360px;height:640px;border:1px solid #4a5866;border-radius:1rem}"
    ".frames{display:flex;flex-wrap:wrap;gap:1rem}"
)
_PAGE = Markup(
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>{title}</title><style>{style}</style></head><body><h1>{title}</h1>{main}</body></html>"
)
AFTER_FORMS: Final[Mapping[str, str]] = {"/accept": "online", "/extend": "online", "/leave": "ended-left"}
"""Where forms lead in the preview, which has no sessions."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _times(paths: Iterable[str]) -> dict[str, int]:
    """When files were last written; 0 for one that is gone."""
    return {path: Path(path).stat().st_mtime_ns if Path(path).exists() else 0 for path in paths}


class Stages:
    """Settings and pages as they are on the disk now."""

    def __init__(self, config: Path, zone: str | None = None) -> None:
        self._config = config
        self._zone = zone
        self._settings: Settings | None = None
        self._read: dict[str, int] = {}
        self._pages: Pages | None = None
        self._made_of: dict[str, int] = {}

    @property
    def pages(self) -> Pages:
        """Made again when a template, the style or a catalogue has changed."""
        made_of = _times(str(path) for path in FOLDER.rglob("*.*") if path.suffix in {".html", ".css", ".js", ".po"})
        if self._pages is None or made_of != self._made_of:
            self._pages, self._made_of = Pages(), made_of
        return self._pages

    def settings(self) -> Settings:
        """Read again when one of their files has changed. Raises ``BadSettings``."""
        if self._settings is None or _times(self._read) != self._read:
            self._settings, files = None, Files()
            self._settings = in_force(self._config, files)
            self._read = _times(files.contents)
        return self._settings

    def stage(self, settings: Settings, language: str, path: str = "/") -> Stage:
        """For one reader. Raises ``BadSettings`` for a zone that there is not."""
        name = next(iter(settings.zones)) if self._zone is None else self._zone
        if name not in settings.zones:
            raise BadSettings(f"cannot show the zone {name!r}: expected one of {', '.join(settings.zones)}")
        return Stage(settings, settings.zones[name], self.pages, Reader(language, True, path))


class Weight(Struct, frozen=True):
    """Bytes on the wire until the start page is there."""

    language: str
    """In which the page is heaviest."""
    page: int
    logo: int

    @property
    def whole(self) -> int:
        """With the heads of all answers."""
        return self.page + self.logo + HEADS


def weigh(stages: Stages, settings: Settings) -> Weight:
    """The first view in the language in which it is heaviest."""
    sizes: dict[str, int] = {}
    for language in stages.pages.languages:
        stage = stages.stage(settings, language)
        mould = stage.pages.captive(SPLASH, stage.reader, settings.hall, settings.terms, stage.plans)
        sizes[language] = len(mould.packed({"token": TOKEN, "code": CODE}))
    heaviest = max(sizes, key=lambda language: sizes[language])
    logo = settings.hall.theme.logo
    return Weight(heaviest, sizes[heaviest], 0 if logo is None else len(logo.content))


def heavy(stages: Stages, settings: Settings, weight: Weight) -> list[str]:
    """What a first view that is too large consists of; empty when it is small enough."""
    if weight.whole <= FIRST_VIEW:
        return []
    terms = len(gzip.compress("".join(settings.terms.text.values()).encode()))
    style = len(gzip.compress(stages.pages.style(settings.hall.theme).css.encode()))
    parts = {"the logo": weight.logo, "the terms of use": terms, "the style": style, "the heads": HEADS}
    words = ", ".join(f"{name} {size:,}" for name, size in sorted(parts.items(), key=lambda part: -part[1]) if size)
    return [f"the first view has {weight.whole:,} bytes ({weight.language}), expected at most {FIRST_VIEW:,}; heavy are {words}"]


def check(config: Path, zone: str | None = None) -> tuple[Weight, list[str]]:
    """Draws every scene in every language; the weight of the first view, and what a town should mend. Raises ``BadSettings``."""
    stages = Stages(config, zone)
    settings = stages.settings()
    for language in stages.pages.languages:
        for scene in shown(stages.stage(settings, language)):
            scene.draw(stages.stage(settings, language, f"/scenes/{scene.name}"))
    weight = weigh(stages, settings)
    return weight, [*heavy(stages, settings, weight), *warnings_of(settings)]


def _answer(text: str, stages: Stages, theme: Theme, status: int = 200) -> web.Response:
    """A page under the rules of the portal's pages; the index may show them in frames."""
    directives = (
        "default-src 'none'",
        f"style-src {stages.pages.style(theme).source} {source_of(_STYLE)}",
        f"script-src {stages.pages.live_source}",
        *(f"{kind} 'self'" for kind in ("connect-src", "img-src", "media-src", "form-action", "frame-src", "frame-ancestors")),
        "base-uri 'none'",
    )
    headers = {"Content-Security-Policy": "; ".join(directives), "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def _own(title: str, main: Markup) -> str:
    """A page of the preview itself."""
    return _PAGE.format(title=title, style=Markup(_STYLE), main=main)


def _index(scenes: Sequence[Scene], languages: Sequence[str]) -> str:
    """The list of all scenes."""
    row = Markup('<li><a href="/frames/{name}"><b>{name}</b></a><small>{what}</small><nav aria-label="{name}">{links}</nav></li>')
    link = Markup('<a href="/scenes/{name}?lang={language}" lang="{language}">{language}</a> ')
    rows = [
        row.format(
            name=scene.name,
            what=scene.what,
            links=Markup("").join(link.format(name=scene.name, language=language) for language in languages),
        )
        for scene in scenes
    ]
    text = Markup("<p>A name shows all languages on phones side by side; change the theme, and reload the page.</p><ul>{}</ul>")
    return _own("Preview", text.format(Markup("").join(rows)))


def _frames(name: str, languages: Sequence[str]) -> str:
    """A scene in all languages, each as wide as a phone."""
    frame = Markup(
        "<figure><figcaption>{language}</figcaption>"
        '<iframe src="/scenes/{name}?lang={language}" title="{name} {language}"></iframe></figure>'
    )
    frames = Markup("").join(frame.format(name=name, language=language) for language in languages)
    return _own(name, Markup('<p><a href="/">All scenes</a></p><div class="frames">{}</div>').format(frames))


class Preview:
    """The answers of the preview; every one is made from the settings as they are now."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    def _language(self, request: web.Request) -> str:
        """The one that a link has chosen, else the first."""
        wanted, languages = request.query.get("lang", ""), self._stages.pages.languages
        return wanted if wanted in languages else languages[0]

    def _shown(self, settings: Settings) -> list[Scene]:
        """The scenes that these settings have."""
        return shown(self._stages.stage(settings, self._stages.pages.languages[0]))

    def _scene(self, request: web.Request, settings: Settings) -> Scene:
        """The one that an address names."""
        name = request.match_info["scene"]
        if name not in {scene.name for scene in self._shown(settings)}:
            raise web.HTTPNotFound(text=f"there is no scene {name}; the list is at /\n")
        return SCENES[name]

    def index(self, _: web.Request, settings: Settings) -> web.StreamResponse:
        """The list of scenes."""
        return _answer(_index(self._shown(settings), self._stages.pages.languages), self._stages, settings.hall.theme)

    def frames(self, request: web.Request, settings: Settings) -> web.StreamResponse:
        """One scene in all languages."""
        scene = self._scene(request, settings)
        return _answer(_frames(scene.name, self._stages.pages.languages), self._stages, settings.hall.theme)

    def scene(self, request: web.Request, settings: Settings) -> web.StreamResponse:
        """One scene in one language, as the portal would show it."""
        scene = self._scene(request, settings)
        stage = self._stages.stage(settings, self._language(request), request.path)
        return _answer(scene.draw(stage), self._stages, settings.hall.theme)

    def brand(self, request: web.Request, settings: Settings) -> web.StreamResponse:
        """Logo, photo and video."""
        asset = settings.hall.theme.assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        return web.FileResponse(asset.path) if asset.path else web.Response(body=asset.content, content_type=asset.media_type)

    def elsewhere(self, request: web.Request, settings: Settings) -> web.StreamResponse:
        """An address of the portal: the scene that has it, else the list."""
        by_address = {scene.address: scene.name for scene in self._shown(settings) if scene.address and scene.address != "/"}
        name = AFTER_FORMS.get(request.path) if request.method == "POST" else by_address.get(request.path)
        goal = f"/scenes/{name}?lang={self._language(request)}" if name in SCENES else "/"
        return web.Response(status=303, headers={"Location": goal})

    def guarded(self, draw: Callable[[web.Request, Settings], web.StreamResponse]) -> Handler:
        """What cannot be used is said in place of the page."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return draw(request, self._stages.settings())
            except BadSettings as error:
                text = _own("These settings cannot be used", Markup("<pre>{}</pre>").format(error))
                return _answer(text, self._stages, Theme(), 500)

        return handle


async def _nothing(_: web.Request) -> web.StreamResponse:
    """What browsers and scripts ask for by themselves."""
    return web.Response(status=204)


def make_app(stages: Stages) -> web.Application:
    """The preview as an application."""
    preview = Preview(stages)
    app = web.Application()
    app.router.add_get("/", preview.guarded(preview.index))
    app.router.add_get("/frames/{scene}", preview.guarded(preview.frames))
    app.router.add_get("/scenes/{scene}", preview.guarded(preview.scene))
    app.router.add_get("/brand/{name}", preview.guarded(preview.brand))
    for quiet in ("/left", "/favicon.ico"):
        app.router.add_get(quiet, _nothing)
    app.router.add_route("*", "/{path:.*}", preview.guarded(preview.elsewhere))
    return app


@contextlib.asynccontextmanager
async def serving(stages: Stages, host: str, port: int) -> AsyncIterator[str]:
    """The preview on an address of this machine, for as long as the context lasts; its URL without a slash at the end. Port 0: a free
    one. Raises ``OSError`` for an address that cannot be had."""
    runner = web.AppRunner(make_app(stages))
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        shown_host = f"[{host}]" if ":" in host else host
        yield f"http://{shown_host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
