"""Blocks: staff keep a device out."""

from msgspec import Struct


class Block(Struct, frozen=True):
    """A device that may not go online in a zone."""

    zone: str
    mac: str
    reason: str
    """What staff wrote; the visitor's page shows it."""
    since: float
    """Wall clock."""
    until: float | None = None
    """Wall clock; None: until it is lifted."""


def in_force(block: Block | None, now_unix: float) -> bool:
    """True while the block keeps the device out."""
    return block is not None and (block.until is None or now_unix < block.until)
