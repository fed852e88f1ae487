"""The town's front door as pages: what the directory and the settings say, put into the reader's language. No request in here."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode, urlsplit

import segno
from markupsafe import Markup, escape
from msgspec import Struct
from msgspec.structs import replace

from hotspot.portal import formats
from hotspot.portal.catalogues import in_language
from hotspot.portal.mould import Mould
from hotspot.portal.pages import Pages, Reader, said_in, source_of
from hotspot.portal.settings import HallTexts, Settings
from hotspot.portal.texts import N_
from hotspot.session.hours import Hours, Span, opening
from hotspot.town.accounts import Fee, in_fours, payload
from hotspot.town.directory import MOST_LETTERS, Authority, Directory, Entry, Group, among, by_authority, by_letter, ordered, search
from hotspot.town.feedback import KINDS, MOST_CONTACT, MOST_PLACE, MOST_TEXT, Form
from hotspot.town.folding import words
from hotspot.town.week import by_weekday
from hotspot.town.wifi4eu import HOST

AUTHORITIES: Final[Mapping[str, str]] = {Authority.TOWN: N_("Town"), Authority.DISTRICT: N_("District")}
_OPEN = N_("Open now, until %(moment)s")
_ALWAYS = N_("Open now")
_OPENS = N_("Closed now. Opens: %(moment)s")
_SHUT = N_("Closed until further notice")
_KINDS: Final[Mapping[str, str]] = {"idea": N_("An idea"), "complaint": N_("A complaint"), "damage": N_("Something is broken")}
_MISTAKES: Final[Mapping[tuple[str, str], str]] = {
    ("kind", "missing"): N_("Please choose what it is about."),
    ("text", "missing"): N_("Please write your message."),
    ("text", "long"): N_("The message is too long. There is room for %(number)s characters."),
    ("place", "long"): N_("This is too long. There is room for %(number)s characters."),
    ("contact", "long"): N_("This is too long. There is room for %(number)s characters."),
}
_MOST: Final[Mapping[str, int]] = {"text": MOST_TEXT, "place": MOST_PLACE, "contact": MOST_CONTACT}
REFUSED: Final[Mapping[str, tuple[int, str]]] = {
    "token": (403, N_("This page was open for too long. Your text is still here: please send it again.")),
    "too_many": (429, N_("Many messages have come in. Your text is still here: please send it again at %(moment)s.")),
    "journal": (503, N_("We cannot take messages right now. Your text is still here: please send it again in a few minutes.")),
}
"""By what kept the message from being taken: status of the answer, and what the page says above the form."""
_TITLE = "\ue000title\ue000"
"""Stands for the title in a drawing that is kept."""
MOST_HITS = 50
"""Entries that are shown to a question; who gets more asks more precisely, or looks through all."""
MOST_WHOLE = 64
"""Pages of the whole directory that are kept: two for each language, whether it was chosen or not."""
_NEXT = N_("The town hall reads every message. You get an answer if you tell us how to reach you.")


class Opened(Struct, frozen=True):
    """Opening hours in words."""

    open: bool
    now: str
    """How it is at this moment."""
    days: tuple[tuple[str, str, bool], ...]
    """Weekday, its hours, and whether it is today."""


class Payment(Struct, frozen=True):
    """A fee in words, and as a code that banking apps read."""

    amount: str
    iban: str
    fee: Fee
    code: Markup


def opened(pages: Pages, language: str, hours: Hours, now: float) -> Opened:
    """Hours for a reader at a moment (wall clock)."""
    how = opening(hours, now)
    until, text = how.closes if how.open else how.opens, (_OPEN if how.open else _OPENS)
    if until is None:
        text = _ALWAYS if how.open else _SHUT
    said = pages.text(language, text)
    if until is not None:
        said %= {"moment": formats.moment(until, now, hours.time_zone, language)}
    today = datetime.fromtimestamp(now, UTC).astimezone(hours.time_zone).weekday()
    days = tuple(
        (formats.weekday(day, language), ", ".join(_span(span, language) for span in spans), day == today)
        for day, spans in by_weekday(hours.spans)
    )
    return Opened(how.open, said, days)


def _span(span: Span, language: str) -> str:
    """``08:00–12:00``, on no day in particular."""
    return "–".join(formats.clock(minutes % 1_440 * 60, UTC, language) for minutes in (span.opens, span.closes))


def hours_of(entry: Entry, hall: HallTexts) -> Hours | None:
    """An entry's hours, in the hall's time zone."""
    return Hours(hall.time_zone, entry.hours, entry.closed) if entry.hours else None


@lru_cache(maxsize=512)
def _giro_code(content: bytes) -> str:
    """The EPC code as a drawing in the page, with a place for its title: black on white with its quiet zone, whatever the colours of the
    page are; 10 ms, but once for all languages."""
    code = segno.make_qr(content, error="m", boost_error=False)  # EPC069-12 wants level M
    drawing = code.svg_inline(title=_TITLE, omitsize=True, border=4, dark="#000", light="#fff", svgclass="giro", lineclass=None)
    return drawing.replace("<svg ", '<svg role="img" ', 1)


def payment(pages: Pages, language: str, fee: Fee) -> Payment:
    """A fee for a reader."""
    title = pages.text(language, N_("Code to pay with a banking app (GiroCode)"))
    drawing = _giro_code(payload(fee))
    code = Markup(drawing.replace(_TITLE, escape(title)))  # beside the title there are only segno's own numbers
    return Payment(formats.money(fee.amount, "EUR", language), in_fours(fee.iban), fee, code)


def town(pages: Pages, reader: Reader, settings: Settings, now: float) -> str:
    """The front door."""
    hall = settings.hall
    hours = None if hall.hours is None else opened(pages, reader.language, hall.hours, now)
    return pages.render("town.html", reader, hall, hours=hours, services=bool(settings.services), feedback=settings.feedback is not None)


class Shelf(Struct, frozen=True):
    """The directory as readers of one language look through it."""

    names: Mapping[str, Markup]
    """By id, escaped; what is said in another language is marked."""
    letters: tuple[Group, ...]
    authorities: tuple[Group, ...]


class _Shelves:
    """What is made once for a directory: its order in each language, and its pages without a question. Other settings drop all."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._of: tuple[HallTexts, Directory] | None = None
        self._shelves: dict[str, Shelf] = {}
        """By language, and languages are few."""
        self._whole: OrderedDict[tuple[Reader, bool], Mould] = OrderedDict()

    def _look(self, hall: HallTexts, directory: Directory) -> None:
        if self._of is None or self._of[0] is not hall or self._of[1] is not directory:
            self._of = hall, directory
            self._shelves.clear()
            self._whole.clear()

    def shelf(self, hall: HallTexts, directory: Directory, language: str) -> Shelf:
        """The directory in a language."""
        self._look(hall, directory)
        shelf = self._shelves.get(language)
        if shelf is None:
            entries = directory.entries.values()
            in_order = ordered(entries, lambda entry: in_language(entry.name, language))
            shelf = self._shelves[language] = Shelf(
                {entry.id: said_in(entry.name, language) for entry in entries},
                by_letter(in_order),
                by_authority(in_order),
            )
        return shelf

    def whole(self, reader: Reader, hall: HallTexts, directory: Directory, grouped: bool) -> Mould:
        """All of it."""
        self._look(hall, directory)
        key = reader, grouped
        mould = self._whole.get(key)
        if mould is None:
            page = services(self._pages, reader, hall, directory, "", "authority" if grouped else "")
            mould = self._whole[key] = Mould(page, {}, level=6)
            if len(self._whole) > MOST_WHOLE:
                self._whole.popitem(last=False)
        self._whole.move_to_end(key)
        return mould


@lru_cache(maxsize=4)
def _shelves(pages: Pages) -> _Shelves:
    """Pages are made once, at the start of the service."""
    return _Shelves(pages)


def directory_page(pages: Pages, reader: Reader, hall: HallTexts, directory: Directory, question: str, group: str) -> Mould | str:
    """``services``, made once when nothing is asked: anybody may ask for it as often as they like. What no word is in asks nothing."""
    question, group = question[:MOST_LETTERS].strip(), group if group == "authority" else ""
    if words(question):
        return services(pages, _at(reader, question, group), hall, directory, question, group)
    return _shelves(pages).whole(_at(reader, "", group), hall, directory, bool(group))


def _at(reader: Reader, question: str, group: str) -> Reader:
    """The reader at the page's one address, however it was asked for: otherwise each way of writing it would be a page of its own."""
    return replace(reader, path=_services_link(question, group, ""))


def services(pages: Pages, reader: Reader, hall: HallTexts, directory: Directory, question: str, group: str) -> str:
    """The directory, or the first entries of those that a question finds in it, and how many those are."""
    language, grouped = reader.language, group == "authority"
    shelf = _shelves(pages).shelf(hall, directory, language)
    groups = shelf.authorities if grouped else shelf.letters
    found = formats.number(len(directory.entries), language)
    if words(question):
        hits = {entry.id for entry in search(directory, question)}
        groups = among(groups, hits, MOST_HITS)
        found = formats.number(len(hits), language)
        if len(hits) > MOST_HITS:
            found = f"{formats.number(MOST_HITS, language)} / {found}"
    lang = language if reader.chosen else ""
    return pages.render(
        "services.html",
        reader,
        hall,
        question=" ".join(question.split()),
        groups=groups,
        names=shelf.names,
        grouped=grouped,
        found=found,
        other=_services_link(question, "" if grouped else "authority", lang),
        everything=_services_link("", group, lang),
        authorities={key: pages.text(language, text) for key, text in AUTHORITIES.items()},
    )


def _services_link(question: str, group: str, lang: str) -> str:
    rest = urlencode([(key, value) for key, value in (("q", question), ("group", group), ("lang", lang)) if value])
    return f"/services?{rest}" if rest else "/services"


def service(pages: Pages, reader: Reader, settings: Settings, entry: Entry, now: float, *, online: bool) -> str:
    """One entry. ``online``: the visitor can open links that lead out."""
    hours = hours_of(entry, settings.hall)
    return pages.render(
        "service.html",
        reader,
        settings.hall,
        entry=entry,
        authority=pages.text(reader.language, AUTHORITIES[entry.authority]),
        hours=None if hours is None else opened(pages, reader.language, hours, now),
        payment=None if entry.fee is None else payment(pages, reader.language, entry.fee),
        host=urlsplit(entry.link).hostname or "",
        later=not online and bool(entry.link) and (urlsplit(entry.link).hostname or "") not in settings.garden,
    )


def tell(pages: Pages, reader: Reader, hall: HallTexts, form: Form, code: str, *, field: str = "", wrong: str = "") -> str:
    """The form, with what was typed and what was wrong with it: in ``field``, or as a whole."""
    kinds = [(kind, pages.text(reader.language, _KINDS[kind])) for kind in KINDS]
    return pages.render("tell.html", reader, hall, code=code, form=form, kinds=kinds, field=field, wrong=wrong, most=_MOST)


def mistake(pages: Pages, language: str, field: str, why: str) -> str:
    """What is wrong with a field, in words."""
    text = pages.text(language, _MISTAKES[field, why])
    return text % {"number": formats.number(_MOST[field], language)} if why == "long" else text


def told(pages: Pages, reader: Reader, settings: Settings, number: int | None) -> str:
    """The word of thanks."""
    follows = settings.feedback.next if settings.feedback is not None else {}
    shown = None if number is None else formats.number(number, reader.language)
    return pages.render("told.html", reader, settings.hall, number=shown, follows=follows, usual=pages.text(reader.language, _NEXT))


def wifi4eu_policy(hall: HallTexts, language: str) -> dict[str, str]:
    """What the content security policy of the splash page must allow for the programme, and of no other page; nothing when it is off."""
    if hall.wifi4eu is None:
        return {}
    host = f"https://{HOST}"
    script = source_of(hall.wifi4eu.snippet(language))
    return {"script_src": f"{script} {host}", "img_src": f"'self' {host}", "connect_src": host}
