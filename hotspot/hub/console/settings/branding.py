"""The face of a town or a hall: its name, its colours with the contrast that they have, coat of arms, photo, video, first words."""

from collections.abc import Mapping
from math import floor
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from hotspot.hub import faces
from hotspot.hub.access import Permission
from hotspot.hub.api import halls, policy_halls, previews
from hotspot.hub.api.problems import Fault
from hotspot.hub.console.forms import Upload
from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import drafts, faults, plain, sections
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.plain import Field, Kind
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import BRANDING
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.scopes import Level

ACCENT, DARK = "theme.colours.accent", "theme.colours.dark"
NAME: Final = Field(key="hall.town", awaited=True, hint=N_("As it stands at the top of every page: “Gemeinde Kleinheim”."))
WELCOME: Final = Field(
    key="theme.welcome",
    kind=Kind.TEXTS,
    rows=2,
    hint=N_(
        "The first words of the start page, and the place for a notice: “The citizens' office is closed on Friday.” 400 characters at most."
    ),
)
COLOURS: Final = (Field(key=ACCENT), Field(key=DARK))
LOGO_ALT: Final = Field(
    key="theme.logo.alt", kind=Kind.TEXTS, hint=N_("For people who do not see it. Empty: the name beside it says enough.")
)
PHOTO_ALT: Final = Field(key="theme.photo.alt", kind=Kind.TEXTS, hint=N_("What is to be seen, for people who do not see it."))
WIFI4EU: Final = (
    Field(
        key="wifi4eu.network_id",
        hint=N_("Only for networks that the European programme has paid for: its number in the programme's portal."),
    ),
    Field(key="wifi4eu.self_test", kind=Kind.SWITCH, hint=N_("Only while the banner is set up.")),
)
FIELDS: Final = (NAME, WELCOME, *COLOURS, LOGO_ALT, PHOTO_ALT, *WIFI4EU)
FILES: Final[Mapping[str, str]] = {"logo": N_("Coat of arms"), "photo": N_("Photo"), "sign_language": N_("Video in sign language")}
LARGEST: Final = faces.MOST_FILE + 2 * 1_048_576
"""Bytes of the form: a video, two pictures, words."""
_WRONG_FILE: Final = {
    faces.Refusal.KIND: N_("This file cannot be shown: its name has to end with %(endings)s."),
    faces.Refusal.SIZE: N_("This file is too large: it has %(size)s KB, at most %(most)s KB are possible. Please make it smaller."),
    faces.Refusal.INSIDE: N_(
        "This file cannot be shown: inside it is something else than its name says. Please save it again as one of %(endings)s."
    ),
}


_TOO_LITTLE: Final = N_("The contrast is %(ratio)s : 1, at least 4.5 : 1 is needed. The nearest colour that can be read is %(colour)s.")


class Picture(Struct, frozen=True, kw_only=True):
    """A file of the theme as the form shows it."""

    what: str
    title: str
    state: str
    """``own``, ``above`` (taken over), ``removed`` (not to be shown, though there is one above), ``none``."""
    name: str
    endings: str
    most: int
    """KB."""
    wrong: str = ""


async def show(visit: Visit) -> web.StreamResponse:
    """The form, with the start page beside it."""
    work = await sections.begin(visit, BRANDING)
    return await _page(visit, work, plain.values_of(FIELDS, work.own))


async def save(visit: Visit) -> web.StreamResponse:
    """To the review; or, as another button says, back to the form: to see colours judged, or to see the pages with what is changed."""
    work = await sections.begin(visit, BRANDING)
    form = visit.form
    values = plain.values_of(FIELDS, work.own) | plain.typed(FIELDS, form)
    if form.has("take"):
        values[DARK if form.text("take").startswith("dark:") else ACCENT] = form.text("take").removeprefix("dark:")
    if form.has("check") or form.has("take"):
        return await _page(visit, work, values)
    document, files, wrong = await _with_files(visit, work)
    whole = plain.changed(document, FIELDS, values)
    wrong |= _colour_wrong(visit, work, values)
    wrong = wrong or await faults.of(visit, work, whole, files)
    if wrong:
        if document != work.document:  # a browser shows no chosen file again, so that would be lost
            await drafts.keep(visit, work.scope, work.base, document, files)
            work = await sections.begin(visit, BRANDING)
        return await _page(visit, work, values, wrong, 422)
    answer = await drafts.propose(visit, work, whole, files, f"{work.place.sections}/branding")
    return visit.redirect(f"{work.place.sections}/branding") if form.has("stay") else answer


def _colour_wrong(visit: Visit, work: Work, values: Mapping[str, str]) -> dict[str, str]:
    """By key what is wrong with a colour that was typed: the figure, and what would do."""
    judged = _judged(work.inherited.settings, values)
    key = DARK if judged.wrong == "dark" else ACCENT
    if not judged.wrong or not values.get(key):
        return {}
    if not judged.better:
        return {key: visit.text("A colour is written as # and six digits, such as #0b5394.")}
    ratio = visit.formats.number(floor(min(pair.ratio for pair in judged.pairs if pair.dark == (key == DARK)) * 10) / 10)
    return {key: visit.text(_TOO_LITTLE, ratio=ratio, colour=judged.better)}


async def _with_files(visit: Visit, work: Work) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """Document and files with what was sent or taken away, and by key what is wrong."""
    document, files = dict(work.document), dict(work.files)
    wrong: dict[str, str] = {}
    for what in FILES:
        before = plain.look_up(document, ("theme", what, "file"))
        if (upload := visit.form.uploads.get(what)) is not None:
            why = _wrong(visit, what, upload)
            if why:
                wrong[f"theme.{what}.file"] = why
                continue
            digest = (await visit.ask(policy_halls.upload, upload.content)).sha256
            name = f"{what.replace('_', '-')}-{digest[:8]}{PurePosixPath(upload.filename).suffix.lower()}"
            files[name] = digest
            document = plain.put(document, ("theme", what, "file"), name)
        elif visit.form.has(f"{what}.off"):
            document = _without(document, what, work)
        after = plain.look_up(document, ("theme", what, "file"))
        if isinstance(before, str) and before != after:
            files.pop(before, None)
    return document, files, wrong


def _wrong(visit: Visit, what: str, upload: Upload) -> str:
    """Why a file cannot be shown; "": it can."""
    why = faces.refusal(what, upload.filename, upload.content)
    if why is None:
        return ""
    kind = faces.KINDS[what]
    size, most = (visit.formats.number(-(-count // 1_000)) for count in (len(upload.content), kind.most))
    return visit.text(_WRONG_FILE[why], endings=", ".join(kind.endings), size=size, most=most)


def _state(work: Work, what: str) -> str:
    """Of a picture: see ``Picture.state``."""
    theme = work.own.get("theme")
    if isinstance(theme, Mapping) and what in theme and theme[what] is None:
        return "removed"
    if plain.look_up(work.own, ("theme", what, "file")) is not None:
        return "own"
    return "none" if plain.look_up(work.inherited.settings, ("theme", what, "file")) is None else "above"


def _without(document: Mapping[str, Any], what: str, work: Work) -> dict[str, Any]:
    """What its box says: the own one is gone, the one above is not shown, or is shown again."""
    if _state(work, what) != "above":
        return plain.put(document, ("theme", what), None)
    theme = document.get("theme")
    return {**document, "theme": {**(theme if isinstance(theme, dict) else {}), what: None}}


# The page --------------------------------------------------------------------------------------------------------------------------------


async def _page(
    visit: Visit, work: Work, values: Mapping[str, str], wrong: Mapping[str, str] | None = None, status: int = 200
) -> web.StreamResponse:
    against = dict(wrong or {})
    fields = [*FIELDS, *(Field(key=f"theme.{what}.file") for what in FILES)]
    return sections.page(
        visit,
        "settings/branding.html",
        work,
        BRANDING,
        status,
        shown=plain.shown(visit, work, FIELDS, values, against),
        wrong=against,
        elsewhere=plain.elsewhere(fields, against),
        pictures=[_picture(visit, work, what, against) for what in FILES],
        colours=_judged(work.inherited.settings, values),
        beside=await _beside(visit, work),
    )


def _picture(visit: Visit, work: Work, what: str, wrong: Mapping[str, str]) -> Picture:
    kind = faces.KINDS[what]
    name = plain.look_up(work.settings, ("theme", what, "file"))
    return Picture(
        what=what,
        title=visit.text(FILES[what]),
        state=_state(work, what),
        name=name if isinstance(name, str) else "",
        endings=",".join(kind.endings),
        most=kind.most // 1_000,
        wrong=faults.at(wrong, f"theme.{what}.file"),
    )


def _judged(above: Mapping[str, Any], values: Mapping[str, str]) -> faces.Judged:
    """What the pages would make of the colours that were typed, or else taken over."""
    accent, dark = (values.get(key, "") or plain.look_up(above, tuple(key.split("."))) or "" for key in (ACCENT, DARK))
    return faces.judge(str(accent or faces.ACCENT), str(dark))


async def contrast(visit: Visit) -> web.StreamResponse:
    """The same for the script of the form: ``above`` is what goes where a field is empty."""
    accent = visit.query.get(ACCENT, "") or visit.query.get("above", "") or faces.ACCENT
    dark = visit.query.get(DARK, "") or visit.query.get("above.dark", "")
    return visit.page("settings/contrast.html", colours=faces.judge(accent[:100], dark[:100]))


class Beside(Struct, frozen=True, kw_only=True):
    """What is shown beside the form."""

    hall: str
    title: str
    frame: str
    """Address of a page of a visitor, without the scene."""
    preview: str
    """Address of the whole preview."""
    weight: int
    """Bytes of the first view; 0: not known."""
    most: int


async def _beside(visit: Visit, work: Work) -> Beside | None:
    """The first hall that this goes for, with the draft when there is one. None: there is no hall yet."""
    scope = work.place.scope
    every = [await visit.ask(halls.show_hall, hall=scope.hall)] if scope.hall else await visit.ask(halls.list_halls)
    found = [hall for hall in every if scope.level is not Level.PARTNER or hall.partner == scope.partner]
    if not found:
        return None
    hall = found[0]
    documents = [] if work.draft is None else [drafts.wanted(work.draft)]
    try:
        seen = await visit.ask(previews.show_preview, {"documents": documents}, hall=hall.name)
    except Fault:
        return None
    if not seen.zones:
        return None
    query = urlencode({"lang": visit.language})
    whole = f"/halls/{hall.name}/preview" if work.draft is None else f"/settings/drafts/{work.draft.id}/preview"
    frame = f"{whole}/{seen.zones[0]}" if work.draft is None else f"{whole}/{hall.name}/{seen.zones[0]}"
    return Beside(
        hall=hall.name,
        title=hall.title,
        frame=f"{frame}?{query}",
        preview=f"{whole}?{urlencode({'hall': hall.name})}",
        weight=seen.first_view,
        most=seen.first_view_most,
    )


PAGES: Final = (
    *pages("branding", show, save, largest=LARGEST),
    Page(name="settings.contrast", method="GET", path="/settings/contrast", permission=Permission.SEE, handler=contrast, is_file=True),
)
