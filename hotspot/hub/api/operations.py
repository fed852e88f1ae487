"""What an operation of the API is: method, path, who may, and the types of what goes in and comes out. OpenAPI is made from the same."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from msgspec import Struct

from hotspot.hub.access import Permission, Principal
from hotspot.hub.api.problems import Fault, Forbidden, NotFound
from hotspot.hub.hub import Hub
from hotspot.hub.store import Connection, tenants

Handler = Callable[["Call"], Awaitable[Any]]
"""Returns a value of the operation's ``reply``."""


class Nothing(Struct, frozen=True):
    """No query, or no reply."""


class Raw(Struct, frozen=True):
    """A reply that is not JSON: a file, CSV, metrics."""

    content: bytes
    media_type: str
    filename: str = ""


class Pieces(Struct, frozen=True):
    """A reply that is sent piece by piece: what may be large. A fault after the first piece cuts the connection: nobody shall take a part
    for the whole."""

    pieces: AsyncIterator[bytes]
    media_type: str
    filename: str = ""


PATH_PATTERNS: Final[dict[str, str]] = {
    "enrolment": r"^[0-9a-f]{8}$(?!\n)",
    "alarm": r"^[0-9]{1,18}$(?!\n)",
    "channel": r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)",
    "message": r"^[0-9]{1,18}$(?!\n)",
    "factor": r"^[0-9]{1,9}$(?!\n)",
    "gateway": r"^[a-z0-9][a-z0-9-]{0,47}$(?!\n)",
    "hall": r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)",
    "order": r"^[0-9a-f]{32}$(?!\n)",
    "month": r"^20[0-9]{2}-(0[1-9]|1[0-2])$(?!\n)",
    "partner": r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)",
    "batch": r"^[a-z0-9][a-z0-9-]{0,31}$(?!\n)",
    "block": r"^[a-z0-9][a-z0-9-]{0,31}$(?!\n)",
    "serial": r"^[0-9]{1,17}$(?!\n)",
    "session": r"^[0-9]{1,9}$(?!\n)",
    "sha256": r"^[0-9a-f]{64}$(?!\n)",
    "zone": r"^[a-z0-9][a-z0-9_-]{0,31}$(?!\n)",
    "user": r"^[a-z0-9][a-z0-9._-]{0,39}$(?!\n)",
}
"""What the parameters of a path look like, by their names; anything else is answered 404 before a handler sees it."""
ANY_PATH = r"^[^\x00-\x1f\x7f-\x9f\ud800-\udfff/]{1,200}$"
"""What a parameter looks like that has no pattern of its own."""


class Operation(Struct, frozen=True, kw_only=True):
    """One method of one path."""

    name: str
    """``operationId``, as ``listHalls``."""
    method: str
    path: str
    """Below ``/api/v1``, with parameters as ``/halls/{hall}``."""
    summary: str
    subject: str
    """Tag."""
    permission: Permission | None
    """None: everybody, without a token (but ``any_token``)."""
    handler: Handler
    query: type[Struct] = Nothing
    """Fields are the parameters of the query; they have defaults."""
    body: Any = None
    """Type of the JSON body; ``bytes``: a file, as it is (``takes``); None: there is none."""
    takes: str = "application/json"
    """Media type of the body."""
    reply: Any = Nothing
    """Type of the JSON answer; ``Nothing``: 204; ``Raw`` or ``Pieces``: another media type."""
    media_type: str = ""
    """Of a ``Raw`` reply or of ``Pieces``."""
    status: int = 200
    """When it worked; 204 when there is no reply."""
    host_only: bool = False
    """Not for a partner's people."""
    any_token: bool = False
    """With the permission None: every valid token will do, but there must be one."""
    faults: tuple[type[Fault], ...] = ()
    """What it may raise beside what every operation of its kind may (``hotspot.hub.api.openapi``)."""
    largest: int = 1_048_576
    """Bytes of the body."""
    seconds: float = 30.0
    """In which the body has to arrive."""


def permit(operation: Operation, who: Principal) -> None:
    """Raises ``Forbidden`` unless that user may."""
    if operation.permission is not None and not who.may(operation.permission):
        raise Forbidden(f"{operation.name} needs the permission {operation.permission.value!r}, which this token has not")
    if operation.host_only and who.partner is not None:
        raise Forbidden(f"{operation.name} is for the host's people, not for a partner's")


class Call:
    """One request to an operation."""

    def __init__(self, hub: Hub, who: Principal | None, path: dict[str, str], query: Any, body: Any, source: str = "") -> None:
        """``source``: address that the request came from."""
        self.hub, self._who, self.path, self.query, self.body, self.source = hub, who, path, query, body, source

    @property
    def who(self) -> Principal:
        """Whose token it is. Only for operations that need one."""
        assert self._who is not None
        return self._who

    @property
    def actor(self) -> str:
        """As the audit log writes it."""
        return f"user {self.who.user}"

    async def partner(self, connection: Connection) -> tenants.Partner:
        """The partner of the path. Raises ``NotFound``, also for one that is none of this user's business."""
        found = await tenants.partner(connection, self.path["partner"])
        if found is None or not self.who.sees(found.name):
            raise NotFound(f"partner = {self.path['partner']!r}: expected the name of a partner")
        return found

    async def hall(self, connection: Connection) -> tenants.Hall:
        """The hall of the path. Raises ``NotFound``."""
        found = await tenants.hall(connection, self.path["hall"])
        if found is None or not self.who.sees(found.partner):
            raise NotFound(f"hall = {self.path['hall']!r}: expected the name of a hall")
        return found

    async def gateway(self, connection: Connection) -> tenants.Gateway:
        """The gateway of the path. Raises ``NotFound``."""
        found = await tenants.gateway(connection, self.path["gateway"])
        if found is None or not self.who.sees(found.partner):
            raise NotFound(f"gateway = {self.path['gateway']!r}: expected the name of a gateway")
        return found

    def within(self, partner: str | None) -> str | None:
        """The partner to show: as asked, or the user's own; None: all. Raises ``Forbidden`` for somebody else's."""
        if self.who.partner is None:
            return partner
        if partner is not None and partner != self.who.partner:
            raise Forbidden(f"partner = {partner!r}: expected your own, {self.who.partner}")
        return self.who.partner
