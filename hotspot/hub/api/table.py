"""All operations of the API, in the order of its description."""

from typing import Final

from hotspot.hub.api import (
    alarms,
    audit,
    channels,
    data,
    feedback,
    figures,
    gateways,
    halls,
    health,
    login,
    openapi_page,
    orders,
    people,
    policy,
    policy_halls,
    policy_items,
    retention,
)
from hotspot.hub.api.operations import Operation

ALL: Final[tuple[Operation, ...]] = (
    *openapi_page.OPERATIONS,
    *login.OPERATIONS,
    *people.OPERATIONS,
    *audit.OPERATIONS,
    *halls.OPERATIONS,
    *gateways.OPERATIONS,
    *orders.OPERATIONS,
    *figures.OPERATIONS,
    *policy.OPERATIONS,
    *policy_halls.OPERATIONS,
    *policy_items.OPERATIONS,
    *health.OPERATIONS,
    *alarms.OPERATIONS,
    *channels.OPERATIONS,
    *feedback.OPERATIONS,
    *data.OPERATIONS,
    *retention.OPERATIONS,
)
