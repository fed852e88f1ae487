"""What the readers of the gateways object to in a draft, for the form in which it was typed: key, value and what was expected."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from hotspot.hub.api import policy
from hotspot.hub.console.settings import labels, mending, words
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

_KEY: Final = r'(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*")(?:\.(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"))*'
_OBJECTION: Final = re.compile(
    rf"(?:hall [a-z0-9-]+: )?(?:(?:host|(?:partner|hall|zone)/[a-z0-9/_-]+): )?(?P<key>{_KEY})"
    r"(?: is (?P<missing>missing)$|(?: = (?P<value>.*?))?: (?P<expected>(?:expected|unknown key|only the gateway|cannot)\b.*)$)",
    re.DOTALL | re.IGNORECASE,
)

EXPECTED: Final = (
    N_('expected a duration such as "2 h", "15 min" or seconds'),
    N_('expected a rate such as "10 Mbit/s", "512 kbit/s" or bit/s'),
    N_('expected a size such as "500 MB", "2 GB" or bytes'),
    N_("expected then_down, then_up and volume together"),
    N_('expected days and hours such as "Mon-Fri 08:00-18:00" or "Sat,Sun 10:00-12:00, 14:00-17:30"'),
    N_('expected a day such as "2026-12-24", "2026-12-24..2027-01-01" or "12-25" (every year)'),
    N_('expected at least one line such as "Mon-Fri 08:00-18:00"'),
    N_('expected a time zone that this machine knows, such as "Europe/Berlin"'),
    N_("expected at least one plan"),
    N_("expected at least one plan that needs no voucher"),
    N_('expected up to 32 letters, digits, dots and dashes, such as "2026-11"'),
    N_("expected the terms in at least one language, or no text at all for the model terms"),
    N_("expected a date such as 2026-11-01"),
    N_('expected "open" or "closed"'),
    N_('expected "open", "closed" or "last-policy"'),
    N_('expected an address such as "http://portal.hall.example/"'),
    N_('expected an address such as "rathaus@musterstadt.example"'),
    N_('expected a telephone number such as "+49 1234 5670"'),
    *labels.EXPECTED,
)
"""What readers say, word for word. What is not here is shown in English."""

_BOUNDS: Final = re.compile(r"expected (\d+) to (\d+) (bit/s|seconds|bytes), such as .*")
_TOO_LONG: Final = re.compile(r"expected at most ([\d,]+) characters, not ([\d,]+)")
_ONE_OF: Final = re.compile(r"(unknown key|only the gateway itself can know this)[:,] expected one of (.*)", re.DOTALL)
_LOCKED: Final = re.compile(r"expected nothing, (\S+) has locked (\S+)")


_EMPTY: Final = frozenset({"''", '""', "None", "{}", "[]"})
"""Values that readers show where a field stayed empty."""
ROUNDS: Final = 16
SECONDS: Final = 3.0
"""How often and for how long a form is read again for what else is wrong in it: a city with a thousand halls takes its time."""


class Objection(Struct, frozen=True):
    """One of them."""

    key: str
    """"": it is about no single value."""
    value: str
    """As the reader says it."""
    expected: str
    """In the words of whoever looks at the page, or in English."""
    known: bool
    """Is it in their words?"""
    empty: bool = False
    """Has nothing been said where something is needed?"""
    alone: bool = False
    """Is there no more to say of that than that something is needed?"""


def read(visit: Visit, text: str) -> Objection:
    """An objection as the API has it."""
    found = _OBJECTION.match(text)
    if found is None:
        return Objection("", "", text, visit.language == "en")
    if found["missing"]:
        return Objection(found["key"], "", visit.text("This is missing."), True, empty=True, alone=True)
    expected, known = _expected(visit, found["expected"])
    empty = found["value"] in _EMPTY
    return Objection(
        found["key"], _listed(found["value"] or ""), expected, known, empty=empty, alone=found["expected"] == "expected a name"
    )


def _listed(value: str) -> str:
    """``['free', 'guest']`` -> ``free, guest``: a list as people write it; all else as the reader says it."""
    texts = re.findall(r"'([^'\\]*)'", value)
    return ", ".join(texts) if value == repr(texts) else value


def _expected(visit: Visit, text: str) -> tuple[str, bool]:
    if text in EXPECTED:
        return visit.text(text), True
    if bounds := _BOUNDS.fullmatch(text):
        shown: Callable[[float], str] = {
            "bit/s": lambda number: words.rate(visit, int(number)),
            "seconds": lambda number: words.seconds(visit, number),
            "bytes": lambda number: visit.formats.size(int(number)),
        }[bounds[3]]
        return visit.text("expected %(low)s to %(high)s", low=shown(float(bounds[1])), high=shown(float(bounds[2]))), True
    for pattern, said in labels.PATTERNS.items():
        if found := pattern.fullmatch(text):
            return visit.text(said, **dict(zip(("one", "two", "three"), found.groups(), strict=False))), True
    if long := _TOO_LONG.fullmatch(text):
        return visit.text("expected at most %(most)s characters, not %(number)s", most=long[1], number=long[2]), True
    if one_of := _ONE_OF.fullmatch(text):
        return visit.text("nothing of that name can be set here; expected one of %(names)s", names=one_of[2]), True
    if locked := _LOCKED.fullmatch(text):
        return visit.text("this may not be changed here: %(scope)s keeps %(key)s for itself", scope=locked[1], key=locked[2]), True
    return text, visit.language == "en"


async def of(visit: Visit, work: Work, document: Mapping[str, Any], files: Mapping[str, str] | None = None) -> dict[str, str]:
    """What readers object to in a new version of the document of ``work``: by key, in the reader's words. Empty: nothing. A reader stops at
    the first value that it does not take: so it is asked again with something that it would take in its place, until it has no more to
    say."""
    given, found = files, dict[str, str]()
    attempt = mending.Attempt(document, work.place.scope.level)
    loop = asyncio.get_running_loop()
    ends = loop.time() + SECONDS
    for _ in range(ROUNDS):
        wanted = {"scope": work.scope, "document": attempt.document, "files": work.files if given is None else given}
        checked = await visit.ask(policy.check_policy, {"documents": [wanted]})
        texts = [*checked.objections, *(hall.objection for hall in checked.halls if hall.objection)]
        objections = [read(visit, text) for text in dict.fromkeys(texts)]
        for objection in objections:
            if not attempt.is_its_own(objection.key):
                found.setdefault(objection.key, message(visit, objection))
        mended = [attempt.mend(objection.key) for objection in objections]  # each of them, not only up to the first
        if not any(mended) or loop.time() > ends:
            break
    return found


def message(visit: Visit, objection: Objection) -> str:
    """As a field shows it."""
    said = objection.expected[:1].upper() + objection.expected[1:]
    if objection.empty:
        return visit.text("Please fill this in.") + ("" if objection.alone else f" {said}")
    return f"{visit.text('Not possible: %(value)s.', value=objection.value)} {said}" if objection.value else said


def at(found: Mapping[str, str], key: str) -> str:
    """What is said about a key or anything below it; "": nothing."""
    return next((text for each, text in found.items() if each == key or each.startswith(f"{key}.")), "")
