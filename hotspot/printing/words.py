"""What posters and vouchers say: from the settings of a hall and the catalogues of the languages."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, cast

from hotspot.control_vouchers import VoucherRow
from hotspot.portal import colours, formats
from hotspot.portal.catalogues import Catalogues, in_language
from hotspot.portal.settings import HallTexts, Settings, Theme, Zone
from hotspot.portal.texts import LESS_THAN_A_MINUTE, N_, SPLASH
from hotspot.printing.poster import Colours, Logo, Poster, Steps
from hotspot.printing.sheet import Ticket
from hotspot.session.plans import Plan

STEPS = (
    N_("Scan the code or choose the Wi-Fi %(ssid)s."),
    N_("The page opens by itself. If it does not, open the address below."),
    N_("Accept the terms of use. You are online."),
)
NETWORK = N_("Name of the Wi-Fi")
PASSWORD = N_("Password")
SCAN = N_("Scan with the camera")
PROMISE = N_("Free of charge, without registration")
HELP = N_("Questions? We are glad to help: %(contact)s")
TICKET = N_("Voucher for the Wi-Fi %(ssid)s")
HOW = N_("Join the Wi-Fi, open %(address)s and enter the code.")
VALID = N_("Valid for %(time)s from the first use")
DEVICES = N_("Devices: %(count)s")
USE_BY = N_("To be used by %(day)s")

FIRST_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
"""Around a name in a sentence: it does not turn what stands around it, nor is it turned (UAX #9)."""


class UnknownLanguage(ValueError):
    """There is no such catalogue; the text says which there are."""


def _check(catalogues: Catalogues, languages: Sequence[str]) -> None:
    for language in languages:
        if language not in catalogues.languages:
            known = ", ".join(catalogues.codes)
            raise UnknownLanguage(f"cannot print: language {language!r}: expected one of {known}")


def _isolated(text: str) -> str:
    return f"{FIRST_ISOLATE}{text}{POP_ISOLATE}"


def logo_of(theme: Theme) -> Logo | None:
    """The hall's, for print."""
    return None if theme.logo is None else Logo(theme.logo.media_type, theme.logo.content)


def colours_of(theme: Theme) -> Colours:
    """The hall's, on white."""
    shades = colours.light(theme.accent)
    return Colours(accent=shades.accent, on_accent=shades.on_accent, soft=shades.soft)


def _address(zone: Zone) -> str:
    """As a person types it."""
    return zone.portal_url.removeprefix("http://").removeprefix("https://").rstrip("/")


def _help(hall: HallTexts, catalogues: Catalogues, language: str) -> str:
    contact = ", ".join(part for part in (hall.contact, hall.phone if hall.phone not in hall.contact else "") if part)
    return catalogues.text(language, HELP) % {"contact": _isolated(contact)} if contact else ""


def poster_of(settings: Settings, zone: Zone, ssid: str, password: str | None, languages: Sequence[str]) -> Poster:
    """The poster of a zone. Raises ``UnknownLanguage``."""
    catalogues, hall = Catalogues(), settings.hall
    _check(catalogues, languages)
    main = languages[0]
    return Poster(
        hall=hall.name,
        town=hall.town,
        ssid=ssid,
        password=password,
        network_label=catalogues.text(main, NETWORK),
        password_label=catalogues.text(main, PASSWORD),
        scan=catalogues.text(main, SCAN),
        promise=catalogues.text(main, PROMISE),
        address=_address(zone),
        help=_help(hall, catalogues, main),
        colours=colours_of(hall.theme),
        logo=logo_of(hall.theme),
        languages=tuple(_steps(catalogues, language, ssid) for language in languages),
    )


def _steps(catalogues: Catalogues, language: str, ssid: str) -> Steps:
    first, second, third = (catalogues.text(language, text) for text in STEPS)
    mine = catalogues.languages[language]
    title = catalogues.text(language, SPLASH.heading)
    return Steps(mine.code, mine.direction, mine.name, title, (first % {"ssid": _isolated(ssid)}, second, third))


def ticket_of(settings: Settings, zone: Zone, batch: VoucherRow, plan: Plan, ssid: str, language: str) -> Ticket:
    """What the tickets of a batch say. Raises ``UnknownLanguage``."""
    catalogues = Catalogues()
    _check(catalogues, [language])

    def say(text: str, **values: str) -> str:
        return catalogues.text(language, text) % values

    def time(seconds: float) -> str:
        return formats.duration(seconds, language, catalogues.text(language, LESS_THAN_A_MINUTE))

    gives = [in_language(plan.title, language) or plan.name, formats.speed(plan.rates.ceil_down, plan.rates.ceil_up, language)]
    gives += [] if plan.volume is None else [formats.size(plan.volume, language)]
    facts = [", ".join(gives), say(VALID, time=time(batch.valid))]
    last = [say(DEVICES, count=formats.number(batch.devices, language))]
    if batch.not_after is not None:
        until = datetime.fromtimestamp(batch.not_after - 1, UTC).astimezone(settings.hall.time_zone).date()
        last.append(say(USE_BY, day=formats.day(until, language)))
    return Ticket(
        title=say(TICKET, ssid=_isolated(ssid)),
        hall=settings.hall.name,
        facts=(*facts, " · ".join(last)),
        how=say(HOW, address=_isolated(f"{_address(zone)}/voucher")),
        page=f"{zone.portal_url}voucher",
        batch=f"{batch.number} – {batch.note}" if batch.note else f"{batch.number}",
        language=language,
        direction=cast(Literal["ltr", "rtl"], catalogues.languages[language].direction),
        colours=colours_of(settings.hall.theme),
        logo=logo_of(settings.hall.theme),
    )
