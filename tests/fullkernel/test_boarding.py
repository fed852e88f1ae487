"""A rush on a fresh tree, in virtual time: online first, each at its own rate soon after."""

from typing import Any

from tests.fullkernel.guests import Play, playing, tell

CLIENTS = 600


@playing(Play("boarding", (str(CLIENTS),)))
def test_who_boards_has_its_plan_soon(found: dict[str, Any]) -> None:
    """Hundreds wait for their classes and are online meanwhile on both stacks; then the one that is measured is within 2 % of its plan."""
    tell(
        "boarding",
        f"{CLIENTS} clients at once, online while {found['boarding']} classes are to be made; then a 10 Mbit/s plan has "
        f"{found['of']['down']:.4f} down, {found['of']['up']:.4f} up",
    )
    assert (found["answers"], found["at once"], found["then"]) == (["Allowed"], [True, True], [True, True])
    assert found["boarding"] >= CLIENTS  # two classes each
    assert [each for each in found["of"].values() if abs(each - 1) > 0.02] == []
