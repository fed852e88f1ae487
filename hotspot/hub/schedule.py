"""Which periodic work there is, and how often."""

from typing import Final

from hotspot.hub.jobs import Job

JOBS: Final[tuple[Job, ...]] = ()
