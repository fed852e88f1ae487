"""Numbers, times and sizes in the words of a reader: as the visitors' pages write them, and what only the console needs."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta

from hotspot.hub.console.texts import catalogue
from hotspot.portal import formats
from hotspot.portal.catalogues import locale_of

TIME_ZONE = "Europe/Berlin"
"""Of moments that belong to no hall."""


class Formats:
    """Of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._locale = locale_of(language)
        self._gettext = catalogue(language).gettext

    def number(self, value: float) -> str:
        """``1234.5`` -> ``1.234,5``."""
        return formats.number(value, self.language)

    def size(self, count: int) -> str:
        """Bytes -> ``1,5 GB``."""
        return formats.size(count, self.language)

    def duration(self, seconds: float) -> str:
        """``11100`` -> ``3 Stunden 5 Minuten``."""
        return formats.duration(seconds, self.language, self._gettext("less than a minute"))

    def day(self, when: date) -> str:
        """``4. Januar 2026``."""
        return formats.day(when, self.language)

    def short_day(self, when: date) -> str:
        """``04.01.2026``."""
        return format_date(when, "dd.MM.yyyy" if self.language == "de" else "dd/MM/yyyy", locale=self._locale)

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
