"""All pages of the console, in the order of the navigation."""

from typing import Final

from hotspot.hub.console import login, overview
from hotspot.hub.console.pages import Page

PAGES: Final[tuple[Page, ...]] = (
    *login.PAGES,
    *overview.PAGES,
)
