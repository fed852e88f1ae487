"""What an operation of the API is: method, path, who may, and the types of what goes in and comes out. OpenAPI is made from the same."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from hotspot.hub.access import Permission, Principal
from hotspot.hub.api.problems import Forbidden, NotFound
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
    """None: everybody, without a token."""
    handler: Handler
    query: type[Struct] = Nothing
    """Fields are the parameters of the query; they have defaults."""
    body: Any = None
    """Type of the JSON body; None: there is none."""
    reply: Any = Nothing
    """Type of the JSON answer; ``Nothing``: 204; ``Raw``: another media type."""
    media_type: str = ""
    """Of a ``Raw`` reply."""
    status: int = 200
    """When it worked; 204 when there is no reply."""
    host_only: bool = False
    """Not for a partner's people."""
    largest: int = 1_048_576
    """Bytes of the body."""


class Call:
    """One request to an operation."""

    def __init__(self, hub: Hub, who: Principal | None, path: dict[str, str], query: Any, body: Any) -> None:
        self.hub, self._who, self.path, self.query, self.body = hub, who, path, query, body

    @property
    def who(self) -> Principal:
        """Whose token it is. Only for operations with a permission."""
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
