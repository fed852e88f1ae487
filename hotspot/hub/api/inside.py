"""Operations for those who are in the same process: the console asks what a program would ask, under the same rules.

So nobody can do at the console what the API would refuse them, and there is one table of who may what.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from hotspot.hub.access import Principal
from hotspot.hub.api.operations import Call, Operation, permit
from hotspot.hub.api.problems import BadRequest
from hotspot.hub.api.storable import check
from hotspot.hub.api.table import ALL
from hotspot.hub.api.web import path_of
from hotspot.hub.hub import Hub

T = TypeVar("T")
_BY_HANDLER: Final[dict[object, Operation]] = {operation.handler: operation for operation in ALL}


def operation_of(handler: Callable[[Call], Awaitable[Any]]) -> Operation:
    """The operation that a handler carries out."""
    return _BY_HANDLER[handler]


def may(who: Principal, handler: Callable[[Call], Awaitable[Any]]) -> bool:
    """Would the API let that user? About things of their own partner, that is."""
    operation = operation_of(handler)
    return (operation.permission is None or who.may(operation.permission)) and not (operation.host_only and who.partner is not None)


async def ask(
    hub: Hub,
    who: Principal,
    handler: Callable[[Call], Awaitable[T]],
    path: Mapping[str, str],
    query: Mapping[str, Any],
    body: Any,
    source: str,
) -> T:
    """What the operation replies. ``query`` and ``body`` are checked as those of a request. Raises ``Fault``."""
    operation = operation_of(handler)
    permit(operation, who)
    try:
        asked = msgspec.convert(dict(query), operation.query, strict=False)
        given = None if operation.body is None else _body(operation, body)
        check(asked)
        check(given)
    except (ValueError, RecursionError) as error:  # msgspec.ValidationError is a ValueError
        raise BadRequest(str(error)) from None
    return await handler(Call(hub, who, path_of(path), asked, given, source))


def _body(operation: Operation, body: Any) -> Any:
    if operation.body is bytes:
        return body
    return msgspec.convert(msgspec.to_builtins(body) if isinstance(body, Struct) else body, operation.body)
