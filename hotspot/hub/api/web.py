"""Carries HTTP requests to operations: token, permission, path, query, body, answer; and every fault as a ``Problem``.

This is the hub's door to people's programs, so it believes nothing: no header says where a request comes from unless one of our own proxies
has added it, no text that PostgreSQL cannot hold gets through, a body has a size and a time, and what is not described is refused.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web

from hotspot.hub.access import Principal
from hotspot.hub.api.operations import ANY_PATH, PATH_PATTERNS, Call, Nothing, Operation, Pieces, Raw, permit
from hotspot.hub.api.problems import (
    BadRequest,
    Fault,
    NotAllowed,
    NotFound,
    TooLarge,
    TooSlow,
    Unauthorized,
    Unavailable,
    Unsupported,
)
from hotspot.hub.api.storable import check
from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable, people
from hotspot.hub.tokens import hashed

BASE: Final = "/api/v1"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer. There is no CORS: a page of another site can neither ask nor read."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~-]{20,200}")
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL in JSON text: the only character that JSON can write and PostgreSQL cannot hold."""

log = structlog.get_logger("api")

_Web = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(hub: Hub, operations: Iterable[Operation], below: str = BASE) -> list[web.RouteDef]:
    """The operations as aiohttp's routes, HEAD beside each GET; a method that a path has not is answered 405, with those that it has."""
    found: list[web.RouteDef] = []
    methods: dict[str, set[str]] = {}
    for operation in operations:
        path = below + re.sub(r"\{(\w+)\}", r"{\1:[^/]+}", operation.path)
        found.append(web.route(operation.method, path, _carried(hub, operation)))  # for GET aiohttp adds HEAD
        methods.setdefault(path, set()).update({"GET", "HEAD"} if operation.method == "GET" else {operation.method})
    return found + [web.route("*", path, _not_allowed(allowed)) for path, allowed in methods.items()]


def secure(hub: Hub) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Security headers for whatever a hub process answers; those that a handler has set stay. For ``on_response_prepare``."""
    encrypted = hub.settings.certificate is not None or hub.settings.url.startswith("https://")

    async def prepare(_: web.Request, response: web.StreamResponse) -> None:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if encrypted:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        response.headers["Server"] = "hotspot"

    return prepare


def problem_response(fault: Fault) -> web.Response:
    """A fault as it is sent."""
    headers = {}
    if fault.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if fault.status in (429, 503):
        headers["Retry-After"] = f"{max(1, round(fault.seconds))}"
    content = msgspec.json.encode(fault.problem)
    response = web.Response(body=content, status=fault.status, content_type="application/problem+json", headers=headers)
    if fault.status == 408:
        response.force_close()
    return response


def _not_allowed(methods: set[str]) -> _Web:
    allowed = ", ".join(sorted(methods))

    async def refuse(request: web.Request) -> web.Response:
        response = problem_response(NotAllowed(f"method = {request.method[:20]!r}: expected one of {allowed}"))
        response.headers["Allow"] = allowed
        return response

    return refuse


def _carried(hub: Hub, operation: Operation) -> _Web:
    decoder = None if operation.body in (None, bytes) else msgspec.json.Decoder(operation.body)

    async def answer(request: web.Request) -> web.StreamResponse:
        who = await _who(hub, operation, request)
        path = path_of(request.match_info)
        query = _query(operation, request)
        body: Any = None
        if operation.body is not None:
            content = await _read(operation, request)
            body = content if decoder is None else _decoded(decoder, content)
        reply = await operation.handler(Call(hub, who, path, query, body, hub.source(request)))
        if isinstance(reply, Pieces):
            return await streamed(request, reply, operation.name, operation.status)
        return _whole(operation, reply)

    async def carry(request: web.Request) -> web.StreamResponse:
        try:
            return await answer(request)
        except Fault as fault:
            return problem_response(fault)
        except StoreUnavailable as error:
            log.warning("unavailable", operation=operation.name, why=str(error))
            return problem_response(Unavailable("the database does not answer: try again"))

    return carry


def _whole(operation: Operation, reply: Any) -> web.Response:
    if isinstance(reply, Raw):
        return web.Response(body=reply.content, status=operation.status, headers=_file_headers(reply))
    if operation.reply is Nothing:
        return web.Response(status=204)
    return web.Response(body=msgspec.json.encode(reply), status=operation.status, content_type="application/json")


def _file_headers(reply: Raw | Pieces) -> dict[str, str]:
    headers = {"Content-Type": reply.media_type}
    if reply.filename:
        headers["Content-Disposition"] = f'attachment; filename="{reply.filename}"'
    return headers


async def streamed(request: web.Request, reply: Pieces, name: str, status: int = 200) -> web.StreamResponse:
    """The first piece is awaited before the answer begins: until then a fault can still be told. After that the connection is cut, so that
    nobody takes a part for the whole. ``name``: of what is answered, for the log."""
    pieces: AsyncIterator[bytes] = reply.pieces
    first = await anext(pieces, b"")
    response = web.StreamResponse(status=status, headers=_file_headers(reply))
    await response.prepare(request)
    try:
        await response.write(first)
        async for piece in pieces:
            await response.write(piece)
    except (Fault, StoreUnavailable) as error:
        log.warning("answer cut", operation=name, why=str(error))
        if request.transport is not None:
            request.transport.abort()
        return response
    await response.write_eof()
    return response


async def _who(hub: Hub, operation: Operation, request: web.Request) -> Principal | None:
    """Who asks. Raises ``Unauthorized`` and ``Forbidden``."""
    if operation.permission is None and not operation.any_token:
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Authorization is missing: expected 'Bearer' and a token")
    who = None
    if _TOKEN.fullmatch(token.strip()):
        async with hub.store.connection() as connection:
            who = await people.principal(connection, hashed(token.strip()), hub.now())
    if who is None:
        raise Unauthorized("Authorization: expected a token that is valid; this one is not known, has expired or was revoked")
    permit(operation, who)
    return who


def path_of(match_info: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the path. Raises ``NotFound`` for what no name looks like."""
    for name, value in match_info.items():
        if not re.search(PATH_PATTERNS.get(name, ANY_PATH), value):
            raise NotFound(f"{name} = {value[:100]!r}: there is none of that name")
    return dict(match_info)


def _query(operation: Operation, request: web.Request) -> Any:
    """The parameters of the query as the operation's type. Raises ``BadRequest``."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(operation.query)}
    given: dict[str, str] = {}
    for key, value in request.query.items():
        if key not in fields:
            name = key if key.isascii() and key.isidentifier() else repr(key[:100])
            raise BadRequest(f"{name} = {value[:100]!r}: unknown, expected one of {', '.join(fields) or 'none'}")
        if key in given:
            raise BadRequest(f"{key} is given twice")
        given[key] = value
    try:
        query = msgspec.convert(given, operation.query, strict=False)
        for key, text in given.items():
            _check_read(key, text, getattr(query, fields[key].name))
        check(query)
    except ValueError as error:  # msgspec.ValidationError is one
        raise BadRequest(f"query: {error}") from None
    return query


def _check_read(key: str, text: str, value: Any) -> None:
    """Raise ``ValueError`` for what msgspec reads more into than the description says: the word null, and seconds as a moment."""
    if value is None:
        raise ValueError(f"{text!r}: expected a value, or no {key} at all - at `$.{key}`")
    if isinstance(value, datetime) and "T" not in text.upper():
        raise ValueError(f"{text!r}: expected a moment such as 2027-01-31T08:00:00Z - at `$.{key}`")


def _decoded(decoder: "msgspec.json.Decoder[Any]", content: bytes) -> Any:
    if _NUL.search(content):
        raise BadRequest(r"body: expected text without NUL characters (\u0000)")
    try:
        body = decoder.decode(content)
        check(body)
    except (ValueError, RecursionError) as error:  # msgspec.DecodeError and UnicodeDecodeError are ValueErrors
        raise BadRequest(f"body: {error}") from None
    return body


async def _read(operation: Operation, request: web.Request) -> bytes:
    """The body. Raises ``Unsupported``, ``TooLarge`` and ``TooSlow``."""
    if "Content-Type" in request.headers and request.content_type != operation.takes:
        raise Unsupported(f"Content-Type = {request.content_type[:100]!r}: expected {operation.takes}")
    if request.headers.get("Content-Encoding", "identity") != "identity":  # gateways compress, people's programs have no need to
        raise Unsupported("Content-Encoding: expected a body that is not compressed")
    most = operation.largest
    if (request.content_length or 0) > most:
        raise TooLarge(f"body: expected at most {most} bytes")
    content = bytearray()
    try:
        async with asyncio.timeout(operation.seconds):
            async for chunk in request.content.iter_any():
                content += chunk
                if len(content) > most:
                    raise TooLarge(f"body: expected at most {most} bytes")
    except TimeoutError:
        raise TooSlow(f"body: expected within {operation.seconds:g} s") from None
    except web.RequestPayloadError as error:
        raise BadRequest(f"body: {error}") from None
    return bytes(content)
