"""What pages may not need, because the small browsers in which phones show them do not have it: each rule is a row of the table of what
Apple's sheet and Android's sign-in view can do, and holds for every scene, in a language from left to right and one from right to left
(what differs between languages is words alone).
"""

import os
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

import pytest

from hotspot.lab.gateway import Rights, prepare
from hotspot.lab.options import Options
from hotspot.lab.record import Folder
from hotspot.portal.pages import Pages
from hotspot.portal.preview import Stages
from hotspot.portal.scenes import shown
from hotspot.portal.web import ROUTES
from tests.hotspot.portal.served_hall import hall

SCHEMES = {"", "http", "https", "tel", "mailto"}
LOADING: Final = {"img": "src", "script": "src", "link": "href", "source": "src", "video": "src", "audio": "src", "iframe": "src"}
"""Elements that ask for something by themselves, and the attribute that says where."""
FILES = re.compile(r"\.(pdf|zip|docx?|xlsx?|odt|ics|vcf|apk|mobileconfig)$", re.IGNORECASE)
FIELDS_TO_GET_ONLINE = {"hidden", "radio", "checkbox", "submit"}


class Document(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.forms: list[tuple[dict[str, str], list[tuple[str, dict[str, str]]]]] = []
        """Each form with the fields and buttons in it."""
        self.loose_buttons = 0
        """Buttons that belong to no form: only a script could make them do something."""
        self.scripts, self.styles, self.words = "", "", ""
        self._inside: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins."""
        values = {name: value or "" for name, value in attrs}
        self.elements.append((tag, values))
        if tag in ("script", "style", "form"):
            self._inside.append(tag)
        if tag == "form":
            self.forms.append((values, []))
        elif tag in ("input", "button", "select", "textarea"):
            if "form" in self._inside:
                self.forms[-1][1].append((tag, values))
            else:
                self.loose_buttons += tag == "button"

    def handle_endtag(self, tag: str) -> None:
        """A tag ends."""
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """What stands between tags."""
        if "script" in self._inside:
            self.scripts += data
        elif "style" in self._inside:
            self.styles += data
        else:
            self.words += data

    def values(self, name: str) -> Iterator[tuple[str, str]]:
        """Each element that has an attribute, and what is in it."""
        return ((tag, values[name]) for tag, values in self.elements if name in values)

    @property
    def addresses(self) -> Iterator[str]:
        """Everywhere that a tap may lead to."""
        for name in ("href", "action", "formaction"):
            yield from (value for _, value in self.values(name))


PAGES: Final = Pages()
LANGUAGES: Final = ("de", "ar")
LIVE: Final = str(PAGES.live)
HALL_AND_HELP: Final = ("Rathaus Musterstadt", "Bürgerbüro, Erdgeschoss")
"""Of the demo's hall."""
Rule = Callable[[Document], list[str]]


def _forbidden(document: Document, *names: str) -> list[str]:
    """Which of these the page's scripts use."""
    return [name for name in names if re.search(rf"\b{re.escape(name)}\b", document.scripts)]


def scripts_are_not_needed(document: Document) -> list[str]:
    """No handler in an attribute, no button that only a script serves, every form with an address; no script but the live values'."""
    handlers = [f"{tag} {name}" for tag, values in document.elements for name in values if name.startswith("on")]
    aimless = [str(values) for values, _ in document.forms if not values.get("action", "").startswith("/")]
    foreign = [] if document.scripts in ("", LIVE) else ["a script that is not the live values'"]
    return [*handlers, *aimless, *foreign, *(["a button without form"] * document.loose_buttons)]


def cookies_are_not_needed(document: Document) -> list[str]:
    """Nothing sets one, and every form that changes something carries its token itself."""
    bare = [
        values.get("action", "")
        for values, fields in document.forms
        if values.get("method", "get").lower() == "post" and "token" not in {field.get("name") for _, field in fields}
    ]
    meta = [value for _, value in document.values("http-equiv") if value.lower() == "set-cookie"]
    return [*bare, *meta, *_forbidden(document, "cookie", "cookieStore")]


def storage_is_not_used(document: Document) -> list[str]:
    """Apple's sheet refuses it."""
    return _forbidden(document, "localStorage", "sessionStorage", "indexedDB", "caches", "serviceWorker")


def no_dialogs(document: Document) -> list[str]:
    """On a Mac they do not open: messages are on the page."""
    return _forbidden(document, "alert", "confirm", "prompt", "print")


def no_new_windows(document: Document) -> list[str]:
    """There are no tabs."""
    return [f"target={value}" for _, value in document.values("target")] + _forbidden(document, "open")


def no_file_upload(document: Document) -> list[str]:
    """No file can be chosen."""
    fields = [str(values) for tag, values in document.elements if tag == "input" and values.get("type") == "file"]
    return fields + [value for _, value in document.values("enctype") if "multipart" in value]


def no_downloads(document: Document) -> list[str]:
    """Nothing is saved, and nothing is a file of another program: the terms are on the page."""
    return [tag for tag, _ in document.values("download")] + [url for url in document.addresses if FILES.search(urlsplit(url).path)]


def no_app_links(document: Document) -> list[str]:
    """Only what a phone opens by itself."""
    return [url for url in document.addresses if urlsplit(url).scheme not in SCHEMES]


def no_social_login(document: Document) -> list[str]:
    """Nobody signs in anywhere: no password, and no form leads to anybody else."""
    passwords = [str(values) for tag, values in document.elements if tag == "input" and values.get("type") == "password"]
    return passwords + [values.get("action", "") for values, _ in document.forms if urlsplit(values.get("action", "")).netloc]


def nothing_from_elsewhere(document: Document) -> list[str]:
    """Whatever the page loads comes from the portal itself; then no other certificate and no other host can fail."""
    loaded = [values.get(LOADING[tag], "") for tag, values in document.elements if tag in LOADING]
    loaded += [value.split()[0] for _, value in document.values("srcset") if value] + [value for _, value in document.values("poster")]
    css = re.findall(r"url\(([^)]*)\)|(@import[^;]*)", document.styles + "".join(value for _, value in document.values("style")))
    loaded += [(url or rule).strip("'\"") for url, rule in css]
    return [url for url in loaded if urlsplit(url).netloc or urlsplit(url).scheme not in ("", "data")]


def fits_any_screen(document: Document) -> list[str]:
    """As wide as the screen, and nobody is kept from making it larger."""
    views = [values.get("content", "") for tag, values in document.elements if tag == "meta" and values.get("name") == "viewport"]
    return [] if views == ["width=device-width, initial-scale=1"] else views or ["no viewport"]


def no_codes_by_mail(document: Document) -> list[str]:
    """Who leaves the sheet to read a code loses the Wi-Fi: to get online, nothing is to be typed but what is on paper."""
    typed = [
        str(values)
        for form, fields in document.forms
        if form.get("action", "").startswith("/accept")
        for tag, values in fields
        if tag in ("textarea", "select") or (tag == "input" and values.get("type", "text") not in FIELDS_TO_GET_ONLINE)
    ]
    return typed + [value for _, value in document.values("autocomplete") if value == "one-time-code"]


def no_sensors(document: Document) -> list[str]:
    """No place, camera or push."""
    return _forbidden(document, "geolocation", "mediaDevices", "Notification", "PushManager") + [
        tag for tag, _ in document.values("capture")
    ]


def says_whom_to_ask(document: Document) -> list[str]:
    """There may be no address line: the page itself names the hall, and whom to ask."""
    return [words for words in HALL_AND_HELP if words not in document.words]


RULES: dict[str, Rule] = {
    "JavaScript": scripts_are_not_needed,
    "cookies": cookies_are_not_needed,
    "localStorage": storage_is_not_used,
    "window.alert, confirm": no_dialogs,
    "new window, target=_blank": no_new_windows,
    "file upload": no_file_upload,
    "downloads": no_downloads,
    "app links, custom schemes": no_app_links,
    "OAuth": no_social_login,
    "bad TLS; external CDN, fonts, maps": nothing_from_elsewhere,
    "size": fits_any_screen,
    "app switch": no_codes_by_mail,
    "geolocation, camera, push": no_sensors,
    "copy for user": says_whom_to_ask,
}
"""By the row of the table. "close" is ``test_probes_matrix``: who accepts is online before the next page is asked for."""


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """Every scene, by ``scene language``, of the demo's hall, which has everything that a hall can have."""
    folder, me = Folder(tmp_path_factory.mktemp("demo")), Rights(os.getuid(), ())
    prepare(folder, Options(), me, me)
    stages = Stages(folder.portal_config)
    settings = stages.settings()
    each = [stages.stage(settings, language) for language in LANGUAGES]
    return {f"{scene.name} {stage.reader.language}": Document(scene.draw(stage)) for stage in each for scene in shown(stage)}


@pytest.mark.parametrize("row", RULES)
def test_no_page_breaks_the_rule(documents: dict[str, Document], row: str) -> None:
    """One row of the table, all pages."""
    assert {name: faults for name, document in documents.items() if (faults := RULES[row](document))} == {}


BROKEN: dict[str, str] = {
    "JavaScript": '<form action="/accept" method="post"><input name="token"></form><button onclick="go()">Go</button>',
    "cookies": '<form action="/accept" method="post"></form>',
    "localStorage": "<script>localStorage.setItem('seen', 1)</script>",
    "window.alert, confirm": "<script>alert('Hello')</script>",
    "new window, target=_blank": '<a href="/terms" target="_blank">Terms</a>',
    "file upload": '<form action="/tell"><input type="file" name="photo"></form>',
    "downloads": '<a href="/terms.pdf?lang=de">Terms</a>',
    "app links, custom schemes": '<a href="town-app://open">App</a>',
    "OAuth": '<form action="https://accounts.example/sign-in"></form>',
    "bad TLS; external CDN, fonts, maps": "<style>@font-face{src:url(https://fonts.example/a.woff2)}</style>",
    "size": '<meta name="viewport" content="width=device-width, initial-scale=1, user-scalable=no">',
    "app switch": '<form action="/accept"><input type="email" name="to"></form>',
    "geolocation, camera, push": "<script>navigator.geolocation.getCurrentPosition(x)</script>",
    "copy for user": "<h1>Welcome</h1>",
}
"""A page that breaks each rule."""


@pytest.mark.parametrize("row", RULES)
def test_a_broken_page_is_found(row: str) -> None:
    """Each rule can fail."""
    assert RULES[row](Document(BROKEN[row])) != []


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES if route.method == "GET" and "{" not in route.path}))
async def test_no_answer_sets_a_cookie_or_is_a_file(path: str) -> None:
    """Whatever is asked for: no cookie, nothing to be saved, nothing that a sheet cannot show, no policy that lets anything else in."""
    async with hall() as at_hall:
        answer = await at_hall.get(path)
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        assert [name for name in answer.headers if name.lower() in ("set-cookie", "content-disposition", "refresh")] == []
        assert kind in ("", "text/html", "text/plain", "application/json", "application/captive+json", "application/octet-stream")
        sources = answer.headers["Content-Security-Policy"]
        assert ("default-src 'none'" in sources, "http" in sources, "unsafe" in sources) == (True, False, False)
