"""The description of the API: valid, complete, in the words of the code, and the one that is checked in."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from openapi_spec_validator import OpenAPIV31SpecValidator

from hotspot.hub.access import Permission
from hotspot.hub.api import openapi
from hotspot.hub.api.operations import Call, Nothing, Operation, Pieces, Raw
from hotspot.hub.api.table import ALL

CHECKED_IN = Path(__file__).parents[3] / "docs" / "openapi.json"


class Wanted(Struct, frozen=True, kw_only=True):
    """Which ones."""

    name: Annotated[str, Meta(max_length=3)] | None = None
    """``abc``, or none."""
    limit: Annotated[int, Meta(ge=1)] = 5


class Thing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A thing."""

    kind: Permission
    """What may be done
    with it."""
    note: str | UnsetType = UNSET


async def handler(call: Call) -> None:
    """At once, or ``not`` at all."""


def operation(**more: Any) -> Operation:
    """One of these tests."""
    return Operation(
        **{"name": "do", "method": "GET", "path": "/do", "summary": "Do", "subject": "do", "permission": None, "handler": handler, **more}
    )


def test_it_is_valid() -> None:
    """By the rules of OpenAPI 3.1."""
    assert [error.message for error in OpenAPIV31SpecValidator(msgspec.json.decode(openapi.text())).iter_errors()] == []


def test_the_one_that_is_checked_in_is_current() -> None:
    """``docs/openapi.json`` is what the code says: else ``hotspot hub openapi --output docs/openapi.json``."""
    assert CHECKED_IN.read_text(encoding="utf-8") == openapi.text()


def test_names_are_given_once() -> None:
    """Each operation has a name and a path of its own."""
    assert len({one.name for one in ALL}) == len({(one.method, one.path) for one in ALL}) == len(ALL)


def test_types_have_names_of_their_own() -> None:
    """No two types share a name: the description would show where in the code they stand."""
    assert [name for name in openapi.description()["components"]["schemas"] if "." in name] == []


def test_everything_is_described() -> None:
    """Summaries, descriptions of operations and of types, and what a tag is about, are said in words."""
    found = openapi.description()
    silent = [tag["name"] for tag in found["tags"] if tag["description"] == tag["name"]]
    silent += [name for name, schema in found["components"]["schemas"].items() if not schema.get("description")]
    for methods in found["paths"].values():
        silent += [one["operationId"] for one in methods.values() if len(one["description"].split("\n")[0]) < 4 or not one["summary"]]
    assert silent == []


def test_a_query() -> None:
    """Fields are parameters with their words; null is not said, as a query has none."""
    (found,) = openapi.description([operation(query=Wanted)])["paths"]["/do"].values()
    assert found["parameters"] == [
        {"name": "name", "in": "query", "required": False, "description": "`abc`, or none.", "schema": {"type": "string", "maxLength": 3}},
        {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 1, "default": 5}},
    ]


def test_a_body_and_who_may() -> None:
    """Types stand in the components with the words below their fields; the operation says its permission and what it may answer."""
    found = openapi.description(
        [operation(method="POST", path="/do/{hall}", body=Thing, permission=Permission.EDIT, host_only=True, status=204)]
    )
    thing = found["components"]["schemas"]["Thing"]
    assert (thing["description"], thing["properties"]["kind"]["description"]) == ("A thing.", "What may be done with it.")
    assert (thing["required"], thing["additionalProperties"]) == (["kind"], False)
    assert "- `see`: Halls, figures" in found["components"]["schemas"]["Permission"]["description"]
    post = found["paths"]["/do/{hall}"]["post"]
    assert post["description"] == "At once, or `not` at all.\n\nFor the host's people only.\n\nPermission: `edit`."
    assert [parameter["name"] for parameter in post["parameters"]] == ["hall"]
    assert sorted(post["responses"]) == ["204", "400", "401", "403", "404", "408", "409", "413", "415", "503"]
    assert sorted(found["components"]["schemas"]) == ["Permission", "Problem", "Thing"]


def test_files() -> None:
    """What is no JSON says its media type; bodies of bytes too."""
    files = [
        operation(reply=Raw, media_type="text/plain; charset=utf-8"),
        operation(name="send", method="PUT", body=bytes, takes="image/png", reply=Pieces, media_type="application/zip"),
    ]
    get, put = openapi.description(files)["paths"]["/do"].values()
    assert get["responses"]["200"]["content"] == {"text/plain": {"schema": {}}}
    assert put["requestBody"]["content"] == {"image/png": {"schema": {}}}
    assert put["responses"]["200"]["content"] == {"application/zip": {"schema": {}}}
    assert (get["security"], Nothing().__struct_fields__) == ([], ())


def test_it_is_the_same_each_time() -> None:
    """The text does not depend on the order of sets."""
    assert msgspec.json.decode(openapi.text()) == msgspec.json.decode(msgspec.json.encode(openapi.description()))
