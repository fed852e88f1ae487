"""What a page of the console is: a method of a path, and who may."""

from collections.abc import Awaitable, Callable
from typing import Final, Literal

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission, Principal
from hotspot.hub.console.visits import Visit
from hotspot.hub.store.sessions import Stage

Handler = Callable[[Visit], Awaitable[web.StreamResponse]]

FORM: Final = 1_048_576
"""Bytes of a form."""
CREDENTIALS: Final = 16_384
"""Bytes of a form that anybody may send."""
UPLOAD: Final = 8 * 1_048_576
"""Bytes of a form with a file."""


class Page(Struct, frozen=True, kw_only=True):
    """One method of one path."""

    name: str
    """As ``hall``, ``hall.close``; unique."""
    method: Literal["GET", "POST"]
    path: str
    """With parameters as ``/halls/{hall}``, under the names that the API has for them."""
    permission: Permission | None
    """None: for everybody who has come as far as ``stage``."""
    handler: Handler
    host_only: bool = False
    """Not for a partner's people."""
    stage: Stage | None = Stage.FULL
    """How far somebody must have come; None: also strangers."""
    largest: int = FORM
    """Bytes of the form."""
    is_file: bool = False
    """It answers with a file to be downloaded, a part of a page or a stream: nothing that is looked at by itself."""

    def may(self, who: Principal) -> bool:
        """Is it for that user?"""
        return (self.permission is None or who.may(self.permission)) and not (self.host_only and who.partner is not None)
