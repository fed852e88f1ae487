"""What a scene is drawn from: the settings of a hall and nothing else, no request, no desk, no journal."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from hotspot.portal.pages import Pages, Reader
from hotspot.portal.settings import HallTexts, Settings, Zone
from hotspot.session.plans import Plan

NOW: Final = 1_800_003_600.0
"""Wall clock of every scene, so that pictures can be compared: Friday, 15 January 2027, 10:00 in Berlin."""
CODE, TOKEN = "K7F-3QX", "7200.0123456789abcdef"


class Stage(Struct, frozen=True):
    """Settings, pages and a reader."""

    settings: Settings
    zone: Zone
    pages: Pages
    reader: Reader

    @property
    def hall(self) -> HallTexts:
        """What the pages say about the hall."""
        return self.settings.hall

    @property
    def plans(self) -> tuple[Plan, ...]:
        """What the zone offers."""
        return tuple(self.settings.plans[name] for name in self.zone.plans)

    @property
    def address(self) -> str:
        """The portal's, as a person types it."""
        return self.zone.portal_url.partition("://")[2].strip("/")


Draw = Callable[[Stage], str]


def _always(_: Stage) -> bool:
    return True


class Scene(Struct, frozen=True):
    """One page in one state."""

    name: str
    """In addresses and names of files: ``splash-plans``."""
    what: str
    """For whoever looks through the list, English."""
    draw: Draw
    address: str = ""
    """Where the portal has this page, so that links of other pages lead to it; "" for none of its own."""
    shown: Callable[[Stage], bool] = _always
    """False for settings that have no such page."""
