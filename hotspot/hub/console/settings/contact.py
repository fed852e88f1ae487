"""Contact: what the visitors' pages say of the hall and of its town."""

from typing import Final

from aiohttp import web
from msgspec.structs import replace

from hotspot.hub.console.settings import drafts, faults, fields, sections
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.fields import Field, Input, table_at
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import CONTACT as SECTION
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.scopes import Level

PATH: Final = ("hall",)
NAME: Final = Field(name="name", removable=False, hint=N_("As visitors know it: Rathaus Kleinheim."))
FIELDS: Final = (
    Field(name="town", removable=False, awaited=True, hint=N_("As Gemeinde Kleinheim.")),
    Field(name="contact", hint=N_("A counter or a person, at the foot of every page.")),
    Field(name="phone", kind="tel"),
    Field(name="email", kind="email"),
    Field(name="address", kind="lines", hint=N_("One line each: street, postcode and town.")),
    Field(name="venue_info_url", kind="url", more=True, hint=N_("Where phones lead to for the hall. Empty: its own page on the gateway.")),
    Field(name="hours", kind="choice", more=True, hint=N_("A table of opening hours.")),
    Field(name="time_zone", more=True, removable=False, hint=N_("Empty: Europe/Berlin.")),
)


def _fields(work: Work) -> tuple[Field, ...]:
    """With the tables of hours that there are; only a hall has a name."""
    tables = tuple((name, name) for name in table_at(work.settings, ("hours",)))
    found = tuple(replace(field, options=tables) if field.name == "hours" else field for field in FIELDS)
    return (NAME, *found) if work.place.scope.level is Level.HALL else found


async def show(visit: Visit) -> web.StreamResponse:
    """The form."""
    work = await sections.begin(visit, SECTION)
    inputs = tuple(_proposed(work, one) for one in fields.inputs(visit, work, PATH, _fields(work)))
    return sections.page(visit, "settings/fields.html", work, SECTION, inputs=inputs)


def _proposed(work: Work, one: Input) -> Input:
    """Where nobody has said what the town is called: as it is called here."""
    if one.name != "town" or one.value or one.above or one.removed or one.locked or not work.may_edit or not work.place.town:
        return one
    return replace(one, value=work.place.town, taken=True)


async def save(visit: Visit) -> web.StreamResponse:
    """Keep what was typed as a draft."""
    work = await sections.begin(visit, SECTION)
    found = _fields(work)
    own = fields.said(visit.form, found, table_at(work.own, PATH), table_at(work.inherited.settings, PATH))
    document = fields.replaced(work.document, PATH, own)
    wrong = {key: text for key, text in (await faults.of(visit, work, document)).items() if key.startswith("hall")}
    if wrong:
        inputs = fields.inputs(visit, work, PATH, found, visit.form, wrong)
        return sections.page(visit, "settings/fields.html", work, SECTION, 422, inputs=inputs)
    return await drafts.propose(visit, work, document)


PAGES: Final = pages("contact", show, save)
