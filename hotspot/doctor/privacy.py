"""What must not leave the box, taken out of texts (pure): addresses of devices, their names, codes, keys, and names of people.

An address is replaced by its kind; the same one gets the same number within one filter, so that a reader can still follow it through a
bundle. Numbers begin anew with each bundle, so two of them cannot be put side by side.
"""

import ipaddress
import re
from collections.abc import Iterable

_HEX = "[0-9A-Fa-f]"
_MAC = re.compile(rf"(?<![0-9A-Fa-f:.-])(?:(?:{_HEX}{{1,2}}[:-]){{5,9}}{_HEX}{{1,2}}|(?:{_HEX}{{4}}\.){{2}}{_HEX}{{4}})(?![0-9A-Fa-f:-])")
"""Also with the type of hardware before it (``01:02:…``), and Cisco's way of writing."""
_PLAIN_MAC = re.compile(rf"(?<![0-9A-Za-z])(?:0[xX])?{_HEX}{{12}}(?![0-9A-Za-z])")
_CLIENT_ID = re.compile(rf"(?<![0-9A-Fa-f:.-])(?:{_HEX}{{2}}[:-]){{6,}}{_HEX}{{2}}(?![0-9A-Fa-f:-])")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:)[0-9A-Fa-f:]{2,39}(?:\.\d{1,3}){0,3}(?:%[\w.-]+)?(?![\w:])")
_REVERSED = re.compile(r"(?<![\w.-])[0-9A-Fa-f.]+\.(?:in-addr|ip6)\.arpa", re.IGNORECASE)
_CODE = re.compile(r"(?<![\w-])[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{3}-[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{3}(?![\w-])")
"""A device code as visitors read it to staff."""
_VOUCHER = re.compile(r"(?<![\w-])[0-9A-Za-z]{4,5}(?:-[0-9A-Za-z]{4,5}){1,4}(?![\w-])")
_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_LONG = re.compile(r"(?<![\w./-])(?=[\w+=-]*\d)[A-Za-z0-9+=_-]{24,}(?![\w./-])")
"""Tokens, pseudonyms, keys."""
_USER = re.compile(r"(?<=/home/)[^/\s:]+")


def _ipv6(text: str) -> bool:
    address, _, _ = text.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


def _code(match: re.Match[str]) -> str:
    """Words with a hyphen are none: a code has digits, or is written in capitals."""
    return "[code]" if match[0].isupper() or any(map(str.isdigit, match[0])) else match[0]


def without_addresses(text: str) -> str:
    """A short text with addresses left out, for a look."""
    return Filter().clean(text)


class Filter:
    """Takes out what could name somebody; ``words`` are names known beforehand (host names of devices, device codes, people)."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        known = sorted({word for word in words if len(word) > 1}, key=len, reverse=True)
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE) if known else None
        self._numbers: dict[tuple[str, str], int] = {}

    def clean(self, text: str) -> str:
        """The text without them. What is replaced never contains a digit string that could be one again."""
        text = _PEM.sub("[pem]", text)
        text = _MAIL.sub("[mail]", text)
        text = _REVERSED.sub("[name]", text)
        if self._words is not None:
            text = self._words.sub("[name]", text)
        text = _CLIENT_ID.sub(lambda match: self._named("mac", match[0]), text)
        text = _MAC.sub(lambda match: self._named("mac", match[0]), text)
        text = _IPV6.sub(lambda match: self._named("ip", match[0]) if _ipv6(match[0]) else match[0], text)
        text = _IPV4.sub(lambda match: self._named("ip", match[0]), text)
        text = _PLAIN_MAC.sub(lambda match: self._named("mac", match[0]), text)
        text = _VOUCHER.sub(_code, text)
        text = _CODE.sub(_code, text)
        text = _LONG.sub("[key]", text)
        return _USER.sub("[name]", text)

    def _named(self, kind: str, what: str) -> str:
        number = self._numbers.setdefault((kind, what.lower().replace("-", ":")), len(self._numbers) + 1)
        return f"[{kind} {number}]"
