"""A plan's speed, in virtual time: the real daemon, one client, bytes at layer 3 as they arrive."""

from itertools import groupby
from typing import Any

from tests.fullkernel.guests import Play, playing, tell


@playing(Play("rates", ("200",)), Play("rates", ("0.5", "2", "10", "50")))
def test_a_plan_is_kept_within_two_percent(found: list[dict[str, Any]]) -> None:
    """TCP and UDP, down and up, IPv4 and IPv6: within 2 % of the plan."""

    def case(row: dict[str, Any]) -> tuple[float, str, str]:
        return row["plan"], row["way"], row["kind"]

    for (plan, way, kind), rows in groupby(sorted(found, key=lambda row: (*case(row), row["ip"])), case):
        shown = ", ".join(f"IPv{row['ip']} {row['of']:.4f}" for row in rows)
        tell("rates, of the plan", f"{plan:5g} Mbit/s {way:4} {kind}: {shown}")
    assert len(found) == 8 * len({row["plan"] for row in found})
    assert [row for row in found if abs(row["of"] - 1) > 0.02] == []
