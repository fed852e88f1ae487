"""What gateway and hub say to each other about the portal's certificate: part of ``hotspot.wire``, and under its rules.

The key is made in the hall and never leaves it. The gateway asks again and again with the same request until it makes another key.
"""

from typing import Annotated

from msgspec import Meta

from hotspot.wire import Name, Said, Text


class Certify(Said, frozen=True, kw_only=True):
    """A gateway wants the certificate for a key that it has made, or asks whether there is news of it."""

    csr: Annotated[str, Meta(max_length=20_000)]
    """The request (PKCS #10, PEM), signed with that key."""


class Certified(Said, frozen=True, kw_only=True):
    """How that stands."""

    state: Name
    """``off`` (this hub gives this gateway none) | ``refused`` (names that are not its own) | ``waiting`` | ``ready``."""
    chain: Annotated[str, Meta(max_length=200_000)] = ""
    """PEM, for the key of that request; "": there is none yet."""
    renew: bool = False
    """Make another key: this one is not wanted any more."""
    why: Text = ""
    """What it waits for, for people."""
    wait: Annotated[float, Meta(ge=0, le=86_400)] = 3_600.0
    """Seconds until it is worth asking again."""
