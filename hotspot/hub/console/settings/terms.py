"""Terms of use: those from above, the product's model terms, or a text of one's own. They go together: halves of two versions never mix."""

from collections.abc import Mapping
from typing import Final, Literal

from aiohttp import web

from hotspot.hub.api import policy, policy_halls
from hotspot.hub.api.problems import NotFound
from hotspot.hub.console.formats import VISITORS
from hotspot.hub.console.settings import drafts, faults, fields, sections, words
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.fields import Input, by_language, table_at
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import TERMS as SECTION
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.documents import settings_of
from hotspot.hub.policy.merge import Table, merge
from hotspot.hub.policy.scopes import Level
from hotspot.portal.model_terms import model_texts

PATH: Final = ("terms",)
Whose = Literal["above", "model", "own"]
_FROM: Final[Mapping[Level | None, str]] = {Level.HOST: N_("Text of the city"), Level.PARTNER: N_("Text of the town")}
"""Who has written a text that is taken over."""


async def show(visit: Visit) -> web.StreamResponse:
    """The form; with ``begin=model`` the model terms stand in it as a text to begin with."""
    work = await sections.begin(visit, SECTION)
    own = table_at(work.own, PATH)
    goes = table_at(work.settings, PATH)
    texts = await _texts(visit, work, goes)
    whose: Whose = "above" if not own and table_at(work.inherited.settings, PATH) else "own" if texts else "model"
    if visit.query.get("begin") == "model":
        whose, texts = "own", dict(model_texts())
    version, date = str(goes.get("version") or _next_version(visit, "")), str(goes.get("date") or "")
    return await _page(visit, work, whose, version, date, texts)


async def _page(
    visit: Visit, work: Work, whose: str, version: str, date: str, texts: Mapping[str, str],
    status: int = 200, found: Mapping[str, str] | None = None,
) -> web.Response:  # fmt: skip
    found = found or {}
    above = table_at(work.inherited.settings, PATH)
    level = work.inherited.level_of("terms", "version")
    inputs = Input(
        name="text", kind="long texts", label=visit.text("Text"), required=True, more=False, options=(),
        hint=visit.text("Plain text; an empty line parts paragraphs. Where a language stays empty, German or English is shown."),
        wrong=found.get("terms.text", ""),
        texts=tuple(
            (code, words.language(visit, code), texts.get(code, ""), "", found.get(f"terms.text.{code}", "")) for code in VISITORS
        ),
    )  # fmt: skip
    model = model_texts()
    return sections.page(
        visit, "settings/terms.html", work, SECTION, status, whose=whose, version=version, date=date, text=inputs, found=found,
        above_version=above.get("version", ""), level="" if level is None else level.value,
        above_texts=await _texts(visit, work, above) if above else {},
        model=model.get(visit.language, model["de"]), languages_of_model=len(model),
    )  # fmt: skip


async def _texts(visit: Visit, work: Work, terms: Table) -> dict[str, str]:
    """All texts by language, those in files too."""
    found = by_language(terms.get("text"))
    files = work.inherited.files | work.files
    for code, name in table_at(terms, ("file",)).items():
        text = await _content(visit, files.get(str(name)))
        if text is not None:
            found[code] = text
    return found


async def _content(visit: Visit, digest: str | None) -> str | None:
    """Of a text file of the policy; None: it cannot be read here."""
    if digest is None:
        return None
    try:
        return (await visit.ask(policy_halls.download, sha256=digest)).content.decode("utf-8-sig").replace("\r\n", "\n")
    except (NotFound, UnicodeDecodeError):
        return None


async def save(visit: Visit) -> web.StreamResponse:
    """Keep what was typed as a draft."""
    work, form = await sections.begin(visit, SECTION), visit.form
    whose, version, date = form.text("whose"), form.text("version"), _iso(form.text("date"))
    texts = {code: text for code in VISITORS if (text := form.text(f"text.{code}"))}
    wrong: dict[str, str] = {}
    if whose == "own" and not texts:
        wrong["terms.text"] = visit.text("Please write the terms in one language at least, or take the model terms.")
    own: Table = {} if whose == "above" else _own(work, version, date, texts if whose == "own" else {})
    document = fields.replaced(work.document, PATH, own)
    if not wrong and whose != "above":
        wrong = await _same_version(visit, work, version, texts if whose == "own" else {})
    if not wrong:
        found = await faults.of(visit, work, document)
        wrong = {key: text for key, text in found.items() if key.partition(".")[0] == "terms"}
    if wrong:
        return await _page(visit, work, whose, version, form.text("date"), texts, 422, wrong)
    return await drafts.propose(visit, work, document)


def _own(work: Work, version: str, date: str, texts: Mapping[str, str]) -> Table:
    """The whole section, so that nothing of the terms above goes beside it."""
    above = table_at(work.inherited.settings, PATH)
    own: Table = {"version": version}
    if date or above.get("date"):
        own["date"] = date or None
    gone = [code for code in by_language(above.get("text")) if code not in texts]
    if texts:
        own["text"] = {**texts, **dict.fromkeys(gone)}
    elif gone:
        own["text"] = None
    if above.get("file"):
        own["file"] = None
    return own


async def _same_version(visit: Visit, work: Work, version: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Other words need another version: gateways would refuse them, because visitors have accepted the old ones under that name."""
    newest = await visit.ask(policy.show_document, query={"scope": work.scope})
    before = table_at(merge(work.inherited.settings, settings_of(work.place.scope, newest.document)), PATH)
    same = _plain(await _texts(visit, work, before)) == _plain(texts)
    if version != before.get("version") or same:
        return {}
    said = visit.text(
        "The text is another one, so it needs another version: for example %(version)s.", version=_next_version(visit, version)
    )
    return {"terms.version": said}


def told(visit: Visit, own: Table, above: Table, level: Level | None) -> str:
    """Which terms go, in words: ``Model text, version 2026-11, of 1 November 2026``. ``own``: what a scope says of them, ``above``: what it
    takes over, ``level``: from where."""
    goes = merge(above, own)
    version = goes.get("version")
    if not version:
        return visit.text("As the gateways have it themselves")
    codes = [*by_language(goes.get("text")), *by_language(goes.get("file"))]
    here = own.get("text") or own.get("file") or level in (None, Level.HALL)
    text = N_("Model text") if not codes else N_("Text of your own") if here else _FROM[level]
    found = [visit.text(text), visit.text("version %(version)s", version=version)]
    if goes.get("date"):
        found.append(visit.text("of %(day)s", day=words.value(visit, "terms.date", goes["date"], {})))
    return ", ".join(found)


def _plain(texts: Mapping[str, str]) -> dict[str, str]:
    return {code: text.strip() for code, text in texts.items() if text.strip()}


def _next_version(visit: Visit, version: str) -> str:
    """A version that is not this one."""
    month = f"{visit.hub.now():%Y-%m}"
    if not version.startswith(month):
        return month
    last = version.removeprefix(month).strip(".-")
    return f"{month}.{int(last) + 1 if last.isascii() and last.isdecimal() else 2}"


def _iso(text: str) -> str:
    """A German day as the settings have it; anything else as it was typed."""
    parts = [part.strip() for part in text.split(".")]
    if len(parts) == 3 and all(part.isascii() and part.isdecimal() for part in parts):
        return f"{int(parts[2]):04}-{int(parts[1]):02}-{int(parts[0]):02}"
    return text


PAGES: Final = pages("terms", show, save)
