"""Carries HTTP requests to operations: token, permission, query, body, answer; and every fault as a ``Problem``."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
import structlog
from aiohttp import web

from hotspot.hub.access import Principal
from hotspot.hub.api.operations import Call, Nothing, Operation, Raw
from hotspot.hub.api.problems import BadRequest, Fault, Forbidden, Problem, TooLarge, Unauthorized, Unavailable
from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable, people
from hotspot.hub.tokens import hashed

BASE = "/api/v1"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

log = structlog.get_logger("api")

_Web = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(hub: Hub, operations: Iterable[Operation]) -> list[web.RouteDef]:
    """The operations as aiohttp's routes."""
    return [web.route(operation.method, BASE + operation.path, _carried(hub, operation)) for operation in operations]


def problem_response(problem: Problem) -> web.Response:
    """A problem as it is sent."""
    headers = dict(_HEADERS)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status in (429, 503):
        headers["Retry-After"] = "5"
    return web.Response(body=msgspec.json.encode(problem), status=problem.status, content_type="application/problem+json", headers=headers)


def _carried(hub: Hub, operation: Operation) -> _Web:
    decoder = None if operation.body is None else msgspec.json.Decoder(operation.body)

    async def carry(request: web.Request) -> web.StreamResponse:
        try:
            who = await _who(hub, operation, request)
            query = _query(operation, request)
            body = None if decoder is None else _decoded(decoder, await _read(request, operation.largest))
            reply = await operation.handler(Call(hub, who, dict(request.match_info), query, body))
        except Fault as fault:
            return problem_response(fault.problem)
        except StoreUnavailable as error:
            log.warning("unavailable", operation=operation.name, why=str(error))
            return problem_response(Unavailable("the database does not answer: try again").problem)
        if isinstance(reply, Raw):
            headers = dict(_HEADERS)
            if reply.filename:
                headers["Content-Disposition"] = f'attachment; filename="{reply.filename}"'
            return web.Response(body=reply.content, headers={**headers, "Content-Type": reply.media_type})
        if operation.reply is Nothing:
            return web.Response(status=204, headers=_HEADERS)
        return web.Response(body=msgspec.json.encode(reply), status=operation.status, content_type="application/json", headers=_HEADERS)

    return carry


async def _who(hub: Hub, operation: Operation, request: web.Request) -> Principal | None:
    """Who asks. Raises ``Unauthorized`` and ``Forbidden``."""
    if operation.permission is None:
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("Authorization is missing: expected 'Bearer' and a token")
    async with hub.store.connection() as connection:
        who = await people.principal(connection, hashed(token.strip()), hub.now())
    if who is None:
        raise Unauthorized("Authorization: expected a token that is valid; this one is not known, has expired or was revoked")
    if not who.may(operation.permission) or (operation.host_only and who.partner is not None):
        raise Forbidden(f"{operation.name} needs the permission {operation.permission.value!r}, which this token has not")
    return who


def _query(operation: Operation, request: web.Request) -> Any:
    """The parameters of the query as the operation's type. Raises ``BadRequest``."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(operation.query)}
    given: dict[str, str] = {}
    for key, value in request.query.items():
        if key not in fields:
            raise BadRequest(f"{key} = {value[:100]!r}: unknown, expected one of {', '.join(fields) or 'none'}")
        if key in given:
            raise BadRequest(f"{key} is given twice")
        given[key] = value
    try:
        return msgspec.convert(given, operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest(f"query: {error}") from None


def _decoded(decoder: "msgspec.json.Decoder[Any]", body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"body: {error}") from None


async def _read(request: web.Request, most: int) -> bytes:
    """The body, ``most`` bytes at most."""
    if (request.content_length or 0) > most:
        raise TooLarge(f"body: expected at most {most} bytes")
    content = bytearray()
    async for chunk in request.content.iter_any():
        content += chunk
        if len(content) > most:
            raise TooLarge(f"body: expected at most {most} bytes")
    return bytes(content)
