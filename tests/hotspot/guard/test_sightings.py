"""Sightings: one for each danger and place, with an end, and never more than fit."""

from hotspot.guard.sightings import QUIET, Sightings
from hotspot.looks.leaving import identifies
from hotspot.looks.values import MOST_FINDINGS
from hotspot.looks.words_guard import GUARD


def test_what_is_seen_again_is_one_finding() -> None:
    """With when it began and how often, in times of the wall clock."""
    book = Sightings("public", "lan0")
    for now in (10.0, 20.0, 30.0):
        book.note("rogue-ra", now, "port3")
    (found,) = book.findings(40.0, 1_800_000_000)
    assert (found.first, found.times, found.severity, found.zone) == (1_800_000_000 - 30, 3, GUARD["rogue-ra"].severity, "public")
    assert found.values == {"interface": "lan0", "port": "port3", "times": "3"}
    assert book.changes == 1


def test_it_ends_when_it_is_quiet() -> None:
    """Some minutes after it was last seen."""
    book = Sightings("public", "lan0")
    book.note("rogue-ra", 10.0, "port3")
    book.end(10.0 + QUIET - 1)
    assert len(list(book.findings(0, 0))) == 1
    book.end(10.0 + QUIET)
    assert (list(book.findings(0, 0)), book.changes) == ([], 2)


def test_there_are_never_more_than_fit() -> None:
    """Further places are told of together."""
    book = Sightings("public", "lan0")
    for kind in GUARD:
        for port in range(100):
            book.note(kind, 1.0, f"port{port}")
    found = list(book.findings(1.0, 1_800_000_000))
    assert len(found) <= MOST_FINDINGS
    assert {one.kind for one in found} == set(GUARD)
    assert not any(identifies(value) for one in found for value in one.values.values())
