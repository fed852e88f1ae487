"""Why nothing was printed, in words for whoever wanted to print."""

from typing import Final

from hotspot.hub.api.printing import Busy, NotInstalled, PrintFailed, TookTooLong
from hotspot.hub.api.problems import Conflict, Fault
from hotspot.hub.console.visits import Visit

PRINTER: Final = (Busy, TookTooLong, PrintFailed, NotInstalled)
"""Faults of the printer, not of what was asked for."""


def words_of(visit: Visit, fault: Fault) -> str:
    """One sentence or two; for what only IT staff can mend, with the fault's own words."""
    match fault:
        case Busy():
            return visit.text("The printer of this server has too much to do at the moment. Please try again in a few seconds.")
        case TookTooLong():
            return visit.text(
                "Making this PDF took too long, so it was given up. Please try again with less: fewer languages or fewer codes at once."
            )
        case PrintFailed():
            return visit.text(
                "The program that makes PDFs has stopped while it was at this one. It starts anew by itself: please try again. "
                "If it happens again, please tell the IT department."
            )
        case NotInstalled():
            return visit.text(
                "This server cannot make PDF files, because WeasyPrint or Pango is not installed. Please tell the IT department: %(why)s",
                why=fault,
            )
        case Conflict():
            return visit.text("That cannot be done as things are now. For the IT department: %(why)s", why=fault)
        case _:
            return visit.text("That cannot be printed. For the IT department: %(why)s", why=fault)
