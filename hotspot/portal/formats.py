"""Numbers, times, sizes and money as a language writes them (CLDR, through Babel)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from hotspot.portal.catalogues import in_language, locale_of

NO_BREAK = "\u00a0"
"""Between a number and its unit, which belong on one line."""

_NUMERALS = "default"
"""The numbering system of the language, whose separators Babel then takes; digits it leaves as they are."""
_DIGITS: Mapping[str, dict[int, str]] = {"fa": {ord("0") + digit: chr(0x06F0 + digit) for digit in range(10)}}
"""Languages that have digits of their own."""

_COMMAS: Mapping[str, str] = {"ar": "، ", "fa": "، "}

_Length = Literal["long", "short", "narrow"]
_DURATION: Mapping[tuple[str, str], _Length] = {
    **dict.fromkeys((("fa", unit) for unit in ("day", "hour", "minute")), "short"),
    **dict.fromkeys(((language, "day") for language in ("tr", "ar", "it")), "short"),
}
_SIZE: Mapping[str, _Length] = {"fa": "long"}
"""Where Babel has whole words in another length than elsewhere."""


def _own_digits(text: str, language: str) -> str:
    return text.translate(_DIGITS[language]) if language in _DIGITS else text


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
    lengths = {unit: _DURATION.get((language, unit), "long") for unit, _ in parts}
    words = (
        format_unit(number, f"duration-{unit}", length=lengths[unit], locale=locale_of(language), numbering_system=_NUMERALS)
        for unit, number in parts
        if number
    )
    return _own_digits(" ".join(word.replace(" ", NO_BREAK) for word in words), language)


def size(count: int, language: str) -> str:
    """Bytes -> ``1,5 GB``, ``300 MB``; decimal units, rounded down to one place so that nobody is promised too much."""
    unit, divisor = ("gigabyte", 10**9) if count >= 10**9 else ("megabyte", 10**6)
    tenths = count * 10 // divisor
    text = format_unit(
        tenths / 10, f"digital-{unit}", length=_SIZE.get(language, "short"), locale=locale_of(language), numbering_system=_NUMERALS
    )
    text = text.replace("byte", "B")  # CLDR has "1 Mbyte" beside "2 MB" in German and Italian
    return _own_digits(text.replace(" ", NO_BREAK), language)


def speed(down: int, up: int, language: str) -> str:
    """bit/s each way -> ``10 / 2,5 Mbit/s``."""
    rates = (
        format_decimal(rate / 1e6, format="#,##0.#" if rate >= 100_000 else "0.00", locale=locale_of(language), numbering_system=_NUMERALS)
        for rate in (down, up)
    )
    return _own_digits(f"{' / '.join(rates)} Mbit/s".replace(" ", NO_BREAK), language)


def listed(parts: Iterable[str], language: str) -> str:
    """``a, b``: one after the other, with the language's own comma."""
    return _COMMAS.get(language, ", ").join(parts)


def number(value: float, language: str) -> str:
    """``1234.5`` -> ``1.234,5``."""
    return _own_digits(format_decimal(value, locale=locale_of(language), numbering_system=_NUMERALS), language)


def money(amount: Decimal, currency: str, language: str) -> str:
    """``9.5``, ``EUR`` -> ``9,50 €``."""
    return _own_digits(
        format_currency(amount, currency, locale=locale_of(language), numbering_system=_NUMERALS).replace(" ", NO_BREAK), language
    )


def day(when: date, language: str) -> str:
    """``4. Januar 2026``."""
    return _own_digits(format_date(when, "long", locale=locale_of(language)), language)


def weekday(number: int, language: str) -> str:
    """0 is Monday."""
    return str(locale_of(language).days["stand-alone"]["wide"][number])


def clock(unix: float, zone: tzinfo, language: str) -> str:
    """``18:00``."""
    return _own_digits(format_time(datetime.fromtimestamp(unix, UTC).astimezone(zone), "short", locale=locale_of(language)), language)


def moment(unix: float, now: float, zone: tzinfo, language: str) -> str:
    """A moment to come, as short as is clear: ``18:00``, ``Montag, 08:00``, ``Montag, 4. Januar, 08:00``."""
    then, today = (datetime.fromtimestamp(each, UTC).astimezone(zone) for each in (unix, now))
    at = clock(unix, zone, language)
    days = (then.date() - today.date()).days
    if days == 0:
        return at
    name = format_date(then, "EEEE", locale=locale_of(language))
    if 0 < days < 7:
        return listed((name, at), language)
    date_of = format_skeleton("MMMMd", then, tzinfo=zone, locale=locale_of(language))
    return _own_digits(listed((name, date_of, at), language), language)


def plain(texts: Mapping[str, str], language: str) -> str:
    """A text of the settings where no markup can stand, as in an attribute."""
    return in_language(texts, language)
