"""What the law wants on the visitors' pages, and the form for messages to the town: plain values, by language where they are texts."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.console.settings import drafts, faults, plain, sections
from hotspot.hub.console.settings.labels import METHOD, PARTY, STATUS
from hotspot.hub.console.settings.plain import Field, Kind
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import LEGAL, MESSAGES, Section
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import key_of


class Group(Struct, frozen=True, kw_only=True):
    """Fields under a heading."""

    name: str
    """Of its place in the page."""
    title: str
    hint: str = ""
    fields: tuple[Field, ...]
    further: tuple[Field, ...] = ()
    """Those that few need, a click away."""


def _party(key: str) -> tuple[Field, ...]:
    """Somebody with name and address."""
    return tuple(
        Field(key=f"{key}.{name}", kind={"address": Kind.LINES, "link": Kind.WEB}.get(name, Kind.LINE), label=label)
        for name, label in PARTY.items()
    )


def _own(key: str) -> tuple[Field, ...]:
    """A text of the town's own."""
    return (
        Field(
            key=f"{key}.text",
            kind=Kind.TEXTS,
            rows=6,
            hint=N_("Stands above the text that is made from these settings. An empty line parts paragraphs."),
        ),
        Field(key=f"{key}.instead", kind=Kind.SWITCH, hint=N_("Your own text then stands alone.")),
    )


_IMPRINT: Final = (
    Group(
        name="operator",
        title=N_("Who offers the Wi-Fi"),
        hint=N_("Imprint, and contact point under the Digital Services Act."),
        fields=(
            Field(key="legal.operator.name", awaited=True, hint=N_("As “Stadt Musterstadt”.")),
            Field(key="legal.operator.address", kind=Kind.LINES),
            Field(key="legal.operator.represented_by", hint=N_("As “Mayor Petra Muster”.")),
            Field(key="legal.operator.phone"),
            Field(key="legal.operator.email"),
        ),
        further=(Field(key="legal.operator.link", kind=Kind.WEB), Field(key="legal.operator.vat_id"), Field(key="legal.operator.register")),
    ),
    Group(name="responsible", title=N_("Who answers for the content"), fields=(), further=_party("legal.responsible")),
    Group(name="authority", title=N_("Who supervises the operator"), fields=(), further=_party("legal.authority")),
    Group(name="imprint", title=N_("Your own imprint"), fields=(), further=_own("legal.imprint")),
)
_PRIVACY: Final = (
    Group(name="officer", title=N_("Data protection officer"), fields=_party("legal.privacy.officer")),
    Group(name="supervisor", title=N_("Supervisory authority for data protection"), fields=_party("legal.privacy.authority")),
    Group(
        name="processor",
        title=N_("Who runs the technology"),
        hint=N_("The city whose server this is, as a processor (Article 28 GDPR)."),
        fields=(),
        further=_party("legal.processor"),
    ),
    Group(
        name="privacy",
        title=N_("Your own privacy notice"),
        fields=(),
        further=(
            Field(key="legal.privacy.basis", kind=Kind.TEXTS, rows=2, hint=N_("Empty: Article 6 (1) (e) GDPR.")),
            *_own("legal.privacy"),
        ),
    ),
)
_ACCESSIBILITY: Final = (
    Group(
        name="assessment",
        title=N_("Accessibility statement"),
        hint=N_("As the last assessment of your pages has found."),
        fields=(
            Field(key="legal.accessibility.status", kind=Kind.CHOICE, options=STATUS),
            Field(key="legal.accessibility.assessed", kind=Kind.DAY),
            Field(key="legal.accessibility.method", kind=Kind.CHOICE, options=METHOD),
            Field(key="legal.accessibility.barriers", kind=Kind.TEXTS, rows=3, hint=N_("Needed unless everything meets the standard.")),
        ),
    ),
    Group(name="contact", title=N_("Contact for barriers"), fields=(), further=_party("legal.accessibility.contact")),
    Group(name="enforcement", title=N_("Arbitration board"), fields=_party("legal.accessibility.enforcement")),
    Group(name="accessibility", title=N_("Your own accessibility statement"), fields=(), further=_own("legal.accessibility")),
)
_FEEDBACK: Final = (
    Group(
        name="form",
        title=N_("What visitors see"),
        fields=(
            Field(key="feedback.enabled", kind=Kind.SWITCH),
            Field(
                key="feedback.next",
                kind=Kind.TEXTS,
                rows=2,
                hint=N_("What visitors read about it: “The citizens' office reads every message on the next working day.”"),
            ),
        ),
        further=(
            Field(key="feedback.keep", hint=N_("As “180 d”. A message is erased after that time in any case.")),
            Field(key="feedback.keep_done", hint=N_("As “30 d”. So long after it was dealt with.")),
        ),
    ),
)
LAW: Final[Mapping[str, tuple[Group, ...]]] = {N_("Imprint"): _IMPRINT, N_("Privacy"): _PRIVACY, N_("Accessibility"): _ACCESSIBILITY}
TALK: Final[Mapping[str, tuple[Group, ...]]] = {N_("The form"): _FEEDBACK}
"""By the headings of the page."""


def _fields(parts: Mapping[str, tuple[Group, ...]]) -> tuple[Field, ...]:
    return tuple(field for groups in parts.values() for group in groups for field in (*group.fields, *group.further))


def known(work: drafts.Work) -> dict[str, str]:
    """What the imprint may begin with as long as nobody has said anything of the operator: what stands on the visitors' pages, and the
    town's name."""
    path = ("legal", "operator")
    if not work.may_edit or any(plain.look_up(settings, path) for settings in (work.own, work.inherited.settings)):
        return {}
    there = {"name": work.place.town}
    for field, key in (("name", "town"), ("address", "address"), ("phone", "phone"), ("email", "email")):
        value = plain.look_up(work.settings, ("hall", key))
        if value:
            there[field] = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
    return {key_of((*path, name)): value for name, value in there.items() if value and not work.is_locked(*path, name)}


async def show_legal(visit: Visit) -> web.StreamResponse:
    """Imprint, privacy, accessibility."""
    return await _show(visit, LEGAL, LAW)


async def save_legal(visit: Visit) -> web.StreamResponse:
    """To the review."""
    return await _save(visit, LEGAL, LAW)


async def show_messages(visit: Visit) -> web.StreamResponse:
    """The form for messages."""
    return await _show(visit, MESSAGES, TALK)


async def save_messages(visit: Visit) -> web.StreamResponse:
    """To the review."""
    return await _save(visit, MESSAGES, TALK)


async def _show(visit: Visit, section: Section, parts: Mapping[str, tuple[Group, ...]]) -> web.StreamResponse:
    work = await sections.begin(visit, section)
    return _page(visit, work, section, parts, plain.values_of(_fields(parts), work.own), taken=known(work) if section is LEGAL else None)


async def _save(visit: Visit, section: Section, parts: Mapping[str, tuple[Group, ...]]) -> web.StreamResponse:
    work = await sections.begin(visit, section)
    fields = _fields(parts)
    values = plain.values_of(fields, work.own) | plain.typed(fields, visit.form)
    document = plain.changed(work.document, fields, values)
    wrong = await faults.of(visit, work, document)
    if wrong:
        return _page(visit, work, section, parts, values, wrong)
    return await drafts.propose(visit, work, document, back=f"{work.place.sections}/{section.name}")


def _page(
    visit: Visit,
    work: drafts.Work,
    section: Section,
    parts: Mapping[str, tuple[Group, ...]],
    values: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    taken: Mapping[str, str] | None = None,
) -> web.Response:
    fields = _fields(parts)
    return sections.page(
        visit,
        "settings/legal.html",
        work,
        section,
        422 if wrong else 200,
        parts_of=parts,
        shown=plain.shown(visit, work, fields, values, wrong, taken),
        wrong=wrong or {},
        elsewhere=plain.elsewhere(fields, wrong or {}),
    )


PAGES: Final = (*pages("legal", show_legal, save_legal), *pages("messages", show_messages, save_messages))
