"""The daily allowance: what a client has used of a plan today, kept without saying which client it was.

A client is a pseudonym: a hash of its MAC and the plan with a key that is made anew each day and forgotten at its end. So the allowance
holds when the MAC itself must be forgotten, and nobody can tell afterwards who it was, nor that two days had the same client.
"""

import hmac
from hashlib import sha256

from msgspec import Struct

LEAST_SECONDS = 60.0
"""Seconds; less than this of the day's time is not worth a session."""
LEAST_BYTES = 100_000
"""Bytes; likewise of the day's volume: about one page of a web site."""


class Spent(Struct, frozen=True):
    """What ended sessions have used today."""

    seconds: float = 0.0
    bytes: int = 0

    def plus(self, seconds: float, count: int) -> "Spent":
        """With another session's share; never less than before."""
        return Spent(self.seconds + max(0.0, seconds), self.bytes + max(0, count))


NOTHING = Spent()


def pseudonym(day_key: bytes, mac: str, plan: str) -> str:
    """The name of a client's allowance on a plan today."""
    return hmac.new(day_key, f"{plan}\0{mac}".encode(), sha256).hexdigest()[:32]
