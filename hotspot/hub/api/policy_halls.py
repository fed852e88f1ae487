"""What halls are given and how they take it: the effective policy with its origins, roll-outs, files."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.halls import Name
from hotspot.hub.api.operations import Call, Operation, Raw
from hotspot.hub.api.policy import may_edit, visible
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound
from hotspot.hub.policy import publishing, rollouts
from hotspot.hub.policy.merge import key_of, without_secrets
from hotspot.hub.policy.provenance import origins
from hotspot.hub.store import Connection, policies, policy_files, policy_rollouts
from hotspot.hub.store.policies import Document
from hotspot.hub.store.policy_items import Item
from hotspot.hub.store.policy_rollouts import Rollout, Taken

MOST_FILE = 16 * 1024 * 1024
"""Bytes; gateways fetch no more (``hotspot.portal.uplink.link``)."""

MOST_UNUSED = 1024 * 1024 * 1024
"""Bytes of all files that no document names: what uploads by mistake can fill the disk with."""


class Source(Struct, frozen=True, kw_only=True):
    """Who said something."""

    scope: str
    serial: int
    author: str
    at: datetime


class HiddenValue(Source, frozen=True, kw_only=True):
    """A value that one of a lower scope has replaced."""

    value: Any


class PolicyValue(Source, frozen=True, kw_only=True):
    """One value that goes for a hall, and who said it."""

    key: str
    """As ``plans.free.down``."""
    value: Any
    """Keys of voucher batches are left out."""
    removed: bool
    """A ``null`` took away what scopes above say."""
    hides: list[HiddenValue]
    """From above to below."""


class PolicyFile(Struct, frozen=True, kw_only=True):
    """A file that the policy names."""

    name: str
    sha256: str


class HallPolicy(Struct, frozen=True, kw_only=True):
    """What goes for a hall, and where each value comes from."""

    hall: str
    serial: int
    """As its gateways are told it; 0: nothing was ever said."""
    through: int
    """Documents up to this change go for it."""
    values: list[PolicyValue]
    files: list[PolicyFile]


class PolicyInForce(Struct, frozen=True, kw_only=True):
    """How one gateway takes what its hall is given."""

    hall: str
    partner: str
    gateway: str | None
    """None: the hall has none."""
    through: int
    """Documents up to this change go for the hall."""
    wanted: int
    """Serial that its gateways should have."""
    in_force: int
    """Serial that this one has, as it last said."""
    state: str
    """``in force`` | ``waiting`` | ``refused`` | ``none wanted`` | ``no gateway``."""
    error: str
    """Why it was refused."""
    seen_at: datetime | None


class OfPartnerPolicy(Struct, frozen=True, kw_only=True):
    """Whose halls."""

    partner: Name | None = None
    """None: of all partners."""


class PolicyRollout(Struct, frozen=True, kw_only=True):
    """A change that reaches its halls in stages."""

    serial: int
    scopes: list[str]
    state: str
    """``running`` | ``stopped`` | ``finished`` | ``rolled-back``."""
    stage: int
    """The last one that was released, from 1 on."""
    stages: int
    stage_at: datetime | None
    wait: float | None
    """Seconds before the next stage begins by itself; None: by call only."""
    why: str
    """It has stopped."""
    halls: list[str]
    """Halls that it has reached."""
    waiting_for: list[str]
    """Those of them whose gateways have not said that they apply it."""
    to_come: list[list[str]]
    """Halls of the stages that have not begun."""


class WhichRollouts(Struct, frozen=True, kw_only=True):
    """Which roll-outs."""

    unfinished: bool = False
    """Only those that have not reached all of their halls."""


class Uploaded(Struct, frozen=True, kw_only=True):
    """A file was brought."""

    sha256: str
    size: int
    """Bytes."""


# Halls --------------------------------------------------------------------------------------------------------------------------------


async def explain(call: Call) -> HallPolicy:
    """Every value with the scope that says it, the change, who and when, and what it hides."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        hall = await call.hall(connection)
        found = await policies.halls(connection, (), (hall.id,))
        if not found:
            raise NotFound(f"hall = {hall.name!r}: it is closed")
        through = (await publishing.starts(connection, found))[hall.name]
        sources = await publishing.sources(connection, found, through)
        given = await policies.given(connection, hall.id)
    layers = [(_source(layer), without_secrets(table)) for layer, table in sources.layers(hall.name, hall.partner)]
    values = [
        PolicyValue(
            key=key_of(origin.path),
            value=origin.value,
            removed=origin.value is None,
            hides=[HiddenValue(value=hidden.value, **_fields(hidden.source)) for hidden in origin.hides],
            **_fields(origin.source),
        )
        for origin in origins(layers)
    ]
    files = sources.of(hall.name, hall.partner).files
    return HallPolicy(
        hall=hall.name,
        serial=0 if given is None else given.serial,
        through=through,
        values=sorted(values, key=lambda one: one.key),
        files=[PolicyFile(name=name, sha256=digest) for name, digest in files.items()],
    )


def _source(layer: object) -> Source:
    if isinstance(layer, Item):
        return Source(scope=layer.scope, serial=layer.serial, author=layer.made_by, at=layer.made_at)
    assert isinstance(layer, Document)
    return Source(scope=layer.scope, serial=layer.serial, author=layer.author, at=layer.at)


def _fields(source: Source) -> dict[str, Any]:
    return {name: getattr(source, name) for name in Source.__struct_fields__}


async def list_in_force(call: Call) -> list[PolicyInForce]:
    """All halls: what each should have, what its gateway has, and why not."""
    query: OfPartnerPolicy = call.query
    async with call.hub.store.connection() as connection:
        return [_in_force(one) for one in await policy_rollouts.taken(connection, call.within(query.partner))]


def _in_force(one: Taken) -> PolicyInForce:
    refused = bool(one.wanted) and one.refused == one.wanted
    if one.gateway is None:
        state = "no gateway"
    elif refused:
        state = "refused"
    elif not one.wanted:
        state = "none wanted"
    else:
        state = "in force" if one.in_force == one.wanted else "waiting"
    return PolicyInForce(
        hall=one.hall,
        partner=one.partner,
        gateway=one.gateway,
        through=one.through,
        wanted=one.wanted,
        in_force=one.in_force,
        state=state,
        error=one.error if refused else "",
        seen_at=one.seen_at,
    )


# Roll-outs ----------------------------------------------------------------------------------------------------------------------------


async def list_rollouts(call: Call) -> list[PolicyRollout]:
    """The newest first."""
    query: WhichRollouts = call.query
    async with call.hub.store.transaction(snapshot=True) as connection:
        found = await policy_rollouts.rollouts(connection, query.unfinished)
        return [await _rollout(call, connection, one) for one in found if await visible(call, connection, one.scopes)]


async def show_rollout(call: Call) -> PolicyRollout:
    """One roll-out, and which halls it waits for."""
    async with call.hub.store.connection() as connection:
        return await _rollout(call, connection, await _found(call, connection))


async def advance_rollout(call: Call) -> PolicyRollout:
    """The next stage begins, whatever the gateways of the stages before have said; also of a roll-out that had stopped."""
    async with call.hub.store.transaction() as connection:
        await policies.lock(connection)
        found = await _unfinished(call, connection)
        await rollouts.advance(connection, found, call.actor, call.hub.now())
        return await _rollout(call, connection, await _found(call, connection))


async def stop_rollout(call: Call) -> PolicyRollout:
    """No further stage begins by itself. Halls that have the change keep it: to take it back, roll the change back."""
    async with call.hub.store.transaction() as connection:
        await policies.lock(connection)
        await rollouts.stop(connection, await _unfinished(call, connection), call.actor, f"by {call.actor}")
        return await _rollout(call, connection, await _found(call, connection))


async def _found(call: Call, connection: Connection) -> Rollout:
    text = call.path["serial"]
    found = await policy_rollouts.rollout(connection, int(text)) if text.isascii() and text.isdecimal() and len(text) < 18 else None
    if found is None or not await visible(call, connection, found.scopes):
        raise NotFound(f"serial = {text!r}: expected the serial of a change that reaches its halls in stages")
    return found


async def _unfinished(call: Call, connection: Connection) -> Rollout:
    """Raises ``NotFound``, ``Forbidden`` and ``Conflict``."""
    found = await _found(call, connection)
    await may_edit(call, connection, found.scopes)
    if not found.unfinished:
        raise Conflict(f"the roll-out of change {found.serial} is {found.state}: expected one that has not reached all of its halls")
    return found


async def _rollout(call: Call, connection: Connection, found: Rollout) -> PolicyRollout:
    taken = [one for one in await policy_rollouts.taken_of_rollout(connection, found.serial) if call.who.sees(one.partner)]
    coming = await policy_rollouts.to_come(connection, found.serial, call.who.partner)
    own = call.who.partner is None or all(text != "host" for text in found.scopes)
    return PolicyRollout(
        serial=found.serial,
        scopes=await visible(call, connection, found.scopes),
        state=found.state,
        stage=found.stage,
        stages=found.stages,
        stage_at=found.stage_at,
        wait=found.wait,
        why=found.why if own else "",  # it names halls of others
        halls=list(dict.fromkeys(one.hall for one in taken)),
        waiting_for=list(rollouts.waiting_for(taken)),
        to_come=coming if found.unfinished else [],
    )


# Files --------------------------------------------------------------------------------------------------------------------------------


async def upload(call: Call) -> Uploaded:
    """Bring a file that a document is to name. One that no document names within a day is forgotten."""
    content: bytes = call.body
    if not content:
        raise BadRequest("body: expected the content of a file")
    digest = sha256(content).hexdigest()
    async with call.hub.store.transaction() as connection:
        if await policy_files.unused_bytes(connection) + len(content) > MOST_UNUSED:
            raise Conflict(f"expected at most {MOST_UNUSED} bytes of files that no document names: use some, or wait a day")
        await policy_files.put(connection, digest, content, call.hub.now())
    return Uploaded(sha256=digest, size=len(content))


async def download(call: Call) -> Raw:
    """A file that a document names, or has named."""
    digest = call.path["sha256"]
    async with call.hub.store.connection() as connection:
        hidden = call.who.partner is not None and not await policy_files.is_visible(connection, digest, call.who.partner)
        content = None if hidden else await policy_files.content(connection, digest)
    if content is None:
        raise NotFound(f"sha256 = {digest!r}: expected the SHA-256 of a file of the policy")
    return Raw(content, "application/octet-stream", digest)


_SEE, _EDIT = Permission.SEE, Permission.EDIT
OPERATIONS = (
    Operation(
        name="explainHallPolicy", method="GET", path="/halls/{hall}/policy", summary="What goes for a hall, and where it comes from",
        subject="policy", permission=_SEE, handler=explain, reply=HallPolicy,
    ),
    Operation(
        name="listPolicyInForce", method="GET", path="/policy/halls", summary="Which hall has which policy", subject="policy",
        permission=_SEE, handler=list_in_force, query=OfPartnerPolicy, reply=list[PolicyInForce],
    ),
    Operation(
        name="listRollouts", method="GET", path="/policy/rollouts", summary="Changes that reach their halls in stages", subject="policy",
        permission=_SEE, handler=list_rollouts, query=WhichRollouts, reply=list[PolicyRollout],
    ),
    Operation(
        name="showRollout", method="GET", path="/policy/rollouts/{serial}", summary="One roll-out", subject="policy",
        permission=_SEE, handler=show_rollout, reply=PolicyRollout,
    ),
    Operation(
        name="advanceRollout", method="POST", path="/policy/rollouts/{serial}/advance", summary="The next stage begins", subject="policy",
        permission=_EDIT, handler=advance_rollout, reply=PolicyRollout, faults=(Conflict,),
    ),
    Operation(
        name="stopRollout", method="POST", path="/policy/rollouts/{serial}/stop", summary="No further stage begins", subject="policy",
        permission=_EDIT, handler=stop_rollout, reply=PolicyRollout, faults=(Conflict,),
    ),
    Operation(
        name="uploadPolicyFile", method="POST", path="/policy/files", summary="Bring a file", subject="policy",
        permission=_EDIT, handler=upload, body=bytes, takes="application/octet-stream", reply=Uploaded, status=201, largest=MOST_FILE,
        seconds=300.0, faults=(Conflict,),
    ),
    Operation(
        name="downloadPolicyFile", method="GET", path="/policy/files/{sha256}", summary="A file of the policy", subject="policy",
        permission=_SEE, handler=download, reply=Raw, media_type="application/octet-stream",
    ),
)  # fmt: skip
