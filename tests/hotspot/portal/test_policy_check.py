"""Could a gateway use this policy? What the readers of the box say, key by key."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspot import wire
from hotspot.portal.policy_check import check, sample
from hotspot.portal.policy_overlay import overlay
from hotspot.portal.policy_values import FromHub, WantedBatch, WantedEntry
from hotspot.portal.settings import BadSettings, Settings
from hotspot.session.blocklist import Target

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'
GUEST = {
    "plans": {"guest": {"down": "5 Mbit/s", "up": "1 Mbit/s", "time": "2 h", "voucher": True}},
    "zones": {"public": {"plans": ["free", "guest"]}},
}
CASINO = {"what": "casino.example", "reason": "by order", "case_number": "7 K 26/26"}
FAIR = {"key": "ab" * 16, "plan": "guest", "count": 3, "valid": "1 h"}


def checked(wanted: dict[str, Any], files: dict[str, bytes] | None = None, missing: bool = False) -> Settings:
    """What a box with one zone makes of a policy."""
    contents = files or {}
    digests = {name: sha256(content).hexdigest() for name, content in contents.items()}
    return check(wire.Policy(serial=7, settings=wanted, files=digests), {} if missing else contents, ["public"])


def test_everything_that_a_policy_can_say() -> None:
    """One that uses every section, with files, dates as JSON has them, a directory and a theme as tables."""
    found = checked(
        {
            **GUEST,
            "hall": {"contact": "Pforte", "hours": "hall"},
            "hours": {"hall": {"open": ["Mon-Fri 08:00-16:00"], "closed": ["2026-12-24"]}},
            "terms": {"version": "2", "date": "2026-11-01", "file": {"de": "agb.txt"}},
            "internet": {"new_visitors": "closed", "message": {"de": "Gleich wieder."}},
            "feedback": {"next": "Wir lesen alles."},
            "wifi4eu": {"network_id": "12345678-1234-1234-1234-123456789abc"},
            "legal": {"operator": {"name": "Stadt Muster"}, "privacy": {"file": {"de": "agb.txt"}}},
            "retention": "12 h",
            "theme": {"colours": {"accent": "#0b5394"}, "logo": {"file": "wappen.svg", "alt": "Wappen"}, "welcome": "Hallo"},
            "services": {"services": {"pass": {"name": "Reisepass", "room": "12"}}},
            "hub": {"away": "closed", "away_after": "10 min"},
            "blocklist": {"a": {**CASINO, "by": "Rechtsamt", "zone": "public", "until": "2027-01-31"}, "b": {**CASINO, "zone": "library"}},
            "vouchers": {"fair": {**FAIR, "not_before": "2026-11-01", "not_after": "2026-11-30", "note": "Messe"}},
        },
        {"agb.txt": b"Bitte freundlich.", "wappen.svg": LOGO},
    )
    assert found.policy == FromHub(
        7,
        (WantedEntry("a", Target(domain="casino.example"), "public", "by order", "7 K 26/26", "hub: Rechtsamt", 1_801_436_400.0),),
        (WantedBatch("fair", "ab" * 16, "guest", 3, 1, 3_600.0, 1_793_487_600.0, 1_796_079_600.0, "Messe", "hub: fair"),),
        ("blocklist.b",),
    )
    logo = found.hall.theme.logo
    assert (logo is not None and logo.content, found.terms.text, found.internet.closes) == (LOGO, {"de": "Bitte freundlich."}, True)
    assert (list(found.services.entries), found.retention) == (["pass"], 43_200)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"plans": {"free": {"down": "fast", "up": 1e6, "time": 60}}}, "plans.free.down = 'fast': expected a rate"),
        ({"plans": {"free": {"up": 1e6, "time": 60}}}, "plans.free.down is missing"),
        ({"hall": {"contact": 5}}, "hall.contact = 5: "),
        ({"hall": {"nane": "x"}}, "hall.nane = 'x': unknown key"),
        ({"certificate": "x.pem"}, "certificate = 'x.pem': only the gateway itself can know this"),
        ({"hub": {"away": "maybe"}}, "hub.away = 'maybe': expected"),
        ({"hub": {"away_after": "soon"}}, "hub.away_after = 'soon': expected"),
        ({"theme": {"logo": {"file": "a.svg"}}}, "theme.logo.file = 'a.svg': expected the name of one of the files of the policy"),
        ({"theme": {"colours": {"accent": "#ffffff"}}}, "theme.colours.accent = '#ffffff': "),
        ({"services": {"services": {"pass": {"nane": "x"}}}}, "services.pass.nane = 'x': unknown key"),
        ({"blocklist": {"a": {**CASINO, "case_number": " "}}}, "blocklist.a.case_number = ' ': expected a text of 1 to 100"),
        ({"blocklist": {"a": {**CASINO, "what": "example"}}}, "blocklist.a.what = 'example': expected a domain such as"),
        (
            {"blocklist": {"a": {**CASINO, "what": "hall.example"}}},
            "blocklist.a.what = 'hall.example': expected a domain without the",
        ),
        ({"blocklist": {"a": {**CASINO, "until": "soon"}}}, "blocklist.a.until = 'soon': expected a day such as"),
        ({"vouchers": {"f": FAIR}}, "vouchers.f.plan = 'guest': expected one of the plans for vouchers: none yet"),
        ({**GUEST, "vouchers": {"f": {**FAIR, "key": "AB"}}}, "vouchers.f.key = '...': expected 32 hex digits"),
        ({**GUEST, "vouchers": {"f": {**FAIR, "count": 10_001}}}, "vouchers.f.count = 10001: expected 1 to 10000"),
        ({**GUEST, "vouchers": {"f": FAIR, "g": FAIR}}, "vouchers.f.key = '...': expected a key that no other batch has"),
        (
            {**GUEST, "vouchers": {f"{n}": {**FAIR, "key": f"{n:032x}", "count": 10_000} for n in range(6)}},
            "vouchers = '60000 codes': expected at most 50000",
        ),
        (
            {**GUEST, "vouchers": {"f": {**FAIR, "not_before": "2026-11-02", "not_after": "2026-11-01"}}},
            "vouchers.f.not_after = '2026-11-01': expected none before not_before",
        ),
    ],
)
def test_what_is_wrong_is_said_as_the_policys(wanted: dict[str, Any], said: str) -> None:
    """Serial, key, value and what was expected."""
    with pytest.raises(BadSettings) as caught:
        checked(wanted)
    assert str(caught.value).startswith(f"cannot use policy 7: {said}")


def test_files_are_looked_into() -> None:
    """One that is not there, and one that is something else than its name says."""
    wanted = {"theme": {"logo": {"file": "wappen.svg"}}}
    for content, missing, said in ((LOGO, True, "expected a readable file of at most"), (b"GIF89a", False, "expected image/svg+xml")):
        with pytest.raises(BadSettings) as caught:
            checked(wanted, {"wappen.svg": content}, missing)
        assert str(caught.value).startswith(f"cannot use policy 7: theme.logo.file = 'wappen.svg': {said}")


def test_the_keys_of_a_secret_are_not_repeated() -> None:
    """Errors travel to logs and to the hub's pages."""
    with pytest.raises(BadSettings) as caught:
        checked({**GUEST, "vouchers": {"f": {**FAIR, "key": "0123456789abcdef-secret"}}})
    assert "0123" not in str(caught.value)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=8) | st.sampled_from(["1 h", "free", "de"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["de", "file", "open", "free", "name"]), inner, max_size=3),
    max_leaves=6,
)
SECTIONS = {
    **sample(["public"]),
    "hours": {"hall": {"open": ["Mon 08:00-16:00"]}},
    "internet": {"message": "x", "new_visitors": "open"},
    "legal": {"operator": {"name": "x"}},
    "theme": {"logo": {"file": "wappen.svg"}, "welcome": "x", "colours": {"accent": "#0b5394"}},
    "services": {"services": {"pass": {"name": "x", "fee": {"amount": "1", "reference": "x"}}}},
    "feedback": {"next": "x"},
    "wifi4eu": {"network_id": "x"},
    "hub": {"away": "open", "away_after": 60},
    "blocklist": {"a": {**CASINO, "until": 5}},
    "vouchers": {"a": FAIR},
    "retention": "1 h",
}


def _places(tree: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where a value could be another one."""
    below = [place for key, part in tree.items() for place in _places(part, (*at, key))] if isinstance(tree, dict) else []
    return [at, *below] if at else below


def _with(tree: dict[str, Any], place: tuple[str, ...], value: object) -> dict[str, Any]:
    head, *rest = place
    return {**tree, head: _with(tree[head], tuple(rest), value) if rest else value}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(_places(SECTIONS)), PLAIN)
def test_nothing_that_json_can_say_breaks_it(place: tuple[str, ...], value: object) -> None:
    """Any value anywhere: a policy that can be used, or words about what is wrong with it."""
    wanted = _with({place[0]: SECTIONS[place[0]]}, place, value)
    try:
        checked(wanted, {"wappen.svg": LOGO})
    except BadSettings as error:
        assert str(error).startswith(("cannot use policy 7: ", "cannot use /etc/hotspot/portal.toml: "))


def test_the_sample_is_all_but_empty() -> None:
    """A policy without a word is one that every box can use."""
    assert checked({}).policy == FromHub(7)
    assert overlay(sample(["public"]), {}).tables == sample(["public"])
