"""A section taken over from above again."""

from typing import Final

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api.problems import NotFound
from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import drafts, sections
from hotspot.hub.console.settings.fields import replaced, table_at
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import Table
from hotspot.hub.policy.scopes import Level


async def reset(visit: Visit) -> web.StreamResponse:
    """Propose the document without what it says of a section."""
    section = next((one for one in sections.SECTIONS if one.name == visit.path["section"] and one.keys), None)
    if section is None:
        raise NotFound(f"section = {visit.path['section'][:40]!r}: expected the name of a section")
    work = await sections.begin(visit, section)
    document: Table = {} if work.place.scope.level is Level.ZONE else dict(work.document)
    for key in section.keys:
        *path, last = key
        table = table_at(document, tuple(path)) if path else document
        if last in table:
            rest = {each: value for each, value in table.items() if each != last}
            document = replaced(document, tuple(path), rest) if path else rest
    return await drafts.propose(visit, work, document)


PAGES: Final = (
    Page(
        name="settings.reset", method="POST", path="/settings/in/{scope}/reset/{section}", permission=Permission.EDIT, handler=reset
    ),
)  # fmt: skip
