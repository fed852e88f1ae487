"""Opening hours as people write them: ``Mo-Fr 8-12 Uhr, 14:00-17:30`` as well as ``Mon-Fri 08:00-12:00, 14:00-17:30``."""

import re
from collections.abc import Iterable

from hotspot.session.hours import DAYS, Closed, Span, parse_spans

_GERMAN = dict(zip(("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"), DAYS, strict=True))
_DAY = re.compile(r"\b(Mo|Di|Mi|Do|Fr|Sa|So)\b\.?")
_DASH = re.compile(r"\s*[-–—]\s*|\s+bis\s+")
_HOURS = re.compile(r"(?<![\d:])(\d{1,2})(?:[:.](\d{2}))?-(\d{1,2})(?:[:.](\d{2}))?(?![\d:])")
_LIST = re.compile(r"\s*,\s*(?=[A-Z])")


def parse_hours(text: str) -> tuple[Span, ...]:
    """One line -> spans. Raises ``ValueError`` that says what was expected."""
    tidy = _DAY.sub(lambda day: _GERMAN[day[1]], text.strip().replace("Uhr", " "))
    tidy = _LIST.sub(",", _DASH.sub("-", tidy))
    tidy = _HOURS.sub(lambda found: f"{int(found[1]):02}:{found[2] or '00'}-{int(found[3]):02}:{found[4] or '00'}", tidy)
    return parse_spans(re.sub(r"(\d)\s+(?=\d)", r"\1,", " ".join(tidy.split()).rstrip(" ,")))


def by_weekday(spans: Iterable[Span]) -> list[tuple[int, list[Span]]]:
    """The weekdays that have hours (0 is Monday), each with its spans in order."""
    ordered = sorted(spans)
    return [(day, found) for day in range(7) if (found := [span for span in ordered if span.weekday == day])]


def to_text(spans: Iterable[Span]) -> list[str]:
    """Spans -> lines such as ``Mon-Fri 08:00-12:00``, with which ``parse_hours`` gives the same spans again."""
    hours: dict[str, list[int]] = {}
    for day, found in by_weekday(spans):
        hours.setdefault(", ".join(f"{_clock(span.opens)}-{_clock(span.closes)}" for span in found), []).append(day)
    return [f"{_days(days)} {text}" for text, days in hours.items()]


def _clock(minutes: int) -> str:
    hours, rest = divmod(minutes if minutes <= 1_440 else minutes - 1_440, 60)
    return f"{hours:02}:{rest:02}"


def _days(days: list[int]) -> str:
    """``[0, 1, 2, 4]`` -> ``Mon-Wed,Fri``."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)


def closed_text(closed: Closed) -> str:
    """A closed day as ``hotspot.session.hours.parse_closed`` reads it."""
    if closed.yearly:
        return f"{closed.first:%m-%d}"
    return f"{closed.first}" if closed.first == closed.last else f"{closed.first}..{closed.last}"
