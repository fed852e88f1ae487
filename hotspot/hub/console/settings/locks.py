"""What towns and halls may not say anything about: kept by a scope above."""

from typing import Final

from aiohttp import web

from hotspot.hub.console.settings import drafts, faults, sections
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import LOCKS as SECTION
from hotspot.hub.console.settings.sections import SECTIONS
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.documents import LOCKED
from hotspot.hub.policy.merge import key_of


def keys() -> tuple[tuple[str, str], ...]:
    """What can be ticked: keys, and the title of their section."""
    return tuple(
        (key_of(key), section.title)
        for section in SECTIONS
        for key in section.keys
        if key != (LOCKED,)
    )  # fmt: skip


async def show(visit: Visit) -> web.StreamResponse:
    """The form."""
    work = await sections.begin(visit, SECTION)
    said = [str(key) for key in work.document.get(LOCKED) or ()]
    return _page(visit, work, said)


def _page(visit: Visit, work: drafts.Work, said: list[str], status: int = 200, wrong: str = "") -> web.Response:
    known = [key for key, _ in keys()]
    titles: dict[str, list[str]] = {}
    for key, title in keys():
        titles.setdefault(title, []).append(key)
    choices = [(title, each, all(key in said for key in each)) for title, each in titles.items()]
    others = [key for key in said if key not in known]
    return sections.page(visit, "settings/locks.html", work, SECTION, status, choices=choices, others=others, wrong=wrong)


async def save(visit: Visit) -> web.StreamResponse:
    """Keep what was ticked as a draft."""
    work = await sections.begin(visit, SECTION)
    known = [key for key, _ in keys()]
    ticked = {key for each in visit.form.all("key") for key in each.split()}
    before = [str(key) for key in work.document.get(LOCKED) or ()]
    more = [line.strip() for line in visit.form.text("others").split("\n") if line.strip()]
    said = [*(key for key in known if key in ticked), *more]
    if sorted(said) == sorted(before):
        said = before
    document = {key: value for key, value in work.document.items() if key != LOCKED} | ({LOCKED: said} if said else {})
    found = await faults.of(visit, work, document)
    new = {key: text for key, text in found.items() if key == LOCKED or any(key == each or key.startswith(f"{each}.") for each in said)}
    if new:
        key, text = next(iter(new.items()))
        return _page(visit, work, said, 422, f"{key}: {text}")
    return await drafts.propose(visit, work, document)


PAGES: Final = pages("locks", show, save)
