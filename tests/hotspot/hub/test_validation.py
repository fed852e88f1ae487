"""The hub asks the gateways' own reader, and asks it no more than it must."""

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspot import wire
from hotspot.hub import validation
from hotspot.hub.policy.sources import Effective
from hotspot.hub.validation import Candidate, objections
from hotspot.portal.policy_check import check

PLAN = {"down": "10 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'
FILES = {"a.svg": "a" * 64}


async def contents(digests: Iterable[str]) -> dict[str, bytes]:
    """One file there is."""
    return {digest: LOGO for digest in digests if digest == "a" * 64}


def candidate(hall: str, settings: dict[str, object], files: dict[str, str] | None = None) -> Candidate:
    """A hall with the zone ``public``."""
    return Candidate(hall, ("public",), Effective(settings, files or {}))


async def test_key_value_and_what_was_expected() -> None:
    """Each hall's first objection is named without the words of a gateway's settings file; good halls are not there."""
    found = await objections(
        [
            candidate("good", {"plans": {"free": PLAN}, "theme": {"logo": {"file": "a.svg"}}}, FILES),
            candidate("plan", {"plans": {"free": {**PLAN, "time": "long"}}}),
            candidate("theme", {"theme": {"logo": {"file": "b.svg"}}}, FILES),
            candidate("gone", {"theme": {"logo": {"file": "a.svg"}}}, {"a.svg": "b" * 64}),
            candidate("secret", {"control_socket": "/run/x"}),
            candidate("zone", {"zones": {"public": {"plans": ["none"]}}}),
            candidate("away", {"hub": {"away": "maybe"}}),
        ],
        [],
        contents,
    )
    assert {hall: why[:44] for hall, why in found.items()} == {
        "plan": "plans.free.time = 'long': expected a duratio",
        "theme": "theme.logo.file = 'b.svg': expected the name",
        "gone": "theme.logo.file = 'a.svg': expected a readab"[:44],
        "secret": "control_socket = '/run/x': only the gateway ",
        "zone": "zones.public.plans = 'none': expected one of",
        "away": 'hub.away = \'maybe\': expected "open", "closed',
    }


async def test_too_large_for_the_wire() -> None:
    """What no gateway would read whole is refused here."""
    services = {"services": {f"s-{number}": {"name": "Amt", "purpose": "x" * 1_190} for number in range(450)}}
    found = await objections([candidate("a", {"services": services})], [], contents)
    assert found["a"].endswith(f"expected at most {wire.LARGEST} bytes of policy for one hall")


async def test_equal_sections_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred halls with one directory and one theme: each is read once, and not at all when the halls have it already."""
    asked: list[tuple[str, ...]] = []

    def counting(policy: wire.Policy, files: dict[str, bytes], zones: tuple[str, ...]) -> object:
        asked.append(tuple(policy.settings))
        return check(policy, files, zones)

    monkeypatch.setattr("hotspot.hub.validation.check", counting)
    shared = {"services": {"services": {"amt": {"name": "Amt"}}}, "theme": {"welcome": "Willkommen"}, "plans": {"free": PLAN}}
    halls = [candidate(f"h{number}", {**shared, "hall": {"name": f"Halle {number % 2}"}}) for number in range(100)]
    assert await objections(halls, [], contents) == {}
    assert sorted(asked) == [("plans", "hall"), ("plans", "hall"), ("services",), ("theme",)]
    asked.clear()
    assert await objections(halls, [halls[0].wanted], contents) == {}
    assert asked == [("plans", "hall"), ("plans", "hall")]


VALUES = st.recursive(
    st.one_of(
        st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["", "2 h", "free"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["free", "file", "de", "open", "name"]), inner, max_size=3)
    ),
    max_leaves=8,
)
SECTIONS = [
    *sorted(validation.ALONE),
    "hall",
    "hours",
    "plans",
    "internet",
    "hub",
    "zones",
    "retention",
    "blocklist",
    "vouchers",
    "stranger",
]


@given(st.dictionaries(st.sampled_from(SECTIONS), VALUES, max_size=3))
@settings(max_examples=200, deadline=None)
def test_whatever_is_said_is_answered(said: dict[str, object]) -> None:
    """Any JSON at all is either taken or objected to in words."""
    for zones in (("public",), ()):
        found = asyncio.run(objections([Candidate("a", zones, Effective(said, {}))], [], contents))
        assert set(found) <= {"a"}
        assert all(found.values())
