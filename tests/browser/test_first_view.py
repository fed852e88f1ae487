"""What a browser meets before its visitor has agreed to anything: the portal and nobody else, in one small answer."""

import ipaddress
import json
from typing import Any

import pytest
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
    tcp flags & (syn | ack) == syn add @opened6 { ip6 daddr . tcp dport } }
}"""
"""Notes every address and port that anything on the phone opens a TCP connection to."""


async def opened(phone: Phone) -> set[tuple[str, int]]:
    """The notes of ``WATCH``."""
    listed = json.loads((await phone.run(["nft", "-j", "list", "table", "inet", "watch"])).out)
    sets = [entry["set"].get("elem", []) for entry in listed["nftables"] if "set" in entry]
    pairs = [element.get("elem", {}).get("val", element) if "elem" in element else element for elements in sets for element in elements]
    return {(str(ipaddress.ip_address(pair["concat"][0])), pair["concat"][1]) for pair in pairs}


async def headers_of(response: Response) -> dict[str, str]:
    """What tells browser and caches how to treat an answer; the hash of the style left out."""
    names = ("cache-control", "content-security-policy", "referrer-policy", "set-cookie", "x-content-type-options", "x-frame-options")
    every = await response.all_headers()
    return {name: " ".join("sha256" if "'sha256-" in word else word for word in every[name].split()) for name in names if name in every}


async def wire_bytes(visitor: Visitor, url: str) -> int:
    """Open ``url``; bytes of all answers as the browser counts them, heads and redirects included."""
    network = await visitor.debugger()
    sizes: list[int] = []

    def redirected(event: dict[str, Any]) -> None:
        sizes.append(event.get("redirectResponse", {}).get("encodedDataLength", 0))

    network.on("Network.requestWillBeSent", redirected)
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    await network.send("Network.enable")
    await visitor.page.goto(url, wait_until="networkidle")
    return sum(sizes)


async def test_nobody_but_the_portal_is_asked(visit: Visit) -> None:
    """Before acceptance the only answers are the redirect and the splash page; no connection goes anywhere else, at no port else."""
    async with visit() as visitor:
        assert await visitor.phone.run(["nft", WATCH]) == (await visitor.phone.run(["true"]))
        await visitor.page.goto(TOWN, wait_until="networkidle")
        assert visitor.requests == [f"GET {TOWN}", f"GET {PORTAL}"]
        assert [response.status for response in visitor.responses] == [302, 200]
        there = await opened(visitor.phone)
        assert there - {(SITE, 80), (SITE6, 80)} <= {(LAN_GATEWAY, 80), (LAN_GATEWAY6, 80)}
        assert {port for _, port in there} == {80}
        assert visitor.complaints == []


async def test_the_first_view_is_small(visit: Visit) -> None:
    """Redirect and splash page with everything that belongs to it come in fourteen kilobytes."""
    async with visit() as visitor:
        taken = await wire_bytes(visitor, TOWN)
        page = len((await visitor.page.content()).encode())
        assert page < taken <= FIRST_VIEW


async def test_answers_are_not_kept_and_load_nothing(visit: Visit) -> None:
    """Redirect, splash page and online page: never stored, no script, no frame, no third party, no cookie."""
    async with visit() as visitor:
        await visitor.open(TOWN)
        await visitor.press_button()
        page = {
            "cache-control": "no-store",
            "content-security-policy": "default-src 'none'; style-src sha256 img-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
        }
        assert [(response.status, await headers_of(response)) for response in visitor.responses] == [
            (302, {"cache-control": "no-store"}),
            (200, page),
            (303, page),
            (200, page),
        ]


async def test_the_button_is_in_the_first_view(visit: Visit) -> None:
    """On a small phone nobody has to scroll to get online."""
    async with visit("de", PHONE) as visitor:
        await visitor.open(TOWN)
        box = await visitor.page.locator("button").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= PHONE.height


async def test_text_can_be_twice_as_large(visit: Visit) -> None:
    """With large text on the narrowest screen everything still fits (WCAG 2.2, 1.4.4)."""
    async with visit("de", SMALL, LARGE_TEXT) as visitor:
        await visitor.open(TOWN)
        assert await visitor.page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        await visitor.look("large-splash")
        await visitor.press_button()
        await visitor.look("large-online")


async def test_the_terms_are_on_the_page(visit: Visit) -> None:
    """One tap opens them, and nothing is asked of the network for it."""
    async with visit("de") as visitor:
        await visitor.open(TOWN)
        asked = list(visitor.requests)
        await visitor.page.locator("summary").tap()
        assert await visitor.page.locator(".terms").is_visible()
        await visitor.look("terms")
        assert visitor.requests == asked
