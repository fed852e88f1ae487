"""What a browser meets before its visitor has agreed to anything: the portal and nobody else, in one small answer."""

import gzip
import ipaddress
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Response

from hotspot.lab.layout import LAN_GATEWAY, LAN_GATEWAY6, SITE, SITE6
from hotspot.lab.phone import Phone
from tests.browser.chromium import LARGE_TEXT
from tests.browser.conftest import Visit
from tests.browser.screens import PHONE, SMALL
from tests.browser.visitor import PORTAL, TOWN, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="package")

FIRST_VIEW = 14_336
"""Bytes that a server sends before it waits for the first acknowledgement: ten segments (RFC 6928)."""
WATCH = """table inet watch {
  set opened4 { type ipv4_addr . inet_service; flags dynamic; }
  set opened6 { type ipv6_addr . inet_service; flags dynamic; }
  chain out { type filter hook output priority 0;
    tcp flags & (syn | ack) == syn add @opened4 { ip daddr . tcp dport }
    tcp flags & (syn | ack) == syn add @opened6 { ip6 daddr . tcp dport }
  }
}"""
"""Notes every address and port that anything on the phone opens a TCP connection to."""
PAGE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src sha256 img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Of every page: never stored, no script, no frame, no third party, no cookie."""


class FirstView(NamedTuple):
    """A page of the Internet was opened, and nothing was tapped yet."""

    visitor: Visitor
    wire_bytes: int
    """Of all answers as the browser counts them, heads and redirect included."""


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def first_view(visit: Visit) -> AsyncIterator[FirstView]:
    """One visitor for all tests that only look."""
    async with AsyncExitStack() as stack:
        visitor = await stack.enter_async_context(visit())
        watching = await visitor.phone.run(["nft", WATCH])
        assert watching.status == 0, watching.complaint
        network = await visitor.debugger()
        sizes: list[int] = []

        def redirected(event: dict[str, Any]) -> None:
            sizes.append(event.get("redirectResponse", {}).get("encodedDataLength", 0))

        def finished(event: dict[str, Any]) -> None:
            sizes.append(event["encodedDataLength"])

        network.on("Network.requestWillBeSent", redirected)
        network.on("Network.loadingFinished", finished)
        await network.send("Network.enable")
        await visitor.page.goto(TOWN, wait_until="networkidle")
        yield FirstView(visitor, sum(sizes))


async def opened(phone: Phone) -> set[tuple[str, int]]:
    """The notes of ``WATCH``."""
    listed = json.loads((await phone.run(["nft", "-j", "list", "table", "inet", "watch"])).out)
    pairs = [pair["concat"] for entry in listed["nftables"] if "set" in entry for pair in entry["set"].get("elem", [])]
    return {(str(ipaddress.ip_address(address)), port) for address, port in pairs}


async def headers_of(response: Response) -> dict[str, str]:
    """What tells browser and caches how to treat an answer; the hash of the style left out."""
    every = await response.all_headers()
    known = {name: every[name] for name in (*PAGE_HEADERS, "set-cookie") if name in every}
    return {name: " ".join("sha256" if "'sha256-" in word else word for word in value.split()) for name, value in known.items()}


async def test_nobody_but_the_portal_is_asked(first_view: FirstView) -> None:
    """The only answers are the redirect, the splash page and the hall's logo; no connection goes to anybody else or to another port."""
    visitor = first_view.visitor
    asked = [re.sub("logo-[0-9a-f]{12}", "logo", request) for request in visitor.requests]
    assert asked == [f"GET {TOWN}", f"GET {PORTAL}", f"GET {PORTAL}brand/logo.svg"]
    assert [response.status for response in visitor.responses] == [302, 200, 200]
    there = await opened(visitor.phone)
    assert [len(there & {(one, 80), (other, 80)}) > 0 for one, other in ((SITE, SITE6), (LAN_GATEWAY, LAN_GATEWAY6))] == [True, True]
    assert there <= {(address, 80) for address in (SITE, SITE6, LAN_GATEWAY, LAN_GATEWAY6)}
    assert visitor.complaints == []


async def test_it_is_small(first_view: FirstView) -> None:
    """Redirect and splash page with everything that belongs to it come in fourteen kilobytes."""
    page = len(gzip.compress(await first_view.visitor.responses[1].body()))
    assert page < first_view.wire_bytes <= FIRST_VIEW


async def test_answers_are_not_kept_and_load_nothing(first_view: FirstView) -> None:
    """The redirect is never stored, and the page may use nothing but its own style. The logo may be kept: its name changes with it."""
    redirect, page, logo = [await headers_of(response) for response in first_view.visitor.responses]
    assert (redirect, page) == ({"cache-control": "no-store"}, PAGE_HEADERS)
    drawing = PAGE_HEADERS["content-security-policy"].replace("sha256", "'unsafe-inline';") + "; sandbox"
    assert logo == {
        **PAGE_HEADERS,
        "cache-control": "public, max-age=31536000, immutable",
        "content-security-policy": drawing,
    }


async def test_the_button_is_in_view(first_view: FirstView) -> None:
    """On a small phone nobody has to scroll to get online."""
    box = await first_view.visitor.page.locator("button").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE.height


async def test_the_terms_are_on_the_page(first_view: FirstView) -> None:
    """One tap opens them, and nothing is asked of the network for it."""
    visitor = first_view.visitor
    asked = list(visitor.requests)
    await visitor.page.locator("main summary").tap()
    assert await visitor.page.locator(".terms").is_visible()
    await visitor.look("terms")
    assert visitor.requests == asked


async def test_text_can_be_twice_as_large(visit: Visit) -> None:
    """With large text on the narrowest screen everything still fits (WCAG 2.2, 1.4.4); the page after it is as strict as the first."""
    async with visit("de", SMALL, LARGE_TEXT) as visitor:
        await visitor.open(TOWN)
        assert await visitor.page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        await visitor.look("large-splash")
        await visitor.press_button()
        await visitor.look("large-online")
        accepted, online = [answer for answer in visitor.responses if "/brand/" not in answer.url][-2:]
        live = f"{PAGE_HEADERS['content-security-policy']}; script-src sha256 connect-src 'self'"
        assert [(answer.status, await headers_of(answer)) for answer in (accepted, online)] == [
            (303, PAGE_HEADERS),
            (200, {**PAGE_HEADERS, "content-security-policy": live}),
        ]
