"""The policy: what the city and its partners want of the halls, as documents by scope.

``scopes`` says whose document it is, ``documents`` what one may hold, ``merge`` how they lie over each other, ``sources`` puts them
together for a hall, ``provenance`` says where a value comes from, ``difference`` what a change changes, ``rollout`` which hall is in which
stage: all of it pure. ``changes`` checks, applies and rolls back, ``rollouts`` brings changes to halls in stages, ``items`` adds vouchers
and entries of the block list one by one, ``publishing`` keeps what each hall is given.

What gateways need is here.
"""

from collections.abc import Collection
from datetime import UTC, datetime

from hotspot import wire
from hotspot.hub.policy import publishing
from hotspot.hub.store import Connection, policies, policy_files
from hotspot.hub.store.tenants import Gateway


async def for_gateway(connection: Connection, gateway: Gateway) -> wire.Policy:
    """All that the hub wants of a gateway; serial 0 and empty while nothing was ever said."""
    given = await _given(connection, gateway.hall_id)
    return wire.Policy(serial=0) if given is None else wire.Policy(serial=given.serial, settings=given.settings, files=given.files)


async def serial(connection: Connection, gateway: Gateway) -> int:
    """Of what a gateway should have; 0: nothing was ever said."""
    return (await serials(connection, [gateway.id])).get(gateway.id, 0)


async def serials(connection: Connection, gateway_ids: Collection[int]) -> dict[int, int]:
    """The same for many, by the gateway's id."""
    found = await policies.serials(connection, gateway_ids)
    new = [gateway for gateway, serial in found.items() if serial is None]
    if new and await policies.is_any(connection):
        for hall in await policies.halls_of_gateways(connection, new):
            await _given(connection, hall)
        found = await policies.serials(connection, gateway_ids)
    return {gateway: serial or 0 for gateway, serial in found.items()}


async def file(connection: Connection, gateway: Gateway, digest: str) -> bytes | None:
    """A file that the policy of this gateway names; None: it names no such file."""
    return await policy_files.of_hall(connection, gateway.hall_id, digest)


async def file_size(connection: Connection, gateway: Gateway, digest: str) -> int | None:
    """Its bytes, without reading it; None: the policy names no such file."""
    return await policy_files.size_of_hall(connection, gateway.hall_id, digest)


async def file_part(connection: Connection, gateway: Gateway, digest: str, start: int, length: int) -> bytes:
    """A part of it, for one that is too large to be held for every gateway at once."""
    return await policy_files.part_of_hall(connection, gateway.hall_id, digest, start, length)


async def _given(connection: Connection, hall_id: int) -> policies.Given | None:
    given = await policies.given(connection, hall_id)
    if given is None and await policies.is_any(connection):
        async with connection.transaction():
            await publishing.begin(connection, hall_id, datetime.now(UTC))
        given = await policies.given(connection, hall_id)
    return given
