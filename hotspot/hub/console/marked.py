"""What a form says of its fields, read from the page itself (pure): so that the summary above a form has every fault that is marked in it,
whatever the form is, and names fields as their labels do."""

from html.parser import HTMLParser
from typing import Final

from msgspec import Struct

_CONTROLS: Final = frozenset({"input", "select", "textarea"})
_NO_END: Final = frozenset({"input", "br", "link", "meta", "img"})


class Marked(Struct, frozen=True):
    """A fault as a summary shows it."""

    field: str
    """The id of the field; "": it is about several."""
    label: str
    text: str


def marked(html: str) -> list[Marked]:
    """All faults of a page's part, in its order: texts in ``<p class="fault">``, whose ids are those of their fields with ``-fault``. One
    without an id is about the next field of its group."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found()


class _Reader(HTMLParser):
    """Notes faults, labels and legends."""

    def __init__(self) -> None:
        super().__init__()
        self._faults: list[tuple[str, str, str]] = []
        self._labels: dict[str, str] = {}
        self._ids: set[str] = set()
        self._legends: list[str] = []
        self._open: list[tuple[str, str]] = []
        """What text belongs to: ``label``, ``legend``, ``fault`` or ``aside`` (of no interest), and of which id."""
        self._text = ""
        self._pending: list[int] = []

    def found(self) -> list[Marked]:
        """After all was read."""
        return [
            Marked(field if field in self._ids else "", self._labels.get(field, "") or legend, text) for field, legend, text in self._faults
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin of something."""
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag in _CONTROLS and given.get("id"):
            self._ids.add(given["id"])
            for number in self._pending:
                self._faults[number] = (given["id"], *self._faults[number][1:])
            self._pending = []
        if tag == "fieldset":
            self._legends.append("")
        if self._open and tag not in _NO_END:
            inner = "aside" if tag == "small" or "hidden" in classes else ""
            self._open.append((inner, ""))
        elif tag in ("label", "legend"):
            self._open, self._text = [(tag, given.get("for", ""))], ""
        elif tag == "p" and "fault" in classes:
            self._open, self._text = [("fault", given.get("id", "").removesuffix("-fault"))], ""

    def handle_data(self, data: str) -> None:
        """Text."""
        if self._open and not any(kind == "aside" for kind, _ in self._open):
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        """End of something."""
        if tag == "fieldset" and self._legends:
            self._legends.pop()
            self._pending = []
        if not self._open:
            return
        kind, field = self._open.pop()
        if self._open:
            return
        text = " ".join(self._text.split())
        if kind == "label":
            self._labels[field] = text
        elif kind == "legend" and self._legends:
            self._legends[-1] = text
        elif kind == "fault":
            if not field:
                self._pending.append(len(self._faults))
            self._faults.append((field, next((each for each in reversed(self._legends) if each), ""), text))
