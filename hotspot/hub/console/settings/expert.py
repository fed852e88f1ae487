"""All that is set in a scope as one text, for those who know the keys: TOML, as ``hotspot hub policy show`` writes it."""

from typing import Final

from aiohttp import web

from hotspot.hub.console.settings import drafts, sections
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import EXPERT as SECTION
from hotspot.hub.console.visits import Visit
from hotspot.policy_text import CannotRead, parse, write

NAME: Final = "text"


async def show(visit: Visit) -> web.StreamResponse:
    """The text."""
    work = await sections.begin(visit, SECTION)
    try:
        text, wrong = write(work.document, work.scope, work.base), ""
    except CannotRead as error:
        text, wrong = "", str(error)
    return _page(visit, work, text, wrong, writable=not wrong)


def _page(visit: Visit, work: Work, text: str, wrong: str = "", status: int = 200, writable: bool = True) -> web.Response:
    return sections.page(visit, "settings/expert.html", work, SECTION, status, text=text, wrong=wrong, writable=writable, files=work.files)


async def save(visit: Visit) -> web.StreamResponse:
    """Keep what was typed as a draft; whether gateways would take it, the review says."""
    work = await sections.begin(visit, SECTION)
    text = visit.form.raw("text")
    try:
        document = parse(text, NAME)
    except CannotRead as error:
        return _page(visit, work, text, str(error).removeprefix(f"cannot read {NAME}: ").removeprefix(f"cannot use {NAME}: "), 400)
    return await drafts.propose(visit, work, document)


PAGES: Final = pages("expert", show, save)
