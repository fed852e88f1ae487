"""CAKE at the zone's root beside our tree, in virtual time: why it is not an option of the settings."""

from typing import Any

from tests.fullkernel.guests import Play, playing, tell


@playing(Play("cake"))
def test_cake_has_no_ceiling_and_counts_addresses(found: dict[str, Any]) -> None:
    """Ours holds a client at its plan and gives one share to one device; CAKE gives all to one, and two shares to two addresses."""
    for kind, row in found.items():
        tell("CAKE beside HTB, zone of 20 Mbit/s, plan of 10", f"{kind:4} {row}")
    ours, cake = found["htb"], found["cake"]
    assert (ours["alone"][0] <= 10.2, cake["alone"][0] >= 15) == (True, True)
    assert (ours["addresses"][0] <= ours["addresses"][1] * 1.05, cake["addresses"][0] >= cake["addresses"][1] * 1.3) == (True, True)
