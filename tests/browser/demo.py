"""The demo's hall without its network: its settings in a folder, its pages in the preview, and a browser to look at them."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, Playwright

from hotspot.lab.gateway import Rights, prepare
from hotspot.lab.options import Options
from hotspot.lab.record import Folder
from tests.browser.chromium import FLAGS, PROGRAM


def demo_settings(folder: Path) -> Path:
    """The settings file of the portal as a lab has it, with all files that it names."""
    me = Rights(os.getuid(), ())
    place = Folder(folder)
    prepare(place, Options(), me, me)
    return place.portal_config


@contextlib.asynccontextmanager
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    """Debian's Chromium, for pages of this machine."""
    started = await playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS, chromium_sandbox=False)
    try:
        yield started
    finally:
        await started.close()
