"""Plans: what a visitor gets, in the words of the settings."""

from msgspec import Struct

from firewall.api import Rates
from hotspot.session.hours import Hours


class Plan(Struct, frozen=True):
    """Speed, time and volume that one acceptance gives, and how often."""

    name: str
    """As in the settings, ``[plans.<name>]``."""
    title: dict[str, str]
    """What visitors read, by language (``{"de": "Kostenlos", "en": "Free"}``)."""
    rates: Rates
    """bit/s at layer 3."""
    seconds: int
    """Length of a session."""
    volume: int | None = None
    """Bytes of the whole session, up and down together; None: no limit."""
    idle: int | None = None
    """Seconds without a sign of the client after which the session ends; None: never."""
    slow: Rates | None = None
    """With these the session goes on when its volume is used up; None: it ends then."""
    daily_seconds: int | None = None
    """Time of one client on one calendar day, over all its sessions; None: no limit."""
    daily_volume: int | None = None
    """Bytes likewise."""
    pause: int = 0
    """Seconds from the end of a session until the client may begin another one."""
    extension: int = 0
    """Seconds that the visitor's button adds; 0: no button."""
    extensions: int = 1
    """How often it does so in one session."""
    voucher: bool = False
    """Only for those who have a voucher code: it is never on offer without one."""
    hours: Hours | None = None
    """When this plan is offered, within the hours of the zone; None: whenever the zone is open."""

    @property
    def has_daily(self) -> bool:
        """Is there a daily allowance?"""
        return self.daily_seconds is not None or self.daily_volume is not None

    @property
    def ends_at_volume(self) -> int | None:
        """The volume at which a session ends, in bytes."""
        return self.volume if self.slow is None else None

    @property
    def slows_at_volume(self) -> int | None:
        """The volume from which a session goes on at the slow rates, in bytes."""
        return None if self.slow is None else self.volume


def title(plan: Plan, language: str) -> str:
    """The plan's title in ``language``, else in any language it has, else its name."""
    return plan.title.get(language) or next(iter(plan.title.values()), plan.name)
