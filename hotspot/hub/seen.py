"""Which numbers of a stream have come (pure): runs without a gap, as first, last, first, last …: short, however many have come."""

from bisect import bisect_right
from typing import Final

MOST_RUNS: Final = 1_000
"""A gateway leaves gaps only where it gave up or merged reports; one that leaves more wants to fill the database."""

Seen = tuple[int, ...]
"""First and last number of each run, ascending, at least one number missing between two runs."""


def has(seen: Seen, number: int) -> bool:
    """Has it come?"""
    at = bisect_right(seen, number)
    return at % 2 == 1 or (at > 0 and seen[at - 1] == number)


def with_number(seen: Seen, number: int) -> Seen:
    """The same and one more; raises ``ValueError`` when it has come before."""
    if has(seen, number):
        raise ValueError(f"cannot add {number}: it has come")
    at = bisect_right(seen, number)
    before, after = seen[:at], seen[at:]
    joins_before = at > 0 and before[-1] == number - 1
    joins_after = bool(after) and after[0] == number + 1
    if joins_before and joins_after:
        return before[:-1] + after[1:]
    if joins_before:
        return (*before[:-1], number, *after)
    if joins_after:
        return (*before, number, *after[1:])
    return (*before, number, number, *after)


def full(seen: Seen) -> bool:
    """No room for another gap."""
    return len(seen) >= 2 * MOST_RUNS


def highest(seen: Seen) -> int:
    """The highest number that has come; 0: none."""
    return seen[-1] if seen else 0
