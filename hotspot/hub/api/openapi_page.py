"""The description of the API, for programs that read it from the hub."""

from functools import cache

from hotspot.hub.api.operations import Call, Operation, Raw


@cache
def _text() -> bytes:
    from hotspot.hub.api.openapi import text  # which reads the table that this module is in

    return text().encode()


async def show(_: Call) -> Raw:
    """This text, made from the types that the hub works with."""
    return Raw(_text(), "application/json")


OPERATIONS = (
    Operation(
        name="describe", method="GET", path="/openapi.json", summary="The description of this API (OpenAPI 3.1)", subject="description",
        permission=None, handler=show, reply=Raw, media_type="application/json",
    ),
)  # fmt: skip
