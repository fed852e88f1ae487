"""What new visitors meet while a line is down: that to the Internet, or that to the city's server."""

from typing import Final

from aiohttp import web
from msgspec.structs import replace

from hotspot.hub.console.forms import Form
from hotspot.hub.console.settings import drafts, faults, fields, sections, words
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.fields import Field, Input, table_at
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import AWAY as SECTION
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import Table

TABLES: Final[tuple[tuple[str, str, tuple[Field, ...]], ...]] = (
    (
        "internet",
        N_("While the Internet is down"),
        (
            Field(
                name="new_visitors",
                kind="choice",
                removable=False,
                hint=N_("Who is online already stays it, and goes on as soon as the line is back."),
            ),
            Field(name="message", kind="texts", hint=N_("What visitors read then, as: The line is being repaired until 2 pm.")),
        ),
    ),
    (
        "hub",
        N_("While the city's server cannot be reached"),
        (
            Field(
                name="away",
                kind="choice",
                removable=False,
                hint=N_("The halls go on by themselves; this is only about people who come anew."),
            ),
            Field(name="away_after", kind="seconds", removable=False, hint=N_("So long it has to be silent.")),
        ),
    ),
)
"""Table, title and fields."""


def _fields(visit: Visit, table: str, found: tuple[Field, ...]) -> tuple[Field, ...]:
    def options(name: str) -> fields.Options:
        return tuple((value, visit.text(said)) for value, said in words.CHOICES.get(f"{table}.{name}", {}).items())

    return tuple(replace(field, options=options(field.name)) for field in found)


def _groups(visit: Visit, work: Work, form: Form | None = None, wrong: dict[str, str] | None = None) -> list[tuple[str, tuple[Input, ...]]]:
    return [
        (visit.text(title), fields.inputs(visit, work, (table,), _fields(visit, table, found), form, wrong))
        for table, title, found in TABLES
    ]


async def show(visit: Visit) -> web.StreamResponse:
    """The form."""
    work = await sections.begin(visit, SECTION)
    return sections.page(visit, "settings/away.html", work, SECTION, groups=_groups(visit, work))


async def save(visit: Visit) -> web.StreamResponse:
    """Keep what was typed as a draft."""
    work = await sections.begin(visit, SECTION)
    document: Table = work.document
    for table, _, found in TABLES:
        own = fields.said(visit.form, found, table_at(work.own, (table,)), table_at(work.inherited.settings, (table,)))
        document = fields.replaced(document, (table,), own)
    wrong = {key: text for key, text in (await faults.of(visit, work, document)).items() if key.partition(".")[0] in ("hub", "internet")}
    if wrong:
        return sections.page(visit, "settings/away.html", work, SECTION, 422, groups=_groups(visit, work, visit.form, wrong))
    return await drafts.propose(visit, work, document)


PAGES: Final = pages("away", show, save)
