"""Which of the languages that the pages have a visitor reads best, from ``Accept-Language`` (RFC 9110 §12.5.4)."""

from collections.abc import Sequence

OTHERS = "en"
"""For who reads none of the languages that we have."""
MAX_LENGTH = 512
"""Characters of the header that are looked at; real ones stay below 100."""


def parse(header: str) -> list[tuple[str, float]]:
    """``de-AT,en;q=0.5`` -> ``[("de-at", 1.0), ("en", 0.5)]``, in the header's order; what cannot be read is left out, a bad q is 0."""
    wanted: list[tuple[str, float]] = []
    for item in header[:MAX_LENGTH].split(","):
        tag, *parameters = (part.strip() for part in item.split(";"))
        if not tag or not (tag == "*" or tag.replace("-", "").isalnum()) or not tag.isascii():
            continue
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                quality = _quality(value.strip())
        wanted.append((tag.lower(), quality))
    return wanted


def _quality(text: str) -> float:
    """``0.8`` -> 0.8; anything but a number from 0 to 1 in plain digits -> 0."""
    if not text.replace(".", "", 1).isdigit() or not text.isascii():
        return 0.0
    value = float(text)
    return value if value <= 1.0 else 0.0


def choose(header: str, offered: Sequence[str]) -> str:
    """The offered language (``offered`` has at least one, as ``de``; the first is the default) with the highest quality.

    ``de-AT`` is served by ``de``. Among equals the header's order decides. Who reads none of ours gets English rather than German; ``*``
    and an empty header mean the first that ``q=0`` does not refuse.
    """
    best, best_quality = "", 0.0
    refused: set[str] = set()
    wanted = parse(header)
    for tag, quality in wanted:
        language = tag if tag in offered else tag.partition("-")[0]
        if language in offered:
            if quality > best_quality:
                best, best_quality = language, quality
            elif quality == 0.0 and tag == language:
                refused.add(language)
    if best:
        return best
    if OTHERS in offered and OTHERS not in refused and any(tag != "*" and quality > 0 for tag, quality in wanted):
        return OTHERS
    return next((language for language in offered if language not in refused), offered[0])
