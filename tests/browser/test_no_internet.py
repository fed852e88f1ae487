"""The line is cut, and the hall has said in its settings that nobody new comes in then, and what to tell visitors."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator

import pytest

from hotspot.lab import Hall, processes
from tests.browser.conftest import Visit
from tests.browser.screens import SMALL
from tests.browser.test_refusals import line_down
from tests.browser.visitor import PORTAL, TOWN

pytestmark = pytest.mark.asyncio(loop_scope="package")

ACCEPT = 'form[action^="/accept"] button'
TARGETS = "[internet]\n"
MESSAGES = {"de": "Voraussichtlich ab 14 Uhr geht es wieder.", "en": "It will probably work again from 2 pm on."}


@contextlib.asynccontextmanager
async def closed_while_down(hall: Hall) -> AsyncIterator[None]:
    """The hall's settings say so; as before at the end."""
    config = hall.folder.portal_config
    text = config.read_text()
    assert text.count(TARGETS) == 1
    message = ", ".join(f'{language} = "{words}"' for language, words in MESSAGES.items())

    async def use(settings: str) -> None:
        portal, log = hall.process("portal"), hall.folder.log("portal")
        offset = log.stat().st_size
        config.write_text(settings)
        os.kill(portal.pid, signal.SIGHUP)
        await processes.line_in(log, "settings reloaded", portal, offset=offset)

    await use(text.replace(TARGETS, f'{TARGETS}new_visitors = "closed"\nmessage = {{ {message} }}\n'))
    try:
        yield
    finally:
        await use(text)


@pytest.mark.parametrize("language", MESSAGES)
async def test_nobody_new_while_the_line_is_down(visit: Visit, hall: Hall, language: str) -> None:
    """The page says why and when to try again and has no button, an older page's button leads to a page that says so, who was online reads
    what staff say; when the line is back, everything is as before."""
    async with visit(language, SMALL) as late, visit(language, SMALL) as early, closed_while_down(hall):
        splash = await late.open(TOWN)
        await early.open(TOWN)
        online = await early.press(early.page.locator(ACCEPT))
        async with line_down(hall):
            refused = await late.press(late.page.locator(ACCEPT))
            assert (refused.status, refused.url) == (503, f"{PORTAL}accept")
            await late.look("offline-refused")
            seen = await late.open(TOWN)
            assert (seen.status, seen.url, seen.heading) == (200, PORTAL, refused.heading)
            assert MESSAGES[language] in await late.text()
            assert await late.page.locator("form").count() == 0
            await late.look("offline-closed")
            assert (await early.open(PORTAL)).heading == refused.heading
            assert MESSAGES[language] in await early.text()
            await early.look("offline-closed-online")
        assert await late.press(late.page.locator("main .button")) == splash
        assert (await late.press(late.page.locator(ACCEPT))).heading == online.heading
