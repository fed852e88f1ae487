"""``hotspot measure-line`` against lines of known rates, each with one long queue in front of it, as modems have."""

from typing import Any

import pytest

from tests.fullkernel.guests import LONG, Play, playing, tell

LINES = (Play("line", ("20", "5")), Play("line", ("50", "50")))
"""Mbit/s down and up."""


@playing(*(LINES if LONG else LINES[:1]))
def test_the_recommended_total_lies_just_below_the_line(found: dict[str, Any]) -> None:
    """Filled, the line queues and round trips grow; what is recommended is 80 to 92 % of its rate, and was measured without a queue."""
    assert [line["way"] for line in found["lines"]] == ["down", "up"]
    for line in found["lines"]:
        rate = found["rates"][line["way"]]
        filled, last = line["steps"][0], line["steps"][-1]
        tell(
            "measure-line",
            f"{line['way']:4} of {rate / 1e6:g} Mbit/s: filled {filled['reached'] / 1e6:.2f} at {filled['round_trip']} ms, idle "
            f"{line['idle']:.2f}; no queue up to {line['free'] / 1e6:.2f}; recommended {line['recommended'] / 1e6:g}",
        )
        assert filled["reached"] == pytest.approx(rate, rel=0.03)
        assert (filled["round_trip"] > line["idle"] + 5, last["round_trip"] <= line["idle"] + 5) == (True, True)
        assert 0.8 * rate <= line["recommended"] <= 0.92 * rate
