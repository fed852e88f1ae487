"""Pages from templates: values in, HTML out, in the visitor's language. No request and no desk in here.

The style travels inside each page, because every answer closes its connection and the first page must come in one.
"""

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import jinja2
import msgspec
from markupsafe import Markup, escape
from msgspec import Struct

from firewall.api import Rates
from hotspot.portal import formats
from hotspot.portal.catalogues import FOLDER, Catalogues, Language, in_language, language_in, language_of
from hotspot.portal.formats import duration, moment, size, speed
from hotspot.portal.mould import Mould
from hotspot.portal.settings import HallTexts, Terms, Theme
from hotspot.portal.texts import LESS_THAN_A_MINUTE, THEN, WAITS, Captive, Problem
from hotspot.session.admission import Barrier
from hotspot.session.plans import Plan

INLINE_TERMS = 6_000
"""Bytes of terms that the splash page itself shows; longer ones get a page of their own, so that the first stays below 14 KB."""
_KEPT = 64
"""Captive pages that are made once and filled in; the one that was not wanted for the longest time goes."""

_PLACES = {"token": "\ue000token\ue000", "code": "\ue000code\ue000"}
"""What differs between visitors in a page that is made once, and what stands for it meanwhile."""


class Reader(Struct, frozen=True):
    """For whom and for which address a page is made."""

    language: str
    chosen: bool
    """The language was chosen by a link and not by ``Accept-Language``; links and forms then carry it on."""
    path: str = "/"
    """Where the links to the other languages lead."""

    @property
    def query(self) -> str:
        """What links and forms append to their address."""
        return f"?lang={self.language}" if self.chosen else ""

    @property
    def join(self) -> str:
        """What stands between ``path`` and a further parameter."""
        return "&" if "?" in self.path else "?"


class TermsText(Struct, frozen=True):
    """The terms as a page shows them."""

    version: str
    paragraphs: list[str]
    """Empty: too long for this page, it links to them."""
    language: Language
    """Of the text, which may be another one than the page's."""


class _Offer(Struct, frozen=True):
    """A plan in words."""

    name: str
    title: dict[str, str]
    """By language."""
    time: str
    speed: str
    volume: str | None
    daily: str | None
    """What one client may have on one day."""


class More(Struct, frozen=True):
    """What the online page offers and says beside time and volume left."""

    extension: int = 0
    """Seconds that the button for more time adds; 0: no button."""
    step: int = 0
    """How often it was pressed."""
    fast_left: int | None = None
    """Bytes until the session becomes slow, 0 when it is; None: it does not."""
    slow: Rates | None = None
    vouchers: bool = False
    """There are plans for those who have a voucher code, and this session is on none."""


NOTHING_MORE = More()
NOTHING_SAID: Mapping[str, str] = MappingProxyType({})


def paragraphs(text: str) -> list[str]:
    """Plain text -> its paragraphs; an empty line parts them."""
    return [stripped for part in text.replace("\r\n", "\n").split("\n\n") if (stripped := part.strip())]


def _inline(terms: TermsText) -> TermsText:
    """The terms that the page itself shows: no paragraphs when they are too long."""
    return terms if sum(len(each.encode()) for each in terms.paragraphs) <= INLINE_TERMS else msgspec.structs.replace(terms, paragraphs=[])


class Style(Struct, frozen=True):
    """What stands in the page's ``style``, and its name for ``style-src`` of the content security policy."""

    css: Markup
    source: str


class Kept(Struct, frozen=True):
    """A captive page, to be filled in."""

    plans: tuple[Plan, ...]
    mould: Mould


def source_of(text: str) -> str:
    """The hash by which a content security policy allows a text in the page itself."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def said_in(texts: Mapping[str, str], reading: str) -> Markup:
    """A text of the settings on a page in a language; in another language than the page's it says which."""
    said, language = in_language(texts, reading), language_in(texts, reading)
    if not said or language.partition("-")[0] == reading.partition("-")[0]:
        return escape(said)
    other = language_of(language)
    return _span_of(other) + said + _SPAN_END  # Markup escapes what is added to it


_SPAN_END = Markup("</span>")


@lru_cache(maxsize=64)
def _span_of(language: Language) -> Markup:
    return Markup('<span lang="{}" dir="{}">').format(language.code, language.direction)


class Pages:
    """All pages in all languages; made once, at the start of the service."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.catalogues = Catalogues(folder)
        self.languages = self.catalogues.codes
        """The default first."""
        self._css = (folder / "static/portal.css").read_text().strip()
        self.live = Markup((folder / "static/live.js").read_text().strip())
        """The script of the online page."""
        self.live_source = source_of(self.live)
        self.again = Markup((folder / "static/again.js").read_text().strip())
        """The script of a page that something is wrong with which will be over in a moment."""
        self.again_source = source_of(self.again)
        self._styles: Callable[[str], Style] = lru_cache(maxsize=8)(self._style)
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        install: Callable[..., None] = self._environment.install_gettext_callables  # type: ignore[attr-defined]
        install(self._gettext, self._ngettext, newstyle=True)
        self._reading = self.languages[0]
        self._kept: OrderedDict[tuple[Captive, Reader, str | None, tuple[str, ...], bool], Kept] = OrderedDict()
        self._kept_for: tuple[object, ...] = ()

    def _gettext(self, message: str) -> str:
        return self.text(self._reading, message)

    def _ngettext(self, one: str, many: str, count: int) -> str:
        return self.catalogues.texts(self._reading).ngettext(one, many, count)

    def text(self, language: str, message: str) -> str:
        """One translated text."""
        return self.catalogues.text(language, message)

    def _style(self, css: str) -> Style:
        whole = self._css + css
        return Style(Markup(whole), source_of(whole))

    def style(self, theme: Theme) -> Style:
        """The style of a hall."""
        return self._styles(theme.css)

    def say(self, texts: Mapping[str, str]) -> Markup:
        """A text of the settings for the reader of the page that is being made; in another language than the page's it says which."""
        return said_in(texts, self._reading)

    def render(self, template: str, reader: Reader, hall: HallTexts, code: str = "", **values: object) -> str:
        """A page. Besides ``values`` templates know ``hall``, ``theme``, ``language`` (a ``Language``), ``languages``, ``query`` (what
        links and forms append), ``code``, ``style``, and call ``_``, ``say`` and what ``formats`` has with ``language.code``."""
        self._reading = reader.language
        mine = self.catalogues.languages[reader.language]
        languages = [(each, f"{reader.path}{reader.join}lang={each.code}") for each in self.catalogues.languages.values()]
        shared = {"language": mine, "languages": languages, "query": reader.query, "hall": hall, "theme": hall.theme, "code": code}
        page = self._environment.get_template(template)
        return page.render(style=self.style(hall.theme).css, say=self.say, formats=formats, **shared, **values)

    def _time(self, seconds: float, language: str) -> str:
        return duration(seconds, language, self.text(language, LESS_THAN_A_MINUTE))

    def _offer(self, plan: Plan, language: str) -> _Offer:
        return _Offer(
            name=plan.name,
            title=plan.title if any(plan.title.values()) else {language: plan.name},
            time=self._time(plan.seconds, language),
            speed=speed(plan.rates.ceil_down, plan.rates.ceil_up, language),
            volume=self._volume(plan, language),
            daily=self._daily(plan, language),
        )

    def _volume(self, plan: Plan, language: str) -> str | None:
        if plan.volume is None:
            return None
        volume = size(plan.volume, language)
        if plan.slow is None:
            return volume
        slower = self.text(language, THEN) % {"speed": speed(plan.slow.ceil_down, plan.slow.ceil_up, language)}
        return formats.listed((volume, slower), language)

    def _daily(self, plan: Plan, language: str) -> str | None:
        parts = [] if plan.daily_seconds is None else [self._time(plan.daily_seconds, language)]
        parts += [] if plan.daily_volume is None else [size(plan.daily_volume, language)]
        return formats.listed(parts, language) or None

    def captive(
        self,
        kind: Captive,
        reader: Reader,
        hall: HallTexts,
        terms: Terms,
        plans: tuple[Plan, ...],
        closing: tuple[float, float] | None = None,
        message: Mapping[str, str] = NOTHING_SAID,
        vouchers: bool = False,
    ) -> Mould:
        """A page with the accept button, to be filled in with ``token`` and ``code``: all else is the same for everybody. ``closing``:
        closing time and the time now (wall clock), when that is worth saying. ``message``: what staff say, by language, while the line
        is down. ``vouchers``: there are plans for those who have a code."""
        closes = None if closing is None else moment(*closing, hall.time_zone, reader.language)
        sources = (hall, terms, message)
        if len(self._kept_for) != len(sources) or any(new is not old for new, old in zip(sources, self._kept_for, strict=True)):
            self._kept_for = sources
            self._kept.clear()
        key = (kind, reader, closes, tuple(plan.name for plan in plans), vouchers)
        kept = self._kept.get(key)
        if kept is None or any(new is not old for new, old in zip(plans, kept.plans, strict=True)):
            page = self.render(
                kind.template,
                reader,
                hall,
                **_PLACES,
                heading=self.text(reader.language, kind.heading),
                plans=[self._offer(plan, reader.language) for plan in plans],
                closes=closes,
                vouchers=vouchers,
                message=message,
                terms=_inline(self.terms_of(terms, reader.language)),
            )
            kept = self._kept[key] = Kept(plans, Mould(page, _PLACES))
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return kept.mould

    def online(
        self,
        reader: Reader,
        hall: HallTexts,
        *,
        code: str,
        token: str,
        seconds_left: float,
        bytes_left: int | None,
        internet: bool,
        message: Mapping[str, str] = NOTHING_SAID,
        address: str,
        now: float,
        more: More = NOTHING_MORE,
    ) -> str:
        """The page of a visitor in session. ``address`` is the portal's, for a person to type; ``now`` is the wall clock."""
        return self.render(
            "online.html",
            reader,
            hall,
            code=code,
            token=token,
            left=self.left(reader, hall, seconds_left, bytes_left, more.fast_left, now),
            script=self.live,
            internet=internet,
            message=message,
            address=address,
            extension=self._time(more.extension, reader.language) if more.extension else None,
            step=more.step,
            vouchers=more.vouchers,
            is_slow=more.fast_left == 0,
            slow_speed=None if more.slow is None else speed(more.slow.ceil_down, more.slow.ceil_up, reader.language),
        )

    def left(
        self, reader: Reader, hall: HallTexts, seconds_left: float, bytes_left: int | None, fast_left: int | None, now: float
    ) -> dict[str, str]:
        """What changes on the online page while it is open, by the id of its element."""
        parts = {"time-left": self._time(seconds_left, reader.language), "as-of": formats.clock(now, hall.time_zone, reader.language)}
        if bytes_left is not None:
            parts["volume-left"] = size(bytes_left, reader.language)
        if fast_left:
            parts["fast-left"] = size(fast_left, reader.language)
        return parts

    def wait(
        self,
        reader: Reader,
        hall: HallTexts,
        barrier: Barrier,
        now: float,
        code: str,
        ended: Captive | None = None,
        message: Mapping[str, str] = NOTHING_SAID,
        vouchers: bool = False,
    ) -> str:
        """The page of somebody who may not accept now; ``ended``: what to say first of the session that ended a while ago; ``message``:
        what staff say, by language, when it is the line that is down; ``vouchers``: a code lets in all the same."""
        words = WAITS[barrier.code]
        text = self.text(reader.language, words.unknown)
        if barrier.until is not None and words.until:
            text = self.text(reader.language, words.until) % {"moment": moment(barrier.until, now, hall.time_zone, reader.language)}
        heading = words.heading if ended is None or barrier.code in ("closed", "offline") else ended.heading
        said = message if barrier.code == "offline" else NOTHING_SAID
        heading_said = self.text(reader.language, heading)
        return self.render("wait.html", reader, hall, code=code, heading=heading_said, text=text, message=said, vouchers=vouchers)

    def blocked(self, reader: Reader, hall: HallTexts, code: str, reason: str) -> str:
        """The page of a blocked device; ``reason`` is what staff wrote for the visitor, or ""."""
        return self.render("blocked.html", reader, hall, code=code, reason=reason)

    def problem(self, reader: Reader, hall: HallTexts, problem: Problem, code: str = "") -> str:
        """The page for something that did not work."""
        heading, text, way_on = (self.text(reader.language, one) if one else "" for one in (problem.heading, problem.text, problem.way_on))
        script = self.again if problem.again else ""
        return self.render("problem.html", reader, hall, code=code, heading=heading, text=text, way_on=way_on, script=script)

    def terms_of(self, terms: Terms, language: str) -> TermsText:
        """The terms for a page, whole."""
        text = in_language(terms.text, language)
        return TermsText(terms.version, paragraphs(text), language_of(language_in(terms.text, language) or language))

    def terms(self, reader: Reader, hall: HallTexts, terms: Terms) -> str:
        """The terms alone."""
        dated = "" if terms.dated is None else formats.day(terms.dated, reader.language)
        return self.render("terms.html", reader, hall, terms=self.terms_of(terms, reader.language), dated=dated)
