"""What a hall's page says of visits that did not get online, by the alarms in force."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hotspot.hub.api.alarms import Alarm
from hotspot.hub.console.hall_now import _tried
from hotspot.looks.verdict import Outcome


def alarm(kind: str = "visit", **detail: Any) -> Alarm:
    """As much of one as is asked for."""
    return cast("Alarm", SimpleNamespace(kind=kind, detail=detail))


@pytest.mark.parametrize(
    ("alarms", "expected"),
    [
        ([], None),
        ([alarm(), alarm("doctor", stuck=1)], None),
        ([alarm(outcome="made up")], None),
        ([alarm(stuck=1), alarm(outcome="open")], Outcome.STUCK),
        ([alarm(outcome="unknown"), alarm(outcome="open")], Outcome.OPEN),
        ([alarm(outcome="unknown")], Outcome.UNKNOWN),
    ],
)
def test_the_gravest_is_told(alarms: list[Alarm], expected: Outcome | None) -> None:
    """Who stopped has not always been kept out; an alarm of an older hub says ``stuck`` alone."""
    assert _tried(alarms) is expected
