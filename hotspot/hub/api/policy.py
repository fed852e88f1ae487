"""The policy's documents: read, checked, changed, taken back, and who changed what."""

from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest, Conflict, Forbidden, NotFound, Unprocessable
from hotspot.hub.policy import changes
from hotspot.hub.policy.difference import Difference, differences
from hotspot.hub.policy.rollout import MOST_STAGES, Stage
from hotspot.hub.policy.scopes import PATTERN, Level, Scope, parse
from hotspot.hub.store import Connection, policies
from hotspot.hub.store.policies import Place

ScopeText = Annotated[str, Meta(pattern=PATTERN, max_length=100)]
FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$(?!\n)")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Serial = Annotated[int, Meta(ge=0, le=2**53)]
Note = Annotated[str, Meta(max_length=500)]
MOST_WAIT: Final = 30 * 86_400


class PolicyDocument(Struct, frozen=True, kw_only=True):
    """What is said in one scope, in the shape of portal.toml."""

    scope: str
    serial: int
    """Of the change that made this version; 0: nothing was ever said here."""
    document: dict[str, Any]
    files: dict[str, str]
    """Name, as the document says it, and SHA-256."""
    author: str | None
    at: datetime | None
    note: str


class WhichDocument(Struct, frozen=True, kw_only=True):
    """Which document."""

    scope: ScopeText = "host"
    """``host`` | ``partner/<name>`` | ``hall/<name>`` | ``zone/<hall>/<zone>``."""
    serial: Serial | None = None
    """As it was after this change; left out: as it is."""


class NewPolicyDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole new version of a document."""

    scope: ScopeText
    base: Serial | None = None
    """``serial`` of the version that was edited: when there is a newer one, nothing is changed. Left out: whatever there is."""
    document: dict[str, Any]
    """Tables are merged with those of the scopes above, everything else replaces what they say, ``null`` removes it."""
    files: Annotated[dict[FileName, Digest], Meta(max_length=100)] = {}
    """The files that it names; each must have been brought by ``POST /policy/files``."""


class PolicyProposal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Documents that are to be changed together."""

    documents: Annotated[tuple[NewPolicyDocument, ...], Meta(min_length=1, max_length=50)]


class NewPolicyChange(PolicyProposal, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Documents that are changed together, and how the change reaches the halls."""

    note: Note = ""
    """Why, for those who read the history."""
    stages: Annotated[tuple[Stage, ...], Meta(max_length=MOST_STAGES)] | None = None
    """Some halls first; the last stage, all that are left, need not be named. Left out: all halls at once."""
    wait: Annotated[float, Meta(ge=0, le=MOST_WAIT)] | None = None
    """Seconds after which the next stage begins by itself, as soon as every gateway has said that it applies the change. Left out: by
    call."""


class HallCheck(Struct, frozen=True, kw_only=True):
    """What a change would do to one hall."""

    hall: str
    partner: str
    objection: str
    """Why its gateway would refuse: key, value and what was expected; empty: it would not."""
    differences: tuple[Difference, ...]


class PolicyCheck(Struct, frozen=True, kw_only=True):
    """What a change would do. Nothing was stored."""

    valid: bool
    objections: tuple[str, ...]
    """To the documents themselves: key, value and what was expected."""
    conflict: str
    """Why it cannot be applied at this moment; empty: it can."""
    halls: list[HallCheck]
    """Halls that would be given something else, and those whose gateways would refuse."""


class PolicyChanged(Struct, frozen=True, kw_only=True):
    """A change was made."""

    serial: int
    halls: int
    """Halls that it is for."""
    given: int
    """Halls that are given something else now; in stages: those of the first one."""
    staged: bool


class RollBack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take a change back."""

    note: Note = ""


class DocumentChange(Struct, frozen=True, kw_only=True):
    """What a change did to one document."""

    scope: str
    differences: tuple[Difference, ...]


class PolicyChange(Struct, frozen=True, kw_only=True):
    """One change."""

    serial: int
    at: datetime
    author: str
    note: str
    kind: str
    """``documents`` | ``rollback`` | ``item`` (a batch of vouchers or an entry of the block list was added or withdrawn)."""
    rolls_back: int | None
    scopes: list[str]
    documents: list[DocumentChange]


class WhichChanges(Struct, frozen=True, kw_only=True):
    """Which changes."""

    scope: ScopeText | None = None
    before: Serial | None = None
    """Older ones than this."""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


# Who may ------------------------------------------------------------------------------------------------------------------------------


async def resolved(call: Call, connection: Connection, text: str, *, edit: bool = False) -> tuple[Scope, Place]:
    """A scope that the user may see (or ``edit``) and where its rows belong. Raises ``BadRequest``, ``NotFound`` and ``Forbidden``."""
    try:
        scope, place = await changes.locate(connection, parse(text))
    except ValueError as error:
        raise BadRequest(f"scope = {text!r}: {error}") from None
    except changes.Unknown:
        raise NotFound(f"scope = {text!r}: expected the name of a partner or a hall") from None
    if scope.level is Level.HOST:
        if edit and call.who.partner is not None:
            raise Forbidden("scope = 'host': expected a scope of your own; what is the host's, its people change")
    elif not call.who.sees(scope.partner):
        raise NotFound(f"scope = {text!r}: expected the name of a partner or a hall")
    return scope, place


async def visible(call: Call, connection: Connection, scopes: tuple[str, ...]) -> list[str]:
    """Those of the scopes that this user may see."""
    if call.who.partner is None:
        return list(scopes)
    found = []
    for text in scopes:
        try:
            await resolved(call, connection, text)
        except NotFound:
            continue
        found.append(text)
    return found


async def may_edit(call: Call, connection: Connection, scopes: tuple[str, ...]) -> None:
    """Raises ``Forbidden`` for a user who may not edit all of these scopes; it does not say whose the others are."""
    if len(await visible(call, connection, scopes)) < len(scopes):
        raise Forbidden("this change is not of your own scopes only: expected one of the host's people to do that")
    for text in scopes:
        await resolved(call, connection, text, edit=True)


# Documents ----------------------------------------------------------------------------------------------------------------------------


async def show_document(call: Call) -> PolicyDocument:
    """One scope's own words, without what is inherited."""
    query: WhichDocument = call.query
    async with call.hub.store.connection() as connection:
        scope, _ = await resolved(call, connection, query.scope)
        found = await policies.document(connection, scope.text, query.serial)
    if found is None:
        return PolicyDocument(scope=scope.text, serial=0, document={}, files={}, author=None, at=None, note="")
    return PolicyDocument(**{name: getattr(found, name) for name in PolicyDocument.__struct_fields__})


async def check_policy(call: Call) -> PolicyCheck:
    """The difference for every hall, and every objection of the gateways' own reader, without changing anything."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        found = await changes.check(connection, await _wanted(call, connection))
    halls = [HallCheck(hall=one.hall, partner=one.partner, objection=one.objection, differences=one.differences) for one in found.halls]
    return PolicyCheck(valid=not found.all_objections, objections=found.objections, conflict=found.conflict, halls=halls)


async def change_policy(call: Call) -> PolicyChanged:
    """The change is checked as by ``POST /policy/check``, stored with a new serial, and halls that are to have it are told at once."""
    body: NewPolicyChange = call.body
    if body.wait is not None and body.stages is None:
        raise BadRequest("wait: expected stages beside it")
    async with call.hub.store.transaction() as connection:
        wanted = await _wanted(call, connection)
        try:
            done = await changes.apply(connection, wanted, call.actor, body.note, call.hub.now(), body.stages, body.wait)
        except changes.NotValid as error:
            raise Unprocessable(str(error)) from None
        except changes.Outdated as error:
            raise Conflict(str(error)) from None
    return _changed(done)


async def _wanted(call: Call, connection: Connection) -> list[changes.Wanted]:
    body: PolicyProposal = call.body
    wanted: list[changes.Wanted] = []
    for one in body.documents:
        scope, place = await resolved(call, connection, one.scope, edit=True)
        if any(other.scope == scope for other in wanted):
            raise BadRequest(f"documents: {one.scope} is there twice")
        wanted.append(changes.Wanted(scope=scope, place=place, base=one.base, document=one.document, files=one.files))
    return wanted


def _changed(done: changes.Applied) -> PolicyChanged:
    return PolicyChanged(serial=done.serial, halls=done.halls, given=done.given, staged=done.rollout)


# History ------------------------------------------------------------------------------------------------------------------------------


async def list_changes(call: Call) -> list[PolicyChange]:
    """The newest first, with what each did to the documents."""
    query: WhichChanges = call.query
    async with call.hub.store.transaction(snapshot=True) as connection:
        if query.scope is not None:
            await resolved(call, connection, query.scope)
        found = await policies.changes(connection, query.scope, call.who.partner, query.before, query.limit)
        return [await _change(call, connection, one) for one in found]


async def show_change(call: Call) -> PolicyChange:
    """One change."""
    async with call.hub.store.connection() as connection:
        return await _change(call, connection, await _found(call, connection))


async def _change(call: Call, connection: Connection, found: policies.Change) -> PolicyChange:
    scopes = await visible(call, connection, found.scopes)
    documents = [
        DocumentChange(scope=after.scope, differences=differences(_whole(before), _whole(after)))
        for after, before in await policies.documents_of(connection, found.serial)
        if after.scope in scopes
    ]
    own = len(scopes) == len(found.scopes)
    return PolicyChange(
        serial=found.serial,
        at=found.at,
        author=found.author,
        note=found.note if own else "",  # it may speak of others
        kind=found.kind,
        rolls_back=found.rolls_back,
        scopes=scopes,
        documents=documents,
    )


def _whole(document: policies.Document | None) -> dict[str, Any]:
    if document is None:
        return {}
    return {**document.document, "files": document.files} if document.files else document.document


async def _found(call: Call, connection: Connection) -> policies.Change:
    """The change of the path. Raises ``NotFound``, also when nothing of it is this user's business."""
    text = call.path["serial"]
    found = await policies.change(connection, int(text)) if text.isascii() and text.isdecimal() and len(text) < 18 else None
    if found is None or not await visible(call, connection, found.scopes):
        raise NotFound(f"serial = {text!r}: expected the serial of a change")
    return found


async def roll_back(call: Call) -> PolicyChanged:
    """Its documents are as before it again, in all halls at once, under a new serial; if the change is still on its way to the halls, that
    ends. It must be the last change of its documents."""
    body: RollBack = call.body
    async with call.hub.store.transaction() as connection:
        found = await _found(call, connection)
        await may_edit(call, connection, found.scopes)
        try:
            done = await changes.roll_back(connection, found.serial, call.actor, body.note, call.hub.now())
        except changes.NotValid as error:
            raise Unprocessable(str(error)) from None
        except changes.Outdated as error:
            raise Conflict(str(error)) from None
    return _changed(done)


_SEE, _EDIT = Permission.SEE, Permission.EDIT
OPERATIONS = (
    Operation(
        name="showPolicyDocument", method="GET", path="/policy/document", summary="What one scope says", subject="policy",
        permission=_SEE, handler=show_document, query=WhichDocument, reply=PolicyDocument, faults=(NotFound,),
    ),
    Operation(
        name="checkPolicy", method="POST", path="/policy/check", summary="What a change would do, hall by hall", subject="policy",
        permission=_EDIT, handler=check_policy, body=PolicyProposal, reply=PolicyCheck, faults=(NotFound,),
    ),
    Operation(
        name="changePolicy", method="POST", path="/policy/changes", summary="Change documents", subject="policy",
        permission=_EDIT, handler=change_policy, body=NewPolicyChange, reply=PolicyChanged, status=201,
        faults=(NotFound, Conflict, Unprocessable),
    ),
    Operation(
        name="listPolicyChanges", method="GET", path="/policy/changes", summary="Who changed what", subject="policy",
        permission=_SEE, handler=list_changes, query=WhichChanges, reply=list[PolicyChange], faults=(NotFound,),
    ),
    Operation(
        name="showPolicyChange", method="GET", path="/policy/changes/{serial}", summary="One change", subject="policy",
        permission=_SEE, handler=show_change, reply=PolicyChange,
    ),
    Operation(
        name="rollBackPolicy", method="POST", path="/policy/changes/{serial}/rollback", summary="Take a change back", subject="policy",
        permission=_EDIT, handler=roll_back, body=RollBack, reply=PolicyChanged, status=201, faults=(Conflict, Unprocessable),
    ),
)  # fmt: skip
