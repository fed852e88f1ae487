"""How a visitor gets online through openNDS: redirect, page, two taps. Everything here runs in the crowd's namespace."""

import contextlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urljoin

from msgspec import Struct

from benchmarks import crowd
from benchmarks.crowd import Visitor, WrongAnswer
from hotspot.lab.browse import parse_head, request_bytes, target
from hotspot.lab.forms import forms
from hotspot.lab.layout import SITE

PATIENCE = 20.0
"""Seconds after which a visitor gives up waiting for openNDS."""
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}
"""Without one, 9.10 hangs up."""
TAPS = 3
"""No more buttons than that; it has two."""


class Page(Struct, frozen=True):
    """A page that has arrived."""

    url: str
    text: str


def fetch(visitor: Visitor, url: str) -> tuple[int, dict[str, str], str]:
    """One GET: status, headers with names in lower case, and body."""
    where = target(url)
    with crowd.prepared(visitor) as sock:
        sock.settimeout(PATIENCE)
        sock.connect((where.host, where.port))
        sock.sendall(request_bytes(where, "GET", AGENT, b""))
        parts = []
        while part := sock.recv(65_536):
            parts.append(part)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    status, headers = parse_head(head)
    return status, dict(headers), body.decode(errors="replace")


def redirected(visitor: Visitor) -> str:
    """A probe; where it is sent to. Raises ``WrongAnswer``."""
    status, headers, _ = fetch(visitor, f"http://{SITE}/generate_204")
    if status not in (302, 307) or "location" not in headers:
        raise WrongAnswer(f"cannot find the page: status {status}")
    return headers["location"]


def splash(visitor: Visitor, url: str) -> Page:
    """The page with the button. Raises ``WrongAnswer``."""
    status, _, text = fetch(visitor, url)
    if status != 200 or not any(("continue", "clicked") in form.fields for form in forms(text)):
        raise WrongAnswer(f"cannot open the splash page: status {status}")
    return Page(url, text)


def accept(visitor: Visitor, page: Page) -> float:
    """Both taps; seconds from the first until a connection to the WAN stands. Raises ``WrongAnswer`` when it never does."""
    start = time.perf_counter()
    for _ in range(TAPS):
        form = next((form for form in forms(page.text) if form.fields), None)
        if form is None:
            break
        url = f"{urljoin(page.url, form.action)}?{urlencode(form.fields)}"
        _, _, text = fetch(visitor, url)
        with contextlib.suppress(OSError):
            if crowd.reaches_site(visitor):
                return time.perf_counter() - start
        page = Page(url, text)
    raise WrongAnswer("cannot get online")


def come_in(visitor: Visitor) -> float | None:
    """From the first tap to the Internet, seconds; None when it did not work, as when openNDS has died."""
    try:
        return accept(visitor, splash(visitor, redirected(visitor)))
    except (OSError, ValueError, WrongAnswer):
        return None


class Rush(Struct, frozen=True):
    """Many at once."""

    per_second: float
    """Who got in."""
    seconds: list[float]
    failed: int


def at_once(visitors: Sequence[Visitor]) -> Rush:
    """Everybody taps at once, who has the page open."""
    pages: dict[Visitor, Page] = {}
    for visitor in visitors:
        with contextlib.suppress(OSError, ValueError, WrongAnswer):
            pages[visitor] = splash(visitor, redirected(visitor))

    def tap(visitor: Visitor) -> float | None:
        try:
            return accept(visitor, pages[visitor])
        except (OSError, ValueError, WrongAnswer):
            return None

    start = time.perf_counter()
    with ThreadPoolExecutor(len(visitors)) as pool:
        waits = [wait for wait in pool.map(tap, pages) if wait is not None]
    return Rush(len(waits) / (time.perf_counter() - start), waits, len(visitors) - len(waits))


def pages_in_turn(visitors: Sequence[Visitor], seconds: float) -> Rush:
    """Each loads the splash page again and again, for so many seconds."""
    urls: dict[Visitor, str] = {}
    for visitor in visitors:
        with contextlib.suppress(OSError, ValueError, WrongAnswer):
            urls[visitor] = redirected(visitor)
    end = time.perf_counter() + seconds

    def load(visitor: Visitor) -> tuple[list[float], int]:
        took, failed = [], 0
        while (start := time.perf_counter()) < end:
            try:
                splash(visitor, urls[visitor])
            except (OSError, ValueError, WrongAnswer):
                failed += 1
            else:
                took.append(time.perf_counter() - start)
        return took, failed

    start = time.perf_counter()
    with ThreadPoolExecutor(len(visitors)) as pool:
        loads = list(pool.map(load, urls))
    waits = [wait for took, _ in loads for wait in took]
    return Rush(len(waits) / (time.perf_counter() - start), waits, sum(failed for _, failed in loads))
