"""Fields of settings: what stands in a form for a value, and what a form says. A field that stays empty takes over what stands above."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from hotspot.hub.console.formats import VISITORS
from hotspot.hub.console.forms import Form, web_address
from hotspot.hub.console.settings import faults, quantities, words
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import Path, Table, key_of
from hotspot.hub.policy.scopes import Level

Kind = Literal["text", "email", "tel", "url", "lines", "number", "seconds", "rate", "bytes", "bool", "choice", "texts", "long texts"]
FIRST: Final = ("de", "en")
"""Languages that every form shows; the others are a click away."""
Options = tuple[tuple[str, str], ...]


class Field(Struct, frozen=True, kw_only=True):
    """One value that a form asks for."""

    name: str
    """Last step of its key."""
    kind: Kind = "text"
    hint: str = ""
    """English, to be translated."""
    more: bool = False
    """Is it among those that few need?"""
    required: bool = False
    """Must it be said, here or above?"""
    awaited: bool = False
    """Does the checklist of a town wait for it, here or above?"""
    removable: bool = True
    """Can what stands above be taken away, so that there is none?"""
    options: Options = ()
    """Of a choice: values and words, in the reader's language."""


class Input(Struct, frozen=True, kw_only=True):
    """A field as a template shows it."""

    name: str
    kind: str
    label: str
    hint: str
    more: bool
    required: bool
    options: Options
    awaited: bool = False
    value: str = ""
    unit: str = ""
    units: Options = ()
    texts: tuple[tuple[str, str, str, str, str], ...] = ()
    """Language, its name, text here, text above, what is wrong with it."""
    above: str = ""
    """What goes when it stays empty, in words."""
    level: str = ""
    """Where that comes from."""
    removed: bool = False
    """Does it take away what stands above?"""
    locked: bool = False
    """Does a scope above keep it for itself?"""
    removable: bool = False
    wrong: str = ""
    taken: bool = False
    """Is the value a proposal, known from elsewhere, that nobody has saved yet?"""

    @property
    def filled(self) -> bool:
        """Is anything said here?"""
        return bool(self.value or self.removed or any(text[2] for text in self.texts))


def inputs(
    visit: Visit, work: Work, path: Path, fields: Iterable[Field], form: Form | None = None, found: Mapping[str, str] | None = None
) -> tuple[Input, ...]:
    """Fields of the table at ``path``: with what is said there, or with what was typed (``form``) and what is wrong with it (``found``, by
    key)."""
    own, above = _table(work.own, path), _table(work.inherited.settings, path)
    return tuple(_input(visit, work, (*path, field.name), field, own, above, form, found or {}) for field in fields)


def _table(settings: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    found: Any = settings
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _input(
    visit: Visit, work: Work, path: Path, field: Field, own: Mapping[str, Any], above: Mapping[str, Any],
    form: Form | None, found: Mapping[str, str],
) -> Input:  # fmt: skip
    name, key = field.name, key_of(path)
    upper = above.get(name)
    level = work.inherited.level_of(*path)
    shared: dict[str, Any] = {
        "name": name, "kind": field.kind, "label": words.told(visit, key, {}).label, "hint": visit.text(field.hint), "more": field.more,
        "required": field.required and upper is None, "awaited": field.awaited and awaited(work, upper),
        "options": field.options, "locked": work.is_locked(*path),
        "level": "" if level is None else level.value,
        "removable": upper is not None and field.removable and not field.required,
        "removed": form.has(f"none.{name}") if form is not None else name in own and own[name] is None,
        "wrong": found.get(key, "") if field.kind in ("texts", "long texts") else faults.at(found, key),
    }  # fmt: skip
    if field.kind in ("texts", "long texts"):
        return Input(**shared, texts=_texts(visit, field, key, own.get(name), upper, form, found))
    shown = "" if upper is None else words.value(visit, key, upper, work.settings)
    if field.kind in quantities.UNITS:
        value, unit = quantities.split(field.kind, own.get(name))
        if not value and upper is not None:  # who types a number means it as the one that stands above
            unit = quantities.split(field.kind, upper)[1]
        if form is not None:
            value, unit = form.text(name), form.text(f"{name}.unit")
        elif visit.language == "de":
            value = value.replace(".", ",")
        return Input(**shared, above=shown, value=value, unit=unit, units=_units(visit, field.kind))
    return Input(**shared, above=shown, value=form.text(name) if form is not None else _as_typed(own.get(name)))


def awaited(work: Work, upper: Any) -> bool:
    """Would the checklist of a town wait for a value that stays empty here? Not for one that stands above, and the city has none."""
    return upper is None and work.place.scope.level is not Level.HOST


def _as_typed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _units(visit: Visit, kind: str) -> Options:
    said = {"s": visit.text("seconds"), "min": visit.text("minutes"), "h": visit.text("hours"), "d": visit.text("days")}
    return tuple((unit, said.get(unit, unit)) for unit in quantities.UNITS[kind])


def _texts(
    visit: Visit, field: Field, key: str, own: Any, upper: Any, form: Form | None, found: Mapping[str, str]
) -> tuple[tuple[str, str, str, str, str], ...]:
    here, above = by_language(own), by_language(upper)
    typed = here if form is None else {code: form.text(f"{field.name}.{code}") for code in VISITORS}
    return tuple(
        (code, words.language(visit, code), typed.get(code, ""), above.get(code, ""), found.get(f"{key}.{code}", "")) for code in VISITORS
    )


def by_language(value: Any) -> dict[str, str]:
    """A text of the settings; one without a language is German."""
    if isinstance(value, str):
        return {"de": value}
    return {code: text for code, text in value.items() if isinstance(text, str)} if isinstance(value, Mapping) else {}


# What a form says ------------------------------------------------------------------------------------------------------------------------


def said(form: Form, fields: Iterable[Field], own: Mapping[str, Any], above: Mapping[str, Any]) -> Table:
    """The table with what was typed; what the form has no field for stays. ``own``: the table as it was, ``above``: what it lies on."""
    result = dict(own)
    for field in fields:
        value = typed(form, field)
        if form.has(f"none.{field.name}") and above.get(field.name) is not None:
            result[field.name] = None
        elif value is None:
            result.pop(field.name, None)
        else:
            result[field.name] = value
    return result


def typed(form: Form, field: Field) -> Any:
    """One value; None: the field stayed empty."""
    text = form.text(field.name)
    match field.kind:
        case "seconds" | "rate" | "bytes":
            return quantities.joined(field.kind, text, form.text(f"{field.name}.unit")) or None
        case "bool":
            return {"yes": True, "no": False}.get(text)
        case "number":
            return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text or None
        case "lines":
            return [line.strip() for line in text.split("\n") if line.strip()] or None
        case "url":
            return web_address(text) or None
        case "texts" | "long texts":
            return {code: text for code in VISITORS if (text := form.text(f"{field.name}.{code}"))} or None
    return text or None


def replaced(document: Mapping[str, Any], path: Path, table: Table) -> Table:
    """A document with another table at a path; an empty one is taken out, and what becomes empty by that."""
    step, *rest = path
    result = dict(document)
    inner = document.get(step)
    new = replaced(inner if isinstance(inner, Mapping) else {}, tuple(rest), table) if rest else table
    if new:
        result[step] = new
    else:
        result.pop(step, None)
    return result


def table_at(settings: Mapping[str, Any], path: Path) -> Table:
    """The table at a path; empty when there is none."""
    return dict(_table(settings, path))
