"""What a hall's policy is made of, and what comes out (pure): documents from above to below, then what was added one by one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from hotspot.hub.policy.documents import files_named, settings_of
from hotspot.hub.policy.merge import Table, merge, merged
from hotspot.hub.policy.scopes import Level, Scope, parse


class Document(Protocol):
    """As the store has it."""

    @property
    def scope(self) -> str:
        """As text."""

    @property
    def document(self) -> dict[str, Any]:
        """What it says."""

    @property
    def files(self) -> dict[str, str]:
        """Name -> SHA-256."""


class Item(Protocol):
    """As the store has it."""

    @property
    def id(self) -> str:
        """In its section."""

    @property
    def section(self) -> str:
        """Of the settings."""

    @property
    def scope(self) -> str:
        """As text."""

    @property
    def item(self) -> dict[str, Any]:
        """What it says."""


class Effective(Struct, frozen=True):
    """What goes for a hall."""

    settings: Table
    files: dict[str, str]


Layer = tuple[Document | Item, Table]


class Sources:
    """Documents and items of many halls, looked up by scope; what halls of a partner share is merged once."""

    def __init__(self, documents: Iterable[Document], items: Iterable[Item] = ()) -> None:
        self._documents: dict[str, Document] = {}
        self._zones: dict[str, list[Document]] = {}
        for document in documents:
            scope = parse(document.scope)
            if scope.level is Level.ZONE:
                self._zones.setdefault(scope.hall, []).append(document)
            else:
                self._documents[document.scope] = document
        self._items: dict[str, list[Item]] = {}
        for item in items:
            self._items.setdefault(item.scope, []).append(item)
        host = self._documents.get("host")
        self._host = {} if host is None else merged([_settings(host)])
        self._shared: dict[str, Table] = {}

    def layers(self, hall: str, partner: str) -> list[Layer]:
        """All that goes for a hall, from above to below, each as settings of the hall."""
        scopes = _scopes(hall, partner)
        found: list[Layer] = [(each, _settings(each)) for each in map(self._documents.get, scopes) if each is not None]
        found += [(each, _settings(each)) for each in self._zones.get(hall, ())]
        return found + [(each, {each.section: {each.id: each.item}}) for scope in scopes for each in self._items.get(scope, ())]

    def of(self, hall: str, partner: str) -> Effective:
        """What goes for a hall: ``merge.merged`` of its layers."""
        settings = self._upper(partner)
        own = self._documents.get(f"hall/{hall}")
        below = [_settings(each) for each in (() if own is None else (own,))]
        for document in (*below, *(_settings(each) for each in self._zones.get(hall, ()))):
            settings = merge(settings, document)
        for scope in _scopes(hall, partner):
            for item in self._items.get(scope, ()):
                settings = merge(settings, {item.section: {item.id: item.item}})
        return Effective(settings, self._files(settings, hall, partner))

    def _upper(self, partner: str) -> Table:
        """What the host and the partner say."""
        if partner not in self._shared:
            own = self._documents.get(f"partner/{partner}")
            self._shared[partner] = self._host if own is None else merge(self._host, _settings(own))
        return self._shared[partner]

    def _files(self, settings: Mapping[str, Any], hall: str, partner: str) -> dict[str, str]:
        """The files that the settings name; of one name that of the lowest scope."""
        known: dict[str, str] = {}
        for scope in _scopes(hall, partner):
            document = self._documents.get(scope)
            if document is not None:
                known.update(document.files)
        return {name: known[name] for name in sorted(files_named(settings)) if name in known}


def _scopes(hall: str, partner: str) -> Sequence[str]:
    return "host", f"partner/{partner}", f"hall/{hall}"


def _settings(document: Document) -> Table:
    return settings_of(parse(document.scope), document.document)


def scope_in(text: str, partners: Mapping[str, str]) -> Scope | None:
    """A scope as text with its partner, by the partners of halls; None: a hall that is not among them."""
    scope = parse(text)
    if scope.hall and scope.hall not in partners:
        return None
    return Scope(scope.level, partners.get(scope.hall, scope.partner), scope.hall, scope.zone)
