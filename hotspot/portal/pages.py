"""Pages from templates: values in, HTML out, in the visitor's language. No request and no desk in here.

The texts in the templates are English; gettext catalogues (``portal_pages/locales/<language>/LC_MESSAGES/portal.po``) are read and compiled
in memory at the start. The style travels inside each page, because every answer closes its connection and the first page must come in one.
"""

import base64
import hashlib
import html
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path

import jinja2
from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.units import format_unit
from markupsafe import Markup
from msgspec import Struct

import portal_pages
from firewall.api import Rates
from hotspot.portal.settings import HallTexts, Terms
from hotspot.portal.texts import LESS_THAN_A_MINUTE, THEN, WAITS, Captive, Problem
from hotspot.session.admission import Barrier
from hotspot.session.plans import Plan

FOLDER = Path(portal_pages.__file__).parent
DEFAULT_LANGUAGE = "de"

_REMEMBERED = 16
"""Catalogues and compiled templates that are made once for all pages of a process, one each a language."""
INLINE_TERMS = 5_000
"""Characters of terms that the splash page itself shows; longer ones get a page of their own, so that the first stays below 14 KB."""


NO_BREAK = "\u00a0"
"""Between a number and its unit, which belong on one line."""

_TOKEN, _CODE = "@@token@@", "@@code@@"
"""Stand for what differs between visitors in a page that is rendered once."""


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


class _Offer(Struct, frozen=True):
    """A plan in words."""

    name: str
    title: str
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


NOTHING_MORE = More()


def duration(seconds: float, language: str, less_than_a_minute: str) -> str:
    """``11100`` -> ``3 Stunden 5 Minuten``, to the nearest minute, so that a plan of 2 h does not begin with 1 h 59; the two largest units,
    days only from 48 h on."""
    if seconds < 60:
        return less_than_a_minute
    minutes = (int(seconds) + 30) // 60
    days, hours, rest = (0, *divmod(minutes, 60))
    if hours >= 48:
        days, hours, rest = (*divmod(hours, 24), 0)
    parts = (("day", days), ("hour", hours), ("minute", rest))
    words = (format_unit(number, f"duration-{unit}", length="long", locale=language) for unit, number in parts if number)
    return " ".join(word.replace(" ", NO_BREAK) for word in words)


def size(number: int, language: str) -> str:
    """Bytes -> ``1,5 GB``, ``300 MB``; decimal units, rounded down to one place so that nobody is promised too much."""
    unit, divisor = ("gigabyte", 10**9) if number >= 10**9 else ("megabyte", 10**6)
    tenths = number * 10 // divisor
    return format_unit(tenths / 10, f"digital-{unit}", length="short", locale=language).replace(" ", NO_BREAK)


def speed(down: int, up: int, language: str) -> str:
    """bit/s each way -> ``10 / 2,5 Mbit/s``."""
    each = (format_decimal(rate / 1e6, format="#,##0.#" if rate >= 100_000 else "0.00", locale=language) for rate in (down, up))
    return f"{' / '.join(each)} Mbit/s".replace(" ", NO_BREAK)


def moment(unix: float, now: float, zone: tzinfo, language: str) -> str:
    """A moment to come, as short as is clear: ``18:00``, ``Montag, 08:00``, ``Montag, 4. Januar, 08:00``."""
    then, today = (datetime.fromtimestamp(each, UTC).astimezone(zone) for each in (unix, now))
    clock = format_time(then, "short", tzinfo=zone, locale=language)
    days = (then.date() - today.date()).days
    if days == 0:
        return clock
    weekday = format_date(then, "EEEE", locale=language)
    if 0 < days < 7:
        return f"{weekday}, {clock}"
    return f"{weekday}, {format_skeleton('MMMMd', then, tzinfo=zone, locale=language)}, {clock}"


def paragraphs(text: str) -> list[str]:
    """Plain text -> its paragraphs; an empty line parts them."""
    return [stripped for part in text.replace("\r\n", "\n").split("\n\n") if (stripped := part.strip())]


def in_language(texts: Mapping[str, str], language: str) -> str:
    """A text of the settings in a language, or in the first that there is."""
    return texts.get(language) or next(iter(texts.values()), "")


def _inline(text: str) -> list[str]:
    """The paragraphs that the page itself shows: none when they are too long."""
    return paragraphs(text) if len(text) <= INLINE_TERMS else []


@lru_cache(maxsize=_REMEMBERED)
def _translations(file: Path) -> GNUTranslations:
    """A catalogue, compiled in memory."""
    with file.open("rb") as source:
        catalogue = read_po(source, locale=file.parent.parent.name, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=_REMEMBERED)
def _environment(folder: Path, texts: GNUTranslations) -> jinja2.Environment:
    """The templates in one language."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    install: Callable[..., None] = environment.install_gettext_translations  # type: ignore[attr-defined]
    install(texts, newstyle=True)
    return environment


class Pages:
    """All pages in all languages; made once, at the start of the service."""

    def __init__(self, folder: Path = FOLDER) -> None:
        found = sorted(file.parent.parent.name for file in folder.glob("locales/*/LC_MESSAGES/portal.po"))
        self.languages = tuple(sorted(found, key=lambda language: language != DEFAULT_LANGUAGE))
        """The default first."""
        self._style = (folder / "static/portal.css").read_text().strip()
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        self.style_source = f"'sha256-{digest}'"
        """For ``style-src`` of the content security policy."""
        self._texts = {language: _translations(folder / f"locales/{language}/LC_MESSAGES/portal.po") for language in self.languages}
        self._environments = {language: _environment(folder, texts) for language, texts in self._texts.items()}
        names = {language: Locale.parse(language).get_language_name(language) for language in self.languages}
        self._names = {language: (name or language).capitalize() for language, name in names.items()}
        self._made: dict[tuple[Captive, Reader, str | None, tuple[str, ...]], tuple[tuple[Plan, ...], str]] = {}
        self._made_from: tuple[object, ...] = ()

    def text(self, language: str, message: str) -> str:
        """One translated text."""
        return self._texts[language].gettext(message)

    def _render(self, template: str, reader: Reader, hall: HallTexts, code: str = "", **values: object) -> str:
        languages = [{"code": language, "name": name, "link": f"{reader.path}?lang={language}"} for language, name in self._names.items()]
        shared = {"language": reader.language, "languages": languages, "query": reader.query, "hall": hall, "code": code}
        page = self._environments[reader.language].get_template(template)
        return page.render(style=Markup(self._style), **shared, **values)

    def _time(self, seconds: float, language: str) -> str:
        return duration(seconds, language, self.text(language, LESS_THAN_A_MINUTE))

    def _offer(self, plan: Plan, language: str) -> _Offer:
        return _Offer(
            name=plan.name,
            title=in_language(plan.title, language) or plan.name,
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
        return f"{volume}, {slower}"

    def _daily(self, plan: Plan, language: str) -> str | None:
        parts = [] if plan.daily_seconds is None else [self._time(plan.daily_seconds, language)]
        parts += [] if plan.daily_volume is None else [size(plan.daily_volume, language)]
        return ", ".join(parts) or None

    def captive(
        self,
        kind: Captive,
        reader: Reader,
        hall: HallTexts,
        terms: Terms,
        plans: tuple[Plan, ...],
        token: str,
        code: str,
        closing: tuple[float, float] | None = None,
    ) -> str:
        """A page with the accept button. All but token and code is the same for everybody, so it is rendered once. ``closing``: closing
        time and the time now (wall clock), when that is worth saying."""
        closes = None if closing is None else moment(*closing, hall.time_zone, reader.language)
        sources = (hall, terms)
        if len(self._made_from) != 2 or any(new is not old for new, old in zip(sources, self._made_from, strict=True)):
            self._made_from = sources
            self._made.clear()
        key = (kind, reader, closes, tuple(plan.name for plan in plans))
        made_for, page = self._made.get(key, ((), ""))
        if len(made_for) != len(plans) or any(new is not old for new, old in zip(plans, made_for, strict=True)):
            page = self._render(
                kind.template,
                reader,
                hall,
                code=_CODE,
                token=_TOKEN,
                heading=self.text(reader.language, kind.heading),
                plans=[self._offer(plan, reader.language) for plan in plans],
                closes=closes,
                terms={"version": terms.version, "paragraphs": _inline(in_language(terms.text, reader.language))},
            )
            self._made[key] = plans, page
        return page.replace(_TOKEN, html.escape(token)).replace(_CODE, html.escape(code))

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
        address: str,
        more: More = NOTHING_MORE,
    ) -> str:
        """The page of a visitor in session. ``address`` is the portal's, for a person to type."""
        return self._render(
            "online.html",
            reader,
            hall,
            code=code,
            token=token,
            time_left=self._time(seconds_left, reader.language),
            volume_left=None if bytes_left is None else size(bytes_left, reader.language),
            internet=internet,
            address=address,
            extension=self._time(more.extension, reader.language) if more.extension else None,
            step=more.step,
            fast_left=None if more.fast_left is None else size(more.fast_left, reader.language),
            is_slow=more.fast_left == 0,
            slow_speed=None if more.slow is None else speed(more.slow.ceil_down, more.slow.ceil_up, reader.language),
        )

    def wait(self, reader: Reader, hall: HallTexts, barrier: Barrier, now: float, code: str, ended: Captive | None = None) -> str:
        """The page of somebody who may not accept now; ``ended``: what to say first of the session that ended a while ago."""
        words = WAITS[barrier.code]
        text = self.text(reader.language, words.unknown)
        if barrier.until is not None and words.until:
            text = self.text(reader.language, words.until) % {"moment": moment(barrier.until, now, hall.time_zone, reader.language)}
        heading = words.heading if ended is None or barrier.code == "closed" else ended.heading
        return self._render("wait.html", reader, hall, code=code, heading=self.text(reader.language, heading), text=text)

    def blocked(self, reader: Reader, hall: HallTexts, code: str, reason: str) -> str:
        """The page of a blocked device; ``reason`` is what staff wrote for the visitor, or ""."""
        return self._render("blocked.html", reader, hall, code=code, reason=reason)

    def problem(self, reader: Reader, hall: HallTexts, problem: Problem, code: str = "") -> str:
        """The page for something that did not work."""
        heading, text, way_on = (self.text(reader.language, one) if one else "" for one in (problem.heading, problem.text, problem.way_on))
        return self._render("problem.html", reader, hall, code=code, heading=heading, text=text, way_on=way_on)

    def terms(self, reader: Reader, hall: HallTexts, terms: Terms) -> str:
        """The terms alone."""
        text = in_language(terms.text, reader.language)
        return self._render("terms.html", reader, hall, paragraphs=paragraphs(text), version=terms.version)
