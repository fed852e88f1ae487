"""The services directory from a spreadsheet and back: first what an import would do, row by row; nothing is half imported."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub import sheets
from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Raw
from hotspot.hub.console.pages import UPLOAD, Page
from hotspot.hub.console.settings import drafts, faults, sections
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import SERVICES
from hotspot.hub.console.settings.services import account, over, table, with_services
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.town.directory import Entry

MEDIA_TYPE: Final = "text/csv; charset=utf-8"


class What(StrEnum):
    """What a row does."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


WORDS: Final = {What.NEW: N_("new"), What.CHANGED: N_("changed"), What.SAME: N_("stays as it is"), What.WRONG: N_("cannot be used")}


class Row(Struct, frozen=True, kw_only=True):
    """A row of the table, and what it would do."""

    line: int
    id: str
    name: str
    what: What
    column: str = ""
    cell: str = ""
    expected: str = ""


async def show(visit: Visit) -> web.StreamResponse:
    """The form for a file."""
    return _page(visit, await sections.begin(visit, SERVICES))


async def take(visit: Visit) -> web.StreamResponse:
    """First the file: what it would do. Then the same table again, with the button that imports it."""
    work = await sections.begin(visit, SERVICES)
    upload, whole = visit.form.uploads.get("file"), visit.form.text("whole") == "yes"
    if upload is None and not visit.form.has("table"):
        return _page(visit, work, wrong=visit.text("Please choose a file."), whole=whole)
    try:
        text = sheets.text_of(upload.content) if upload is not None else visit.form.raw("table")
        lines = await asyncio.to_thread(sheets.read, text, account(work.settings))  # hundreds of rows take tenths of a second
    except sheets.NoTable as error:
        return _page(visit, work, wrong=visit.text("This file is no table of services."), why=str(error), whole=whole)
    rows = _rows(visit, work, lines)
    wrong = [row for row in rows if row.what is What.WRONG]
    gone = sorted(set(_here(work)) - {line.id for line in lines}) if whole else []
    if upload is not None or wrong or not rows:
        return _page(visit, work, text=text, rows=rows, gone=gone, whole=whole, status=422 if wrong or not rows else 200)
    document = with_services(work.document, _imported(work, lines, whole))
    against = await faults.of(visit, work, document)
    if against:
        return _page(visit, work, text=text, rows=rows, gone=gone, whole=whole, against=against, status=422)
    return await drafts.propose(visit, work, document, back=f"{work.place.sections}/services")


def _here(work: Work) -> dict[str, Any]:
    """The services that the table can be about: those that are said in this scope."""
    return {id_: raw for id_, raw in table(work.own).items() if raw is not None}


def _imported(work: Work, lines: list[sheets.Line], whole: bool) -> dict[str, Any]:
    """The scope's own services after it. What stays as it is also stays as it was written."""
    own, above = table(work.own), table(work.inherited.settings)
    known = _entries(work)
    result: dict[str, Any] = {id_: raw for id_, raw in own.items() if raw is None} if whole else dict(own)
    for line in lines:
        if known.get(line.id) == line.entry:
            if line.id in own and own[line.id] is not None:
                result[line.id] = own[line.id]
            continue
        upper = above.get(line.id)
        result[line.id] = over(upper, line.table) if isinstance(upper, Mapping) else line.table
    return result


def _entries(work: Work) -> dict[str, Entry]:
    return sheets.entries(table(work.settings), account(work.settings))


def _rows(visit: Visit, work: Work, lines: list[sheets.Line]) -> list[Row]:
    known = _entries(work)
    found = []
    for line in lines:
        if line.wrong is not None:
            expected = line.wrong.expected
            said = faults.read(visit, f"cell: {expected}").expected if expected else visit.text("This cell is empty, but others need it.")
            found.append(
                Row(
                    line=line.line,
                    id=line.id,
                    name=line.name,
                    what=What.WRONG,
                    column=line.wrong.column,
                    cell=line.wrong.cell,
                    expected=said,
                )
            )
            continue
        what = What.NEW if line.id not in known else What.SAME if known[line.id] == line.entry else What.CHANGED
        found.append(Row(line=line.line, id=line.id, name=line.name, what=what))
    return found


def _page(
    visit: Visit,
    work: Work,
    *,
    text: str = "",
    rows: list[Row] | None = None,
    gone: list[str] | None = None,
    whole: bool = False,
    wrong: str = "",
    why: str = "",
    against: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    found = rows or []
    return sections.page(
        visit,
        "settings/services_import.html",
        work,
        SERVICES,
        422 if wrong else status,
        text=text,
        rows=found,
        tried=rows is not None,
        gone=gone or [],
        counts={what.value: sum(1 for row in found if row.what is what) for what in What},
        words=WORDS,
        whole=whole,
        wrong=wrong,
        why=why,
        against=against or {},
        most=sheets.MOST,
    )


async def export(visit: Visit) -> web.StreamResponse:
    """All services that go for the scope."""
    work = await sections.begin(visit, SERVICES)
    content = sheets.table(_entries(work))
    return await visit.file(Raw(content, MEDIA_TYPE, f"services-{work.scope.replace('/', '-')}.csv"))


async def template(visit: Visit) -> web.StreamResponse:
    """A table to begin with."""
    return await visit.file(Raw(sheets.template(), MEDIA_TYPE, "services.csv"))


_FILES: Final = "/settings/in/{scope}/services.csv"
PAGES: Final = (
    *pages("services.import", show, take, "/services-import", UPLOAD),
    Page(name="settings.services.export", method="GET", path=_FILES, permission=Permission.SEE, handler=export, is_file=True),
    Page(
        name="settings.services.template",
        method="GET",
        path="/settings/services.csv",
        permission=Permission.SEE,
        handler=template,
        is_file=True,
    ),
)
