"""What the gateway said itself and comes back (pure): a loop, or an access point that reflects. What comes with the gateway's own MAC and
was never said by it is somebody else's.

A hash of each message is kept, by which it is known again, with a key of the process: no address is in it.
"""

from collections import deque

KEPT = 256
"""Messages of the gateway; a loop brings them back at once."""


class Echoes:
    """Of one interface."""

    def __init__(self) -> None:
        self._said: deque[int] = deque(maxlen=KEPT)

    def said(self, frame: bytes) -> None:
        """The gateway sends this."""
        self._said.append(_mark(frame))

    def back(self, frame: bytes) -> bool:
        """Is it what the gateway sent?"""
        return _mark(frame) in self._said


def _mark(frame: bytes) -> int:
    """Of addresses and content. The checksum is none of it: where the card calculates it, the guard sees the frame before."""
    version, start = frame[14] >> 4, 54
    if version == 4:
        start = 14 + (frame[14] & 15) * 4
        addresses, protocol = frame[26:34], frame[23]
    else:
        addresses, protocol = frame[22:54], frame[20]
    checksum = start + (6 if protocol == 17 else 2)
    return hash((addresses, frame[start:checksum], frame[checksum + 2 :]))
