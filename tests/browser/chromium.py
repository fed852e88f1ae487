"""Debian's Chromium in a phone's namespace, driven by Playwright: its packets are the phone's, its names come from the phone's lease."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import BrowserContext, Playwright

from hotspot.lab.phone import Phone
from hotspot.lab.processes import PATH
from tests.browser.screens import Screen

PROGRAM = "/usr/bin/chromium-headless-shell"
"""The same engine without the windows around it: a third less work for each page."""
WHOLE = "/usr/bin/chromium"
"""With settings that its user can change."""
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode,HttpsFirstBalancedModeAutoEnable",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
"""Nothing of its own over the network, no https in place of the http that was typed, no graphics card."""

Preferences = Mapping[str, Any]
"""As in Chromium's own file ``Preferences``."""
REFUSING: Preferences = {"profile": {"default_content_setting_values": {"cookies": 2, "javascript": 2}}}
"""Somebody who has switched cookies and scripts off (2: block) in the settings."""
LARGE_TEXT: Preferences = {"webkit": {"webprefs": {"default_font_size": 32}}}
"""Somebody who has set the text to twice its size."""


@contextlib.asynccontextmanager
async def chromium(
    playwright: Playwright, phone: Phone, folder: Path, screen: Screen, language: str, preferences: Preferences
) -> AsyncIterator[BrowserContext]:
    """A browser of ``phone`` that was never used, its profile in ``folder``; it asks for pages in ``language`` (``de-DE``)."""
    program = folder / "chromium"  # Playwright talks to it over file descriptors 3 and 4, which exec hands on
    program.write_text(f'#!/bin/sh\nexec ip netns exec {phone.namespace} {WHOLE if preferences else PROGRAM} "$@"\n')
    program.chmod(0o755)
    profile = folder / "profile"
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_bytes(msgspec.json.encode(preferences))
    context = await playwright.chromium.launch_persistent_context(
        profile,
        executable_path=program,
        args=FLAGS,
        env={"PATH": PATH, "HOME": str(folder), "LANG": "C.UTF-8"},
        chromium_sandbox=False,  # the sandbox does not start as root
        locale=language,
        viewport={"width": screen.width, "height": screen.height},
        device_scale_factor=2 if screen.touch else 1,
        is_mobile=screen.touch,
        has_touch=screen.touch,
    )
    try:
        yield context
    finally:
        await context.close()
