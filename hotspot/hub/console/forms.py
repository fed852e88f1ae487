"""What a form says: texts by name, several under one, and files."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct


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
