"""The difference in German: no key, no value and no date stands there as the settings have it, whatever is changed."""

import re
from html import unescape
from typing import Any, Final

import pytest
from msgspec.structs import replace

from hotspot.hub.access import Role
from hotspot.hub.console.settings import labels, words
from hotspot.hub.hub import Hub
from hotspot.hub.policy.merge import leaves
from tests.hub.console.city import PLAN
from tests.hub.console.conftest import Answer, Seat, Seats
from tests.hub.console.settings_forms import apply, say
from tests.hub.console.settings_there import draft

pytestmark = pytest.mark.hub
TEXT: Final = {"de": "Guten Tag", "tr": "Merhaba", "de-simple": "Hallo"}
PARTY: Final = {"name": "Stadt", "address": ["Markt 1"], "phone": "+49 1", "email": "a@b.example", "link": "https://b.example/"}
OWN: Final = {"text": TEXT, "file": {"de": "eigen.txt"}, "instead": True}
FEE: Final = {"amount": "28.80", "reference": "PA", "note": TEXT, "receiver": "Kasse", "iban": "DE89", "bic": "COBADEFF"}
CLOSED: Final = ["12-24", "2026-12-28..2026-12-31", "2027-05-07"]
SERVICE: Final = {
    "name": {"de": "Ausweis"}, "purpose": TEXT, "authority": "district", "authority_name": TEXT, "room": TEXT,
    "hours": ["Mon-Fri 08:00-12:00"],
    "closed": CLOSED, "hours_note": TEXT, "phone": "+49 1", "email": "a@b.example", "link": "https://b.example/", "keywords": ["Pass"],
    "reachable": ["b.example"], "fee": FEE,
}  # fmt: skip
BLOCK: Final = {
    "what": "verboten.example",
    "reason": "Beschluss",
    "case_number": "3 O 1",
    "until": "2027-01-31",
    "service": "tcp/443",
    "zone": "gaeste",
}
EVERYTHING: Final[dict[str, Any]] = {
    "plans": {"free": {
        **PLAN, "title": {"de": "Kostenlos"}, "down_guaranteed": "64 kbit/s", "up_guaranteed": "64 kbit/s", "volume": "1 GB",
        "idle": "30 min",
        "then_down": "1 Mbit/s", "then_up": "1 Mbit/s", "daily_time": "4 h", "daily_volume": "2 GB", "pause": "10 min",
        "extension": "30 min",
        "extensions": 2, "voucher": True, "hours": "bürgerbüro",
    }},
    "zones": {"public": {"plans": ["free"], "hours": "bürgerbüro"}},
    "hours": {"bürgerbüro": {"open": ["Mon-Fri 08:00-12:00"], "closed": CLOSED, "time_zone": "Europe/Berlin"}},
    "terms": {"version": "2026-11", "date": "2026-11-01", "text": TEXT, "file": {"en": "eigen.txt"}},
    "hall": {
        "name": "Rathaus", "town": "Stadt", "contact": "Bürgerbüro", "phone": "+49 1", "email": "a@b.example", "address": ["Markt 1"],
        "hours": "bürgerbüro", "venue_info_url": "https://b.example/", "time_zone": "Europe/Berlin",
    },
    "hub": {"away": "last-policy", "away_after": "15 min"},
    "internet": {"new_visitors": "closed", "message": TEXT},
    "retention": "24 h",
    "feedback": {"enabled": False, "next": TEXT, "keep": "180 d", "keep_done": "30 d"},
    "wifi4eu": {"network_id": "1234", "self_test": True},
    "theme": {
        "colours": {"accent": "#0b5394", "dark": "#8ec5f5"}, "logo": {"file": "w.svg", "alt": TEXT},
        "photo": {"file": "f.jpg", "alt": TEXT},
        "welcome": TEXT, "sign_language": {"file": "v.mp4"},
    },
    "legal": {
        "operator": {**PARTY, "represented_by": "Petra Muster", "register": "HRB 1", "vat_id": "DE1"},
        **dict.fromkeys(("responsible", "authority", "processor"), PARTY),
        "imprint": OWN,
        "privacy": {**OWN, "officer": PARTY, "authority": PARTY, "basis": TEXT},
        "accessibility": {
            **OWN, "status": "partial", "assessed": "2026-10-05", "method": "self", "barriers": TEXT, "contact": PARTY,
            "enforcement": PARTY,
        },
    },
    "services": {"account": {"iban": "DE89", "receiver": "Kasse", "bic": "COBADEFF"}, "services": {"ausweis": SERVICE}},
    "blocklist": {"a": BLOCK},
    "locked": ["plans", "legal.privacy.authority", "theme.logo", "hours.bürgerbüro"],
}  # fmt: skip
"""Something at every key that the settings have."""
RAW: Final = {"self", "external", "partial", "full", "none", "town", "district", "open", "closed", "last-policy", "true", "false", "yes",
              "no", "name", "address", "phone", "email", "link", "text", "file", "alt", "hall", "public"}  # fmt: skip


def rows(answer: Answer) -> list[tuple[str, str, str]]:
    """What differs: label, before, after."""
    found = re.findall(r'<tr>\s*<th scope="row">(.*?)</th>\s*<td data-label="Vorher">(.*?)</td>\s*<td data-label="Nachher">(.*?)</td>',
                       answer.text, re.DOTALL)  # fmt: skip
    return [tuple(" ".join(unescape(re.sub(r"<[^>]*>", " ", each)).split()) for each in row) for row in found]  # type: ignore[misc]


async def german(seats: Seats) -> Seat:
    """The administrator, who reads German."""
    return replace(await seats.admin(), language="de")


def test_everything_is_everything() -> None:
    """Every label that there is belongs to a value of it: what is new has to be looked at, too."""
    keys = [path for path, _ in leaves(EVERYTHING)]
    patterns = {".".join(path[:length]) for path in keys for length in range(1, len(path) + 1)}
    patterns |= {pattern for path in keys for length in range(1, len(path) + 1) for pattern in words._patterns(path[:length])}
    assert set(words.LABELS) - patterns - {"files.*"} == set()
    assert set(words.CHOICES) - patterns == set() and set(labels.CHOICES) <= set(words.CHOICES)


async def test_no_raw_word_in_the_difference(settled: Hub, seats: Seats) -> None:
    """In German, with more than one of what can be chosen."""
    admin = await german(seats)
    texts = []
    for document in (
        EVERYTHING,
        {**EVERYTHING, "legal": {"accessibility": {"status": "none", "method": "external"}}, "hub": {"away": "open"}},
    ):
        answer = await admin.get(await draft(settled, "console-admin", "host", document))
        assert answer.status == 200, answer.words
        found = rows(answer)
        assert len(found) > 20 and "<code>" not in answer.text.partition('class="card effect"')[2].partition("<form")[0]
        texts += [text for row in found for text in row]
    assert [text for text in texts if re.search(r"\d{4}-\d\d-\d\d|(?<![:\d])\d\d-\d\d\b", text)] == []
    assert [text for text in texts if text in RAW] == []
    assert [text for text in texts for part in re.findall(r"\(([^)]*)\)", text) if part in RAW or re.fullmatch(r"[a-z_]+", part)] == []
    for expected in (
        "überwiegend barrierefrei", "durch uns selbst", "5. Oktober 2026", "1. November 2026", "31. Januar 2027", "28,80 €",
        "24.12. jedes Jahr",
        "28.12.2026 – 31.12.2026", "Aufsichtsbehörde für den Datenschutz (E-Mail)", "Mo-Fr 08:00-12:00",
    ):  # fmt: skip
        assert any(expected.casefold() in text.casefold() for text in texts), expected


async def test_which_terms_go(settled: Hub, seats: Seats) -> None:
    """Model text or one's own, version and date stand in one line above all that differs."""
    karl = replace(await seats("karl", Role.PARTNER_EDITOR, "kleinheim"), language="de")
    path, model = "/settings/in/partner:kleinheim/terms", "Mustertext, Fassung 2026-10"

    async def seen(**fields: str) -> tuple[str, str]:
        answer = await karl.post(path, {name.replace("__", "."): value for name, value in fields.items()})
        found = next(row for row in rows(await karl.get(answer.goal)) if row[0] == "Welche Bedingungen gelten")
        await apply(karl, answer.goal)
        return found[1], found[2]

    own = "Eigener Text, Fassung 2026-11, vom 1. November 2026"
    assert await seen(whose="own", version="2026-11", date="1.11.2026", text__de="Seien Sie freundlich.") == (model, own)
    await say(settled, "host", {"plans": {"free": PLAN}, "terms": {"version": "3", "text": {"de": "Der Stadt"}}})
    assert await seen(whose="model", version="2026-12", date="") == (own, "Mustertext, Fassung 2026-12")
    assert await seen(whose="above") == ("Mustertext, Fassung 2026-12", "Text der Stadt, Fassung 3")
