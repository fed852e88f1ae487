"""What a plan with an extension and a pause shows: a button that gives more time, and after the end a page that says when to come back.

Shortly before midnight that is on another day, whose name is said with it.
"""

import contextlib
import os
import re
import signal
from collections.abc import AsyncIterator

import pytest

from hotspot.lab import Hall, processes
from tests.browser.conftest import Visit
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.browser.visitor import PORTAL, TOWN, Seen

pytestmark = pytest.mark.asyncio(loop_scope="package")

TIME = 'time = "2 h"\n'


@contextlib.asynccontextmanager
async def plan_with(hall: Hall, lines: str) -> AsyncIterator[None]:
    """More lines in the hall's plan; as before at the end."""
    config = hall.folder.portal_config
    text = config.read_text()
    assert text.count(TIME) == 1

    async def use(settings: str) -> None:
        portal, log = hall.process("portal"), hall.folder.log("portal")
        offset = log.stat().st_size
        config.write_text(settings)
        os.kill(portal.pid, signal.SIGHUP)
        await processes.line_in(log, "settings reloaded", portal, offset=offset)

    await use(text.replace(TIME, TIME + lines))
    try:
        yield
    finally:
        await use(text)


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize(
    ("language", "extend", "leave", "heading", "words"),
    [
        (
            "de",
            "Um 1 Stunde verlängern",
            "Verbindung beenden",
            "Sie haben die Verbindung beendet",
            r"Sie können sich wieder verbinden ab (\w+, )?\d\d:\d\d Uhr\.",
        ),
        ("en", "Extend by 1 hour", "Disconnect", "You are disconnected", r"You can connect again from (\w+, )?\d{1,2}:\d\d.{0,4} on\."),
    ],
)
async def test_extension_and_pause(
    visit: Visit, hall: Hall, language: str, extend: str, leave: str, heading: str, words: str, screen: Screen
) -> None:
    """The button that extends is there once; who has left and comes back at once reads when it goes on, and has no button to press."""
    async with visit(language, screen) as visitor, plan_with(hall, 'pause = "10 min"\nextension = "1 h"\n'):
        await visitor.open(TOWN)
        online = await visitor.press(visitor.page.locator("button"))
        await visitor.look("extendable")
        assert await visitor.press(visitor.page.get_by_role("button", name=extend)) == online
        assert await visitor.page.get_by_role("button", name=extend).count() == 0
        await visitor.press(visitor.page.get_by_role("button", name=leave))
        assert await visitor.open(PORTAL) == Seen(200, PORTAL, language, heading)
        assert re.search(words, await visitor.text())
        assert await visitor.page.locator("button").count() == 0
        await visitor.look("wait")
