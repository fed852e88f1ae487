"""The town's front door as pages: what the directory and the settings say, put into the reader's language. No request in here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode, urlsplit

import segno.helpers
from markupsafe import Markup
from msgspec import Struct

from hotspot.portal import formats
from hotspot.portal.catalogues import in_language
from hotspot.portal.pages import Pages, Reader, source_of
from hotspot.portal.settings import HallTexts, Settings
from hotspot.portal.texts import N_
from hotspot.session.hours import Hours, Span, opening
from hotspot.town.accounts import Fee, in_fours
from hotspot.town.directory import Authority, Directory, Entry, by_authority, by_letter, search
from hotspot.town.feedback import KINDS, MOST_CONTACT, MOST_PLACE, MOST_TEXT, Form
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


@lru_cache(maxsize=256)
def _giro_code(receiver: str, iban: str, cents: int, reference: str, bic: str, title: str) -> Markup:
    """The EPC code as a drawing in the page: black on white with its quiet zone, whatever the colours of the page are; 10 ms."""
    code = segno.helpers.make_epc_qr(name=receiver, iban=iban, amount=Decimal(cents) / 100, text=reference, bic=bic or None)
    drawing = code.svg_inline(title=title, omitsize=True, border=4, dark="#000", light="#fff", svgclass="giro", lineclass=None)
    return Markup(drawing.replace("<svg ", '<svg role="img" ', 1))  # segno escapes the title; the rest are its own numbers


def payment(pages: Pages, language: str, fee: Fee) -> Payment:
    """A fee for a reader."""
    title = pages.text(language, N_("Code to pay with a banking app (GiroCode)"))
    code = _giro_code(fee.receiver, fee.iban, fee.cents, fee.reference, fee.bic, title)
    return Payment(formats.money(fee.amount, "EUR", language), in_fours(fee.iban), fee, code)


def town(pages: Pages, reader: Reader, settings: Settings, now: float) -> str:
    """The front door."""
    hall = settings.hall
    hours = None if hall.hours is None else opened(pages, reader.language, hall.hours, now)
    return pages.render("town.html", reader, hall, hours=hours, services=bool(settings.services), feedback=settings.feedback is not None)


def services(pages: Pages, reader: Reader, hall: HallTexts, directory: Directory, question: str, group: str) -> str:
    """The directory, or what a question finds in it."""
    language = reader.language

    def name(entry: Entry) -> str:
        return in_language(entry.name, language)

    found = search(directory, question)
    grouped = group == "authority"
    groups = by_authority(found, name) if grouped else by_letter(found, name)
    return pages.render(
        "services.html",
        reader,
        hall,
        question=" ".join(question.split()),
        groups=groups,
        grouped=grouped,
        found=formats.number(len(found), language),
        other=_services_link(reader, question, "" if grouped else "authority"),
        everything=_services_link(reader, "", group),
        authorities={key: pages.text(language, text) for key, text in AUTHORITIES.items()},
    )


def _services_link(reader: Reader, question: str, group: str) -> str:
    lang = reader.language if reader.chosen else ""
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
