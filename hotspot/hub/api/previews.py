"""Visitors' pages as a hall would show them: with what it is given, or with documents that somebody is about to change."""

from collections.abc import Awaitable, Iterable
from typing import Annotated, TypeVar

from msgspec import Meta, Struct

from hotspot.hub import previews
from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.policy import NewPolicyDocument, resolved
from hotspot.hub.api.problems import BadRequest, NotFound, Unprocessable
from hotspot.hub.policy import changes
from hotspot.hub.store import policies, policy_files

T = TypeVar("T")
ZoneName = Annotated[str, Meta(max_length=32)]
SceneName = Annotated[str, Meta(max_length=60)]
LanguageCode = Annotated[str, Meta(max_length=20)]


class WhichPreview(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With which settings."""

    documents: Annotated[tuple[NewPolicyDocument, ...], Meta(max_length=50)] = ()
    """As they would be changed; none: with what the hall is given now."""
    zone: ZoneName = ""
    """Left out: the first."""


class WhichPage(WhichPreview, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page."""

    scene: SceneName = "splash"
    """One of ``scenes`` of the preview."""
    language: LanguageCode = "de"
    """One of its ``languages``."""


class PreviewScene(Struct, frozen=True, kw_only=True):
    """A page in one state."""

    name: str
    what: str


class PreviewLanguage(Struct, frozen=True, kw_only=True):
    """A language of the visitors' pages."""

    code: str
    name: str
    """What it calls itself."""
    direction: str
    """``ltr`` | ``rtl``."""


class Preview(Struct, frozen=True, kw_only=True):
    """What there is to look at in one hall."""

    hall: str
    title: str
    partner: str
    objection: str
    """Why a gateway would refuse these settings: key, value and what was expected; nothing can be drawn then. Empty: it would not."""
    zones: tuple[str, ...]
    scenes: tuple[PreviewScene, ...]
    """Those that these settings have."""
    languages: tuple[PreviewLanguage, ...]
    first_view: int
    """Bytes on the wire until the start page is there, in the language in which it is heaviest."""
    first_view_most: int
    """Bytes that it should have at most."""
    heavy: tuple[str, ...]
    """What makes it too heavy; empty: it is not."""
    missing: tuple[str, ...]
    """Keys of the legal pages that nothing is said for."""


class PreviewPage(Struct, frozen=True, kw_only=True):
    """A page as visitors would see it. It loads nothing, runs nothing and sends nothing; its links lead to ``?scene=…&lang=…``."""

    html: str
    style: str
    """What its content security policy must name in ``style-src``."""


async def show_preview(call: Call) -> Preview:
    """Read by the gateways' own reader; the pages are drawn one by one by ``drawPreview``."""
    body: WhichPreview = call.body
    hall, given = await _given(call, body)
    objection, seen = "", previews.NOTHING
    try:
        seen = await _found(previews.look(given, body.zone, _contents(call)))
    except previews.CannotDraw as error:
        objection = str(error)
    return Preview(
        hall=hall.name,
        title=given.title,
        partner=hall.partner,
        objection=objection,
        zones=seen.zones,
        scenes=tuple(PreviewScene(name=one.name, what=one.what) for one in seen.scenes),
        languages=tuple(PreviewLanguage(code=one.code, name=one.name, direction=one.direction) for one in seen.languages),
        first_view=seen.first_view,
        first_view_most=seen.most,
        heavy=seen.heavy,
        missing=seen.missing,
    )


async def draw_preview(call: Call) -> PreviewPage:
    """One page in one language."""
    body: WhichPage = call.body
    _, given = await _given(call, body)
    try:
        drawn = await _found(previews.draw(given, body.zone, body.scene, body.language, _contents(call)))
    except previews.CannotDraw as error:
        raise Unprocessable(str(error)) from None
    return PreviewPage(html=drawn.html, style=drawn.style)


async def _found(work: Awaitable[T]) -> T:
    try:
        return await work
    except previews.NoScene as error:
        raise NotFound(str(error)) from None


async def _given(call: Call, body: WhichPreview) -> tuple[policies.Hall, previews.Given]:
    """The hall of the path and what it would be given. Raises ``Fault``."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        named = await call.hall(connection)
        found = await policies.halls(connection, (), (named.id,))
        if not found:
            raise NotFound(f"hall = {named.name!r}: it is closed")
        wanted: list[changes.Wanted] = []
        for one in body.documents:
            scope, place = await resolved(call, connection, one.scope)
            if any(other.scope == scope for other in wanted):
                raise BadRequest(f"documents: {one.scope} is there twice")
            wanted.append(changes.Wanted(scope=scope, place=place, base=None, document=one.document, files=one.files))
        try:
            effective = await changes.effect(connection, found[0], wanted)
        except changes.NotValid as error:
            raise Unprocessable(str(error)) from None
    return found[0], previews.Given(named.title, found[0].zones, effective)


def _contents(call: Call) -> previews.Contents:
    async def read(digests: Iterable[str]) -> dict[str, bytes]:
        async with call.hub.store.connection() as connection:
            return await policy_files.contents(connection, digests)

    return read


_SEE = Permission.SEE
OPERATIONS = (
    Operation(
        name="showPreview", method="POST", path="/halls/{hall}/preview", summary="What there is to see of a hall's pages", subject="policy",
        permission=_SEE, handler=show_preview, body=WhichPreview, reply=Preview, faults=(Unprocessable,),
    ),
    Operation(
        name="drawPreview", method="POST", path="/halls/{hall}/preview/page", summary="A visitor's page as the hall would show it",
        subject="policy", permission=_SEE, handler=draw_preview, body=WhichPage, reply=PreviewPage, faults=(Unprocessable,),
    ),
)  # fmt: skip
