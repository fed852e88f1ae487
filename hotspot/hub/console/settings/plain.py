"""Plain values of several tables in one form: the names of its fields are the keys of the settings, as ``legal.operator.name`` or, of a
text by language, ``theme.welcome.de`` (``fields`` has the forms of one table). An empty field says nothing: what the scopes above say goes
then."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from hotspot.hub.console.formats import VISITORS
from hotspot.hub.console.forms import Form, web_address
from hotspot.hub.console.settings import faults, words
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.fields import FIRST, awaited
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

PLAIN: Final = "de"
"""The language of a text that says none."""


class Kind(StrEnum):
    """What a field looks like, and what stands in the settings for it."""

    LINE = "line"
    LINES = "lines"
    """A list, one line for each."""
    TEXTS = "texts"
    """A table by language."""
    CHOICE = "choice"
    SWITCH = "switch"
    """``true`` or ``false``."""
    DAY = "day"
    WEB = "web"
    """An address of the web."""


class Field(Struct, frozen=True, kw_only=True):
    """One value of the settings."""

    key: str
    """As ``legal.operator.name``, without names that need quotes."""
    kind: Kind = Kind.LINE
    hint: str = ""
    rows: int = 1
    """Lines of a text; 1: a field of one line."""
    options: Mapping[str, str] = {}
    """Of a choice: value and what it means."""
    label: str = ""
    """Of its own; else that of ``words.LABELS``."""
    awaited: bool = False
    """Does the checklist of a town wait for it, here or above?"""
    unset: str = N_("not set")
    """What goes when a choice is left open, here and above."""

    @property
    def path(self) -> tuple[str, ...]:
        """Where it stands."""
        return tuple(self.key.split("."))


class Shown(Struct, frozen=True, kw_only=True):
    """A field as a page shows it."""

    field: Field
    label: str
    value: str
    above: str
    """What goes when it says nothing, in words."""
    wrong: str
    locked: bool
    taken: bool = False
    """Is the value a proposal, known from elsewhere, that nobody has saved yet?"""
    awaited: bool = False
    """Does the checklist wait for it when it stays empty?"""
    texts: tuple["Tongue", ...] = ()
    """Of a text by language, all languages, the first one first."""

    @property
    def first(self) -> tuple["Tongue", ...]:
        """Languages that are asked for at once."""
        return tuple(tongue for tongue in self.texts if tongue.code in FIRST)

    @property
    def further(self) -> tuple["Tongue", ...]:
        """Those that are a click away."""
        return tuple(tongue for tongue in self.texts if tongue.code not in FIRST)


class Tongue(Struct, frozen=True, kw_only=True):
    """A text in one language."""

    code: str
    name: str
    """In the reader's words."""
    direction: str
    value: str
    above: str
    wrong: str


def values_of(fields: Iterable[Field], settings: Mapping[str, Any]) -> dict[str, str]:
    """What forms show for settings, by the name of the input."""
    found: dict[str, str] = {}
    for field in fields:
        value = look_up(settings, field.path)
        if field.kind is Kind.TEXTS:
            found |= {f"{field.key}.{code}": text for code, text in _by_language(value).items()}
        elif field.kind is Kind.LINES:
            found[field.key] = "\n".join(map(str, value)) if isinstance(value, list) else ""
        elif isinstance(value, bool):
            found[field.key] = "yes" if value else "no"
        else:
            found[field.key] = "" if value is None or isinstance(value, dict | list) else str(value)
    return found


def typed(fields: Iterable[Field], form: Form) -> dict[str, str]:
    """The same as it was typed."""
    found: dict[str, str] = {}
    for field in fields:
        names = [f"{field.key}.{code}" for code in VISITORS] if field.kind is Kind.TEXTS else [field.key]
        found |= {name: form.text(name) for name in names if form.has(name)}
    return found


def changed(document: Mapping[str, Any], fields: Iterable[Field], values: Mapping[str, str]) -> dict[str, Any]:
    """The document with what was typed; what was not changed stays as it was written, also a ``null`` that removes what is above."""
    result = dict(document)
    for field in fields:
        before = values_of([field], result)
        after = {name: text for name, text in values.items() if name == field.key or name.startswith(f"{field.key}.")}
        if not after or {name: text for name, text in before.items() if text} == {name: text for name, text in after.items() if text}:
            continue
        result = put(result, field.path, _meant(field, after))
    return result


def _meant(field: Field, values: Mapping[str, str]) -> Any:
    """None: nothing is said."""
    if field.kind is Kind.TEXTS:
        texts = {name.removeprefix(f"{field.key}."): text for name, text in values.items() if text}
        return texts or None
    text = values[field.key]
    if field.kind is Kind.LINES:
        return [line.strip() for line in text.split("\n") if line.strip()] or None
    if field.kind is Kind.SWITCH:
        return {"yes": True, "no": False}.get(text)
    return (web_address(text) if field.kind is Kind.WEB else text) or None


def put(table: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A table with another value at a path; None takes it away, and tables that are empty then."""
    result = dict(table)
    key, *rest = path
    if rest:
        inner = result.get(key)
        value = put(inner if isinstance(inner, dict) else {}, tuple(rest), value) or None
    if value is None:
        result.pop(key, None)
    else:
        result[key] = value
    return result


def look_up(settings: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The value at a path; None: nothing."""
    found: Any = settings
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _by_language(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        return {PLAIN: value}
    return {code: text for code, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}


def shown(
    visit: Visit,
    work: Work,
    fields: Iterable[Field],
    values: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    taken: Mapping[str, str] | None = None,
) -> dict[str, Shown]:
    """Fields with what stands in them, by key. ``wrong``: by key what is wrong with what was typed. ``taken``: what is proposed for fields
    that are empty."""
    found = {}
    for field in fields:
        against = wrong or {}
        above = look_up(work.inherited.settings, field.path)
        texts = tuple(_tongue(visit, field, code, above, values, against) for code in VISITORS) if field.kind is Kind.TEXTS else ()
        said = words.value(visit, field.key, above, work.inherited.settings) if above is not None and not texts else ""
        if field.options and isinstance(above, str):
            said = visit.text(field.options.get(above, above))
        found[field.key] = Shown(
            field=field,
            label=visit.text(field.label) if field.label else words.told(visit, field.key, work.settings).label or field.key,
            value=values.get(field.key, "") or (taken or {}).get(field.key, ""),
            taken=not values.get(field.key) and field.key in (taken or {}),
            above=said,
            wrong=faults.at(against, field.key) if not texts else against.get(field.key, ""),
            locked=work.is_locked(*field.path),
            awaited=field.awaited and awaited(work, above),
            texts=texts,
        )
    return found


def _tongue(visit: Visit, field: Field, code: str, above: Any, values: Mapping[str, str], wrong: Mapping[str, str]) -> Tongue:
    name = f"{field.key}.{code}"
    return Tongue(
        code=code,
        name=words.language(visit, code),
        direction="rtl" if code in ("ar", "fa") else "ltr",
        value=values.get(name, ""),
        above=_by_language(above).get(code, ""),
        wrong=wrong.get(name, ""),
    )


def elsewhere(fields: Iterable[Field], wrong: Mapping[str, str]) -> dict[str, str]:
    """Objections that are about none of these fields."""
    keys = [field.key for field in fields]
    return {key: text for key, text in wrong.items() if not any(key == each or key.startswith(f"{each}.") for each in keys)}
