"""Plans: what a visitor gets, in the words of the settings."""

from msgspec import Struct

from firewall.api import Rates


class Plan(Struct, frozen=True):
    """Speed, time and volume that one acceptance gives."""

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


def title(plan: Plan, language: str) -> str:
    """The plan's title in ``language``, else in any language it has, else its name."""
    return plan.title.get(language) or next(iter(plan.title.values()), plan.name)
