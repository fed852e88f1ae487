"""All operations of the API, in the order of its description."""

from typing import Final

from hotspot.hub.api import halls
from hotspot.hub.api.operations import Operation

ALL: Final[tuple[Operation, ...]] = (*halls.OPERATIONS,)
