"""A browser in words (pure), for its owner to tell sessions apart: no version, nothing that would tell it from others of its kind."""

from collections.abc import Mapping
from typing import Final

BROWSERS: Final[Mapping[str, str]] = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
"""What a User-Agent holds -> what people call it; the first that fits."""
SYSTEMS: Final[Mapping[str, str]] = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def described(user_agent: str) -> str:
    """``Firefox, Linux``; ``""`` when nothing is known."""
    found = (next((name for mark, name in names.items() if mark in user_agent), "") for names in (BROWSERS, SYSTEMS))
    return ", ".join(word for word in found if word)
