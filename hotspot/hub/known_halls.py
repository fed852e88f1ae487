"""What a hub process remembers of the halls that report: time zone, and which names are told apart there. Only what is committed."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final

from hotspot.hub import bounds
from hotspot.hub.store import Connection, places, reports
from hotspot.hub.store.places import Place

MOST: Final = 50_000
SECONDS: Final = 600.0
"""How long it is believed: a hall's time zone may be changed, and names are forgotten one day."""


class KnownHalls:
    """Remembers; asks the database for the rest."""

    def __init__(self) -> None:
        self._places: OrderedDict[int, tuple[float, Place]] = OrderedDict()

    async def places(self, connection: Connection, wanted: Mapping[int, Iterable[tuple[str, str]]], now: float) -> dict[int, Place]:
        """The halls of a batch. ``wanted``: kind and name of all that their deliveries name; new ones are admitted as long as there is
        room. A hall that is not there any more is missing."""
        found = {hall: known[1] for hall in wanted if (known := self._places.get(hall)) is not None and now - known[0] <= SECONDS}
        missing = [hall for hall in wanted if hall not in found]
        if missing:
            found |= await places.places(connection, missing)
        fresh = {
            (hall, kind, name)
            for hall, place in found.items()
            for kind, name in set(wanted[hall]) - place.names
            if sum(1 for known, _ in place.names if known == kind) < bounds.MOST_NAMES[kind]
        }
        if fresh:
            await places.admit(connection, fresh, bounds.MOST_NAMES, reports.moment(now))
            found |= await places.places(connection, list({hall for hall, _, _ in fresh}))
        return found

    def keep(self, found: Mapping[int, Place], now: float) -> None:
        """The transaction in which this was found is committed."""
        for hall, place in found.items():
            self._places[hall] = (now, place)
        while len(self._places) > MOST:
            self._places.popitem(last=False)
