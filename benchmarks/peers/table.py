"""The table: a row per thing measured, with its bar."""

from collections.abc import Sequence

from msgspec import Struct


class Row(Struct, frozen=True):
    """One line."""

    what: str
    ours: str
    theirs: str
    """openNDS's figure, "" when it has none."""
    bar: str
    passed: bool | None
    """None: no bar."""


def row(what: str, ours: str, bar: str = "", passed: bool | None = None, theirs: str = "") -> Row:
    """With the columns in the order in which they are thought of."""
    return Row(what, ours, theirs, bar, passed)


def markdown(rows: Sequence[Row]) -> str:
    """As in docs/benchmarks.md."""
    verdicts = {True: "passed", False: "**missed**", None: ""}
    lines = ["| what | ours | openNDS | bar | |", "|---|---|---|---|---|"]
    lines += [f"| {one.what} | {one.ours} | {one.theirs or '–'} | {one.bar or '–'} | {verdicts[one.passed]} |" for one in rows]
    return "\n".join(lines)
