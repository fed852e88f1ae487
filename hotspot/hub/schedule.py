"""Which periodic work there is, and how often."""

from typing import Final

from hotspot.hub import delivery, logins, remote_write, retention, watch
from hotspot.hub.gateways import upkeep
from hotspot.hub.jobs import Job
from hotspot.hub.policy import items, rollouts

JOBS: Final[tuple[Job, ...]] = (
    Job("policy roll-outs", 5.0, rollouts.watch),
    Job("policy entries that are over", 3_600, items.clear),
    Job("roll up", retention.ROLLUP_SECONDS, retention.roll_up),
    Job("upkeep", retention.UPKEEP_SECONDS, retention.upkeep),
    Job("alarms", 15.0, watch.run),
    Job("notifications", 5.0, delivery.run),
    Job("remote write", 5.0, remote_write.run),
    Job("erase orders", upkeep.SECONDS, upkeep.erase_orders),
    Job("forget logins", 3_600, logins.forget),
)
