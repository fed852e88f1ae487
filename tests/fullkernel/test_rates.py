"""A plan's speed, in virtual time: the real daemon, one client, bytes at layer 3 as they arrive."""

from itertools import groupby
from typing import Any

import pytest

from tests.fullkernel.guests import need_user_mode, play, tell


@pytest.mark.parametrize("plan", ["0.5", "2", "10", "50", "200"])
def test_a_plan_is_kept_within_two_percent(plan: str) -> None:
    """TCP and UDP, down and up, IPv4 and IPv6: within 2 % of the plan."""
    need_user_mode()
    found: list[dict[str, Any]] = play("rates", plan)
    for (way, kind), rows in groupby(sorted(found, key=lambda row: (row["way"], row["kind"], row["ip"])), lambda r: (r["way"], r["kind"])):
        shown = ", ".join(f"IPv{row['ip']} {row['of']:.4f}" for row in rows)
        tell("rates, of the plan", f"{plan:>4} Mbit/s {way:4} {kind}: {shown}")
    assert len(found) == 8
    assert [row for row in found if abs(row["of"] - 1) > 0.02] == []
