"""Drafts: what every form of the settings begins and ends with. Nothing of a draft goes to any hall before it is applied."""

import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from msgspec import Struct
from msgspec.json import encode

from hotspot.hub.access import Permission
from hotspot.hub.api import policy
from hotspot.hub.api.operations import Call
from hotspot.hub.api.problems import Forbidden, NotFound
from hotspot.hub.api.storable import check as check_storable
from hotspot.hub.console.settings.scopes import Inherited, Where, inherited, where
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.documents import settings_of
from hotspot.hub.policy.merge import Table, merge
from hotspot.hub.policy.scopes import Level
from hotspot.hub.store import drafts as store
from hotspot.hub.store.drafts import Draft


class Work(Struct, frozen=True, kw_only=True):
    """What a form of a scope shows, and what it changes."""

    place: Where
    document: dict[str, Any]
    """The scope's own words: of the open draft, or those in force."""
    files: dict[str, str]
    """Name -> SHA-256."""
    base: int
    """Serial of the version that is edited; 0: there is none yet."""
    inherited: Inherited
    """What the scopes above say."""
    draft: Draft | None
    """The one that this user has open for this scope."""
    may_edit: bool
    """False: only to be read."""

    @property
    def scope(self) -> str:
        """As text."""
        return self.place.text

    @property
    def own(self) -> Table:
        """The scope's own words as settings of a hall: of a zone below ``zones.<zone>``."""
        return settings_of(self.place.scope, self.document)

    @property
    def settings(self) -> Table:
        """What goes for the scope: its own words over those above."""
        return merge(self.inherited.settings, self.own)

    def is_locked(self, *path: str) -> bool:
        """Can nothing be said here at or below a path, because a scope above keeps it for itself?"""
        return any(path[: len(each)] == each for each in self.inherited.locks)


async def working(visit: Visit, scope: str | None = None) -> Work:
    """What is said in a scope (None: that of the address), with what this user has open of it."""
    place = await where(visit, scope)
    found = await visit.ask(policy.show_document, query={"scope": place.text})
    draft = await opened(visit, place.text)
    newest = found if draft is None else draft
    return Work(
        place=place,
        document=newest.document,
        files=newest.files,
        base=found.serial if draft is None else draft.base,
        inherited=await inherited(visit, place),
        draft=draft,
        may_edit=may_edit(visit, place),
    )


def may_edit(visit: Visit, place: Where) -> bool:
    """May this user change what is said there? (That they may see it is known.)"""
    return visit.who.may(Permission.EDIT) and not (place.scope.level is Level.HOST and visit.who.partner is not None)


async def propose(
    visit: Visit, work: Work, document: Mapping[str, Any], files: Mapping[str, str] | None = None, back: str = ""
) -> web.Response:
    """Keep the whole new version of a scope's document as a draft and lead to its review: how every form ends. ``files``: all files of the
    document, brought by ``uploadPolicyFile`` before (None: those of ``work``). ``back``: where to go when nothing is different from what is
    in force (else the scope's page). Raises ``Forbidden``."""
    files = work.files if files is None else files
    in_force = await visit.ask(policy.show_document, query={"scope": work.scope, "serial": work.base})
    if encode((in_force.document, in_force.files)) == encode((document, files)):  # the order of plans matters, too
        if work.draft is not None:
            await discard(visit, work.draft)
        return visit.redirect(back or work.place.address, done=visit.text("Nothing was changed."))
    id_ = await keep(visit, work.scope, work.base, document, files)
    return visit.redirect(f"/settings/drafts/{id_}")


async def keep(visit: Visit, scope: str, base: int, document: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """Keep a version of a document; the draft's id. Raises ``Forbidden`` and ``NotFound``."""
    if not visit.who.may(Permission.EDIT):
        raise Forbidden("settings: expected a user who may change them")
    check_storable(dict(document))
    call = Call(visit.hub, visit.who, {}, None, None, visit.source)
    async with visit.hub.store.transaction() as connection:
        found, place = await policy.resolved(call, connection, scope, edit=True)
        return await store.keep(
            connection, secrets.token_hex(16), visit.session.user_id, found.text, place, base, document, files, visit.hub.now()
        )


async def opened(visit: Visit, scope: str) -> Draft | None:
    """What this user has open of a scope."""
    async with visit.hub.store.connection() as connection:
        return await store.of_scope(connection, visit.session.user_id, scope, visit.hub.now())


async def all_opened(visit: Visit) -> list[Draft]:
    """Everything that this user has open, the newest first."""
    async with visit.hub.store.connection() as connection:
        return await store.of_user(connection, visit.session.user_id, visit.hub.now())


async def find(visit: Visit) -> Draft:
    """The draft of the address. Raises ``NotFound``, also for somebody else's."""
    async with visit.hub.store.connection() as connection:
        found = await store.find(connection, visit.session.user_id, visit.path["draft"], visit.hub.now())
    if found is None:
        raise NotFound("draft: expected one of your own that is not older than 7 days; it may have been applied or discarded")
    return found


async def discard(visit: Visit, draft: Draft) -> None:
    """Forget it."""
    async with visit.hub.store.transaction() as connection:
        await store.drop(connection, visit.session.user_id, draft.id)


async def remember(visit: Visit, draft: Draft, note: str) -> None:
    """Keep what was typed as the reason while the draft could not be applied."""
    async with visit.hub.store.transaction() as connection:
        await store.set_note(connection, visit.session.user_id, draft.id, note[:500])


def wanted(draft: Draft) -> dict[str, Any]:
    """As ``checkPolicy`` and ``changePolicy`` take it, in ``documents``."""
    return {"scope": draft.scope, "base": draft.base, "document": draft.document, "files": draft.files}
