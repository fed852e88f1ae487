"""The legal pages: settings in, HTML out. The privacy notice is made from the settings that are in force, so that it cannot say anything
else than what the portal does."""

from msgspec import Struct

from hotspot.portal import formats
from hotspot.portal.catalogues import Language, in_language, language_in, language_of
from hotspot.portal.legal import Party
from hotspot.portal.pages import Pages, Reader, paragraphs
from hotspot.portal.records import Record, records_of
from hotspot.portal.settings import HallTexts, Settings
from hotspot.portal.texts import LESS_THAN_A_MINUTE, N_
from hotspot.town import wifi4eu

STATUS_TEXTS = {
    "": N_("Nobody has assessed these pages yet."),
    "full": N_("The pages meet these rules in full."),
    "partial": N_("The pages meet these rules in part."),
    "none": N_("The pages do not meet these rules yet."),
}
METHOD_TEXTS = {
    "self": N_("The town has assessed the pages itself."),
    "external": N_("An independent body has assessed the pages."),
}


class Shown(Struct, frozen=True):
    """A text of the settings as a page shows it."""

    paragraphs: list[str]
    language: Language
    """Of the text, which may be another one than the page's."""


class Row(Struct, frozen=True):
    """A record in the reader's language."""

    heading: str
    what: str
    until: str


def shown(texts: dict[str, str], language: str) -> Shown:
    """A text in paragraphs, in the best language that it has."""
    return Shown(paragraphs(in_language(texts, language)), language_of(language_in(texts, language) or language))


def _of_hall(hall: HallTexts) -> Party:
    """Whom to name as long as the town has not said it."""
    return Party(hall.town or hall.name, hall.address, hall.phone, hall.email)


def imprint(pages: Pages, reader: Reader, settings: Settings) -> str:
    """Who offers the Wi-Fi."""
    imprint = settings.legal.imprint
    return pages.render(
        "imprint.html",
        reader,
        settings.hall,
        imprint=imprint,
        operator=imprint.operator or _of_hall(settings.hall),
        processor=settings.legal.privacy.processor,
        own=shown(imprint.own.text, reader.language),
        generated=not imprint.own.replaces,
    )


def row_of(pages: Pages, language: str, record: Record, settings: Settings) -> Row:
    """A record in words."""
    less = pages.text(language, LESS_THAN_A_MINUTE)
    times = {name: formats.duration(seconds, language, less) for name, seconds in record.durations(settings).items()}
    return Row(
        pages.text(language, record.heading),
        pages.text(language, record.what),
        pages.text(language, record.until) % times,
    )


def privacy(pages: Pages, reader: Reader, settings: Settings) -> str:
    """The notice of Article 13 GDPR."""
    legal = settings.legal
    return pages.render(
        "privacy.html",
        reader,
        settings.hall,
        privacy=legal.privacy,
        operator=legal.imprint.operator or _of_hall(settings.hall),
        rows=[row_of(pages, reader.language, record, settings) for record in records_of(settings)],
        wifi4eu_host=wifi4eu.HOST if settings.wifi4eu is not None else "",
        incomplete=legal.imprint.operator is None,
        own=shown(legal.privacy.own.text, reader.language),
        generated=not legal.privacy.own.replaces,
    )


def accessibility(pages: Pages, reader: Reader, settings: Settings) -> str:
    """The accessibility statement."""
    statement, language = settings.legal.accessibility, reader.language
    return pages.render(
        "accessibility.html",
        reader,
        settings.hall,
        statement=statement,
        status=pages.text(language, STATUS_TEXTS[statement.status]),
        method=pages.text(language, METHOD_TEXTS[statement.method]) if statement.method else "",
        barriers=shown(statement.barriers, language),
        contact=statement.contact or settings.legal.imprint.operator or _of_hall(settings.hall),
        own=shown(statement.own.text, language),
        generated=not statement.own.replaces,
    )
