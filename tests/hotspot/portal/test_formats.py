"""Numbers, times, sizes and money in the thirteen languages."""

import re
from datetime import UTC, date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from hotspot.portal import formats
from hotspot.portal.catalogues import ORDER

WORDS = {
    "de": ("3 Stunden 5 Minuten", "1,5 GB", "10 / 2,5 Mbit/s", "9,50 €", "4. Januar 2026"),
    "de-simple": ("3 Stunden 5 Minuten", "1,5 GB", "10 / 2,5 Mbit/s", "9,50 €", "4. Januar 2026"),
    "en": ("3 hours 5 minutes", "1.5 GB", "10 / 2.5 Mbit/s", "€9.50", "4 January 2026"),
    "fr": ("3 heures 5 minutes", "1,5 Go", "10 / 2,5 Mbit/s", "9,50 €", "4 janvier 2026"),
    "tr": ("3 saat 5 dakika", "1,5 GB", "10 / 2,5 Mbit/s", "€9,50", "4 Ocak 2026"),
    "ar": ("3 ساعات 5 دقائق", "1.5 غ.ب", "10 / 2.5 Mbit/s", "\u200f9.50 €", "4 يناير 2026"),
    "uk": ("3 години 5 хвилин", "1,5 ГБ", "10 / 2,5 Mbit/s", "9,50 EUR", "4 січня 2026 р."),
    "ru": ("3 часа 5 минут", "1,5 ГБ", "10 / 2,5 Mbit/s", "9,50 €", "4 января 2026 г."),
    "pl": ("3 godziny 5 minut", "1,5 GB", "10 / 2,5 Mbit/s", "9,50 €", "4 stycznia 2026"),
    "ro": ("3 ore 5 minute", "1,5 GB", "10 / 2,5 Mbit/s", "9,50 EUR", "4 ianuarie 2026"),
    "fa": ("۳ ساعت ۵ دقیقه", "۱٫۵ گیگابایت", "۱۰ / ۲٫۵ Mbit/s", "\u200e€ ۹٫۵۰", "۴ ژانویهٔ ۲۰۲۶"),
    "es": ("3 horas 5 minutos", "1,5 GB", "10 / 2,5 Mbit/s", "9,50 €", "4 de enero de 2026"),
    "it": ("3 ore 5 minuti", "1,5 GB", "10 / 2,5 Mbit/s", "9,50 €", "4 gennaio 2026"),
}
"""Time, size, speed, money, day."""


def test_one_is_written_as_many_are() -> None:
    """A unit has one spelling, whatever the number."""
    for language in ("de", "it"):
        assert [formats.size(count, language) for count in (0, 10**6, 2 * 10**6, 10**9)] == [
            "0\u00a0MB",
            "1\u00a0MB",
            "2\u00a0MB",
            "1\u00a0GB",
        ]


@pytest.mark.parametrize("language", ORDER)
def test_as_the_language_writes_it(language: str) -> None:
    """Words, digits, separators and order are the language's own (CLDR)."""
    written = (
        formats.duration(11_100, language, "-"),
        formats.size(1_500_000_000, language),
        formats.speed(10_000_000, 2_500_000, language),
        formats.money(Decimal("9.50"), "EUR", language),
        formats.day(date(2026, 1, 4), language),
    )
    assert tuple(re.sub("[\u00a0\u202f]", " ", word) for word in written) == WORDS[language]


@pytest.mark.parametrize(("language", "expected"), [("de", "18:05"), ("en", "18:05"), ("ar", "6:05 م"), ("fa", "۱۸:۰۵")])
def test_clock(language: str, expected: str) -> None:
    """The time of day in the hall."""
    assert formats.clock(1_767_546_300.0, ZoneInfo("Europe/Berlin"), language).replace("\u202f", " ") == expected
    assert formats.moment(1_767_546_300.0, 1_767_546_000.0, UTC, "de") == "17:05"


def test_numbers_and_weekdays() -> None:
    """Thousands as the language parts them; Monday is 0."""
    assert (formats.number(1234.5, "de"), formats.number(1234.5, "fa")) == ("1.234,5", "۱٬۲۳۴٫۵")
    assert [formats.weekday(day, "pl") for day in (0, 6)] == ["poniedziałek", "niedziela"]


@pytest.mark.parametrize("language", ORDER)
def test_every_number_has_its_word(language: str) -> None:
    """Babel says the name of a unit where it has no words for it in the wanted length: it never does here, whatever the number."""
    numbers = [*range(1, 112), 180, 365, 1_000]
    durations = [formats.duration(number * unit, language, "-") for number in numbers for unit in (60, 3_600, 86_400)]
    sizes = [formats.size(number * unit, language) for number in numbers for unit in (10**5, 10**6, 10**9)]
    assert [text for text in (*durations, *sizes) if "duration" in text or "digital" in text] == []
