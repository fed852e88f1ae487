"""The Captive Portal API: what a phone's system asks instead of probing (RFC 8908).

The answer is about whoever asks, known by the address of the connection. Android ignores an answer of more than 4,096 characters, one with
another status than 200, and ``captive: true`` without a ``user-portal-url``; that address must be https, so it is only there with a
certificate.
"""

import msgspec
from msgspec import UNSET, Struct, UnsetType

from hotspot.portal.desk import Visitor
from hotspot.session.states import State

PATH = "/api/captive"
MEDIA_TYPE = "application/captive+json"
"""RFC 8908 §4; RFC 8910 prints another one by mistake."""
CACHING = "private, no-store"

_encoder = msgspec.json.Encoder()


class Captivity(Struct, frozen=True, rename="kebab", kw_only=True):
    """The keys of RFC 8908 §5; what is unset is left out."""

    captive: bool
    user_portal_url: str | UnsetType = UNSET
    """https only."""
    venue_info_url: str | UnsetType = UNSET
    can_extend_session: bool
    """Can the portal's page make the session longer?"""
    seconds_remaining: int | UnsetType = UNSET
    """Only while online; until the plan's time, the day's allowance or closing time ends it, whichever is first."""
    bytes_remaining: int | UnsetType = UNSET
    """Layer 3, both directions. Only while online on a plan that ends with its volume: one that becomes slow is not captive after it."""


def captivity(visitor: Visitor, portal_url: str, venue_info_url: str | None) -> Captivity:
    """What RFC 8908 lets us say about this visitor. ``portal_url`` is where visitors are sent; it is named when it is https."""
    online = visitor.state is State.ONLINE
    return Captivity(
        captive=not online,
        user_portal_url=portal_url if portal_url.startswith("https://") else UNSET,
        venue_info_url=venue_info_url or UNSET,
        can_extend_session=visitor.can_extend,
        seconds_remaining=visitor.seconds_left if online and visitor.seconds_left is not None else UNSET,
        bytes_remaining=visitor.bytes_left if online and visitor.bytes_left is not None else UNSET,
    )


def encode(answer: Captivity) -> bytes:
    """The JSON body."""
    return _encoder.encode(answer)
