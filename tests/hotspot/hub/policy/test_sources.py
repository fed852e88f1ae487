"""What goes for a hall, put together from documents and items."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from hotspot.hub.policy.merge import merged
from hotspot.hub.policy.sources import Effective, Sources

KEYS = st.sampled_from(["plans", "hours", "a"])
TABLES = st.dictionaries(
    KEYS, st.one_of(st.none(), st.integers(0, 3), st.dictionaries(KEYS, st.one_of(st.none(), st.integers(0, 3)))), max_size=3
)
SCOPES = ("host", "partner/klein", "hall/klein-a", "zone/klein-a/public", "zone/klein-a/council")


class Document(Struct, frozen=True):
    """As the store has it."""

    scope: str
    document: dict[str, Any]
    files: dict[str, str] = {}


class Item(Struct, frozen=True):
    """As the store has it."""

    id: str
    section: str
    scope: str
    item: dict[str, Any]


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(SCOPES, TABLES)), st.sets(st.sampled_from(SCOPES[:3])))
def test_what_comes_out_is_its_layers_merged(documents: dict[str, dict[str, Any]], items: set[str]) -> None:
    """The short way, on which halls share what is the same for them, leads to the same as all layers one after the other."""
    sources = Sources(
        [
            *(Document(scope, document) for scope, document in documents.items()),
            Document("hall/other", {"a": 9}),
            Document("partner/gross", {"a": 8}),
        ],
        [*(Item(f"b-{number}", "blocklist", scope, {"what": scope}) for number, scope in enumerate(sorted(items)))],
    )
    expected = merged(table for _, table in sources.layers("klein-a", "klein"))
    assert sources.of("klein-a", "klein") == Effective(expected, {})
    assert len(sources.layers("klein-a", "klein")) == len(documents) + len(items)
    assert sources.of("other", "gross").settings["a"] == 9


def test_files_of_the_lowest_scope() -> None:
    """Of one name the lowest scope's content counts; what the settings do not name is left out."""
    host = Document("host", {"theme": {"logo": {"file": "a.svg"}, "photo": {"file": "b.jpg"}}}, {"a.svg": "1", "b.jpg": "2", "c.txt": "3"})
    hall = Document("hall/klein-a", {"theme": {"photo": None}}, {"a.svg": "4"})
    sources = Sources([host, hall])
    assert sources.of("klein-a", "klein").files == {"a.svg": "4"}
    assert sources.of("klein-b", "klein").files == {"a.svg": "1", "b.jpg": "2"}
