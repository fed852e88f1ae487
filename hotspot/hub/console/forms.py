"""What a form says: texts by name, several under one, and files."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct

_BARE: Final = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}(?::[0-9]{1,5})?(?:[/?#]\S*)?")
"""``www.musterstadt.example/wlan``: an address of the web as people write it down."""


def web_address(typed: str) -> str:
    """With ``https://`` before it where somebody has left that out; all else as it is."""
    return f"https://{typed}" if _BARE.fullmatch(typed) else typed


class Upload(Struct, frozen=True):
    """A file of a form."""

    filename: str
    """As the browser says; only to be shown."""
    media_type: str
    content: bytes


class Form(Struct, frozen=True):
    """The fields of a form as they were sent, line ends as ``\\n``."""

    fields: Mapping[str, Sequence[str]] = MappingProxyType({})
    uploads: Mapping[str, Upload] = MappingProxyType({})
    """Without those in which nothing was chosen."""

    def text(self, name: str, default: str = "") -> str:
        """One field without space around it; the first when there are several."""
        return self.fields.get(name, (default,))[0].strip()

    def raw(self, name: str) -> str:
        """One field exactly as it was typed: a password."""
        return self.fields.get(name, ("",))[0]

    def all(self, name: str) -> tuple[str, ...]:
        """All fields of a name, as of boxes that can be ticked."""
        return tuple(self.fields.get(name, ()))

    def has(self, name: str) -> bool:
        """Was it sent at all: is the box ticked, was this button pressed?"""
        return name in self.fields
