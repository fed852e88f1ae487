"""When a visitor cannot get online: blocked by staff, a form that is not ours, a line that is down. Each is told what to do."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from hotspot import control
from hotspot.ask import ask
from hotspot.lab import Hall, namespaces, processes
from tests.browser.conftest import Visit
from tests.browser.visitor import PORTAL, TOWN, Seen

pytestmark = pytest.mark.asyncio(loop_scope="package")

CUT = "table inet cut { chain in { type filter hook input priority -100; iifname isp0 reject; }; }"
"""The Internet answers nobody any more."""


@contextlib.asynccontextmanager
async def line_down(hall: Hall) -> AsyncIterator[None]:
    """Cut the hall's line; it is whole again, and the portal knows it, at the end."""
    portal, log = hall.process("portal"), hall.folder.log("portal")
    offset = log.stat().st_size
    await namespaces.command("ip", "netns", "exec", hall.layout.wan, "nft", CUT)
    try:
        await processes.line_in(log, "internet down", portal, offset=offset)
        yield
    finally:
        offset = log.stat().st_size
        await namespaces.command("ip", "netns", "exec", hall.layout.wan, "nft", "delete table inet cut")
        await processes.line_in(log, "internet up", portal, offset=offset)


@pytest.mark.parametrize(
    ("language", "heading", "reason"),
    [
        ("de", "Dieses Gerät ist gesperrt", "Grund: Bitte melden Sie sich am Empfang."),
        ("en", "This device is blocked", "Reason: Bitte melden Sie sich am Empfang."),
    ],
)
async def test_a_blocked_device(visit: Visit, hall: Hall, language: str, heading: str, reason: str) -> None:
    """Staff block a device by its code: it is cut off, its button is refused, its page says why and whom to tell; then it may again."""
    async with visit(language) as visitor:
        splash = await visitor.open(TOWN)
        code = await visitor.code()
        assert ask(hall.folder.control_socket, control.Block(code, "Bitte melden Sie sich am Empfang.")) == control.Done(code, "blocked")
        assert await visitor.press_button() == Seen(403, f"{PORTAL}accept", language, heading)
        assert await visitor.open(TOWN) == Seen(200, PORTAL, language, heading)
        assert await visitor.page.locator("button").count() == 0
        assert await visitor.code() == code
        assert reason in await visitor.text()
        await visitor.look("blocked")
        assert ask(hall.folder.control_socket, control.Unblock(code)) == control.Done(code, "captive")
        assert await visitor.open(TOWN) == splash


@pytest.mark.parametrize(("language", "heading"), [("de", "Das hat nicht geklappt"), ("en", "That did not work")])
async def test_a_form_of_another_website(visit: Visit, language: str, heading: str) -> None:
    """A page of the Internet, kept open, holds a button that posts to the portal: it lets nobody in."""
    async with visit(language) as visitor:
        await visitor.open(TOWN)
        token = await visitor.page.locator("input[name=token]").get_attribute("value")
        terms = await visitor.page.locator("input[name=terms]").get_attribute("value")
        await visitor.press_button()
        await visitor.open(TOWN)
        fields = f'<input name="token" value="{token}"><input name="terms" value="{terms}">'
        await visitor.page.set_content(f'<h1>Win!</h1><form method="post" action="{PORTAL}accept">{fields}<button>Win!</button></form>')
        stranger = await visitor.new_page()
        await visitor.open(PORTAL)
        left = await visitor.press_button()
        visitor.page = stranger
        assert await visitor.press_button() == Seen(403, f"{PORTAL}accept", language, heading)
        await visitor.look("problem-stranger")
        assert await visitor.press(visitor.page.locator(".button")) == left


@pytest.mark.parametrize(("language", "heading"), [("de", "Diese Seite ist abgelaufen"), ("en", "This page has expired")])
async def test_a_forged_token(visit: Visit, language: str, heading: str) -> None:
    """A token that the portal never made opens nothing, and the way back to a page with a good one is a tap."""
    async with visit(language) as visitor:
        splash = await visitor.open(TOWN)
        field = visitor.page.locator("input[name=token]")
        token = await field.get_attribute("value") or ""
        await field.evaluate("(field, forged) => { field.value = forged }", token[:-1] + ("0" if token[-1] != "0" else "1"))
        assert await visitor.press_button() == Seen(403, f"{PORTAL}accept", language, heading)
        await visitor.look("problem-token")
        assert await visitor.press(visitor.page.locator(".button")) == splash


async def test_no_internet(visit: Visit, hall: Hall) -> None:
    """With the line down the page says so before anybody taps, and so does the page of somebody who accepts all the same: nobody is told
    to be online who is not."""
    expected = {
        "de": ("Gerade kein Internet", "Sie sind online", "Die Leitung ins Internet ist gerade gestört"),
        "en": ("No Internet at the moment", "You are online", "The line to the Internet is down at the moment"),
    }
    async with visit("de") as german, visit("en") as english:
        visitors = {visitor: expected[visitor.language] for visitor in (german, english)}
        async with line_down(hall):
            for visitor, (heading, _, warning) in visitors.items():
                assert await visitor.open(PORTAL) == Seen(200, PORTAL, visitor.language, heading)
                await visitor.look("offline")
                assert await visitor.press_button() == Seen(200, f"{PORTAL}online", visitor.language, heading)
                assert warning in await visitor.text()
                await visitor.look("offline-online")
        for visitor, (_, online, warning) in visitors.items():
            assert (await visitor.open(PORTAL)).heading == online
            assert warning not in await visitor.text()
            assert (await visitor.open(TOWN)).url == TOWN


async def test_a_page_that_is_not_there(visit: Visit) -> None:
    """A mistyped address of the portal is told as such."""
    async with visit("de") as visitor:
        assert await visitor.open(f"{PORTAL}onlnie") == Seen(404, f"{PORTAL}onlnie", "de", "Diese Seite gibt es nicht")
        await visitor.look("problem-missing")
