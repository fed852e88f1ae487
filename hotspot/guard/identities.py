"""One MAC, two devices (pure): it is at two ports of the bridge by turns, or says by DHCP that it is now this and now that."""

from hotspot.guard.frames import DISCOVER, REQUEST, Dhcp
from hotspot.guard.hall import Device, Hall
from hotspot.guard.memory import Often, Turns

MOVES = Often(6, 60.0)
"""Moves back to the port before. Somebody who walks between two access points is not that quick; two devices that talk are."""
CHANGES = Often(2, 3600.0)
"""Returns to what it was before: this, that, this, that. A laptop that starts from the network and then its system changes once."""
_FROM_NETWORK = b"PXEClient"


class Identities:
    """Of one interface."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def dhcp(self, said: Dhcp, device: Device, now: float) -> None:
        """A client says by DHCP what it wants, of which make it is and how it is called."""
        if said.kind not in (DISCOVER, REQUEST) or said.fingerprint[1].startswith(_FROM_NETWORK):
            return
        if device.identities is None:
            device.identities = {}
        turns = device.identities.get(said.kind)
        if turns is None:
            turns = device.identities[said.kind] = Turns()
        if turns.add(hash(said.fingerprint), now, CHANGES):  # the name itself is not kept
            self._hall.see("mac-cloned", now, said.source)

    def moved(self, device: Device, port: int, now: float) -> None:
        """The bridge has learnt that a device is behind ``port``, the number of an interface."""
        if device.ports is None:
            device.ports = Turns()
        if device.ports.add(port, now, MOVES):
            self._hall.see("mac-cloned", now, device.mac)
