"""What the first view of a phone may cost, in every language: bytes, requests, elements, and nothing that jumps while it loads."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from msgspec import Struct

from hotspot.portal.catalogues import ORDER
from hotspot.portal.preview import FIRST_VIEW, HEADS
from tests.browser.conftest import Visit
from tests.browser.visitor import PORTAL, TOWN, Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(300)]

MOST_REQUESTS, MOST_ELEMENTS, MOST_DEPTH = 3, 150, 12
"""Redirect, page, logo; elements that a cheap phone lays out in a moment (Lighthouse complains from 800 on)."""
MOST_SHIFT = 0.02
"""Cumulative layout shift; up to 0.1 counts as good."""
WATCH = """window.shift = 0; new PerformanceObserver(list => {
  for (const one of list.getEntries()) window.shift += one.value;
}).observe({type: "layout-shift", buffered: true});"""
MEASURE = """() => {
  const all = [...document.querySelectorAll("*")];
  const depth = element => element ? 1 + depth(element.parentElement) : 0;
  return {shift: window.shift, elements: all.length, depth: Math.max(...all.map(depth)), language: document.documentElement.lang};
}"""


class View(Struct, frozen=True):
    """The first view in one language."""

    language: str
    requests: int
    wire_bytes: int
    elements: int
    depth: int
    shift: float
    strangers: tuple[str, ...]
    """Addresses that are not the portal's, the one that was typed left out."""


async def first_view(visitor: Visitor, network: Any, sizes: list[int], language: str) -> View:
    """Types an address as somebody who reads ``language``; nothing is kept from the view before. A variant that no browser asks for has
    been chosen by its link."""
    agent = await visitor.page.evaluate("navigator.userAgent")
    await network.send("Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": language})
    asked = len(visitor.requests)
    sizes.clear()
    await visitor.page.goto(f"{PORTAL}?lang={language}" if "-" in language else TOWN, wait_until="networkidle")
    measured = await visitor.page.evaluate(MEASURE)
    requests = [request.removeprefix("GET ") for request in visitor.requests[asked:]]
    return View(
        language=measured["language"],
        requests=len(requests),
        wire_bytes=sum(sizes),
        elements=measured["elements"],
        depth=measured["depth"],
        shift=measured["shift"],
        strangers=tuple(request for request in requests[1:] if not request.startswith(PORTAL)),
    )


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def views(visit: Visit) -> AsyncIterator[dict[str, View]]:
    """All languages, one phone."""
    async with visit() as visitor:
        network = await visitor.debugger()
        sizes: list[int] = []
        network.on("Network.requestWillBeSent", lambda event: sizes.append(event.get("redirectResponse", {}).get("encodedDataLength", 0)))
        network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        await network.send("Network.enable")
        await network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        await visitor.page.add_init_script(WATCH)
        yield {language: await first_view(visitor, network, sizes, language) for language in ORDER}


async def test_the_browser_chooses_the_language(views: dict[str, View]) -> None:
    """Each language gets its page at once, and is the one that was measured."""
    assert {language: view.language for language, view in views.items()} == {language: language for language in ORDER}


async def test_bytes(views: dict[str, View]) -> None:
    """Redirect, page and logo, heads included, come in what a server sends before the first acknowledgement."""
    assert {language: view.wire_bytes for language, view in views.items() if not HEADS < view.wire_bytes <= FIRST_VIEW} == {}


async def test_requests(views: dict[str, View]) -> None:
    """Three at most, and none to anybody but the portal."""
    assert {view.requests for view in views.values()} <= set(range(2, MOST_REQUESTS + 1))
    assert {language: view.strangers for language, view in views.items() if view.strangers} == {}


async def test_elements(views: dict[str, View]) -> None:
    """A small tree: few elements, not deep."""
    assert {language: view for language, view in views.items() if view.elements > MOST_ELEMENTS or view.depth > MOST_DEPTH} == {}


async def test_nothing_jumps(views: dict[str, View]) -> None:
    """What was drawn stays where it is while the logo arrives."""
    assert {language: view.shift for language, view in views.items() if view.shift >= MOST_SHIFT} == {}
