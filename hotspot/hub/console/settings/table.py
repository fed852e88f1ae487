"""All pages of the settings."""

from typing import Final

from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import (
    away,
    branding,
    contact,
    expert,
    history,
    hours,
    legal,
    locks,
    offers,
    overview,
    plans,
    reset,
    review,
    rollouts,
    services,
    services_import,
    terms,
)

PAGES: Final[tuple[Page, ...]] = (
    *overview.PAGES,
    *plans.PAGES,
    *offers.PAGES,
    *hours.PAGES,
    *terms.PAGES,
    *contact.PAGES,
    *branding.PAGES,
    *services.PAGES,
    *services_import.PAGES,
    *legal.PAGES,
    *away.PAGES,
    *locks.PAGES,
    *expert.PAGES,
    *reset.PAGES,
    *review.PAGES,
    *rollouts.PAGES,
    *history.PAGES,
)
