"""Forms of a page and what their buttons send (pure): enough to use the portal's pages without a browser. Pages are a stranger's."""

from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlencode, urljoin

from msgspec import Struct

MOST: Final = 50
"""Forms, and fields of one, that are looked at."""


class Form(Struct, frozen=True):
    """A form with the values that it has on the page, boxes that must be ticked ticked."""

    action: str
    fields: tuple[tuple[str, str], ...]

    def sent_from(self, url: str) -> tuple[str, bytes]:
        """Where the button leads from a page at ``url``, and the body that it sends."""
        return urljoin(url, self.action), urlencode(self.fields).encode()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._action: str | None = None
        self._fields: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("method", "get").lower() == "post":
            self._action, self._fields = values.get("action", ""), []
        elif tag in ("input", "button") and self._action is not None and values.get("name") and len(self._fields) < MOST:
            kind = values.get("type", "text")
            if kind not in ("checkbox", "radio") or "checked" in values or "required" in values:
                self._fields.append((values["name"], values.get("value", "on" if kind == "checkbox" else "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._action is not None and len(self.forms) < MOST:
            self.forms.append(Form(self._action, tuple(self._fields)))
            self._action = None


def forms(html: str) -> tuple[Form, ...]:
    """All forms of a page that send something, in its order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(reader.forms)


def form_to(html: str, path: str) -> Form | None:
    """The form whose address ends in ``path`` (before its parameters); None: there is none. A form that does something else, as one for a
    voucher, is not sent in its place."""
    return next((form for form in forms(html) if form.action.partition("?")[0].rstrip("/").endswith(path)), None)
