"""Settings over settings, with where each value comes from and what differs: one rule, told in three ways that agree."""

from copy import deepcopy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub.policy.difference import Difference, differences
from hotspot.hub.policy.merge import key_of, leaves, merge, merged, path_of, without_secrets
from hotspot.hub.policy.provenance import Hidden, Origin, origins

KEYS = st.sampled_from(["a", "b", "c", "d e", 'f"g'])
SCALARS = st.one_of(st.booleans(), st.integers(-2, 2), st.sampled_from(["x", "y", ""]), st.lists(st.integers(0, 2), max_size=2))


def tables(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Nested tables, as JSON has them."""
    inner = st.recursive(values, lambda below: st.dictionaries(KEYS, below, max_size=3), max_leaves=8)
    return st.dictionaries(KEYS, inner, max_size=4)


DOCUMENTS = tables(st.one_of(st.none(), SCALARS))
SETTINGS = tables(SCALARS)


def test_rules() -> None:
    """Tables are merged, everything else replaces, ``null`` removes, also whole tables."""
    upper = {"plans": {"free": {"down": "1", "up": "1"}, "guest": {"down": "9"}}, "hall": {"address": ["a", "b"]}, "terms": "x"}
    lower = {"plans": {"free": {"down": "2"}, "guest": None}, "hall": {"address": ["c"]}, "terms": {"version": "1"}, "gone": None}
    expected = {"plans": {"free": {"down": "2", "up": "1"}}, "hall": {"address": ["c"]}, "terms": {"version": "1"}}
    assert merge(upper, lower) == expected


@given(DOCUMENTS, DOCUMENTS)
def test_merge_changes_neither_and_leaves_no_null(upper: dict[str, Any], lower: dict[str, Any]) -> None:
    """Both sources stay as they were; the result has no ``null``; nothing more comes of saying the same again."""
    before = deepcopy((upper, lower))
    once = merged([upper, lower])
    assert (upper, lower) == before
    assert [path for path, value in leaves(once) if value is None] == []
    assert merge(once, lower) == once


@given(st.lists(DOCUMENTS, max_size=4))
def test_grouping_does_not_matter(documents: list[dict[str, Any]]) -> None:
    """What halls share can be merged first: the result is the same as one after the other."""
    for cut in range(len(documents) + 1):
        result = merged(documents[:cut])
        for document in documents[cut:]:
            result = merge(result, document)
        assert result == merged(documents)


@given(st.lists(DOCUMENTS, max_size=4))
def test_origins_are_the_merged_values(documents: list[dict[str, Any]]) -> None:
    """The values with their origins are exactly those of the merged settings; each origin says that value itself or further down."""
    found = origins(list(enumerate(documents)))
    there = {origin.path: origin.value for origin in found if origin.value is not None}
    assert there == dict(leaves(merged(documents)))
    for origin in found:
        said: Any = documents[origin.source]
        for step in origin.path:
            said = said[step]
        assert said == origin.value or (origin.value == {} and isinstance(said, dict))
        assert all(hidden.source < origin.source for hidden in origin.hides)


def test_what_a_value_hides() -> None:
    """Values of scopes above are named from above to below; a removed value says what it has removed."""
    layers: list[tuple[str, dict[str, Any]]] = [
        ("host", {"a": {"b": 1, "c": 1}}),
        ("partner", {"a": {"b": 2}}),
        ("hall", {"a": {"b": 3, "c": None}, "d": None}),
    ]
    assert origins(layers) == [
        Origin(("a", "b"), 3, "hall", (Hidden("host", 1), Hidden("partner", 2))),
        Origin(("a", "c"), None, "hall", (Hidden("host", 1),)),
    ]
    assert origins([("host", {"a": {"b": 1}}), ("hall", {"a": "x"})]) == [Origin(("a",), "x", "hall", (Hidden("host", {"b": 1}),))]
    assert origins([("host", {"a": "x"}), ("hall", {"a": {"b": 1}})]) == [Origin(("a", "b"), 1, "hall", (Hidden("host", "x"),))]


@given(SETTINGS, SETTINGS)
def test_differences_lead_from_one_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    """What is removed, added and changed makes the values of the one those of the other; equal settings differ in nothing."""
    values = {key_of(path): value for path, value in leaves(before)}
    for one in differences(before, after):
        if one.kind != "added":
            assert values.pop(one.key) == one.before
        if one.kind != "removed":
            values[one.key] = one.after
    expected = {key_of(path): value for path, value in leaves(after)}
    assert msgspec.json.encode(sorted(values.items())) == msgspec.json.encode(sorted(expected.items()))
    assert differences(before, deepcopy(before)) == ()


def test_true_is_not_one() -> None:
    """JSON tells them apart, and so do differences."""
    assert differences({"a": True, "b": [1]}, {"a": 1, "b": [True]}) == (
        Difference(key="a", kind="changed", before=True, after=1),
        Difference(key="b", kind="changed", before=[1], after=[True]),
    )


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4))
def test_keys_are_read_back(path: list[str]) -> None:
    """A path as TOML writes it is the path again, whatever stands in it."""
    assert path_of(key_of(tuple(path))) == tuple(path)


@pytest.mark.parametrize("text", ["", ".", "a..b", "a b", 'a."', "a."])
def test_what_is_no_key(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="expected keys with dots"):
        path_of(text)


def test_keys_of_vouchers_are_not_shown() -> None:
    """The key of a batch is left out, everything else is there."""
    settings = {"vouchers": {"v-1": {"key": "0" * 32, "plan": "guest"}, "odd": 1}, "a": 1}
    assert without_secrets(settings) == {"vouchers": {"v-1": {"key": "…", "plan": "guest"}, "odd": 1}, "a": 1}
