"""What a document may hold, and what those above have locked."""

from typing import Any

import pytest

from hotspot.hub.policy.documents import files_named, objections, settings_of, trespasses
from hotspot.hub.policy.scopes import Level, Scope, meet, parse, reaches

HOST = parse("host")
PARTNER = parse("partner/klein")
HALL = Scope(Level.HALL, "klein", "klein-a")
ZONE = Scope(Level.ZONE, "klein", "klein-a", "public")
OTHER = Scope(Level.HALL, "gross", "gross-a")


@pytest.mark.parametrize("text", ["host", "partner/klein", "hall/klein-a", "zone/klein-a/public"])
def test_scopes_are_read_back(text: str) -> None:
    """A scope as text is that scope again."""
    assert parse(text).text == text


@pytest.mark.parametrize("text", ["", "Host", "host/x", "partner", "partner/", "hall/A", "zone/a", "host\n", "zone/a/b/c"])
def test_what_is_no_scope(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match='expected "host"'):
        parse(text)


def test_who_reaches_whom() -> None:
    """From above to below, never to the side; two scopes meet where one reaches the other."""
    scopes = (HOST, PARTNER, HALL, ZONE, OTHER)
    assert [[reaches(upper, lower) for lower in scopes] for upper in scopes] == [
        [True, True, True, True, True],
        [False, True, True, True, False],
        [False, False, True, True, False],
        [False, False, False, True, False],
        [False, False, False, False, True],
    ]
    assert (meet([ZONE], [PARTNER]), meet([OTHER], [PARTNER]), meet([], [HOST])) == (True, False, False)


@pytest.mark.parametrize(
    ("scope", "document", "expected"),
    [
        (HOST, {"plans": {"a": {"down": "1 Mbit/s"}}, "locked": ["plans.a"]}, []),
        (HALL, {"locked": []}, ["hall/klein-a: locked = []: expected only in the document of the host or of a partner"]),
        (HOST, {"locked": "plans"}, ['host: locked = \'plans\': expected a list such as ["plans", "legal.operator"]']),
        (HOST, {"locked": ["a..b"]}, ["host: locked = 'a..b': expected keys with dots between them, such as \"plans.free.down\""]),
        (ZONE, {"plans": ["free"], "hours": None}, []),
        (ZONE, {"lan": "eth0"}, ["zone/klein-a/public: lan = 'eth0': expected one of plans, hours, as in [zones.public]"]),
        (HOST, {"a": ["x\0"]}, ["host: a.0: expected text without NUL characters"]),
        (HOST, {"a": {"": 1}}, ['host: a."": expected keys of 1 to 100 characters without NUL']),
        (HOST, {"a": 2**63}, ["host: a: expected a number below 2^63"]),
    ],
)
def test_documents(scope: Scope, document: dict[str, Any], expected: list[str]) -> None:
    """What is wrong with a document by itself, with scope, key, value and what was expected."""
    assert objections(scope, document) == expected


def test_vouchers_and_depth() -> None:
    """Keys of vouchers are made by the hub alone; tables in tables end somewhere."""
    assert objections(HALL, {"vouchers": {}})[0].startswith("hall/klein-a: vouchers: expected no vouchers here")
    deep: dict[str, Any] = {}
    for _ in range(20):
        deep = {"a": deep}
    assert objections(HOST, deep) == ["host: a.a.a.a.a.a.a.a.a.a.a.a.a: expected at most 12 tables or lists in each other"]


def test_a_zone_stands_below_its_hall() -> None:
    """A zone's document is the table of that zone; locks are no settings."""
    assert settings_of(ZONE, {"plans": ["free"]}) == {"zones": {"public": {"plans": ["free"]}}}
    assert settings_of(ZONE, {}) == {}
    assert settings_of(HOST, {"locked": ["a"], "a": 1}) == {"a": 1}


def test_trespasses() -> None:
    """Saying something at, below or instead of what is locked above is one; beside it and in the locking scope itself is none."""
    documents: dict[Scope, dict[str, Any]] = {
        HOST: {"locked": ["plans.free", "zones"], "plans": {"free": {"time": "1 h"}}},
        PARTNER: {"plans": {"free": {"time": "2 h"}, "guest": {}}, "locked": ["hall.name"]},
        HALL: {"plans": {"free": None}, "hall": {"name": "A"}},
        ZONE: {"hours": None},
        OTHER: {"plans": "x", "hall": {"name": "B"}},
    }
    assert sorted(trespasses(documents)) == [
        "hall/gross-a: plans = 'x': expected nothing, host has locked plans.free",
        "hall/klein-a: hall.name = 'A': expected nothing, partner/klein has locked hall.name",
        "hall/klein-a: plans.free = None: expected nothing, host has locked plans.free",
        "partner/klein: plans.free.time = '2 h': expected nothing, host has locked plans.free",
        "zone/klein-a/public: zones.public.hours = None: expected nothing, host has locked zones",
    ]


def test_files_that_settings_name() -> None:
    """Pictures and videos of the theme, terms and legal texts by language; nothing else is a file."""
    settings = {
        "theme": {"logo": {"file": "a.svg", "alt": "x"}, "sign_language": {"file": "b.mp4"}},
        "terms": {"version": "1", "file": {"de": "c.txt", "en": "d.txt"}},
        "legal": {"privacy": {"file": {"de": "e.txt"}}, "operator": {"name": "file"}},
        "hall": {"file": "no"},
    }
    assert files_named(settings) == {"a.svg", "b.mp4", "c.txt", "d.txt", "e.txt"}
