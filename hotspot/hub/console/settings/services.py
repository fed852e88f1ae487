"""The services directory: what a town does for people, one by one (``services_import``: as a table). A hall has the services of its town,
and may add its own, say something else of one, or not show it."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.api.problems import NotFound
from hotspot.hub.console.settings import drafts, faults, plain, sections
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.labels import AUTHORITIES
from hotspot.hub.console.settings.plain import Field, Kind
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import SERVICES
from hotspot.hub.console.settings.words import in_language
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import merge
from hotspot.town.folding import german, slug

NEW: Final = "_new"
"""In the place of an id in addresses; no id has such a letter."""
_KEY: Final = "services.services._"
"""Of the service that a form is about, whatever its id is."""
ACCOUNT: Final = tuple(Field(key=f"services.account.{name}") for name in ("receiver", "iban", "bic"))
MAIN: Final = (
    Field(key=f"{_KEY}.name", kind=Kind.TEXTS, label=N_("Name of the service")),
    Field(
        key=f"{_KEY}.purpose",
        kind=Kind.TEXTS,
        rows=3,
        label=N_("What it is for"),
        hint=N_("In a sentence or two: what to bring, who needs it."),
    ),
    Field(
        key=f"{_KEY}.authority",
        kind=Kind.CHOICE,
        options=AUTHORITIES,
        label=N_("Who does it"),
        hint=N_("People go to two different houses."),
        unset=N_("the town, as usual"),
    ),
    Field(key=f"{_KEY}.authority_name", kind=Kind.TEXTS, label=N_("Office"), hint=N_("As “Bürgerbüro”.")),
    Field(key=f"{_KEY}.room", kind=Kind.TEXTS, label=N_("Where"), hint=N_("Floor and room, or the address of another house.")),
)
WHEN: Final = (
    Field(
        key=f"{_KEY}.hours", kind=Kind.LINES, label=N_("Opening hours"), hint=N_("One line each, as “Mo-Fr 8-12 Uhr” or “Do 14:00-18:00”.")
    ),
    Field(key=f"{_KEY}.closed", kind=Kind.LINES, label=N_("Closed on"), hint=N_("One day each, as “2026-12-24”; “12-24” is every year.")),
    Field(key=f"{_KEY}.hours_note", kind=Kind.TEXTS, label=N_("Note on the hours"), hint=N_("As “By appointment at other times, too”.")),
)
REACH: Final = (
    Field(key=f"{_KEY}.phone", label=N_("Telephone")),
    Field(key=f"{_KEY}.email", label=N_("E-mail")),
    Field(key=f"{_KEY}.link", kind=Kind.WEB, label=N_("Web page")),
)
FEE: Final = (
    Field(key=f"{_KEY}.fee.amount", label=N_("Fee in euro"), hint=N_("As “28,80”. Visitors get a code for their banking app.")),
    Field(
        key=f"{_KEY}.fee.reference",
        label=N_("Reference of the transfer"),
        hint=N_("What the cash office needs to know, at most 140 letters."),
    ),
    Field(key=f"{_KEY}.fee.note", kind=Kind.TEXTS, label=N_("Note on the fee"), hint=N_("As “Below the age of 24: €22.80”.")),
    Field(key=f"{_KEY}.fee.receiver", label=N_("Receiver"), hint=N_("Only when it is another account than that of the directory.")),
    Field(key=f"{_KEY}.fee.iban", label=N_("IBAN")),
    Field(key=f"{_KEY}.fee.bic", label=N_("BIC"), hint=N_("Only banks outside the EEA still need it.")),
)
FIND: Final = (
    Field(key=f"{_KEY}.keywords", kind=Kind.LINES, label=N_("Further words that people look for"), hint=N_("One each, in any language.")),
    Field(
        key=f"{_KEY}.reachable",
        kind=Kind.LINES,
        label=N_("Web sites that open before going online"),
        hint=N_("Names of hosts, one each, as “ratsinfo.musterstadt.example”."),
    ),
)
GROUPS: Final = {N_("The service"): MAIN, N_("When"): WHEN, N_("How to reach it"): REACH, N_("Fee"): FEE, N_("Being found"): FIND}
FIELDS: Final = tuple(field for group in GROUPS.values() for field in group)
_PATH: Final = ("services", "services")


class Service(Struct, frozen=True, kw_only=True):
    """One of the list."""

    id: str
    name: str
    office: str
    authority: str
    state: str
    """``own`` | ``changed`` (there is one above, and something is said of it here) | ``above`` | ``removed`` (not shown here)."""
    fee: str


def table(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Services of settings by id; also those that are None: removed."""
    found = plain.look_up(settings, _PATH)
    return dict(found) if isinstance(found, Mapping) else {}


def account(settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where fees go that name no account."""
    found = plain.look_up(settings, ("services", "account"))
    return dict(found) if isinstance(found, Mapping) else None


def with_services(document: Mapping[str, Any], services: Mapping[str, Any]) -> dict[str, Any]:
    """The document with these services as its own."""
    section = document.get("services")
    said = {**(section if isinstance(section, Mapping) else {}), "services": dict(services)}
    if not services and len(said) == 1:
        return {key: value for key, value in document.items() if key != "services"}
    return {**document, "services": said}


# The list --------------------------------------------------------------------------------------------------------------------------------


async def show(visit: Visit) -> web.StreamResponse:
    """All services."""
    work = await sections.begin(visit, SERVICES)
    return _list(visit, work, plain.values_of(ACCOUNT, work.own))


async def save(visit: Visit) -> web.StreamResponse:
    """The account for fees."""
    work = await sections.begin(visit, SERVICES)
    values = plain.values_of(ACCOUNT, work.own) | plain.typed(ACCOUNT, visit.form)
    document = plain.changed(work.document, ACCOUNT, values)
    document = with_services(document, table(document)) if "services" in document else document
    wrong = await faults.of(visit, work, document)
    if wrong:
        return _list(visit, work, values, wrong)
    return await drafts.propose(visit, work, document, back=f"{work.place.sections}/services")


def _list(visit: Visit, work: Work, values: Mapping[str, str], wrong: Mapping[str, str] | None = None) -> web.Response:
    found = [_service(visit, work, id_) for id_ in merge(table(work.inherited.settings), table(work.own)) | table(work.own)]
    asked = visit.query.get("q", "").strip()[:100]
    shown = [one for one in found if german(asked) in german(f"{one.name} {one.office} {one.id}")]
    by = visit.query.get("sort", "name")
    shown.sort(key=lambda one: (german(one.office) if by == "office" else "", german(one.name)))
    return sections.page(
        visit,
        "settings/services.html",
        work,
        SERVICES,
        422 if wrong else 200,
        services=shown,
        count=len(found),
        asked=asked,
        by=by,
        authorities=AUTHORITIES,
        account=plain.shown(visit, work, ACCOUNT, values, wrong),
        wrong=wrong or {},
        elsewhere=plain.elsewhere(ACCOUNT, wrong or {}),
    )


def _service(visit: Visit, work: Work, id_: str) -> Service:
    own, above = table(work.own), table(work.inherited.settings)
    removed = id_ in own and own[id_] is None
    raw = above.get(id_) if removed else merge(above, own).get(id_)
    raw = raw if isinstance(raw, Mapping) else {}
    fee = plain.look_up(raw, ("fee", "amount"))
    state = "removed" if removed else "above" if id_ not in own else "changed" if id_ in above else "own"
    return Service(
        id=id_,
        name=in_language(visit, raw.get("name")) or id_,
        office=in_language(visit, raw.get("authority_name")),
        authority="district" if str(raw.get("authority", "")).strip().lower() in ("district", "kreis", "landkreis", "county") else "town",
        state=state,
        fee="" if fee is None else str(fee),
    )


# One service -----------------------------------------------------------------------------------------------------------------------------


def _found(visit: Visit, work: Work) -> str:
    """The id of the address; "": of a new one. Raises ``NotFound``."""
    id_ = visit.path["service"]
    if id_ == NEW:
        return ""
    if id_ not in table(work.own) and id_ not in table(work.inherited.settings):
        raise NotFound(f"service = {id_[:60]!r}: expected the id of one of these services")
    return id_


def _raw(work: Work, id_: str) -> dict[str, Any]:
    """What goes for a service here; of one that is removed what is above."""
    own, above = table(work.own), table(work.inherited.settings)
    found = (above if own.get(id_) is None else merge(above, own)).get(id_)
    return dict(found) if isinstance(found, Mapping) else {}


def _nested(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Where the form's fields look."""
    return {"services": {"services": {"_": dict(raw)}}}


async def show_one(visit: Visit) -> web.StreamResponse:
    """The form of one service, or of a new one."""
    work = await sections.begin(visit, SERVICES)
    id_ = _found(visit, work)
    return _form(visit, work, id_, plain.values_of(FIELDS, _nested(_raw(work, id_))))


async def save_one(visit: Visit) -> web.StreamResponse:
    """Change it, add it, or as its other forms say: take it away, or back to what is above."""
    work = await sections.begin(visit, SERVICES)
    id_ = _found(visit, work)
    own, above = table(work.own), table(work.inherited.settings)
    back = f"{work.place.sections}/services"
    if id_ and (visit.form.has("remove") or visit.form.has("restore")):
        if visit.form.has("remove") and not visit.form.has("sure"):
            values = plain.values_of(FIELDS, _nested(_raw(work, id_)))
            return _form(visit, work, id_, values, {"sure": visit.text("Please tick the box if you are sure.")})
        own.pop(id_, None)
        if visit.form.has("remove") and id_ in above:
            own[id_] = None
        return await drafts.propose(visit, work, with_services(work.document, own), back=back)
    values = plain.values_of(FIELDS, _nested(_raw(work, id_))) | plain.typed(FIELDS, visit.form)
    raw = plain.look_up(plain.changed(_nested(_raw(work, id_)), FIELDS, values), (*_PATH, "_")) or {}
    target = id_ or _new_id(raw, {*own, *above})
    if not target:
        return _form(visit, work, id_, values, {f"{_KEY}.name.de": visit.text("Please give it a name.")})
    own[target] = over(above[target], raw) if isinstance(above.get(target), Mapping) else raw
    if own[target] == {}:
        own.pop(target)
    document = with_services(work.document, own)
    wrong = _moved(await faults.of(visit, work, document), target)
    if wrong:
        return _form(visit, work, id_, values, wrong)
    return await drafts.propose(visit, work, document, back=back)


def _new_id(raw: Mapping[str, Any], taken: set[str]) -> str:
    """Made from the name: its page keeps this address also when the name changes. "": the name makes none."""
    texts = raw.get("name")
    name = texts.get("de") or next(iter(texts.values()), "") if isinstance(texts, Mapping) else ""
    made = slug(str(name)) or ("service" if name else "")
    return (
        next((each for each in (made, *(f"{made[:55]}-{number}" for number in range(2, 1_000))) if each not in taken), "") if made else ""
    )


def over(above: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What has to be said over ``above`` so that ``wanted`` comes of it: what is the same follows what is above also later."""
    result: dict[str, Any] = {key: None for key in above if key not in wanted}
    for key, value in wanted.items():
        there = above.get(key)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            inner = over(there, value)
            if inner:
                result[key] = inner
        elif value != there:
            result[key] = value
    return result


def _moved(wrong: Mapping[str, str], id_: str) -> dict[str, str]:
    """Objections under the keys of the form's fields."""
    begins = f"services.{id_}"
    return {
        f"{_KEY}{key.removeprefix(begins)}" if key == begins or key.startswith(f"{begins}.") else key: text for key, text in wrong.items()
    }


def _form(visit: Visit, work: Work, id_: str, values: Mapping[str, str], wrong: Mapping[str, str] | None = None) -> web.Response:
    against = dict(wrong or {})
    sure = against.pop("sure", "")
    return sections.page(
        visit,
        "settings/service.html",
        work,
        SERVICES,
        422 if wrong else 200,
        service=_service(visit, work, id_) if id_ else None,
        new=NEW,
        groups=GROUPS,
        shown=plain.shown(visit, work, FIELDS, values, against),
        wrong=against,
        sure=sure,
        elsewhere=plain.elsewhere(FIELDS, against),
    )


PAGES: Final = (*pages("services", show, save), *pages("services.entry", show_one, save_one, "/services/{service}"))
