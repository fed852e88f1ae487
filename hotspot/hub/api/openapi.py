"""The description of the API (OpenAPI 3.1), made from the table of operations and from the types that carry their requests and answers.

The texts are those of the code: summaries, docstrings of the handlers, of the types, and below each field.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec import Struct

from hotspot.hub.api.operations import ANY_PATH, PATH_PATTERNS, Nothing, Operation, Pieces, Raw
from hotspot.hub.api.problems import (
    BadRequest,
    Conflict,
    Fault,
    Forbidden,
    NotFound,
    Problem,
    TooLarge,
    TooSlow,
    Unauthorized,
    Unavailable,
    Unsupported,
)
from hotspot.hub.api.table import ALL
from hotspot.hub.api.web import BASE

_REF: Final = "#/components/schemas/{name}"
_TAGS: Final = {
    "description": "This text.",
    "me": "Whose token is it: log in, passwords, tokens of one's own.",
    "users": "Who may work with the hub.",
    "audit": "Who changed what and when.",
    "partners": "The towns that take part.",
    "halls": "Their town halls.",
    "gateways": "The boxes in the halls: enrolment, state, credentials.",
    "certificates": "Of the halls' portals: names, state, another one now, revocation.",
    "orders": "What a gateway is to do now.",
    "figures": "How many visitors came, how long, how much.",
    "reports": "A town's month, for people who decide.",
    "alarms": "What staff should know.",
    "channels": "Who is told of alarms.",
    "feedback": "What visitors told the towns.",
    "data protection": "What is stored, handed over, erased.",
    "policy": "What the halls are told: plans, hours, terms, pages, themes, services; documents of host, partner, hall and zone.",
    "vouchers": "Codes for visitors, by hall.",
    "blocks": "The block list, entry by entry.",
    "printing": "The names of the Wi-Fi, posters and vouchers on paper.",
}
_ABOUT: Final = """\
Every function of the hub. All but a few operations want a token (`Authorization: Bearer hst_…`): from `POST /login`, for programs from
`POST /me/tokens`. What a token can do follows from its user's role and its own permissions: `x-permission` names what an operation asks
for, `x-host-only` says that a partner's people have no part in it. What belongs to another partner is answered 404, as if it were
not there.

Errors are `application/problem+json` (RFC 9457). Requests that are no HTTP, or whose header is larger than 8 KiB, are answered 400 in plain
text. Moments are RFC 3339 with an offset, lists are sorted; what is not described is refused. Nothing here names a visitor."""


_Schema = dict[str, Any]


def text(operations: Iterable[Operation] = ALL) -> str:
    """The description as a file: the same for the same code."""
    return msgspec.json.format(msgspec.json.encode(description(operations)), indent=1).decode() + "\n"


def description(operations: Iterable[Operation] = ALL) -> dict[str, Any]:
    """The whole description as JSON-able values."""
    operations = tuple(operations)
    schemas = _Schemas([Problem, *(kind for operation in operations for kind in _kinds(operation))])
    paths: dict[str, _Schema] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    faults = sorted({fault for operation in operations for fault in _faults(operation)}, key=lambda fault: (fault.status, fault.__name__))
    responses = {fault.__name__: _fault(fault) for fault in faults}
    subjects = dict.fromkeys(operation.subject for operation in operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hotspot hub", "version": "1", "description": _ABOUT, "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
        "servers": [{"url": BASE}],
        "tags": [{"name": subject, "description": _TAGS.get(subject, subject)} for subject in subjects],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas.reachable([paths, responses]),
            "responses": responses,
        },
    }


# Operations -------------------------------------------------------------------------------------------------------------------------


def _kinds(operation: Operation) -> list[Any]:
    """The types of what goes in and comes out as JSON."""
    body = [] if operation.body in (None, bytes) else [operation.body]
    reply = [] if operation.reply in (Nothing, Raw, Pieces) else [operation.reply]
    return [operation.query, *body, *reply]


def _operation(operation: Operation, schemas: "_Schemas") -> _Schema:
    said = [_markdown(inspect.getdoc(operation.handler) or "")]
    if operation.host_only:
        said.append("For the host's people only.")
    if operation.permission is not None:
        said.append(f"Permission: `{operation.permission.value}`.")
    found: _Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": "\n\n".join(filter(None, said)),
        "tags": [operation.subject],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation, schemas)],
    }
    if operation.permission is not None:
        found["x-permission"] = operation.permission.value
        found["x-host-only"] = operation.host_only
    elif not operation.any_token:
        found["security"] = []
    if operation.body is not None:
        schema = {} if operation.body is bytes else schemas.of(operation.body)
        found["requestBody"] = {"required": True, "content": {operation.takes: {"schema": schema}}}
    found["responses"] = {f"{operation.status}": _success(operation, schemas)}
    for fault in _faults(operation):
        found["responses"][f"{fault.status}"] = {"$ref": f"#/components/responses/{fault.__name__}"}
    return found


def _success(operation: Operation, schemas: "_Schemas") -> _Schema:
    if operation.reply is Nothing:
        return {"description": "Done."}
    if operation.reply in (Raw, Pieces):
        return {"description": "A file.", "content": {operation.media_type.partition(";")[0]: {"schema": {}}}}
    return {"description": "Done.", "content": {"application/json": {"schema": schemas.of(operation.reply)}}}


def _path_parameters(operation: Operation) -> list[_Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": PATH_PATTERNS.get(name, ANY_PATH)}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]


def _query_parameters(operation: Operation, schemas: "_Schemas") -> list[_Schema]:
    found = []
    for name, schema in schemas.properties(operation.query).items():
        parameter: _Schema = {"name": name, "in": "query", "required": False}
        if said := schema.pop("description", ""):
            parameter["description"] = said
        some = [one for one in schema.pop("anyOf", []) if one.get("type") != "null"]  # a query has no null: it is not said at all
        if schema.get("default", 0) is None:
            del schema["default"]
        parameter["schema"] = {**schema, **(some[0] if len(some) == 1 else {"anyOf": some} if some else {})}
        found.append(parameter)
    return found


def _faults(operation: Operation) -> list[type[Fault]]:
    """What it may answer beside success, by what it takes, and what it says itself."""
    found: set[type[Fault]] = {BadRequest, *operation.faults}
    if operation.permission is not None:
        found |= {Unauthorized, Forbidden}
    if operation.any_token:
        found |= {Unauthorized}
    if operation.permission is not None or operation.any_token or operation.body is not None:
        found |= {Unavailable}
    if "{" in operation.path or operation.permission is not None:
        found |= {NotFound}
    if operation.body is not None:
        found |= {TooSlow, TooLarge, Unsupported}
    if operation.method != "GET" and operation.permission is not None:
        found |= {Conflict}
    by_status = {fault.status: fault for fault in sorted(found, key=lambda fault: fault.__name__)}
    return [by_status[status] for status in sorted(by_status)]


def _fault(fault: type[Fault]) -> _Schema:
    headers = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}} if fault.status in (429, 503) else {}
    content = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {"description": _markdown(inspect.getdoc(fault) or fault.title), "content": content, **({"headers": headers} if headers else {})}


# Types ------------------------------------------------------------------------------------------------------------------------------


class _Schemas:
    """JSON Schema of many types, with the words of the code."""

    def __init__(self, kinds: list[Any]) -> None:
        classes = list(dict.fromkeys(found for kind in kinds for found in _classes(msgspec.inspect.type_info(kind), set())))
        wanted = [*kinds, *classes]
        found, self._components = _named_shortly(*msgspec.json.schema_components(wanted, ref_template=_REF))
        self._of = {_key(kind): schema for kind, schema in zip(wanted, found, strict=True)}
        for one in classes:
            _describe(self._components[_named(self._of[_key(one)])], one)

    def of(self, kind: Any) -> _Schema:
        """Schema of a type that was given."""
        return self._of[_key(kind)]

    def properties(self, kind: type[Struct]) -> dict[str, _Schema]:
        """Schemas of a type's fields, to be changed at will."""
        return {name: dict(schema) for name, schema in self._components[_named(self.of(kind))].get("properties", {}).items()}

    def reachable(self, values: list[Any]) -> dict[str, _Schema]:
        """The components that are named in these values, or in each other, by name."""
        found: dict[str, _Schema] = {}
        while values:
            for name in _REFERENCE.findall(msgspec.json.encode(values.pop()).decode()):
                if name not in found:
                    found[name] = self._components[name]
                    values.append(found[name])
        return dict(sorted(found.items()))


def _named_shortly(schemas: tuple[_Schema, ...], components: dict[str, _Schema]) -> tuple[list[_Schema], dict[str, _Schema]]:
    """Types that share a name are named with their whole module by msgspec: ``OrdersBlock`` instead of ``hotspot.hub.api.orders.Block``."""
    text = msgspec.json.encode((schemas, components)).decode()
    for name in components:
        if "." in name:
            module, kind = name.split(".")[-2:]
            text = re.sub(rf'(["/]){re.escape(name)}"', rf'\1{module.title().replace("_", "")}{kind}"', text)
    return msgspec.json.decode(text, type=tuple[list[_Schema], dict[str, _Schema]])


_REFERENCE: Final = re.compile(r'"#/components/schemas/([\w.-]+)"')


def _key(kind: Any) -> Any:
    return kind if isinstance(kind, type) else repr(kind)


def _named(schema: _Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _classes(info: msgspec.inspect.Type, known: set[type]) -> list[type]:
    """Every Struct and Enum in a type."""
    found: list[type] = []
    own = getattr(info, "cls", None)
    if isinstance(own, type) and isinstance(info, msgspec.inspect.StructType | msgspec.inspect.EnumType):
        if own in known:
            return []
        known.add(own)
        found.append(own)
    inner = [field.type for field in getattr(info, "fields", ())]
    inner += [getattr(info, name) for name in ("type", "item_type", "key_type", "value_type") if hasattr(info, name)]
    inner += [*getattr(info, "item_types", ()), *getattr(info, "types", ())]
    return found + [one for each in inner for one in _classes(each, known)]


def _describe(schema: _Schema, kind: type) -> None:
    """Put the words of a class and of its fields (or values) into its schema."""
    schema["description"] = _markdown(inspect.getdoc(kind) or "")
    words = {name: said for parent in reversed(kind.__mro__) for name, said in _field_words(parent).items()}
    if "enum" in schema:
        values = {member.value: words[member.name] for member in kind if member.name in words}  # type: ignore[attr-defined]
        schema["description"] += "".join(f"\n- `{value}`: {said}" for value, said in values.items())
        return
    for name, property_ in schema.get("properties", {}).items():
        if name in words:
            property_["description"] = words[name]


@cache
def _field_words(kind: type) -> Mapping[str, str]:
    """The docstrings below the fields of a class; they are in its source only."""
    if not issubclass(kind, Struct | Enum) or kind.__module__ in ("msgspec", "enum"):
        return {}
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, after in pairwise(definition.body):
        match after, field:
            case ast.Expr(value=ast.Constant(value=str(said))), ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]):
                found[name] = _markdown(inspect.cleandoc(said))
    return found


def _markdown(words: str) -> str:
    """Docstrings mark code with two backquotes, Markdown with one."""
    return " ".join(words.replace("``", "`").split("\n")) if "\n\n" not in words else words.replace("``", "`")
