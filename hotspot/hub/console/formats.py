"""Numbers, times and sizes in the words of a reader: as the visitors' pages write them, and what only the console needs."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import floor
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal

from hotspot.hub.console.texts import catalogue
from hotspot.portal import formats
from hotspot.portal.catalogues import NAMES, locale_of

TIME_ZONE = "Europe/Berlin"
"""Of moments that belong to no hall."""
VISITORS = NAMES
"""The languages of the visitors' pages, and what they call themselves."""


class Formats:
    """Of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._locale = locale_of(language)
        self._gettext = catalogue(language).gettext

    def number(self, value: float) -> str:
        """``1234.5`` -> ``1.234,5``."""
        return formats.number(value, self.language)

    def percent(self, share: float, places: int = 0) -> str:
        """``0.9987`` -> ``99,8 %`` with one place: rounded down, so that only what is whole is called 100 %."""
        steps = 10**places
        pattern = "#,##0." + "0" * places if places else "#,##0"
        figure = format_decimal(floor(share * 100 * steps + 1e-9) / steps, format=pattern, locale=self._locale)
        return f"{figure}\u00a0%" if self.language == "de" else f"{figure}%"

    def size(self, count: int) -> str:
        """Bytes -> ``1,5 GB``."""
        return formats.size(count, self.language)

    def euro(self, amount: str) -> str:
        """``28.80`` -> ``28,80 €``. Raises ``ValueError``."""
        return formats.money(Decimal(str(float(amount))), "EUR", self.language)

    def duration(self, seconds: float) -> str:
        """``11100`` -> ``3 Stunden 5 Minuten``."""
        return formats.duration(seconds, self.language, self._gettext("less than a minute"))

    def day(self, when: date) -> str:
        """``4. Januar 2026``."""
        return formats.day(when, self.language)

    def short_day(self, when: date) -> str:
        """``04.01.2026``."""
        return format_date(when, "dd.MM.yyyy" if self.language == "de" else "dd/MM/yyyy", locale=self._locale)

    def weekday(self, when: date) -> str:
        """``Samstag, 21. November 2026``."""
        return format_date(when, "full", locale=self._locale)

    def short_weekday(self, when: date) -> str:
        """``Sa., 21.11.``."""
        return format_date(when, "EEE, dd.MM." if self.language == "de" else "EEE, d MMM", locale=self._locale)

    def short_month(self, when: date) -> str:
        """``Nov``."""
        return format_date(when, "LLL", locale=self._locale).rstrip(".")

    def language_name(self, code: str) -> str:
        """``tr`` -> ``Türkisch``; what is no known language stays as it is."""
        name = str(self._locale.languages.get(code.partition("-")[0], code))
        return name[:1].upper() + name[1:]

    def day_of_week(self, number: int) -> str:
        """0 is ``Montag``."""
        return formats.weekday(number, self.language)

    def month(self, when: date) -> str:
        """``Januar 2026``."""
        return format_date(when, "LLLL yyyy", locale=self._locale)

    def moment(self, when: datetime, zone: str = TIME_ZONE) -> str:
        """``04.01.2026, 18:00``."""
        pattern = "dd.MM.yyyy, HH:mm" if self.language == "de" else "dd/MM/yyyy, HH:mm"
        return format_datetime(when.astimezone(ZoneInfo(zone)), pattern, locale=self._locale)

    def clock(self, when: datetime, zone: str = TIME_ZONE) -> str:
        """``18:00``."""
        return f"{when.astimezone(ZoneInfo(zone)):%H:%M}"

    def ago(self, when: datetime, now: datetime) -> str:
        """``vor 3 Minuten``, ``in 3 Minuten``."""
        apart: timedelta = when - now
        return format_timedelta(apart, add_direction=True, locale=self._locale, threshold=1.2)


@lru_cache(maxsize=8)
def formats_of(language: str) -> Formats:
    """Of one language, made once."""
    return Formats(language)
