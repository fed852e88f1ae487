"""A policy over the box's own settings: what takes the place of what, and what is not the policy's business."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.portal.policy_overlay import WHOLE_SECTIONS, Objection, overlay, stored_as, with_files

LOCAL: dict[str, Any] = {
    "state_dir": "/var/lib/hotspot-portal",
    "retention": "24 h",
    "hall": {"name": "Rathaus", "contact": "Empfang"},
    "terms": {"version": "1", "text": {"de": "Eins.", "en": "One."}},
    "plans": {"free": {"down": 1, "up": 1, "time": 1, "volume": 5}, "guest": {"down": 2}},
    "zones": {"public": {"plans": ["free"], "portal_url": "http://a/", "lan": "lan0"}, "council": {"plans": ["guest"]}},
    "internet": {"targets": ["192.0.2.1:443"], "new_visitors": "open"},
    "hub": {"url": "https://hub.example", "authority": "hub.pem", "away": "open"},
}
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_what_takes_the_place_of_what() -> None:
    """Sections whole, tables by name, or key by key; the rest is the box's."""
    laid = overlay(
        LOCAL,
        {
            "retention": "12 h",
            "hall": {"contact": "Pforte"},
            "terms": {"version": "2", "text": {"de": "Zwei."}},
            "plans": {"free": {"down": 9, "up": 9, "time": 9}, "night": {"down": 3}},
            "zones": {"public": {"plans": ["free", "night"], "hours": "day"}, "library": {"plans": ["free"]}},
            "internet": {"new_visitors": "closed"},
            "hub": {"away": "closed"},
            "blocklist": {"a": {"what": "tcp/25"}},
            "vouchers": {"b": {"key": "x"}},
        },
    )
    assert laid.tables == {
        "state_dir": "/var/lib/hotspot-portal",
        "retention": "12 h",
        "hall": {"name": "Rathaus", "contact": "Pforte"},
        "terms": {"version": "2", "text": {"de": "Zwei."}},
        "plans": {"free": {"down": 9, "up": 9, "time": 9}, "guest": {"down": 2}, "night": {"down": 3}},
        "zones": {
            "public": {"plans": ["free", "night"], "portal_url": "http://a/", "lan": "lan0", "hours": "day"},
            "council": {"plans": ["guest"]},
        },
        "internet": {"targets": ["192.0.2.1:443"], "new_visitors": "closed"},
        "hub": {"url": "https://hub.example", "authority": "hub.pem", "away": "closed"},
    }
    assert (laid.blocklist, laid.vouchers, laid.passed_over) == ({"a": {"what": "tcp/25"}}, {"b": {"key": "x"}}, ("zones.library",))


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ({key: "x"}, key)
        for key in (
            *("state_dir", "firewall_socket", "control_socket", "control_users", "management", "certificate", "key", "usage_interval"),
            "blocked_names",
        )
    ]
    + [
        ({"hub": {"url": "https://other.example"}}, "hub.url"),
        ({"hub": {"authority": "other.pem"}}, "hub.authority"),
        ({"hub": {"away": "open", "proxy": "http://proxy.example"}}, "hub.proxy"),
        ({"internet": {"targets": ["192.0.2.9:1"]}}, "internet.targets"),
        ({"zones": {"public": {"portal_url": "http://evil.example/"}}}, "zones.public.portal_url"),
        ({"zones": {"library": {"lan": "eth0"}}}, "zones.library.lan"),
        ({"zones": {"public": []}}, "zones.public"),
        ({"plans": []}, "plans"),
        ({"theme": {"base": "theme.toml"}}, "theme.base"),
        ({"blocklist": ["tcp/25"]}, "blocklist"),
    ],
)
def test_what_is_not_its_business(policy: dict[str, Any], key: str) -> None:
    """Refused with the key, whatever else is good in it."""
    with pytest.raises(Objection) as caught:
        overlay(LOCAL, {"hall": {"contact": "Pforte"}, **policy})
    assert (caught.value.key, caught.value.expected[:5] in ("only ", "expec")) == (key, True)


@given(
    st.dictionaries(
        st.sampled_from(["hall", "hours", "plans", "legal", "internet", "hub", "zones", *sorted(WHOLE_SECTIONS), "state_dir", "key"]),
        PLAIN | st.dictionaries(st.sampled_from(["public", "free", "plans", "lan", "away", "url", "base"]), PLAIN, max_size=3),
        max_size=5,
    )
)
def test_the_box_keeps_what_only_it_can_know(policy: dict[str, Any]) -> None:
    """Whatever a policy says: either it is refused, or all that is the box's own is as before; neither side is changed."""
    local, before = deepcopy(LOCAL), deepcopy(policy)
    try:
        laid = overlay(local, policy).tables
    except Objection:
        laid = local
    assert (local, policy) == (LOCAL, before)
    assert laid["state_dir"] == LOCAL["state_dir"]
    assert set(laid) <= set(LOCAL) | set(policy)
    assert {key: laid["hub"][key] for key in ("url", "authority")} == {key: LOCAL["hub"][key] for key in ("url", "authority")}
    assert laid["internet"]["targets"] == LOCAL["internet"]["targets"]
    assert set(laid["zones"]) == set(LOCAL["zones"])
    assert {key: laid["zones"]["public"][key] for key in ("portal_url", "lan")} == {"portal_url": "http://a/", "lan": "lan0"}


def test_a_box_without_a_hub() -> None:
    """How to do without one is of no concern to it."""
    local = {key: value for key, value in LOCAL.items() if key != "hub"}
    assert overlay(local, {"hub": {"away": "closed"}}).tables == local


def test_files_are_named_by_the_policy_only() -> None:
    """Each name becomes the path of the file that was fetched for it; any other name, a path of the box too, is refused."""
    policy = {
        "theme": {"logo": {"file": "wappen.svg", "alt": "Wappen"}, "welcome": "Hallo"},
        "terms": {"version": "2", "file": {"de": "agb.txt"}},
        "legal": {"imprint": {"file": {"de": "agb.txt"}}, "operator": {"name": "Stadt"}},
    }
    paths = {"wappen.svg": "/store/1.svg", "agb.txt": "/store/2.txt"}
    assert with_files(policy, paths) == {
        "theme": {"logo": {"file": "/store/1.svg", "alt": "Wappen"}, "welcome": "Hallo"},
        "terms": {"version": "2", "file": {"de": "/store/2.txt"}},
        "legal": {"imprint": {"file": {"de": "/store/2.txt"}}, "operator": {"name": "Stadt"}},
    }
    for settings, key in (
        ({"theme": {"photo": {"file": "/etc/shadow"}}}, "theme.photo.file"),
        ({"theme": {"photo": {"file": "../journal.db"}}}, "theme.photo.file"),
        ({"terms": {"file": {"en": "journal.db"}}}, "terms.file.en"),
        ({"legal": {"privacy": {"file": {"de": 5}}}}, "legal.privacy.file.de"),
    ):
        with pytest.raises(Objection) as caught:
            with_files(settings, paths)
        assert caught.value.key == key


def test_a_file_is_kept_by_its_content() -> None:
    """With the ending that says what it is, in lower case."""
    assert [stored_as(name, "ab12") for name in ("Wappen.SVG", "agb", "a.tar.gz")] == ["ab12.svg", "ab12", "ab12.gz"]
