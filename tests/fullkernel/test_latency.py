"""Round trips under load, in virtual time: a 10 Mbit/s plan that its client fills, behind a line of 20 ms."""

from typing import Any

import pytest

from tests.fullkernel.guests import LONG, Play, playing, tell

PLAYS = (Play("latency", ("frames",)), Play("latency", ("bundles",)))
"""Whole frames as on a wire, and the bundles that receive offload makes of them."""
pings = playing(*(PLAYS if LONG else PLAYS[:1]))


@pings
def test_the_leaves_are_fq_codel(found: dict[str, Any]) -> None:
    """The daemon found fq_codel in this kernel, and the line has its delay."""
    heading = f"round trips under load, 10 Mbit/s, {found['leaf']}, line delay {found['delay']:g} ms, {found['frames']}"
    tell(heading, f"idle: median {found['idle']['median']} ms")
    for row in found["loaded"]:
        own, other = (f"{row[who]['median']} / {row[who]['p95']} / {row[who]['worst']} ms" for who in ("own", "other"))
        runs = " ".join(map(str, row["runs"]))
        tell(
            heading,
            f"{row['way']:4} {row['flows']} flows: {row['of']:.3f} of the plan; same client {own}; another {other}; all runs {runs}",
        )
    assert (found["leaf"], found["delay"], found["idle"]["median"]) == ("fq_codel", 20.0, pytest.approx(20, abs=1))


@pings
def test_who_fills_the_plan_still_has_quick_answers(found: dict[str, Any]) -> None:
    """The same client's 95th hundredth, in the middle one of several pings, is at most 15 ms above idle; and the line is used."""
    late = [(row["way"], row["flows"], row["own"]) for row in found["loaded"] if row["own"]["p95"] > found["idle"]["median"] + 15]
    assert (late, [row["of"] for row in found["loaded"] if row["of"] < 0.95]) == ([], [])


@pings
def test_nobody_else_notices(found: dict[str, Any]) -> None:
    """Another client's 95th hundredth is at most 5 ms above idle."""
    late = [(row["way"], row["flows"], row["other"]) for row in found["loaded"] if row["other"]["p95"] > found["idle"]["median"] + 5]
    assert late == []
