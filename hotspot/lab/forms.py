"""Forms of a page and what a browser sends for one (pure): enough to tap the buttons of the portal's pages without a browser."""

from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from msgspec import Struct


class Form(Struct, frozen=True):
    """A form as a person finds it, its fields with the values that they have on the page; a ticked box is a field, an empty one is not."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]


class Submission(Struct, frozen=True):
    """The request that tapping the form's button makes."""

    url: str
    body: bytes
    headers: dict[str, str]


class _Reader(HTMLParser):
    """Collects forms; boxes that must be ticked before the form can be sent are ticked, as a visitor has to."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: list[tuple[str, str, list[tuple[str, str]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open.append((values.get("action", ""), values.get("method", "get").upper(), []))
        elif tag in ("input", "button") and self._open and "name" in values:
            kind = values.get("type", "text")
            if kind not in ("checkbox", "radio") or "checked" in values or "required" in values:
                self._open[-1][2].append((values["name"], values.get("value", "on" if kind == "checkbox" else "")))

    def handle_endtag(self, tag: str) -> None:
        """A tag ends."""
        if tag == "form" and self._open:
            action, method, fields = self._open.pop()
            self.forms.append(Form(action, method, tuple(fields)))


def forms(html: str) -> tuple[Form, ...]:
    """All forms of a page, in its order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(reader.forms)


def submission(page_url: str, form: Form) -> Submission:
    """What a browser sends when ``form`` on the page at ``page_url`` is sent off (headers as by Fetch Metadata)."""
    parts = urlsplit(page_url)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"{parts.scheme}://{parts.netloc}",
        "Sec-Fetch-Site": "same-origin",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    return Submission(urljoin(page_url, form.action), urlencode(form.fields).encode(), headers)
