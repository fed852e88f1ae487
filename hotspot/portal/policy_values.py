"""What a policy of the hub brings beside settings: entries of the block list and batches of vouchers, as the hub wants them."""

from msgspec import Struct

from hotspot.session.blocklist import Target

BY_HUB = "hub: "
"""How ``added_by`` and ``created_by`` of what the hub wants begin. Their uid is None, which no user of this machine has."""


class WantedEntry(Struct, frozen=True):
    """An entry of the block list that should be in force here; fields as in ``hotspot.session.blocklist.Entry``."""

    id: str
    """At the hub."""
    target: Target
    zone: str | None
    reason: str
    case_number: str
    by: str
    """With ``BY_HUB``."""
    until: float | None = None
    """Wall clock; None: as long as the policy has it."""


class WantedBatch(Struct, frozen=True):
    """A batch of vouchers whose codes should be good here; fields as in ``hotspot.session.vouchers.Batch``."""

    id: str
    """At the hub."""
    key: str
    """32 hex digits, secret."""
    plan: str
    count: int
    devices: int
    valid: float
    not_before: float | None
    not_after: float | None
    note: str
    by: str
    """With ``BY_HUB``."""


class FromHub(Struct, frozen=True):
    """The policy in force, as far as it is not settings."""

    serial: int
    blocklist: tuple[WantedEntry, ...] = ()
    vouchers: tuple[WantedBatch, ...] = ()
    passed_over: tuple[str, ...] = ()
    """Keys about zones that this gateway has not."""


def is_hubs(by: str, uid: int | None) -> bool:
    """Does the hub say so, and no user of this machine?"""
    return uid is None and by.startswith(BY_HUB)
