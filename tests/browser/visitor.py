"""A person with a phone and a browser: opens pages, taps buttons, and notes what the browser asked for and complained about."""

import re
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import BrowserContext, CDPSession, ConsoleMessage, Locator, Page, Request, Response

from hotspot.lab.hall import Hall
from hotspot.lab.layout import PORTAL_NAME
from hotspot.lab.phone import Phone
from tests.browser.screens import ARTEFACTS, Screen, look

PORTAL = f"http://{PORTAL_NAME}/"
TOWN = "http://www.town.example/"
"""A page of the Internet, over plain HTTP."""
CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}\b")


class Seen(NamedTuple):
    """What a page is at first sight."""

    status: int
    url: str
    language: str
    heading: str


class Visitor:
    """Who sits in the hall; made by the fixture ``visit``."""

    def __init__(self, hall: Hall, phone: Phone, context: BrowserContext, screen: Screen, language: str) -> None:
        self.hall, self.phone, self.screen, self.language = hall, phone, screen, language
        self.page: Page = context.pages[0]
        self.requests: list[str] = []
        """Method and address of everything that any page asked for, in order."""
        self.responses: list[Response] = []
        self.complaints: list[str] = []
        """What the browser wrote into its console: what the content security policy refused, what could not be loaded."""
        self._context = context
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("console", self._complained)

    def _asked(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")

    def _answered(self, response: Response) -> None:
        self.responses.append(response)

    def _complained(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)

    async def open(self, url: str) -> Seen:
        """Type an address; what came in the end."""
        return await self._seen(await self.page.goto(url))

    async def press(self, button: Locator) -> Seen:
        """Tap (or click) something that leads to another page; what came in the end."""
        async with self.page.expect_navigation() as navigation:
            await (button.tap() if self.screen.touch else button.click())
        return await self._seen(await navigation.value)

    async def press_button(self) -> Seen:
        """Press the one button of the page; there must be exactly one."""
        return await self.press(self.page.locator("button"))

    async def _seen(self, response: Response | None) -> Seen:
        assert response is not None, "the browser went nowhere"
        language = await self.page.locator("html").get_attribute("lang") or ""
        return Seen(response.status, self.page.url, language, await self.page.locator("h1").inner_text())

    async def text(self) -> str:
        """All words on the page."""
        return await self.page.locator("body").inner_text()

    async def code(self) -> str:
        """The device code that the page shows."""
        found = CODE.search(await self.text())
        assert found is not None, await self.text()
        return found[0]

    def picture(self, name: str) -> Path:
        """Where a picture of this visitor's screen is kept."""
        return ARTEFACTS / f"{name}-{self.language}-{self.screen.width}.png"

    async def look(self, name: str) -> None:
        """Keep pictures of the page in light and in dark, and see that everything fits."""
        await look(self.page, self.picture(name))

    async def new_page(self) -> Page:
        """Another tab, which is the visitor's page from now on; the one before is returned."""
        before, self.page = self.page, await self._context.new_page()
        return before

    async def debugger(self) -> CDPSession:
        """The browser's own instruments for the page."""
        return await self._context.new_cdp_session(self.page)
