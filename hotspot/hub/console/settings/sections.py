"""The sections of the settings: which there are, and the frame that their pages share."""

from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.api.problems import NotFound
from hotspot.hub.console.settings import drafts
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.scopes import WHOLE
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.documents import LOCKED
from hotspot.hub.policy.merge import Path
from hotspot.hub.policy.scopes import ORDER, Level


class Section(Struct, frozen=True, kw_only=True):
    """One part of a scope's settings, with a form of its own."""

    name: str
    """Of its page, below the address of the scope."""
    title: str
    hint: str
    """What it is for, in one sentence."""
    keys: tuple[Path, ...]
    """What of the settings it is about: so that it can be said where something is set here."""
    levels: tuple[Level, ...] = WHOLE

    def is_set(self, work: Work) -> bool:
        """Does the scope itself say something of it?"""
        said = {**work.own, LOCKED: work.document[LOCKED]} if LOCKED in work.document else work.own
        return any(_is_there(said, key) for key in self.keys)

    def is_locked(self, work: Work) -> bool:
        """Is all of it kept by a scope above?"""
        return bool(self.keys) and all(work.is_locked(*key) for key in self.keys)


def _is_there(settings: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(settings, dict) or step not in settings:
            return False
        settings = settings[step]
    return True


PLANS: Final = Section(
    name="plans", title=N_("Plans"), hint=N_("What visitors get: speed, time and data."), keys=(("plans",),)
)  # fmt: skip
OFFERS: Final = Section(
    name="zones",
    title=N_("Which plans are on offer"),
    hint=N_("For each guest network: its plans, and when it is open."),
    keys=(("zones",),),
    levels=ORDER,
)
HOURS: Final = Section(
    name="hours", title=N_("Opening hours"), hint=N_("When a hall or its Wi-Fi is open, and when it is closed."), keys=(("hours",),)
)
TERMS: Final = Section(name="terms", title=N_("Terms of use"), hint=N_("What visitors agree to before they go online."), keys=(("terms",),))
CONTACT: Final = Section(
    name="contact", title=N_("Name and contact"), hint=N_("Names, telephone and address on the visitors' pages."), keys=(("hall",),)
)
AWAY: Final = Section(
    name="away",
    title=N_("When a line is down"),
    hint=N_("What new visitors meet while the Internet or the city's server cannot be reached."),
    keys=(("hub",), ("internet",)),
)
BRANDING: Final = Section(
    name="branding",
    title=N_("Branding"),
    hint=N_("Name, coat of arms, colours and first words on the visitors' pages."),
    keys=(("theme",), ("wifi4eu",)),
)
LEGAL: Final = Section(
    name="legal", title=N_("Legal pages"), hint=N_("Imprint, privacy notice and accessibility statement."), keys=(("legal",),)
)
MESSAGES: Final = Section(
    name="messages", title=N_("Messages to the town"), hint=N_("The form for ideas, complaints and damage."), keys=(("feedback",),)
)
SERVICES: Final = Section(
    name="services",
    title=N_("Services directory"),
    hint=N_("What the town does for people: visitors find it on the pages."),
    keys=(("services",),),
)
LOCKS: Final = Section(
    name="locks",
    title=N_("What towns may change"),
    hint=N_("Keep parts of the settings for yourself."),
    keys=((LOCKED,),),
    levels=(Level.HOST, Level.PARTNER),
)
EXPERT: Final = Section(
    name="expert", title=N_("All of it as text"), hint=N_("For experts: everything that is set here, as TOML."), keys=(), levels=ORDER
)

SECTIONS: Final[tuple[Section, ...]] = (PLANS, OFFERS, HOURS, TERMS, CONTACT, BRANDING, SERVICES, MESSAGES, LEGAL, AWAY, LOCKS, EXPERT)
"""In the order in which a scope's page shows them."""


async def begin(visit: Visit, section: Section) -> Work:
    """What a section's page of the address shows or changes. Raises ``NotFound`` where there is no such section."""
    work = await drafts.working(visit)
    if work.place.scope.level not in section.levels:
        raise NotFound(f"section = {section.name!r}: expected one that {work.scope} has")
    return work


def page(visit: Visit, template: str, work: Work, section: Section, status: int = 200, **values: Any) -> web.Response:
    """The page of a section, from a template that extends ``settings/section.html``; that knows ``work``, ``section`` and ``place``."""
    return visit.page(template, status, work=work, section=section, place=work.place, levels=Level, **values)
