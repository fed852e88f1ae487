"""What can be done about a device in a hall, and how its gateway answers, in words."""

from collections.abc import Mapping
from typing import Final

from hotspot.hub.console.texts import N_

ACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "end": (N_("End the session"), N_("The visitor is offline at once, and may accept again.")),
    "block": (N_("Block the device"), N_("It is offline at once, and cannot accept again until the block is over.")),
    "allow": (N_("Let the device in"), N_("It is online without having accepted, or longer than before; a block is lifted.")),
    "unblock": (N_("Lift a block"), N_("The visitor may accept again.")),
}
"""Order -> what it is called, and what happens."""
TIMES: Final[Mapping[str, str]] = {
    "3600": N_("1 hour"),
    "14400": N_("4 hours"),
    "86400": N_("1 day"),
    "604800": N_("1 week"),
    "2419200": N_("4 weeks"),
}
"""Seconds -> how long something goes for."""
DONE: Final[Mapping[str, str]] = {
    "end": N_("The session of %(code)s has ended. The visitor may accept again."),
    "block": N_("%(code)s is blocked."),
    "unblock": N_("The block of %(code)s is lifted. The visitor may accept again."),
    "allow": N_("%(code)s is online."),
}
REFUSED: Final[Mapping[str, str]] = {
    "unknown": N_("The box knows no device with this code. Please compare it with the visitor's screen."),
    "ambiguous": N_("There are several devices with this code in the hall. Please choose the guest network as well."),
    "state": N_("That cannot be done as the device stands now: perhaps the session is over already."),
    "journal": N_("The box cannot write to its disk, so it changed nothing. Have the box looked at."),
    "firewall": N_("The firewall of the box does not answer, so nothing was changed. Have the box looked at."),
    "full": N_("The guest network is full, or the list is too long to be shown here."),
    "bad_request": N_("The box does not understand this. Does it have an old version?"),
    "bad_reply": N_("The box answered something that makes no sense here. Does it have another version?"),
}
"""Code of a refusal -> what it means."""
