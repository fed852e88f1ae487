"""What must not leave the box, taken out of texts (pure): addresses of devices, their names, codes, keys, and names of people.

An address is replaced by its kind; the same one gets the same number within one filter, so that a reader can still follow it through a
bundle. Numbers begin anew with each bundle, so two of them cannot be put side by side.

No pattern asks what stands beside it: an address is one after a colon, an underscore or a letter, too. Where that leaves open where it
begins, more goes than would have to.
"""

import re
from collections.abc import Callable, Iterable, Iterator

_HEX = "[0-9A-Fa-f]"
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"\\+(?=:)|%(?:25)*3[Aa]")
"""A colon as configurations (``\\:``) and addresses of pages (``%3A``) write it."""
_NAMES = re.compile(r"[\w.+%@-]+")
"""Mail addresses and names of hosts are in such runs. Whole runs, here and below: a pattern that may begin anywhere within one and end
anywhere in it takes the square of a run's length, and who is in the hall has a say in what a log says."""
_MAIL = re.compile(r"\w\S*@[\w-]+\.[\w-]")
_UNIT = (".service", ".timer", ".socket", ".path")
_REVERSED = (".in-addr.arpa", ".ip6.arpa", ".ipv6-literal.net")
_NIBBLES = re.compile(rf"(?:{_HEX}\.){{15,}}{_HEX}")
"""An IPv6 address as its reversed name has it, or part of one."""
_COLONS = re.compile(r"(?<![0-9A-Fa-f:])[0-9A-Fa-f:]*:[0-9A-Fa-f:]*(?:\.\d{1,3}){0,3}(?:%\w[\w.-]*)?")
"""Whatever is of hexadecimal digits and colons: IPv6 in all spellings, MAC addresses and client ids with colons; times and classes, too."""
_LEAST_COLONS = 5
"""Of what is too long for a time; with ``::`` it is an address whatever its length."""
_PAIRS = re.compile(rf"{_HEX}{{1,2}}(?:([-._]){_HEX}{{1,2}})(?:\1{_HEX}{{1,2}}){{4,}}|{_HEX}{{2}}(?: {_HEX}{{2}}){{5,}}")
"""MAC addresses by pairs, also with the type of hardware before them (``01-02-…``)."""
_WORDS = re.compile(
    rf"{_HEX}{{4}}([.:_-]){_HEX}{{4}}\1{_HEX}{{4}}|{_HEX}{{6}}[:_-]{_HEX}{{6}}|(?!(?<=1\d{{3}})\d{{6}}\.\d{{6}}){_HEX}{{6}}\.{_HEX}{{6}}"
)
"""MAC addresses by threes and twos, as switches print them; a moment with microseconds or more has a dot there, too."""
_PLAIN = re.compile(rf"{_HEX}{{12,}}")
"""MAC addresses and IPv6 addresses without anything between."""
_IPV4 = re.compile(r"(?:\d{1,3}\.){3,}\d{1,3}|\d{1,3}(?:([-_])\d{1,3})(?:\1\d{1,3}){2,}")
"""Also as host names have it: ``ip-192-0-2-1``."""
_SHOWN, _TYPED = "[0-9A-HJKMNP-TV-Z]", "[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]"
_CODE = re.compile(
    rf"(?=({_SHOWN}{{3}}-{_SHOWN}{{3}}|{_SHOWN}{{5}}-{_SHOWN}{{5}}))|(?<![^\W_])(?=({_TYPED}{{3}}-{_TYPED}{{3}}|{_TYPED}{{5}}-{_TYPED}{{5}})(?![^\W_]))"
)
"""Device codes and vouchers: as they are shown, beside anything, as people type them, where no letter is beside them. One may begin within
another, so they are looked for at each place."""
_RUN = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
"""Tokens, pseudonyms, keys are in such runs, and so are paths and names of many words."""
_TELLING = re.compile(r"[A-Z]?[a-z]{2,15}\d{0,3}|[A-Z]{1,15}\d{0,3}|(?:[A-Z][a-z]{2,15}){2,4}[A-Z]{0,5}|[a-z]?\d{1,4}|[a-z]")
"""A word or a number, as names of files, settings and findings have them."""
LONG_NAME = 5
"""Letters of a name that is taken out of longer words, too; a shorter one would leave nothing to read."""
_USER = re.compile(r"(?<=/home/)[^/\s:]+")


def without_addresses(text: str) -> str:
    """A short text with addresses left out, for a look."""
    return Filter().clean(text)


class Filter:
    """Takes out what could name somebody; ``words`` are names known beforehand (host names of devices, device codes, people)."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        known = sorted({word for word in words if len(word) > 1}, key=len, reverse=True)
        long, short = ("|".join(re.escape(word) for word in known if (len(word) >= LONG_NAME) == long) for long in (True, False))
        names = [*([f"(?:{long})"] if long else []), *([rf"(?<![^\W\d_])(?:{short})(?![^\W\d_])"] if short else [])]
        self._words = re.compile("|".join(names), re.IGNORECASE) if names else None
        self._numbers: dict[tuple[str, str], int] = {}

    def clean(self, text: str) -> str:
        """The text without them. What is replaced never contains a digit string that could be one again."""
        text = _ESCAPED.sub(_colon, _PEM.sub("[pem]", text))
        text = _NAMES.sub(_without_names, text)
        if self._words is not None:
            text = self._words.sub("[name]", text)
        text = _COLONS.sub(self._colons, text)
        text = _NIBBLES.sub(self._is("ip"), text)
        text = _PAIRS.sub(self._is("mac"), text)
        text = _WORDS.sub(self._is("mac"), text)
        text = _IPV4.sub(self._is("ip"), text)
        text = _RUN.sub(_without_keys, text)
        text = _PLAIN.sub(self._is("mac"), text)
        text = _without_codes(text)
        return _USER.sub("[name]", text)

    def _colons(self, match: re.Match[str]) -> str:
        run = match[0]
        if not any(each.isalnum() for each in run) or ("::" not in run and run.count(":") < _LEAST_COLONS):
            return run
        # A colon at its beginning belongs to what stands before it.
        address = run.lstrip(":") if not run.startswith("::") else run
        pairs = all(len(part) <= 2 for part in address.rstrip(":").split(":"))
        return run[: len(run) - len(address)] + self._named("mac" if pairs and "::" not in run else "ip", address)

    def _is(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda match: self._named(kind, match[0])

    def _named(self, kind: str, what: str) -> str:
        number = self._numbers.setdefault((kind, what.lower().strip(":").replace("-", ":")), len(self._numbers) + 1)
        return f"[{kind} {number}]"


def _colon(match: re.Match[str]) -> str:
    return ":" if match[0].startswith("%") else ""


def _without_names(match: re.Match[str]) -> str:
    run = match[0]
    if "@" in run and not run.endswith(_UNIT) and _MAIL.match(run.lstrip(".+%-@")):
        return "[mail]"
    lower = run.lower()
    return "[name]" if "." in run and any(each in lower for each in _REVERSED) else run


def _without_keys(match: re.Match[str]) -> str:
    """Without the parts of a run that are no words; between slashes each part is looked at by itself, for a path has names in it."""
    return "/".join("[key]" if len(part) >= 8 and not _is_telling(part) else part for part in match[0].split("/"))


def _is_telling(part: str) -> bool:
    """Does it consist of words, as ``net-guard_2026``? Dashes at the ends are no part of them."""
    bare = part.strip("-_=+")
    words = re.split(r"[-_=+]+", bare) if bare else []
    return all(map(_TELLING.fullmatch, words)) and len(part) >= 3 * len(words)


def _without_codes(text: str) -> str:
    """Words with a hyphen are none: a code has digits, or is written in capitals."""
    told = ((match, 1 if match[1] else 2) for match in _CODE.finditer(text))
    spans = [match.span(at) for match, at in told if match[at].isupper() or any(map(str.isdigit, match[at]))]
    return "".join(_cut(text, spans))


def _cut(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[str]:
    """The text with spans, which may overlap, replaced."""
    at = 0
    for begin, end in spans:
        if begin >= at:
            yield text[at:begin]
            yield "[code]"
        at = max(at, end)
    yield text[at:]
